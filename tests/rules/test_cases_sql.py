"""Every worked case of every pack comes out of SQL as it comes out of the reference, to the fen, on DuckDB and on Spark."""

from __future__ import annotations

import pytest

from bangfu.rules.casebook import read_cases
from tests.conftest import PROOFS, SPARK
from tests.rules.case_groups import Group, groups
from tests.rules.engines import PLACES, POLICIES, engine
from tests.rules.spark import OnSmallSpark

LARGEST = 2
"""Spark plans each program for seconds: `make test` takes the largest groups of a pack, `make proofs` all of them."""


@pytest.mark.parametrize("place", ["cn", *PLACES])
def test_every_case_comes_out_the_same_in_sql(place: str) -> None:
    """The entries that a case expects something of, over all its rows."""
    rules = engine(place)
    listed = groups(rules, place)
    compared, said = 0, []
    for group in listed:
        same, lines = group.compare(rules, "duckdb", None)
        compared, said = compared + same, said + lines

    assert said == []
    assert sum(len(group.cases) for group in listed) == len(read_cases(POLICIES, place, []))
    assert compared > 100


@pytest.mark.proof
@pytest.mark.parametrize("place", [pytest.param(place, marks=SPARK) for place in ["cn", *PLACES]])
def test_every_case_comes_out_the_same_on_spark(place: str) -> None:
    """In `make test` at least a quarter of a pack's cases."""
    rules = engine(place)
    listed = groups(rules, place)
    chosen = listed if PROOFS else listed[:LARGEST]
    compared, said = 0, []
    for group in chosen:
        same, lines = group.compare(rules, "spark", OnSmallSpark())
        compared, said = compared + same, said + lines

    assert said == []
    assert 4 * sum(len(group.cases) for group in chosen) >= sum(len(group.cases) for group in listed)
    assert compared > 100


def test_cases_with_values_of_their_own_stand_apart() -> None:
    """A group holds one set of values and readings: no case is answered under another's."""
    rules = engine("bengbu")
    listed = groups(rules, "bengbu")

    def own(group: Group) -> set[str]:
        return {str((case.raw.get("with"), case.raw.get("readings"))) for case in group.cases}

    assert all(len(own(group)) == 1 for group in listed)
    assert sum(own(group) != {str((None, None))} for group in listed) > 10
