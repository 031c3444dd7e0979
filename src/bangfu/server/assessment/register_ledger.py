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
LINE_MOST = 16_000_000
"""Bytes of a row on its way, which holds all that is known of somebody."""
Tick = Callable[[int], None]
_READ = {
    "home": (
        {"hh": "BIGINT", "area": "BIGINT", "facts": "VARCHAR"},
        "SELECT {0}, {1}, {2} FROM registry_household h LEFT JOIN registry_currentfacts f "
        "ON f.household_id = h.id AND f.person_id IS NULL AND f.item_id IS NULL WHERE {{here}}",
        ("h.id", "h.area_code", "f.facts"),
    ),
    "member": (
        {"id": "BIGINT", "hh": "BIGINT", "since": "VARCHAR", "number": "BIGINT", "relation": "VARCHAR", "birth_date": "VARCHAR", "facts": "VARCHAR"},
        "SELECT {0}, {1}, {2}, {3}, {4}, {5}, {6} FROM registry_membership m "
        "JOIN registry_household h ON h.id = m.household_id JOIN registry_person p ON p.id = m.person_id LEFT JOIN registry_currentfacts f "
        "ON f.person_id = m.person_id AND f.household_id = m.household_id AND f.item_id IS NULL WHERE m.until IS NULL AND {{here}}",
        ("m.person_id", "m.household_id", "m.since", "m.id", "m.relation", "p.birth_date", "f.facts"),
    ),
    "item": (
        {"id": "BIGINT", "entity": "VARCHAR", "hh": "BIGINT", "of": "BIGINT", "at": "BIGINT", "facts": "VARCHAR"},
        "SELECT {0}, {1}, {2}, {3}, {4}, {5} FROM registry_item i "
        "JOIN registry_household h ON h.id = i.household_id LEFT JOIN registry_currentfacts f ON f.item_id = i.id AND f.household_id = i.household_id "
        "WHERE i.withdrawn = {{no}} AND {{here}}",
        ("i.id", "i.entity", "i.household_id", "i.of_id", "i.at_id", "f.facts"),
    ),
    "said": (
        {"hh": "BIGINT", "collection": "VARCHAR"},
        "SELECT {0}, {1} FROM registry_statedcollection s JOIN registry_household h ON h.id = s.household_id WHERE {{here}}",
        ("s.household_id", "s.collection"),
    ),
}  # fmt: skip
"""What is read of the register: columns as tables of the night have them, query, the columns of the database."""
_OF_NOBODY_HERE = (
    '"of" IS NOT NULL AND (hh, "of") NOT IN (SELECT (hh, id) FROM member)',
    '"at" IS NOT NULL AND (hh, "at") NOT IN (SELECT (hh, id) FROM item)',
)
"""Items of somebody who died or left, then what hangs on them: as ``Roll.counting`` leaves them out."""


def write_register(district: Area, engines: Sequence[Engine], out: Path, tick: Tick = lambda rows: None) -> Path:
    """Write the open households of a district as a folder of tables, with all that some engines read.

    The folder appears whole or not at all. ``tick`` hears of rows read.
    """
    part = out.with_name(f".{out.name}.part")
    for folder in (part, out):
        shutil.rmtree(folder, ignore_errors=True)
    part.mkdir(parents=True)
    spill = out.with_name(f".{out.name}.spill")
    try:
        _write(district, engines, part, spill, tick)
        part.replace(out)
    finally:
        for folder in (part, spill):
            shutil.rmtree(folder, ignore_errors=True)
    return out


def _write(district: Area, engines: Sequence[Engine], part: Path, spill: Path, tick: Tick) -> None:
    import duckdb

    spill.mkdir(parents=True, exist_ok=True)
    loose = {name: value for name, value in DUCKDB_CONFIG.items() if name != "enable_external_access"}
    with duckdb.connect(config={**loose, "memory_limit": MEMORY, "temp_directory": str(spill), "threads": 2}) as connection:
        for name in _READ:
            _load(connection, name, district, spill, tick)
        for those in _OF_NOBODY_HERE:
            connection.execute(f"DELETE FROM item WHERE {those}")
        for name, query in _tables(engines).items():
            connection.execute(f"COPY ({query}) TO {literal(str(part / f'{name}.parquet'))} (FORMAT parquet)")


def _load(connection: Any, name: str, district: Area, spill: Path, tick: Tick) -> None:
    """Copy one kind of row out of the register."""
    columns, query, said = _READ[name]
    kinds = ", ".join(f"{quoted(column)} {kind}" for column, kind in columns.items())
    connection.execute(f"CREATE TABLE {name} ({kinds})")
    here = f"h.status = {literal(HouseholdStatus.OPEN.value)} AND h.area_code BETWEEN {int(district.low)} AND {int(district.high)}"
    if database.vendor == "postgresql":
        _copied(connection, name, query.format(*said).format(here=here, no="false"), spill)
    else:
        _fetched(connection, name, query.format(*(f"coalesce(CAST({column} AS TEXT), '')" for column in said)).format(here=here, no="0"))
    tick(connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0])


def _copied(connection: Any, name: str, query: str, spill: Path) -> None:
    """Fill a table by COPY over the connection at hand, by way of a file: no row of it becomes an object here."""
    path, kinds = spill / f"{name}.csv", ", ".join(f"{literal(column)}: {literal(kind)}" for column, kind in _READ[name][0].items())
    with path.open("wb") as file, database.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as out:
        for block in out:
            file.write(block)
    connection.execute(
        f"INSERT INTO {name} SELECT * FROM read_csv({literal(str(path))}, header = false, auto_detect = false, delim = ',', quote = '\"', escape = '\"', nullstr = '', columns = {{{kinds}}}, "
        f"max_line_size = {LINE_MOST})"
    )
    path.unlink()


def _fetched(connection: Any, name: str, query: str) -> None:
    """Fill a table batch after batch; every column comes as text ('' for nothing)."""
    columns = _READ[name][0]
    typed = ", ".join(f"nullif({quoted(column)}, '')::{kind} AS {quoted(column)}" for column, kind in columns.items())
    for batch in _batches(list(columns), query):
        connection.register("incoming", batch)
        connection.execute(f"INSERT INTO {name} SELECT {typed} FROM incoming")
        connection.unregister("incoming")


def _batches(columns: list[str], query: str) -> Iterator[Any]:
    """Yield the rows of a query as Arrow tables of texts."""
    import pyarrow as pa

    with database.chunked_cursor() as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(ROWS_A_BATCH):
            yield pa.table([pa.array(column, pa.string()) for column in zip(*rows, strict=True)], columns)


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
    stated = "SELECT hh, string_agg(DISTINCT collection, ';' ORDER BY collection) AS names FROM (SELECT hh, collection FROM said UNION ALL SELECT hh, c.collection FROM item JOIN "
    kinds = [(e.id, e.collection) for e in pack.vocabulary.entities.values() if e.collection] + [(RECORD, RECORD)]
    stated += f"(VALUES {', '.join(f'({literal(a)}, {literal(str(b))})' for a, b in kinds)}) AS c(entity, collection) ON c.entity = item.entity)"
    stated += f" WHERE collection IN ({', '.join(literal(str(b)) for _, b in kinds)}) GROUP BY hh"
    return (
        f"SELECT 'H' || r.hh AS id, (r.area // 1000)::VARCHAR AS street, r.area::VARCHAR AS community, concat_ws(';', 'members', s.names) AS {STATED}{listed} "
        f"FROM (SELECT *, {source} FROM home) AS r LEFT JOIN ({stated}) AS s ON s.hh = r.hh ORDER BY r.hh"
    )


def _people(pack: Pack, wanted: set[str]) -> str:
    listed, source = _columns(pack, "person", wanted | {"relation", "birth_date"}, {"relation": "r.relation", "birth_date": "r.birth_date"})
    return f"SELECT 'P' || r.id AS id, 'H' || r.hh AS of{listed} FROM (SELECT *, {source} FROM member) AS r ORDER BY r.hh, r.since, r.number"


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
