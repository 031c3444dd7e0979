"""Identity numbers: GB 11643 by its check digit (python-stdnum), with a reason for each refusal."""

from __future__ import annotations

from typing import Any

from stdnum import numdb
from stdnum.cn import ric
from stdnum.exceptions import InvalidChecksum, InvalidComponent, InvalidFormat, InvalidLength, ValidationError

_REASONS: dict[type[ValidationError], tuple[str, str]] = {
    InvalidChecksum: ("校验码不对，请与证件核对", "the check digit is wrong; compare it with the card"),
    InvalidLength: ("应为 18 位", "must have 18 characters"),
    InvalidFormat: ("应为 17 位数字加 1 位数字或 X", "must be 17 digits and a digit or X"),
    InvalidComponent: ("其中的出生日期或地区码不存在", "its birth date or area code does not exist"),
}


def identity_fault(value: Any) -> tuple[str, str] | None:
    """Return why an ID number is refused (Chinese, English), or None if it is valid."""
    if isinstance(value, float):
        return ("身份证号须存为文字；按数字存会丢失末几位", "an ID number must be stored as text; a number loses its last digits")
    if not isinstance(value, str | int) or isinstance(value, bool):
        return ("身份证号应为 18 位文字", "an ID number must be a text of 18 characters")
    number = ric.compact(str(value))
    try:
        ric.validate(number)
    except InvalidComponent:
        return None if _is_issued(number) else (f"身份证号{_REASONS[InvalidComponent][0]}", f"the ID number {_REASONS[InvalidComponent][1]}")
    except ValidationError as error:
        zh, en = next((text for kind, text in _REASONS.items() if isinstance(error, kind)), ("格式不对", "is not valid"))
        return (f"身份证号{zh}", f"the ID number {en}")
    return None


def _is_issued(number: str) -> bool:
    """Tell whether birth date and province exist.

    The library also asks whether the district's code was in use in the year of birth. It need not have been: numbers were
    first given out in the 1980s, to everybody under the code of that day, so that it refuses most of today's old people.
    """
    try:
        ric.get_birth_date(number)
    except InvalidComponent:
        return False
    return bool(numdb.get("cn/loc").info(number[:2])[0][1])
