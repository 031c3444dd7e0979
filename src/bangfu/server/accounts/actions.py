"""Writes of accounts: administrators make them and give roles; nobody gives a right to themselves."""

from __future__ import annotations

import datetime as dt
import secrets

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from axes.utils import reset as axes_reset
from django.contrib.auth.password_validation import validate_password
from django.db.models import Q

from bangfu.server.accounts.enums import APART, Role
from bangfu.server.accounts.models import Assignment, NearRelative, User
from bangfu.server.accounts.selectors import area_code_of
from bangfu.server.areas.models import Area
from bangfu.server.audit.acting import current_actor
from bangfu.server.audit.actions import record
from bangfu.server.audit.models import Actor, ActorKind

PLAIN = "abcdefghjkmnpqrstuvwxyz23456789"


class AccountRefusedError(Exception):
    """The act does not fit the rules of accounts; ``zh`` and ``en`` say why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def first_password() -> str:
    """Return a password to be handed over and changed at the first login: letters and digits that are not taken for one another."""
    return "-".join("".join(secrets.choice(PLAIN) for _ in range(5)) for _ in range(3))


def make_account(username: str, name: str, password: str, *, home: Area | None = None, must_change_password: bool = True) -> User:
    """Make an account with a first password, which its holder has to change.

    Raises:
        ValidationError: The password is too weak.
    """
    user = User(username=username, name=name, home=home, must_change_password=must_change_password)
    validate_password(password, user)
    user.full_clean(exclude=["password"])
    user.set_password(password)
    user.save()
    Actor.objects.create(kind=ActorKind.PERSON, user_id=user.pk, name=name)
    record("account.made", of=user, area_code=home.low if home else None, details={"username": username})
    return user


def set_active(user: User, active: bool, reason: str) -> None:
    """Switch an account on or off; it is never deleted, since the audit names it."""
    _not_oneself(user)
    user.is_active = active
    user.save(update_fields=["is_active"])
    if not active:
        _end_sessions(user)
    record("account.switched", of=user, area_code=area_code_of(user), reason=reason, details={"active": active})


def assign(user: User, role: Role, area: Area, since: dt.date, until: dt.date | None = None) -> Assignment:
    """Give somebody a role in an area.

    Raises:
        AccountRefusedError: It is for oneself, or stands against a role they hold.
    """
    _not_oneself(user)
    held = {Role(a.role) for a in Assignment.objects.filter(Q(until=None) | Q(until__gte=since), user=user) if until is None or a.since <= until}
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


def reset_password(user: User, reason: str) -> str:
    """Give somebody a new first password, end their sessions, and return it: it is shown once and stands nowhere."""
    _not_oneself(user)
    password = first_password()
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    _end_sessions(user)
    record("password.reset", of=user, area_code=area_code_of(user), reason=reason)
    return password


def reset_factor(user: User, reason: str) -> None:
    """Take off somebody's second factor, so that they set up a new one at the next login."""
    _not_oneself(user)
    Authenticator.objects.filter(user=user).delete()
    _end_sessions(user)
    record("factor.reset", of=user, area_code=area_code_of(user), reason=reason)


def end_sessions(user: User, reason: str) -> int:
    """Sign somebody out everywhere; return of how many places."""
    ended = _end_sessions(user)
    record("sessions.ended", of=user, area_code=area_code_of(user), reason=reason, details={"number": ended})
    return ended


def unlock(user: User, reason: str) -> None:
    """Let somebody try again who was locked out."""
    _not_oneself(user)
    axes_reset(username=user.username)
    record("account.unlocked", of=user, area_code=area_code_of(user), reason=reason)


def declare_relative(user: User, id_index: str, name: str, relation: str, on: dt.date) -> NearRelative:
    """Enter a near relative of a member of staff, by the index of their ID number.

    Raises:
        AccountRefusedError: The person is declared already.
    """
    made, new = NearRelative.objects.get_or_create(user=user, id_index=id_index, defaults={"name": name, "relation": relation, "declared_on": on})
    if not new:
        raise AccountRefusedError("这位亲属已经备案", "this relative is declared already")
    record("relative.declared", of=made, area_code=area_code_of(user), details={"relation": relation})
    return made


def _end_sessions(user: User) -> int:
    sessions = list(UserSession.objects.filter(user=user))
    for session in sessions:
        session.end()
    return len(sessions)


def _not_oneself(user: User) -> None:
    if current_actor().user_id == user.pk:
        raise AccountRefusedError("不能改自己的账号和角色，请另一位管理员办理", "nobody changes their own account or roles: ask another administrator")
