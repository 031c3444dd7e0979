"""The clocks of the national procedures, step by step, as the instruments set them.

Written down a second time from the articles; a step that starts within a time is not one that ends within it.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.engines import engine

CLOCKS = {
    "dibao_procedure_trial": {
        "investigate": {"finish_within": "10 工作日 after accept", "people": 2},
        "review": {"finish_within": "5 工作日 after investigate", "sample": "2/3"},
        "notice": {"runs": "7 日"},
        "county_review": {"finish_within": "5 工作日 after send_file", "sample": "30%"},
        "second_notice": {"runs": "7 日"},
        "objection_inquiry": {"finish_within": "20 工作日 after second_notice"},
        "decide": {"finish_within": "3 工作日 after second_notice"},
        "refusal": {"finish_within": "3 日 after county_review"},
        "first_payment": {"finish_within": "10 日 of month"},
    },
    "dibao_procedure": {
        "request_check": {"start_within": "3 工作日 after accept"},
        "check": {"start_within": "3 工作日 after request_check"},
        "investigate": {"start_within": "3 工作日 after accept", "people": 2},
        "notice": {"runs": "7 日"},
        "decide": {"finish_within": "10 工作日 after send_file"},
        "refusal": {"finish_within": "3 工作日 after decide"},
    },
    "tekun_procedure": {
        "first_opinion": {"finish_within": "15 工作日 after accept"},
        "notice": {"runs": "7 日"},
        "inquiry_again": {"finish_within": "15 工作日 after notice"},
        "decide": {"finish_within": "15 工作日 after send_file", "sample": "30%"},
        "refusal": {"finish_within": "3 工作日 after decide"},
    },
    "tekun_end_procedure": {
        "notice": {"runs": "7 日"},
        "inquiry": {"finish_within": "15 工作日 after notice"},
        "notice_again": {"runs": "7 日"},
    },
    "unsupported_child_procedure": {
        "verify": {"finish_within": "15 工作日 after accept"},
        "confirm": {"finish_within": "15 工作日 after verify"},
    },
    "rigid_spending_procedure": {},
    "emergency_aid_procedure": {},
    "spending_aid_procedure": {"notice": {"runs": "missing 日"}},
}
TIMED = ("start_within", "finish_within", "runs", "sample", "people")


def steps(procedure: str) -> dict[str, dict[str, Any]]:
    """Return the steps of a procedure by id."""
    return {str(step["id"]): dict(step) for step in engine("cn").pack.entries[procedure].raw["steps"]}


@pytest.mark.parametrize("procedure", sorted(CLOCKS))
def test_each_step_has_the_clock_of_its_article_and_no_other(procedure: str) -> None:
    """Start and end, working days and days, share to be sampled and number of people agree with the articles."""
    found = {name: {key: step[key] for key in TIMED if key in step} for name, step in steps(procedure).items()}

    assert {name: clocks for name, clocks in found.items() if clocks} == CLOCKS[procedure]


def test_only_the_county_refuses_and_every_first_opinion_reaches_it() -> None:
    """Under the rules of 2021 no first opinion, and no new one after an objection, ends an application in the township."""
    found = steps("dibao_procedure")

    assert set(found["investigate"]["outcomes"].values()) == {"notice"}
    assert dict(found["notice"]["outcomes"]) == {"no_objection": "send_file", "objection": "review"}
    assert set(found["review"]["outcomes"].values()) == {"send_file"}
    assert dict(found["decide"]["outcomes"]) == {"eligible": "publish", "not_eligible": "refusal"}


@pytest.mark.parametrize("procedure", ["unsupported_child_procedure", "rigid_spending_procedure", "emergency_aid_procedure"])
def test_what_the_nation_does_not_publish_is_not_published(procedure: str) -> None:
    """No step shows anything where the instrument sets no public notice."""
    assert [name for name, step in steps(procedure).items() if "shows" in step or "runs" in step] == []


@pytest.mark.parametrize(("procedure", "whole", "longer"), [("dibao_procedure", "30 工作日", "45 工作日"), ("rigid_spending_procedure", "30 工作日", "45 工作日")])
def test_the_whole_takes_thirty_or_for_special_causes_forty_five_working_days(procedure: str, whole: str, longer: str) -> None:
    """The long limit stands beside the short one and has a condition."""
    raw = engine("cn").pack.entries[procedure].raw

    assert (raw["whole"], raw["longer"], raw["longer_when"]) == (whole, longer, "application_complex")
