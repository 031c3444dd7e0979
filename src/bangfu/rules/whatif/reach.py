"""Which entries a change can reach: those that are written otherwise in the variant, and all that read them.

What it cannot reach is answered alike on both sides, so the comparison does not need its open answers. Whatever is in
doubt counts as reached: an entry whose file only moved by a line is written otherwise, and another vocabulary or
another document reaches everything.
"""

from __future__ import annotations

from bangfu.rules.engine import Engine
from bangfu.rules.pack.model import Pack
from bangfu.rules.plan import Plan, Step, nodes_of


def reached_entries(base: Engine, variant: Engine) -> frozenset[str]:
    """Return the entries, of either side, whose answers may differ."""
    names = frozenset(base.pack.entries) | frozenset(variant.pack.entries)
    if _ground(base.pack) != _ground(variant.pack):
        return names
    before, after = _written(base.pack), _written(variant.pack)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    return frozenset(_readers(base.plan, changed) | _readers(variant.plan, changed)) & names


def _ground(pack: Pack) -> dict[str, bytes]:
    """Return what everything stands on: vocabulary and documents."""
    return {name: text for name, text in pack.files.items() if "vocabulary" in name or name.endswith("/document.yaml")}


def _written(pack: Pack) -> dict[str, str]:
    """Return entry or stacking group → all that decides it: expressions with the values they read, what overlays add, readings."""
    found = {entry.id: f"{entry!r} {_readings(pack, entry.id)}" for entry in pack.entries.values()}
    return found | {f"group {group.id}": repr(group) for group in pack.stackings.values()}


def _readings(pack: Pack, name: str) -> dict[str, str]:
    entry = pack.entries[name]
    return {node.data: pack.reading_choice[node.data] for root in nodes_of(entry) for node in root.walk() if node.op == "reading"}


def _readers(plan: Plan, changed: set[str]) -> set[str]:
    """Return the changed entries with all whose final answer reads one of them."""
    touched: set[Step] = set()
    for step in plan.steps:  # in an order in which what is read comes first
        needs = (plan.final.get(need) if isinstance(need, str) else need for need in plan.needs[step])
        own = step.name if step.kind == "entry" else f"group {step.name}"
        if own in changed or any(need in touched for need in needs):
            touched.add(step)
    return changed | {name for name, step in plan.final.items() if step in touched}
