"""Carry a program out over the tables of a partition and gather what it grants or leaves undecided.

``found``: one row for each answer that is not "no": id, place of the entry, status, in_force, sum in fen or share in
millionths. ``who``: one row for each row of an entity: household, street, groups as bits. ``people``: the same rows
with their names, read from the stage by those who need names.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from bangfu.rules.engine import Engine
from bangfu.rules.errors import UsageError
from bangfu.rules.pack.model import Entry, Pack
from bangfu.rules.plan import names_read, nodes_of
from bangfu.rules.population.database import literal, quoted
from bangfu.rules.population.held import Task
from bangfu.rules.population.inputs import Some
from bangfu.rules.population.links import offset, rows
from bangfu.rules.runners.sql.columns import Known
from bangfu.rules.runners.sql.program import Amount, Result, SqlProgram

GIVEN = ("cash", "service", "goods", "waiver", "insurance", "loan", "recognition")
SHARE_STEPS = 1_000_000
WIDE_OWNERS = ("place", "organisation")
NOTHING = (
    "SELECT NULL::BIGINT AS id, NULL::INTEGER AS entry, NULL::BOOLEAN AS status, NULL::BOOLEAN AS in_force, NULL::BIGINT AS low, NULL::BIGINT AS high, "
    "NULL::BIGINT AS share_low, NULL::BIGINT AS share_high WHERE false"
)
NOBODY = (
    "SELECT NULL::BIGINT AS id, NULL::BIGINT AS hh, '' AS entity, '' AS name, '' AS owner, '' AS household, '' AS street, '' AS community, "
    "NULL::BIGINT AS home, NULL::BIGINT AS person WHERE false"
)


MOST_COMPILED = 8
_COMPILED: dict[tuple[object, ...], Answers] = {}


@dataclass(frozen=True, slots=True)
class Split:
    """The entries asked for: those of households, which a partition answers, and those of organisations."""

    homes: frozenset[str]
    organisations: frozenset[str]


def split_entries(engine: Engine) -> Split:
    """Return which entries are answered by partition and which over all households at once.

    Raises:
        UsageError: An entry of a household reads what is counted over all households.
    """
    given = [e for e in engine.pack.entries.values() if e.kind in GIVEN and e.per not in (None, "place")]
    homes = frozenset(e.id for e in given if e.per != "organisation")
    for name in sorted(_read_below(engine.pack, homes)):
        entry = engine.pack.entries[name]
        loops = (n.data.owner for root in nodes_of(entry) for n in root.walk() if n.op == "loop")
        if entry.per == "organisation" or any(owner in WIDE_OWNERS for owner in loops):
            raise UsageError(f"条目 {name} 要数遍所有户，不能按户分批计算", f"entry {name} counts over all households; it cannot be answered by partition")
    return Split(homes, frozenset(e.id for e in given if e.per == "organisation"))


def _read_below(pack: Pack, names: frozenset[str]) -> set[str]:
    found: set[str] = set()
    queue = list(names)
    while queue:
        name = queue.pop()
        if name not in found:
            found.add(name)
            entry = pack.entries[name]
            queue += [*names_read(nodes_of(entry)), *([entry.policy] if entry.policy else [])]
    return found


def read_facts(engine: Engine, split: Split) -> dict[str, set[str]]:
    """Return entity → facts and recognitions that the entries read, the dates of claims with them."""
    found: dict[str, set[str]] = {name: {e.date} if e.date else set() for name, e in engine.pack.vocabulary.entities.items()}
    for step in engine.plan.steps_for(split.homes | split.organisations):
        entry = engine.pack.entries.get(step.name)
        roots = [engine.pack.stackings[step.name].at_most] if entry is None else list(nodes_of(entry))
        for node in (n for root in roots if root is not None for n in root.walk()):
            if node.op == "fact":
                found[engine.pack.vocabulary.facts[node.data.name].entity].add(node.data.name)
        if entry is not None and entry.kind == "recognition" and entry.per is not None:
            found[entry.per].add(entry.id)
    return found


def compiled(engine: Engine, day: dt.date, names: frozenset[str], basis: str, known: Known, dated: set[str], *, dialect: str = "duckdb") -> Answers:
    """Return the program for a pack, day and ledger shape; the last few are kept by the pack's content, not by its object."""
    key = (engine.pack.place, engine.pack.content_hash, day, names, basis, known.signature, frozenset(dated), dialect)
    found = _COMPILED.pop(key, None) or Answers(engine, day, names, basis, known, dated, dialect=dialect)
    _COMPILED[key] = found
    while len(_COMPILED) > MOST_COMPILED:
        del _COMPILED[next(iter(_COMPILED))]
    return found


class Answers:
    """One compiled program with the statements that gather its answers; ``dated``: entities whose rows have dates."""

    def __init__(self, engine: Engine, day: dt.date, names: frozenset[str], basis: str, known: Known, dated: set[str], *, dialect: str = "duckdb") -> None:
        self.pack = engine.pack
        self.dated = dated
        self.day = day
        self.program = SqlProgram(engine, day, basis, only=names, known=known, dialect=dialect)
        self.entries = [self.pack.entries[name] for name in self.program.results]
        self.statements = self.program.statements()
        self.groups = [e for e in self.entries if e.kind == "recognition" and e.per in ("household", "person")]

    def tables(self, connection: Any, some: Some) -> dict[str, str]:
        """Return what ``found`` and ``who`` read beside the program's own tables, as queries over the stage."""
        parts = [self._rows_of(connection, entity, some) for entity in dict.fromkeys(e.per or "" for e in self.entries)]
        there = " UNION ALL ".join(part for part in parts if part)
        dates = {f"dates_{entity}": self._dates(entity) for entity in sorted(self.dated) if any(e.per == entity for e in self.entries)}
        return {"people": there or NOBODY, **dates}

    def found(self) -> dict[str, str]:
        """Return table of results → the query of its rows; together they are ``found``."""
        by_table: dict[str, list[str]] = {}
        for place, entry in enumerate(self.entries):
            result = self.program.results[entry.id]
            if result.fixed != "not_met":
                by_table.setdefault(result.table, []).append(self._gathered(place, entry, result))
        return {table: " UNION ALL ".join(parts) for table, parts in by_table.items()}

    def tasks(self, connection: Any, some: Some) -> list[Task]:
        """Make the view ``people`` and an empty ``found``; return what makes every stage, fills ``found`` and makes ``who``, last."""
        for name, select in self.tables(connection, some).items():
            connection.execute(f"CREATE OR REPLACE VIEW {quoted(name)} AS {select}")
        connection.execute(f"CREATE OR REPLACE TABLE found AS {NOTHING}")
        tasks = [Task(name, select, self.program.reads[name]) for name, select in self.statements]
        tasks += [Task(f"found in {table}", query, frozenset([table]), adds="found") for table, query in self.found().items()]
        return [*tasks, Task("who", self.who(), frozenset(task.name for task in tasks if task.adds))]

    # -- found ---------------------------------------------------------------------------------------------------
    def _gathered(self, place: int, entry: Entry, result: Result) -> str:
        low, high = self._ends(entry, result.amount)
        money, share = ((low, high), ("NULL", "NULL")) if entry.has_money else (("NULL", "NULL"), (low, high))
        force, join = self._in_force(entry)
        status = {"met": "true", "unknown": "NULL::BOOLEAN"}.get(result.fixed) or f"s.{quoted(result.status or '')}"
        return (
            f"SELECT s.id, {place}, {status}, {force}, {', '.join((*money, *share))} "
            f"FROM {quoted(result.table)} AS s{join} WHERE {status} IS NOT FALSE"
        )

    def _ends(self, entry: Entry, amount: Amount | None) -> tuple[str, str]:
        if amount is None:
            return "NULL", "NULL"
        bottom = str(amount.den) if isinstance(amount.den, int) else f"s.{quoted(amount.den)}"
        steps = 1 if entry.has_money else SHARE_STEPS

        def exact(name: str) -> str:
            top = f"s.{quoted(name)}" if steps == 1 else f"s.{quoted(name)} * {steps}"
            if bottom == "1":
                return top
            return f"CASE WHEN ({top}) % {bottom} <> 0 THEN error({literal(f'{entry.id}: the sum is no whole number of fen')}) ELSE ({top}) // {bottom} END"

        low = exact(amount.low)
        # An unknown lower end leaves the whole sum unknown.
        high = low if amount.high is None else f"CASE WHEN s.{quoted(amount.low)} IS NOT NULL THEN {exact(amount.high)} END"
        if amount.closed is not None:
            low, high = (f"CASE WHEN s.{quoted(amount.closed)} THEN 0 ELSE {end} END" for end in (low, high))
        return low, high

    def _in_force(self, entry: Entry) -> tuple[str, str]:
        """Return (test, join): whether the document is in force on the day that governs the row."""
        document = self.pack.documents.get(entry.place)
        if document is None or (document.since is None and document.until is None):
            return "true", ""
        if self.pack.vocabulary.entities[entry.per or ""].date is None:
            inside = not (document.since and self.day < document.since) and not (document.until and self.day > document.until)
            return str(inside), ""
        date = "r.date"
        tests = [f"{date} < DATE '{document.since}'"] if document.since else []
        tests += [f"{date} > DATE '{document.until}'"] if document.until else []
        # A row without a date is held against no day, as the reference does it.
        joined = f" JOIN {quoted(f'dates_{entry.per}')} AS r ON r.id = s.id"
        return (f"NOT coalesce({' OR '.join(tests)}, false)", joined) if entry.per in self.dated else ("true", "")

    def _dates(self, entity: str) -> str:
        date = self.pack.vocabulary.entities[entity].date or ""
        return f"SELECT line + {offset(self.pack, entity)} AS id, {quoted(date)} AS date FROM {rows(entity)}"

    # -- who -----------------------------------------------------------------------------------------------------
    def who(self) -> str:
        """Return the query of ``who``: ``people`` with what holds for the person and the household as bits."""
        places = {self.entries.index(entry): 1 << bit for bit, entry in enumerate(self.groups)}
        bits = " ".join(f"WHEN {place} THEN {bit}" for place, bit in places.items())
        mine = ", ".join(map(str, places))
        held = f"SELECT id, bit_or(CASE entry {bits} END) AS bits FROM found WHERE status AND entry IN ({mine}) GROUP BY id" if bits else "SELECT 0::BIGINT AS id, 0::BIGINT AS bits"
        return (
            f"WITH held AS ({held}) SELECT p.id, p.hh, p.street, "
            "CAST(coalesce(a.bits, 0) | coalesce(b.bits, 0) AS BIGINT) AS bits "
            "FROM people AS p LEFT JOIN held AS a ON a.id = p.home LEFT JOIN held AS b ON b.id = p.person"
        )

    def _rows_of(self, connection: Any, entity: str, some: Some) -> str | None:
        there = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'stage'").fetchall()}
        if f"rows_{entity}" not in there:
            return None
        vocabulary = self.pack.vocabulary
        shown = [c for c in ("street", "community") if c in {n for (n,) in connection.execute("SELECT column_name FROM duckdb_columns() WHERE database_name = 'stage' AND table_name = 'rows_household'").fetchall()}]
        of_person = vocabulary.entities[entity].belongs_to == "person"
        person = f" LEFT JOIN {rows('person')} AS p ON p.line = r.up" if of_person else ""
        owner = "p.name" if of_person else "r.name" if entity in ("person", "household", "organisation") else "h.name"
        number = f"r.line + {offset(self.pack, entity)}"
        persons = {"person": f"({number})", "household": "NULL"}.get(entity, f"(r.up + {offset(self.pack, 'person')})" if of_person else "NULL")
        places = ", ".join(f"h.{c}" if c in shown else f"NULL::VARCHAR AS {c}" for c in ("street", "community"))
        source = f"(SELECT * FROM {rows(entity)} WHERE {some.clause(entity)})"
        return (
            f"SELECT {number} AS id, r.hh, {literal(entity)} AS entity, r.name, {owner} AS owner, h.name AS household, {places}, "
            f"r.hh + {offset(self.pack, 'household')} AS home, {persons}::BIGINT AS person "
            f"FROM {source} AS r{person} LEFT JOIN {rows('household')} AS h ON h.line = r.hh"
        )
