"""Operations on values: whole numbers take the short way, everything else (fractions, ranges, unknown) the long one.

Unknown in, unknown out, with the union of what is needed. A ``CLOSED`` operand makes every comparison no.
"""

from __future__ import annotations

import calendar
import datetime as dt
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from bangfu.rules.values import CLOSED, Closed, Number, Range, Unknown, needs_of, tidy

_EXACT = (int, Fraction)


def kleene_and(values: list[Any]) -> Any:
    """Return no if any is no, yes if all are yes, else unknown with what the unknown ones need."""
    found: Any = None
    for value in values:
        if value.__class__ is Unknown:
            found = value if found is None else Unknown(found.needs | value.needs)
        elif not value:
            return False
    return True if found is None else found


def kleene_or(values: list[Any]) -> Any:
    """Return yes if any is yes, no if all are no, else unknown with what the unknown ones need."""
    found: Any = None
    for value in values:
        if value.__class__ is Unknown:
            found = value if found is None else Unknown(found.needs | value.needs)
        elif value:
            return True
    return False if found is None else found


def kleene_not(value: Any) -> Any:
    """Return the opposite; unknown stays unknown. A closed yes/no counts as no."""
    return value if value.__class__ is Unknown else not value


def _special(a: Any, b: Any) -> Any:
    """Return the result where an operand is unknown, a counted range or closed; None where both are numbers or ranges."""
    if a.__class__ is Unknown or b.__class__ is Unknown:
        return _open(a, b)
    if (a.__class__ is Range and a.counted) or (b.__class__ is Range and b.counted):
        return Unknown(needs_of(a, b))
    if a is CLOSED or b is CLOSED:
        return CLOSED
    return None


def _open(a: Any, b: Any) -> Any:
    """Return what comes of two operands of which at least one is unknown: that one itself where the other is known."""
    if b.__class__ is not Unknown and b.__class__ is not Range:
        return a
    if a.__class__ is not Unknown and a.__class__ is not Range:
        return b
    return Unknown(needs_of(a, b))


def _ends(value: Any) -> tuple[Any, Any]:
    return (value.low, value.high) if value.__class__ is Range else (value, value)


def _ranged(low: Any, high: Any, *parents: Any) -> Any:
    needs = needs_of(*parents)
    if not needs or (high is not None and low == high and low is not None):
        return low if not needs else tidy(low)
    return Range(low, high, needs)


def add(a: Any, b: Any) -> Any:
    """Return a + b."""
    if a.__class__ is int and b.__class__ is int:
        return a + b
    if a.__class__ in _EXACT and b.__class__ in _EXACT:
        return tidy(a + b)
    special = _special(a, b)
    if special is not None:
        return special
    if a.__class__ is not Range and b.__class__ is not Range:
        return tidy(a + b)
    (al, ah), (bl, bh) = _ends(a), _ends(b)
    return _ranged(al + bl, None if ah is None or bh is None else ah + bh, a, b)


def neg(a: Any) -> Any:
    """Return -a."""
    if a.__class__ is Range:
        if a.counted or a.high is None:
            return Unknown(a.needs)
        return Range(-a.high, -a.low, a.needs)
    return a if a.__class__ is Unknown or a is CLOSED else -a


def sub(a: Any, b: Any) -> Any:
    """Return a - b."""
    if a.__class__ is int and b.__class__ is int:
        return a - b
    if a.__class__ in _EXACT and b.__class__ in _EXACT:
        return tidy(a - b)
    special = _special(a, b)
    if special is not None:
        return special
    if a.__class__ is not Range and b.__class__ is not Range:
        return tidy(a - b)
    (al, ah), (bl, bh) = _ends(a), _ends(b)
    if bh is None:
        return Unknown(needs_of(a, b))
    return _ranged(al - bh, None if ah is None else ah - bl, a, b)


def mul(a: Any, b: Any) -> Any:
    """Return a × b; a known 0 times anything known or ranged is 0."""
    if a.__class__ is int and b.__class__ is int:
        return a * b
    if a.__class__ in _EXACT and b.__class__ in _EXACT:
        return product(a, b)
    special = _special(a, b)
    if special is not None:
        return special
    if a.__class__ is not Range and b.__class__ is not Range:
        return tidy(a * b)
    (al, ah), (bl, bh) = _ends(a), _ends(b)
    if ah is None or bh is None:
        if al >= 0 and bl >= 0:
            return 0 if (ah == 0 or bh == 0) else Range(al * bl, None, needs_of(a, b))
        return Unknown(needs_of(a, b))
    corners = [al * bl, al * bh, ah * bl, ah * bh]
    return _ranged(min(corners), max(corners), a, b)


def product(a: Number, b: Number) -> Number:
    """Return a × b: a share of a sum mostly comes out whole, and then no Fraction is made.

    >>> product(250, Fraction(3, 5)), product(Fraction(1, 3), Fraction(1, 2))
    (150, Fraction(1, 6))
    """
    top, bottom = a.numerator * b.numerator, a.denominator * b.denominator
    whole, rest = divmod(top, bottom)
    return Fraction(top, bottom) if rest else whole


def div(a: Any, b: Any) -> Any:
    """Return a / b; the compiler has proved b above 0 (a target's denominator of 0 gives CLOSED: nothing to count)."""
    special = _special(a, b)
    if special is not None:
        return special
    if b.__class__ is Range:
        return Unknown(needs_of(a, b))
    if b == 0:
        return CLOSED
    if a.__class__ is Range:
        return Range(Fraction(a.low) / b, None if a.high is None else Fraction(a.high) / b, a.needs)
    return tidy(Fraction(a) / b)


def _compare(test: Callable[[Any, Any], bool], name: str) -> Callable[[Any, Any], Any]:
    def compare(a: Any, b: Any) -> Any:
        if a.__class__ is int and b.__class__ is int:
            return test(a, b)
        if a is CLOSED or b is CLOSED:
            return name == "ne"
        if a.__class__ is Unknown or b.__class__ is Unknown:
            return _open(a, b)
        if a.__class__ is Range or b.__class__ is Range:
            return _compare_ranges(name, a, b)
        return test(a, b)

    return compare


def _compare_ranges(name: str, a: Any, b: Any) -> Any:
    (al, ah), (bl, bh) = _ends(a), _ends(b)
    below = ah is not None and ah < bl
    at_most = ah is not None and ah <= bl
    above = bh is not None and al > bh
    at_least = bh is not None and al >= bh
    sure = {
        "lt": (below, at_least), "le": (at_most, above), "gt": (above, at_most), "ge": (at_least, below),
        "eq": (False, below or above), "ne": (below or above, False),
    }[name]  # fmt: skip
    return True if sure[0] else False if sure[1] else Unknown(needs_of(a, b))


KNOWN: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge,
}  # fmt: skip
"""Comparisons of two known values of one kind; ``COMPARE`` holds those of any two values."""
COMPARE: dict[str, Callable[[Any, Any], Any]] = {name: _compare(test, name) for name, test in KNOWN.items()}


def least(values: list[Any]) -> Any:
    """Return the smallest; any unknown makes unknown."""
    return _extreme(values, low=True)


def greatest(values: list[Any]) -> Any:
    """Return the largest; any unknown makes unknown."""
    return _extreme(values, low=False)


def _extreme(values: list[Any], *, low: bool) -> Any:
    plain = True
    for value in values:
        if value.__class__ is Unknown or (value.__class__ is Range and value.counted):
            return Unknown(needs_of(*values))
        plain = plain and value.__class__ in _EXACT
    if plain and values:
        return min(values) if low else max(values)
    values = [v for v in values if v is not CLOSED]
    if not values:
        return CLOSED
    if not any(v.__class__ is Range for v in values):
        return min(values) if low else max(values)
    lows, highs = [_ends(v)[0] for v in values], [_ends(v)[1] for v in values]
    if low:
        bounded = [h for h in highs if h is not None]
        return _ranged(min(lows), min(bounded) if bounded else None, *values)
    return _ranged(max(lows), None if None in highs else max(highs), *values)


def choose(test: Any, a: Any, b: Any) -> Any:
    """Return a if the test is yes, b if no; unknown unless both are the same."""
    if test.__class__ is not Unknown:
        return a if test else b
    if a.__class__ in (Unknown, Range) or b.__class__ in (Unknown, Range):
        return Unknown(needs_of(test, a, b))
    return a if a.__class__ is b.__class__ and a == b else test


def scale(a: Any, factor: Number) -> Any:
    """Return a × a constant above 0."""
    if a.__class__ in _EXACT:
        return product(a, factor)
    if a.__class__ is Range and not a.counted:
        return Range(a.low * factor, None if a.high is None else a.high * factor, a.needs)
    special = _special(a, 0)
    return tidy(a * factor) if special is None else special


# -- dates -------------------------------------------------------------------------------------------------------
def add_months(day: dt.date, count: int) -> dt.date:
    """Return the same day ``count`` months on, held to the end of the month.

    >>> add_months(dt.date(2022, 1, 31), 1)
    datetime.date(2022, 2, 28)
    """
    months = day.year * 12 + day.month - 1 + count
    year, month = divmod(months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def months_between(a: dt.date, b: dt.date) -> int:
    """Return the largest n with add_months(a, n) <= b.

    >>> months_between(dt.date(2022, 1, 31), dt.date(2022, 2, 28))
    1
    """
    months = (b.year - a.year) * 12 + b.month - a.month
    last = calendar.monthrange(b.year, b.month)[1]
    return months - 1 if b.day < a.day and b.day != last else months


def years_between(a: dt.date, b: dt.date) -> int:
    """Return full years; a birthday counts from its day, 29 February from 1 March.

    >>> years_between(dt.date(2004, 2, 29), dt.date(2022, 2, 28)), years_between(dt.date(2004, 2, 29), dt.date(2022, 3, 1))
    (17, 18)
    """
    return ((b.year * 10000 + b.month * 100 + b.day) - (a.year * 10000 + a.month * 100 + a.day)) // 10000


def dated(function: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    """Wrap a function of two known values so that unknown and closed pass through."""

    def wrapped(a: Any, b: Any) -> Any:
        if a.__class__ is dt.date and b.__class__ is dt.date:
            return function(a, b)
        if a.__class__ is Unknown or b.__class__ is Unknown or a.__class__ is Range or b.__class__ is Range:
            return Unknown(needs_of(a, b))
        if a.__class__ is Closed or b.__class__ is Closed:
            return CLOSED
        return function(a, b)

    return wrapped


DAYS_BETWEEN = dated(lambda a, b: (a - b).days)
MONTHS_BETWEEN = dated(months_between)
YEARS_BETWEEN = dated(years_between)
ADD_MONTHS = dated(lambda day, n: add_months(day, int(n)))
ADD_DAYS = dated(lambda day, n: day + dt.timedelta(days=int(n)))
