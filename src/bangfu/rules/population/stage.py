"""Copy a ledger once into the work database: every cell read, what is wrong with it noted beside it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

from bangfu.rules.errors import BangfuError
from bangfu.rules.population.cells import ITEM, Cell, raw, text_cell, typed
from bangfu.rules.population.columns import LINKS, TablePlan
from bangfu.rules.population.database import literal, quoted
from bangfu.rules.population.ledger import LINE, RECORD, LedgerTable

Tick = Callable[[int], None]
SKIPPED = "~columns"
"""Marks a line of a CSV file that has too many or too few columns; it carries what could be read of its links."""


def stage_table(connection: Any, name: str, plan: TablePlan, tick: Tick) -> None:
    """Make ``stage.raw_<name>``: line, links, facts as rules compute with them, ``bad`` (NULL, or what is wrong)."""
    cells = [*(text_cell(link) for link in plan.links), *plan.cells]
    wrong: list[BangfuError] = []
    reader = _reader(plan.table, [cell.name for cell in cells], tick, wrong)
    connection.register("incoming", reader)
    try:
        connection.execute(f"CREATE OR REPLACE TABLE stage.{quoted('raw_' + name)} AS {_query(cells, plan)}")
    except Exception:
        if wrong:
            raise wrong[0] from None
        raise
    finally:
        connection.unregister("incoming")


def _query(cells: list[Cell], plan: TablePlan) -> str:
    numbered = [quoted(LINE), quoted(SKIPPED)]
    first = [part for cell in cells for part in (raw(cell.name), f"{cell.typed} AS {typed(cell.name)}")]
    second = [
        part for cell in cells
        for part in (f"{cell.value} AS {quoted(cell.name)}", f"{cell.fault} AS {quoted('!' + cell.name)}", f"{raw(cell.name)} AS {quoted('?' + cell.name)}")
    ]  # fmt: skip
    checks = [(cell.name, quoted("!" + cell.name)) for cell in cells if cell.fault != "NULL"] + plan.gates
    checks.append((SKIPPED, f"CASE WHEN {quoted(SKIPPED)} THEN 'columns' END"))
    kept = [f"{quoted(LINE)} AS line", *(quoted(cell.name) for cell in cells), f"{_bad(checks)} AS bad"]
    return (
        f"WITH first AS (SELECT {', '.join([*numbered, *first])} FROM incoming), "
        f"second AS (SELECT {', '.join([*numbered, *second])} FROM first) SELECT {', '.join(kept)} FROM second"
    )


def _bad(checks: list[tuple[str, str]]) -> str:
    """Return NULL where nothing is wrong, else a list of {column, code, value}; the list is built for bad rows only."""
    some = ", ".join(code for _, code in checks)
    values = {name: "NULL" if name == SKIPPED else f"CAST({quoted('?' + name)} AS VARCHAR)" for name, _ in checks}
    rows = ", ".join(f"{{'col': {literal(name)}, 'code': {code}, 'value': {values[name]}}}" for name, code in checks)
    return f"CASE WHEN coalesce({some}, NULL) IS NOT NULL THEN list_filter([{rows}], lambda {ITEM}: {ITEM}.code IS NOT NULL) END"


def _reader(table: LedgerTable, columns: list[str], tick: Tick, wrong: list[BangfuError]) -> Any:
    """Return an Arrow reader of some columns with the number of each row in its file; rows that are no rows come last.

    Our own errors are kept in ``wrong``: DuckDB would wrap them into one of its own.
    """
    import pyarrow as pa

    fields = [pa.field(name, _plain(table.columns[name])) for name in columns]
    schema = pa.schema([*fields, pa.field(LINE, pa.int64()), pa.field(SKIPPED, pa.bool_())])

    def batches() -> Iterator[Any]:
        line = table.first_line
        for batch in _kept(table.batches(columns), wrong):
            arrays = [batch.column(name).cast(schema.field(name).type) for name in columns]
            if LINE in batch.schema.names:
                lines = batch.column(LINE)
            else:
                numbers, line = _numbers(table, line, batch.num_rows)
                lines = pa.array(numbers, pa.int64())
            tick(batch.num_rows)
            yield pa.RecordBatch.from_arrays([*arrays, lines, pa.repeat(False, batch.num_rows)], schema=schema)
        if table.skipped:
            yield _skipped(table, columns, schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def _kept(batches: Iterator[Any], wrong: list[BangfuError]) -> Iterator[Any]:
    try:
        yield from batches
    except BangfuError as error:
        wrong.append(error)
        raise


def _numbers(table: LedgerTable, line: int, count: int) -> tuple[Any, int]:
    """Return the numbers of the next rows, past the rows that are no rows, and the number after them."""
    if not table.skipped:
        return range(line, line + count), line + count
    left_out = {number for number, _ in table.skipped}
    found: list[int] = []
    while len(found) < count:
        if line not in left_out:
            found.append(line)
        line += 1
    return found, line


def _plain(kind: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_null(kind):
        return pa.string()
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _skipped(table: LedgerTable, columns: list[str], schema: Any) -> Any:
    """Return broken CSV lines as rows: their links as far as they can be read, so that their household is rejected too."""
    import pyarrow as pa

    heads = list(table.columns)
    links = (*LINKS, "claim") if table.name == RECORD else LINKS
    rows = []
    for number, text in table.skipped:
        said = dict(zip(heads, next(csv.reader(io.StringIO(text)), []), strict=False))
        row = {name: said.get(name) or None if name in links else None for name in columns}
        rows.append({**row, LINE: number, SKIPPED: True})
    return pa.RecordBatch.from_pylist(rows, schema=schema)
