"""Reads of assessments: the last night, what it found and whom each rule reaches, what-ifs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet, Sum

from bangfu.server.areas.models import Area
from bangfu.server.areas.scope import Scope
from bangfu.server.assessment.models import NightlyRow, NightlyRun, NightlyTotal, WhatIfHousehold, WhatIfRun
from bangfu.server.assessment.standing import districts_over
from bangfu.server.registry.enums import HouseholdStatus
from bangfu.server.registry.models import Household


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a rule reaches on a night inside a scope: answers "yes", households, answers of them that are received."""

    answers: int
    households: int
    received: int


def last_night(district: Area) -> NightlyRun | None:
    """Return the newest night of a district that is done."""
    return NightlyRun.objects.filter(district=district, finished_at__isnull=False).order_by("-on").first()


def last_nights(scope: Scope) -> list[NightlyRun]:
    """Return the newest night of each district that somebody's areas lie in."""
    found = (last_night(district) for district in districts_over(scope))
    return [night for night in found if night is not None]


def reach(night: NightlyRun | None, scope: Scope) -> dict[str, Reach]:
    """Return entry → whom it reached on a night, inside a scope."""
    if night is None:
        return {}
    summed = NightlyTotal.objects.within(scope).filter(run=night).values("entry").annotate(a=Sum("answers"), h=Sum("households"), r=Sum("received"))
    return {row["entry"]: Reach(row["a"], row["h"], row["r"]) for row in summed}


def findings(scope: Scope, nights: list[NightlyRun]) -> QuerySet[NightlyRow]:
    """Return what some nights found inside a scope, by community and household."""
    found: QuerySet[NightlyRow] = NightlyRow.objects.within(scope).filter(run__in=nights)
    return found.select_related("household__area", "person").order_by("area_code", "household", "entry", "row")


def entries_found(scope: Scope, nights: list[NightlyRun]) -> dict[tuple[str, str], int]:
    """Return (finding, entry) → how often some nights found it inside a scope."""
    counted = NightlyRow.objects.within(scope).filter(run__in=nights).values_list("finding", "entry").annotate(n=Count("pk"))
    return {(finding, entry): number for finding, entry, number in counted}


def household_findings(household_id: int, scope: Scope) -> QuerySet[NightlyRow]:
    """Return what the last night found of one household, inside a scope."""
    return findings(scope, last_nights(scope)).filter(household=household_id)


def left_out(scope: Scope, nights: list[NightlyRun]) -> list[dict[str, Any]]:
    """Return the households of a scope that nobody could answer for, each with its number and why."""
    reasons = {each["household"]: each["reason"] for night in nights for each in night.left_out}
    here = Household.objects.within(scope).filter(pk__in=list(reasons)).order_by("number")
    return [{"household": household, "reason": reasons[household.pk]} for household in here]


def households_within(scope: Scope) -> QuerySet[Household]:
    """Return the open households inside a scope."""
    found: QuerySet[Household] = Household.objects.within(scope).filter(status=HouseholdStatus.OPEN)
    return found


def whatifs_over(scope: Scope) -> QuerySet[WhatIfRun]:
    """Return the what-ifs of the districts that lie wholly inside a scope, newest first."""
    inside = [district.pk for district in districts_over(scope) if scope.covers(district)]
    return WhatIfRun.objects.filter(district__in=inside).select_related("district", "value").order_by("-pk")


def touched(run: WhatIfRun, scope: Scope) -> QuerySet[WhatIfHousehold]:
    """Return the households inside a scope that a what-if changes, those that change most first."""
    found: QuerySet[WhatIfHousehold] = WhatIfHousehold.objects.within(scope).filter(run=run)
    return found.select_related("household__area").order_by("-regular_fen", "household")


