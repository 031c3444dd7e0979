"""Working days by the published table, held against another one; terms around holidays; a year without notice."""

from __future__ import annotations

import datetime as dt

import chinese_calendar
import pytest

from bangfu.server.audit.acting import acting_as, system_actor
from bangfu.server.calendar import clock
from bangfu.server.calendar.published import load_published_days, set_business_date
from bangfu.server.calendar.working_days import WorkingCalendar, working_calendar


@pytest.fixture
def days(db: None) -> WorkingCalendar:
    """Return the calendar of the published years."""
    with acting_as(system_actor("安装")):
        assert load_published_days() == 8
    return working_calendar()


def test_every_day_agrees_with_another_table(days: WorkingCalendar) -> None:
    """All 2,922 days of 2019 to 2026."""
    day, end, seen = dt.date(2019, 1, 1), dt.date(2026, 12, 31), 0
    while day <= end:
        assert days.is_working_day(day) == chinese_calendar.is_workday(day), day
        day += dt.timedelta(days=1)
        seen += 1
    assert seen == 2922


@pytest.mark.parametrize(
    ("start", "count", "last"),
    [
        (dt.date(2023, 9, 28), 3, dt.date(2023, 10, 9)),  # 29 Sep–6 Oct off; 7 and 8 Oct worked; then Monday the 9th
        (dt.date(2023, 9, 15), 3, dt.date(2023, 9, 20)),  # Friday; Mon, Tue, Wed
        (dt.date(2023, 9, 15), 0, dt.date(2023, 9, 15)),
    ],
)
def test_a_term_in_working_days(start: dt.date, count: int, last: dt.date, days: WorkingCalendar) -> None:
    """The first day counted is the day after."""
    found = days.after_working_days(start, count)
    assert (found.day, found.provisional) == (last, False)
    assert days.working_days_between(start, last) == count


def test_a_term_in_calendar_days_ignores_holidays(days: WorkingCalendar) -> None:
    """Seven days of public notice over the national holiday are seven days."""
    assert days.after_days(dt.date(2023, 9, 28), 7).day == dt.date(2023, 10, 5)


def test_a_year_without_notice_is_provisional(days: WorkingCalendar) -> None:
    """30 working days from 24 November 2026 end in 2027, whose notice is not in the table: weekends alone count there."""
    found = days.after_working_days(dt.date(2026, 11, 24), 30)
    assert found.provisional
    # 25–27 Nov 3, 30 Nov–31 Dec 24, so 3 more in 2027: 1 Jan is a Friday, then 4 and 5 Jan
    assert found.day == dt.date(2027, 1, 5)


def test_a_demonstration_lives_on_its_business_date(db: None) -> None:
    """The clock gives the stored day; without one it is production."""
    assert not clock.is_demonstration()
    with acting_as(system_actor("演示")):
        set_business_date(dt.date(2023, 9, 15))
        set_business_date(dt.date(2023, 9, 16))
    assert clock.today() == dt.date(2023, 9, 16)
    assert clock.now().date() == dt.date(2023, 9, 16)
    assert clock.is_demonstration()
