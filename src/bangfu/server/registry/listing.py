"""Lists of households: filters that each are one condition, so that the number of queries never grows with the list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from bangfu.server.areas.models import Area
from bangfu.server.areas.scope import Scope
from bangfu.server.registry.enums import HouseholdStatus
from bangfu.server.registry.models import CurrentFacts, Household, Item, Membership, StatedCollection
from bangfu.server.registry.search import found_households

RECORD = "record"
TRAITS = ("has_disability", "is_ill_seriously", "has_illness", "single_parent_family", "unemployment_registered", "in_school", "lives_alone", "low_income_farm_family")
"""Yes-or-no facts that lists are asked for; PostgreSQL has an index of each, so that another one here asks for a migration."""
MANY = 5
"""So many members and more are asked for together."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is listed; what is left empty lists everything.

    Attributes:
        words: Name, pinyin, address or number.
        area: Only households in this area.
        status: ``open``, ``closed`` or ``all``.
        age: ``old`` (60), ``very_old`` (80), ``minor`` (under 18), of any member.
        trait: A yes-or-no fact or recognition of any member or of the household that is yes.
        size: Number of members; 5 stands for five and more.
        record: ``some``, ``none`` or ``unknown``: what is on record of help received.
        entry: Help or recognition that is on record.
        conflict: Only where sources differ.
        ids: Only these households (keys, or a query of keys), such as the findings of a night.
    """

    words: str = ""
    area: Area | None = None
    status: str = "open"
    age: str = ""
    trait: str = ""
    size: int | None = None
    record: str = ""
    entry: str = ""
    conflict: bool = False
    ids: Any = None


def listed(scope: Scope, wanted: Wanted, today: dt.date) -> QuerySet[Household]:
    """Return the households inside a scope that are wanted, in the order of area and number."""
    found: QuerySet[Household] = Household.objects.within(scope)
    if wanted.words:
        found = found_households(scope, wanted.words, closed=True)
    if wanted.status in HouseholdStatus.values:
        found = found.filter(status=wanted.status)
    if wanted.area is not None:
        found = found.filter(area_code__gte=wanted.area.low, area_code__lte=wanted.area.high)
    if wanted.ids is not None:
        found = found.filter(pk__in=wanted.ids)
    for condition in _conditions(wanted, today):
        found = found.filter(condition)
    return found.order_by("area_code", "number")


def keys_of(found: QuerySet[Household], most: int) -> list[int]:
    """Return the keys of a list in its order, at most so many: one look at the register for the number and every page of it."""
    return list(found.values_list("pk", flat=True)[:most])


def _conditions(wanted: Wanted, today: dt.date) -> list[Q]:
    found = []
    if wanted.age in AGES:
        found.append(AGES[wanted.age](today))
    if wanted.size is not None:
        found.append(Q(size__gte=wanted.size) if wanted.size >= MANY else Q(size=wanted.size))
    if wanted.trait:
        found.append(Q(Exists(_facts_of_members().filter(**{f"facts__{wanted.trait}": True}))))
    if wanted.conflict:
        found.append(Q(Exists(_facts().exclude(conflicts=[]))))
    if wanted.entry:
        found.append(Q(Exists(_facts().filter(item__entity=RECORD, item__withdrawn=False, facts__entry=wanted.entry))))
    if wanted.record:
        found.append(_record(wanted.record))
    return found


def _facts() -> QuerySet[CurrentFacts]:
    return CurrentFacts.objects.filter(household=OuterRef("pk"))


def _facts_of_members() -> QuerySet[CurrentFacts]:
    member = Exists(Membership.objects.filter(person=OuterRef("person"), household=OuterRef("household"), until=None))
    return _facts().filter(Q(person=None) | member, item=None)


def _record(wanted: str) -> Q:
    rows = Exists(Item.objects.filter(household=OuterRef("pk"), entity=RECORD, withdrawn=False))
    said = Exists(StatedCollection.objects.filter(household=OuterRef("pk"), collection=RECORD))
    return {"some": Q(rows), "none": Q(said) & ~Q(rows), "unknown": ~Q(said) & ~Q(rows)}.get(wanted, Q())


def _years_ago(today: dt.date, years: int) -> dt.date:
    return today.replace(year=today.year - years, day=28 if (today.month, today.day) == (2, 29) else today.day)


AGES: dict[str, Callable[[dt.date], Q]] = {
    "old": lambda today: Q(eldest_born__lte=_years_ago(today, 60)),
    "very_old": lambda today: Q(eldest_born__lte=_years_ago(today, 80)),
    "minor": lambda today: Q(youngest_born__gt=_years_ago(today, 18)),
}


def with_members(found: QuerySet[Household]) -> QuerySet[Household]:
    """Return households with area, present members (``present``) and the subjects on which sources differ (``differing``), in three queries.

    No count beside the rows: a page of thirty would first group, or look through, the facts of the whole register.
    """
    members = Membership.objects.filter(until=None).select_related("person").order_by("since", "pk")
    conflicts = CurrentFacts.objects.exclude(conflicts=[])
    return found.select_related("area").prefetch_related(
        Prefetch("memberships", members, to_attr="present"), Prefetch("current_facts", conflicts, to_attr="differing")
    )
