"""Stated rows of households as tables of columns, for a program's inputs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from bangfu.rules.engine import Engine
from bangfu.rules.runners.python.rows import Row, Run, owner_of
from bangfu.rules.runners.sql.columns import FACT_DEN, LINKS, fact_shapes
from bangfu.rules.runners.sql.support import gap
from bangfu.rules.values import CLOSED, Unknown

Inputs = Mapping[str, Mapping[str, str]]
"""Table → column → kind."""
Table = tuple[str, dict[str, list[Any]]]


class Tables:
    """The tables of some runs (``Run`` without results, collections stated), as far as a program reads them."""

    def __init__(self, engine: Engine, inputs: Inputs) -> None:
        self.engine = engine
        self.inputs = inputs
        self.shapes = fact_shapes(engine.pack)

    def made(self, runs: list[tuple[Run, set[str]]]) -> Iterator[Table]:
        """Yield each table with its columns."""
        numbers = {id(row): n for n, row in enumerate(row for run, _ in runs for row in run.all_rows())}
        for table, columns in self.inputs.items():
            if table == "runs":
                rows: Iterator[dict[str, Any]] = (self._run(place, run, known) for place, (run, known) in enumerate(runs))
            elif table == "record_rows":
                rows = (line for run, _ in runs for line in self._record(run, numbers))
            else:
                entity = table.removeprefix("rows_")
                rows = (self._row(row, columns, place, numbers) for place, (run, _) in enumerate(runs) for row in run.rows[entity])
            listed = list(rows)
            yield table, {name: [row[name] for row in listed] for name in columns}

    def _run(self, place: int, run: Run, known: set[str]) -> dict[str, Any]:
        return {"id": place, "record": run.record.known, **{name: name[4:] in known for name in self.inputs["runs"] if name.startswith("has ")}}

    def _row(self, row: Row, columns: Mapping[str, str], place: int, numbers: dict[int, int]) -> dict[str, Any]:
        def number_of(other: Row | None) -> int | None:
            return None if other is None else numbers.get(id(other))

        found: dict[str, Any] = {
            "id": numbers[id(row)], "run": place, "name": row.id, "up": number_of(row.up), "at": number_of(row.at),
            "owner": number_of(owner_of(row)), "date": row.date if isinstance(row.date, dt.date) else None,
            "date!": row.date is CLOSED,
        }  # fmt: skip
        slots = self.engine.layout.slots[row.entity]
        for name in columns:
            if name in LINKS:
                continue
            if name.startswith("said "):
                found[name] = row.stated.get(name[5:])
            elif name.endswith("!"):
                found[name] = row.v[slots[name[:-1]]] is CLOSED
            else:
                found[name] = self._fact(name, row.v[slots[name]])
        return found

    def _fact(self, name: str, value: Any) -> Any:
        if isinstance(value, Unknown) or value is CLOSED:
            return None
        shape = self.shapes[name]
        if shape.kind == "codes":
            return sorted(value)
        return value if shape.kind != "number" else _whole(value, shape.den or 1, name)

    def _record(self, run: Run, numbers: dict[int, int]) -> Iterator[dict[str, Any]]:
        rows = {(row.entity, row.id): row for row in run.all_rows()}
        for (entry, entity, row_id), items in run.record.by_row.items():
            row = rows[entity, row_id]
            for place, item in enumerate(items):
                own = row_id in (item.claim, item.of)
                amount = None if item.amount is None else _whole(item.amount, 1, "amount")
                quantity = None if item.quantity is None else _whole(item.quantity, FACT_DEN, "quantity")
                yield {
                    "entry": entry, "row": numbers[id(row)], "owner": numbers[id(owner_of(row))], "claim": item.claim,
                    "of": item.of, "own": own, "since": item.since, "until": item.until, "paid_on": item.paid_on,
                    "amount": amount, "quantity": quantity, "place": place,
                }  # fmt: skip


def _whole(value: Any, den: int, where: str) -> int:
    number = Fraction(value) * den
    if number.denominator != 1:
        gap("number with more than four decimals", where)
    return number.numerator
