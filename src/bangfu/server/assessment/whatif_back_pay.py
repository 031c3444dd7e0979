"""The households that a change touches, and what a value from an earlier day owes them for the months past.

What is owed: the difference of a month, by the facts that stand now, times the months whose first day lies between the
value's first day and today and in which the record holds the help. Months that nobody had the help on record owe nothing.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from bangfu.rules.engine import Engine
from bangfu.rules.population.database import literal
from bangfu.rules.runners.sql.dialects import DUCKDB_CONFIG


def write_households(engine: Engine, ledger: Path, out: Path, folder: Path, since: dt.date, today: dt.date) -> None:
    """Write ``households.parquet``: household, area, kind, regular and event (fen a year, fen), back (fen)."""
    import duckdb

    loose = {name: value for name, value in DUCKDB_CONFIG.items() if name != "enable_external_access"}
    with duckdb.connect(config={**loose, "memory_limit": "1GB", "threads": 2}) as connection:
        connection.execute("CREATE TABLE entries (entry VARCHAR, per VARCHAR)")
        connection.executemany("INSERT INTO entries VALUES (?, ?)", [(e.id, e.per) for e in engine.pack.entries.values() if e.per])
        beside = folder / ".households.parquet"
        connection.execute(f"COPY ({_query(ledger, out, since, today)}) TO {literal(str(beside))} (FORMAT parquet)")
    beside.replace(folder / "households.parquet")


def _query(ledger: Path, out: Path, since: dt.date, today: dt.date) -> str:
    changed = f"read_parquet({literal(str(out / 'changed_households.parquet'))})"
    back = _back(ledger, out, since, today)
    return (
        "SELECT c.household[2:]::BIGINT AS household, c.community::BIGINT AS area, c.class AS kind, c.regular, c.event, coalesce(b.back, 0)::BIGINT AS back "
        f"FROM {changed} AS c LEFT JOIN ({back}) AS b ON b.household = c.household WHERE c.class <> 'none' OR coalesce(b.back, 0) <> 0 ORDER BY household"
    )


def _back(ledger: Path, out: Path, since: dt.date, today: dt.date) -> str:
    """Return the query of what is owed to each household."""
    lines = f"read_parquet({literal(str(out / 'changed_entitlements.parquet'))})"
    record, person = (f"read_parquet({literal(str(ledger / f'{name}.parquet'))})" for name in ("record", "person"))
    held = (
        "SELECT r.entry, CASE WHEN e.per = 'household' THEN coalesce(p.of, r.of) ELSE r.of END AS row, TRY_CAST(r.\"from\" AS DATE) AS start, TRY_CAST(r.until AS DATE) AS until "
        f"FROM {record} AS r JOIN entries AS e ON e.entry = r.entry AND e.per IN ('household', 'person') LEFT JOIN {person} AS p ON p.id = r.of WHERE TRY_CAST(r.\"from\" AS DATE) IS NOT NULL"
    )
    months = f"SELECT unnest(generate_series(DATE '{since.replace(day=1)}', DATE '{max(today, since)}', INTERVAL 1 MONTH))::DATE AS first"
    counted = (
        f"SELECT h.entry, h.row, count(DISTINCT m.first) AS months FROM ({held}) AS h JOIN ({months}) AS m "
        f"ON m.first >= DATE '{since}' AND m.first <= DATE '{today}' AND m.first >= h.start AND (h.until IS NULL OR m.first <= h.until) GROUP BY ALL"
    )
    worth = "CASE WHEN l.status_{0} = 'yes' AND l.every_{0} = 'month' THEN coalesce(l.low_{0}, 0) ELSE 0 END"
    return (
        f"SELECT l.household, sum(({worth.format('after')} - {worth.format('before')}) * c.months) AS back FROM {lines} AS l "
        f"JOIN ({counted}) AS c ON c.entry = l.entry AND c.row = l.row WHERE l.money GROUP BY l.household"
    )
