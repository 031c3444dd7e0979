"""Narrow copies: what other statements join of a wide table stands in a table of its own.

A table that is read whole and a table that is joined want different things of a back end: the one to be written
cheaply and read by many threads, the other to be known by its numbers of rows and values, and to be narrow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlglot import exp

from bangfu.rules.runners.python.rows import OWNER_ENTITIES
from bangfu.rules.runners.sql.dialects import Tree
from bangfu.rules.runners.sql.frames import Frame
from bangfu.rules.runners.sql.printing import column, name as name_of

OWNER_TABLES = frozenset(f"rows_{entity}" for entity in OWNER_ENTITIES)
WORTH = 2
"""A copy is made where the table has so many times its columns: both are written, the table at less than half the cost."""


def copied(frames: Iterable[Frame], inputs: Mapping[str, Iterable[str]], read: Iterable[str]) -> dict[str, list[str]]:
    """Return table → the columns its copy has, for each table that is joined, read whole too, and wide.

    ``inputs``: table → columns of what comes in; ``read``: tables whose rows are answers.
    """
    frames = list(frames)
    owned = OWNER_TABLES | {frame.table for frame in frames if frame.entity in OWNER_ENTITIES}
    width = {table: len(list(columns)) for table, columns in inputs.items()} | {frame.table: len(frame.outputs) for frame in frames}
    whole = {frame.source for frame in frames} | set(read)
    joined: dict[str, dict[str, None]] = {}
    for frame in frames:
        for table, name in frame.joined():
            joined.setdefault(table, {})[name] = None
    return {table: list(columns) for table, columns in joined.items() if table in whole & owned and width[table] >= WORTH * len(columns)}


def scanned(frames: Iterable[Frame], read: Iterable[str], copies: Iterable[str]) -> frozenset[str]:
    """Return the tables of people and households that nothing joins; ``copies``: those joined by their copy.

    Tables of claims are not among them: they are small and are joined to many, in an order that a back end finds by what
    it knows of a table of its own.
    """
    frames = list(frames)
    joined = {table for frame in frames for table, _ in frame.joined()}
    mine = {frame.table for frame in frames if frame.entity in OWNER_ENTITIES and not frame.group}
    return frozenset(copies) | (frozenset({frame.source for frame in frames if frame.source in OWNER_TABLES} | (mine & set(read))) - joined)


def copy_of(table: str) -> str:
    """Return the name of a table's copy."""
    return f"{table}, joined"


def select(table: str, columns: Iterable[str]) -> Tree:
    """Return the statement of a copy."""
    return exp.Select(expressions=[column(each) for each in columns]).from_(exp.Table(this=name_of(table)), copy=False)


__all__ = ["copied", "copy_of", "scanned", "select"]
