"""Reads of people who may have been entered twice. A pair is shown whole only to who may see both."""

from __future__ import annotations

from django.db.models import QuerySet

from bangfu.server.areas.models import Area, Level
from bangfu.server.areas.scope import Scope
from bangfu.server.registry.duplicate_models import DuplicatePair, Sighting


def pairs_within(scope: Scope) -> QuerySet[DuplicatePair]:
    """Return the pairs of which both records lie inside a scope."""
    found: QuerySet[DuplicatePair] = DuplicatePair.objects.within(scope).filter(scope.condition("second__area_code"))
    return found.select_related("first", "second")


def half_seen(scope: Scope) -> int:
    """Return how many records inside a scope look like one outside it; who is above both decides."""
    inside, other = scope.condition("first__area_code"), scope.condition("second__area_code")
    return int(DuplicatePair.objects.filter((inside & ~other) | (other & ~inside)).count())


def sightings_within(scope: Scope) -> QuerySet[Sighting]:
    """Return the undecided numbers entered in two places that both lie inside a scope."""
    found: QuerySet[Sighting] = Sighting.objects.within(scope).filter(scope.condition("person__area_code"), decision="")
    return found.select_related("person")


def place_names(codes: set[int]) -> dict[int, str]:
    """Return what communities are called, by code, in one query."""
    return dict(Area.objects.filter(low__in=codes, level=Level.COMMUNITY).values_list("low", "name"))
