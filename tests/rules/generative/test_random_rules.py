"""Random rules over random households: Python, DuckDB and Spark give the same status, sum and range, to the fen."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import Phase, given as with_random, settings, strategies as st

from bangfu.rules.engine import Engine
from bangfu.rules.pack.load import load_pack
from bangfu.rules.runners.sql.back_ends import BackEnd, OnDuckDb
from bangfu.rules.runners.sql.program import SqlProgram
from bangfu.rules.runners.sql.support import GAPS, NotSupportedInSql
from tests.conftest import PROOFS, SPARK
from tests.rules.engines import POLICIES
from tests.rules.generative.rules import rule_set
from tests.rules.random_households import household, on, with_record
from tests.rules.runners_agree import differences
from tests.rules.spark import OnSmallSpark

pytestmark = pytest.mark.hypothesis


@settings(max_examples=300 if PROOFS else 8, phases=[Phase.generate])  # the seed repeats a difference: nothing to shrink
@with_random(st.integers(0, 10**9))
def test_random_rules_agree(seed: int) -> None:
    """What SQL does not carry out is refused by a name of ``GAPS``; everything else agrees."""
    agree(seed, "duckdb", OnDuckDb)


@pytest.mark.proof
@pytest.mark.parametrize("seed", [pytest.param(seed, marks=SPARK) for seed in range(20 if PROOFS else 1)])
def test_random_rules_agree_on_spark(seed: int) -> None:
    """The same rules and households, on Spark."""
    agree(seed, "spark", OnSmallSpark)


def agree(seed: int, dialect: str, back_end: Callable[[], BackEnd]) -> None:
    """Hold a rule set on one back end against the reference, on both bases."""
    text, names = rule_set(seed)
    rules = Engine(load_pack(POLICIES, "county", [("random.yaml", text)]))
    dice = random.Random(seed)
    compared = met = 0
    for basis in ("met", "recorded"):
        program = _program(rules, names, basis, dialect)
        givens = [household(rules.pack, dice.randrange(10**9), stated=share) for share in (0.99, 0.9, 0.5) for _ in range(5)]
        for given in givens[::2]:
            with_record(rules.pack, given, dice.randrange(10**9), on("county"))

        same, paid, said = differences(rules, program, givens, back_end())
        compared, met = compared + same, met + paid

        assert said == [], text
    assert compared > 500
    assert met > 0


def _program(rules: Engine, names: frozenset[str], basis: str, dialect: str) -> SqlProgram:
    """Return the SQL of all that SQL carries out; a gap it names leaves out that entry and its readers."""
    while True:
        try:
            return SqlProgram(rules, on("county"), basis, only=names, dialect=dialect)
        except NotSupportedInSql as gap:
            refused = gap
        assert refused.feature in GAPS
        names = _without(rules, names, refused.where)
        assert len(names) > 8


def _without(rules: Engine, names: frozenset[str], gone: str) -> frozenset[str]:
    """Leave out an entry and all that reads it."""
    assert gone in names
    return frozenset(n for n in names if all(step.name != gone for step in rules.plan.steps_for(frozenset([n]))))
