"""What somebody may do and where: read afresh for each request, so that an ended assignment ends at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import Q, QuerySet

from bangfu.server.accounts.enums import ADMINS, Role
from bangfu.server.accounts.models import Assignment, NearRelative, User
from bangfu.server.accounts.permissions import PERMISSIONS
from bangfu.server.areas.scope import Scope


def assignments_on(user: User, day: dt.date) -> QuerySet[Assignment]:
    """Return the assignments that somebody holds on a day; none while the account is switched off."""
    held = Assignment.objects.filter(Q(until=None) | Q(until__gte=day), user=user, since__lte=day)
    return held.select_related("area") if user.is_active else held.none()


def scope_for(user: User, action: str, day: dt.date) -> Scope:
    """Return where somebody may do an action on a day; nowhere if no role of theirs may.

    Raises:
        KeyError: No such action is declared.
    """
    return scope_in(assignments_on(user, day), action)


def scope_in(held: Iterable[Assignment], action: str) -> Scope:
    """Return where some assignments let an action be done.

    Raises:
        KeyError: No such action is declared.
    """
    roles = PERMISSIONS[action]
    return Scope.of(a.area for a in held if a.role in roles)


def roles_on(user: User, day: dt.date) -> set[Role]:
    """Return the roles that somebody holds on a day."""
    return {Role(a.role) for a in assignments_on(user, day)}


def is_near_relative(user: User, id_indexes: list[str]) -> bool:
    """Tell whether one of some people, by their ID index, is a declared near relative of a member of staff."""
    return NearRelative.objects.filter(user=user, id_index__in=id_indexes).exists()


def users_within(scope: Scope) -> QuerySet[User]:
    """Return the accounts that belong to areas inside a scope, or hold or held a role in one."""
    held = Assignment.objects.filter(scope.condition("area__low")).values("user")
    return User.objects.filter(scope.condition("home__low") | Q(pk__in=held))


def found_users(scope: Scope, words: str) -> QuerySet[User]:
    """Return the accounts inside a scope whose name or login name holds some words."""
    return users_within(scope).filter(Q(name__icontains=words) | Q(username__icontains=words)).select_related("home")


def is_wholly_within(user: User, scope: Scope) -> bool:
    """Tell whether an account concerns nobody outside a scope, so that its administrators decide about it alone."""
    areas = [a.area for a in user.assignments.select_related("area")] + ([user.home] if user.home else [])
    return bool(areas) and all(scope.covers(area) for area in areas)


def assignments_within(user: User, scope: Scope) -> QuerySet[Assignment]:
    """Return somebody's roles inside a scope, ended ones too."""
    return Assignment.objects.filter(scope.condition("area__low"), user=user).select_related("area").order_by("since")


def area_code_of(user: User) -> int | None:
    """Return the code under which acts on an account stand in the audit: its home, else where it first held a role."""
    if user.home_id is not None:
        return user.home.low if user.home else None
    first = user.assignments.select_related("area").order_by("since", "pk").first()
    return first.area.low if first else None


def sessions_of(user: User) -> list[UserSession]:
    """Return where somebody is signed in."""
    return list(UserSession.objects.filter(user=user).order_by("-last_seen_at"))


def factors_of(user: User) -> set[str]:
    """Return the kinds of second factor that somebody has set up."""
    return set(Authenticator.objects.filter(user=user).values_list("type", flat=True))


def relatives_of(user: User) -> QuerySet[NearRelative]:
    """Return the near relatives that somebody has declared."""
    return NearRelative.objects.filter(user=user).order_by("declared_on", "pk")


def administrators_on(day: dt.date) -> set[Role]:
    """Return the roles of administration that somebody active holds on a day, anywhere."""
    held = Assignment.objects.filter(Q(until=None) | Q(until__gte=day), role__in=ADMINS, since__lte=day, user__is_active=True)
    return {Role(role) for role in held.values_list("role", flat=True)}
