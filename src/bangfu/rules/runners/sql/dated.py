"""Values by date: constant on ``today``, CASE over the stretches of days for a date of the row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from bangfu.rules.pack.model import Document, Parameter
from bangfu.rules.runners.sql.tree import Exp, both, compare, day, present
from bangfu.rules.runners.sql.vals import Val, pick

ONE = dt.timedelta(days=1)


def days_of(parameter: Parameter, document: Document | None) -> set[dt.date]:
    """Return the days on which a parameter's value may change, the ends of the document's force among them."""
    days: set[dt.date] = set()
    for version in parameter.versions:
        if version.since is None:
            continue
        days.add(version.since)
        if parameter.series:
            year = parameter.series == "year"
            since = version.since
            days.add(
                dt.date(since.year + 1, 1, 1)
                if year
                else dt.date(since.year + since.month // 12, since.month % 12 + 1, 1)
            )
    if document is not None:
        days |= {d for d in (document.since, document.until + ONE if document.until else None) if d is not None}
    return days


def dated(on: Exp, days: set[dt.date], value: Callable[[dt.date], Any], make: Callable[[Any], Val], kind: str) -> Val:
    """Return the value on a date of the row; unknown where that date is."""
    starts = sorted(days)
    first = (starts[0] if starts else dt.date(2000, 1, 1)) - ONE
    stretches: list[tuple[dt.date | None, Any]] = [(None, value(first))]
    for begin in starts:
        found = value(begin)
        if found != stretches[-1][1]:
            stretches.append((begin, found))
    rows: list[tuple[Exp, Val]] = []
    for place, (start, found) in enumerate(stretches):
        end = stretches[place + 1][0] if place + 1 < len(stretches) else None
        rows.append((_between(on, start, end), make(found)))
    return pick(rows, kind)


def _between(on: Exp, start: dt.date | None, end: dt.date | None) -> Exp:
    if start is None and end is None:
        return present(on)
    ends = [compare("ge", on, day(start))] if start is not None else []
    return both([*ends, *([compare("lt", on, day(end))] if end is not None else [])])
