"""The register of a district as the tables of a ledger, so that the column runner answers what the household page answers.

Rows carry the register's own numbers (``H1``, ``P2``, ``I3``); values stay as they were stated and are read by the
ledger's reader. Each household tells what is stated of it: what nobody listed is unknown, not none.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from django.db import connection as database

from bangfu.rules.engine import Engine
from bangfu.rules.pack.model import Pack
from bangfu.rules.population.answers import split_entries
from bangfu.rules.population.columns import STATED, with_gates
from bangfu.rules.population.database import literal, quoted
from bangfu.rules.population.run import wanted_facts
from bangfu.rules.runners.sql.dialects import DUCKDB_CONFIG
from bangfu.rules.vocabulary import Fact
from bangfu.server.areas.models import Area
from bangfu.server.assessment.reading import RECORD, RECORD_KEYS
from bangfu.server.registry.enums import HouseholdStatus

ROWS_A_BATCH = 20_000
MEMORY = "1GB"
Tick = Callable[[int], None]
_HERE = "h.status = %s AND h.area_code BETWEEN %s AND %s"
_READ = {
    "home": (
        {"hh": "BIGINT", "area": "BIGINT", "facts": "VARCHAR"},
        "SELECT h.id, h.area_code, CAST(f.facts AS TEXT) FROM registry_household h LEFT JOIN registry_currentfacts f "
        f"ON f.household_id = h.id AND f.person_id IS NULL AND f.item_id IS NULL WHERE {_HERE} ORDER BY h.id",
    ),
    "member": (
        {"id": "BIGINT", "hh": "BIGINT", "name": "VARCHAR", "relation": "VARCHAR", "birth_date": "VARCHAR", "facts": "VARCHAR"},
        "SELECT m.person_id, m.household_id, NULL, m.relation, CAST(p.birth_date AS TEXT), CAST(f.facts AS TEXT) FROM registry_membership m "
        "JOIN registry_household h ON h.id = m.household_id JOIN registry_person p ON p.id = m.person_id LEFT JOIN registry_currentfacts f "
        f"ON f.person_id = m.person_id AND f.household_id = m.household_id AND f.item_id IS NULL WHERE m.until IS NULL AND {_HERE} ORDER BY m.household_id, m.since, m.id",
    ),
    "item": (
        {"id": "BIGINT", "entity": "VARCHAR", "hh": "BIGINT", "of": "BIGINT", "at": "BIGINT", "facts": "VARCHAR"},
        "SELECT i.id, i.entity, i.household_id, i.of_id, i.at_id, CAST(f.facts AS TEXT) FROM registry_item i "
        "JOIN registry_household h ON h.id = i.household_id LEFT JOIN registry_currentfacts f ON f.item_id = i.id AND f.household_id = i.household_id "
        f"WHERE i.withdrawn = %s AND {_HERE} ORDER BY i.entity, i.id",
    ),
    "said": (
        {"hh": "BIGINT", "collection": "VARCHAR"},
        f"SELECT s.household_id, s.collection FROM registry_statedcollection s JOIN registry_household h ON h.id = s.household_id WHERE {_HERE}",
    ),
}  # fmt: skip


def write_register(district: Area, engines: Sequence[Engine], out: Path, tick: Tick = lambda rows: None) -> Path:
    """Write the open households of a district as a folder of tables, with all that some engines read.

    The folder appears whole or not at all. ``tick`` hears of rows read.
    """
    part = out.with_name(f".{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.rmtree(out, ignore_errors=True)
    part.mkdir(parents=True)
    raw = part.with_name(f".{out.name}.raw")
    raw.unlink(missing_ok=True)
    try:
        _write(district, engines, part, raw, tick)
        part.replace(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
        for file in raw.parent.glob(f"{raw.name}*"):
            file.unlink()
    return out


def _write(district: Area, engines: Sequence[Engine], part: Path, raw: Path, tick: Tick) -> None:
    import duckdb

    loose = {name: value for name, value in DUCKDB_CONFIG.items() if name != "enable_external_access"}
    with duckdb.connect(str(raw), config={**loose, "memory_limit": MEMORY}) as connection:
        for name in _READ:
            _load(connection, name, district, tick)
        for name, query in _tables(engines).items():
            connection.execute(f"COPY ({query}) TO {literal(str(part / f'{name}.parquet'))} (FORMAT parquet)")


def _load(connection: Any, name: str, district: Area, tick: Tick) -> None:
    """Copy one kind of row out of the register, batch after batch."""
    import pyarrow as pa

    columns, query = _READ[name]
    kinds = {"BIGINT": pa.int64(), "VARCHAR": pa.string()}
    schema = pa.schema([(column, kinds[kind]) for column, kind in columns.items()])
    arguments: list[Any] = [HouseholdStatus.OPEN.value, district.low, district.high]
    connection.execute(f"CREATE TABLE {name} ({', '.join(f'{quoted(column)} {kind}' for column, kind in columns.items())})")
    with database.chunked_cursor() as cursor:
        cursor.execute(query, [False, *arguments] if name == "item" else arguments)
        while rows := cursor.fetchmany(ROWS_A_BATCH):
            batch = pa.table([pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), schema, strict=True)], schema=schema)
            connection.register("incoming", batch)
            connection.execute(f"INSERT INTO {name} SELECT * FROM incoming")
            connection.unregister("incoming")
            tick(len(rows))


# -- tables ------------------------------------------------------------------------------------------------------
def _tables(engines: Sequence[Engine]) -> dict[str, str]:
    """Return the query of each table of the ledger."""
    pack = engines[-1].pack
    read = [wanted_facts(engine, split_entries(engine)) for engine in engines]
    wanted = {entity: set().union(*(facts[entity] for facts in read)) for entity in pack.vocabulary.entities}
    found = {"household": _households(pack, wanted["household"]), "person": _people(pack, wanted["person"]), RECORD: _record(pack)}
    for entity in pack.vocabulary.entities.values():
        if entity.collection and entity.id not in found:
            found[entity.id] = _items(pack, entity.id, wanted.get(entity.id, set()))
    return found


def _columns(pack: Pack, entity: str, wanted: set[str], instead: dict[str, str] | None = None) -> tuple[str, str]:
    """Return (columns, source of ``x`` and ``facts``): each wanted fact as text out of the JSON, in one pass."""
    names = with_gates(pack, wanted)
    facts = [fact for fact in pack.vocabulary.facts_of(entity) if fact.id in names]
    plain = [fact.id for fact in facts if fact.kind != "codes"]
    plain += [e.id for e in pack.entries.values() if e.kind == "recognition" and e.per == entity and e.id in wanted]
    read = {name: f"x[{place}]" for place, name in enumerate(plain, 1)}
    read |= {fact.id: _codes(fact) for fact in facts if fact.kind == "codes"}
    for name, other in (instead or {}).items():
        read[name] = f"coalesce({read[name]}, {other})" if name in read else other
    paths = ", ".join(literal(f"$.{name}") for name in plain)
    listed = "".join(f", {text} AS {quoted(name)}" for name, text in read.items())
    return listed, f"json_extract_string(facts, [{paths}]) AS x" if plain else "NULL AS x"


def _codes(fact: Fact) -> str:
    return f"array_to_string(json_extract_string(facts, {literal(f'$.{fact.id}[*]')}), ';')"


def _households(pack: Pack, wanted: set[str]) -> str:
    listed, source = _columns(pack, "household", wanted - {"street", "community"})
    stated = "SELECT hh, string_agg(DISTINCT collection, ';') AS names FROM (SELECT hh, collection FROM said UNION ALL SELECT hh, c.collection FROM item JOIN "
    kinds = [(e.id, e.collection) for e in pack.vocabulary.entities.values() if e.collection] + [(RECORD, RECORD)]
    stated += f"(VALUES {', '.join(f'({literal(a)}, {literal(str(b))})' for a, b in kinds)}) AS c(entity, collection) ON c.entity = item.entity)"
    stated += f" WHERE collection IN ({', '.join(literal(str(b)) for _, b in kinds)}) GROUP BY hh"
    return (
        f"SELECT 'H' || r.hh AS id, (r.area // 1000)::VARCHAR AS street, r.area::VARCHAR AS community, concat_ws(';', 'members', s.names) AS {STATED}{listed} "
        f"FROM (SELECT *, {source} FROM home) AS r LEFT JOIN ({stated}) AS s ON s.hh = r.hh ORDER BY r.hh"
    )


def _people(pack: Pack, wanted: set[str]) -> str:
    listed, source = _columns(pack, "person", wanted | {"relation", "birth_date"}, {"relation": "r.relation", "birth_date": "r.birth_date"})
    return f"SELECT 'P' || r.id AS id, 'H' || r.hh AS of{listed} FROM (SELECT *, rowid AS place, {source} FROM member) AS r ORDER BY r.place"


def _items(pack: Pack, entity: str, wanted: set[str]) -> str:
    shape = pack.vocabulary.entities[entity]
    listed, source = _columns(pack, entity, wanted)
    of = ", CASE WHEN r.of IS NULL THEN 'H' || r.hh ELSE 'P' || r.of END AS of" if shape.belongs_to not in (None, "place") else ""
    at = ", 'I' || r.at AS at" if shape.at else ""
    return f"SELECT 'I' || r.id AS id{of}{at}{listed} FROM (SELECT *, {source} FROM item WHERE entity = {literal(entity)}) AS r ORDER BY r.id"


def _record(pack: Pack) -> str:
    """Return what is held or was paid; an entry that the pack in force does not know is left out, as on the household page."""
    listed = ", ".join(f"x[{place}] AS {quoted(name)}" for place, name in enumerate(RECORD_KEYS, 1))
    paths = ", ".join(literal(f"$.{name}") for name in RECORD_KEYS)
    known = ", ".join(literal(name) for name in pack.entries)
    return (
        f"SELECT CASE WHEN r.of IS NULL THEN 'H' || r.hh ELSE 'P' || r.of END AS of, 'I' || r.at AS claim, {listed} "
        f"FROM (SELECT *, json_extract_string(facts, [{paths}]) AS x FROM item WHERE entity = {literal(RECORD)}) AS r WHERE x[1] IN ({known}) ORDER BY r.id"
    )


def chunks(folder: Path, name: str, size: int) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield (rows before, rows) of a table of a folder, a stretch at a time."""
    import pyarrow.parquet as pq

    before = 0
    with pq.ParquetFile(folder / f"{name}.parquet") as opened:
        for batch in opened.iter_batches(size):
            rows = batch.to_pylist()
            yield before, rows
            before += len(rows)
