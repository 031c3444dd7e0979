"""Bring an installation up to date, and make a demonstration; each safe to repeat."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection

from bangfu.server.accounts.actions import assign, first_password, make_account
from bangfu.server.accounts.enums import ADMINS
from bangfu.server.accounts.models import User
from bangfu.server.areas.models import DIGITS, Area, Level
from bangfu.server.audit.acting import acting_as, system_actor
from bangfu.server.audit.actions import record
from bangfu.server.calendar import clock
from bangfu.server.calendar.clock import is_demonstration
from bangfu.server.calendar.published import load_published_days, set_business_date
from bangfu.server.demonstration.households import make_households
from bangfu.server.demonstration.staff import DISTRICT, OTHER_DISTRICT, STREETS, Login, logins, make_areas, make_staff
from bangfu.server.demonstration.twice import enter_twice
from bangfu.server.environment import SetupError
from bangfu.server.jobs.actions import reap
from bangfu.server.keys import KeyRing, make_first_keys
from bangfu.server.registry.models import Household


def bring_up_to_date(*, demo: bool) -> None:
    """Migrate, load the calendar, gather static files; a demonstration makes its own keys, production has a ceremony for them.

    Raises:
        SetupError: Keys are lacking, or a demonstration's database was given to production, or the other way round.
    """
    if demo:
        make_first_keys(settings.ENVIRONMENT.keys)
    elif not KeyRing(settings.ENVIRONMENT.keys).is_complete:
        raise SetupError(
            "还没有密钥。两位保管人各做一个分量：bangfu keys share 甲.share，再一起生成：bangfu keys new 甲.share 乙.share"
            " | there are no keys yet. Two custodians make a share each (bangfu keys share A.share), then the keys (bangfu keys new A.share B.share)"
        )
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
        _make_register()
        return logins(), False
    with acting_as(system_actor("演示")):
        set_business_date(day)
        made = make_staff(make_areas())
        _make_register()
    return made, True


def _make_register() -> None:
    """Put the made-up households on the register, where none is there: also of a demonstration older than they are."""
    if Household.objects.exists():
        return
    with acting_as(system_actor("演示")):
        people = settings.ENVIRONMENT.demo_people
        for (code, *_), many in ((DISTRICT, people), (OTHER_DISTRICT, max(1, people * 8 // 75))):
            make_households(Area.objects.get(code=code), many)
        enter_twice(Area.objects.get(name=STREETS[0]), clock.today())


def make_first_accounts(code: str, name: str, place: str) -> list[tuple[str, str, str]]:
    """Make a district and its three administrators in an empty installation; return login name, role and first password.

    Raises:
        ValueError: There are accounts already, or the code is none.
        ValidationError: The name is too long.
    """
    if User.objects.exists():
        raise ValueError("已经有账号了，新账号由系统管理员在网页上开设 | there are accounts already: the system administrator makes new ones on the desk")
    if len(code) != DIGITS[Level.DISTRICT]:
        raise ValueError(f"区县代码应为 6 位数字，不是“{code}” | a district's code has 6 digits, not {code!r}")
    made = []
    with acting_as(system_actor("安装")):
        district = Area(code=code, name=name, level=Level.DISTRICT, place=place)
        district.save()
        for role, username in zip(ADMINS, ("sysadmin", "secadmin", "auditadmin"), strict=True):
            password = first_password()
            assign(make_account(username, str(role.label), password, home=district), role, district, clock.today())
            made.append((username, str(role.label), password))
    return made


def advance_business_date(days: int) -> dt.date:
    """Move a demonstration's business date on; return the new one.

    Raises:
        SetupError: This is no demonstration.
    """
    if not is_demonstration():
        raise SetupError("只有演示库才有业务日期，正式系统用真实日期 | only a demonstration has a business date: production lives on the real one")
    day = clock.today() + dt.timedelta(days=days)
    with acting_as(system_actor("演示")) as actor:
        set_business_date(day)
        record("date.advanced", of=actor, details={"day": str(day)})
    return day
