"""Writes of accounts: administrators make them and give roles; nobody gives a right to themselves."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.password_validation import validate_password

from bangfu.server.accounts.enums import APART, Role
from bangfu.server.accounts.models import Assignment, User
from bangfu.server.accounts.selectors import assignments_on
from bangfu.server.areas.models import Area
from bangfu.server.audit.acting import current_actor
from bangfu.server.audit.actions import record
from bangfu.server.audit.models import Actor, ActorKind


class AccountRefusedError(Exception):
    """The act does not fit the rules of accounts; ``zh`` and ``en`` say why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def make_account(username: str, name: str, password: str, *, must_change_password: bool = True) -> User:
    """Make an account with a first password, which its holder has to change.

    Raises:
        ValidationError: The password is too weak.
    """
    user = User(username=username, name=name, must_change_password=must_change_password)
    validate_password(password, user)
    user.full_clean(exclude=["password"])
    user.set_password(password)
    user.save()
    Actor.objects.create(kind=ActorKind.PERSON, user_id=user.pk, name=name)
    record("account.made", of=user, details={"username": username})
    return user


def set_active(user: User, active: bool, reason: str) -> None:
    """Switch an account on or off; it is never deleted, since the audit names it."""
    _not_oneself(user)
    user.is_active = active
    user.save(update_fields=["is_active"])
    record("account.switched", of=user, reason=reason, details={"active": active})


def assign(user: User, role: Role, area: Area, since: dt.date, until: dt.date | None = None) -> Assignment:
    """Give somebody a role in an area.

    Raises:
        AccountRefusedError: It is for oneself, or stands against a role they hold.
    """
    _not_oneself(user)
    held = {Role(a.role) for a in assignments_on(user, since)}
    for first, second in APART:
        other = second if role == first else first if role == second else None
        if other in held:
            raise AccountRefusedError(
                f"{user.name} 已任{Role(other).label}，不能同时任{role.label}", f"{user.name} is {other} and cannot be {role} as well"
            )
    made = Assignment.objects.create(user=user, role=role, area=area, since=since, until=until)
    record("role.given", of=user, area_code=area.low, details={"role": role, "area": area.code, "since": str(since), "until": str(until or "")})
    return made


def end_assignment(assignment: Assignment, until: dt.date, reason: str) -> None:
    """End a role with a day."""
    _not_oneself(assignment.user)
    assignment.until = until
    assignment.save(update_fields=["until"])
    record("role.ended", of=assignment.user, area_code=assignment.area.low, reason=reason, details={"role": assignment.role, "until": str(until)})


def _not_oneself(user: User) -> None:
    if current_actor().user_id == user.pk:
        raise AccountRefusedError("不能改自己的账号和角色，请另一位管理员办理", "nobody changes their own account or roles: ask another administrator")
