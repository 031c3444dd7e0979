"""Changes of who belongs to which household and where it lies: each a dated event, readable as of any day afterwards.

The last day in the old state is the day before the change; of a death it is the day itself. What a caller hands in was
fetched through the scope door: a household never goes to a community that the caller has no right in.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from bangfu.server.areas.models import Area, Level
from bangfu.server.audit.acting import current_actor
from bangfu.server.audit.actions import record
from bangfu.server.calendar import clock
from bangfu.server.files.actions import carry_files
from bangfu.server.registry import current
from bangfu.server.registry.actions import RefusedError, bump, carry_facts, note, open_household
from bangfu.server.registry.enums import EventKind, HouseholdStatus, Source
from bangfu.server.registry.models import Household, Membership, Observation, Person
from bangfu.server.todo.models import Todo

HEAD = "self"
DAY = dt.timedelta(days=1)
Relations = Mapping[int, str]
"""Person's primary key → relation to the head (a code of ``family_relations``; exactly one is ``self``)."""


@dataclass(frozen=True, slots=True)
class Lay:
    """Where a household lies."""

    community: Area
    address: str


@transaction.atomic
def split(household: Household, relations: Relations, remaining: Relations, on: dt.date, *, lay: Lay | None = None, version: int | None = None) -> Household:
    """Let some people found a household of their own from a day on; return it.

    ``relations`` are theirs to the new head. ``remaining`` is needed if the head goes: the relations of who stays.

    Raises:
        RefusedError: The people do not fit (nobody, everybody, no head), or the day lies before one of them came.
        StaleError: Somebody else changed the household.
    """
    _come(on)
    bump(household, version)
    held = _held(household)
    leaving = [_member(held, pk) for pk in relations]
    if not leaving or len(leaving) == len(held):
        raise RefusedError("请选要分出去的人；全部分出去请办迁移", "choose who leaves; if all do, it is a move")
    _one_head(relations)
    where = lay or Lay(household.area, household.address)
    made = open_household(where.community, where.address, on)
    for member in leaving:
        _transfer(member, made, relations[member.person_id], on)
    _relate([m for m in held.values() if m.person_id not in relations], remaining, household, on)
    note(household, EventKind.SPLIT, on, other=made, people=sorted(relations))
    note(made, EventKind.SPLIT, on, other=household, people=sorted(relations))
    _settle(household, made)
    _told("household.split", household, other=made.pk, on=on)
    return made


@transaction.atomic
def merge(into: Household, other: Household, relations: Relations, on: dt.date, *, version: int | None = None) -> None:
    """Bring everybody of another household into one from a day on; the other is closed the day before.

    ``relations`` are those of who comes to the head that is there.

    Raises:
        RefusedError: It is the same household, a relation is missing, or the day lies before somebody came.
        StaleError: Somebody else changed the household.
    """
    _come(on)
    if into.pk == other.pk:
        raise RefusedError("不能和自己并户", "a household cannot be merged with itself")
    bump(into, version)
    bump(other, None)
    coming = _held(other)
    if set(relations) != set(coming) or HEAD in relations.values():
        raise RefusedError("请为并入的每个人填写与户主的关系；户主只能有一个", "give the relation to the head of everybody who comes; there is one head")
    for member in coming.values():
        _transfer(member, into, relations[member.person_id], on)
    note(into, EventKind.MERGED, on, other=other)
    note(other, EventKind.MERGED, on, other=into)
    _close(other, on - DAY)
    _settle(other, into)
    _told("household.merged", into, other=other.pk, on=on)


@transaction.atomic
def move(household: Household, to: Lay, on: dt.date, *, version: int | None = None) -> None:
    """Let a household lie in another community or at another address from a day on.

    Raises:
        RefusedError: The area is no community, nothing changes, or a later move is on record.
        StaleError: Somebody else changed the household.
    """
    _come(on)
    bump(household, version)
    if to.community.level != Level.COMMUNITY:
        raise RefusedError(f"户要落在社区或村，{to.community} 不是", f"a household lies in a community, {to.community} is none")
    if (household.area_id, household.address) == (to.community.pk, to.address):
        raise RefusedError("新的社区和住址与现在相同", "community and address are the same as now")
    if household.opened_on >= on or household.events.filter(kind=EventKind.MOVED, on__gte=on).exists():
        raise RefusedError("迁移日期要晚于建档日期和上一次迁移", "a move comes after the household was opened and after the move before")
    said: dict[str, Any] = {"from": household.area.code, "from_address": household.address, "to": to.community.code, "to_address": to.address}
    note(household, EventKind.MOVED, on, **said)
    record("household.moved", of=household, household_id=household.pk, area_code=household.area_code, details={"to": to.community.code, "on": str(on)})
    household.area, household.area_code, household.address = to.community, to.community.low, to.address
    household.save(update_fields=["area", "area_code", "address"])
    Person.objects.filter(pk__in=current.people_of(household)).update(area_code=household.area_code)
    carry_files(household.pk, household.area_code)
    Todo.objects.filter(household_id=household.pk).update(area_code=household.area_code)


@transaction.atomic
def leave(household: Household, person: Person, on: dt.date, remaining: Relations, reason: str, *, version: int | None = None) -> None:
    """Let somebody leave the household, and the register, from a day on; the last one closes it.

    Raises:
        RefusedError: The person does not belong to it, or the head goes and no other is named.
        StaleError: Somebody else changed the household.
    """
    _come(on)
    bump(household, version)
    _go(household, person, on - DAY, remaining, EventKind.LEFT, on, reason=reason)
    _told("person.left", household, person=person.pk, on=on)


@transaction.atomic
def die(household: Household, person: Person, on: dt.date, remaining: Relations, *, version: int | None = None) -> None:
    """Write that somebody died on a day, the last one in the household; the last one closes it.

    Raises:
        RefusedError: As of ``leave``, or the day lies in the future.
        StaleError: Somebody else changed the household.
    """
    _come(on)
    bump(household, version)
    _go(household, person, on, remaining, EventKind.DIED, on)
    Person.objects.filter(pk=person.pk).update(died_on=on)
    _told("person.died", household, person=person.pk, on=on)


@transaction.atomic
def relate(household: Household, relations: Relations, on: dt.date, *, version: int | None = None) -> None:
    """Give the members other relations, such as another head, from a day on.

    Raises:
        RefusedError: Not everybody is named, or there is not exactly one head.
        StaleError: Somebody else changed the household.
    """
    _come(on)
    bump(household, version)
    _relate(list(_held(household).values()), relations, household, on)
    _told("household.related", household, on=on)


@transaction.atomic
def close(household: Household, last: dt.date, reason: str, *, version: int | None = None) -> None:
    """Take a household off the register after its last day; who belonged to it does so until then.

    Raises:
        RefusedError: The day lies before somebody came.
        StaleError: Somebody else changed the household.
    """
    _come(last)
    bump(household, version)
    for member in _held(household).values():
        _end(member, last)
        note(household, EventKind.LEFT, last + DAY, member.person, reason=reason)
    _close(household, last, reason)
    record("household.closed", of=household, household_id=household.pk, area_code=household.area_code, reason=reason)


def _come(day: dt.date) -> None:
    """Refuse a day that has not come: where a household lies, and who sees it, is a matter of now."""
    if day > clock.today():
        raise RefusedError(f"日期不能晚于今天（{clock.today()}），请到了那一天再办", f"the day cannot lie after today ({clock.today()}): do it when it has come")


def _held(household: Household) -> dict[int, Membership]:
    return {m.person_id: m for m in Membership.objects.filter(household=household, until=None).select_related("person")}


def _member(held: dict[int, Membership], pk: int) -> Membership:
    if pk not in held:
        raise RefusedError("此人现在不在这一户，请刷新后再办", "this person does not belong to the household now: reload the page")
    return held[pk]


def _one_head(relations: Relations) -> None:
    if list(relations.values()).count(HEAD) != 1 or not all(relations.values()):
        raise RefusedError("每人都要填与户主的关系，其中正好一人是户主（本人）", "everybody has a relation to the head, and exactly one is the head")


def _end(member: Membership, last: dt.date) -> None:
    if last < member.since:
        raise RefusedError(f"日期太早：{member.person} 从 {member.since} 起才在这一户", f"too early: {member.person} belongs to the household since {member.since}")
    member.until = last
    member.save(update_fields=["until"])


def _transfer(member: Membership, to: Household, relation: str, on: dt.date) -> None:
    """Let a member belong to another household from a day on, with the facts and items that are theirs."""
    _end(member, on - DAY)
    Membership.objects.create(household=to, person=member.person, relation=relation, since=on)
    _state_relation(to, member.person, relation, on)
    note(member.household, EventKind.LEFT, on, member.person, to)
    note(to, EventKind.JOINED, on, member.person, member.household)
    Person.objects.filter(pk=member.person_id).update(area_code=to.area_code)
    carry_facts(member.person, to)


def _relate(members: list[Membership], relations: Relations, household: Household, on: dt.date) -> None:
    """Give members new relations from a day on; without any the old ones must still have their head."""
    if not members:
        return
    if not relations:
        if HEAD not in {m.relation for m in members}:
            raise RefusedError("户主离开了，请指定新户主和其他人与新户主的关系", "the head leaves: name another one and everybody's relation to them")
        return
    if set(relations) != {m.person_id for m in members}:
        raise RefusedError("请为留在户内的每个人填写关系", "give the relation of everybody who stays")
    _one_head(relations)
    changed = [m for m in members if m.relation != relations[m.person_id]]
    for member in changed:
        _end(member, on - DAY)
    for member in changed:
        relation = relations[member.person_id]
        Membership.objects.create(household=household, person=member.person, relation=relation, since=on)
        _state_relation(household, member.person, relation, on)
        note(household, EventKind.RELATED, on, member.person, before=member.relation, relation=relation)


def _state_relation(household: Household, person: Person, relation: str, on: dt.date) -> None:
    """Bring a relation that was stated as a fact up to date, so that the rules do not read the old one."""
    if not Observation.objects.filter(person=person, item=None, fact="relation").exists():
        return
    Observation.objects.create(
        household=household, person=person, fact="relation", value=relation, source=Source.VERIFIED, evidence="户内变动",
        actor_id=current_actor().pk, stated_at=clock.now(), true_on=on,
    )  # fmt: skip


def _go(household: Household, person: Person, last: dt.date, remaining: Relations, kind: EventKind, on: dt.date, **details: Any) -> None:
    held = _held(household)
    member = _member(held, person.pk)
    _end(member, last)
    note(household, kind, on, person, **details)
    staying = [m for m in held.values() if m.person_id != person.pk]
    _relate(staying, remaining, household, last + DAY)
    if not staying:
        _close(household, last)
    else:
        _settle(household)


def _close(household: Household, last: dt.date, reason: str = "") -> None:
    if last < household.opened_on:
        raise RefusedError(f"日期太早：这一户 {household.opened_on} 才建档", f"too early: the household was opened on {household.opened_on}")
    household.status, household.closed_on = HouseholdStatus.CLOSED, last
    household.save(update_fields=["status", "closed_on"])
    note(household, EventKind.CLOSED, last, reason=reason)


def _settle(*households: Household) -> None:
    """Work out what is current anew after statements went with their people."""
    for household in households:
        current.refresh(household, clock.today())


def _told(action: str, household: Household, *, on: dt.date, **details: Any) -> None:
    record(action, of=household, household_id=household.pk, area_code=household.area_code, details={**details, "on": str(on)})
