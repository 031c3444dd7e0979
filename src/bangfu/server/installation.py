"""Bring an installation up to date, and make a demonstration; each safe to repeat."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.core.management import call_command

from bangfu.server.accounts.models import User
from bangfu.server.audit.acting import acting_as, system_actor
from bangfu.server.calendar.clock import is_demonstration
from bangfu.server.calendar.published import load_published_days, set_business_date
from bangfu.server.demonstration.staff import Login, logins, make_areas, make_staff
from bangfu.server.environment import SetupError
from bangfu.server.keys import make_first_keys


def bring_up_to_date(*, demo: bool) -> None:
    """Make keys that are lacking, migrate, load the calendar, gather static files.

    Raises:
        SetupError: A demonstration's database was given to production, or the other way round.
    """
    make_first_keys(settings.ENVIRONMENT.keys)
    settings.ENVIRONMENT.files.mkdir(parents=True, exist_ok=True, mode=0o700)
    call_command("migrate", verbosity=0, interactive=False)
    if is_demonstration() and not demo:
        raise SetupError("这是演示库，正式运行请换一个库（DATABASE_URL 或 BANGFU_HOME）| this is a demonstration's database: give production its own")
    if demo and not is_demonstration() and User.objects.exists():
        raise SetupError("这个库里有正式的账号，不能当演示用 | this database holds real accounts and cannot become a demonstration")
    with acting_as(system_actor("安装")):
        load_published_days()
    call_command("collectstatic", verbosity=0, interactive=False)


def make_demonstration(day: dt.date) -> tuple[list[Login], bool]:
    """Make the made-up district on its business date, if it is not there; return how to sign in and whether it was made."""
    if is_demonstration():
        return logins(), False
    with acting_as(system_actor("演示")):
        set_business_date(day)
        made = make_staff(make_areas())
    return made, True
