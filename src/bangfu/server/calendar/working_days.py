"""Counting working days and calendar days: one place for queue, reminder, report and audit.

Rules: the first day counted is the day after the event; a deadline by calendar days may fall on any day; a year whose
holiday notice is not out counts weekends alone, and every deadline that touches it is provisional.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from bangfu.server.calendar.models import DayKind, PublishedYear, SpecialDay

SATURDAY = 5
ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day of a term; ``provisional`` if a year in between has no holiday notice yet."""

    day: dt.date
    provisional: bool


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """The days of some years, read once."""

    special: dict[dt.date, str]
    published: frozenset[int]

    def is_working_day(self, day: dt.date) -> bool:
        """Tell whether offices work on a day."""
        kind = self.special.get(day)
        if kind is not None:
            return kind == DayKind.WORKING
        return day.weekday() < SATURDAY

    def after_working_days(self, start: dt.date, count: int) -> Deadline:
        """Return the last day of so many working days, counted from the day after ``start``."""
        day, left = start, count
        while left > 0:
            day += ONE_DAY
            left -= self.is_working_day(day)
        return Deadline(day, self._provisional(start, day))

    def after_days(self, start: dt.date, count: int) -> Deadline:
        """Return the last day of so many calendar days, counted from the day after ``start``."""
        return Deadline(start + count * ONE_DAY, provisional=False)

    def working_days_between(self, start: dt.date, end: dt.date) -> int:
        """Return the working days after ``start`` up to and with ``end``."""
        return sum(self.is_working_day(start + n * ONE_DAY) for n in range(1, (end - start).days + 1))

    def _provisional(self, start: dt.date, end: dt.date) -> bool:
        return any(year not in self.published for year in range(start.year, end.year + 1))


def working_calendar() -> WorkingCalendar:
    """Return the calendar as it stands in the database."""
    return WorkingCalendar(dict(SpecialDay.objects.values_list("day", "kind")), frozenset(PublishedYear.objects.values_list("year", flat=True)))


def published_years() -> set[int]:
    """Return the years whose holiday notice is in the table."""
    return set(PublishedYear.objects.values_list("year", flat=True))
