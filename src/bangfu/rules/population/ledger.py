"""A ledger as tables: one for each entity and the record, out of a folder, an Excel ledger or a database.

A table that is there states its collection for every household; one that is not there leaves it unknown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bangfu.rules.errors import UsageError, near_names, no_file, os_reason
from bangfu.rules.pack.model import Pack
from bangfu.rules.population.from_csv import csv_table
from bangfu.rules.population.ledger_table import LINE, LedgerTable, once

RECORD = "record"
ROWS_A_BATCH = 65_536
TABLES = (".parquet", ".csv")
NEEDED = {"household": ("户", "the households"), "person": ("成员", "the members")}


@dataclass(frozen=True, slots=True)
class Ledger:
    """The tables by entity (and ``record``), and a fingerprint that changes when the ledger does (None: see the stage)."""

    source: str
    tables: dict[str, LedgerTable]
    fingerprint: str | None


def open_ledger(place: str, pack: Pack) -> Ledger:
    """Return the ledger at a path or database URL.

    Raises:
        UsageError: There is none, a file of it belongs to no entity, or a table that every ledger needs is missing.
    """
    if "://" in place:
        from bangfu.rules.population.from_database import database_ledger

        found = database_ledger(place, pack)
    elif Path(place).is_dir():
        found = _folder(Path(place), pack)
    elif Path(place).suffix.lower() in TABLES and Path(place).is_file():
        raise UsageError(
            f"“{Path(place).name}”只是一个表：台账是装着各表的文件夹，请写它所在的文件夹",
            f'"{Path(place).name}" is one table: a ledger is the folder that holds the tables; name that folder',
        )
    elif Path(place).is_file():
        from bangfu.rules.population.from_excel import excel_ledger

        found = excel_ledger(Path(place), pack)
    else:
        zh, en = no_file(Path(place))
        raise UsageError(f"没有台账“{place}”：{zh}", f'there is no ledger "{place}": {en}')
    for name, (zh, en) in NEEDED.items():
        if name not in found.tables:
            raise UsageError(f"{found.source} 里没有 {name} 表：台账至少要有{zh}", f"{found.source} holds no table {name}: a ledger has at least {en}")
    return found


def table_names(pack: Pack) -> list[str]:
    """Return the names a ledger's tables may have."""
    return [*pack.vocabulary.entities, RECORD]


def wrong_table(name: str, source: str, pack: Pack) -> UsageError:
    """Return the error for a table that belongs to no entity."""
    known = table_names(pack)
    near = near_names(name, known) or known
    return UsageError(f"{source}：没有“{name}”这种表；可用：{'、'.join(near)}", f'{source}: there is no table "{name}"; known: {", ".join(near)}')


def _folder(path: Path, pack: Pack) -> Ledger:
    found: dict[str, LedgerTable] = {}
    digest = hashlib.sha256()
    for file in sorted(p for p in path.iterdir() if p.suffix.lower() in TABLES and not p.name.startswith(".")):
        if file.stem not in table_names(pack):
            raise wrong_table(file.stem, file.name, pack)
        if file.stem in found:
            raise UsageError(f"{file.stem} 有两个文件：{found[file.stem].source}、{file.name}", f"{file.stem} has two files: {found[file.stem].source}, {file.name}")
        try:
            digest.update(f"{file.name} {file_hash(file)}\n".encode())
        except OSError as error:
            raise UsageError(f"读不到 {file.name}：{os_reason(error)}", f"cannot read {file.name}: {error.strerror}") from None
        found[file.stem] = _parquet(file) if file.suffix.lower() == ".parquet" else csv_table(file)
    return Ledger(path.name, found, digest.hexdigest())


def has_rows(table: LedgerTable) -> bool:
    """Tell whether a table holds any row."""
    if table.rows is not None:
        return table.rows > 0
    return any(batch.num_rows for batch in table.batches(list(table.columns)[:1]))


def file_hash(file: Path) -> str:
    """Return the SHA-256 of a file's content."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _parquet(file: Path) -> LedgerTable:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file) as opened:
            schema, rows = opened.schema_arrow, opened.metadata.num_rows
    except (pa.ArrowException, OSError) as error:
        raise UsageError(f"{file.name} 不是可读的 Parquet 文件：{error}", f"{file.name} is no readable Parquet file: {error}") from None
    once(schema.names, file.name)

    def batches(columns: list[str]) -> Iterator[Any]:
        with pq.ParquetFile(file) as opened:
            yield from opened.iter_batches(batch_size=ROWS_A_BATCH, columns=columns)

    return LedgerTable(file.stem, file.name, dict(zip(schema.names, schema.types, strict=True)), batches, rows)


__all__ = ["LINE", "RECORD", "Ledger", "LedgerTable", "file_hash", "has_rows", "open_ledger", "table_names", "wrong_table"]
