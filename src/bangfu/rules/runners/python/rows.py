"""Rows: one person, household, job or claim with its facts and, once worked out, its results."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bangfu.rules.record_row import RecordRow
from bangfu.rules.values import Unknown


class Row:
    """One row. ``v`` holds facts and results by slot; ``kids`` its collections (Unknown where nobody stated them)."""

    __slots__ = ("at", "date", "entity", "id", "kids", "run", "stated", "up", "v")

    def __init__(self, entity: str, row_id: str, v: list[Any]) -> None:
        self.entity = entity
        self.id = row_id
        self.v = v
        self.up: Row | None = None
        self.at: Row | None = None
        self.kids: dict[str, Any] = {}
        self.stated: dict[str, bool] = {}
        self.date: Any = None
        self.run: Any = None

    def __repr__(self) -> str:
        return f"<{self.entity} {self.id}>"


@dataclass(slots=True)
class Record:
    """What the record holds, by entry and row. ``known`` is False where nobody stated the record."""

    known: bool
    by_row: dict[tuple[str, str, str], list[RecordRow]] = field(default_factory=dict)
    by_owner: dict[tuple[str, str, str], list[RecordRow]] = field(default_factory=dict)

    def rows(self, entry: str, row: Row) -> list[RecordRow]:
        """Return the record rows of one entry for one row."""
        return self.by_row.get((entry, row.entity, row.id), [])

    def owned(self, entry: str, owner: Row) -> list[RecordRow]:
        """Return the record rows of one entry for all rows of one owner."""
        return self.by_owner.get((entry, owner.entity, owner.id), [])


@dataclass(slots=True)
class Run:
    """One assessment under way: the date asked, the basis, the record and all rows by entity."""

    today: dt.date
    basis: str
    record: Record
    rows: dict[str, list[Row]]

    def all_rows(self) -> Iterator[Row]:
        """Yield every row."""
        for rows in self.rows.values():
            yield from rows


OWNER_ENTITIES = ("person", "household", "organisation", "place")


def owner_of(row: Row) -> Row:
    """Return the person, household or organisation that a row's limits are counted for."""
    here = row
    while here.entity not in OWNER_ENTITIES and here.up is not None:
        here = here.up
    return here


def holding(run: Run, entry: str, row: Row, on: Any, needs: frozenset[str]) -> Any:
    """Return whether the record holds an entry for a row on a day: yes, no or unknown."""
    if entry in row.stated:
        return row.stated[entry]
    if not run.record.known:
        return Unknown(needs)
    if on.__class__ is Unknown:
        return on if run.record.rows(entry, row) else False
    return current(run, entry, row, on) is not None


def current(run: Run, entry: str, row: Row, on: dt.date) -> RecordRow | None:
    """Return the record row that is held on a day, the earliest first."""
    rows = run.record.by_row.get((entry, row.entity, row.id)) if run.record.by_row else None
    if not rows:
        return None
    held = [
        r for r in rows
        if r.since is not None and r.since <= on and (r.until is None or on <= r.until)
    ]  # fmt: skip
    return min(held, key=lambda r: r.since or dt.date.min) if held else None
