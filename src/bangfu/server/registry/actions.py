"""Writes of the register. Each is one act of somebody, refused outside their scope, with an entry in the audit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F

from bangfu.server.areas.models import Area, Level
from bangfu.server.audit.acting import current_actor
from bangfu.server.audit.actions import record
from bangfu.server.calendar import clock
from bangfu.server.registry import current
from bangfu.server.registry.enums import EventKind, HouseholdStatus, Source
from bangfu.server.registry.identity import set_card_number, set_id_number
from bangfu.server.registry.make_up import differing, sum_up
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
from bangfu.server.registry.names import sounds

SEALED = frozenset({"id_card"})
"""Facts that the log never holds: they are kept encrypted in the person's row."""


class StaleError(Exception):
    """Somebody else changed the household since it was read; nothing was written."""


class RefusedError(Exception):
    """The act does not fit what is on the register; ``zh`` and ``en`` say why and what to do."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


class ElsewhereError(RefusedError):
    """An ID number is on the register already; nothing but that is said of where."""

    def __init__(self, known: Person) -> None:
        super().__init__("此人已在另一户，请先办理迁移或分户", "this person belongs to another household: move or split first")
        self.known = known


@dataclass(frozen=True, slots=True)
class Statement:
    """One fact as stated: ``value`` as a household file writes it, None takes back."""

    fact: str
    value: Any
    person: Person | None = None
    item: Item | None = None

    @property
    def subject(self) -> current.Subject:
        """Return person and item that it is about; (None, None) is the household."""
        if self.item is not None:
            return None, self.item.pk
        return (None if self.person is None else self.person.pk), None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where statements come from."""

    source: Source
    evidence: str = ""
    true_on: dt.date | None = None
    valid_until: dt.date | None = None
    document_id: int | None = None


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody who joins a household."""

    name: str
    relation: str
    id_number: str = ""
    birth_date: dt.date | None = None
    card_number: str = ""


@transaction.atomic
def open_household(community: Area, address: str, opened_on: dt.date) -> Household:
    """Put a household without members on the register of a community."""
    if community.level != Level.COMMUNITY:
        raise RefusedError(f"户要落在社区或村，{community} 不是", f"a household lies in a community, {community} is none")
    household = Household(area=community, area_code=community.low, address=address, opened_on=opened_on, number="")
    household.number = next_numbers(community, opened_on, 1)[0]
    household.save()
    note(household, EventKind.OPENED, opened_on)
    record("household.opened", of=household, household_id=household.pk, area_code=household.area_code)
    return household


def next_numbers(community: Area, day: dt.date, many: int) -> list[str]:
    """Return the next numbers: district, year, six digits; the unique column settles two at once by refusing one."""
    start = f"{community.district_code}-{day.year}-"
    last = Household.objects.filter(number__gte=start + "000000", number__lte=start + "999999").order_by("-number").values_list("number", flat=True).first()
    first = int(last[len(start) :]) + 1 if last else 1
    return [f"{start}{number:06d}" for number in range(first, first + many)]


@transaction.atomic
def add_person(household: Household, new: NewPerson, since: dt.date) -> Person:
    """Add somebody to a household: a new row, or who is known by the ID number and lives in no household now.

    Raises:
        RefusedError: The person is recorded as dead, or belongs to this household already, or the day has not come.
        ElsewhereError: The person belongs to another household; only a move or split brings them here.
        IdentityProblemError: The ID number is not valid.
    """
    person = join(household, new, since)
    record("person.joined", of=person, household_id=household.pk, area_code=household.area_code)
    return person


def join(household: Household, new: NewPerson, since: dt.date) -> Person:
    """Do what ``add_person`` does, without an entry in the audit; for acts that write one of their own."""
    if since > clock.today():
        raise RefusedError(f"日期不能晚于今天（{clock.today()}）", f"the day cannot lie after today ({clock.today()})")
    person = Person(name=new.name, birth_date=new.birth_date, area_code=household.area_code)
    set_names(person, new.name)
    if new.id_number:
        set_id_number(person, new.id_number)
        known = Person.objects.filter(id_index=person.id_index, merged_into=None).first()
        if known is not None:
            person = _free(known, household)
            carry_facts(person, household)
    if new.card_number:
        set_card_number(person, new.card_number)
    person.area_code = household.area_code
    person.save()
    Membership.objects.create(household=household, person=person, relation=new.relation, since=since)
    note(household, EventKind.JOINED, since, person)
    return person


def _free(known: Person, household: Household) -> Person:
    if Membership.objects.filter(person=known, until=None, household=household).exists():
        raise RefusedError("此人已在本户", "this person belongs to the household already")
    if known.died_on is not None:
        raise RefusedError(f"此身份证号的人已于 {known.died_on} 登记死亡", f"the person with this ID number is recorded as dead on {known.died_on}")
    if Membership.objects.filter(person=known, until=None).exists():
        raise ElsewhereError(known)
    return known


def carry_facts(person: Person, to: Household) -> None:
    """Let what is known of somebody, and the items that are theirs, lie with another household."""
    for item in Item.objects.filter(of=person).exclude(household=to):
        if Item.objects.filter(household=to, entity=item.entity, key=item.key).exists():
            item.key = f"{item.household_id}-{item.key}"[:40]  # the household has an item of that number already
        item.household = to
        item.save(update_fields=["household", "key"])
        CurrentFacts.objects.filter(item=item).update(household=to)
    CurrentFacts.objects.filter(person=person, item=None).update(household=to)


def set_names(person: Person, name: str) -> None:
    """Set a name with the pinyin and initials by which it is found."""
    person.name = name.strip()
    person.pinyin, person.initials = sounds(person.name)


@transaction.atomic
def add_item(household: Household, entity: str, key: str, of: Person | None = None, at: Item | None = None) -> Item:
    """Add a thing that facts are stated about: a bill, a job, a supporter."""
    item = Item.objects.create(household=household, entity=entity, key=key, of=of, at=at)
    record("item.added", of=item, household_id=household.pk, area_code=household.area_code, details={"entity": entity})
    return item


@transaction.atomic
def state_facts(household: Household, statements: Sequence[Statement], origin: Provenance, *, version: int | None = None) -> None:
    """Append statements to the log and bring what is current up to date, all or nothing.

    The values were read by the vocabulary before (``assessment.reading``). ``version`` is the household's as the
    person saw it; a later one means that somebody else was faster.

    Raises:
        StaleError: Somebody else changed the household.
    """
    bump(household, version)
    append(household, statements, origin)
    record(
        "facts.stated", of=household, household_id=household.pk, area_code=household.area_code,
        details={"source": origin.source, "facts": sorted({s.fact for s in statements})},
    )  # fmt: skip


def append(household: Household, statements: Sequence[Statement], origin: Provenance) -> None:
    """Append to the log and bring what is current up to date, without an entry in the audit."""
    if any(s.fact in SEALED for s in statements):
        raise RefusedError("身份证号单独加密保存，不能当作事实登记", "ID numbers are kept sealed with their person, never as a fact")
    moment, today, actor = clock.now(), clock.today(), current_actor()
    Observation.objects.bulk_create(
        Observation(
            household=household, person=s.person, item=s.item, fact=s.fact, value=s.value, source=origin.source, evidence=origin.evidence,
            document_id=origin.document_id, actor_id=actor.pk, stated_at=moment, true_on=origin.true_on or today, valid_until=origin.valid_until,
        )
        for s in statements
    )  # fmt: skip
    current.refresh(household, today, {s.subject for s in statements})


@transaction.atomic
def put_right_if_different(household: Household) -> bool:
    """Bring what is current up to what the log says today, and the household's row up to its members, with an entry if it was not; tell whether."""
    if not current.differences(household, clock.today()) and not differing([household]):
        return False
    current.refresh(household, clock.today())
    sum_up(household.pk)
    record("facts.worked_out", of=household, household_id=household.pk, area_code=household.area_code)
    return True


def state_collections(household: Household, collections: Sequence[str]) -> None:
    """Note that all rows of some kinds are listed: from now on none means none."""
    for name in collections:
        StatedCollection.objects.get_or_create(household=household, collection=name)


def bump(household: Household, version: int | None) -> None:
    """Count a change of an open household, and hold it until the end of the transaction.

    Raises:
        StaleError: It is closed, or not at the version that the person saw.
    """
    rows = Household.objects.filter(pk=household.pk, status=HouseholdStatus.OPEN)
    if version is not None:
        rows = rows.filter(version=version)
    if rows.update(version=F("version") + 1) != 1:
        raise StaleError
    household.refresh_from_db(fields=["version"])


def note(household: Household, kind: EventKind, on: dt.date, person: Person | None = None, other: Household | None = None, **details: Any) -> None:
    """Write one event of a household's make-up, after the change; the household's row tells of it from then on."""
    Event.objects.create(household=household, person=person, other=other, kind=kind, on=on, details=details, actor_id=current_actor().pk, at=clock.now())
    if kind != EventKind.OPENED:
        sum_up(household.pk)
