"""Every worked case of every pack comes out of SQL as it comes out of the reference, case by case, to the fen."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

import pytest

from bangfu.rules.casebook import Case, CaseRunner, read_cases
from bangfu.rules.engine import Engine
from bangfu.rules.errors import Fault
from bangfu.rules.household import Given, HouseholdReader
from bangfu.rules.runners.sql.program import SqlProgram
from tests.rules.engines import PLACES, POLICIES, engine
from tests.rules.runners_agree import differences

Group = tuple[dt.date, str, str]


def stated(rules: Engine, case: Case) -> Given:
    """Return what a case gives, with its basis."""
    given = HouseholdReader(rules.pack, case.file).read(case.raw["given"])
    given.basis = given.basis or case.raw.get("basis") or ("recorded" if given.record else "met")
    return given


def groups(rules: Engine, cases: Iterable[Case]) -> dict[Group, list[tuple[Case, Given]]]:
    """Return cases that one program can answer at once: same day and basis, no values or readings of their own."""
    found: dict[Group, list[tuple[Case, Given]]] = defaultdict(list)
    for case in cases:
        given = stated(rules, case)
        own = f"{case.file}:{case.line}" if case.raw.get("with") or case.raw.get("readings") else ""
        found[case.raw["on"], str(given.basis), own].append((case, given))
    return found


@pytest.mark.parametrize("place", ["cn", *PLACES])
def test_every_case_comes_out_the_same_in_sql(place: str) -> None:
    """The entries that a case expects something of, over all its rows."""
    faults: list[Fault] = []
    rules = engine(place)
    runner = CaseRunner(rules)
    compared, said = 0, []
    for (day, basis, _), members in groups(rules, read_cases(POLICIES, place, faults)).items():
        names = frozenset(str(row["entry"]) for case, _ in members for row in case.expect)
        with runner.settings(members[0][0]) as changed:
            kept, rules.programs = rules.programs, {} if changed else rules.programs
            try:
                program = SqlProgram(rules, day, basis, only=names)
                same, _, lines = differences(rules, program, [given for _, given in members])
            finally:
                rules.programs = kept
        compared += same
        said += [f"{day} {members[int(line.split('[household ')[1].split(',')[0])][0].name}: {line}" for line in lines]

    assert not faults
    assert said == []
    assert compared > 100
