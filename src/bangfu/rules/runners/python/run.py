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
from bangfu.rules.runners.python.limits import Limiter, draw_threshold
from bangfu.rules.runners.python.nodes import Closure, Compiler, clamp, value_on
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
        self._conditions: dict[str, list[tuple[str, Closure]]] = {}
        self.works: list[Work] = [self._work(step) for step in plan.steps_for(only)]

    def compiler(self, entry: Entry) -> Compiler:
        """Return the compiler whose governing date and document fit an entry."""
        by_claim = entry.per is not None and self.pack.vocabulary.entities[entry.per].claim
        key = (entry.place, by_claim)
        found = self.compilers.get(key)
        if found is None:
            document = self.pack.documents.get(entry.place)
            found = self.compilers[key] = Compiler(self.pack, self.day, self.layout.slots, document, by_claim)
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

    def _results(self, row: Row, members: list[Entry]) -> list[tuple[str, Result]]:
        slots = self.layout.slots[row.entity]
        return [(m.id, row.v[slots[f"result {m.id}"]]) for m in members]

    def _store(self, row: Row, members: list[Entry]) -> None:
        for member in members:
            store(self.layout, row, member, row.v[self.layout.slots[row.entity][f"result {member.id}"]], self.plan)

    def _group(self, group: Stacking) -> Work:
        members = self._members(group)
        act = stacking.highest if group.mode == "highest" else stacking.first
        entity = members[0].per or "place"

        def work(run: Run) -> None:
            for row in run.rows[entity]:
                act(group.id, self._results(row, members))
                self._store(row, members)

        return work

    def _ceiling(self, group: Stacking, place: int) -> Work:
        members = self._members(group)
        assert group.at_most is not None
        most = self.compiler(members[0]).closure(group.at_most)
        entity = members[0].per or "place"

        def work(run: Run) -> None:
            for row in run.rows[entity]:
                results = self._results(row, members[: place + 1])
                stacking.ceiling(group.id, results, most(row, None), place)
                settle(results[place][1])
                self._store(row, [members[place]])

        return work


def definition_closure(entry: Entry, compiler: Compiler) -> Closure:
    """Return the closure of a definition's value."""
    tests = [compiler.closure(node) for node in entry.when] + [_negated(compiler.closure(node)) for node in entry.unless]
    if entry.value is not None and not tests:
        return compiler.closure(entry.value)
    if entry.value is None and not entry.tiers:
        if len(tests) == 1:
            return tests[0]
        return lambda r, m: ops.kleene_and([t(r, m) for t in tests])
    value = compiler.closure(entry.value) if entry.value is not None else _tier_value(entry, compiler)
    if not tests:
        return value
    other: Any = False if entry.value_kind == "yes_no" else 0 if entry.value_kind == "number" else CLOSED

    def guarded(r: Any, m: Any) -> Any:
        test = ops.kleene_and([t(r, m) for t in tests])
        if test.__class__ is Unknown:
            return ops.choose(test, value(r, m), other)
        return value(r, m) if test else other

    return guarded


def _negated(closure: Closure) -> Closure:
    return lambda r, m: ops.kleene_not(closure(r, m))


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


def store(layout: Layout, row: Row, entry: Entry, result: Result, plan: Plan) -> None:
    """Write what others read: the value of the entry and whether it is received."""
    slots = layout.slots[row.entity]
    if entry.is_benefit:
        row.v[slots[entry.id]] = read_value(result, money=entry.has_money)
        if entry.id in plan.receives:
            row.v[slots[f"receives {entry.id}"]] = received(row, entry, result, plan)
    else:
        row.v[slots[entry.id]] = result.status


def received(row: Row, entry: Entry, result: Result, plan: Plan) -> Any:
    """Return whether a benefit is received: recorded basis: held if stated, else met; basis met: met if decided, else held.

    A sum that is unknown and may come to nothing is not yet received for sure (``sure_sums``).
    """
    run = row.run
    on = row.date if row.date is not None else run.today
    held = holding(run, entry.id, row, on, frozenset({"record"}))
    status = result.status
    if status is True and result.amount.__class__ is Unknown and entry.id in plan.open_sums:
        status = result.amount
    if run.basis == "recorded":
        return held if held.__class__ is not Unknown else status
    return True if status.__class__ is Unknown and held is True else status


class EntryWork:
    """One entry over all rows of its entity, the steps always in the same order."""

    def __init__(self, entry: Entry, program: Program) -> None:
        assert entry.per is not None
        self.entry = entry
        self.program = program
        self.compiler = program.compiler(entry)
        self.conditions = [closure for _, closure in conditions_of(entry, self.compiler)]
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
        slots = program.layout.slots[entry.per]
        self.value_slot = slots[entry.id]
        self.receives_slot = slots.get(f"receives {entry.id}")
        # one result serves every refused row: nothing later changes what conditions refused
        self.refused = Result(False)
        self.plain = entry.since is None and entry.until is None and not self.claim and not self.is_recognition
        self.always = entry.since is None and entry.until is None
        self.rate = self._rates()
        self.only_record = entry.kind == "recognition" and not entry.when and not entry.tiers

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
        if self.threshold is None and self.limiter is None:
            for row in rows:
                self._finish(row, self.first_steps(row, run), run)
            return
        results = [self.first_steps(row, run) for row in rows]
        if self.threshold is not None:
            self._thresholds(rows, results)
        for row, result in zip(rows, results, strict=True):
            if self.money and result.amount is not None:
                self._round(row, result)
        if self.limiter is not None:
            self._limits(rows, results)
        for row, result in zip(rows, results, strict=True):
            self._finish(row, result, run, rounded_already=True)

    def _finish(self, row: Row, result: Result, run: Run, *, rounded_already: bool = False) -> None:
        """Round and settle one result and write what others read."""
        row.v[self.slot] = result
        if result is self.refused:
            row.v[self.value_slot] = 0 if self.is_benefit else False
            if self.receives_slot is not None:
                row.v[self.receives_slot] = received(row, self.entry, result, self.program.plan)
            return
        if result.amount is not None:
            if self.money and not rounded_already:
                self._round(row, result)
            if result.status is True:
                settle(result)
        if self.is_recognition:
            self._recognition(row, result, run)
        if not self.is_benefit:
            row.v[self.value_slot] = result.status
            return
        row.v[self.value_slot] = read_value(result, money=self.money)
        if self.receives_slot is not None:
            row.v[self.receives_slot] = received(row, self.entry, result, self.program.plan)

    def first_steps(self, row: Row, run: Run) -> Result:  # noqa: C901 - called for every row, a further call costs more than it clears up
        """Return force, settled, conditions and the amount of one row."""
        if self.plain:
            status = self._status(row, True)
            if status is False:
                return self.refused
            result = Result(status)
            if self.fill is not None:
                self.fill(row, result)
            if self.tier is not None:
                result.tier = self.tier(row, result)
            return result
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
        result = Result(status)
        if result.status is not False and self.fill is not None:
            self.fill(row, result)
        if result.status is not False and self.tier is not None:
            result.tier = self.tier(row, result)
        return result

    def _status(self, row: Row, force: Any) -> Any:
        needs: frozenset[str] | None = None
        if force.__class__ is Unknown:
            needs = force.needs
        for condition in self.conditions:
            value = condition(row, None)
            if value.__class__ is Unknown:
                needs = value.needs if needs is None else needs | value.needs
            elif not value:
                return False
        if self.only_record:
            needs = (needs or frozenset()) | {self.entry.id}
        if self.claim and row.date.__class__ is Unknown:
            needs = (needs or frozenset()) | row.date.needs
        return True if needs is None else Unknown(needs)

    def _settled(self, row: Row, run: Run) -> Result | None:
        for paid in run.record.rows(self.entry.id, row):
            if paid.paid_on is not None and (paid.claim == row.id or paid.of == row.id):
                result = Result(True)
                result.quantity = paid.quantity
                if self.money:
                    result.amount = Unknown(frozenset({"record"})) if paid.amount is None else paid.amount
                result.notes.append(("settled", paid))
                return result
        return None

    def _round(self, row: Row, result: Result) -> None:
        if result.amount is None or not self.money or any(n[0] == "settled" for n in result.notes):
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

    def _groups(self, rows: list[Row], results: list[Result]) -> list[list[tuple[Row, Result]]]:
        groups: dict[int, list[tuple[Row, Result]]] = {}
        for row, result in zip(rows, results, strict=True):
            groups.setdefault(id(owner_of(row)), []).append((row, result))
        return list(groups.values())

    def _limits(self, rows: list[Row], results: list[Result]) -> None:
        assert self.limiter is not None
        for group in self._groups(rows, results):
            self.limiter.apply(group, self._pay)

    def _thresholds(self, rows: list[Row], results: list[Result]) -> None:
        assert self.threshold is not None
        for group in self._groups(rows, results):
            years: dict[Any, list[tuple[Row, Result]]] = {}
            for row, result in group:
                if result.status is False or any(n[0] == "settled" for n in result.notes):
                    continue
                day = row.date if self.claim else row.run.today
                years.setdefault(day.year if day.__class__ is dt.date else None, []).append((row, result))
            for members in years.values():
                self._one_year(members, group)

    def _one_year(self, members: list[tuple[Row, Result]], group: list[tuple[Row, Result]]) -> None:
        assert self.threshold is not None
        by_rate = any(rate is not None for rate in self.rate)
        bases = [(row, result.quantity if by_rate else result.amount) for row, result in members]
        first = members[0][0]
        recorded: Any = self._used_before(first, group)
        left = draw_threshold(bases, self.threshold(first, None), recorded)
        for row, result in members:
            if by_rate:
                result.quantity = left[row.id]
                self._pay(row, result)
            else:
                result.amount = left[row.id]
            result.notes.append(("threshold", left[row.id]))

    def _used_before(self, first: Row, group: list[tuple[Row, Result]]) -> Any:
        """Return what settled claims of the year used of the threshold (all of it: they were paid above it)."""
        if not self.claim:
            return 0
        assert self.threshold is not None
        if not first.run.record.known:
            return Unknown(frozenset({"record"}))
        year = first.date.year if first.date.__class__ is dt.date else None
        paid = [p for p in first.run.record.owned(self.entry.id, owner_of(first)) if p.paid_on and p.paid_on.year == year]
        return self.threshold(first, None) if paid else 0

    def _recognition(self, row: Row, result: Result, run: Run) -> None:
        on = row.date if row.date is not None and self.claim else run.today
        needs = frozenset({self.entry.id})
        held = holding(run, self.entry.id, row, on, needs)
        result.held, result.met = held, result.status
        if run.basis == "recorded":
            result.status = held if held.__class__ is not Unknown else result.met
        elif result.met.__class__ is Unknown:
            result.status = self._undecided(row, result.met, held)


    def _undecided(self, row: Row, met: Any, held: Any) -> Any:
        """Return the answer where the conditions are open: a yes on record decides, a stated no decides, and an absent
        record row decides only where nothing but the record could say yes."""
        if held is True or (held is False and (self.only_record or self.entry.id in row.stated)):
            return held
        return Unknown(met.needs - {self.entry.id}) if held is False else Unknown(met.needs | held.needs)


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
