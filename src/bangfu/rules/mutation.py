"""Mutants of rules: each comparison and connective flipped, each value moved by one unit, each condition dropped.

A mutant that no worked case notices survives. The rules are only as sure as their cases; this says where they are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from bangfu.rules.casebook import Case, CaseRunner
from bangfu.rules.engine import Engine
from bangfu.rules.language.nodes import Node
from bangfu.rules.pack.model import Band, Entry, Parameter, Tier, Version
from bangfu.rules.plan import names_read, nodes_of
from bangfu.rules.units import Quantity, power_of
from bangfu.rules.values import Number

FLIPS = {"lt": "le", "le": "lt", "gt": "ge", "ge": "gt", "eq": "ne", "ne": "eq", "and": "or", "or": "and", "min": "max", "max": "min"}
NODE_KEYS = ("amount", "quantity", "rate", "share", "base", "value", "threshold")
TIER_KEYS = ("when", "amount", "quantity", "rate", "share", "value")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one entry: what it is, how to make it and how to take it back."""

    entry: str
    text: str
    apply: Callable[[], None]
    undo: Callable[[], None]


def _rewritten(node: Node, target: Node, by: Node) -> Node:
    if node is target:
        return by
    args = tuple(_rewritten(arg, target, by) for arg in node.args)
    return node if all(a is b for a, b in zip(args, node.args, strict=True)) else replace(node, args=args)


def _variants(root: Node) -> Iterator[tuple[str, Node]]:
    """Yield (what changed, changed tree) for every comparison, connective and bare number of an expression."""
    for node in root.walk():
        if node.op in FLIPS and not (node.op in ("eq", "ne") and node.args[0].op == "reading"):
            yield f"{node.op}->{FLIPS[node.op]}", _rewritten(root, node, replace(node, op=FLIPS[node.op]))
        elif node.op == "const" and node.kind == "number" and node.literal and node.data not in (0,):
            yield f"{node.data}->{node.data + 1}", _rewritten(root, node, replace(node, data=node.data + 1))
        elif node.op == "not" and node.args[0].op not in ("eq", "ne"):
            yield "not dropped", _rewritten(root, node, node.args[0])
        elif node.op == "in" and len(node.data) > 1:
            for member in sorted(node.data, key=str):
                yield f"{member} left out", _rewritten(root, node, replace(node, data=node.data - {member}))


def mutants(engine: Engine, entry: Entry) -> Iterator[Mutant]:
    """Yield the mutants of one entry."""
    yield from _conditions(entry)
    for key in NODE_KEYS:
        node = getattr(entry, key)
        if node is not None:
            for text, changed in _variants(node):
                yield _attribute(entry, entry.id, key, changed, f"{key}: {text}")
    for place, tier in enumerate(entry.tiers):
        yield from _tier(entry, tier, place)
    for figure in entry.figures.values():
        yield from _figure(entry, figure)


def _attribute(owner: Any, entry: str, key: str, value: Any, text: str) -> Mutant:
    kept = getattr(owner, key)
    return Mutant(entry, text, lambda: setattr(owner, key, value), lambda: setattr(owner, key, kept))


def _conditions(entry: Entry) -> Iterator[Mutant]:
    for key in ("when", "unless"):
        nodes: tuple[Node, ...] = getattr(entry, key)
        for place, node in enumerate(nodes):
            rest = nodes[:place] + nodes[place + 1 :]
            if rest or entry.kind not in ("definition", "recognition") or key == "unless":
                yield _attribute(entry, entry.id, key, rest, f"{key}.{place}: dropped")
            for text, changed in _variants(node):
                yield _attribute(entry, entry.id, key, (*nodes[:place], changed, *nodes[place + 1 :]), f"{key}.{place}: {text}")
    if entry.lasts is not None:
        yield _attribute(entry, entry.id, "lasts", None, "lasts: dropped")
    for place, limit in enumerate(entry.limits):
        yield _attribute(entry, entry.id, "limits", entry.limits[:place] + entry.limits[place + 1 :], f"{limit.address}: dropped")


def _tier(entry: Entry, tier: Tier, place: int) -> Iterator[Mutant]:
    for key in TIER_KEYS:
        node = getattr(tier, key)
        if node is not None:
            for text, changed in _variants(node):
                yield _attribute(tier, entry.id, key, changed, f"tiers.{place}.{key}: {text}")


def _figure(entry: Entry, figure: Parameter) -> Iterator[Mutant]:
    """A known figure moved by one unit: one fen-free 元, one percentage point, one of anything else."""
    for place, version in enumerate(figure.versions):
        moved = _moved(version.value, figure)
        if moved is None:
            continue
        versions = (*figure.versions[:place], Version(version.since, moved, version.source), *figure.versions[place + 1 :])
        yield _attribute(figure, entry.id, "versions", versions, f"{figure.id.removeprefix(entry.id + '.')}: +1")


def _moved(value: Any, figure: Parameter) -> Any:
    if isinstance(value, Quantity) and value.low is not None and not value.missing:
        step = _step(value, figure)
        return replace(value, low=value.low + step, high=None if value.high is None else value.high + step)
    if isinstance(value, tuple) and value and all(isinstance(row, Band) for row in value):
        first = value[0]
        return (Band(None if first.upper is None else first.upper + 100, first.included, first.value), *value[1:])
    return None


def _step(value: Quantity, figure: Parameter) -> Number:
    from fractions import Fraction

    if power_of(value.unit or figure.unit, "元"):
        return 100
    low = Fraction(value.low or 0)
    return Fraction(1, 100) if not (value.unit or figure.unit) and (low.denominator > 1 or low == 1) else 1


def readers(engine: Engine) -> dict[str, set[str]]:
    """Return entry → the entries that read it, directly or through others, itself included."""
    direct: dict[str, set[str]] = {name: {name} for name in engine.pack.entries}
    for entry in engine.pack.entries.values():
        for name in names_read(nodes_of(entry)):
            direct[name].add(entry.id)
    for group in engine.pack.stackings.values():
        for name in group.entries:
            direct.setdefault(name, {name}).update(group.entries)
    found: dict[str, set[str]] = {}
    for name in direct:
        seen: set[str] = set()
        queue = [name]
        while queue:
            for user in direct.get(queue.pop(), ()):
                if user not in seen:
                    seen.add(user)
                    queue.append(user)
        found[name] = seen | {name}
    return found


def survivors(engine: Engine, cases: list[Case], place: str) -> tuple[int, list[str]]:
    """Return how many mutants of a place's entries were made, and those that no case noticed (``entry: change``)."""
    runner = CaseRunner(engine, always_fresh=True)
    who_reads = readers(engine)
    by_entry: dict[str, list[Case]] = {}
    for case in cases:
        for name in {str(row.get("entry")) for row in case.expect}:
            by_entry.setdefault(name, []).append(case)
    made, found = 0, []
    for entry in engine.pack.entries.values():
        if entry.place != place:
            continue
        users = [entry.id, *sorted(who_reads[entry.id] - {entry.id})]
        telling = list({id(c): c for user in users for c in by_entry.get(user, [])}.values())
        for mutant in mutants(engine, entry):
            made += 1
            if not _killed(runner, mutant, telling):
                found.append(f"{mutant.entry}: {mutant.text}")
    return made, found


def _killed(runner: CaseRunner, mutant: Mutant, cases: list[Case]) -> bool:
    mutant.apply()
    try:
        return any(runner.run(case) for case in cases)
    except Exception:
        return True  # a mutant that cannot even be carried out is noticed
    finally:
        mutant.undo()
