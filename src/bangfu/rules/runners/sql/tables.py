"""Stated rows as tables: one per entity, the record, and one row for each run (what was stated at all, the basis).

``id`` numbers the rows of all runs through; ``up``, ``at`` and ``owner`` are such numbers. NULL is unknown, a closed
gate is carried out already (``name!`` is yes where a fact is closed).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

from sqlglot import exp

from bangfu.rules.engine import Engine
from bangfu.rules.runners.python.rows import Row, Run, owner_of
from bangfu.rules.runners.sql.frames import Stored
from bangfu.rules.runners.sql.stages import FACT_DEN, fact_shapes
from bangfu.rules.runners.sql.support import gap
from bangfu.rules.runners.sql.tree import Exp
from bangfu.rules.values import CLOSED, Unknown

TYPES = {"number": "BIGINT", "yes_no": "BOOLEAN", "date": "DATE", "code": "VARCHAR", "codes": "VARCHAR[]"}
LINKS = {
    "id": "BIGINT",
    "run": "BIGINT",
    "name": "VARCHAR",
    "up": "BIGINT",
    "at": "BIGINT",
    "owner": "BIGINT",
    "date": "DATE",
    "date!": "BOOLEAN",
}
RECORD = {
    f"record.{name}": kind
    for name, kind in (
        ("entry", "VARCHAR"), ("row", "BIGINT"), ("owner", "BIGINT"), ("claim", "VARCHAR"), ("of", "VARCHAR"),
        ("own", "BOOLEAN"), ("since", "DATE"), ("until", "DATE"), ("paid_on", "DATE"), ("amount", "BIGINT"),
        ("quantity", "BIGINT"), ("place", "BIGINT"),
    )
}  # fmt: skip

Table = tuple[str, dict[str, str], list[list[Any]]]


class Tables:
    """The tables of one pack, by name and columns; ``rows`` numbers what is loaded."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.vocabulary = engine.pack.vocabulary
        self.shapes: dict[str, Stored] = fact_shapes(engine.pack)
        self.names: set[str] | None = None
        self.tables: set[str] | None = None
        self.collections = [e.collection for e in self.vocabulary.entities.values() if e.collection]

    def only(self, statements: Iterable[Exp]) -> None:
        """Leave out every table and column that no statement reads."""
        self.names, self.tables = set(), set()
        for statement in statements:
            self.names |= {column.name for column in statement.find_all(exp.Column)}
            self.tables |= {table.name for table in statement.find_all(exp.Table)}

    def columns(self, entity: str) -> dict[str, str]:
        """Return name → type of the columns of an entity's rows that are read."""
        return {name: kind for name, kind in self._all_columns(entity).items() if name in LINKS or self._read(name)}

    def _read(self, name: str) -> bool:
        return self.names is None or name in self.names

    def _all_columns(self, entity: str) -> dict[str, str]:
        found = dict(LINKS)
        for fact in self.vocabulary.facts_of(entity):
            if fact.kind == "text":
                continue
            shape = self.shapes[fact.id]
            found[fact.id] = TYPES[shape.kind]
            if shape.closed:
                found[f"{fact.id}!"] = "BOOLEAN"
        for entry in self.engine.pack.entries.values():
            if entry.kind == "recognition" and entry.per == entity:
                found[f"said {entry.id}"] = "BOOLEAN"
        return found

    def run_columns(self) -> dict[str, str]:
        """Return name → type of the columns of ``runs``."""
        return {
            "id": "BIGINT",
            "record": "BOOLEAN",
            "recorded": "BOOLEAN",
            **{f"has {c}": "BOOLEAN" for c in self.collections},
        }

    def made(self, runs: list[tuple[Run, set[str]]]) -> Iterator[Table]:
        """Yield every table of some runs (``Run`` without results, collections stated)."""
        numbers = {id(row): n for n, row in enumerate(row for run, _ in runs for row in run.all_rows())}
        for entity in self.vocabulary.entities:
            if self.tables is not None and f"rows_{entity}" not in self.tables:
                continue
            columns = self.columns(entity)
            rows = [
                self._row(row, columns, place, numbers)
                for place, (run, _) in enumerate(runs)
                for row in run.rows[entity]
            ]
            yield f"rows_{entity}", columns, rows
        stated = [
            [place, run.record.known, run.basis == "recorded", *(c in known for c in self.collections)]
            for place, (run, known) in enumerate(runs)
        ]
        yield "runs", self.run_columns(), stated
        yield "record_rows", RECORD, [line for run, _ in runs for line in self._record(run, numbers)]

    def _row(self, row: Row, columns: dict[str, str], place: int, numbers: dict[int, int]) -> list[Any]:
        def number_of(other: Row | None) -> int | None:
            return None if other is None else numbers.get(id(other))

        date = row.date if isinstance(row.date, dt.date) else None
        found: list[Any] = [
            numbers[id(row)],
            place,
            row.id,
            number_of(row.up),
            number_of(row.at),
            number_of(owner_of(row)),
            date,
            row.date is CLOSED,
        ]
        slots = self.engine.layout.slots[row.entity]
        for name in list(columns)[len(LINKS) :]:
            if name.startswith("said "):
                found.append(row.stated.get(name[5:]))
            elif name.endswith("!"):
                found.append(row.v[slots[name[:-1]]] is CLOSED)
            else:
                found.append(self._fact(name, row.v[slots[name]]))
        return found

    def _fact(self, name: str, value: Any) -> Any:
        if isinstance(value, Unknown) or value is CLOSED:
            return None
        shape = self.shapes[name]
        if shape.kind == "codes":
            return sorted(value)
        return value if shape.kind != "number" else _whole(value, shape.den or 1, name)

    def _record(self, run: Run, numbers: dict[int, int]) -> Iterator[list[Any]]:
        rows = {(row.entity, row.id): row for row in run.all_rows()}
        for (entry, entity, row_id), items in run.record.by_row.items():
            row = rows[entity, row_id]
            for place, item in enumerate(items):
                own = row_id in (item.claim, item.of)
                amount = None if item.amount is None else _whole(item.amount, 1, "amount")
                quantity = None if item.quantity is None else _whole(item.quantity, FACT_DEN, "quantity")
                yield [entry, numbers[id(row)], numbers[id(owner_of(row))], item.claim, item.of, own, item.since, item.until,
                       item.paid_on, amount, quantity, place]  # fmt: skip


def _whole(value: Any, den: int, where: str) -> int:
    number = Fraction(value) * den
    if number.denominator != 1:
        gap("number with more than four decimals", where)
    return number.numerator
