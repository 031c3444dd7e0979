"""A place that answers everything it is asked owes nothing more, and every rule then works with its values.

The overlays under ``tests/madeup`` hold invented values, each marked so; they serve tests only.
"""

from __future__ import annotations

import datetime as dt
import re

import pytest

from bangfu.rules.assess import assess
from bangfu.rules.errors import PackError
from bangfu.rules.household import read_given, read_household_content
from bangfu.rules.missing import missing_rows
from bangfu.rules.pack.load import load_pack
from tests.rules.engines import PLACES, POLICIES, ROOT, engine


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


@pytest.mark.parametrize(
    ("address", "value", "said"),
    [
        ("relief_procedure.steps.bogus.runs", "7 日", "here may be set: relief_procedure.steps.publish.runs"),
        ("relief_procedure.steps.publish.runs", "7 元", "must be in 日"),
        ("holiday_visits.every", "fortnight", "is no period"),
        ("small_loan.trem", "24 月", "here may be set: small_loan.amount, small_loan.term"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused(address: str, value: str, said: str) -> None:
    """An address that is not open, a unit or a period that does not fit: a fault with its line, nothing is set."""
    text = f"place: county\nvalues:\n  - {{set: {address}, value: {value}, from: 2024-01-01, source: 自拟, said_by: 测试}}\n"

    with pytest.raises(PackError, match=re.escape(said)) as caught:
        load_pack(POLICIES, "county", [("overlay.yaml", text)])

    assert [fault.line for fault in caught.value.faults] == [3]


def test_a_setting_that_fits_is_set() -> None:
    """A clock of a procedure's step is set and is no longer missing."""
    text = "place: county\nvalues:\n  - {set: relief_procedure.steps.publish.runs, value: 7 日, from: 2024-01-01, source: 自拟, said_by: 测试}\n"
    pack = load_pack(POLICIES, "county", [("overlay.yaml", text)])

    steps = {step["id"]: step for step in pack.entries["relief_procedure"].raw["steps"]}

    assert steps["publish"]["runs"] == "7 日"
    assert "relief_procedure.steps.publish.runs" in {row.name for row in missing_rows(engine("county").pack)}
    assert "relief_procedure.steps.publish.runs" not in {row.name for row in missing_rows(pack)}


def test_a_bare_number_takes_the_unit_of_what_was_missing() -> None:
    """500 for a sum that is missing in 元/次 is 500 元, not 500 fen."""
    text = "place: county\nvalues:\n  - {set: emergency_aid.amount, value: 500, from: 2024-01-01, source: 自拟, said_by: 测试}\n"
    figure = load_pack(POLICIES, "county", [("overlay.yaml", text)]).entries["emergency_aid"].figures["amount"]

    assert figure.versions[-1].value.low == 500 * 100
