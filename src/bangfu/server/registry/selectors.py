"""Reads of the register: a household as it was on any day, its facts with where each comes from, what happened to it.

Each takes a household that the caller fetched through the scope door.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from bangfu.server.areas.models import Area
from bangfu.server.areas.scope import Scope
from bangfu.server.calendar.clock import HERE
from bangfu.server.registry import current
from bangfu.server.registry.current import Subject
from bangfu.server.registry.enums import EventKind, HouseholdStatus, Source
from bangfu.server.registry.models import (
    CurrentFacts,
    Event,
    Household,
    Item,
    Membership,
    Observation,
    Person,
    StatedCollection,
)
from bangfu.server.registry.roll import Roll


@dataclass(frozen=True, slots=True)
class MemberOn:
    """Somebody who belonged to a household on a day; ``until`` is the last day, None while it lasts."""

    person: Person
    relation: str
    since: dt.date
    until: dt.date | None


@dataclass(frozen=True, slots=True)
class HouseholdOn:
    """A household as it was on a day. Before it was opened it has no members and is not open."""

    household: Household
    day: dt.date
    is_open: bool
    area: Area
    address: str
    members: list[MemberOn]


@dataclass(frozen=True, slots=True)
class FactLine:
    """One fact with where it comes from. ``others`` are what other sources in force say differently."""

    fact: str
    value: Any
    source: Source
    evidence: str
    document_id: int | None
    actor_id: int
    stated_at: dt.datetime
    true_on: dt.date
    valid_until: dt.date | None
    others: tuple[FactLine, ...] = ()


def households_within(scope: Scope, *, closed: bool = False) -> QuerySet[Household]:
    """Return the households inside a scope, those on the register unless ``closed`` asks for the others too."""
    found: QuerySet[Household] = Household.objects.within(scope).select_related("area")
    return found if closed else found.filter(status=HouseholdStatus.OPEN)


def household_on(household: Household, day: dt.date) -> HouseholdOn:
    """Return a household as it was on a day: where it lay, who belonged to it and as what."""
    held = Membership.objects.filter(Q(until=None) | Q(until__gte=day), household=household, since__lte=day).select_related("person")
    members = [MemberOn(m.person, m.relation, m.since, m.until) for m in held]
    members.sort(key=lambda m: (m.relation != "self", m.since, m.person.pk))
    is_open = household.opened_on <= day and (household.closed_on is None or day <= household.closed_on)
    area, address = _lay_on(household, day)
    return HouseholdOn(household, day, is_open, area, address, members)


def _lay_on(household: Household, day: dt.date) -> tuple[Area, str]:
    """Return community and address on a day: those of the first move after it tell where it came from."""
    later = Event.objects.filter(household=household, kind=EventKind.MOVED, on__gt=day).order_by("on", "pk").first()
    if later is None:
        return household.area, household.address
    return Area.objects.get(code=later.details["from"]), later.details["from_address"]


def members_of(household: Household) -> list[MemberOn]:
    """Return who belongs to a household now, the head first."""
    return members_among(Membership.objects.filter(household=household, until=None).select_related("person"))


def members_among(held: Iterable[Membership]) -> list[MemberOn]:
    """Return memberships that were read already, the head first."""
    members = [MemberOn(m.person, m.relation, m.since, m.until) for m in held]
    return sorted(members, key=lambda m: (m.relation != "self", m.since, m.person.pk))


def households_of(person: Person) -> QuerySet[Membership]:
    """Return the households that somebody belonged to, the first one first."""
    return Membership.objects.filter(person=person).select_related("household__area").order_by("since", "pk")


def timeline(household: Household) -> QuerySet[Event]:
    """Return what happened to a household's make-up, newest first."""
    return Event.objects.filter(household=household).select_related("person", "other").order_by("-on", "-pk")


def facts_with_sources(household: Household, today: dt.date, roll: Roll | None = None) -> dict[Subject, list[FactLine]]:
    """Return what the log says now of a household, its people and its items, by subject; facts in the order they came up."""
    return {subject: _lines(rows, today) for subject, rows in current.log_of(household, roll=roll).items()}


def facts_on(household: Household, day: dt.date) -> dict[Subject, dict[str, Any]]:
    """Return what was known on a day: the statements made until its end, by subject, of those who belonged to it then."""
    end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time.min, HERE)
    people = Membership.objects.filter(Q(until=None) | Q(until__gte=day), household=household, since__lte=day).values_list("person", flat=True)
    rows = current.log_of(household, people=set(people), before=end)
    found = {subject: current.facts_now(said, day)[0] for subject, said in rows.items()}
    return {subject: facts for subject, facts in found.items() if facts}


def conflicts_within(scope: Scope) -> QuerySet[CurrentFacts]:
    """Return the rows on which sources differ, inside a scope."""
    return CurrentFacts.objects.within(scope).exclude(conflicts=[]).filter(household__status=HouseholdStatus.OPEN).select_related("household", "person", "item")


def statements_of(household: Household, fact: str, person: Person | None = None) -> QuerySet[Observation]:
    """Return every statement of one fact, newest first."""
    about = Q(household=household, person=None, item=None) if person is None else Q(person=person, item=None)
    return Observation.objects.filter(about, fact=fact).order_by("-pk")


def _lines(rows: list[Observation], today: dt.date) -> list[FactLine]:
    held: dict[str, dict[str, Observation]] = defaultdict(dict)
    for said in rows:
        current.hear(held[said.fact], said)
    found = []
    for of_fact in held.values():
        valid = sorted((o for o in of_fact.values() if o.valid_until is None or o.valid_until >= today), key=lambda o: -current.STRENGTH[o.source])
        if valid:
            others = tuple(_line(o) for o in valid[1:] if o.value != valid[0].value)
            found.append(_line(valid[0], others))
    return found


def _line(said: Observation, others: tuple[FactLine, ...] = ()) -> FactLine:
    return FactLine(
        said.fact, said.value, Source(said.source), said.evidence, said.document_id, said.actor_id, said.stated_at, said.true_on, said.valid_until, others
    )


def items_of(household: Household) -> list[Item]:
    """Return the items that facts are stated about, by kind: jobs, bills, supporters, rows of the record."""
    return list(Item.objects.filter(household=household, withdrawn=False).order_by("entity", "pk"))


def collections_of(household: Household) -> set[str]:
    """Return the kinds of item of which somebody said that all are listed."""
    return set(StatedCollection.objects.filter(household=household).values_list("collection", flat=True))
