"""The installation that is measured: a demonstration's, with many communities and one account for each user of the load tool."""

from __future__ import annotations

import datetime as dt
import os

DAY = dt.date(2023, 9, 15)
DISTRICT = ("420106", "武昌区", "wuchang")
STREETS, COMMUNITIES = 12, 12
OFFICERS = 20
PASSWORD = "bench-帮扶-2023"
SINCE = dt.date(2020, 1, 1)
KEPT = 27
"""So many statements in a hundred were written down, and the whole record of what was received: about 16 a person."""


def ready() -> None:
    """Load Django and bring the database up to date; it lives on the business date."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bangfu.server.settings")
    os.environ["BANGFU_DEMO"] = "1"
    import django

    django.setup()
    from bangfu.server.audit.acting import acting_as, system_actor
    from bangfu.server.calendar.published import set_business_date
    from bangfu.server.installation import bring_up_to_date

    bring_up_to_date(demo=True)
    with acting_as(system_actor("演示")):
        set_business_date(DAY)


def make_areas() -> None:
    """Make one district with its streets and communities."""
    from bangfu.server.areas.models import Area, Level
    from bangfu.server.audit.acting import acting_as, system_actor

    code, name, place = DISTRICT
    with acting_as(system_actor("演示")):
        district = Area.objects.create(code=code, name=name, level=Level.DISTRICT, place=place)
        for s in range(1, STREETS + 1):
            street = Area.objects.create(code=f"{code}{s:03d}", name=f"示例{s}街道", level=Level.STREET, parent=district)
            for c in range(1, COMMUNITIES + 1):
                Area.objects.create(code=f"{code}{s:03d}{c:03d}", name=f"示例{s}-{c}社区", level=Level.COMMUNITY, parent=street)


def make_accounts() -> None:
    """Make the officers: half of the district, a quarter of a street, a quarter of a community; each with a second factor."""
    from allauth.mfa.totp.internal.auth import TOTP

    from bangfu.server.accounts.actions import assign, make_account
    from bangfu.server.accounts.enums import Role
    from bangfu.server.areas.models import Area
    from bangfu.server.audit.acting import acting_as, system_actor
    from bangfu.server.demonstration.staff import secret_for

    code = DISTRICT[0]
    for number in range(1, OFFICERS + 1):
        role, where = [
            (Role.DISTRICT_OFFICER, code), (Role.STREET_OFFICER, f"{code}{number % STREETS + 1:03d}"),
            (Role.DISTRICT_OFFICER, code), (Role.COMMUNITY_WORKER, f"{code}{number % STREETS + 1:03d}001"),
        ][number % 4]  # fmt: skip
        area = Area.objects.get(code=where)
        with acting_as(system_actor("演示")):
            user = make_account(f"officer{number:02d}", f"示例{number}", PASSWORD, home=area, must_change_password=False)
            assign(user, role, area, SINCE)
            TOTP.activate(user, secret_for(user.username))
