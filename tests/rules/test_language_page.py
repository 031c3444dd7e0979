"""The reference of the rule language leaves no operation out."""

from __future__ import annotations

import re

from bangfu.rules.language import nodes
from bangfu.rules.language.nodes import Node
from bangfu.rules.language.parse import LOOP_CALLS, RECORD_CALLS, WINDOWS
from bangfu.rules.pack.model import Entry
from bangfu.rules.runners.python.nodes import Compiler
from tests.rules.engines import PLACES, engine
from tests.rules.spec.harness import Suite


def operations() -> set[str]:
    """Return the operations that the table of the node class names and the reference carries out."""
    return {word for word in re.findall(r"[a-z_]+", nodes.__doc__ or "") if hasattr(Compiler, f"_{word}")} - {"unknown"}


def all_nodes(entry: Entry) -> list[Node]:
    """Return every node of an entry's conditions and sums."""
    roots = [*entry.when, *entry.unless, *entry.widened, entry.amount, entry.quantity, entry.rate, entry.share, entry.base, entry.value, entry.threshold]
    roots += [node for tier in entry.tiers for node in (tier.when, tier.amount, tier.quantity, tier.rate, tier.share)]
    return [node for root in roots if root is not None for node in root.walk()]


def words_of(entry: Entry) -> set[str]:
    """Return the operations, record reads, loops and windows that an entry uses."""
    found: set[str] = set()
    for node in all_nodes(entry):
        found.add(node.op)
        if node.op == "loop":
            found |= {f"loop {node.data.call}", str(node.data.window)}
        elif node.op == "record":
            found.add(node.data.call)
    return found


def test_every_operation_stands_in_a_table_or_an_example() -> None:
    """The closed list of the language, and whatever the packs use, is shown and held by the specification."""
    shown = {word for entry in Suite().engine.pack.entries.values() for word in words_of(entry)}
    wanted = operations() | {f"loop {call}" for call in LOOP_CALLS} | set(RECORD_CALLS) | set(WINDOWS)
    used = {word for place in PLACES for entry in engine(place).pack.entries.values() for word in words_of(entry)}

    assert len(operations()) >= 40
    assert wanted - shown == set()
    assert used - shown == set()
