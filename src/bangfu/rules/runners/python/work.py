"""One entry over all rows of its entity, the steps always in the same order; and what others read of its results."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bangfu.rules.pack.model import Entry, Parameter
from bangfu.rules.plan import Plan
from bangfu.rules.runners.python import ops
from bangfu.rules.runners.python.build import Layout
from bangfu.rules.runners.python.entries import (
    FEN,
    amount_of,
    conditions_of,
    in_force,
    in_force_on,
    round_amount,
    widenings_of,
)
from bangfu.rules.runners.python.glance import Glance
from bangfu.rules.runners.python.limits import RECORD, Limiter, draw_threshold
from bangfu.rules.runners.python.logic import Closure
from bangfu.rules.runners.python.nodes import Compiler, clamp, value_on
from bangfu.rules.runners.python.results import Result, read_value, settle
from bangfu.rules.runners.python.rows import OWNER_ENTITIES, Row, Run, holding, owner_of
from bangfu.rules.values import Unknown, needs_of

if TYPE_CHECKING:
    from bangfu.rules.runners.python.run import Program


class Writer:
    """Writes what others read of one entry: its value and, where it is read, whether it is received."""

    __slots__ = ("entry_id", "is_benefit", "open_sum", "receives_slot", "value_slot")

    def __init__(self, entry: Entry, layout: Layout, plan: Plan) -> None:
        assert entry.per is not None
        slots = layout.slots[entry.per]
        self.entry_id = entry.id
        self.is_benefit = entry.is_benefit
        self.value_slot = slots[entry.id]
        self.receives_slot = slots.get(f"receives {entry.id}")
        self.open_sum = entry.id in plan.open_sums

    def write(self, row: Row, result: Result) -> None:
        """Write one result's value."""
        status = result.status
        if not self.is_benefit or status.__class__ is Unknown:
            row.v[self.value_slot] = status
        else:
            row.v[self.value_slot] = read_value(result)
        if self.receives_slot is not None:
            row.v[self.receives_slot] = self.received(row, result)

    def preset(self, blank: list[Any]) -> None:
        """Make a refusal what others read from the start (the record is asked apart where it may say otherwise)."""
        blank[self.value_slot] = 0 if self.is_benefit else False
        if self.receives_slot is not None:
            blank[self.receives_slot] = False

    def refuse(self, row: Row, refused: Result) -> None:
        """Write the value of a row that conditions refused."""
        row.v[self.value_slot] = 0 if self.is_benefit else False
        if self.receives_slot is not None:
            row.v[self.receives_slot] = self.received(row, refused)

    def received(self, row: Row, result: Result) -> Any:
        """Return whether a benefit is received: recorded basis: held if stated, else met; basis met: met if decided, else held.

        A sum that is unknown and may come to nothing is not yet received for sure (``sure_sums``).
        """
        run = row.run
        status = result.status
        if status is True and result.amount.__class__ is Unknown and self.open_sum:
            status = result.amount
        recorded = run.basis == "recorded"
        if not recorded and status.__class__ is not Unknown:
            return status  # decided by the facts: the record is not asked
        held = holding(run, self.entry_id, row, row.date if row.date is not None else run.today, RECORD)
        if recorded:
            return held if held.__class__ is not Unknown else status
        return True if held is True else status


class EntryWork:
    """One entry over all rows of its entity, the steps always in the same order."""

    __slots__ = (
        "always", "by_owner", "claim", "compiler", "entity", "entry", "fill", "fits", "force", "glance", "is_benefit", "is_recognition", "limiter", "money",
        "needs", "only_record", "plain", "program", "quick", "rate", "reduced", "refused", "slot", "threshold", "tier", "unconditional", "worked_out",
        "writer",
    )  # fmt: skip

    def __init__(self, entry: Entry, program: Program) -> None:
        assert entry.per is not None
        self.entry = entry
        self.program = program
        self.compiler = program.compiler(entry)
        self.fits = _fits(entry, self.compiler)
        self.force = in_force(entry, self.compiler)
        self.fill = amount_of(entry, self.compiler) if entry.is_benefit else None
        self.tier = _tier_of(entry, self.compiler) if not entry.is_benefit and entry.tiers else None
        self.threshold = None if entry.threshold is None else self.compiler.closure(entry.threshold)
        self.slot = program.layout.slots[entry.per][f"result {entry.id}"]
        self.claim = program.pack.vocabulary.entities[entry.per].claim
        limits = [self.compiler.closure(limit.amount) for limit in entry.limits]
        each = [self._each(limit.each) for limit in entry.limits]
        self.limiter = Limiter(entry, limits, each) if entry.limits else None
        self.money = entry.has_money
        self.entity = entry.per
        self.is_benefit = entry.is_benefit
        self.is_recognition = entry.kind == "recognition"
        self.writer = Writer(entry, program.layout, program.plan)
        self.needs = frozenset({entry.id})
        # one result serves every refused row: nothing later changes what conditions refused
        self.refused = Result(False)
        if self.is_recognition:
            self.refused.held = False
        undated = entry.since is None and entry.until is None
        self.always = undated or (not self.claim and in_force_on(entry, self.compiler.document, program.day))
        self.rate = self._rates()
        self.only_record = entry.kind == "recognition" and not entry.when and not entry.tiers
        self.plain = self.always and not self.claim and not self.only_record
        self.worked_out = entry.nobody_decides
        self.reduced = self.threshold is not None or self.limiter is not None
        self.by_owner = self.entity in OWNER_ENTITIES
        self.glance = Glance(entry, program.layout.slots, widened=bool(widenings_of(entry, self.compiler)))
        self.quick = not self.is_recognition and self.writer.receives_slot is None  # the record says nothing about a refusal
        self.unconditional = self.plain and entry.kind in ("duty", "signal") and not (conditions_of(entry, self.compiler) or entry.tiers)

    def preset(self, blank: list[Any]) -> None:
        """Make refused what the entry's slots start from: where conditions alone refuse, nothing is written for a row."""
        if self.unconditional:
            blank[self.slot], blank[self.writer.value_slot] = Result(True), True
        elif self.plain:
            blank[self.slot] = self.refused
            self.writer.preset(blank)

    def _each(self, name: str | None) -> Closure | None:
        if name is None:
            return None
        place = self.program.layout.slots[self.entry.per or ""].get(name)
        return None if place is None else lambda r, m: r.v[place]

    def _rates(self) -> list[Closure | None]:
        rows = [t.rate or self.entry.rate for t in self.entry.tiers] or [self.entry.rate]
        return [None if node is None else self.compiler.closure(node) for node in rows]

    def run(self, run: Run) -> None:
        """Work the entry out for every row."""
        rows = run.rows[self.entity]
        if self.unconditional or not rows:
            return
        if self.plain:
            rows = self.glance.left(rows) if self.quick else self._left(rows, run)
            if not rows:
                return
        if self.reduced:
            results = [self.first_steps(row, run) for row in rows]
            self._reduce(rows, results)
            for row, result in zip(rows, results, strict=True):
                self._finish(row, result, run)
        elif self.plain and not self.is_recognition:
            self._plain_rows(rows)
        else:
            for row in rows:
                result = self._filled(row, self.fits(row, None)) if self.plain else self.first_steps(row, run)
                self._round(row, result)
                self._finish(row, result, run)

    def _left(self, rows: list[Row], run: Run) -> list[Row]:
        """Return the rows that are not refused at a glance; all of them where the record may say otherwise."""
        recorded = run.basis == "recorded"
        if not self.is_recognition:
            return rows if recorded and self.writer.receives_slot is not None else self.glance.left(rows)
        if recorded or run.record.by_row or not run.record.known:
            return rows
        name = self.entry.id
        stated = [row for row in rows if name in row.stated]
        return self.glance.left(rows) if not stated else stated + self.glance.left([row for row in rows if name not in row.stated])

    def _plain_rows(self, rows: list[Row]) -> None:
        """Work out an entry that is always in force, without claim or limit: most of a pack, so the way is short."""
        fits, slot, fill, tier = self.fits, self.slot, self.fill, self.tier
        for row in rows:
            status = fits(row, None)
            if status is False:
                row.v[slot] = self.refused
                self.writer.refuse(row, self.refused)
                continue
            result = row.v[slot] = Result(status)
            if fill is not None:
                fill(row, result)
                if result.amount is not None:
                    self._round(row, result)
                    if result.status is True:
                        settle(result)
            elif tier is not None:
                result.tier = tier(row, result)
            self.writer.write(row, result)

    def _reduce(self, rows: list[Row], results: list[Result]) -> None:
        """Take the threshold off, round, and hold what is left under the limits; refused rows take no part."""
        live = [(row, result) for row, result in zip(rows, results, strict=True) if result is not self.refused]
        if not live:
            return
        if self.threshold is not None:
            self._thresholds(live)
        for row, result in live:
            self._round(row, result)
        if self.limiter is not None:
            self._limits(live)

    def _finish(self, row: Row, result: Result, run: Run) -> None:
        """Settle one result and write what others read."""
        row.v[self.slot] = result
        if result.status is True and result.amount is not None:
            settle(result)
        if self.is_recognition:
            self._recognition(row, result, run)
        self.writer.write(row, result)

    def _filled(self, row: Row, status: Any) -> Result:
        """Return the result of a row whose conditions are not refused, with its amount or tier."""
        result = Result(status)
        if self.fill is not None:
            self.fill(row, result)
        elif self.tier is not None and status is not False:
            result.tier = self.tier(row, result)
        return result

    def first_steps(self, row: Row, run: Run) -> Result:
        """Return force, settled, conditions and the amount of one row."""
        force = True if self.always else self.force(row)
        if force is False:
            result = Result(False)
            result.window = False
            result.notes.append(("not_in_force", None))
            return result
        if self.claim and run.record.known:
            settled = self._settled(row, run)
            if settled is not None:
                return settled
        status = self._status(row, force)
        if status is False and not self.is_recognition:
            return self.refused
        return Result(False) if status is False else self._filled(row, status)

    def _status(self, row: Row, force: Any) -> Any:
        status = self.fits(row, None)
        if status is False:
            return False
        if force.__class__ is Unknown:
            status = ops.kleene_and([force, status])
        if self.only_record:
            status = ops.kleene_and([status, Unknown(self.needs)])
        if self.claim and row.date.__class__ is Unknown:
            status = ops.kleene_and([status, row.date])
        return status

    def _settled(self, row: Row, run: Run) -> Result | None:
        for paid in run.record.rows(self.entry.id, row):
            if paid.paid_on is not None and (paid.claim == row.id or paid.of == row.id):
                result = Result(True)
                result.quantity = paid.quantity
                if self.money:
                    result.amount = Unknown(RECORD) if paid.amount is None else paid.amount
                result.notes.append(("settled", paid))
                return result
        return None

    def _round(self, row: Row, result: Result) -> None:
        amount = result.amount
        if amount is None or not self.money or (result.notes and _settled(result)):
            return
        result.before = amount
        if amount.__class__ is Unknown or (amount.__class__ is int and amount >= 0 and self.entry.round is None):
            return
        rounding = self.entry.round
        value: Any = rounding
        if isinstance(rounding, Parameter):
            on = row.date if self.claim else row.run.today
            value = value_on(rounding, clamp(on, self.compiler.document)) if on.__class__ is dt.date else FEN
        result.amount = round_amount(amount, rounding, value)

    def _pay(self, row: Row, result: Result) -> None:
        rate = self.rate[result.tier] if result.tier is not None and self.entry.tiers else self.rate[0]
        if rate is not None and result.quantity is not None:
            result.amount = ops.mul(result.quantity, rate(row, None))
            self._round(row, result)

    def _groups(self, live: list[tuple[Row, Result]]) -> list[list[tuple[Row, Result]]]:
        if self.by_owner:
            return [[item] for item in live]
        groups: dict[int, list[tuple[Row, Result]]] = {}
        for row, result in live:
            groups.setdefault(id(owner_of(row)), []).append((row, result))
        return list(groups.values())

    def _limits(self, live: list[tuple[Row, Result]]) -> None:
        assert self.limiter is not None
        for group in self._groups(live):
            self.limiter.apply(group, self._pay)

    def _thresholds(self, live: list[tuple[Row, Result]]) -> None:
        assert self.threshold is not None
        for group in self._groups(live):
            years: dict[Any, list[tuple[Row, Result]]] = {}
            for row, result in group:
                if result.status is False or _settled(result):
                    continue
                day = row.date if self.claim else row.run.today
                years.setdefault(day.year if day.__class__ is dt.date else None, []).append((row, result))
            for members in years.values():
                self._one_year(members)

    def _one_year(self, members: list[tuple[Row, Result]]) -> None:
        assert self.threshold is not None
        by_rate = any(rate is not None for rate in self.rate)
        bases = [(row, result.quantity if by_rate else result.amount) for row, result in members]
        first = members[0][0]
        recorded: Any = self._used_before(first)
        left = draw_threshold(bases, self.threshold(first, None), recorded)
        for row, result in members:
            if by_rate:
                result.quantity = left[row.id]
                self._pay(row, result)
            else:
                result.amount = left[row.id]
            result.notes.append(("threshold", left[row.id]))

    def _used_before(self, first: Row) -> Any:
        """Return what settled claims of the year used of the threshold (all of it: they were paid above it)."""
        if not self.claim:
            return 0
        assert self.threshold is not None
        if not first.run.record.known:
            return Unknown(RECORD)
        year = first.date.year if first.date.__class__ is dt.date else None
        paid = [p for p in first.run.record.owned(self.entry.id, owner_of(first)) if p.paid_on and p.paid_on.year == year]
        return self.threshold(first, None) if paid else 0

    def _recognition(self, row: Row, result: Result, run: Run) -> None:
        on = row.date if row.date is not None and self.claim else run.today
        held = holding(run, self.entry.id, row, on, self.needs)
        result.held, result.met = held, result.status
        if run.basis == "recorded":
            silent = held.__class__ is Unknown or (self.worked_out and not held and self.entry.id not in row.stated)
            result.status = result.met if silent else held
        elif result.met.__class__ is Unknown:
            result.status = self._undecided(row, result.met, held)

    def _undecided(self, row: Row, met: Any, held: Any) -> Any:
        """Return the answer where the conditions are open: a yes on record decides, a stated no decides, and an absent
        record row decides only where nothing but the record could say yes."""
        if held is True or (held is False and (self.only_record or self.entry.id in row.stated)):
            return held
        return Unknown(met.needs - {self.entry.id}) if held is False else Unknown(met.needs | held.needs)


def _fits(entry: Entry, compiler: Compiler) -> Closure:
    """Return whether all conditions of an entry hold."""
    nodes = () if widenings_of(entry, compiler) else entry.when
    others = [closure for address, closure in conditions_of(entry, compiler) if not address.startswith("when.")]
    return compiler.all_of(nodes, others)


def _settled(result: Result) -> bool:
    return bool(result.notes) and any(note[0] == "settled" for note in result.notes)


def _tier_of(entry: Entry, compiler: Compiler) -> Callable[[Row, Result], int | None]:
    tests = [None if t.when is None else compiler.closure(t.when) for t in entry.tiers]

    def pick(row: Row, result: Result) -> int | None:
        doubts: list[Any] = []
        for place, test in enumerate(tests):
            decided = True if test is None else test(row, None)
            if decided.__class__ is Unknown:
                doubts.append(decided)
            elif decided:
                if not doubts:
                    return place
                result.quantity = Unknown(needs_of(*doubts))
                return None
        if doubts:
            result.status = ops.kleene_and([result.status, Unknown(needs_of(*doubts))])
        else:
            result.status = False
            result.notes.append(("no_tier", None))
        return None

    return pick
