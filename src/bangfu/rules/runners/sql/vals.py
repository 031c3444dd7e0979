"""A value as SQL holds it, and how values are chosen among each other.

A number is a numerator (int64) over a denominator, a constant or a column. ``value`` NULL is unknown. ``high`` is given
where a range may occur: the numerator of the upper end, NULL over a known ``value`` means open above. ``counted`` marks
a count with unknown rows (yes where it is one), ``closed`` a value behind a gate that is answered "no"; neither of the
two is ever NULL, and a closed value is NULL itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm
from typing import Any

from bangfu.rules.runners.sql.tree import (
    Exp,
    absent,
    boolean,
    both,
    case,
    compare,
    day,
    either,
    greatest,
    is_false,
    is_true,
    least,
    null,
    opposite,
    possibly,
    present,
    product,
    surely,
    text,
    whole,
)
from bangfu.rules.values import CLOSED, Range, Unknown


@dataclass(frozen=True, slots=True)
class Val:
    """One value of a row; ``known`` is the number where it is a constant."""

    kind: str
    value: Exp
    den: Any = 1
    high: Exp | None = None
    counted: Exp | None = None
    closed: Exp | None = None
    known: Fraction | None = None

    def __post_init__(self) -> None:
        """Leave out an upper end that is the lower one: no range."""
        if self.high is self.value:
            object.__setattr__(self, "high", None)

    @property
    def top(self) -> Exp:
        """Return the numerator of the upper end."""
        return self.value if self.high is None else self.high

    @property
    def bottom(self) -> Exp:
        """Return the denominator as a part."""
        return whole(self.den) if isinstance(self.den, int) else self.den

    @property
    def shut(self) -> Exp:
        """Return whether the value is closed; never NULL."""
        return boolean(False) if self.closed is None else self.closed


def number(value: Any) -> Val:
    """Return a constant number."""
    ratio = Fraction(value)
    return Val("number", whole(ratio.numerator), ratio.denominator, known=ratio)


def unknown(kind: str) -> Val:
    """Return unknown."""
    return Val(kind, null(kind))


def closed(kind: str) -> Val:
    """Return what stands behind a closed gate."""
    return Val(kind, null(kind), closed=boolean(True))


def constant(kind: str, value: Any) -> Val:
    """Return a value of the rules (see ``values``) as a constant."""
    if isinstance(value, Unknown) or value is None:
        return unknown(kind)
    if value is CLOSED:
        return closed(kind)
    if isinstance(value, Range):
        return _range(value)
    if isinstance(value, bool):
        return Val("yes_no", boolean(value))
    if isinstance(value, str):
        return Val("code", text(value))
    if isinstance(value, dt.date):
        return Val("date", day(value))
    return number(value)


def _range(value: Range) -> Val:
    low, high = Fraction(value.low), None if value.high is None else Fraction(value.high)
    den = lcm(low.denominator, 1 if high is None else high.denominator)
    top = null("number") if high is None else whole(int(high * den))
    return Val("number", whole(int(low * den)), den, top)


def over(val: Val, den: int) -> Val:
    """Return the same number over a multiple of its constant denominator."""
    if val.den == den or val.known == 0:
        return replace(val, den=den)
    factor = whole(den // val.den)
    if val.known is not None:
        return replace(val, value=whole(int(val.known * den)), den=den)
    return replace(
        val, value=product(val.value, factor), den=den, high=None if val.high is None else product(val.high, factor)
    )


def common(vals: Sequence[Val]) -> list[Val] | None:
    """Return numbers over one constant denominator; None where one has a denominator of the row."""
    if any(not isinstance(v.den, int) for v in vals):
        return None
    den = lcm(*(v.den for v in vals))
    return [over(v, den) for v in vals]


def pick(rows: Sequence[tuple[Exp, Val]], kind: str) -> Val:
    """Return the value of the first row whose test is yes; unknown where none is."""
    vals = [val for _, val in rows]
    tests = [test for test, _ in rows]
    den: Any = 1
    if kind == "number":
        same = common(vals)
        if same is None:
            den = case([(t, v.bottom) for t, v in zip(tests, vals, strict=True)])
        else:
            vals, den = same, same[0].den
    value = case([(t, v.value) for t, v in zip(tests, vals, strict=True)])
    high = None
    if any(v.high is not None for v in vals):
        high = case([(t, v.top) for t, v in zip(tests, vals, strict=True)])
    return Val(kind, value, den, high, _flag(tests, [v.counted for v in vals]), _flag(tests, [v.closed for v in vals]))


def _flag(tests: list[Exp], flags: list[Exp | None]) -> Exp | None:
    if all(f is None for f in flags):
        return None
    return case([(t, boolean(False) if f is None else f) for t, f in zip(tests, flags, strict=True)], boolean(False))


def is_range(val: Val) -> Exp:
    """Return whether a number is a range here; never NULL."""
    if val.high is None:
        return boolean(False)
    return both([present(val.value), possibly(compare("ne", val.high, val.value))])


def plain(val: Val) -> Val:
    """Return a number with counted ranges made unknown: what a count is outside a comparison."""
    if val.counted is None:
        return val
    open_count = both([surely(val.counted), is_range(val)])
    high = val.high if val.high is not None else val.value
    known = opposite(open_count)
    return replace(val, value=case([(known, val.value)]), high=case([(known, high)]), counted=None)


def sole(val: Val) -> Val:
    """Return a number with every range made unknown."""
    if val.high is None:
        return val
    return replace(val, value=case([(opposite(is_range(val)), val.value)]), high=None, counted=None)


def unclosed(val: Val, other: Val) -> Val:
    """Return ``other`` where the value is closed."""
    if val.closed is None:
        return val
    return pick([(val.closed, other), (boolean(True), replace(val, closed=None))], val.kind)


def choose(test: Exp, a: Val, b: Val) -> Val:
    """Return a if the test is yes, b if no; unknown unless both are the same."""
    logic = _logic(test, a, b)
    if logic is not None:
        return Val("yes_no", logic)
    return pick([(test, a), (opposite(test), b), (both([absent(test), _same(a, b)]), a)], a.kind)


def _logic(test: Exp, a: Val, b: Val) -> Exp | None:
    """Return a choice with yes or no on one side as AND or OR, which mean just that when the test is unknown too."""
    if a.kind != "yes_no" or a.closed is not None or b.closed is not None:
        return None
    if is_true(a.value) or is_false(b.value):
        return either([test, b.value]) if is_true(a.value) else both([test, a.value])
    if is_false(a.value) or is_true(b.value):
        return both([opposite(test), b.value]) if is_false(a.value) else either([opposite(test), a.value])
    return None


def _same(a: Val, b: Val) -> Exp:
    if a.kind == "number":
        left, right = cross(a.value, a, b), cross(b.value, b, a)
        equal = [compare("eq", left, right), *(opposite(is_range(v)) for v in (a, b))]
    else:
        equal = [compare("eq", a.value, b.value)]
    return either([surely(both(equal)), both([a.shut, b.shut])])


def cross(part: Exp, mine: Val, other: Val) -> Exp:
    """Return a numerator multiplied so that it compares with the other's."""
    if isinstance(mine.den, int) and isinstance(other.den, int):
        factor = lcm(mine.den, other.den) // mine.den
        return product(part, whole(factor))
    return product(part, other.bottom)


def span(rows: Sequence[tuple[Exp, Val]]) -> Val:
    """Return the range over the numbers whose test is yes (tests are never NULL); unknown if one of them is unknown.

    All numbers stand over one denominator.
    """
    vals = [v for _, v in rows]
    tests = [t for t, _ in rows]
    lost = either([both([t, absent(v.value)]) for t, v in zip(tests, vals, strict=True)])
    open_end = either([both([t, absent(v.top)]) for t, v in zip(tests, vals, strict=True)])
    low = least([case([(t, v.value)]) for t, v in zip(tests, vals, strict=True)])
    high = greatest([case([(t, v.top)]) for t, v in zip(tests, vals, strict=True)])
    return Val("number", case([(opposite(lost), low)]), vals[0].den, case([(opposite(open_end), high)]))
