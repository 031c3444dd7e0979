"""A ledger as tables: one for each entity and the record, out of a folder, an Excel ledger or a database.

A table that is there states its collection for every household; one that is not there leaves it unknown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bangfu.rules.errors import UsageError, near_names, no_file, os_reason
from bangfu.rules.pack.model import Pack

RECORD = "record"
ROWS_A_BATCH = 65_536
LINE = "~line"
"""The column that numbers the rows of a file; it is added on the way in."""
NEEDED = {"household": ("户", "the households"), "person": ("成员", "the members")}


@dataclass(frozen=True, slots=True)
class LedgerTable:
    """One table: where it comes from, its columns (name → Arrow type), its rows if known, and how to read it.

    ``batches`` yields Arrow record batches of the columns asked for, with ``LINE`` where the rows know their number
    themselves; else the first row has ``first_line``. ``skipped`` collects (number, text) of rows that are no rows.
    """

    name: str
    source: str
    columns: dict[str, Any]
    batches: Callable[[list[str]], Iterator[Any]]
    rows: int | None = None
    first_line: int = 1
    skipped: list[tuple[int, str]] = field(default_factory=list)


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
    for file in sorted(p for p in path.iterdir() if p.suffix.lower() in (".parquet", ".csv") and not p.name.startswith(".")):
        if file.stem not in table_names(pack):
            raise wrong_table(file.stem, file.name, pack)
        if file.stem in found:
            raise UsageError(f"{file.stem} 有两个文件：{found[file.stem].source}、{file.name}", f"{file.stem} has two files: {found[file.stem].source}, {file.name}")
        try:
            digest.update(f"{file.name} {file_hash(file)}\n".encode())
        except OSError as error:
            raise UsageError(f"读不到 {file.name}：{os_reason(error)}", f"cannot read {file.name}: {error.strerror}") from None
        found[file.stem] = _parquet(file) if file.suffix.lower() == ".parquet" else _csv(file)
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


def _once(names: list[str], source: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"{source}：列“{'、'.join(twice)}”出现两次", f'{source}: the column "{", ".join(twice)}" appears twice')


def _parquet(file: Path) -> LedgerTable:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file) as opened:
            schema, rows = opened.schema_arrow, opened.metadata.num_rows
    except (pa.ArrowException, OSError) as error:
        raise UsageError(f"{file.name} 不是可读的 Parquet 文件：{error}", f"{file.name} is no readable Parquet file: {error}") from None
    _once(schema.names, file.name)

    def batches(columns: list[str]) -> Iterator[Any]:
        with pq.ParquetFile(file) as opened:
            yield from opened.iter_batches(batch_size=ROWS_A_BATCH, columns=columns)

    return LedgerTable(file.stem, file.name, dict(zip(schema.names, schema.types, strict=True)), batches, rows)


def _csv(file: Path) -> LedgerTable:
    """Return a CSV file as a table of texts; its first line is line 1, a row with too many or too few fields is skipped."""
    import pyarrow as pa
    from pyarrow import csv

    encoding = _encoding(file)
    skipped: list[tuple[int, str]] = []

    def opened(columns: list[str] | None) -> Any:
        def wrong(row: Any) -> str:
            if columns is not None:
                skipped.append((row.number or 0, row.text))
            return "skip"

        convert = csv.ConvertOptions(
            include_columns=columns, column_types=dict.fromkeys(columns or [], pa.string()),
            strings_can_be_null=True, null_values=[""], quoted_strings_can_be_null=True,
        )  # fmt: skip
        parse = csv.ParseOptions(newlines_in_values=True, invalid_row_handler=wrong)
        return csv.open_csv(file, csv.ReadOptions(encoding=encoding, use_threads=False), parse, convert)

    def unreadable(error: Exception) -> UsageError:
        return UsageError(f"{file.name} 不是可读的 CSV 文件：{error}", f"{file.name} is no readable CSV file: {error}")

    def batches(columns: list[str]) -> Iterator[Any]:
        skipped.clear()
        try:
            with opened(columns) as reader:
                yield from reader
        except (pa.ArrowException, UnicodeDecodeError) as error:
            raise unreadable(error) from None

    try:
        with opened(None) as reader:
            names = reader.schema.names
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise unreadable(error) from None
    _once(names, file.name)
    return LedgerTable(file.stem, file.name, {name: pa.string() for name in names}, batches, None, 2, skipped)


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
