"""What the stage is known to hold, counted once, so that a program is compiled without the logic it cannot need."""

from __future__ import annotations

from typing import Any

from bangfu.rules.pack.model import Pack
from bangfu.rules.population.columns import LedgerPlan
from bangfu.rules.population.database import literal, quoted
from bangfu.rules.population.inputs import stated
from bangfu.rules.population.links import rows
from bangfu.rules.runners.sql.columns import Known

Key = tuple[str, str]


def known_of(connection: Any, pack: Pack, plan: LedgerPlan) -> Known:
    """Return which columns have no gap, which hold nothing, and what is stated at all.

    Rows that are rejected count too: what holds of all rows holds of those that are left.
    """
    full: set[Key] = set()
    empty: set[Key] = set()
    for entity in pack.vocabulary.entities:
        if entity not in plan.tables and entity != "place":
            continue
        stated_of, there = _counts(connection, plan, entity)
        table = f"rows_{entity}"
        full |= {(table, f"said {name}" if name in pack.entries else name) for name, count in stated_of.items() if count == there}
        empty |= {(table, name) for name in _never(pack, plan, entity, stated_of)}
        shape = pack.vocabulary.entities[entity]
        if shape.date and (table, shape.date) in full:
            full.add((table, "date"))
        if shape.belongs_to is not None:
            full.add((table, "up"))
        if shape.at is not None and stated_of.get("at_line") == there:
            full.add((table, "at"))
    return Known(frozenset(full), frozenset(empty), _fixed(connection, pack, plan))


def _fixed(connection: Any, pack: Pack, plan: LedgerPlan) -> dict[Key, bool]:
    """Return what is stated, or not, of every household."""
    said = stated(pack, plan)
    if not plan.by_household:
        return {("runs", name): value for name, value in said.items()}
    held = ", ".join(f"min({test}), max({test})" for test in (f"list_contains(names, {literal(name.removeprefix('has '))})::INTEGER" for name in said))
    ends = connection.execute(f"SELECT {held} FROM stage.signatures").fetchone()
    return {("runs", name): bool(low) for name, low, high in zip(said, ends[::2], ends[1::2], strict=True) if low == high}


def _counts(connection: Any, plan: LedgerPlan, entity: str) -> tuple[dict[str, int], int]:
    """Return (how often each column is stated, rows)."""
    names = [*(sorted(plan.tables[entity].names) if entity in plan.tables else []), "at_line"]
    listed = ", ".join(f"count({quoted(name)})" for name in names)
    there, *counts = connection.execute(f"SELECT count(*), {listed} FROM {rows(entity)}").fetchone()
    return dict(zip(names, counts, strict=True)), there


def _never(pack: Pack, plan: LedgerPlan, entity: str, counts: dict[str, int]) -> set[str]:
    """Return the columns that are NULL throughout; a closed gate would fill in what stands behind it."""
    facts = {fact.id: fact for fact in pack.vocabulary.facts_of(entity)}
    found: set[str] = set()
    for name, fact in facts.items():
        gates = [name]
        while (gate := facts[gates[-1]].gate) is not None:
            gates.append(gate)
        if fact.kind != "text" and not any(counts.get(gate) for gate in gates):
            found.add(name)
    said = [e.id for e in pack.entries.values() if e.kind == "recognition" and e.per == entity]
    return found | {f"said {name}" for name in said if not counts.get(name)}
