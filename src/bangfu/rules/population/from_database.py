"""A ledger in a database, read once through ADBC. Every column comes as text, cast by the database itself.

SQLite holds decimals as binary numbers and dates as texts, and the driver takes a column's type from its first rows;
PostgreSQL's numeric comes as an opaque type. A text out of the database has none of these: it is read as a CSV cell is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bangfu.rules.errors import UsageError, no_file
from bangfu.rules.pack.model import Pack
from bangfu.rules.population.database import literal, quoted
from bangfu.rules.population.ledger import Ledger, LedgerTable, table_names

SCHEMES = {"sqlite": "sqlite", "postgresql": "postgresql", "postgres": "postgresql"}


def database_ledger(url: str, pack: Pack) -> Ledger:
    """Return the tables of a database that are named like entities (or ``record``); other tables are not looked at.

    Raises:
        UsageError: The URL is none, or the database cannot be opened.
    """
    scheme = SCHEMES.get(url.partition("://")[0].lower())
    if scheme is None:
        raise UsageError("不认识的数据库地址：请写 sqlite:///文件 或 postgresql://用户@主机/库", "unknown kind of database: write sqlite:///FILE or postgresql://USER@HOST/DATABASE")
    shown = shown_url(url)
    with _open(url, scheme) as connection:
        there = _tables(connection, scheme)
    tables = {name: _table(name, there[name], url, scheme) for name in table_names(pack) if name in there}
    return Ledger(shown, tables, None)


def shown_url(url: str) -> str:
    """Return a database URL without user and password, as it may be printed and kept."""
    parts = urlsplit(url)
    host = (parts.hostname or "") + (f":{parts.port}" if parts.port else "")
    return f"{parts.scheme}://{host}{parts.path}"


@contextmanager
def _open(url: str, scheme: str) -> Iterator[Any]:
    """Yield a cursor's connection that only reads.

    Raises:
        UsageError: There is no such database, or it says no.
    """
    import adbc_driver_manager

    try:
        if scheme == "sqlite":
            connection = _sqlite(url)
        else:
            from adbc_driver_postgresql import dbapi

            connection = dbapi.connect(url)
    except (adbc_driver_manager.Error, OSError) as error:
        first = str(error).splitlines()[0]
        raise UsageError(f"打不开数据库 {shown_url(url)}：{first}", f"cannot open the database {shown_url(url)}: {first}") from None
    try:
        yield connection
    except adbc_driver_manager.Error as error:
        first = str(error).splitlines()[0]
        raise UsageError(f"读不了数据库 {shown_url(url)}：{first}", f"cannot read the database {shown_url(url)}: {first}") from None
    finally:
        connection.close()


def _sqlite(url: str) -> Any:
    from adbc_driver_sqlite import dbapi

    path = Path(url.partition("://")[2].removeprefix("/") if not url.startswith("sqlite:////") else url.partition("://")[2][1:])
    if not path.is_file():
        zh, en = no_file(path)
        raise UsageError(f"读不到数据库文件“{path}”：{zh}", f'cannot read the database file "{path}": {en}')
    return dbapi.connect(f"file:{path}?mode=ro")


def _tables(connection: Any, scheme: str) -> dict[str, dict[str, str]]:
    """Return table → column → expression that reads it as text ('' for nothing)."""
    query = {
        "sqlite": "SELECT m.name, p.name, p.type FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS p WHERE m.type IN ('table', 'view') ORDER BY m.name, p.cid",
        "postgresql": "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position",
    }[scheme]
    found: dict[str, dict[str, str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(query)
        for table, column, kind in cursor.fetchall():
            text = f"CAST({quoted(column)} AS TEXT)"
            if kind == "ARRAY":
                text = f"array_to_string({quoted(column)}, ';')"
            found.setdefault(table, {})[column] = f"coalesce({text}, {literal('')})"
    return found


def _table(name: str, columns: dict[str, str], url: str, scheme: str) -> LedgerTable:
    import pyarrow as pa

    def batches(wanted: list[str]) -> Iterator[Any]:
        listed = ", ".join(f"{columns[column]} AS {quoted(column)}" for column in wanted or list(columns)[:1])
        order = f" ORDER BY {quoted('id')}" if "id" in columns else ""
        with _open(url, scheme) as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT {listed} FROM {quoted(name)}{order}")
            yield from cursor.fetch_record_batch()

    return LedgerTable(name, name, dict.fromkeys(columns, pa.string()), batches)
