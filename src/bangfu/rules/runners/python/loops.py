"""Loops over collections: any, all, count, sum, min, max, with windows by the row's date."""

from __future__ import annotations

import datetime as dt
from typing import Any

from bangfu.rules.runners.python import ops
from bangfu.rules.runners.python.rows import Row
from bangfu.rules.values import CLOSED, Range, Unknown, needs_of
from bangfu.rules.vocabulary import Vocabulary


def loop_rows(owner: Row, chain: tuple[str, ...]) -> Any:
    """Return the rows that a chain of collections leads to; Unknown if nobody stated one of them."""
    rows = owner.kids.get(chain[0])
    if rows is None:
        return Unknown(frozenset({chain[0]}))
    for collection in chain[1:]:
        if rows.__class__ is Unknown:
            return rows
        gathered: list[Row] = []
        for row in rows:
            inner = row.kids.get(collection, Unknown(frozenset({collection})))
            if inner.__class__ is Unknown:
                return inner
            gathered.extend(inner)
        rows = gathered
    return rows


def chain_to(vocabulary: Vocabulary, owner: str, entity: str) -> tuple[str, ...]:
    """Return the collections that lead from an owner down to an entity's rows."""
    chain: list[str] = []
    here = entity
    while here != owner:
        found = vocabulary.entities[here]
        chain.insert(0, found.collection or "")
        if owner not in list(vocabulary.owners(here)) or found.belongs_to is None:
            break
        here = found.belongs_to
    return tuple(chain)


def in_window(row: Row, window: str | None, on: Any) -> Any:
    """Return whether a row's date lies in the window: the calendar year of ``on``, or the 12 months up to it."""
    if window is None:
        return True
    if row.date.__class__ is Unknown or on.__class__ is Unknown:
        return Unknown(needs_of(row.date, on))
    if row.date is CLOSED:
        return False
    day: dt.date = row.date
    if window == "this_year":
        return day.year == on.year
    return ops.add_months(on, -12) < day <= on


def _tested(r: Row, rows: list[Row], test: Any, window: str | None, on: Any) -> list[tuple[Row, Any]]:
    """Return each row with how its test came out; rows outside the window are left out; no test is a yes."""
    if test is None:
        return [(row, True) for row in rows]
    if window is None:
        return [(row, test(r, row)) for row in rows]
    found = []
    for row in rows:
        inside = in_window(row, window, on)
        if inside is False:
            continue
        found.append((row, ops.kleene_and([inside, test(r, row)])))
    return found


def fold_any(r: Row, rows: list[Row], body: Any, test: Any, window: str | None, on: Any) -> Any:
    """Return Kleene or over (test and body)."""
    if test is None:
        return ops.kleene_or([body(r, row) for row in rows])
    return ops.kleene_or([ops.kleene_and([t, body(r, row)]) for row, t in _tested(r, rows, test, window, on)])


def fold_all(r: Row, rows: list[Row], body: Any, test: Any, window: str | None, on: Any) -> Any:
    """Return Kleene and over (not test or body)."""
    if test is None:
        return ops.kleene_and([body(r, row) for row in rows])
    return ops.kleene_and(
        [ops.kleene_or([ops.kleene_not(t), body(r, row)]) for row, t in _tested(r, rows, test, window, on)]
    )


def fold_count(r: Row, rows: list[Row], body: Any, test: Any, window: str | None, on: Any) -> Any:
    """Return how many pass; a counted range where some tests are unknown."""
    sure = 0
    open_rows: list[Any] = []
    for _, t in _tested(r, rows, test, window, on):
        if t.__class__ is Unknown:
            open_rows.append(t)
        elif t:
            sure += 1
    return sure if not open_rows else Range(sure, sure + len(open_rows), needs_of(*open_rows), counted=True)


def fold_sum(r: Row, rows: list[Row], body: Any, test: Any, window: str | None, on: Any) -> Any:
    """Return the sum; any unknown term or test makes unknown; the sum of none is 0."""
    total: Any = 0
    missing: list[Any] = []
    for row, t in _tested(r, rows, test, window, on):
        if t.__class__ is Unknown:
            missing.append(t)
            continue
        if t:
            value = body(r, row)
            if value.__class__ is Unknown:
                missing.append(value)
            elif value is not CLOSED:
                total = ops.add(total, value)
    if missing:
        return Unknown(needs_of(*missing, total))
    return total


def _fold_extreme(*, low: bool) -> Any:
    def fold(r: Row, rows: list[Row], body: Any, test: Any, window: str | None, on: Any) -> Any:
        values: list[Any] = []
        missing: list[Any] = []
        for row, t in _tested(r, rows, test, window, on):
            if t.__class__ is Unknown:
                missing.append(t)
            elif t:
                values.append(body(r, row))
        if missing or any(v.__class__ is Unknown for v in values):
            return Unknown(needs_of(*missing, *values))
        if not values:
            return Unknown(frozenset())
        return ops.least(values) if low else ops.greatest(values)

    return fold


FOLD = {
    "any": fold_any,
    "all": fold_all,
    "count": fold_count,
    "sum": fold_sum,
    "min": _fold_extreme(low=True),
    "max": _fold_extreme(low=False),
}
