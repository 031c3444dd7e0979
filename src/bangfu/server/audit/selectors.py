"""Reads of the audit: what happened, found by who, what, when, about which household, inside a scope."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from bangfu.server.areas.scope import Scope
from bangfu.server.audit.models import Actor, Entry, Reading
from bangfu.server.calendar.clock import HERE


@dataclass(frozen=True, slots=True)
class Sought:
    """What is searched for; what is left empty matches everything."""

    who: str = ""
    what: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    households: list[int] | None = None


def entries(scope: Scope, sought: Sought) -> Any:
    """Return the acts inside a scope, newest first."""
    found = Entry.objects.filter(scope.condition("area_code"), _when(sought))
    if sought.who:
        found = found.filter(actor_name__icontains=sought.who)
    if sought.what:
        found = found.filter(action__startswith=sought.what)
    return _of(found, sought)


def readings(scope: Scope, sought: Sought) -> Any:
    """Return who looked at whose data inside a scope, newest first; ``what`` is the page."""
    found = Reading.objects.filter(scope.condition("area_code"), _when(sought))
    if sought.who:
        found = found.filter(actor_id__in=_actors(sought.who))
    if sought.what:
        found = found.filter(page__startswith=sought.what)
    return _of(found, sought)


def actions_within(scope: Scope) -> list[str]:
    """Return the kinds of act that there are inside a scope."""
    return sorted(Entry.objects.filter(scope.condition("area_code")).order_by().values_list("action", flat=True).distinct())


def actor_names(ids: set[int]) -> dict[int, str]:
    """Return the names of actors."""
    return dict(Actor.objects.filter(pk__in=ids).values_list("pk", "name"))


def readings_since(actor_id: int, moment: dt.datetime, page: str) -> int:
    """Return how often somebody looked at pages whose name begins so, since a moment."""
    return Reading.objects.filter(actor_id=actor_id, at__gte=moment, page__startswith=page).count()


def _actors(name: str) -> Any:
    return Actor.objects.filter(name__icontains=name).values_list("pk", flat=True)


def _when(sought: Sought) -> Q:
    condition = Q()
    if sought.since:
        condition &= Q(at__gte=dt.datetime.combine(sought.since, dt.time.min, HERE))
    if sought.until:
        condition &= Q(at__lt=dt.datetime.combine(sought.until + dt.timedelta(days=1), dt.time.min, HERE))
    return condition


def _of(found: Any, sought: Sought) -> Any:
    return found if sought.households is None else found.filter(household_id__in=sought.households)
