"""Write a made-up district: chunk after chunk of households, memory bounded by the chunk; a folder appears whole or not at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bangfu.rules.engine import Engine
from bangfu.rules.errors import UsageError, os_reason
from bangfu.rules.runners.python.nodes import value_on
from bangfu.rules.runners.sql.dialects import DUCKDB_CONFIG
from bangfu.rules.synthetic.columns import District
from bangfu.rules.synthetic.files import Sheets
from bangfu.rules.synthetic.load import distributions
from bangfu.rules.synthetic.record import feed, record
from bangfu.rules.synthetic.tables import MOST_HOUSEHOLDS, Tables

MOST_PEOPLE = MOST_HOUSEHOLDS * 2
MANIFEST = "synthetic.json"
SIZES_AT_ONCE = 1_000_000


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for: people at least, how rare rare things are, how many households at once, the form of files."""

    people: int
    form: str = "parquet"
    chunk: int | None = None
    memory: str = "1GB"
    threads: int = 2


def district_of(engine: Engine, seed: int, day: Any, *, testing: bool = False) -> District:
    """Return the frame of a district of one place on a day."""
    parameter = engine.pack.parameters.get("dibao_standard")
    found: Any = None if parameter is None else value_on(parameter, day)
    found = found.get("urban") if isinstance(found, dict) else found
    line = found // 100 if isinstance(found, int) else 0
    area = engine.pack.document.area or "000000"
    return District(seed, day, area, line or distributions().files["settings"]["line_without_pack"], testing)


def write_district(engine: Engine, district: District, order: Order, out: Path, tick: Callable[[int], None] = lambda people: None) -> dict[str, Any]:
    """Write the district and return what its manifest says; ``tick`` hears how many people are done.

    Raises:
        UsageError: The folder exists, or more people are asked for than there are numbers.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"“{out}”已存在且不是空文件夹，不覆盖", f'"{out}" exists and is no empty folder; it is not overwritten')
    if not 1 <= order.people <= MOST_PEOPLE:
        raise UsageError(f"--people 请写 1 到 {MOST_PEOPLE}", f"write --people from 1 to {MOST_PEOPLE}")
    part = out.with_name(f".{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True)
        said = _fill(engine, district, order, part, tick)
        (part / MANIFEST).write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        if out.exists():
            out.rmdir()
        part.replace(out)
    except OSError as error:
        raise UsageError(f"写不了 {out}：{os_reason(error)}", f"cannot write {out}: {error.strerror}") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return said


def _fill(engine: Engine, district: District, order: Order, folder: Path, tick: Callable[[int], None]) -> dict[str, Any]:
    connection = _connect(order)
    found = distributions()
    bodies = found.files["organisation"]
    each = bodies["testing_people_each"] if district.testing else bodies["people_each"]
    count = max(order.people // each, 3)
    tables = Tables(engine.pack, district, found, count)
    with Sheets(folder, order.form) as sheets:
        last = last_household(connection, tables, order.people)
        sheets.add("place", connection.sql(tables.place()).to_arrow_table())
        for first, end in _stretches(count, order.chunk or found.files["settings"]["households_a_chunk"]):
            connection.execute(f"CREATE OR REPLACE TEMP TABLE truth_organisation AS {tables.bodies(first, end)}")
            sheets.add("organisation", connection.sql(tables.ledger("organisation")).to_arrow_table())
        for first, end in _stretches(last, order.chunk or found.files["settings"]["households_a_chunk"]):
            tick(_chunk(connection, tables, sheets, first, end))
        rows = dict(sheets.rows)
    connection.close()
    return {
        "place": engine.pack.place, "area": district.area, "day": district.day.isoformat(), "seed": district.seed,
        "people": rows["person"], "households": rows["household"], "rarity": "testing" if district.testing else "plausible",
        "line": district.line, "rows": rows, "made_up": "自拟数据，不涉及任何真人 | made up; nobody is meant",
    }  # fmt: skip


def _connect(order: Order) -> Any:
    import duckdb

    try:
        connection = duckdb.connect(":memory:", config={**DUCKDB_CONFIG, "memory_limit": order.memory, "threads": order.threads})
    except duckdb.Error:
        raise UsageError(f"--memory 请写如 1GB，不是“{order.memory}”", f'write --memory such as 1GB, not "{order.memory}"') from None
    connection.execute("SET lock_configuration = true")
    return connection


def last_household(connection: Any, tables: Tables, people: int) -> int:
    """Return the number of the household with which the district has at least so many people."""
    before, first = 0, 1
    while True:
        last = min(first + min(people, SIZES_AT_ONCE) - 1, MOST_HOUSEHOLDS)
        sizes = tables.sizes(first, last)
        total = connection.execute(f"SELECT sum(size) FROM ({sizes})").fetchall()[0][0]
        if before + total >= people:
            query = f"SELECT min(n) FROM (SELECT n, sum(size) OVER (ORDER BY n) AS so_far FROM ({sizes})) WHERE so_far >= {people - before}"
            return int(connection.execute(query).fetchall()[0][0])
        before, first = before + total, last + 1


def _stretches(count: int, most: int) -> Iterator[tuple[int, int]]:
    for first in range(1, count + 1, most):
        yield first, min(first + most - 1, count)


def _chunk(connection: Any, tables: Tables, sheets: Sheets, first: int, last: int) -> int:
    """Write the households of one stretch with all that belongs to them; return how many people they are."""
    made = {"household": tables.households(first, last), "person": tables.people(), **{name: tables.claims(name) for name in tables.below()}}
    for entity, query in made.items():
        connection.execute(f"CREATE OR REPLACE TEMP TABLE truth_{entity} AS {query}")
        sheets.add(entity, connection.sql(tables.ledger(entity)).to_arrow_table())
    sheets.add("record", connection.sql(record(tables)).to_arrow_table())
    for name, rule in tables.found.files["feeds"]["feeds"].items():
        _feed(connection, tables, sheets, name, rule)
    people: int = connection.execute("SELECT count(*) FROM truth_person").fetchall()[0][0]
    return people


def _feed(connection: Any, tables: Tables, sheets: Sheets, name: str, rule: dict[str, Any]) -> None:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE feed AS {feed(tables, name)}")
    fields = ", ".join(f'"{field}"' for field in rule["fields"])
    sheets.add(f"feeds/{name}", connection.sql(f"SELECT id, {fields} FROM feed WHERE differs <> 'missing'").to_arrow_table())
    field = rule["fields"][-1] if "differs" not in rule and "extra" not in rule else (rule.get("differs") or rule["extra"])["field"]
    said = (
        f"SELECT '{name}' AS feed, '{rule['per']}' AS entity, id, '{field}' AS field, differs, CAST(\"ledger {field}\" AS VARCHAR) AS ledger, "
        f"CASE WHEN differs <> 'missing' THEN CAST(\"{field}\" AS VARCHAR) END AS sent FROM feed WHERE differs <> 'same'"
    )
    sheets.add("feeds/mismatches", connection.sql(said).to_arrow_table())
