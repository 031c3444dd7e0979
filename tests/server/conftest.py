"""Two districts with staff: 王芳 works in one community, 李强 shares her district, 赵敏 is of another district, and a visitor."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import connection
from django.test import Client

from bangfu.server.accounts.enums import Role
from bangfu.server.accounts.models import Assignment, User
from bangfu.server.areas.models import Area, Level
from bangfu.server.audit.acting import acting_as, actor_of, system_actor
from bangfu.server.audit.models import Actor, ActorKind
from bangfu.server.audit.triggers import PREFIX, guarded_models, install

SINCE = dt.date(2020, 1, 1)
AREAS = [
    ("420106", "武昌区", Level.DISTRICT, "wuchang"),
    ("420106001", "杨园街道", Level.STREET, ""),
    ("420106001001", "柴东社区", Level.COMMUNITY, ""),
    ("420106001002", "铁机社区", Level.COMMUNITY, ""),
    ("420106002", "徐家棚街道", Level.STREET, ""),
    ("420106002001", "三角路社区", Level.COMMUNITY, ""),
    ("520302", "红花岗区", Level.DISTRICT, "honghuagang"),
    ("520302001", "老城街道", Level.STREET, ""),
    ("520302001001", "杨柳社区", Level.COMMUNITY, ""),
]


@dataclass(frozen=True)
class World:
    """What the tests stand on."""

    areas: dict[str, Area]
    users: dict[str, User]

    def client(self, name: str | None) -> Client:
        """Return a browser signed in as somebody, or as nobody."""
        client = Client()
        if name is not None:
            with acting_as(actor_of(self.users[name])):
                client.force_login(self.users[name], backend="django.contrib.auth.backends.ModelBackend")
        return client


def make_user(username: str, name: str, role: Role, area: Area, *, second_factor: bool = True) -> User:
    """Return a member of staff who can sign in (call it while acting)."""
    user = User.objects.create_user(username, name, password=f"{username}-pass-2026")
    Actor.objects.create(kind=ActorKind.PERSON, user_id=user.pk, name=name)
    Assignment.objects.create(user=user, role=role, area=area, since=SINCE)
    if second_factor:
        TOTP.activate(user, generate_totp_secret())
        RecoveryCodes.activate(user)
        assert Authenticator.objects.filter(user=user).count() == 2
    return user


@pytest.fixture
def world(db: Any) -> World:
    """Return two districts and their staff: one of each role in 武昌区, some in 红花岗区."""
    with acting_as(system_actor("安装")):
        areas: dict[str, Area] = {}
        for code, name, level, place in AREAS:
            above = {Level.DISTRICT: 0, Level.STREET: 6, Level.COMMUNITY: 9}[level]
            areas[name] = Area.objects.create(code=code, name=name, level=level, place=place, parent=Area.objects.get(code=code[:above]) if above else None)
        home, other = areas["武昌区"], areas["红花岗区"]
        users = {
            "worker": make_user("wangfang", "王芳", Role.COMMUNITY_WORKER, areas["柴东社区"]),
            "street": make_user("liqiang", "李强", Role.STREET_OFFICER, areas["杨园街道"]),
            "foreign": make_user("zhaomin", "赵敏", Role.DISTRICT_OFFICER, other),
        }
        for role in Role:
            users[role.value] = make_user(role.value, str(role.label), role, home)
    return World(areas, users)


@pytest.fixture(autouse=True)
def _guards_let_flush_pass(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test with real transactions empties the tables at its end; the guards would refuse that, so they step aside."""
    yield
    mark = request.node.get_closest_marker("django_db")
    if mark is not None and mark.kwargs.get("transaction"):
        with connection.cursor() as cursor:
            for model in guarded_models():
                for operation in ("insert", "update", "delete"):
                    table = model._meta.db_table
                    name = f"{PREFIX}_{operation}" if connection.vendor == "postgresql" else f"{PREFIX}_{operation}_{table}"
                    cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"' + (f' ON "{table}"' if connection.vendor == "postgresql" else ""))


@pytest.fixture(scope="session")
def guards(django_db_blocker: Any) -> Any:
    """Return the function that makes the guards anew, for tests that take them away."""
    return install
