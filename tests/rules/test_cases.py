"""Every worked case of every pack holds, and a wrong expectation is noticed."""

from __future__ import annotations

import pytest

from bangfu.rules.casebook import CaseRunner, expected_range, read_cases
from bangfu.rules.errors import Fault
from tests.rules.engines import PLACES, POLICIES, engine


@pytest.mark.parametrize("place", ["cn", *PLACES])
def test_every_case_holds(place: str) -> None:
    """Each case comes out as its expectation says."""
    faults: list[Fault] = []
    cases = read_cases(POLICIES, place, faults)
    runner = CaseRunner(engine(place))

    said = [f"{case.file}:{case.line} {line}" for case in cases for line in runner.run(case)]

    assert not faults
    assert said == []
    assert len(cases) > 20


def test_a_wrong_expectation_is_noticed() -> None:
    """A case whose sum is a fen off, or whose status is turned, does not hold."""
    faults: list[Fault] = []
    cases = read_cases(POLICIES, "county", faults)
    runner = CaseRunner(engine("county"))
    case = next(c for c in cases if c.expect[0].get("amount") is not None)
    kept = case.expect[0]["amount"]
    try:
        case.expect[0]["amount"] = "0.01"
        assert "amount is" in runner.run(case)[0]
        case.expect[0]["amount"] = kept
        case.expect[0]["status"] = "not_met"
        assert "status is met, expected not_met" in runner.run(case)[0]
    finally:
        case.expect[0]["amount"], case.expect[0]["status"] = kept, "met"


def test_a_case_whose_own_sum_is_wrong_is_refused() -> None:
    """Both sides of the equals sign must agree before any rule is asked."""
    with pytest.raises(ValueError, match="does not agree with itself"):
        expected_range("100000 - 85000 = 14000")
