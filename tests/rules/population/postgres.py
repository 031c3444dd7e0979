"""A throw-away PostgreSQL for tests, as root or as an ordinary user; it listens on a socket in its own folder only."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

from bangfu.rules.pack.model import Pack
from bangfu.rules.values import decimal_text
from tests.rules.population.ledgers import Tables, heads

SQL_TYPES = {"money": "numeric(14,2)", "number": "numeric(14,4)", "level": "integer", "yes_no": "boolean", "date": "date", "codes": "text[]"}


def programs() -> Path | None:
    """Return the folder with ``initdb`` and ``pg_ctl``, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    there = found[-1] if found else shutil.which("initdb")
    return Path(there).resolve().parent if there else None


@contextmanager
def cluster() -> Iterator[str]:
    """Yield the address of a new cluster; it is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="bangfu-pg-"))
    bin_ = programs()
    assert bin_ is not None
    as_other = []
    if os.geteuid() == 0:  # PostgreSQL does not start as root
        shutil.chown(folder, "postgres")
        as_other = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    folder.chmod(0o755)
    options = f"-k {folder} -c listen_addresses= -c fsync=off"

    def call(*words: str) -> None:
        subprocess.run([*as_other, *words], check=True, capture_output=True, cwd=folder)

    try:
        call(str(bin_ / "initdb"), "-D", str(folder / "d"), "-U", "app", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        call(str(bin_ / "pg_ctl"), "-D", str(folder / "d"), "-l", str(folder / "log"), "-w", "-s", "-o", options, "start")
        try:
            yield f"postgresql:///postgres?host={folder}&user=app"
        finally:
            call(str(bin_ / "pg_ctl"), "-D", str(folder / "d"), "-s", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def load(pack: Pack, tables: Tables, address: str) -> None:
    """Make the tables of a ledger and fill them."""
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(address) as connection, connection.cursor() as cursor:
        for name, rows in tables.items():
            columns = heads(rows, name)
            kinds = [_kind(pack, column) for column in columns]
            cursor.execute(f'CREATE TABLE "{name}" ({", ".join(f"{_q(c)} {k}" for c, k in zip(columns, kinds, strict=True))})')
            for row in rows:
                values = ", ".join(f"{_literal(row.get(c))}::{k}" for c, k in zip(columns, kinds, strict=True))
                cursor.execute(f'INSERT INTO "{name}" VALUES ({values})')
        connection.commit()


def _q(name: str) -> str:
    return f'"{name}"'


def _kind(pack: Pack, column: str) -> str:
    fact = pack.vocabulary.facts.get(column)
    if fact is not None:
        return SQL_TYPES.get(fact.type, "text")
    more = {"from": "date", "until": "date", "paid_on": "date", "amount": "numeric(14,2)", "quantity": "numeric(14,4)"}
    return more.get(column, "boolean" if column in pack.entries else "text")


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return "'{" + ",".join(value) + "}'"
    return f"'{decimal_text(value)}'" if isinstance(value, Fraction) else f"'{value}'"
