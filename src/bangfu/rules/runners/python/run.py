"""Carry out a plan over the rows of one or a few households."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from bangfu.rules.household import Given
from bangfu.rules.pack.model import Entry, Pack, Stacking
from bangfu.rules.plan import Plan, Step
from bangfu.rules.runners.python import ops, stacking
from bangfu.rules.runners.python.build import Layout, build_run
from bangfu.rules.runners.python.entries import conditions_of, in_force, in_force_on
from bangfu.rules.runners.python.logic import Closure, all_of, opposite
from bangfu.rules.runners.python.nodes import Compiler
from bangfu.rules.runners.python.results import Result, settle
from bangfu.rules.runners.python.rows import Row, Run
from bangfu.rules.runners.python.work import EntryWork, Writer
from bangfu.rules.values import CLOSED, Unknown

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
        self.tellers: Any = None  # what explains this program, once it was asked
        self.blank = {entity: values.copy() for entity, values in layout.blank.items()}
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
        run = build_run(self.layout, given, today, basis, self.blank)
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
            work = EntryWork(entry, self)
            work.preset(self.blank[work.entity])
            return work.run
        group = self.pack.stackings[step.name]
        return self._group(group) if step.kind == "group" else self._ceiling(group, step.place)

    def _definition(self, entry: Entry) -> Work:
        compiler = self.compiler(entry)
        assert entry.per is not None
        place = self.layout.slots[entry.per][entry.id]
        compute = while_in_force(entry, compiler, definition_closure(entry, compiler))
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
        writers = {member.id: Writer(member, self.layout, self.plan) for member in members}

        def work(run: Run) -> None:
            for row in run.rows[entity]:
                v = row.v
                live = [(name, v[place]) for name, place in places if v[place].status is not False]
                if len(live) < 2:
                    continue  # one alone stands as it is
                act(group.id, live)
                for name, result in live:
                    writers[name].write(row, result)

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


def while_in_force(entry: Entry, compiler: Compiler, value: Closure) -> Closure:
    """Return a definition's value inside its force; outside the document gives none, and it is missing by its name."""
    missing = Unknown(frozenset({entry.id}))
    force = in_force(entry, compiler)
    if not compiler.by_claim or (entry.since is None and entry.until is None):
        return value if in_force_on(entry, compiler.document, compiler.day) else lambda r, m: missing

    def dated(r: Any, m: Any) -> Any:
        inside = force(r)
        return inside if inside.__class__ is Unknown else value(r, m) if inside else missing

    return dated


def definition_closure(entry: Entry, compiler: Compiler) -> Closure:
    """Return the closure of a definition's value."""
    tests = [compiler.closure(node) for node in entry.when] + [opposite(compiler.closure(node)) for node in entry.unless]
    if entry.value is not None and not tests:
        return compiler.closure(entry.value)
    if entry.value is None and not entry.tiers:
        return tests[0] if len(tests) == 1 else all_of(tests)
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
