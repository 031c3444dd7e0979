"""Reading answers out of a run: force, failing conditions, what is needed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from bangfu.rules.engine import Engine
from bangfu.rules.language.nodes import Node
from bangfu.rules.pack.model import Document, Entry
from bangfu.rules.runners.python.entries import conditions_of
from bangfu.rules.runners.python.nodes import Compiler
from bangfu.rules.values import Unknown


def governing_day(entry: Entry, row: Any, on: dt.date) -> dt.date | None:
    """Return the day that governs a row: a claim's own date, else the date asked; None where it is unknown."""
    if row.date is not None:
        return row.date if row.date.__class__ is dt.date else None
    return on


def out_of_force(engine: Engine, entry: Entry, row: Any, on: dt.date) -> bool:
    """Tell whether the entry's document is not in force on the governing day."""
    document = engine.pack.documents.get(entry.place)
    day = governing_day(entry, row, on)
    return document is not None and day is not None and lapsed_on(document, day)


def lapsed_on(document: Document, day: dt.date) -> bool:
    """Tell whether a document is not in force on a day."""
    return bool((document.since and day < document.since) or (document.until and day > document.until))


def failing(engine: Engine, entry: Entry, row: Any, compiler: Compiler | None = None) -> set[str]:
    """Return why an entry is refused: addresses of failing conditions, names they read, and notes."""
    found: set[str] = set()
    if row.run is None:
        return found
    result = engine.result(row, entry)
    compiler = compiler or engine.program(row.run.today).compiler(entry)
    for address, closure in conditions_of(entry, compiler):
        if closure(row, None) is False:
            found |= {address, address.split(".")[0]}
            found |= set(names_in(condition_node(entry, address)))
    for code, data in getattr(result, "notes", ()):
        found.add(code)
        if isinstance(data, tuple) and data and isinstance(data[0], str):
            found.add(data[0])
            if len(data) > 1 and isinstance(data[1], str):
                found.add(data[1])
    return found


def condition_node(entry: Entry, address: str) -> Node | None:
    """Return the node that a condition's address names."""
    key, _, place = address.partition(".")
    if key in ("when", "unless") and place:
        nodes: tuple[Node, ...] = getattr(entry, key)
        return nodes[int(place)]
    return None


def names_in(node: Node | None) -> list[str]:
    """Return the facts, results and parameters that an expression names, in order."""
    found: list[str] = []
    for part in node.walk() if node is not None else ():
        if part.op in ("fact", "result", "receives"):
            found.append(part.data.name)
        elif part.op == "record":
            found.append(part.data.ref.name)
        elif part.op in ("param", "at", "last_year", "band", "marginal", "in_list", "rounded"):
            found.append(part.data.id)
        elif part.op == "loop":
            found.append(part.data.collection)
    return list(dict.fromkeys(found))


def needs_of_result(result: Any) -> frozenset[str]:
    """Return what would settle a result."""
    if result.__class__ is Unknown:
        return frozenset(result.needs)
    return frozenset(getattr(result.status, "needs", frozenset())) | frozenset(getattr(result.amount, "needs", frozenset()))
