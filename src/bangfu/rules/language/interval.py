"""Bounds of numbers: what the compiler can prove before any household is seen. None means unbounded."""

from __future__ import annotations

from fractions import Fraction

from bangfu.rules.values import Number

Bounds = tuple["Number | None", "Number | None"]


def add(a: Bounds, b: Bounds) -> Bounds:
    """Return the bounds of x + y."""
    return _plus(a[0], b[0]), _plus(a[1], b[1])


def negate(a: Bounds) -> Bounds:
    """Return the bounds of -x."""
    return (None if a[1] is None else -a[1]), (None if a[0] is None else -a[0])


def _plus(x: Number | None, y: Number | None) -> Number | None:
    return None if x is None or y is None else x + y


def multiply(a: Bounds, b: Bounds) -> Bounds:
    """Return the bounds of x × y; unbounded factors that are not negative keep their lower end."""
    if None in a or None in b:
        low = a[0] is not None and a[0] >= 0 and b[0] is not None and b[0] >= 0
        return (a[0] * b[0] if low and a[0] is not None and b[0] is not None else None), None
    corners = [x * y for x in a for y in b if x is not None and y is not None]
    return min(corners), max(corners)


def divide(a: Bounds, b: Bounds) -> Bounds:
    """Return the bounds of x / y for y proved above 0."""
    low, high = b
    if low is None or low <= 0:
        return None, None
    inverse: Bounds = (Fraction(1) / high if high is not None else 0, Fraction(1) / Fraction(low))
    return multiply(a, inverse)


def hull(*items: Bounds) -> Bounds:
    """Return the smallest bounds that hold all items."""
    lows = [low for low, _ in items]
    highs = [high for _, high in items]
    known_lows = [low for low in lows if low is not None]
    known_highs = [high for high in highs if high is not None]
    return (
        min(known_lows) if len(known_lows) == len(lows) else None,
        max(known_highs) if len(known_highs) == len(highs) else None,
    )


def least(*items: Bounds) -> Bounds:
    """Return the bounds of the smallest of several numbers."""
    lows = [low for low, _ in items]
    highs = [high for _, high in items if high is not None]
    return (None if None in lows else min(low for low in lows if low is not None)), (min(highs) if highs else None)


def greatest(*items: Bounds) -> Bounds:
    """Return the bounds of the largest of several numbers."""
    return negate(least(*(negate(item) for item in items)))
