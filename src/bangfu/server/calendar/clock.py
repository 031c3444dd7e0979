"""The only source of now. A demonstration lives on a business date kept in the database and shown on every page."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from django.utils import timezone

from bangfu.server.calendar.models import BusinessDate

HERE = ZoneInfo("Asia/Shanghai")


def today() -> dt.date:
    """Return the day of business: a demonstration's business date, else the date in China."""
    set_day = BusinessDate.objects.values_list("day", flat=True).first()
    return set_day or timezone.now().astimezone(HERE).date()


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
    return BusinessDate.objects.exists()
