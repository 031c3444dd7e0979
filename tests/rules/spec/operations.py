"""The closed list of the language's operations, and which of them an entry uses."""

from __future__ import annotations

import re

from bangfu.rules.language import nodes
from bangfu.rules.language.nodes import Node
from bangfu.rules.language.parse import LOOP_CALLS, RECORD_CALLS, WINDOWS
from bangfu.rules.pack.model import Entry
from bangfu.rules.runners.python.nodes import Compiler


def operations() -> set[str]:
    """Return the operations that the table of the node class names and the reference carries out."""
    return {word for word in re.findall(r"[a-z_]+", nodes.__doc__ or "") if hasattr(Compiler, f"_{word}")} - {"unknown"}


def all_nodes(entry: Entry) -> list[Node]:
    """Return every node of an entry's conditions and sums."""
    roots = [*entry.when, *entry.unless, *(node for widening in entry.widened for node in widening.tests), entry.amount, entry.quantity, entry.rate, entry.share, entry.base, entry.value, entry.threshold]
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


def listed() -> set[str]:
    """Return every operation, record read, loop and window of the language."""
    return operations() | {f"loop {call}" for call in LOOP_CALLS} | set(RECORD_CALLS) | set(WINDOWS)
