"""Proof that every number fits int64: numerators and denominators as the SQL runners will hold them.

A number is a whole numerator over a whole denominator. Bounds of facts and values give the largest numerator; a
product or a comparison of two fractions multiplies across. What may not fit is named with its sub-expression.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from bangfu.rules.errors import Fault
from bangfu.rules.language.nodes import Node
from bangfu.rules.pack.model import Entry, Pack, Parameter
from bangfu.rules.plan import nodes_of
from bangfu.rules.units import Quantity, power_of
from bangfu.rules.values import NUMBER_STEPS
from bangfu.rules.yaml_source import List, Map, Mark

INT64 = 2**63 - 1
Size = tuple[int, int]


class TooLargeError(Exception):
    """A sub-expression whose numerator or denominator may pass int64."""

    def __init__(self, node: Node) -> None:
        super().__init__(node.op)
        self.node = node


def size(node: Node) -> Size:
    """Return (largest numerator, largest denominator) of a number.

    Raises:
        TooLargeError: At the smallest part that may not fit.
    """
    found = _size(node)
    if max(found) > INT64:
        raise TooLargeError(node)
    return found


def _size(node: Node) -> Size:
    if node.op == "const":
        return abs(int(node.data)), 1
    if node.op in ("add", "sub", "min", "max", "if"):
        parts = [size(a) for a in node.args if a.kind == "number"]
        bottom = _common(parts)
        tops = [top * (bottom // low) for top, low in parts]
        return (sum(tops) if node.op in ("add", "sub") else max(tops)), bottom
    if node.op == "mul":
        (a, b), (c, d) = (size(arg) for arg in node.args)
        return a * c, b * d
    if node.op == "div":
        (a, b), (c, d) = (size(arg) for arg in node.args)
        return a * d, b * c
    if node.op == "scale":
        top, low = size(node.args[0])
        return top * node.data.numerator, low * node.data.denominator
    if node.op in ("neg", "flat", "rounded"):
        return size(node.args[0])
    if node.op == "loop" and node.kind == "number":
        top, low = size(node.args[0]) if node.data.call != "count" else (1, 1)
        return top * (2000 if node.data.call in ("sum", "count") else 1), low
    return _leaf(node)


def _leaf(node: Node) -> Size:
    bottom = denominators(node.data) if isinstance(node.data, Parameter) else 1
    for arg in node.args:
        if arg.kind == "number":
            size(arg)
    ends = [abs(Fraction(end)) for end in (node.low, node.high) if end is not None]
    top = max(ends) if ends else Fraction(10**12)
    if node.op == "fact" and not power_of(node.unit, "元"):
        bottom = NUMBER_STEPS
    if node.op == "marginal":
        bottom, top = denominators(node.data), max(top, Fraction(size(node.args[0])[0]))
    return math.ceil(top * bottom), bottom


def _common(parts: list[Size]) -> int:
    return math.lcm(*(low for _, low in parts)) if parts else 1


def denominators(parameter: Parameter) -> int:
    """Return the common denominator of all values of a parameter."""
    bottoms: list[int] = [1]
    for value in parameter.values():
        if isinstance(value, Quantity):
            bottoms += [Fraction(end).denominator for end in (value.low, value.high) if end is not None]
    return math.lcm(*bottoms)


def overflow_faults(pack: Pack, place: str, today: dt.date) -> Iterable[Fault]:
    """Yield a fault for every expression of a place that may pass int64."""
    for entry in pack.entries.values():
        if entry.place == place or (place == "cn" and entry.place == "vocabulary"):
            yield from _entry(entry)


def _entry(entry: Entry) -> Iterable[Fault]:
    from bangfu.rules.render import render

    for root in nodes_of(entry):
        for node in root.walk():
            try:
                _check(node)
            except TooLargeError as large:
                text: Any = render(large.node, "zh")
                yield Fault(entry.file, *mark_of(entry, root), "INT64", f"“{entry.id}”的算式可能超出 64 位整数：{text}；请给事实或定义更紧的 bounds", f'in "{entry.id}" this may pass int64: {render(large.node, "en")}; give tighter bounds')
                break


def mark_of(entry: Entry, root: Node) -> Mark:
    """Return (line, column) of the key that an expression of an entry is written under; the entry's own where it is not found."""
    for key in ("when", "unless"):
        value, nodes = entry.raw.get(key), getattr(entry, key)
        for place, node in enumerate(nodes):
            if node is root:
                return value.at(place) if isinstance(value, List) else entry.raw.at(key)
    rows = entry.raw.get("tiers")
    owners = [(entry, entry.raw), *zip(entry.tiers, rows if isinstance(rows, List) else (), strict=False)]
    for owner, raw in owners:
        for key in ("when", "amount", "quantity", "rate", "share", "base", "value", "threshold", "measure"):
            if getattr(owner, key, None) is root and isinstance(raw, Map):
                return raw.at(key)
    return entry.raw.mark


def _check(node: Node) -> None:
    if node.kind == "number":
        size(node)
    elif node.op in ("eq", "ne", "lt", "le", "gt", "ge") and node.args[0].kind == "number":
        (a, b), (c, d) = (size(arg) for arg in node.args)
        if max(a * d, b * c) > INT64:
            raise TooLargeError(node)
