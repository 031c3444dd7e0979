"""Link the rows of the record to the rows they speak of, as the reference runner does it."""

from __future__ import annotations

from typing import Any

from bangfu.rules.pack.model import Pack
from bangfu.rules.population.columns import LedgerPlan
from bangfu.rules.population.database import literal, quoted
from bangfu.rules.population.ledger import RECORD
from bangfu.rules.runners.python.rows import OWNER_ENTITIES

COLUMNS = {
    "entry": "VARCHAR", "of": "VARCHAR", "claim": "VARCHAR", "from": "DATE", "until": "DATE", "paid_on": "DATE",
    "amount": "BIGINT", "quantity": "BIGINT",
}  # fmt: skip


def link_record(connection: Any, pack: Pack, plan: LedgerPlan) -> None:
    """Make ``stage.rows_record``: line, target entity and line, owner entity and line, hh, what the record says."""
    here = {cell.name for cell in plan.tables[RECORD].cells}
    columns = ", ".join(quoted(name) if name in here else f"NULL::{kind} AS {quoted(name)}" for name, kind in COLUMNS.items())
    pers = {e.id: e.per for e in pack.entries.values() if e.per is not None}
    connection.execute(f"CREATE OR REPLACE TEMP TABLE said AS SELECT line, {columns}, bad FROM stage.raw_record")
    connection.execute("CREATE OR REPLACE TEMP TABLE pers (entry VARCHAR, per VARCHAR)")
    connection.executemany("INSERT INTO pers VALUES (?, ?)", list(pers.items()))
    connection.execute("CREATE OR REPLACE TEMP TABLE found (line BIGINT, entity VARCHAR, row BIGINT, owner_entity VARCHAR, owner BIGINT, hh BIGINT, own BOOLEAN)")
    entities = [name for name in pack.vocabulary.entities if name in plan.tables or name == "place"]
    for link in ("claim", "of"):
        for per in sorted(set(pers.values()) & set(entities)):
            _find(connection, pack, link, per, [per])
    for entity in entities:
        for per in sorted(set(pers.values())):
            _find(connection, pack, "of", entity, [per])
    _insert(connection, pack, "place", "place", f"CROSS JOIN {_rows('place')} AS r WHERE s.of IS NULL AND s.claim IS NULL", own=False)
    _finish(connection, pack)


def _rows(entity: str) -> str:
    return f"stage.{quoted('rows_' + entity)}"


def _ancestor(pack: Pack, entity: str, wanted: str) -> tuple[str, str]:
    """Return (entity, its line in SQL) of what a row belongs to, the row itself where it belongs to no such thing."""
    shape = pack.vocabulary.entities[entity]
    if wanted == entity or wanted not in pack.vocabulary.owners(entity):
        return entity, "r.line"
    if wanted == "place":
        return wanted, "1::BIGINT"
    if wanted == "household":
        return wanted, "r.hh"
    assert wanted == shape.belongs_to
    return wanted, "r.up"


def _insert(connection: Any, pack: Pack, entity: str, per: str, rest: str, *, own: bool) -> None:
    target, line = _ancestor(pack, entity, per)
    owner = next(name for name in pack.vocabulary.owners(target) if name in OWNER_ENTITIES)
    owner, owner_line = (owner, line) if owner == target else _ancestor(pack, entity, owner)
    connection.execute(
        f"INSERT INTO found SELECT s.line, {literal(target)}, {line}, {literal(owner)}, {owner_line}, r.hh, {own} "
        f"FROM (SELECT s.* FROM said AS s JOIN pers AS p ON p.entry = s.entry AND p.per = {literal(per)} ANTI JOIN found AS f ON f.line = s.line) AS s {rest}"
    )


def _find(connection: Any, pack: Pack, link: str, entity: str, pers: list[str]) -> None:
    first = f"(SELECT DISTINCT ON (name) * FROM {_rows(entity)} ORDER BY name, line)" if entity != "place" else _rows("place")
    for per in pers:
        _insert(connection, pack, entity, per, f"JOIN {first} AS r ON r.name = s.{link}", own=per == entity)


def _finish(connection: Any, pack: Pack) -> None:
    connection.execute(
        "CREATE OR REPLACE TABLE stage.rows_record AS SELECT s.*, f.entity, f.row, f.owner_entity, f.owner, f.hh, f.own "
        "FROM said AS s JOIN found AS f ON f.line = s.line ORDER BY hh, line"
    )
    known = ", ".join(literal(name) for name in pack.entries)
    for where, col, code, value in (
        (f"s.bad IS NULL AND (s.entry IS NULL OR s.entry NOT IN ({known}))", "entry", "entry", "s.entry"),
        ("s.bad IS NULL AND f.line IS NULL AND s.entry IN (SELECT entry FROM pers)", "of", "of", "coalesce(s.claim, s.of)"),
    ):
        connection.execute(
            f"INSERT INTO stage.faults SELECT 'record', s.line, coalesce(f.hh, h.hh), {literal(col)}, {literal(code)}, {value} "
            f"FROM said AS s LEFT JOIN found AS f ON f.line = s.line LEFT JOIN ({_homes(pack, connection)}) AS h ON h.name = s.of WHERE {where}"
        )
    connection.execute(
        f"INSERT INTO stage.faults SELECT 'record', s.line, coalesce(f.hh, h.hh), s.x.col, s.x.code, s.x.value FROM "
        f"(SELECT line, of, unnest(bad) AS x FROM said WHERE bad IS NOT NULL) AS s LEFT JOIN found AS f ON f.line = s.line "
        f"LEFT JOIN ({_homes(pack, connection)}) AS h ON h.name = s.of"
    )
    for table in ("said", "pers", "found"):
        connection.execute(f"DROP TABLE {table}")
    connection.execute("DROP TABLE stage.raw_record")


def _homes(pack: Pack, connection: Any) -> str:
    """Return name → household of people and households: whom a record row without a target still belongs to."""
    there = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'stage'").fetchall()}
    parts = [f"SELECT name, hh FROM {_rows(e)} WHERE name IS NOT NULL" for e in ("household", "person") if f"rows_{e}" in there]
    return "SELECT name, min(hh) AS hh FROM (" + " UNION ALL ".join(parts) + ") GROUP BY name"
