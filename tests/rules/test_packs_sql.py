"""Every entry of every pack answers the same in Python and in SQL, on households with and without gaps, to the fen."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import Phase, given as with_random, settings, strategies as st

from bangfu.rules.household import Given
from bangfu.rules.plan import WORKED_KINDS
from bangfu.rules.runners.sql.back_ends import OnDuckDb
from bangfu.rules.runners.sql.columns import Known
from bangfu.rules.runners.sql.dialects import DIALECTS
from bangfu.rules.runners.sql.measure import measure
from bangfu.rules.runners.sql.program import SqlProgram
from bangfu.rules.units import Quantity
from tests.conftest import PROOFS, SPARK
from tests.rules.engines import PLACES, engine
from tests.rules.random_households import household, on, with_record
from tests.rules.runners_agree import differences
from tests.rules.spark import OnSmallSpark

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


@pytest.mark.proof
@pytest.mark.parametrize("place", [pytest.param(place, marks=SPARK) for place in (PLACES if PROOFS else ("county",))])
def test_python_and_spark_agree(place: str) -> None:
    """The same, on Spark: one program for each basis; all places in `make proofs`."""
    rules = engine(place, f"{place}.yaml")
    dice = random.Random(20)
    for basis in ("met", "recorded") if PROOFS else ("recorded",):
        program = SqlProgram(rules, on(place), basis, dialect="spark")
        givens = [household(rules.pack, dice.randrange(10**9), stated=share) for share in (0.97, 0.9, 0.7, 0.4) for _ in range(6)]
        for given in givens[::2]:
            with_record(rules.pack, given, dice.randrange(10**9), on(place))

        same, paid, said = differences(rules, program, givens, OnSmallSpark())

        assert said == []
        assert same > 2000
        assert paid > 0


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@pytest.mark.parametrize("place", ["cn", *PLACES])
def test_every_entry_is_carried_out_in_sql(place: str, dialect: str) -> None:
    """Nothing of a pack is left out: every worked entry has its table."""
    rules = engine(place)
    program = SqlProgram(rules, on(place), dialect=dialect)
    worked = {
        e.id for e in rules.pack.entries.values()
        if e.kind in WORKED_KINDS and e.per is not None and not (e.kind == "target" and e.measure is None)
    }  # fmt: skip

    assert set(program.results) == worked
    assert len(worked) > 50


def test_a_statement_in_several_tables_answers_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Layers that are tables of their own, as Spark gets them, change no answer."""
    rules = engine("county", "county.yaml")
    whole = SqlProgram(rules, on("county"), "recorded")
    monkeypatch.setattr(type(DIALECTS["duckdb"]), "layers_most", 2)
    cut = SqlProgram(rules, on("county"), "recorded")
    givens = [household(rules.pack, seed, stated=0.8) for seed in range(12)]
    for seed, given in enumerate(givens[::2]):
        with_record(rules.pack, given, seed, on("county"))

    assert cut.run(givens) == whole.run(givens)
    assert len(cut.statements()) > len(whole.statements()) + 5
    most, before = (max(len(re.findall(r'layer\d+"? AS \(', text)) for _, text in program.statements()) for program in (cut, whole))
    assert most <= 2 < before


def test_all_limits_of_a_year_are_one_window_over_the_bills() -> None:
    """Three limits and a threshold on hospital bills sort the bills twice: for what was claimed before, then for what that used up."""
    [bills] = [text for name, text in SqlProgram(engine("wuchang", "wuchang.yaml"), on("wuchang")).statements() if "OVER (" in text and name.startswith("medical_bill")]

    assert len(set(re.findall(r"OVER \(([^()]*)\)", bills))) == 1
    assert [text.count("OVER (") > 0 for text in bills.split(" AS (SELECT ")].count(True) == 2


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


@pytest.mark.proof
@pytest.mark.parametrize("place", [pytest.param(place, marks=SPARK) for place in (["cn", *PLACES] if PROOFS else ["cn", "county"])])
def test_spark_plans_int64_alone(place: str) -> None:
    """Two packs, all of them in ``make proofs``: no floating or decimal number stands anywhere in Spark's plan of any stage, and no column is narrower than int64."""
    program = SqlProgram(engine(place, None if place == "cn" else f"{place}.yaml"), on(place), dialect="spark")
    end = OnSmallSpark()
    types: set[str] = set()
    try:
        for table, columns in program.inputs.items():
            end.empty(table, ", ".join(f"`{name}` {SPARK_TYPES[kind]}" for name, kind in columns.items()))
        for name, select in program.statements():
            frame = end.session.sql(select)
            assert wide_of_int64(frame._jdf.queryExecution().analyzed().toJSON()) == set()
            if ", layer " not in name:  # whole constants in a layer stay small; what reads them makes them int64
                types |= {field.dataType.simpleString() for field in frame.schema}
            end.empty(name, frame.schema)
    finally:
        end.close()

    assert types <= {"bigint", "boolean", "date", "string", "array<string>"}
    assert "bigint" in types


SPARK_TYPES = {"BIGINT": "bigint", "BOOLEAN": "boolean", "DATE": "date", "VARCHAR": "string", "VARCHAR[]": "array<string>"}


def wide_of_int64(plan: str) -> set[str]:
    """Return the types of a plan that hold a number and are not whole int64 or int32 ones."""
    return set(re.findall(r'"(?:dataType|evalType|targetType)":"?(double|float|decimal[^"]*)', plan))


@pytest.mark.parametrize("spark_says", ["SELECT a / 3 AS b FROM t", "SELECT CAST(a AS DECIMAL(20, 2)) AS b FROM t", "SELECT a * 1.5 AS b FROM t"])
@pytest.mark.slow
@pytest.mark.needs("spark")
@pytest.mark.xdist_group("spark")
def test_a_plan_with_a_wide_number_is_noticed(spark_says: str) -> None:
    """The look at the plan sees division, casts and constants."""
    end = OnSmallSpark()
    try:
        end.empty("t", "a bigint")
        assert wide_of_int64(end.session.sql(spark_says)._jdf.queryExecution().analyzed().toJSON()) != set()
    finally:
        end.close()
