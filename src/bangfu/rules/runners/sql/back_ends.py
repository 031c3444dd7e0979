"""What carries a program out: takes tables in, makes one table of each statement, gives rows back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from bangfu.rules.runners.sql.dialects import DUCKDB_CONFIG
from bangfu.rules.runners.sql.tables import Table

Kinds = Mapping[str, str]
"""Column → kind (see ``columns``)."""


class BackEnd(Protocol):
    """One place that tables live in for a while; ``close`` forgets them."""

    def load(self, table: Table, kinds: Kinds) -> None:
        """Take a table of columns in."""
        ...

    def make(self, name: str, select: str) -> None:
        """Make a table of a statement over those that are there."""
        ...

    def rows(self, select: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of a query."""
        ...

    def close(self) -> None:
        """Forget all tables."""
        ...


class OnDuckDb:
    """A DuckDB in memory."""

    def __init__(self) -> None:
        self.connection = connect()

    def load(self, table: Table, kinds: Kinds) -> None:
        """Take a table of columns in."""
        load(self.connection, table, kinds)

    def make(self, name: str, select: str) -> None:
        """Make a table of a statement."""
        self.connection.execute(f'CREATE TABLE "{name}" AS {select}')

    def rows(self, select: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of a query."""
        cursor = self.connection.execute(select)
        columns = [d[0] for d in cursor.description]
        for row in cursor.fetchall():
            yield dict(zip(columns, row, strict=True))

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


def connect() -> Any:
    """Return a DuckDB in memory that reads no file, loads no extension and lets nobody change that."""
    import duckdb

    connection = duckdb.connect(":memory:", config={**DUCKDB_CONFIG, "threads": 1})
    connection.execute("SET lock_configuration = true")
    return connection


def load(connection: Any, table: Table, kinds: Kinds) -> None:
    """Create one table of columns in a DuckDB."""
    name, _ = table
    connection.register("loading", arrow(table, kinds))
    connection.execute(f'CREATE TABLE "{name}" AS SELECT * FROM loading')
    connection.unregister("loading")


def arrow(table: Table, kinds: Kinds) -> Any:
    """Return a table of columns as Arrow's."""
    import pyarrow as pa

    types = {"number": pa.int64(), "yes_no": pa.bool_(), "date": pa.date32(), "code": pa.string(), "codes": pa.list_(pa.string())}
    return pa.table({column: pa.array(values, types[kinds[column]]) for column, values in table[1].items()})
