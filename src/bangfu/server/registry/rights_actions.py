"""Writes about consent, people's requests, how long data is kept, legal hold, and the end of keeping."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F

from bangfu.server.areas.models import Area, Level
from bangfu.server.areas.selectors import district_of
from bangfu.server.audit.acting import current_actor
from bangfu.server.audit.actions import record
from bangfu.server.calendar import clock
from bangfu.server.files.actions import forget
from bangfu.server.files.models import StoredFile
from bangfu.server.registry.actions import RefusedError
from bangfu.server.registry.current import people_of
from bangfu.server.registry.duplicate_models import Sighting
from bangfu.server.registry.enums import KeptKind, Purpose, RequestKind, RequestStatus
from bangfu.server.registry.models import Household, Person
from bangfu.server.registry.rights import due_files, due_households, period_of
from bangfu.server.registry.rights_models import Consent, Period, PersonRequest
from bangfu.server.todo.models import Todo

CHILD_UNDER = 14
"""Below this age the guardian agrees: Personal Information Protection Law, article 31."""
ERASED = "（已删除）"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it was made: by whom, and how it was checked who that is."""

    kind: RequestKind
    asked_on: dt.date
    asked_by: str
    relation: str
    checked_by: str
    details: str = ""


def age_on(born: dt.date, day: dt.date) -> int:
    """Return somebody's age in whole years on a day."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


@transaction.atomic
def give_consent(person: Person, purpose: Purpose, on: dt.date, *, guardian: str = "", relation: str = "", document_id: int | None = None) -> Consent:
    """Write that somebody agreed, or their guardian; again for the same purpose gives what is there.

    Raises:
        RefusedError: The person is under 14, or of unknown age, and no guardian is named; the day lies ahead.
    """
    if on > clock.today():
        raise RefusedError("同意日期不能晚于今天", "a consent cannot lie in the future")
    if not guardian and (person.birth_date is None or age_on(person.birth_date, on) < CHILD_UNDER):
        said = "不满十四周岁" if person.birth_date else "出生日期不清楚"
        raise RefusedError(f"此人{said}，要由父母或其他监护人同意，请填写监护人姓名和关系", "under 14, or of unknown age: a parent or other guardian agrees; name them")
    there: Consent | None = Consent.objects.filter(person=person, purpose=purpose, until=None).first()
    if there is not None:
        return there
    made = Consent.objects.create(
        person=person, purpose=purpose, given_on=on, guardian=guardian, guardian_relation=relation, document_id=document_id, actor_id=current_actor().pk,
    )  # fmt: skip
    record("consent.given", of=made, area_code=person.area_code, details={"purpose": purpose, "by_guardian": bool(guardian)})
    return made


@transaction.atomic
def withdraw_consent(consent: Consent, why: str) -> None:
    """Write that a consent was taken back; what was done before stays lawful."""
    if Consent.objects.filter(pk=consent.pk, until=None).update(until=clock.today(), why_ended=why):
        record("consent.withdrawn", of=consent, area_code=consent.person.area_code, reason=why)


@transaction.atomic
def ask(person: Person, asked: Asked) -> PersonRequest:
    """Write down a request of somebody about their own data; its deadline comes from the district's period, if one is set.

    The same request again on the same day is the one that is there.
    """
    there: PersonRequest | None = PersonRequest.objects.filter(
        person=person, kind=asked.kind, asked_on=asked.asked_on, asked_by=asked.asked_by, details=asked.details, status=RequestStatus.OPEN
    ).first()
    if there is not None:
        return there
    days = period_of(person.area_code, KeptKind.ANSWER)
    made = PersonRequest.objects.create(
        person=person, kind=asked.kind, asked_on=asked.asked_on, asked_by=asked.asked_by, relation=asked.relation, checked_by=asked.checked_by,
        details=asked.details, due_on=asked.asked_on + dt.timedelta(days=days.number) if days else None, actor_id=current_actor().pk,
    )  # fmt: skip
    Todo.objects.get_or_create(
        key=f"request-{made.pk}",
        defaults={"kind": "person.request", "title": f"答复本人请求：{made.get_kind_display()}", "role": "street_officer", "area_code": person.area_code, "due_on": made.due_on},
    )
    record("request.made", of=made, area_code=person.area_code, details={"kind": asked.kind})
    return made


@transaction.atomic
def answer(request: PersonRequest, status: RequestStatus, text: str) -> None:
    """Answer a request; refusing needs the reason in the text.

    Raises:
        RefusedError: Somebody has answered already.
    """
    done = PersonRequest.objects.filter(pk=request.pk, status=RequestStatus.OPEN).update(
        status=status, answer=text, answered_on=clock.today(), answered_by=current_actor().pk
    )
    if not done:
        raise RefusedError("这项请求已经答复了", "somebody has answered this request already")
    Todo.objects.filter(key=f"request-{request.pk}").update(done_at=clock.now())
    record("request.answered", of=request, area_code=request.person.area_code, reason=text[:300], details={"status": status})


@transaction.atomic
def set_period(district: Area, kind: KeptKind, number: int, instrument: str) -> Period:
    """Write how long a district keeps something, with the instrument that says so.

    Raises:
        RefusedError: The area is no district, or the number is none.
    """
    if district.level != Level.DISTRICT or number < 1:
        raise RefusedError("期限按区县登记，至少为 1", "a period belongs to a district and is 1 at least")
    there = period_of(district.low, kind)
    if there is not None and (there.number, there.instrument) == (number, instrument):
        return there
    made = Period.objects.create(district=district, area_code=district.low, kind=kind, number=number, instrument=instrument, actor_id=current_actor().pk, at=clock.now())
    record("period.set", of=made, area_code=district.low, reason=instrument, details={"kind": kind, "number": number})
    return made


@transaction.atomic
def hold(household: Household, reason: str) -> None:
    """Keep everything of a household whatever periods say, such as during an appeal; an empty reason lifts the hold."""
    Household.objects.filter(pk=household.pk).update(hold_reason=reason, version=F("version") + 1)
    household.refresh_from_db(fields=["hold_reason", "version"])
    record("household.held" if reason else "household.released", of=household, household_id=household.pk, area_code=household.area_code, reason=reason)


@transaction.atomic
def erase(household: Household, reason: str) -> None:
    """End the keeping of a household whose period is over: names, numbers, address and files go, figures without a name stay.

    Raises:
        RefusedError: It is not due, or on hold.
    """
    if not due_households(district_of(household.area_code), clock.today()).filter(pk=household.pk).exists():
        raise RefusedError("这一户还没有到期，或在保全中", "the household is not due, or on hold")
    for person in Person.objects.filter(pk__in=people_of(household)):
        Person.objects.filter(pk=person.pk).update(
            name=ERASED, pinyin="", initials="", birth_date=None, id_cipher=None, id_index=None, id_last4="", card_cipher=None, card_index="", card_last4=""
        )
    people = people_of(household)
    Sighting.objects.filter(person__in=people).update(name=ERASED, address="")
    PersonRequest.objects.filter(person__in=people).update(asked_by=ERASED, checked_by="", details="", answer="")
    Consent.objects.filter(person__in=people).exclude(guardian="").update(guardian=ERASED)
    Household.objects.filter(pk=household.pk).update(address=ERASED)
    for file in StoredFile.objects.filter(household_id=household.pk):
        _destroy(file)
    Todo.objects.filter(key=f"retention-{household.pk}").update(done_at=clock.now())
    record("household.erased", of=household, household_id=household.pk, area_code=household.area_code, reason=reason)


@transaction.atomic
def destroy_due_files(district: Area) -> int:
    """Delete the bytes of withdrawn files whose period is over; their rows stay. Return how many."""
    found = list(due_files(district, clock.today()))
    for file in found:
        _destroy(file)
        record("file.destroyed", of=file, household_id=file.household_id, area_code=file.area_code)
    return len(found)


def _destroy(file: StoredFile) -> None:
    forget(file.path)
    forget(file.thumbnail)
    StoredFile.objects.filter(pk=file.pk).update(withdrawn=True, path=f"destroyed-{file.pk}", thumbnail="", name=ERASED, digest="")


def list_due(district: Area) -> int:
    """Make a to-do of each household whose period is over; return how many are due."""
    due = list(due_households(district, clock.today()))
    for household in due:
        Todo.objects.get_or_create(
            key=f"retention-{household.pk}",
            defaults={
                "kind": "registry.retention", "title": f"保存期满，决定销毁或保全：{household.number}", "role": "district_officer",
                "area_code": household.area_code, "household_id": household.pk, "due_on": clock.today(),
            },
        )  # fmt: skip
    return len(due)
