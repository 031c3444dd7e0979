"""Limits and yearly thresholds: what earlier claims, other periods and the record leave of an amount."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from bangfu.rules.pack.model import Entry, Limit
from bangfu.rules.record_row import RecordRow
from bangfu.rules.runners.python import ops
from bangfu.rules.runners.python.logic import Closure
from bangfu.rules.runners.python.results import Result
from bangfu.rules.runners.python.rows import Row, owner_of
from bangfu.rules.values import Range, Unknown, needs_of

Span = tuple[Any, Any, frozenset[str]]
RECORD = frozenset({"record"})


def same_period(window: str, a: dt.date, b: dt.date) -> bool:
    """Tell whether two days lie in the same window (policy years count as calendar years unless set otherwise)."""
    if window == "day":
        return a == b
    if window == "week":
        return a.isocalendar()[:2] == b.isocalendar()[:2]
    if window == "month":
        return (a.year, a.month) == (b.year, b.month)
    if window == "quarter":
        return (a.year, (a.month - 1) // 3) == (b.year, (b.month - 1) // 3)
    if window == "half_year":
        return (a.year, a.month > 6) == (b.year, b.month > 6)
    if window == "school_year":
        return school_year(a) == school_year(b)
    if window in ("year", "policy_year"):
        return a.year == b.year
    return True


def school_year(day: dt.date) -> int:
    """Return the year in which the school year of a day began (1 September)."""
    return day.year if day.month >= 9 else day.year - 1


def _in_window(limit: Limit, paid: dt.date, on: dt.date) -> bool:
    if limit.window == "rolling":
        return ops.add_months(on, -limit.months) < paid <= on
    return same_period(limit.window, paid, on)


def quantity_is_months(entry: Entry) -> bool:
    """Tell whether the quantity on a payment says for how many months it is: an entry that counts nothing else."""
    return entry.quantity is None and all(tier.quantity is None for tier in entry.tiers)


class Limiter:
    """Applies one entry's limits to the rows of one owner, in the order of (date, id)."""

    def __init__(self, entry: Entry, limits: list[Closure], each: list[Closure | None]) -> None:
        self.entry = entry
        self.by_months = quantity_is_months(entry)
        known = list(zip(entry.limits, limits, each, strict=True))
        self.quantities = [item for item in known if item[0].measure == "quantity"]
        self.others = [item for kind in ("money", "count", "months") for item in known if item[0].measure == kind]

    def apply(self, rows: list[tuple[Row, Result]], pay: Callable[[Row, Result], None]) -> None:
        """Reduce the results of one owner's rows; ``pay`` works the amount out again after a quantity is reduced."""
        earlier: list[tuple[Row, Result]] = []
        for row, result in rows if len(rows) == 1 else sorted(rows, key=_order):
            if result.status is False or (result.notes and any(note[0] == "settled" for note in result.notes)):
                continue
            self._row(row, result, earlier, pay)
            if result.status is not False:
                earlier.append((row, result))

    def _row(self, row: Row, result: Result, earlier: list[tuple[Row, Result]], pay: Callable[[Row, Result], None]) -> None:
        result.before = result.amount
        for limit, amount, each in self.quantities:
            self._one(limit, amount(row, None), row, result, earlier, each)
        if self.quantities:
            pay(row, result)
            result.before = result.amount
        for limit, amount, each in self.others:
            self._one(limit, amount(row, None), row, result, earlier, each)

    def _one(
        self, limit: Limit, most: Any, row: Row, result: Result, earlier: list[tuple[Row, Result]], each: Closure | None
    ) -> None:
        code = each(row, None) if each is not None else None
        if code.__class__ is Unknown:
            result.status = ops.kleene_and([result.status, code])
            return
        peers = [(r, x) for r, x in earlier if each is None or each(r, None) == code]
        if limit.window == "claim" or (not peers and _nothing_before(row, most)):
            left: Any = most
        else:
            alone = limit.window == "rolling" and limit.measure == "count"
            used = self._used(limit, row, [] if alone else peers, lambda paid: _same_code(paid, row, each, code))
            left = _minus(most, used)
            if alone and row.date.__class__ is not Unknown:
                left = _one_at_a_time(left, peers)
        self._reduce(limit, left, most, result)

    def _reduce(self, limit: Limit, left: Any, most: Any, result: Result) -> None:
        if limit.measure in ("count", "months"):
            one = ops.COMPARE["ge"](left, 1)
            if one is False:
                result.notes.append(("limit_count", (limit.address, most)))
                result.status, result.amount = False, 0 if result.amount is not None else None
            elif one.__class__ is Unknown:
                result.status = ops.kleene_and([result.status, one])
            return
        if limit.measure == "quantity":
            reduced = _at_most(result.quantity, left)
            if reduced != result.quantity:
                result.notes.append(("limit_quantity", (limit.address, most, left)))
            result.quantity = reduced
            if reduced.__class__ is not Unknown and ops.COMPARE["le"](reduced, 0) is True:
                result.status = False
            return
        amount = result.amount
        if amount is None or (left.__class__ is int and left > 0 and (amount.__class__ is Unknown or (amount.__class__ is int and amount <= left))):
            return  # nothing to take off
        reduced = _at_most(amount, left)
        if reduced.__class__ is not result.amount.__class__ or reduced != result.amount:
            result.notes.append(("limit", (limit.address, most, left)))
        result.amount = reduced

    def _used(
        self, limit: Limit, row: Row, earlier: list[tuple[Row, Result]], counts: Callable[[RecordRow], bool | None]
    ) -> Span:
        on = row.date if row.date is not None else row.run.today
        if on.__class__ is Unknown:
            return 0, None, on.needs
        low, high, needs = self._recorded(limit, row, on, counts)
        for other, result in earlier:
            day = other.date if other.date is not None else on
            if day.__class__ is dt.date and not _in_window(limit, day, on):
                continue
            least, most, why = _drawn(limit, result)
            low, needs = low + least, needs | why
            high = None if high is None or most is None else high + most
        return low, high, needs

    def _recorded(self, limit: Limit, row: Row, on: dt.date, counts: Callable[[RecordRow], bool | None]) -> Span:
        record = row.run.record
        if not record.known:
            return 0, None, RECORD
        total: Any = 0
        perhaps: Any = 0
        months: set[tuple[int, int]] = set()
        for paid in record.owned(self.entry.id, owner_of(row)):
            counted = counts(paid)
            if counted is False or self._own(paid, row, on, limit):
                continue
            day = paid.paid_on or paid.since
            if day is None or not _in_window(limit, day, on):
                continue
            if limit.measure == "months":
                if paid.quantity is None or not self.by_months:
                    months.add((day.year, day.month))
                else:
                    total += paid.quantity
                continue
            value = 1 if limit.measure == "count" else paid.amount if limit.measure == "money" else paid.quantity
            if value is None:
                return 0, None, RECORD
            if counted is None:
                perhaps += value
            else:
                total += value
        if limit.measure == "months":
            total = total + len(months) or self._months_held(row, on)
        return total, total + perhaps, RECORD if perhaps else frozenset()

    def _months_held(self, row: Row, on: dt.date) -> int:
        return sum(
            max(0, ops.months_between(held.since, min(on, held.until or on)))
            for held in row.run.record.owned(self.entry.id, owner_of(row))
            if held.since is not None
        )

    def _own(self, paid: RecordRow, row: Row, on: dt.date, limit: Limit) -> bool:
        """Tell whether a record row is this very claim, grant or period, which limits do not count against itself."""
        if row.entity in ("person", "household", "organisation", "place"):
            if limit.measure == "count":
                return paid.paid_on is None and paid.until is None and limit.window != "rolling" and paid.since == on
            every = self.entry.every or ""
            if paid.paid_on is None or every in ("once", "spell", "standing", "missing", ""):
                return paid.paid_on is None
            return same_period(every, paid.paid_on, on)
        return paid.claim == row.id or paid.of == row.id


def _nothing_before(row: Row, most: Any) -> bool:
    """Tell at once that a row without a date of its own has nothing on record: the whole limit is left."""
    record = row.run.record
    return row.date is None and record.known and not record.by_owner and (most.__class__ is Unknown or (most.__class__ is int and most >= 0))


def _same_code(paid: RecordRow, row: Row, each: Closure | None, code: Any) -> bool | None:
    """Tell whether a payment counts against a limit held for each code; None where the paid claim is not given."""
    if each is None:
        return True
    for other in row.run.rows[row.entity]:
        if other.id in (paid.claim, paid.of):
            found = each(other, None)
            return None if found.__class__ is Unknown else bool(found == code)
    return None


def _order(item: tuple[Row, Result]) -> tuple[int, dt.date, str]:
    day = item[0].date
    return (1, dt.date.max, item[0].id) if day.__class__ is not dt.date else (0, day, item[0].id)


def _drawn(limit: Limit, result: Result) -> Span:
    """Return what an earlier row uses of a limit: lowest, highest and what would settle it."""
    unknown = result.status.__class__ is Unknown
    if limit.measure in ("count", "months"):
        return (0 if unknown else 1), 1, needs_of(result.status)
    value = result.amount if limit.measure == "money" else result.quantity
    if value is None:
        return 0, 0, frozenset()
    if value.__class__ is Unknown:
        return 0, None, value.needs
    low, high = (value.low, value.high) if value.__class__ is Range else (value, value)
    return (0 if unknown else low), high, needs_of(result.status, value)


def _one_at_a_time(left: Any, earlier: list[tuple[Row, Result]]) -> Any:
    """Return what a rolling limit leaves after earlier rows: a new grant must be on record before the next is looked at."""
    needs: frozenset[str] = frozenset()
    for _, result in earlier:
        if result.status is True:
            return 0
        needs |= needs_of(result.status)
    if not needs or left.__class__ is Unknown:
        return left
    return Range(0, left.high if left.__class__ is Range else left, needs | needs_of(left))


def _minus(most: Any, used: Span) -> Any:
    low, high, needs = used
    if most.__class__ is Unknown:
        return most
    top, bottom = (most.high, most.low) if most.__class__ is Range else (most, most)
    needs = needs | needs_of(most)
    floor = 0 if high is None else max(bottom - high, 0)
    ceiling = None if top is None else max(top - low, 0)
    if not needs or (ceiling is not None and floor == ceiling):
        return floor
    return Range(floor, ceiling, needs)


def _at_most(value: Any, left: Any) -> Any:
    if left.__class__ is Unknown or value.__class__ is Unknown:
        if value.__class__ is not Unknown and value.__class__ is not Range:
            return Range(0, value, left.needs) if value > 0 else value
        if left.__class__ not in (Unknown, Range) and left == 0:
            return 0
        return Unknown(needs_of(value, left))
    if value.__class__ is Range or left.__class__ is Range:
        low = value.low if value.__class__ is Range else value
        high = value.high if value.__class__ is Range else value
        bottom = left.low if left.__class__ is Range else left
        top = left.high if left.__class__ is Range else left
        new_low = min(low, bottom)
        ends = [e for e in (high, top) if e is not None]
        new_high = min(ends) if ends else None
        if new_high is not None and new_low == new_high:
            return new_low
        if high is not None and value.__class__ is not Range and bottom >= high:
            return value
        return Range(new_low, new_high, needs_of(value, left))
    return min(value, left)


def draw_threshold(rows: list[tuple[Row, Any]], threshold: Any, recorded: Any) -> dict[str, Any]:
    """Return what is left of each row's base after the yearly threshold is used up in the order of (date, id).

    ``rows`` are (row, base) of one owner and year; ``recorded`` is what earlier settled claims already used.
    """
    left = ops.greatest([ops.sub(threshold, recorded), 0])
    found: dict[str, Any] = {}
    for row, base in sorted(rows, key=lambda item: (item[0].date if item[0].date.__class__ is dt.date else dt.date.max, item[0].id)):
        taken = ops.least([base, left]) if base is not None else 0
        found[row.id] = ops.sub(base, taken)
        left = ops.sub(left, taken)
    return found
