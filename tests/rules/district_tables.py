"""Load a made-up district's files into the tables that a SQL program reads: clean data, one run for all households."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bangfu.rules.pack.model import Pack
from bangfu.rules.runners.sql.dialects import DUCKDB_CONFIG
from bangfu.rules.runners.sql.frames import Stored
from bangfu.rules.runners.sql.program import SqlProgram
from bangfu.rules.runners.sql.tables import LINKS, RECORD, TYPES
from bangfu.rules.vocabulary import Fact

OWNERS = ("person", "household", "organisation", "place")


def answered(program: SqlProgram, folder: Path, basis: str) -> Any:
    """Return a connection in which every stage of a program stands, over the district in a folder."""
    import duckdb
    import pyarrow.parquet as pq

    connection = duckdb.connect(":memory:", config={**DUCKDB_CONFIG, "threads": 2})
    tables = {path.stem: pq.read_table(path) for path in folder.glob("*.parquet")}
    entities = list(program.pack.vocabulary.entities)
    for name, table in tables.items():
        connection.register(f"file_{name}", table)
        offset = (entities.index(name) + 1) * 10**9 if name in entities else 0
        connection.execute(f'CREATE TABLE "in_{name}" AS SELECT *, {offset} + row_number() OVER () AS line FROM "file_{name}"')
        connection.unregister(f"file_{name}")
    for entity in entities:
        _entity(connection, program, entity, {c.lower() for c in tables[entity].column_names})
    stated = {f"has {e.collection}": "true" for e in program.pack.vocabulary.entities.values() if e.collection}
    columns = {"id": "0", "record": "true", "recorded": str(basis == "recorded").lower(), **stated}
    connection.execute(f"CREATE TABLE runs AS SELECT {_list(columns, program.tables.run_columns())}")
    _record(connection, program.pack)
    for name, query in program.stages.statements:
        connection.execute(f'CREATE TABLE "{name}" AS {query.sql(dialect=program.dialect.name)}')
    return connection


def _list(columns: dict[str, str], types: dict[str, str]) -> str:
    return ", ".join(f'CAST({sql} AS {types[name]}) AS "{name}"' for name, sql in columns.items())


def _entity(connection: Any, program: SqlProgram, entity: str, there: set[str]) -> None:
    vocabulary = program.pack.vocabulary
    shape = vocabulary.entities[entity]
    up = {"place": "NULL", "household": "p.line", "organisation": "p.line"}.get(entity, "o.line")
    join = f' LEFT JOIN in_{shape.belongs_to} AS o ON o.id = r."of"' if up == "o.line" else " CROSS JOIN in_place AS p" if up == "p.line" else ""
    join += f' LEFT JOIN in_{shape.at} AS a ON a.id = r."at"' if shape.at else ""
    owner = "r.line" if entity in OWNERS else "o.line"
    date = f'r."{shape.date}"' if shape.date else "NULL"
    shut = f'r."{vocabulary.facts[shape.date].gate}" = false' if shape.date and vocabulary.facts[shape.date].gate else "false"
    columns = {"id": "r.line", "run": "0", "name": "r.id", "up": up, "at": "a.line" if shape.at else "NULL", "owner": owner, "date": date, "date!": shut}
    types = program.tables.columns(entity)
    for name in types:
        if name not in LINKS:
            columns[name] = _column(program, name, there)
    connection.execute(f'CREATE TABLE "rows_{entity}" AS SELECT {_list(columns, types)} FROM "in_{entity}" AS r{join}')


def _column(program: SqlProgram, name: str, there: set[str]) -> str:
    if name.startswith("said "):
        return f'r."{name[5:]}"' if name[5:] in there else "NULL"
    facts = program.pack.vocabulary.facts
    fact = facts[name.removesuffix("!")]
    shut = _shut(fact, facts)
    if name.endswith("!"):
        return f"coalesce({shut}, false)"
    shape: Stored = program.tables.shapes[name]
    assert shape.kind in TYPES
    sql = f'r."{name}"'
    if fact.kind == "number":
        sql = f"round({sql} * {100 if fact.type == 'money' else shape.den})"
    closed = {"number": "0", "yes_no": "false"}.get(fact.kind, "NULL")
    if fact.type == "level":
        closed = "NULL"
    return f"CASE WHEN {shut} THEN {closed} ELSE {sql} END" if fact.gate else sql


def _shut(fact: Fact, facts: dict[str, Fact]) -> str:
    tests = []
    here = fact
    while here.gate:
        here = facts[here.gate]
        tests.append(f'r."{here.id}" = false')
    return f"({' OR '.join(tests)})" if tests else "false"


def _record(connection: Any, pack: Pack) -> None:
    pers = sorted({e.per for e in pack.entries.values() if e.per})
    parts = []
    for per in pers:
        names = ", ".join("'" + e.id + "'" for e in pack.entries.values() if e.per == per)
        parts.append(f'SELECT i.*, r.line AS row, t.owner FROM in_record AS i JOIN in_{per} AS r ON r.id = coalesce(i.claim, i."of") JOIN rows_{per} AS t ON t.id = r.line WHERE i.entry IN ({names})')
    columns = {
        "record.entry": "entry", "record.row": "row", "record.owner": "owner", "record.claim": "claim", "record.of": '"of"', "record.own": "true",
        "record.since": '"from"', "record.until": "until", "record.paid_on": "paid_on", "record.amount": "round(amount * 100)",
        "record.quantity": "round(quantity * 10000)", "record.place": "line",
    }  # fmt: skip
    connection.execute(f"CREATE TABLE record_rows AS SELECT {_list(columns, RECORD)} FROM ({' UNION ALL '.join(parts)})")
