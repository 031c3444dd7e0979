"""The values that rules compute with: exact numbers, three-valued answers, ranges.

A number is an ``int`` or a ``fractions.Fraction``; money is counted in fen (元 × 100). No binary float is used anywhere.
Beside numbers, booleans, codes and dates there are three special values:

- ``Unknown(needs)``: nobody has stated it; ``needs`` names what would settle it. Never zero, never false.
- ``Range(low, high, needs)``: bounds that a document gives; ``high`` None means no upper end.
- ``CLOSED``: behind a gate that is answered "no"; every direct comparison with it is no.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final, TypeAlias

Number: TypeAlias = "int | Fraction"

NUMBER_STEPS: Final = 10_000
"""A stated number other than money carries at most four decimals, so that SQL holds it as a whole number of steps."""


class Unknown:
    """A value that nobody has stated; ``needs`` is the set of names that would settle it.

    >>> Unknown(frozenset({"birth_date"})).needs
    frozenset({'birth_date'})
    """

    __slots__ = ("needs",)

    def __init__(self, needs: frozenset[str]) -> None:
        self.needs = needs

    def __repr__(self) -> str:
        return f"Unknown({', '.join(sorted(self.needs))})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unknown) and other.needs == self.needs

    def __hash__(self) -> int:
        return hash(self.needs)

    def __bool__(self) -> bool:
        raise TypeError("an unknown value is neither true nor false")


class Range:
    """A number of which only the bounds are known, ends included; ``high`` None is open above.

    ``counted`` marks the result of a count with unknown rows: it decides comparisons and is unknown elsewhere.
    """

    __slots__ = ("counted", "high", "low", "needs")

    def __init__(self, low: Number, high: Number | None, needs: frozenset[str], counted: bool = False) -> None:
        self.low = low
        self.high = high
        self.needs = needs
        self.counted = counted

    def __repr__(self) -> str:
        return f"Range({self.low}..{'' if self.high is None else self.high}; {', '.join(sorted(self.needs))})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Range):
            return False
        return (self.low, self.high, self.needs) == (other.low, other.high, other.needs)

    def __hash__(self) -> int:
        return hash((self.low, self.high, self.needs))

    def __bool__(self) -> bool:
        raise TypeError("a range is neither true nor false")


class Closed:
    """The value behind a gate that is answered "no" (one instance: ``CLOSED``)."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "CLOSED"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        return "CLOSED"


CLOSED: Final = Closed()


def needs_of(*values: object) -> frozenset[str]:
    """Return the union of what unknown values and ranges need."""
    found: frozenset[str] = frozenset()
    for value in values:
        if value.__class__ is Unknown or value.__class__ is Range:
            needs: frozenset[str] = value.needs
            found = found | needs if found else needs
    return found


def tidy(value: Number) -> Number:
    """Return a whole ``Fraction`` as ``int``.

    >>> tidy(Fraction(6, 2))
    3
    """
    if isinstance(value, Fraction) and value.denominator == 1:
        return value.numerator
    return value


def round_number(value: Number, mode: str, step: Number) -> Number:
    """Round to a multiple of ``step``: modes ``up``, ``down``, ``half_up``, ``half_even``.

    Halves are taken away from zero in ``half_up``; ``up`` and ``down`` go to the next higher and lower multiple.

    >>> round_number(Fraction(4684, 10), "up", 1), round_number(Fraction(5, 2), "half_even", 1)
    (469, 2)
    """
    # value / step is top / bottom; whole numbers throughout, no Fraction has to be reduced on the way
    top, bottom = value.numerator * step.denominator, value.denominator * step.numerator
    below, rest = divmod(top, bottom)
    if rest == 0 or mode == "down":
        whole = below
    elif mode == "up":
        whole = below + 1
    elif 2 * rest != bottom:
        whole = below + (2 * rest > bottom)
    elif mode == "half_up":
        whole = below + 1 if top > 0 else below
    else:
        whole = below + below % 2
    return tidy(whole * step)


def decimal_text(value: Number) -> str:
    """Return an exact decimal where there is one, else a fraction.

    >>> decimal_text(Fraction(1, 8)), decimal_text(Fraction(1, 3)), decimal_text(12)
    ('0.125', '1/3', '12')
    """
    ratio = Fraction(value)
    bottom = ratio.denominator
    digits = 0
    while bottom % 10 == 0 or bottom % 2 == 0 or bottom % 5 == 0:
        bottom = bottom // 10 if bottom % 10 == 0 else bottom // 2 if bottom % 2 == 0 else bottom // 5
        digits += 1
    if bottom != 1:
        return f"{ratio.numerator}/{ratio.denominator}"
    if digits == 0:
        return str(ratio.numerator)
    sign = "-" if ratio < 0 else ""
    whole, rest = divmod(abs(ratio), 1)
    places = f"{int(rest * 10**digits):0{digits}d}".rstrip("0")
    return f"{sign}{int(whole)}.{places}" if places else f"{sign}{int(whole)}"
