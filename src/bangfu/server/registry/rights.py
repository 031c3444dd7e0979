"""Reads about consent, people's requests and how long data is kept. Where no period is set, nothing is due."""

from __future__ import annotations

import datetime as dt

from django.db.models import Exists, OuterRef, QuerySet

from bangfu.server.areas.models import Area
from bangfu.server.areas.scope import Scope
from bangfu.server.areas.selectors import district_of
from bangfu.server.files.models import StoredFile
from bangfu.server.registry.enums import HouseholdStatus, KeptKind, RequestStatus
from bangfu.server.registry.models import Household, Person
from bangfu.server.registry.rights_models import Consent, Period, PersonRequest

ERASED_ADDRESS = "（已删除）"


def period_of(area_code: int, kind: KeptKind) -> Period | None:
    """Return the period in force in the district of a community."""
    found: Period | None = Period.objects.filter(district=district_of(area_code), kind=kind).first()
    return found


def periods_within(scope: Scope) -> QuerySet[Period]:
    """Return the periods of districts inside a scope, newest first; of each kind the first one counts."""
    found: QuerySet[Period] = Period.objects.within(scope).select_related("district")
    return found


def years_before(day: dt.date, years: int) -> dt.date:
    """Return the day so many years before; of a 29th of February the 28th."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def due_households(district: Area, today: dt.date) -> QuerySet[Household]:
    """Return the closed households of a district whose period is over and that are not on hold."""
    period = period_of(district.low, KeptKind.HOUSEHOLD)
    found: QuerySet[Household] = Household.objects.within(Scope.of([district])).filter(status=HouseholdStatus.CLOSED, hold_reason="")
    if period is None:
        return found.none()
    return found.filter(closed_on__lte=years_before(today, period.number)).exclude(address=ERASED_ADDRESS).order_by("closed_on", "pk")


def due_files(district: Area, today: dt.date) -> QuerySet[StoredFile]:
    """Return the withdrawn files of a district whose period is over; those of households on hold stay."""
    period = period_of(district.low, KeptKind.WITHDRAWN)
    found: QuerySet[StoredFile] = StoredFile.objects.within(Scope.of([district])).filter(withdrawn=True).exclude(digest="")
    if period is None:
        return found.none()
    on_hold = Household.objects.filter(pk=OuterRef("household_id")).exclude(hold_reason="")
    return found.filter(added_at__date__lte=years_before(today, period.number)).exclude(Exists(on_hold))


def people_within(scope: Scope) -> QuerySet[Person]:
    """Return the people inside a scope whose record is not part of another one."""
    found: QuerySet[Person] = Person.objects.within(scope).filter(merged_into=None)
    return found


def consents_of(person: Person) -> QuerySet[Consent]:
    """Return somebody's consents, newest first."""
    return Consent.objects.filter(person=person)


def consents_within(scope: Scope) -> QuerySet[Consent]:
    """Return the consents of people inside a scope."""
    found: QuerySet[Consent] = Consent.objects.within(scope).select_related("person")
    return found


def requests_within(scope: Scope, *, only_open: bool = False) -> QuerySet[PersonRequest]:
    """Return the requests of people inside a scope, newest first."""
    found: QuerySet[PersonRequest] = PersonRequest.objects.within(scope).select_related("person")
    return found.filter(status=RequestStatus.OPEN) if only_open else found


def held_households(scope: Scope) -> QuerySet[Household]:
    """Return the households inside a scope that are on hold."""
    found: QuerySet[Household] = Household.objects.within(scope).exclude(hold_reason="").select_related("area")
    return found
