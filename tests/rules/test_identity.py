"""ID numbers by GB 11643: check digit, date, province; the district's code may be younger than the person."""

from __future__ import annotations

import pytest
from stdnum.cn import ric

from bangfu.rules.identity import identity_fault


def number(region: str, born: str) -> str:
    """Return a made-up number with the right check digit."""
    return region + born + "002" + ric.calc_check_digit(region + born + "0020")


@pytest.mark.parametrize("region", ["110105", "420106", "520302", "330402", "340302"])
@pytest.mark.parametrize("born", ["19310101", "19491231", "20200229"])
def test_old_people_of_young_districts_are_taken(region: str, born: str) -> None:
    """武昌's code 420106 is of 1983: who was born in 1931 has it all the same."""
    assert identity_fault(number(region, born)) is None
    assert identity_fault(number(region, born).lower()) is None


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (number("420106", "20230229"), "出生日期或地区码"),
        (number("990106", "19491231"), "出生日期或地区码"),
        (number("420106", "19491231")[:-1] + ("0" if number("420106", "19491231")[-1] != "0" else "1"), "校验码"),
        ("42010619491231", "18 位"),
        ("42010619491231A021", "17 位数字"),
        (4.2010619491231e17, "文字"),
        (None, "18 位文字"),
    ],
)
def test_what_is_refused(given: object, why: str) -> None:
    """With the reason."""
    fault = identity_fault(given)
    assert fault is not None
    assert why in fault[0]
