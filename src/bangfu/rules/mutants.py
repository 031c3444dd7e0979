"""The mutants of rules: what is changed, how it is made and how it is taken back.

Expressions: each comparison, connective and loop flipped, each condition, exclusion, limit and ceiling dropped, each bare
number moved. Values: each figure, band edge, band value, cell and code moved or left out, dates by a day. Settings: ``take``,
the mode of a stacking, the window of a limit, rounding. ``mutation`` runs the worked cases against them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations
from typing import Any

from bangfu.rules.language.nodes import Node
from bangfu.rules.pack.apart import apart, rows_apart
from bangfu.rules.pack.model import (
    COMPUTED_KINDS,
    MISSING,
    Band,
    Document,
    Entry,
    Parameter,
    Rounding,
    Stacking,
    Tier,
    Version,
)
from bangfu.rules.units import Quantity, power_of
from bangfu.rules.values import Number

FLIPS = {"lt": "le", "le": "lt", "gt": "ge", "ge": "gt", "eq": "ne", "ne": "eq", "and": "or", "or": "and", "min": "max", "max": "min"}
LOOPS = {"any": "all", "all": "any", "min": "max", "max": "min"}
TAKES = {"first": "highest", "highest": "first", "sum": "first"}
MODES = {"highest": "first", "first": "highest", "together": "highest"}
WINDOWS = {"claim": "year", "day": "month", "week": "month", "month": "year", "quarter": "year", "half_year": "year", "policy_year": "year", "school_year": "year", "year": "life", "rolling": "life", "life": "year"}
ROUNDINGS = {"up": "down", "down": "up", "half_up": "down", "half_even": "down"}
NODE_KEYS = ("amount", "quantity", "rate", "share", "base", "value", "threshold", "measure")
TIER_KEYS = ("when", "amount", "quantity", "rate", "share", "value")
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one entry: what it is, how to make it and how to take it back; ``replan`` where the order of work changes."""

    entry: str
    text: str
    apply: Callable[[], None]
    undo: Callable[[], None]
    replan: bool = False


def of_entry(entry: Entry) -> Iterator[Mutant]:
    """Yield the mutants of one entry."""
    yield from _conditions(entry)
    for key in NODE_KEYS:
        node = getattr(entry, key)
        if node is not None:
            for text, changed in _variants(node):
                yield _set(entry, entry.id, key, changed, f"{key}: {text}")
    yield from _target(entry)
    for place, tier in enumerate(entry.tiers):
        yield from _tier(entry, tier, place)
    yield from _settings(entry)
    if entry.kind in COMPUTED_KINDS and entry.kind != "definition":  # a definition is worked out on every day
        yield from _force(entry, entry.id)
    for figure in entry.figures.values():
        yield from of_value(figure, entry.id, figure.id.removeprefix(f"{entry.id}."))


def of_stacking(group: Stacking, members: list[Entry]) -> Iterator[Mutant]:
    """Yield the mutants of a stacking: its mode (of benefits of one ``per``), its ceiling, the order of its members.

    Members that can never be met together make neither mode nor order matter.
    """
    name = group.entry.id
    alike = len({m.per for m in members}) == 1 and all(m.is_benefit for m in members)
    if group.mode in MODES and alike and not all(apart(a, b) for a, b in combinations(members, 2)):
        yield _set(group, name, "mode", MODES[group.mode], f"mode: {group.mode}->{MODES[group.mode]}", replan=True)
    if group.at_most is not None:
        yield _set(group, name, "at_most", None, "at_most: dropped", replan=True)
        for text, changed in _variants(group.at_most):
            yield _set(group, name, "at_most", changed, f"at_most: {text}", replan=True)
    if group.mode == "first":
        for place in range(len(group.entries) - 1):
            if apart(members[place], members[place + 1]):
                continue
            names = list(group.entries)
            names[place], names[place + 1] = names[place + 1], names[place]
            yield _set(group, name, "entries", tuple(names), f"entries: {names[place + 1]} after {names[place]}", replan=True)


def of_document(document: Document) -> Iterator[Mutant]:
    """Yield the mutants of a document's force."""
    yield from _force(document, f"{document.id}/document.yaml")


def of_value(figure: Parameter, entry: str, name: str) -> Iterator[Mutant]:
    """Yield the mutants of a figure or parameter: each value moved, each code left out, each date moved by a day."""
    for place, version in enumerate(figure.versions):
        since = f" from {version.since}" if len(figure.versions) > 1 and version.since else ""
        for text, moved in _moved(version.value, figure.unit):
            yield _set(figure, entry, "versions", _versions(figure, place, replace(version, value=moved)), f"{name}{since}: {text}")
        if place == 0 and _all_missing(version.value):
            continue  # missing before and missing after
        for days, text in ((DAY, "a day later"), (-DAY, "a day earlier")):
            if version.since is not None:
                yield _set(figure, entry, "versions", _versions(figure, place, replace(version, since=version.since + days)), f"{name}{since or ' from ' + str(version.since)}: {text}")


def _all_missing(value: Any) -> bool:
    return all(_all_missing(child) for child in value.values()) if isinstance(value, dict) else value is MISSING


def _versions(figure: Parameter, place: int, by: Version) -> tuple[Version, ...]:
    return (*figure.versions[:place], by, *figure.versions[place + 1 :])


def _set(owner: Any, entry: str, key: str, value: Any, text: str, *, replan: bool = False) -> Mutant:
    kept = getattr(owner, key)
    return Mutant(entry, text, lambda: setattr(owner, key, value), lambda: setattr(owner, key, kept), replan)


# -- expressions -------------------------------------------------------------------------------------------------
def _rewritten(node: Node, target: Node, by: Node) -> Node:
    if node is target:
        return by
    args = tuple(_rewritten(arg, target, by) for arg in node.args)
    return node if all(a is b for a, b in zip(args, node.args, strict=True)) else replace(node, args=args)


def _variants(root: Node) -> Iterator[tuple[str, Node]]:
    """Yield (what changed, changed tree) for every comparison, connective, loop and bare number of an expression."""
    for node in root.walk():
        for text, changed in _changed(node):
            yield text, _rewritten(root, node, changed)


def _changed(node: Node) -> Iterator[tuple[str, Node]]:
    if node.op in FLIPS and not (node.op in ("eq", "ne") and node.args[0].op == "reading"):
        yield f"{node.op}->{FLIPS[node.op]}", replace(node, op=FLIPS[node.op])
    elif node.op == "const" and node.kind == "number" and node.literal and node.data not in (0,):
        yield f"{node.data}->{node.data + 1}", replace(node, data=node.data + 1)
    elif node.op == "not" and node.args[0].op not in ("eq", "ne"):
        yield "not dropped", node.args[0]
    elif node.op == "in" and len(node.data) > 1:
        for member in sorted(node.data, key=str):
            yield f"{member} left out", replace(node, data=node.data - {member})
    elif node.op == "loop":
        if node.data.call in LOOPS:
            yield f"{node.data.call}->{LOOPS[node.data.call]}", replace(node, data=replace(node.data, call=LOOPS[node.data.call]))
        if node.args[1].op != "const":
            always = Node("const", (), True, "yes_no")
            yield "if dropped", replace(node, args=(node.args[0], always))
        if node.data.window is not None:
            yield f"{node.data.window} dropped", replace(node, data=replace(node.data, window=None))


def _conditions(entry: Entry) -> Iterator[Mutant]:
    for key in ("when", "unless"):
        nodes: tuple[Node, ...] = getattr(entry, key)
        for place, node in enumerate(nodes):
            rest = nodes[:place] + nodes[place + 1 :]
            if rest or entry.kind not in ("definition", "recognition") or key == "unless":
                yield _set(entry, entry.id, key, rest, f"{key}.{place}: dropped")
            for text, changed in _variants(node):
                yield _set(entry, entry.id, key, (*nodes[:place], changed, *nodes[place + 1 :]), f"{key}.{place}: {text}")
    if entry.open_condition is not None:
        yield _set(entry, entry.id, "open_condition", None, "open_condition: dropped")
    if entry.policy is not None:
        yield _set(entry, entry.id, "policy", None, "policy: dropped")
    if entry.lasts is not None:
        yield _set(entry, entry.id, "lasts", None, "lasts: dropped")
    if entry.threshold is not None:
        yield _set(entry, entry.id, "threshold", None, "threshold: dropped")


def _target(entry: Entry) -> Iterator[Mutant]:
    for key, node in entry.target.items():
        for text, changed in _variants(node):
            yield _set(entry, entry.id, "target", {**entry.target, key: changed}, f"{key}: {text}")
        yield _set(entry, entry.id, "target", {k: n for k, n in entry.target.items() if k != key}, f"{key}: dropped")
    if entry.between is not None:
        for text, moved in _moved(entry.between, entry.unit):
            yield _set(entry, entry.id, "between", moved, f"between: {text}")


def _tier(entry: Entry, tier: Tier, place: int) -> Iterator[Mutant]:
    for key in TIER_KEYS:
        node = getattr(tier, key)
        if node is not None:
            for text, changed in _variants(node):
                yield _set(tier, entry.id, key, changed, f"tiers.{place}.{key}: {text}")


# -- settings ----------------------------------------------------------------------------------------------------
def _settings(entry: Entry) -> Iterator[Mutant]:
    if any(_sum_of(tier) for tier in entry.tiers) and not all(rows_apart(a, b) for a, b in combinations(entry.tiers, 2)):
        yield _set(entry, entry.id, "take", TAKES[entry.take], f"take: {entry.take}->{TAKES[entry.take]}")
    for place, limit in enumerate(entry.limits):
        rest = entry.limits[:place], entry.limits[place + 1 :]
        yield _set(entry, entry.id, "limits", rest[0] + rest[1], f"{limit.address}: dropped")
        wider = replace(limit, window=WINDOWS[limit.window])
        yield _set(entry, entry.id, "limits", (*rest[0], wider, *rest[1]), f"{limit.address}: {limit.window}->{WINDOWS[limit.window]}")
        if limit.window == "rolling":
            longer = replace(limit, months=limit.months + 1)
            yield _set(entry, entry.id, "limits", (*rest[0], longer, *rest[1]), f"{limit.address}: {limit.months}->{limit.months + 1} months")
        if limit.each is not None:
            yield _set(entry, entry.id, "limits", (*rest[0], replace(limit, each=None), *rest[1]), f"{limit.address}: each dropped")
    if isinstance(entry.round, Rounding):
        for text, moved in _moved(entry.round, entry.unit):
            yield _set(entry, entry.id, "round", moved, f"round: {text}")


def _sum_of(tier: Tier) -> bool:
    """Tell whether a row holds a number, so that rows can be held against one another."""
    return any(node is not None and node.kind == "number" for node in (tier.amount, tier.quantity, tier.rate, tier.share, tier.value))


def _force(owner: Entry | Document, name: str) -> Iterator[Mutant]:
    """The first day of force a day later and earlier, the last day likewise."""
    for key in ("since", "until"):
        day = getattr(owner, key)
        for days, text in ((DAY, "a day later"), (-DAY, "a day earlier")):
            if day is not None:
                yield _set(owner, name, key, day + days, f"{key}: {text}")


# -- values ------------------------------------------------------------------------------------------------------
def _moved(value: Any, unit: Any) -> Iterator[tuple[str, Any]]:
    """Yield a value moved by one unit: 1 元, one percentage point, one of anything else; parts of it one by one."""
    if isinstance(value, Quantity):
        if not value.missing and (value.low is not None or value.high is not None):
            step = _step(value, unit)
            yield "+1", replace(value, low=None if value.low is None else value.low + step, high=None if value.high is None else value.high + step)
    elif isinstance(value, dict):
        for key, child in value.items():
            for text, moved in _moved(child, unit):
                yield f"{key} {text}", {**value, key: moved}
    elif isinstance(value, frozenset):
        for member in sorted(value, key=str):
            yield f"{member} left out", value - {member}
    elif isinstance(value, Rounding):
        yield f"{value.mode}->{ROUNDINGS[value.mode]}", replace(value, mode=ROUNDINGS[value.mode])
        yield "a step ten times as large", replace(value, step=value.step * 10)
    elif isinstance(value, tuple):
        yield from _bands(value, unit)


def _bands(rows: tuple[Band, ...], unit: Any) -> Iterator[tuple[str, Any]]:
    for place, row in enumerate(rows):
        changes: list[tuple[str, Band]] = [(f"gives {text}", replace(row, value=moved)) for text, moved in _moved(row.value, unit)]
        if row.upper is not None:
            changes.append(("edge +1", replace(row, upper=row.upper + 100)))
            changes.append(("edge left out" if row.included else "edge let in", replace(row, included=not row.included)))
        for text, by in changes:
            yield f"bands.{place} {text}", (*rows[:place], by, *rows[place + 1 :])


def _step(value: Quantity, unit: Any) -> Number:
    if power_of(value.unit or unit, "元"):
        return 100
    low = Fraction(value.low if value.low is not None else value.high or 0)
    return Fraction(1, 100) if not (value.unit or unit) and (low.denominator > 1 or low == 1) else 1
