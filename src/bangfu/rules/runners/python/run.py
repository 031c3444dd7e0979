"""Carry out a plan over the rows of one or a few households."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from bangfu.rules.household import Given
from bangfu.rules.pack.model import Entry, Pack, Parameter, Stacking
from bangfu.rules.plan import Plan, Step
from bangfu.rules.runners.python import ops, stacking
from bangfu.rules.runners.python.build import Layout, build_run
from bangfu.rules.runners.python.entries import (
    FEN,
    amount_of,
    conditions_of,
    in_force,
    round_amount,
)
from bangfu.rules.runners.python.limits import RECORD, Limiter, draw_threshold
from bangfu.rules.runners.python.nodes import Closure, Compiler, all_of, clamp, opposite, value_on
from bangfu.rules.runners.python.results import Result, read_value, settle
from bangfu.rules.runners.python.rows import Row, Run, holding, owner_of
from bangfu.rules.values import CLOSED, Unknown, needs_of

Work = Callable[[Run], None]


class Program:
    """A pack compiled for the stretch of days around ``day`` in which no dated value changes."""

    def __init__(
        self, pack: Pack, plan: Plan, layout: Layout, day: dt.date, only: frozenset[str] | None = None
    ) -> None:
        self.pack = pack
        self.plan = plan
        self.layout = layout
        self.day = day
        self.compilers: dict[tuple[str, bool], Compiler] = {}
        self._compiler_of: dict[str, Compiler] = {}
        self._conditions: dict[str, list[tuple[str, Closure]]] = {}
        self.works: list[Work] = [self._work(step) for step in plan.steps_for(only)]

    def compiler(self, entry: Entry) -> Compiler:
        """Return the compiler whose governing date and document fit an entry."""
        known = self._compiler_of.get(entry.id)
        if known is not None:
            return known
        by_claim = entry.per is not None and self.pack.vocabulary.entities[entry.per].claim
        key = (entry.place, by_claim)
        found = self.compilers.get(key)
        if found is None:
            document = self.pack.documents.get(entry.place)
            found = self.compilers[key] = Compiler(self.pack, self.day, self.layout.slots, document, by_claim)
        self._compiler_of[entry.id] = found
        return found

    def conditions(self, entry: Entry) -> list[tuple[str, Closure]]:
        """Return the conditions of an entry with their addresses (compiled once)."""
        found = self._conditions.get(entry.id)
        if found is None:
            found = self._conditions[entry.id] = conditions_of(entry, self.compiler(entry))
        return found

    def run(self, given: Given, today: dt.date, basis: str) -> Run:
        """Return the run with every entry worked out for every row."""
        run = build_run(self.layout, given, today, basis)
        for work in self.works:
            work(run)
        return run

    def _work(self, step: Step) -> Work:
        if step.kind == "entry":
            entry = self.pack.entries[step.name]
            if entry.kind == "definition":
                return self._definition(entry)
            if entry.kind == "target":
                return self._target(entry)
            return EntryWork(entry, self).run
        group = self.pack.stackings[step.name]
        return self._group(group) if step.kind == "group" else self._ceiling(group, step.place)

    def _definition(self, entry: Entry) -> Work:
        compiler = self.compiler(entry)
        assert entry.per is not None
        place = self.layout.slots[entry.per][entry.id]
        compute = definition_closure(entry, compiler)
        entity = entry.per

        def work(run: Run) -> None:
            for row in run.rows[entity]:
                row.v[place] = compute(row, None)

        return work

    def _target(self, entry: Entry) -> Work:
        if entry.measure is None or entry.per is None:
            return lambda run: None
        closure = self.compiler(entry).closure(entry.measure)
        place = self.layout.slots[entry.per][f"result {entry.id}"]
        entity = entry.per
        reached = self._reached(entry)

        def work(run: Run) -> None:
            for row in run.rows[entity]:
                result = Result(True)
                result.amount = closure(row, None)
                if result.amount is CLOSED:
                    result.notes.append(("nothing_to_count", None))
                else:
                    result.status = reached(row, result.amount)
                row.v[place] = result

        return work

    def _reached(self, entry: Entry) -> Callable[[Row, Any], Any]:
        """Return whether a target's measure keeps its bounds (a target warns and never refuses anyone)."""
        signs = {"at_least": "ge", "at_most": "le", "exactly": "eq"}
        tests = [(ops.COMPARE[signs[key]], self.compiler(entry).closure(node)) for key, node in entry.target.items()]
        between = entry.between

        def test(row: Row, value: Any) -> Any:
            found = [compare(value, closure(row, None)) for compare, closure in tests]
            if between is not None and between.low is not None:
                found.append(ops.COMPARE["gt" if between.above else "ge"](value, between.low))
            if between is not None and between.high is not None:
                found.append(ops.COMPARE["le"](value, between.high))
            return ops.kleene_and(found)

        return test

    def _members(self, group: Stacking) -> list[Entry]:
        return [self.pack.entries[name] for name in group.entries if name in self.plan.final]

    def _result_slots(self, members: list[Entry]) -> list[tuple[str, int]]:
        return [(m.id, self.layout.slots[m.per or "place"][f"result {m.id}"]) for m in members]

    def _group(self, group: Stacking) -> Work:
        members = self._members(group)
        act = stacking.highest if group.mode == "highest" else stacking.first
        entity = members[0].per or "place"
        places = self._result_slots(members)
        writers = [Writer(member, self.layout, self.plan) for member in members]

        def work(run: Run) -> None:
            for row in run.rows[entity]:
                results = [(name, row.v[place]) for name, place in places]
                act(group.id, results)
                for writer, (_, result) in zip(writers, results, strict=True):
                    writer.write(row, result)

        return work

    def _ceiling(self, group: Stacking, place: int) -> Work:
        members = self._members(group)
        assert group.at_most is not None
        most = self.compiler(members[0]).closure(group.at_most)
        entity = members[0].per or "place"
        places = self._result_slots(members[: place + 1])
        writer = Writer(members[place], self.layout, self.plan)

        def work(run: Run) -> None:
            for row in run.rows[entity]:
                results = [(name, row.v[slot]) for name, slot in places]
                stacking.ceiling(group.id, results, most(row, None), place)
                settle(results[place][1])
                writer.write(row, results[place][1])

        return work


def definition_closure(entry: Entry, compiler: Compiler) -> Closure:
    """Return the closure of a definition's value."""
    tests = [compiler.closure(node) for node in entry.when] + [opposite(compiler.closure(node)) for node in entry.unless]
    if entry.value is not None and not tests:
        return compiler.closure(entry.value)
    if entry.value is None and not entry.tiers:
        if len(tests) == 1:
            return tests[0]
        return all_of(tests)
    value = compiler.closure(entry.value) if entry.value is not None else _tier_value(entry, compiler)
    if not tests:
        return value
    other: Any = False if entry.value_kind == "yes_no" else 0 if entry.value_kind == "number" else CLOSED
    fits = all_of(tests)

    def guarded(r: Any, m: Any) -> Any:
        test = fits(r, m)
        if test.__class__ is Unknown:
            return ops.choose(test, value(r, m), other)
        return value(r, m) if test else other

    return guarded


def _tier_value(entry: Entry, compiler: Compiler) -> Closure:
    rows = [(None if t.when is None else compiler.closure(t.when), compiler.closure(t.value)) for t in entry.tiers if t.value is not None]
    other: Any = False if entry.value_kind == "yes_no" else 0 if entry.value_kind == "number" else CLOSED
    if entry.take == "sum" or entry.take == "highest":
        return _combined(rows, entry.take)

    def pick(r: Any, m: Any, start: int = 0) -> Any:
        for place in range(start, len(rows)):
            test, value = rows[place]
            decided = True if test is None else test(r, m)
            if decided.__class__ is Unknown:
                return ops.choose(decided, value(r, m), pick(r, m, place + 1))
            if decided:
                return value(r, m)
        return other

    return pick


def _combined(rows: list[Any], take: str) -> Closure:
    def combine(r: Any, m: Any) -> Any:
        values: list[Any] = []
        for test, value in rows:
            decided = True if test is None else test(r, m)
            if decided.__class__ is Unknown:
                values.append(ops.choose(decided, value(r, m), 0))
            elif decided:
                values.append(value(r, m))
        if not values:
            return 0
        if take == "highest":
            return ops.greatest(values)
        total: Any = 0
        for value in values:
            total = ops.add(total, value)
        return total

    return combine


class Writer:
    """Writes what others read of one entry: its value and, where it is read, whether it is received."""

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
        if not self.is_benefit:
            row.v[self.value_slot] = result.status
            return
        row.v[self.value_slot] = read_value(result)
        if self.receives_slot is not None:
            row.v[self.receives_slot] = self.received(row, result)

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

    def __init__(self, entry: Entry, program: Program) -> None:
        assert entry.per is not None
        self.entry = entry
        self.program = program
        self.compiler = program.compiler(entry)
        self.fits = all_of(_parts(entry, self.compiler))
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
        self.always = entry.since is None and entry.until is None
        self.rate = self._rates()
        self.only_record = entry.kind == "recognition" and not entry.when and not entry.tiers
        self.plain = self.always and not self.claim and not self.only_record
        self.worked_out = entry.nobody_decides

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
        if not rows:
            return
        if self.threshold is not None or self.limiter is not None:
            results = [self.first_steps(row, run) for row in rows]
            self._reduce(rows, results)
            for row, result in zip(rows, results, strict=True):
                self._finish(row, result, run)
        elif self.plain:
            self._plain_rows(rows, run)
        else:
            for row in rows:
                result = self.first_steps(row, run)
                self._round(row, result)
                self._finish(row, result, run)

    def _plain_rows(self, rows: list[Row], run: Run) -> None:
        """Work out an entry that is always in force, without claim or limit: most of a pack, so the way is short."""
        for row in rows:
            status = self.fits(row, None)
            if status is False and not self.is_recognition:
                row.v[self.slot] = self.refused
                self.writer.refuse(row, self.refused)
                continue
            result = Result(False) if status is False else self._filled(row, status)
            if self.money:
                self._round(row, result)
            self._finish(row, result, run)

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
        if self.tier is not None:
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
        if result.amount is None or not self.money or _settled(result):
            return
        result.before = result.amount
        rounding = self.entry.round
        value: Any = rounding
        if isinstance(rounding, Parameter):
            on = row.date if self.claim else row.run.today
            value = value_on(rounding, clamp(on, self.compiler.document)) if on.__class__ is dt.date else FEN
        result.amount = round_amount(result.amount, rounding, value)

    def _pay(self, row: Row, result: Result) -> None:
        rate = self.rate[result.tier] if result.tier is not None and self.entry.tiers else self.rate[0]
        if rate is not None and result.quantity is not None:
            result.amount = ops.mul(result.quantity, rate(row, None))
            self._round(row, result)

    def _groups(self, live: list[tuple[Row, Result]]) -> list[list[tuple[Row, Result]]]:
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


def _parts(entry: Entry, compiler: Compiler) -> list[Closure]:
    """Return what must hold for an entry, an ``and`` of its conditions taken apart (one walk instead of one in another)."""
    if entry.widened:
        return [closure for _, closure in conditions_of(entry, compiler)]
    found: list[Closure] = []
    for node in entry.when:
        found += [compiler.closure(part) for part in (node.args if node.op == "and" else (node,))]
    return found + [closure for address, closure in conditions_of(entry, compiler) if not address.startswith("when")]


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


__all__ = ["Program", "definition_closure", "needs_of"]
