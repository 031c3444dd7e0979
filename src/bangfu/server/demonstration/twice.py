"""Somebody entered twice, so that a demonstration has a likely duplicate to decide. Nothing here knows how they are found."""

from __future__ import annotations

import datetime as dt

from bangfu.server.areas.models import Area, Level
from bangfu.server.registry.actions import NewPerson, add_person, open_household
from bangfu.server.registry.enums import HouseholdStatus
from bangfu.server.registry.models import Household, Membership

ADULT_YEARS = 18


def enter_twice(street: Area, day: dt.date) -> Household | None:
    """Enter a grown-up head of one community of a street as a household of another, without a card, as happens at the counter; None where nobody is."""
    there, here = Area.objects.filter(parent=street, level=Level.COMMUNITY).order_by("code")[:2]
    born = dt.date(day.year - ADULT_YEARS, day.month, 1)
    known = Membership.objects.filter(
        household__area=there, household__status=HouseholdStatus.OPEN, relation="self", person__birth_date__lt=born,
    ).select_related("person").order_by("household__number").first()  # fmt: skip
    if known is None:
        return None
    again = open_household(here, f"{here.name}样例街（虚构，租住）", day)
    add_person(again, NewPerson(known.person.name, "self", birth_date=known.person.birth_date), day)
    return again
