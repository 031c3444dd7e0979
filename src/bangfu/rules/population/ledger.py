"""A ledger as tables: one for each entity and the record, out of a folder, an Excel ledger or a database.

A table that is there states its collection for every household; one that is not there leaves it unknown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bangfu.rules.errors import UsageError, near_names
from bangfu.rules.pack.model import Pack

RECORD = "record"
ROWS_A_BATCH = 65_536
LINE = "~line"
"""The column that numbers the rows of a file, from 1; it is added on the way in."""

Batches = Callable[[], Iterator[Any]]


@dataclass(frozen=True, slots=True)
class LedgerTable:
    """One table: where it comes from, its columns (name → Arrow type), its rows if known, and how to read it.

    ``batches`` yields Arrow record batches of the columns asked for; ``skipped`` collects rows that are no rows.
    """

    name: str
    source: str
    columns: dict[str, Any]
    batches: Callable[[list[str]], Iterator[Any]]
    rows: int | None = None
    skipped: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ledger:
    """The tables by entity (and ``record``), and a fingerprint that changes when the ledger does."""

    tables: dict[str, LedgerTable]
    fingerprint: str
    size_bytes: int


def open_ledger(place: str, pack: Pack) -> Ledger:
    """Return the ledger at a path or database URL.

    Raises:
        UsageError: There is none, or a file of it belongs to no entity.
    """
    if "://" in place:
        from bangfu.rules.population.from_database import database_ledger

        return database_ledger(place, pack)
    path = Path(place)
    if path.is_dir():
        return _folder(path, pack)
    if path.is_file():
        from bangfu.rules.population.from_given import excel_ledger

        return excel_ledger(path, pack)
    raise UsageError(f"没有台账“{place}”", f'there is no ledger "{place}"')


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
    size = 0
    for file in sorted(p for p in path.iterdir() if p.suffix.lower() in (".parquet", ".csv") and not p.name.startswith(".")):
        if file.stem not in table_names(pack):
            raise wrong_table(file.stem, file.name, pack)
        if file.stem in found:
            raise UsageError(f"{file.stem} 有两个文件：{found[file.stem].source}、{file.name}", f"{file.stem} has two files: {found[file.stem].source}, {file.name}")
        found[file.stem] = _parquet(file) if file.suffix.lower() == ".parquet" else _csv(file)
        state = file.stat()
        size += state.st_size
        digest.update(f"{file.name} {state.st_size} {state.st_mtime_ns}\n".encode())
    if "household" not in found:
        raise UsageError(
            f"{path} 里没有 household.parquet 或 household.csv：台账至少要有户",
            f"{path} holds no household.parquet or household.csv: a ledger has at least households",
        )
    return Ledger(found, digest.hexdigest(), size)


def _parquet(file: Path) -> LedgerTable:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file) as opened:
            schema, rows = opened.schema_arrow, opened.metadata.num_rows
    except (pa.ArrowInvalid, OSError) as error:
        raise UsageError(f"{file.name} 不是可读的 Parquet 文件：{error}", f"{file.name} is no readable Parquet file: {error}") from None

    def batches(columns: list[str]) -> Iterator[Any]:
        with pq.ParquetFile(file) as opened:
            yield from opened.iter_batches(batch_size=ROWS_A_BATCH, columns=columns)

    return LedgerTable(file.stem, file.name, dict(zip(schema.names, schema.types, strict=True)), batches, rows)


def _csv(file: Path) -> LedgerTable:
    import pyarrow as pa
    from pyarrow import csv

    encoding = _encoding(file)
    skipped: list[tuple[int, str]] = []

    def options(columns: list[str] | None) -> tuple[Any, Any, Any]:
        def wrong(row: Any) -> str:
            if columns is not None:
                skipped.append((row.number or 0, row.text))
            return "skip"

        convert = csv.ConvertOptions(include_columns=columns, column_types=dict.fromkeys(columns or [], pa.string()), strings_can_be_null=True, null_values=[""], quoted_strings_can_be_null=True)
        return csv.ReadOptions(encoding=encoding, use_threads=False), csv.ParseOptions(newlines_in_values=True, invalid_row_handler=wrong), convert

    def batches(columns: list[str]) -> Iterator[Any]:
        read, parse, convert = options(columns)
        with csv.open_csv(file, read, parse, convert) as reader:
            yield from reader

    try:
        read, parse, convert = options(None)
        with csv.open_csv(file, read, parse, convert) as reader:
            names = reader.schema.names
    except (pa.ArrowInvalid, OSError) as error:
        raise UsageError(f"{file.name} 不是可读的 CSV 文件：{error}", f"{file.name} is no readable CSV file: {error}") from None
    return LedgerTable(file.stem, file.name, {name: pa.string() for name in names}, batches, None, skipped)


def _encoding(file: Path) -> str:
    """Return UTF-8, or GB 18030 where the file is no UTF-8: what Excel writes on a Chinese computer."""
    with file.open("rb") as opened:
        start = opened.read(1 << 20)
    for cut in range(4):
        try:
            start[: len(start) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return "utf-8"
    return "gb18030"
