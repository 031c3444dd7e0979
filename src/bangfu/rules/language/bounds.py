"""The bounds of a parameter: of its values, and of what a place may still set."""

from __future__ import annotations

from bangfu.rules.language import interval
from bangfu.rules.pack.model import MISSING, Parameter
from bangfu.rules.units import Quantity, power_of


def parameter_bounds(parameter: Parameter) -> interval.Bounds:
    """Return the bounds of all values of a parameter; a missing one is bounded by its ``bounds`` or its unit."""
    items: list[interval.Bounds] = []
    for value in parameter.values():
        if isinstance(value, Quantity) and not value.missing:
            if value.is_range:
                items.append((value.low if value.low is not None else 0, value.high))
            else:
                items.append((value.low, value.low))
        elif value is MISSING or isinstance(value, Quantity):
            items.append(default_bounds(parameter))
    if parameter.open_place or not items:
        items.append(default_bounds(parameter))
    return interval.hull(*items)


def default_bounds(parameter: Parameter) -> interval.Bounds:
    """Return what a place may set at most: the parameter's ``bounds``, else 10 million 元 or a pure number to 1,000."""
    if parameter.low is not None or parameter.high is not None:
        return parameter.low, parameter.high
    if power_of(parameter.unit, "元"):
        return 0, 1_000_000_000
    return (0, 100_000) if parameter.unit else (0, 1000)
