"""One partition: answer it, ask the reference, write its rows, add up. It is done when the stage says so, or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bangfu.rules.engine import Engine
from bangfu.rules.pack.model import Entry
from bangfu.rules.population.answers import GIVEN, SHARE_STEPS, Answers
from bangfu.rules.population.database import Means, households_within, listed, literal, quoted
from bangfu.rules.population.folder import OutFolder
from bangfu.rules.population.held import Held, Task
from bangfu.rules.population.inputs import Inputs, Some
from bangfu.rules.population.links import rows
from bangfu.rules.population.reference import Open, Reference
from bangfu.rules.units import unit_text

MILLION = 1_000_000
HALVES = ("n >> 64", "n & 18446744073709551615::UHUGEINT")
"""The halves of ``md5_number`` that ``md5_number_lower`` and ``md5_number_upper`` give."""
SUMS = (
    "count(*) AS answers, sum(f.low)::BIGINT AS low_fen, sum(f.high)::BIGINT AS high_fen, "
    "count(*) FILTER (f.low IS NULL) AS without_sum, count(*) FILTER (f.low IS NOT NULL AND f.high IS NULL) AS open_above"
)
TOTALS = ("street", "group")
"""Totals beside those by rule, which follow from those by street: a household lies in one street.

Groups overlap inside a household: by group no household is counted.
"""
SUMMED = ("households", "answers", "low_fen", "high_fen", "without_sum", "open_above")
BY_RULE = f"SELECT part, entry, status, in_force, {', '.join(f'sum({name})::BIGINT' for name in SUMMED)} FROM stage.totals_street WHERE part = ? GROUP BY part, entry, status, in_force"


@dataclass(frozen=True, slots=True)
class Part:
    """A partition: its name, whose rows, which program answers it."""

    name: str
    some: Some
    answers: Answers


class Carrier(Protocol):
    """What carries the statements of a partition out."""

    dialect: str

    def part_size(self, means: Means) -> int:
        """Return how many households a partition has unless it is said."""
        ...

    def answer(self, work: Work, part: Part, asked: list[int]) -> list[str]:
        """Make ``found``, ``who`` and ``people``, in the work database at least for some households; return the tables made there."""
        ...

    def write(self, work: Work, part: Part, query: str, text: str) -> dict[str, Any]:
        """Write the rows of a query whole or not at all; return their number and the two halves of the hash over each row's ``text``."""
        ...

    def total(self, connection: Any, name: str, query: str) -> None:
        """Add the rows of a query over ``found`` and ``who`` to a table of totals in the stage."""
        ...

    def done(self, work: Work, part: Part) -> None:
        """Forget what a partition left behind."""
        ...


class OnDuckDb:
    """Carries partitions out in the work database itself."""

    dialect = "duckdb"

    def __init__(self) -> None:
        self.held: Held | None = None

    def part_size(self, means: Means) -> int:
        """Return as many households as the memory bears: DuckDB plans each partition anew, and shares out 120,000 rows at a time."""
        return households_within(means)

    def answer(self, work: Work, part: Part, asked: list[int]) -> list[str]:
        """Make the program's tables, every stage, ``found`` and ``who``, and what adds them up."""
        self.held = Held(work.connection, part.answers.program.scanned, work.hands)
        tasks = [*work.inputs[id(part.answers)].tasks(part.some), *part.answers.tasks(work.connection, part.some)]
        totals = [Task(f"totals_{name}", _total(part.name, name), frozenset(["who"])) for name in TOTALS if work.totals]
        self.held.make([*tasks, *totals])
        return ["found"]

    def write(self, work: Work, part: Part, query: str, text: str) -> dict[str, Any]:
        """Write one file beside and move it into place."""
        file = work.folder.parts / f"{part.name}.parquet"
        beside = work.folder.work / f"{part.name}.parquet"
        work.connection.execute(f"COPY ({query}) TO {literal(str(beside))} (FORMAT parquet, COMPRESSION zstd)")
        # The hash is of what lies in the file. A text is hashed once and cut in two: md5_number_lower and _upper would each hash it.
        halves = ", ".join(f"coalesce(sum(({half})::UBIGINT), 0)::VARCHAR" for half in HALVES)
        count, low, high = work.connection.execute(f"SELECT count(*), {halves} FROM (SELECT md5_number({text}) AS n FROM {literal(str(beside))})").fetchone()
        beside.replace(file)
        return {"rows": count, "hash": [low, high]}

    def total(self, connection: Any, name: str, query: str) -> None:  # noqa: ARG002 - the query was carried out with the rest
        """Insert what was added up."""
        connection.execute(f"INSERT INTO stage.{name} SELECT * FROM {name}")

    def done(self, work: Work, part: Part) -> None:
        """Drop the tables of a partition."""
        if self.held is not None:
            self.held.drop()


@dataclass(frozen=True, slots=True)
class Work:
    """What every partition is worked out with; ``share`` of a million households are asked about by the reference.

    ``open_rows``, ``open_of``, ``totals`` and ``open_entries`` as of the order. ``hands``: how many statements are carried out
    at a time.
    """

    engine: Engine
    connection: Any
    folder: OutFolder
    homes: Answers | None
    organisations: Answers | None
    inputs: dict[int, Inputs]
    reference: Reference
    undecided: bool
    share: int
    carrier: Carrier
    open_rows: bool = False
    open_of: Path | None = None
    totals: bool = True
    open_entries: frozenset[str] | None = None
    hands: int = 1


def make_tables(connection: Any) -> None:
    """Make the tables that partitions are added to, in the stage, so that they outlive a kill."""
    connection.execute("CREATE TABLE stage.parts (name VARCHAR, info VARCHAR)")
    connection.execute(
        "CREATE TABLE stage.open (part VARCHAR, need VARCHAR, entry VARCHAR, hh BIGINT, undecided BOOLEAN, low BIGINT, high BIGINT, answers BIGINT)"
    )
    for name in ("rule", *TOTALS):
        keys = {"rule": "", "street": "street VARCHAR, ", "group": "grp VARCHAR, "}[name]
        connection.execute(
            f"CREATE TABLE stage.totals_{name} (part VARCHAR, {keys}entry VARCHAR, status BOOLEAN, in_force BOOLEAN, households BIGINT, "
            "answers BIGINT, low_fen BIGINT, high_fen BIGINT, without_sum BIGINT, open_above BIGINT)"
        )


def carry_out(work: Work, part: Part, tick: Callable[[int], None]) -> None:
    """Work one partition out and mark it done."""
    connection, asked = work.connection, _asked(work, part)
    made = _labels(work, part.answers)
    made += work.carrier.answer(work, part, asked)
    opened = work.reference.ask(connection, asked, tick)
    connection.execute("CREATE OR REPLACE TABLE needs (id BIGINT, entry INTEGER, needs VARCHAR[])")
    if work.undecided:
        _keep_needs(connection, part.answers, opened)
    made += _wait(work)
    written = _write(work, part)
    connection.execute("BEGIN")
    for name in TOTALS if work.totals else ():
        work.carrier.total(connection, f"totals_{name}", _total(part.name, name))
    connection.execute(f"INSERT INTO stage.totals_rule {BY_RULE}", [part.name])
    _keep_open(connection, part, opened)
    connection.execute("INSERT INTO stage.parts VALUES (?, ?)", [part.name, json.dumps({**_counts(connection, part), **written, "asked": len(asked)})])
    connection.execute("COMMIT")
    for name in reversed([*made, "needs"]):
        connection.execute(f"DROP TABLE IF EXISTS {quoted(name)}")
    work.carrier.done(work, part)


def _labels(work: Work, answers: Answers) -> list[str]:
    """Make ``entries`` and ``grps``: what is known of an entry before any household, and the bits of groups."""
    connection = work.connection
    connection.execute("CREATE OR REPLACE TABLE entries (place INTEGER, name VARCHAR, kind VARCHAR, has_money BOOLEAN, unit VARCHAR, every VARCHAR, article VARCHAR)")
    listed = [(place, e.id, e.kind, e.has_money, *entry_facts(work.engine, e)) for place, e in enumerate(answers.entries)]
    connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", listed)
    connection.execute("CREATE OR REPLACE TABLE grps (name VARCHAR, bit BIGINT)")
    connection.executemany("INSERT INTO grps VALUES (?, ?)", [("", 0), *((e.id, 1 << bit) for bit, e in enumerate(answers.groups))])
    return ["entries", "grps"]


def entry_facts(engine: Engine, entry: Entry) -> tuple[str, str | None, str]:
    """Return unit, cadence and articles of an entry."""
    assert entry.kind in GIVEN
    unit = unit_text(entry.unit) if entry.has_money else ""
    return unit, entry.every, "、".join(engine.articles[entry.id]) or entry.place


# -- the reference -----------------------------------------------------------------------------------------------
def _asked(work: Work, part: Part) -> list[int]:
    """Return the households of a partition that the reference is asked about: drawn by a hash of their id."""
    if part.answers.entries and part.answers.entries[0].per == "organisation":
        return []
    drawn = f"md5_number_lower(name) % {MILLION} < {work.share}"
    query = f"SELECT line FROM stage.rows_household WHERE {part.some.clause('household')} AND {drawn} ORDER BY line"
    return [line for (line,) in work.connection.execute(query).fetchall()]


def _keep_needs(connection: Any, answers: Answers, opened: list[Open]) -> None:
    """Make ``needs``: id, entry, what would settle the answer."""
    import pyarrow as pa

    if not opened:
        return
    table = pa.table({
        "entity": [o.entity for o in opened], "row": [o.row for o in opened], "entry": pa.array([o.place for o in opened], pa.int32()),
        "needs": pa.array([list(o.needs) for o in opened], pa.list_(pa.string())),
    })  # fmt: skip
    connection.register("opened", table)
    connection.execute("INSERT INTO needs SELECT w.id, o.entry, o.needs FROM opened AS o JOIN people AS w ON w.entity = o.entity AND w.name = o.row")
    connection.unregister("opened")


def _keep_open(connection: Any, part: Part, opened: list[Open]) -> None:
    """Add one row for each need of each open answer, summed up by household and entry."""
    import pyarrow as pa

    sums: dict[tuple[str, str, int, bool], list[int | None]] = {}
    for item in opened:
        for need in item.needs:
            kept = sums.setdefault((need, part.answers.entries[item.place].id, item.hh, item.undecided), [0, 0, 0])
            kept[0] = (kept[0] or 0) + (item.low or 0)
            kept[1] = None if kept[1] is None or item.high is None else kept[1] + item.high
            kept[2] = (kept[2] or 0) + 1
    if not sums:
        return
    keys, values = list(sums), list(sums.values())
    table = pa.table({
        "need": [k[0] for k in keys], "entry": [k[1] for k in keys], "hh": pa.array([k[2] for k in keys], pa.int64()),
        "undecided": [k[3] for k in keys], "low": pa.array([v[0] for v in values], pa.int64()),
        "high": pa.array([v[1] for v in values], pa.int64()), "answers": pa.array([v[2] for v in values], pa.int64()),
    })  # fmt: skip
    connection.register("opened", table)
    connection.execute(f"INSERT INTO stage.open SELECT {literal(part.name)}, need, entry, hh, undecided, low, high, answers FROM opened")
    connection.unregister("opened")


# -- rows and totals ---------------------------------------------------------------------------------------------
def _wait(work: Work) -> list[str]:
    """Make ``waited``, the open answers that are written, if the order names them; return the tables made."""
    if work.open_of is None:
        return []
    import pyarrow.parquet as pq

    work.connection.register("named", pq.read_table(work.open_of, columns=["row", "entry"]))
    work.connection.execute("CREATE OR REPLACE TABLE waited AS SELECT DISTINCT w.id, e.place AS entry FROM named AS n JOIN people AS w ON w.name = n.row JOIN entries AS e ON e.name = n.entry")
    work.connection.unregister("named")
    return ["waited"]


def _rows(work: Work) -> str:
    needs, join, found = "NULL::VARCHAR[]", "", "found"
    if work.open_of is not None:
        found = "(SELECT * FROM found WHERE status UNION ALL SELECT f.* FROM found AS f JOIN waited AS o ON o.id = f.id AND o.entry = f.entry WHERE f.status IS NULL)"
    if work.undecided:
        needs, join = "n.needs", " LEFT JOIN needs AS n ON n.id = f.id AND n.entry = f.entry"
    share = f"CAST(CAST(f.{{}} AS DECIMAL(18, 0)) * 0.{'0' * (len(str(SHARE_STEPS)) - 2)}1 AS DECIMAL(18, 6))"
    return (
        "SELECT w.household, w.street, w.community, w.entity, w.name AS row, w.owner, e.name AS entry, e.kind, "
        "CASE WHEN f.status THEN 'yes' ELSE 'undecided' END AS status, f.in_force, f.low AS low_fen, f.high AS high_fen, "
        f"{share.format('share_low')} AS share_low, {share.format('share_high')} AS share_high, e.unit, e.every, e.article, {needs} AS needs "
        f"FROM {found} AS f JOIN people AS w ON w.id = f.id JOIN entries AS e ON e.place = f.entry{join}"
        + _wanted(work)
    )


def _wanted(work: Work) -> str:
    """Return which of the answers found are written: the yes always, the open ones as the order says."""
    if work.open_rows and work.open_entries is not None:
        return f" WHERE f.status OR e.name IN ({listed(sorted(work.open_entries))})" if work.open_entries else " WHERE f.status"
    return "" if work.undecided or work.open_rows or work.open_of is not None else " WHERE f.status"


HASHED = ("household", "entity", "row", "entry", "status", "in_force", "low_fen", "high_fen", "share_low", "share_high", "needs")


def _write(work: Work, part: Part) -> dict[str, Any]:
    """Write the rows of a partition whole or not at all; return their number and the two halves of their hash."""
    text = "concat_ws(chr(31), " + ", ".join(f"coalesce(CAST({quoted(name)} AS VARCHAR), chr(30))" for name in HASHED) + ")"
    return work.carrier.write(work, part, _rows(work), text)


def _total(part: str, name: str) -> str:
    """Return the query of one kind of totals; rows are added up by numbers, the few sums get their names afterwards."""
    by, counted = ("street", "count(DISTINCT w.hh)") if name == "street" else ("bits", "NULL::BIGINT")
    inner = (
        f"SELECT w.{by}, f.entry, f.status, f.in_force, {counted} AS households, {SUMS} "
        f"FROM found AS f JOIN who AS w ON w.id = f.id GROUP BY w.{by}, f.entry, f.status, f.in_force"
    )
    without = "CASE WHEN e.has_money THEN s.without_sum ELSE 0 END"
    if name == "street":
        return (
            f"SELECT {literal(part)}, s.street, e.name AS entry, s.status, s.in_force, s.households, s.answers, s.low_fen, s.high_fen, {without}, s.open_above "
            f"FROM ({inner}) AS s JOIN entries AS e ON e.place = s.entry"
        )
    return (
        f"SELECT {literal(part)}, g.name AS grp, e.name AS entry, s.status, s.in_force, NULL::BIGINT, sum(s.answers)::BIGINT, sum(s.low_fen)::BIGINT, "
        f"sum(s.high_fen)::BIGINT, sum({without})::BIGINT, sum(s.open_above)::BIGINT "
        f"FROM ({inner}) AS s JOIN entries AS e ON e.place = s.entry JOIN grps AS g ON s.bits & g.bit <> 0 OR (s.bits = 0 AND g.bit = 0) "
        "GROUP BY g.name, e.name, s.status, s.in_force"
    )


def _counts(connection: Any, part: Part) -> dict[str, Any]:
    if part.answers.entries and part.answers.entries[0].per == "organisation":
        return {"households": 0, "people": 0}
    households, people = (
        connection.execute(f"SELECT count(*) FROM {rows(e)} WHERE {part.some.clause(e)}").fetchone()[0] for e in ("household", "person")
    )
    return {"households": households, "people": people}


__all__ = ["Carrier", "OnDuckDb", "Part", "Work", "carry_out", "make_tables"]
