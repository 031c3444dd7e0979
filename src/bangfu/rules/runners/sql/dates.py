"""Calendar reckoning out of a few operations that each back end has; days that are constants fold."""

from __future__ import annotations

import calendar
import datetime as dt

from bangfu.rules.runners.python.ops import add_months as months_on
from bangfu.rules.runners.sql.tree import (
    Exp,
    both,
    case,
    compare,
    day as day_of,
    floor,
    is_const,
    is_null,
    make,
    minus,
    null,
    plus,
    product,
    whole,
)


def _of(op: str, date: Exp) -> Exp:
    if is_null(date):
        return null("number")
    return whole(getattr(date.data, op)) if is_const(date) else make(op, (date,), None, "number", natural=True)


def year(date: Exp) -> Exp:
    """Return the year."""
    return _of("year", date)


def month(date: Exp) -> Exp:
    """Return the month, 1 to 12."""
    return _of("month", date)


def day_of_month(date: Exp) -> Exp:
    """Return the day of the month."""
    return _of("day", date)


def month_end(date: Exp) -> Exp:
    """Return the last day of the month."""
    if is_const(date) and not is_null(date):
        return day_of(date.data.replace(day=calendar.monthrange(date.data.year, date.data.month)[1]))
    return make("month_end", (date,), None, "date")


def week(date: Exp) -> Exp:
    """Return the Monday of a date's week."""
    if is_const(date) and not is_null(date):
        return day_of(date.data - dt.timedelta(days=date.data.weekday()))
    return make("week", (date,), None, "date")


def days_between(later: Exp, earlier: Exp) -> Exp:
    """Return later - earlier in days."""
    if is_null(later) or is_null(earlier):
        return null("number")
    if is_const(later) and is_const(earlier):
        return whole((later.data - earlier.data).days)
    return make("days_between", (later, earlier), None, "number")


def add_days(date: Exp, days: Exp) -> Exp:
    """Return a date so many days on."""
    if is_null(date) or is_null(days):
        return null("date")
    if is_const(date) and is_const(days):
        return day_of(date.data + dt.timedelta(days=days.data))
    return make("add_days", (date, days), None, "date")


def add_months(date: Exp, months: Exp) -> Exp:
    """Return a date so many months on, held to the end of the month."""
    if is_null(date) or is_null(months):
        return null("date")
    if is_const(date) and is_const(months):
        return day_of(months_on(date.data, months.data))
    return make("add_months", (date, months), None, "date")


def has_code(codes: Exp, code: str) -> Exp:
    """Return whether a list of codes holds one."""
    return null("yes_no") if is_null(codes) else make("has_code", (codes,), code)


def months_between(start: Exp, end: Exp) -> Exp:
    """Return the largest n with start + n months <= end."""
    months = plus(product(minus(year(end), year(start)), whole(12)), minus(month(end), month(start)))
    short = both([compare("lt", day_of_month(end), day_of_month(start)), compare("ne", end, month_end(end))])
    return minus(months, case([(short, whole(1))], whole(0)))


def years_between(start: Exp, end: Exp) -> Exp:
    """Return full years: the difference of yyyymmdd over 10000, downwards."""
    return floor(minus(number_of(end), number_of(start)), whole(10000))


def number_of(date: Exp) -> Exp:
    """Return yyyymmdd."""
    years = plus(product(year(date), whole(10000)), product(month(date), whole(100)))
    return plus(years, day_of_month(date))
