"""People entered twice: found by a job over all areas, decided by who may see both, remembered either way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from django.db import transaction
from django.db.models import Count, Q

from bangfu.server.audit.acting import current_actor
from bangfu.server.audit.actions import record
from bangfu.server.calendar import clock
from bangfu.server.files.models import StoredFile
from bangfu.server.registry import current
from bangfu.server.registry.actions import RefusedError, carry_facts, note
from bangfu.server.registry.duplicate_models import DuplicatePair, Sighting
from bangfu.server.registry.enums import EventKind, HouseholdStatus, Likeness, Verdict
from bangfu.server.registry.import_models import LedgerKey
from bangfu.server.registry.models import CurrentFacts, DuplicateVerdict, Household, Item, Membership, Person

GROUP_MOST = 20
DAY = dt.timedelta(days=1)


def groups() -> Iterator[tuple[Likeness, list[Person]]]:
    """Yield the people of all areas who share a card, or name and date of birth, group by group."""
    people = Person.objects.filter(merged_into=None).order_by()
    shared = people.exclude(card_index="").values("card_index").annotate(many=Count("pk")).filter(many__gt=1)
    for row in shared.values_list("card_index", flat=True).iterator():
        yield Likeness.CARD, list(people.filter(card_index=row).order_by("pk")[:GROUP_MOST])
    alike = people.exclude(birth_date=None).values("name", "birth_date").annotate(many=Count("pk")).filter(many__gt=1)
    for name, born in alike.values_list("name", "birth_date").iterator():
        yield Likeness.NAME_BIRTH, list(people.filter(name=name, birth_date=born).order_by("pk")[:GROUP_MOST])


def keep_pairs(found: list[tuple[Likeness, list[Person]]], moment: dt.datetime) -> int:
    """Keep the pairs of some groups that nobody has decided about; return how many. Two different ID numbers are two people, unless they share a card."""
    pairs = {
        (a.pk, b.pk): likeness for likeness, people in reversed(found) for a, b in combinations(people, 2)
        if likeness == Likeness.CARD or not (a.id_index and b.id_index)
    }  # fmt: skip
    decided = set(DuplicateVerdict.objects.filter(first__in={a for a, _ in pairs}).values_list("first", "second"))
    rows = [DuplicatePair(first_id=a, second_id=b, likeness=likeness, found_at=moment) for (a, b), likeness in pairs.items() if (a, b) not in decided]
    DuplicatePair.objects.bulk_create(rows, update_conflicts=True, unique_fields=["first", "second"], update_fields=["likeness", "found_at"])
    return len(rows)


def drop_pairs_before(moment: dt.datetime) -> None:
    """Drop the pairs that the last search did not find any more: a name was put right, or one of them decided."""
    DuplicatePair.objects.filter(found_at__lt=moment).delete()


def see_elsewhere(person: int, area_code: int, name: str, address: str, day: dt.date) -> None:
    """Note that an ID number was entered in a place while its person is on the register elsewhere; noted once while undecided."""
    told = {"name": name, "address": address, "seen_on": day, "actor_id": current_actor().pk}
    made, new = Sighting.objects.get_or_create(person_id=person, area_code=area_code, decision="", defaults=told)
    if new:
        record("sighting.noted", of=made, area_code=area_code)


@transaction.atomic
def decide_sighting(sighting: Sighting, decision: str) -> None:
    """Write what came of a number that was entered in two places.

    Raises:
        RefusedError: Somebody has decided already.
    """
    done = Sighting.objects.filter(pk=sighting.pk, decision="").update(decision=decision, decided_by=current_actor().pk, decided_at=clock.now())
    if not done:
        raise RefusedError("别人已经处理了这一条", "somebody has decided about this one already")
    record("sighting.decided", of=sighting, area_code=sighting.area_code, reason=decision)


@transaction.atomic
def tell_apart(first: Person, second: Person, reason: str) -> None:
    """Remember that two people who look alike are two.

    Raises:
        RefusedError: Somebody has decided already.
    """
    _decide(first, second, Verdict.DIFFERENT)
    record("person.told_apart", of=min(first, second, key=_pk), area_code=first.area_code, reason=reason, details={"other": max(first.pk, second.pk)})


@transaction.atomic
def unite(kept: Person, gone: Person, reason: str, *, home: Household | None = None, on: dt.date | None = None) -> None:
    """Let two records be one person's: what was stated of either counts for ``kept``, as do households, items and files.

    ``home`` is the household the person lives in if the records are in two; the other one ends the day before ``on``.

    Raises:
        RefusedError: Two different ID numbers, two households without a choice, a head who would leave others behind, or decided already.
    """
    kept, gone = (Person.objects.select_for_update().get(pk=p.pk) for p in (kept, gone))
    if kept.pk == gone.pk or kept.merged_into_id or gone.merged_into_id:
        raise RefusedError("其中一条已经并入别的记录，请刷新", "one of the two was united with another already: reload the page")
    if kept.id_index and gone.id_index:
        raise RefusedError("两条记录的身份证号不同，不能并为一人；若有一个录错了，请先更正", "the ID numbers differ: if one is wrong, put it right first")
    _decide(kept, gone, Verdict.SAME)
    _settle_homes(kept, gone, home, on or clock.today())
    _hand_over(kept, gone)
    home = Household.objects.filter(pk__in=current.homes_of([kept.pk]).values()).first()
    if home is not None:
        carry_facts(kept, home)
        note(home, EventKind.UNITED, clock.today(), kept, gone=gone.pk)
        current.refresh(home, clock.today())
    record("person.united", of=kept, household_id=home.pk if home else None, area_code=kept.area_code, reason=reason, details={"gone": gone.pk})


def _pk(person: Person) -> int:
    return person.pk


def _decide(one: Person, other: Person, verdict: Verdict) -> None:
    first, second = sorted((one.pk, other.pk))
    if DuplicateVerdict.objects.filter(first=first, second=second).exists():
        raise RefusedError("别人已经处理了这一对", "somebody has decided about these two already")
    DuplicateVerdict.objects.create(first_id=first, second_id=second, verdict=verdict, actor_id=current_actor().pk, at=clock.now())
    DuplicatePair.objects.filter(first=first, second=second).delete()


def _settle_homes(kept: Person, gone: Person, home: Household | None, on: dt.date) -> None:
    """Let one open membership be left, and all of them be the kept record's."""
    open_ones = {m.household_id: m for m in Membership.objects.filter(person__in=(kept, gone), until=None).select_related("household")}
    doubled = Membership.objects.filter(person=gone, household__in=Membership.objects.filter(person=kept).values("household"))
    if len(open_ones) == 2:
        if home is None or home.pk not in open_ones:
            raise RefusedError("两条记录在两户，请选定现在属于哪一户", "the records are in two households: choose where the person belongs now")
        _leave(next(m for pk, m in open_ones.items() if pk != home.pk), on)
    elif doubled.filter(until=None, relation="self").exists():
        raise RefusedError("要并掉的记录是户主，请保留它，或先变更户主", "the record that would go is the head: keep that one, or name another head first")
    else:
        doubled.delete()
    Membership.objects.filter(person=gone).update(person=kept)


def _leave(member: Membership, on: dt.date) -> None:
    household = member.household
    others = Membership.objects.filter(household=household, until=None).exclude(pk=member.pk).exists()
    if others and member.relation == "self":
        raise RefusedError(f"在 {household} 户里是户主，请先在那一户变更户主", f"the person is the head of household {household}: name another head there first")
    member.until = max(member.since, on - DAY)
    member.save(update_fields=["until"])
    note(household, EventKind.LEFT, on, member.person, reason="与另一户的记录是同一人")
    if not others:
        household.status, household.closed_on = HouseholdStatus.CLOSED, max(household.opened_on, on - DAY)
        household.save(update_fields=["status", "closed_on"])
        note(household, EventKind.CLOSED, household.closed_on)


def _hand_over(kept: Person, gone: Person) -> None:
    """Give the kept record what the other has and it lacks; the other points to it from now on."""
    taken: dict[str, Any] = {}
    if gone.id_index:
        taken = {"id_cipher": gone.id_cipher, "id_index": gone.id_index, "id_last4": gone.id_last4}
    if gone.card_index and not kept.card_index:
        taken |= {"card_cipher": gone.card_cipher, "card_index": gone.card_index, "card_last4": gone.card_last4}
    taken |= {name: getattr(gone, name) for name in ("birth_date", "died_on") if getattr(kept, name) is None and getattr(gone, name) is not None}
    Person.objects.filter(pk=gone.pk).update(merged_into=kept, id_cipher=None, id_index=None, id_last4="", card_cipher=None, card_index="", card_last4="")
    if taken:
        Person.objects.filter(pk=kept.pk).update(**taken)
    Person.objects.filter(merged_into=gone).update(merged_into=kept)
    Item.objects.filter(of=gone).update(of=kept)
    LedgerKey.objects.filter(person=gone).update(person=kept)
    StoredFile.objects.filter(person_id=gone.pk).update(person_id=kept.pk)
    CurrentFacts.objects.filter(person=gone, item=None).delete()
    DuplicatePair.objects.filter(Q(first=gone) | Q(second=gone)).delete()
    home = Membership.objects.filter(person=kept, until=None).select_related("household").first()
    if home is not None:
        Person.objects.filter(pk=kept.pk).update(area_code=home.household.area_code)
