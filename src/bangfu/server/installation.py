"""Bring an installation up to date, and make a demonstration; each safe to repeat."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection

from bangfu.server.accounts.models import User
from bangfu.server.audit.acting import acting_as, system_actor
from bangfu.server.calendar.clock import is_demonstration
from bangfu.server.calendar.published import load_published_days, set_business_date
from bangfu.server.demonstration.staff import Login, logins, make_areas, make_staff
from bangfu.server.environment import SetupError
from bangfu.server.jobs.actions import reap
from bangfu.server.keys import make_first_keys


def bring_up_to_date(*, demo: bool) -> None:
    """Make keys that are lacking, migrate, load the calendar, gather static files.

    Raises:
        SetupError: A demonstration's database was given to production, or the other way round.
    """
    make_first_keys(settings.ENVIRONMENT.keys)
    settings.ENVIRONMENT.files.mkdir(parents=True, exist_ok=True, mode=0o700)
    call_command("migrate", verbosity=0, interactive=False)
    refuse_wrong_database(demo=demo)
    if demo and not is_demonstration() and User.objects.exists():
        raise SetupError("这个库里有正式的账号，不能当演示用 | this database holds real accounts and cannot become a demonstration")
    with acting_as(system_actor("安装")):
        load_published_days()
        if connection.vendor == "sqlite":
            reap(dt.timedelta(0))  # one machine, nothing else runs yet: what is marked as running was cut off
    gather_static_files()


def gather_static_files() -> None:
    """Collect the files that pages use, if they changed since the last time: hashing and packing them takes seconds."""
    stamp = settings.ENVIRONMENT.home / "run" / "static.stamp"
    found = "\n".join(sorted(f"{path} {storage.size(path)} {storage.get_modified_time(path).timestamp()}" for finder in get_finders() for path, storage in finder.list([])))
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == found and (settings.STATIC_ROOT / "staticfiles.json").is_file():
        return
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(found, encoding="utf-8")


def refuse_wrong_database(*, demo: bool | None = None) -> None:
    """Refuse to serve a demonstration's database as production, however the server was started.

    Raises:
        SetupError: It is one.
    """
    if is_demonstration() and not (settings.DEMO if demo is None else demo):
        raise SetupError("这是演示库，正式运行请换一个库（DATABASE_URL 或 BANGFU_HOME）| this is a demonstration's database: give production its own (DATABASE_URL or BANGFU_HOME)")


def make_demonstration(day: dt.date) -> tuple[list[Login], bool]:
    """Make the made-up district on its business date, if it is not there; return how to sign in and whether it was made."""
    if is_demonstration():
        return logins(), False
    with acting_as(system_actor("演示")):
        set_business_date(day)
        made = make_staff(make_areas())
    return made, True
