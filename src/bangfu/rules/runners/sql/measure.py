"""What holds of input tables, asked of the tables themselves: the ground on which a program may leave things out."""

from __future__ import annotations

from typing import Any

from bangfu.rules.runners.sql.columns import Known
from bangfu.rules.runners.sql.program import Inputs
from bangfu.rules.vocabulary import Vocabulary


def measure(connection: Any, inputs: Inputs, vocabulary: Vocabulary) -> Known:
    """Return what holds of a program's inputs in a DuckDB: one pass over each table, and one over each link.

    What is measured holds of these rows alone: measure the whole ledger, not one partition of it, for a program that
    runs over all of them.
    """
    full: set[tuple[str, str]] = set()
    empty: set[tuple[str, str]] = set()
    fixed: dict[tuple[str, str], bool] = {}
    for table, columns in inputs.items():
        counts = ", ".join(f"count({_name(c)})" for c in columns)
        rows, *found = connection.execute(f"SELECT count(*), {counts} FROM {_name(table)}").fetchone()
        for column, count in zip(columns, found, strict=True):
            if count == rows and _leads(connection, inputs, vocabulary, table, column):
                full.add((table, column))
            elif count == 0:
                empty.add((table, column))
        yes_no = [c for c, kind in columns.items() if kind == "BOOLEAN" and (table, c) in full]
        if rows and yes_no:
            ends = ", ".join(f"bool_and({_name(c)}), bool_or({_name(c)})" for c in yes_no)
            said = connection.execute(f"SELECT {ends} FROM {_name(table)}").fetchone()
            fixed |= {(table, c): low for c, low, high in zip(yes_no, said[::2], said[1::2], strict=True) if low == high}
    return Known(frozenset(full), frozenset(empty), fixed, _on_record(connection, inputs))


def _leads(connection: Any, inputs: Inputs, vocabulary: Vocabulary, table: str, column: str) -> bool:
    """Tell whether each number of a link names a row; True for what is no link."""
    if column not in ("up", "at"):
        return True
    entity = vocabulary.entities[table.removeprefix("rows_")]
    target = f"rows_{entity.belongs_to if column == 'up' else entity.at}"
    if target not in inputs:
        return True
    lost = f"SELECT count(*) FROM {_name(table)} AS a ANTI JOIN {_name(target)} AS b ON a.{_name(column)} = b.id"
    return bool(connection.execute(lost).fetchone()[0] == 0)


def _on_record(connection: Any, inputs: Inputs) -> frozenset[str] | None:
    if "entry" not in inputs.get("record_rows", {}):
        return None
    return frozenset(entry for (entry,) in connection.execute('SELECT DISTINCT entry FROM "record_rows"').fetchall())


def _name(of: str) -> str:
    return '"' + of.replace('"', '""') + '"'
