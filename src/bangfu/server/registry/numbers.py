"""Find a household by its number, for screens that are not about households."""

from __future__ import annotations

from bangfu.server.areas.scope import Scope
from bangfu.server.registry.models import Household


def household_ids(scope: Scope, number: str) -> list[int]:
    """Return the households inside a scope whose number begins so."""
    return list(Household.objects.within(scope).filter(number__istartswith=number.strip()).values_list("pk", flat=True)[:200])


def household_numbers(scope: Scope, ids: set[int]) -> dict[int, str]:
    """Return the numbers of households inside a scope, by id."""
    return dict(Household.objects.within(scope).filter(pk__in=ids).values_list("pk", "number"))
