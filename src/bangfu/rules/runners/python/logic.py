"""Closures that join others: Kleene and, or, not, sums and comparisons; and in which order conditions are read.

Conditions read nothing but rows and change nothing, and Kleene's and and or do not depend on the order. So the cheapest
are read first: slots of the row itself, then small expressions, loops last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bangfu.rules.language.nodes import Node
from bangfu.rules.runners.python import ops
from bangfu.rules.values import Unknown

Closure = Callable[[Any, Any], Any]
READS = ("fact", "result", "receives")
_LOOP_COST = 50


class _Merged(dict[tuple[frozenset[str], frozenset[str]], Unknown]):
    """Unknown values by what two others need: the names of a pack meet in the same pairs again and again."""

    most = 50_000

    def __missing__(self, pair: tuple[frozenset[str], frozenset[str]]) -> Unknown:
        if len(self) >= self.most:
            self.clear()
        found = self[pair] = Unknown(pair[0] | pair[1])
        return found


MERGED = _Merged()
"""The unknown value that needs all that two of them need, by both their needs."""


def slot_name(node: Node) -> str:
    """Return the name of the slot that a read of a fact or result stands for."""
    return f"receives {node.data.name}" if node.op == "receives" else str(node.data.name)


def at_hand(node: Node) -> bool:
    """Tell whether a node is a slot of the row itself, read as it stands."""
    return node.op in READS and node.data.path == () and not node.data.in_loop


def cost(node: Node) -> int:
    """Return about how much work a node is."""
    return sum(_LOOP_COST if part.op in ("loop", "record") else 1 for part in node.walk())


def parts_of(op: str, nodes: Iterable[Node]) -> list[Node]:
    """Return nodes with every one that is itself an ``op`` taken apart (one walk instead of one in another)."""
    found: list[Node] = []
    for node in nodes:
        found += parts_of(op, node.args) if node.op == op else [node]
    return found


def all_of(parts: list[Closure], places: tuple[int, ...] = ()) -> Closure:
    """Return Kleene and over slots of the row and closures; the first no ends it."""

    def every(r: Any, m: Any) -> Any:
        found: Any = None
        if places:
            v = r.v
            for place in places:
                value = v[place]
                if value is True:
                    continue
                if value.__class__ is not Unknown:
                    return False
                found = value if found is None else MERGED[found.needs, value.needs]
        for part in parts:
            value = part(r, m)
            if value is True:
                continue
            if value.__class__ is Unknown:
                found = value if found is None else MERGED[found.needs, value.needs]
            elif not value:
                return False
        return True if found is None else found

    return every


def any_of(parts: list[Closure], places: tuple[int, ...] = ()) -> Closure:
    """Return Kleene or over slots of the row and closures; the first yes ends it."""

    def some(r: Any, m: Any) -> Any:
        found: Any = None
        if places:
            v = r.v
            for place in places:
                value = v[place]
                if value is True:
                    return True
                if value.__class__ is Unknown:
                    found = value if found is None else MERGED[found.needs, value.needs]
        for part in parts:
            value = part(r, m)
            if value is False:
                continue
            if value.__class__ is Unknown:
                found = value if found is None else MERGED[found.needs, value.needs]
            elif value:
                return True
        return False if found is None else found

    return some


def total_of(first: Closure, others: list[Closure]) -> Closure:
    """Return the sum of closures, from the left."""

    def total(r: Any, m: Any) -> Any:
        found = first(r, m)
        for other in others:
            value = other(r, m)
            if found.__class__ is int and value.__class__ is int:
                found = found + value
            elif found.__class__ is Unknown and value.__class__ is Unknown:
                found = MERGED[found.needs, value.needs]
            elif found.__class__ is not Unknown or value.__class__ is not int:
                found = ops.add(found, value)
        return found

    return total


def opposite(part: Closure) -> Closure:
    """Return Kleene not over a closure."""

    def negated(r: Any, m: Any) -> Any:
        value = part(r, m)
        return value if value.__class__ is Unknown else not value

    return negated


def slot_opposite(place: int) -> Closure:
    """Return Kleene not over a slot of the row."""

    def negated(r: Any, m: Any) -> Any:
        value = r.v[place]
        return value if value.__class__ is Unknown else not value

    return negated


def compared(op: str, a: Closure, b: Closure) -> Closure:
    """Return a comparison; two whole numbers take the short way."""
    known, test = ops.KNOWN[op], ops.COMPARE[op]

    def compare(r: Any, m: Any) -> Any:
        left, right = a(r, m), b(r, m)
        return known(left, right) if left.__class__ is int and right.__class__ is int else test(left, right)

    return compare


def held_against(op: str, part: Closure, line: Any) -> Closure:
    """Return a comparison with one known value; a value of the same kind takes the short way."""
    known, test, kind = ops.KNOWN[op], ops.COMPARE[op], line.__class__

    def compare(r: Any, m: Any) -> Any:
        value = part(r, m)
        return known(value, line) if value.__class__ is kind else value if value.__class__ is Unknown else test(value, line)

    return compare


def slot_against(op: str, place: int, line: Any) -> Closure:
    """Return a comparison of a slot of the row with one known value."""
    known, test, kind = ops.KNOWN[op], ops.COMPARE[op], line.__class__

    def compare(r: Any, m: Any) -> Any:
        value = r.v[place]
        return known(value, line) if value.__class__ is kind else value if value.__class__ is Unknown else test(value, line)

    return compare
