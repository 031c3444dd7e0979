"""What somebody may do and where: read afresh for each request, so that an ended assignment ends at once."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q, QuerySet

from bangfu.server.accounts.enums import Role
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
    roles = PERMISSIONS[action]
    return Scope.of(a.area for a in assignments_on(user, day) if a.role in roles)


def roles_on(user: User, day: dt.date) -> set[Role]:
    """Return the roles that somebody holds on a day."""
    return {Role(a.role) for a in assignments_on(user, day)}


def is_near_relative(user: User, id_indexes: list[str]) -> bool:
    """Tell whether one of some people, by their ID index, is a declared near relative of a member of staff."""
    return NearRelative.objects.filter(user=user, id_index__in=id_indexes).exists()
