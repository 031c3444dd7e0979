"""A place that answers everything it is asked owes nothing more, and every rule then works with its values.

The overlays under ``tests/madeup`` hold invented values, each marked so; they serve tests only.
"""

from __future__ import annotations

import datetime as dt

import pytest

from bangfu.rules.assess import assess
from bangfu.rules.household import read_given, read_household_content
from bangfu.rules.missing import missing_rows
from tests.rules.engines import PLACES, ROOT, engine


@pytest.mark.parametrize("place", PLACES)
def test_an_overlay_that_answers_everything_leaves_nothing_missing(place: str) -> None:
    """The list of what is missing is not empty without the overlay and is empty with it."""
    assert missing_rows(engine(place).pack)
    assert missing_rows(engine(place, f"{place}.yaml").pack) == []


@pytest.mark.parametrize("place", PLACES)
def test_no_answer_waits_for_a_value_of_the_place(place: str) -> None:
    """With the overlay an answer may wait for facts of the household; it never waits for a standard."""
    full = engine(place, f"{place}.yaml")
    given = read_given(full.pack, read_household_content(ROOT / "examples" / f"{place}.yaml"))
    found = assess(full, given, dt.date(2026, 6, 30), reasons=False)
    assert found.answers
    waits = {need for answer in found.answers for need in answer.needs}
    assert not waits & {row.name for row in missing_rows(engine(place).pack)}
