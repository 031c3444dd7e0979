"""The missing facts that the reference names are the ones that matter to SQL: stating any other changes no open answer.

SQL does not name what would settle an answer (``support.GAPS``: needs). It can be asked all the same: every missing fact
that is not named is stated at random, and the answer must stay what it was, status and both ends. With names left out of
the list it does not.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from bangfu.rules.answers import needs_of_result
from bangfu.rules.engine import Engine
from bangfu.rules.household import Given, GivenRow
from bangfu.rules.runners.sql.back_ends import BackEnd, OnDuckDb
from bangfu.rules.runners.sql.program import SqlProgram
from bangfu.rules.values import Unknown
from bangfu.rules.vocabulary import Vocabulary
from tests.conftest import PROOFS, SPARK
from tests.rules.engines import PLACES, engine
from tests.rules.random_households import household, on, value_of
from tests.rules.spark import OnSmallSpark

HOUSEHOLDS = 100 if PROOFS else 10
EACH = 4
"""Open answers looked at in each household."""


@dataclass(frozen=True)
class Open:
    """An open answer of one household: where it stands, what the reference says would settle it."""

    entry: str
    entity: str
    row: str
    needs: frozenset[str]


def needs_of(result: object) -> frozenset[str]:
    """Return what would settle an entry's or a definition's result."""
    return frozenset(result.needs) if result.__class__ is Unknown else needs_of_result(result) if hasattr(result, "status") else frozenset()


def opened(rules: Engine, program: SqlProgram, given: Given) -> list[Open]:
    """Return the answers of a household that a fact would settle."""
    run = rules.run(given, program.day, program.basis)
    found = []
    for name in program.results:
        entry = rules.pack.entries[name]
        for row in run.rows[entry.per or ""]:
            needs = needs_of(rules.result(row, entry))
            if needs & rules.pack.vocabulary.facts.keys():
                found.append(Open(name, row.entity, row.id, needs))
    return found


def gates(vocabulary: Vocabulary, names: set[str]) -> set[str]:
    """Return the gates before some facts."""
    found: set[str] = set()
    for name in names & vocabulary.facts.keys():
        gate = vocabulary.facts[name].gate
        while gate:
            found.add(gate)
            gate = vocabulary.facts[gate].gate
    return found


def stated_but(rules: Engine, given: Given, kept: frozenset[str], dice: random.Random) -> Given:
    """Return the household with every missing fact stated but those kept, and but gates: these answer for what is behind them."""
    filled = copy.deepcopy(given)
    for row in filled.rows:
        missing = {*kept, *gates(rules.pack.vocabulary, {*kept, *row.facts})}
        for fact in rules.pack.vocabulary.facts_of(row.entity):
            if fact.kind != "text" and fact.id not in row.facts and fact.id not in missing and _opened(rules.pack.vocabulary, fact.id, row):
                row.facts[fact.id] = value_of(fact, rules.pack, dice)
    return filled


def _opened(vocabulary: Vocabulary, name: str, row: GivenRow) -> bool:
    return all(row.facts.get(gate) is True for gate in gates(vocabulary, {name}))


def changed(place: str, dialect: str, back_end: Callable[[], BackEnd], named: Callable[[frozenset[str]], frozenset[str]]) -> tuple[int, list[str]]:
    """Return (open answers looked at, those that change) when all is stated but what ``named`` leaves of the needs."""
    rules = engine(place, f"{place}.yaml")
    program = SqlProgram(rules, on(place), "met", dialect=dialect)
    dice = random.Random(place)
    before: list[Given] = []
    after: list[Given] = []
    looked: list[Open] = []
    for _ in range(HOUSEHOLDS):
        given = household(rules.pack, dice.randrange(10**9), stated=dice.choice([0.9, 0.7, 0.5]))
        for row in given.rows:
            row.stated.clear()  # what is decided stands only until it can be worked out: facts may overrule it
        there = opened(rules, program, given)
        for answer in dice.sample(there, min(EACH, len(there))):
            looked.append(answer)
            before.append(given)
            after.append(stated_but(rules, given, named(answer.needs), dice))
    own, other = (program.run(givens, back_end()) for givens in (before, after))
    keys = [(number, o.entry, o.entity, o.row) for number, o in enumerate(looked)]
    return len(looked), [f"{key} {sorted(looked[key[0]].needs)}: {own[key]} -> {other[key]}" for key in keys if own[key] != other[key]]


@pytest.mark.slow
@pytest.mark.proof
@pytest.mark.parametrize("place", PLACES)
def test_what_is_not_named_settles_nothing(place: str) -> None:
    """On DuckDB, every place."""
    looked, said = changed(place, "duckdb", OnDuckDb, lambda needs: needs)

    assert said == []
    assert looked > 2 * HOUSEHOLDS


@pytest.mark.proof
@pytest.mark.parametrize("place", [pytest.param(place, marks=SPARK) for place in (PLACES if PROOFS else ("county",))])
def test_what_is_not_named_settles_nothing_on_spark(place: str) -> None:
    """The same, on Spark."""
    looked, said = changed(place, "spark", OnSmallSpark, lambda needs: needs)

    assert said == []
    assert looked > 2 * HOUSEHOLDS


@pytest.mark.slow
def test_a_name_that_is_left_out_is_noticed() -> None:
    """With no name kept, many answers change."""
    _, said = changed("county", "duckdb", OnDuckDb, lambda _: frozenset())

    assert len(said) > 5
