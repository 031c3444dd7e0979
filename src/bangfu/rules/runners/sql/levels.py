"""Which steps of the plan can be worked out together: one stage for each entity and level."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bangfu.rules.language.nodes import Node
from bangfu.rules.pack.model import Entry
from bangfu.rules.plan import Plan, Step, nodes_of


def levels(plan: Plan, steps: Iterable[Step]) -> list[tuple[int, Step]]:
    """Return (level, step) in order of levels, then of the plan.

    A step stands on the level of what it reads of its own row, and above the level of all else that it reads.
    """
    level: dict[Step, int] = {}
    for step in steps:
        found = 0
        for need, near in _needs(plan, step):
            if need in level and need != step:
                found = max(found, level[need] + (not near))
        level[step] = found
    return sorted(((found, step) for step, found in level.items()), key=lambda pair: pair[0])


def _needs(plan: Plan, step: Step) -> Iterator[tuple[Step, bool]]:
    """Yield what a step reads, and whether it is of the same row."""
    pack = plan.pack
    if step.kind == "entry":
        entry = pack.entries[step.name]
        for root in nodes_of(entry):
            yield from _reads(plan, root, inside=False)
        if entry.policy:
            yield plan.final[entry.policy], _same_row(plan, entry, entry.policy)
        return
    for need in plan.needs[step]:
        if not isinstance(need, str):
            yield need, True
    most = pack.stackings[step.name].at_most
    if step.kind == "ceiling" and most is not None:
        yield from _reads(plan, most, inside=False)


def _same_row(plan: Plan, entry: Entry, name: str) -> bool:
    return entry.per == plan.pack.entries[name].per


def _reads(plan: Plan, node: Node, *, inside: bool) -> Iterator[tuple[Step, bool]]:
    """Yield what an expression reads; within a loop nothing counts as of the same row."""
    inside = inside or node.op == "loop"
    if node.op in ("result", "receives"):
        yield plan.final[node.data.name], not inside and not node.data.path and not node.data.in_loop
    for arg in node.args:
        yield from _reads(plan, arg, inside=inside)
