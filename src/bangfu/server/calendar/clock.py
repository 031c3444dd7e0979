"""The only source of now. A demonstration lives on a business date kept in the database and shown on every page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from zoneinfo import ZoneInfo

from django.utils import timezone

from bangfu.server.calendar.models import BusinessDate

HERE = ZoneInfo("Asia/Shanghai")


_read: ContextVar[dict[str, dt.date | None] | None] = ContextVar("bangfu_business_date", default=None)


@contextmanager
def one_day() -> Iterator[None]:
    """Read the business date once at most while the block lasts: a request asks for it many times."""
    token = _read.set({})
    try:
        yield
    finally:
        _read.reset(token)


def forget_day() -> None:
    """Read the business date anew: it was set."""
    held = _read.get()
    if held is not None:
        held.clear()


def _business_date() -> dt.date | None:
    held = _read.get()
    if held is not None and "day" in held:
        return held["day"]
    day = BusinessDate.objects.values_list("day", flat=True).first()
    if held is not None:
        held["day"] = day
    return day


def today() -> dt.date:
    """Return the day of business: a demonstration's business date, else the date in China."""
    return _business_date() or timezone.now().astimezone(HERE).date()


def now() -> dt.datetime:
    """Return the moment, with time zone; on a demonstration the time of day on the business date."""
    moment = timezone.now().astimezone(HERE)
    day = today()
    return moment if day == moment.date() else moment.replace(year=day.year, month=day.month, day=day.day)


def moment() -> dt.datetime:
    """Return the computer's own moment, for leases and signs of life alone: a business date says nothing about those."""
    return timezone.now()


def is_demonstration() -> bool:
    """Tell whether this database lives on a business date."""
    return _business_date() is not None
