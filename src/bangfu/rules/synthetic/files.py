"""The files of a district, each open while chunks come in: Parquet or CSV."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any


class Sheets:
    """Files by name (``feeds/wages``); every chunk of a table has the same columns."""

    def __init__(self, folder: Path, form: str) -> None:
        self.folder = folder
        self.form = form
        self.rows: Counter[str] = Counter()
        self._open: dict[str, Any] = {}

    def __enter__(self) -> Sheets:
        return self

    def __exit__(self, *_: object) -> None:
        for writer in self._open.values():
            writer.close()

    def add(self, name: str, table: Any) -> None:
        """Add rows to a file."""
        table = table if self.form == "parquet" else _as_text(table)
        writer = self._open.get(name)
        if writer is None:
            path = self.folder / f"{name}.{self.form}"
            path.parent.mkdir(exist_ok=True)
            writer = self._open[name] = _writer(path, self.form, table.schema)
        writer.write_table(table.cast(writer.schema) if self.form == "parquet" else table)
        self.rows[name] += table.num_rows


def _writer(path: Path, form: str, schema: Any) -> Any:
    if form == "csv":
        from pyarrow import csv

        return csv.CSVWriter(path, schema)
    import pyarrow.parquet as pq

    return pq.ParquetWriter(path, schema, compression="zstd")


def _as_text(table: Any) -> Any:
    """Return a table whose lists of codes are texts with ``;`` between, as the reader of CSV takes them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for place, column in enumerate(table.schema):
        if pa.types.is_list(column.type):
            table = table.set_column(place, column.name, pc.binary_join(table.column(place), ";"))
    return table
