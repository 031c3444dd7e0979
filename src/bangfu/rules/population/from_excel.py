"""The Excel ledger as tables of texts: each row keeps its number in its sheet, so that a reject names the row one sees."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from bangfu.rules.errors import HouseholdError
from bangfu.rules.ledger.layout import HOUSEHOLDS, MEMBERS, OTHERS, RECORD as RECORD_SHEET
from bangfu.rules.ledger.read import LedgerReader
from bangfu.rules.pack.model import Pack
from bangfu.rules.population.ledger import LINE, RECORD, Ledger, LedgerTable, file_hash
from bangfu.rules.values import decimal_text

SHEETS = {"households": HOUSEHOLDS.zh, "members": MEMBERS.zh, RECORD: RECORD_SHEET.zh}


def excel_ledger(path: Path, pack: Pack) -> Ledger:
    """Return the tables of an Excel ledger.

    Raises:
        HouseholdError: The workbook itself is off: a sheet or heading is missing or unknown, cells are merged.
    """
    reader = LedgerReader(pack, path)
    content = reader.content()
    if reader.reader.faults:
        raise HouseholdError(sorted(set(reader.reader.faults)))
    collections = {e.collection: e.id for e in pack.vocabulary.entities.values() if e.collection}
    tables: dict[str, LedgerTable] = {}
    for key, rows in content.items():
        name = RECORD if key == RECORD else collections.get(key, key)
        listed = [rows] if name == "place" else list(rows)
        lines = [rows.at(place)[0] for place in range(len(listed))] if name != "place" else [1]
        tables[name] = _table(name, f"{path.name}[{SHEETS.get(key, OTHERS.zh)}]", listed, lines)
    return Ledger(path.name, tables, file_hash(path))


def _table(name: str, source: str, rows: list[Any], lines: list[int]) -> LedgerTable:
    import pyarrow as pa

    heads = list(dict.fromkeys(key for row in rows for key in row)) or (["entry", "of"] if name == RECORD else ["id", "of"])

    def batches(columns: list[str]) -> Iterator[Any]:
        arrays = [pa.array([as_text(row.get(name)) for row in rows], pa.string()) for name in columns]
        yield pa.RecordBatch.from_arrays([*arrays, pa.array(lines, pa.int64())], names=[*columns, LINE])

    return LedgerTable(name, source, {head: pa.string() for head in heads}, batches, len(rows))


def as_text(value: Any) -> str | None:
    """Return a cell's value as a text that reads back the same."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Fraction):
        return decimal_text(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, list):
        return ";".join(str(item) for item in value)
    return str(value)
