"""The published holidays and make-up working days, 2019 to 2026, as ``days.csv`` beside this module.

Each day was compared with chinesecalendar 1.11.0; days and numbers of the notices for 2019 to 2025, and the number for
2026, also with reprints of the notices (2026-11-30). A year that is not in the file counts weekends alone and makes deadlines provisional.
"""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

from bangfu.server.calendar.clock import forget_day
from bangfu.server.calendar.models import BusinessDate, PublishedYear, SpecialDay

FILE = Path(__file__).with_name("days.csv")


def load_published_days(file: Path = FILE) -> int:
    """Bring the tables in line with the file, in the caller's act; days of years not in it stay. Return how many years."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    wanted = {dt.date.fromisoformat(row["day"]): row for row in rows}
    notices = {day.year: row["notice"] for day, row in wanted.items()}
    SpecialDay.objects.filter(day__year__in=notices).exclude(day__in=wanted).delete()
    SpecialDay.objects.bulk_create(
        (SpecialDay(day=day, kind=row["kind"], label=row["label"], source=row["notice"]) for day, row in wanted.items()),
        update_conflicts=True, unique_fields=["day"], update_fields=["kind", "label", "source"],
    )  # fmt: skip
    for year, notice in notices.items():
        PublishedYear.objects.update_or_create(year=year, defaults={"source": notice})
    return len(notices)


def set_business_date(day: dt.date) -> None:
    """Set the day that a demonstration lives on, in the caller's act."""
    if not BusinessDate.objects.update(day=day):
        BusinessDate.objects.create(day=day)
    forget_day()


