"""Reads of areas."""

from __future__ import annotations

from django.db.models import QuerySet

from bangfu.server.areas.models import Area, Level
from bangfu.server.areas.scope import Scope


def areas_within(scope: Scope) -> QuerySet[Area]:
    """Return the areas that lie inside a scope."""
    return Area.objects.filter(scope.condition("low"))


def communities_within(scope: Scope) -> QuerySet[Area]:
    """Return the communities that lie inside a scope, the only areas that households live in."""
    return areas_within(scope).filter(level=Level.COMMUNITY)


def district_of(area_code: int) -> Area:
    """Return the district that a 12-digit community code lies in."""
    return Area.objects.get(level=Level.DISTRICT, low__lte=area_code, high__gte=area_code)


def districts() -> QuerySet[Area]:
    """Return all districts; their names are public."""
    return Area.objects.filter(level=Level.DISTRICT)
