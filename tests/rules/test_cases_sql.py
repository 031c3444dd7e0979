"""Every worked case of every pack comes out of SQL as it comes out of the reference, to the fen, on DuckDB and on Spark."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bangfu.rules.casebook import read_cases
from tests.conftest import PROOFS, SPARK
from tests.rules.case_groups import Group, groups
from tests.rules.engines import PLACES, POLICIES, engine
from tests.rules.spark import OnSmallSpark

SHARE = Fraction(1) if PROOFS else Fraction(1, 6)
"""Spark plans each program for seconds: `make test` takes the largest groups up to a sixth of a pack's cases, `make proofs` all."""


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
    """A sixth of a pack's cases at least, its largest groups; every case in `make proofs`."""
    rules = engine(place)
    listed = groups(rules, place)
    wanted = SHARE * sum(len(group.cases) for group in listed)
    cases, compared, said = 0, 0, []
    for group in listed:
        if cases >= wanted:
            break
        same, lines = group.compare(rules, "spark", OnSmallSpark())
        cases, compared, said = cases + len(group.cases), compared + same, said + lines

    assert said == []
    assert cases >= wanted
    assert compared > 40


def test_cases_with_values_of_their_own_stand_apart() -> None:
    """A group holds one set of values and readings: no case is answered under another's."""
    rules = engine("bengbu")
    listed = groups(rules, "bengbu")

    def own(group: Group) -> set[str]:
        return {str((case.raw.get("with"), case.raw.get("readings"))) for case in group.cases}

    assert all(len(own(group)) == 1 for group in listed)
    assert sum(own(group) != {str((None, None))} for group in listed) > 10
