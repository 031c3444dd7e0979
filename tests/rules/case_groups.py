"""Worked cases in groups that one program answers at once: same day, basis, values and readings."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field

from bangfu.rules.casebook import Case, CaseRunner, read_cases
from bangfu.rules.engine import Engine
from bangfu.rules.errors import Fault
from bangfu.rules.household import Given, HouseholdReader
from bangfu.rules.runners.sql.back_ends import BackEnd
from bangfu.rules.runners.sql.program import SqlProgram
from tests.rules.engines import POLICIES
from tests.rules.runners_agree import differences


@dataclass
class Group:
    """Cases of one program: ``names`` are the entries that any of them expects something of."""

    day: dt.date
    basis: str
    cases: list[Case] = field(default_factory=list)
    givens: list[Given] = field(default_factory=list)

    @property
    def names(self) -> frozenset[str]:
        """Return the entries asked about."""
        return frozenset(str(row["entry"]) for case in self.cases for row in case.expect)

    def compare(self, rules: Engine, dialect: str, back_end: BackEnd | None) -> tuple[int, list[str]]:
        """Return (answers compared, what differs from the reference), under the values and readings of the cases."""
        with CaseRunner(rules).settings(self.cases[0]) as changed:
            kept, rules.programs = rules.programs, {} if changed else rules.programs
            try:
                program = SqlProgram(rules, self.day, self.basis, only=self.names, dialect=dialect)
                same, _, lines = differences(rules, program, self.givens, back_end)
            finally:
                rules.programs = kept
        return same, [f"{self.day} {self.cases[int(line.split('[household ')[1].split(',')[0])].name}: {line}" for line in lines]


def stated(rules: Engine, case: Case) -> Given:
    """Return what a case gives, with its basis."""
    given = HouseholdReader(rules.pack, case.file).read(case.raw["given"])
    given.basis = given.basis or case.raw.get("basis") or ("recorded" if given.record else "met")
    return given


def groups(rules: Engine, place: str) -> list[Group]:
    """Return all cases of a place, the largest group first."""
    faults: list[Fault] = []
    found: dict[tuple[object, ...], Group] = defaultdict(lambda: Group(dt.date.min, ""))
    for case in read_cases(POLICIES, place, faults):
        given = stated(rules, case)
        own = tuple(tuple(sorted((str(k), str(v)) for k, v in (case.raw.get(key) or {}).items())) for key in ("with", "readings"))
        group = found[case.raw["on"], given.basis, own]
        group.day, group.basis = case.raw["on"], str(given.basis)
        group.cases.append(case)
        group.givens.append(given)
    assert not faults, faults
    return sorted(found.values(), key=lambda group: -len(group.cases))
