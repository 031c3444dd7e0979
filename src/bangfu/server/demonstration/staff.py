"""Areas and one account per role, with passwords and TOTP secrets that ``bangfu serve --demo`` prints."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time

from bangfu.server.accounts.actions import assign, make_account
from bangfu.server.accounts.enums import Role
from bangfu.server.accounts.models import User
from bangfu.server.areas.models import Area, Level

DISTRICT = ("420106", "武昌区", "wuchang")
STREETS = ("杨园街道", "徐家棚街道", "积玉桥街道", "粮道街道")
COMMUNITIES = ("柴东社区", "铁机社区", "三角路社区", "和平社区", "清真寺社区", "胭脂路社区", "得胜桥社区", "昙华林社区")
OTHER_DISTRICT = ("520302", "红花岗区", "honghuagang")
PASSWORD = "demo-帮扶-2023"
SINCE = dt.date(2020, 1, 1)
NAMES = {
    Role.COMMUNITY_WORKER: ("worker", "王芳"),
    Role.STREET_OFFICER: ("street", "李强"),
    Role.DISTRICT_OFFICER: ("district", "陈建国"),
    Role.APPROVER: ("approver", "刘敏"),
    Role.FINANCE: ("finance", "周慧"),
    Role.POLICY_OFFICER: ("policy", "杨帆"),
    Role.AUDITOR: ("auditor", "吴静"),
    Role.SYSTEM_ADMIN: ("sysadmin", "孙涛"),
    Role.SECURITY_ADMIN: ("secadmin", "郑洁"),
    Role.AUDIT_ADMIN: ("auditadmin", "何平"),
}

WHERE = {Role.COMMUNITY_WORKER: "柴东社区", Role.STREET_OFFICER: "杨园街道"}
"""Where a role works, if not in the whole district."""


@dataclass(frozen=True, slots=True)
class Login:
    """How to sign in as somebody of the demonstration."""

    role: str
    name: str
    username: str
    password: str
    secret: str


def make_areas() -> dict[str, Area]:
    """Make the two districts with their streets and communities; names of places below the district are made up."""
    found: dict[str, Area] = {}
    code, name, place = DISTRICT
    district = found[name] = Area.objects.create(code=code, name=name, level=Level.DISTRICT, place=place)
    for number, street_name in enumerate(STREETS, 1):
        street = found[street_name] = Area.objects.create(code=f"{code}{number:03d}", name=street_name, level=Level.STREET, parent=district)
        for below in (1, 2):
            label = COMMUNITIES[2 * number + below - 3]
            found[label] = Area.objects.create(code=f"{code}{number:03d}{below:03d}", name=label, level=Level.COMMUNITY, parent=street)
    code, name, place = OTHER_DISTRICT
    other = found[name] = Area.objects.create(code=code, name=name, level=Level.DISTRICT, place=place)
    street = found["老城街道"] = Area.objects.create(code=f"{code}001", name="老城街道", level=Level.STREET, parent=other)
    found["杨柳社区"] = Area.objects.create(code=f"{code}001001", name="杨柳社区", level=Level.COMMUNITY, parent=street)
    return found


def secret_for(username: str) -> str:
    """Return the TOTP secret of a demonstration account: fixed, since it is printed for everybody anyway."""
    import base64
    import hashlib

    return base64.b32encode(hashlib.sha256(f"bangfu demonstration {username}".encode()).digest()[:20]).decode()


def code_for(username: str) -> str:
    """Return the six digits that somebody of the demonstration signs in with at this moment."""
    counters = list(yield_hotp_counters_from_time())
    return str(format_hotp_value(hotp_value(secret_for(username), counters[len(counters) // 2])))


def make_staff(areas: dict[str, Area]) -> list[Login]:
    """Make one account per role in 武昌区, and a district officer of the other district; return how to sign in."""
    people = [(role, username, name, areas[WHERE.get(role, DISTRICT[1])]) for role, (username, name) in NAMES.items()]
    people.append((Role.DISTRICT_OFFICER, "other", "赵敏", areas["红花岗区"]))
    logins = []
    for role, username, name, area in people:
        user = make_account(username, name, PASSWORD, home=area, must_change_password=False)
        assign(user, role, area, SINCE)
        _second_factor(user)
        logins.append(Login(f"{role.label} · {area}", name, username, PASSWORD, secret_for(username)))
    return logins


def logins() -> list[Login]:
    """Return how to sign in, for a demonstration that is there already."""
    found = [Login(f"{role.label} · {WHERE.get(role, DISTRICT[1])}", name, username, PASSWORD, secret_for(username)) for role, (username, name) in NAMES.items()]
    return [*found, Login(f"{Role.DISTRICT_OFFICER.label} · 红花岗区", "赵敏", "other", PASSWORD, secret_for("other"))]


def _second_factor(user: User) -> None:
    TOTP.activate(user, secret_for(user.username))
    RecoveryCodes.activate(user)
