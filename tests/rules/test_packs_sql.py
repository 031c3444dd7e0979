"""Every entry of every pack answers the same in Python and in SQL, on households with and without gaps, to the fen."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import Phase, given as with_random, settings, strategies as st

from bangfu.rules.household import Given
from bangfu.rules.plan import WORKED_KINDS
from bangfu.rules.runners.sql.back_ends import OnDuckDb
from bangfu.rules.runners.sql.columns import Known
from bangfu.rules.runners.sql.measure import measure
from bangfu.rules.runners.sql.program import SqlProgram
from bangfu.rules.units import Quantity
from tests.conftest import PROOFS
from tests.rules.engines import PLACES, engine
from tests.rules.random_households import household, on, with_record
from tests.rules.runners_agree import differences

pytestmark = pytest.mark.hypothesis


@pytest.mark.parametrize("overlay", [True, False], ids=["filled", "as shipped"])
@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=20 if PROOFS else 1, phases=[Phase.generate])  # a difference names its household: nothing to shrink
@with_random(st.integers(0, 10**9))
def test_python_and_sql_agree(place: str, overlay: bool, seed: int) -> None:
    """Status, sum and range of every entry and definition over random households, on both bases, with and without a record."""
    rules = engine(place, f"{place}.yaml" if overlay else None)
    dice = random.Random(seed)
    for basis in ("met", "recorded"):
        program = SqlProgram(rules, on(place), basis)
        givens = [household(rules.pack, dice.randrange(10**9), stated=share) for share in (0.97, 0.9, 0.7, 0.4) for _ in range(6)]
        for given in givens[::2]:
            with_record(rules.pack, given, dice.randrange(10**9), on(place))

        same, paid, said = differences(rules, program, givens)

        assert said == []
        assert same > 2000
        assert paid > 0


@pytest.mark.parametrize("place", ["cn", *PLACES])
def test_every_entry_is_carried_out_in_sql(place: str) -> None:
    """Nothing of a pack is left out: every worked entry has its table."""
    rules = engine(place)
    program = SqlProgram(rules, on(place))
    worked = {
        e.id for e in rules.pack.entries.values()
        if e.kind in WORKED_KINDS and e.per is not None and not (e.kind == "target" and e.measure is None)
    }  # fmt: skip

    assert set(program.results) == worked
    assert len(worked) > 50


def test_a_wrong_sum_is_noticed() -> None:
    """The comparison looks at the fen: a parameter a fen higher on one side is a difference."""
    rules = engine("honghuagang")
    program = SqlProgram(rules, on("honghuagang"))
    parameter = rules.pack.parameters["dibao_standard"]
    givens = [household(rules.pack, seed, stated=0.97) for seed in range(20)]
    versions, kept = parameter.versions, rules.programs
    dearer = [replace(v, value={code: _a_fen_more(q) for code, q in v.value.items()}) for v in versions]
    try:
        rules.programs, parameter.versions = {}, tuple(dearer)
        _, _, said = differences(rules, program, givens)
    finally:
        rules.programs, parameter.versions = kept, versions

    assert said


def _a_fen_more(value: Any) -> Any:
    return replace(value, low=value.low + 1, high=value.high + 1) if isinstance(value, Quantity) else value


@pytest.mark.parametrize("place", PLACES)
def test_what_is_known_of_the_input_changes_no_answer(place: str) -> None:
    """A program that leaves out the unknown-logic of full columns answers as the reference does; it is shorter, too."""
    rules = engine(place, f"{place}.yaml")
    plain = SqlProgram(rules, on(place))
    for stated in (1.0, 0.9):
        givens = [household(rules.pack, seed, stated=stated) for seed in range(12)]
        if stated < 1:
            for seed, given in enumerate(givens[::2]):
                with_record(rules.pack, given, seed, on(place))
        program = SqlProgram(rules, on(place), known=_measured(plain, givens))

        same, _, said = differences(rules, program, givens)

        assert said == []
        assert same > 1000
        assert len(program.sql()) < len(plain.sql())


def _measured(program: SqlProgram, givens: list[Given]) -> Known:
    end = OnDuckDb()
    for table in program.tables(givens):
        end.load(table, program.stages.columns.kinds[table[0]])
    return measure(end.connection, program.inputs, program.pack.vocabulary)


@pytest.mark.parametrize("place", PLACES)
def test_every_number_is_int64(place: str) -> None:
    """No column of any stage is a floating or decimal number, or wider than int64."""
    program = SqlProgram(engine(place, f"{place}.yaml"), on(place))
    end = OnDuckDb()
    for table in program.tables([household(program.pack, 1, stated=0.9)]):
        end.load(table, program.stages.columns.kinds[table[0]])
    types: dict[str, str] = {}
    for name, query in program.statements():
        end.make(name, query)
        for column, kind, *_ in end.connection.execute(f'DESCRIBE "{name}"').fetchall():
            types[f"{name}.{column}"] = kind

    assert {c: kind for c, kind in types.items() if kind not in ("BIGINT", "BOOLEAN", "DATE", "VARCHAR", "VARCHAR[]")} == {}
    assert sum(kind == "BIGINT" for kind in types.values()) > 50
