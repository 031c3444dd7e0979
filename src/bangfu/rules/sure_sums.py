"""Which benefits may still come to nothing while their sum is unknown, proved from the rules alone.

Somebody who meets every condition of a flat monthly standard receives it, even while the standard is not yet known; of a
sum that depends on what a bill leaves over, nobody can say so before the bill is known. Standards and shares that a place
has not given yet are taken to be above nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from bangfu.rules.language.nodes import Node
from bangfu.rules.pack.model import Entry, Pack, Parameter
from bangfu.rules.units import Quantity

_HELD_BACK = ("money", "quantity")


def sums_that_may_be_nothing(pack: Pack) -> frozenset[str]:
    """Return the benefits whose sum, where it is unknown, may come to nothing."""
    reduced = {name for group in pack.stackings.values() if group.mode != "together" or group.at_most is not None for name in group.entries}
    return frozenset(e.id for e in pack.entries.values() if e.is_benefit and (e.id in reduced or not _surely_something(pack, e)))


def _surely_something(pack: Pack, entry: Entry) -> bool:
    """Tell whether an entry's own sum is above nothing wherever it is met."""
    if entry.threshold is not None or any(limit.measure in _HELD_BACK for limit in entry.limits):
        return False
    if not entry.tiers:
        return all(_positive(pack, node) for node in _factors(entry))
    own = [_factors(entry), *(tuple(n for n in (t.amount, t.quantity, t.rate, t.share) if n is not None) for t in entry.tiers)]
    return all(_positive(pack, node) for nodes in own for node in nodes)


def _factors(entry: Entry) -> tuple[Node, ...]:
    return tuple(n for n in (entry.amount, entry.quantity, entry.rate, entry.share, entry.base) if n is not None)


def _positive(pack: Pack, node: Node) -> bool:  # noqa: C901 - one short line for each operation
    """Tell whether a number is above nothing whatever the facts are."""
    args = node.args
    if node.op in ("const", "fact"):
        return node.low is not None and node.low > 0 or (node.op == "const" and node.kind == "number" and node.data > 0)
    if node.op in ("param", "at", "last_year", "band"):
        return isinstance(node.data, Parameter) and all(end > 0 for end in _lowest_ends(node.data))
    if node.op == "scale":
        return node.data > 0 and _positive(pack, args[0])
    if node.op in ("mul", "div", "min"):
        return all(_positive(pack, a) for a in args)
    if node.op == "max":
        return any(_positive(pack, a) for a in args)
    if node.op == "add":
        return any(_positive(pack, a) for a in args) and all(_positive(pack, a) or _never_below(a) for a in args)
    if node.op == "if":
        return all(_positive(pack, a) for a in args if a.kind == "number")
    if node.op == "flat":
        return _positive(pack, args[0])
    if node.op == "result":
        entry = pack.entries[node.data.name]
        plain = entry.kind == "definition" and not entry.when and not entry.unless and not entry.tiers and entry.value is not None
        return plain and entry.value is not None and _positive(pack, entry.value)
    return False


def _never_below(node: Node) -> bool:
    return node.low is not None and node.low >= 0


def _lowest_ends(parameter: Parameter) -> Iterable[Fraction]:
    for value in parameter.values():
        if isinstance(value, Quantity) and value.low is not None:
            yield Fraction(value.low)
