"""What lists ask of a household's make-up, kept in its own row: how many belong to it now, when the eldest and the youngest were born.

Worked out from memberships in the transaction that changes them (``actions.note`` does it for every event), and held
against them each night. Without it a list of a district's large families would count the members of every household.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any, Protocol

from django.db.models import Count, Max, Min, OuterRef, Subquery
from django.db.models.functions import Coalesce

from bangfu.server.registry.models import Household, Membership


def sum_up(*households: int) -> None:
    """Write size and dates of birth of some households anew, in the caller's transaction."""
    Household.objects.filter(pk__in=households).update(
        size=Coalesce(Subquery(_now(Count("pk"))), 0), eldest_born=Subquery(_now(Min("person__birth_date"))), youngest_born=Subquery(_now(Max("person__birth_date"))),
    )  # fmt: skip


class Born(Protocol):
    """Somebody who was born on a day, or nobody knows when."""

    birth_date: dt.date | None


def as_made(household: Household, people: Collection[Born]) -> Household:
    """Set size and dates of birth of a household that is about to be written with its people; return it."""
    born: list[dt.date] = [person.birth_date for person in people if person.birth_date is not None]
    household.size, household.eldest_born, household.youngest_born = len(people), min(born, default=None), max(born, default=None)
    return household


def differing(households: Iterable[Household]) -> list[Household]:
    """Return those of some households, as they were read, whose row does not tell what their memberships say."""
    rows = list(households)
    held = Membership.objects.filter(household__in=rows, until=None).order_by().values("household")
    now = {row["household"]: row for row in held.annotate(size=Count("pk"), eldest=Min("person__birth_date"), youngest=Max("person__birth_date"))}
    nobody = {"size": 0, "eldest": None, "youngest": None}
    return [one for one in rows if _told(now.get(one.pk, nobody)) != (one.size, one.eldest_born, one.youngest_born)]


def _told(row: dict[str, Any]) -> tuple[int, dt.date | None, dt.date | None]:
    return row["size"], row["eldest"], row["youngest"]


def _now(counted: Any) -> Any:
    """Return what is counted over the members now of the household of the query around it."""
    return Membership.objects.filter(household=OuterRef("pk"), until=None).order_by().values("household").annotate(found=counted).values("found")
