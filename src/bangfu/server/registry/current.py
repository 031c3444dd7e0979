"""What the log of observations says now: the strongest source in force, then the newest; differing ones are conflicts.

Facts belong to their subject and go with it: those of a person lie with the household the person belongs to, or last
belonged to; those of somebody whose record was merged into another count for the other.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Q

from bangfu.server.registry.enums import Source
from bangfu.server.registry.models import CurrentFacts, Household, Membership, Observation, Person
from bangfu.server.registry.roll import Roll, roll_of

STRENGTH = {source: place for place, source in enumerate(Source.values)}
Subject = tuple[int | None, int | None]
"""Person and item that statements are about; (None, None) is the household."""
Log = dict[Subject, list[Observation]]
Now = tuple[dict[str, Any], list[dict[str, Any]]]
"""The facts of a subject, and the conflicts among its sources."""


def hear(held: dict[str, Observation], said: Observation) -> None:
    """Add one statement of a fact to what its sources say; one without value takes back its own source's and weaker ones."""
    if said.value is not None:
        held[said.source] = said
        return
    for source in [s for s in held if STRENGTH[s] <= STRENGTH[said.source]]:
        del held[source]


def facts_now(statements: Iterable[Observation], today: dt.date) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the facts of one subject and the conflicts among its sources. What is no longer valid does not count."""
    latest: dict[str, dict[str, Observation]] = defaultdict(dict)
    for said in statements:
        hear(latest[said.fact], said)
    facts: dict[str, Any] = {}
    conflicts: list[dict[str, Any]] = []
    for fact, held in latest.items():
        valid = [o for o in held.values() if o.valid_until is None or o.valid_until >= today]
        if not valid:
            continue
        best = max(valid, key=lambda o: STRENGTH[o.source])
        facts[fact] = best.value
        others = [{"source": o.source, "value": o.value} for o in valid if o.value != best.value]
        if others:
            conflicts.append({"fact": fact, "source": best.source, "value": best.value, "others": others})
    return facts, conflicts


def people_of(household: Household, roll: Roll | None = None) -> set[int]:
    """Return whose facts lie with a household: who belongs to it, or belonged to it last of all."""
    ever = (roll or roll_of(household)).memberships
    now = {m.person_id for m in ever if m.until is None}
    gone = {m.person_id for m in ever if m.person.merged_into_id is None} - now
    return now | {person for person, home in homes_of(gone).items() if home == household.pk}


def homes_of(people: Iterable[int]) -> dict[int, int]:
    """Return for each person the household that they belong to, or belonged to last."""
    last: dict[int, tuple[dt.date, dt.date, int, int]] = {}
    wanted = set(people)
    if not wanted:
        return {}
    held = Membership.objects.filter(person__in=wanted).values_list("person", "until", "since", "pk", "household")
    for person, until, since, pk, home in held:
        last[person] = max(last.get(person, (dt.date.min, dt.date.min, 0, 0)), (until or dt.date.max, since, pk, home))
    return {person: home for person, (*_, home) in last.items()}


def log_of(household: Household, *, people: set[int] | None = None, before: dt.datetime | None = None, roll: Roll | None = None) -> dict[Subject, list[Observation]]:
    """Return the statements about a household, its people and its items by subject, oldest first.

    ``people`` are others than those whose facts lie with it now, ``before`` leaves out what was stated later; ``roll`` is
    the household's, where it was read already.
    """
    roll = roll or roll_of(household)
    wanted = people_of(household, roll) if people is None else people
    merged = dict(Person.objects.filter(merged_into__in=wanted).values_list("pk", "merged_into"))
    items = [item.pk for item in roll.items]  # by key: across a join no index serves the "or"
    about = Q(household=household, person=None, item=None) | Q(person__in=[*wanted, *merged], item=None) | Q(item__in=items)
    found = Observation.objects.filter(about)
    if before is not None:
        found = found.filter(stated_at__lt=before)
    said: dict[Subject, list[Observation]] = defaultdict(list)
    for observation in found.order_by("pk"):
        person = observation.person_id
        said[(None, observation.item_id) if observation.item_id else (merged.get(person, person) if person else None, None)].append(observation)
    return said


def logs_of(households: Iterable[Household], rolls: Mapping[int, Roll]) -> dict[int, Log]:
    """Return the logs of some households by key, as ``log_of`` does of one, in few queries."""
    gone = {m.person_id for roll in rolls.values() for m in roll.memberships if m.person.merged_into_id is None}
    last = homes_of(gone)
    homes: dict[int, int] = {}
    for key, roll in rolls.items():
        now = {m.person_id for m in roll.now}
        homes |= {m.person_id: key for m in roll.memberships if m.person_id in now or last.get(m.person_id) == key}
    merged = dict(Person.objects.filter(merged_into__in=homes).values_list("pk", "merged_into"))
    things = {item.pk: key for key, roll in rolls.items() for item in roll.items}
    about = Q(household__in=rolls, person=None, item=None) | Q(person__in=[*homes, *merged], item=None) | Q(item__in=things)
    found: dict[int, Log] = {home.pk: defaultdict(list) for home in households}
    for said in Observation.objects.filter(about).order_by("pk"):
        person = merged.get(said.person_id, said.person_id) if said.person_id else None
        home = things[said.item_id] if said.item_id else homes[person] if person else said.household_id
        found[home][None if said.item_id else person, said.item_id].append(said)
    return found


def worked_out(household: Household, today: dt.date) -> dict[Subject, tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Return what the whole log of a household says now, by subject."""
    return {subject: facts_now(rows, today) for subject, rows in log_of(household).items()}


def refresh(household: Household, today: dt.date, only: set[Subject] | None = None) -> None:
    """Write ``CurrentFacts`` anew from the log, for all subjects or some, in the caller's transaction.

    For all, rows that the log says nothing of go.
    """
    found = worked_out(household, today)
    keep([(household, subject, said) for subject, said in found.items() if only is None or subject in only])
    if only is None:
        rows = CurrentFacts.objects.filter(household=household)
        rows.filter(pk__in=[row.pk for row in rows if (row.person_id, row.item_id) not in found]).delete()


def keep(wanted: Sequence[tuple[Household, Subject, Now]]) -> None:
    """Write the rows of some subjects, of one household or of many; what is there already stays."""
    if not wanted:
        return
    there = {_name(row.household_id, (row.person_id, row.item_id)): row for row in CurrentFacts.objects.filter(_about(wanted)).order_by("pk")}
    changed: list[CurrentFacts] = []
    made: list[CurrentFacts] = []
    for household, (person, item), (facts, conflicts) in wanted:
        row = there.get(_name(household.pk, (person, item))) or CurrentFacts(person_id=person, item_id=item)
        if row.pk and (row.household_id, row.facts, row.conflicts) == (household.pk, facts, conflicts):
            continue
        row.household, row.facts, row.conflicts = household, facts, conflicts
        (changed if row.pk else made).append(row)
    CurrentFacts.objects.bulk_update(changed, ["household", "facts", "conflicts"])
    CurrentFacts.objects.bulk_create(made)


def _name(household: int, subject: Subject) -> tuple[int | None, int | None, int | None]:
    """Return what a row is known by: a person or an item wherever it lies, else its household."""
    person, item = subject
    return (None, None, item) if item else (None, person, None) if person else (household, None, None)


def _about(wanted: Sequence[tuple[Household, Subject, Now]]) -> Q:
    """Return the condition on the rows of some subjects; those of a person lie where the person was before."""
    people, items = [person for _, (person, _i), _n in wanted if person], [item for _, (_p, item), _n in wanted if item]
    condition = Q(household__in={household.pk for household, *_ in wanted}, person=None, item=None)
    if people:
        condition |= Q(person__in=people, item=None)
    return condition | Q(item__in=items) if items else condition


def differences(household: Household, today: dt.date) -> list[str]:
    """Return where the table differs from the log, for the nightly comparison."""
    kept = {(c.person_id, c.item_id): (c.facts, c.conflicts) for c in CurrentFacts.objects.filter(household=household)}
    wanted = worked_out(household, today)
    return [f"{household.number} {subject}" for subject in sorted(set(kept) | set(wanted), key=str) if kept.get(subject) != wanted.get(subject)]
