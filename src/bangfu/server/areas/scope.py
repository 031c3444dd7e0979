"""The one door to every query: what lies in the areas that somebody may see. No area, no rows.

A scope is a set of code ranges. Models of the register carry ``area_code`` (the 12-digit code of their community) or
reach one over a path, named in ``AREA_PATH``; their queries start with ``objects.within(scope)``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from django.db import models

from bangfu.server.areas.models import Area


@dataclass(frozen=True, slots=True)
class Scope:
    """Ranges of 12-digit area codes, sorted and apart; an empty scope holds nothing."""

    ranges: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, areas: Iterable[Area]) -> Self:
        """Return the scope of some areas and all below them."""
        merged: list[tuple[int, int]] = []
        for low, high in sorted((a.low, a.high) for a in areas):
            if merged and low <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
            else:
                merged.append((low, high))
        return cls(tuple(merged))

    def holds(self, code: int) -> bool:
        """Tell whether a community's code lies inside."""
        return any(low <= code <= high for low, high in self.ranges)

    def covers(self, area: Area) -> bool:
        """Tell whether an area lies inside as a whole."""
        return any(low <= area.low and area.high <= high for low, high in self.ranges)

    def condition(self, path: str) -> models.Q:
        """Return the condition on a column of area codes; of an empty scope one that nothing meets."""
        found = models.Q(pk__in=[])
        for low, high in self.ranges:
            found |= models.Q(**{f"{path}__gte": low, f"{path}__lte": high})
        return found


class ScopedQuerySet(models.QuerySet[Any]):
    """A query that knows how to stay inside a scope."""

    def within(self, scope: Scope) -> Self:
        """Return what lies inside the scope."""
        return self.filter(scope.condition(self.model.AREA_PATH))


ScopedManager = models.Manager.from_queryset(ScopedQuerySet)
