"""The row of a household tells how many belong to it and when the eldest and the youngest were born; no change goes past it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from bangfu.server.audit.acting import acting_as, actor_of
from bangfu.server.audit.models import Entry
from bangfu.server.registry import change_actions as change
from bangfu.server.registry.actions import put_right_if_different
from bangfu.server.registry.make_up import differing
from bangfu.server.registry.models import Household, Person
from tests.server.conftest import World
from tests.server.registry.conftest import DAY, named

LATER = DAY + dt.timedelta(days=100)


def told(household: Household) -> tuple[Any, ...]:
    """Return what the row of a household tells."""
    household.refresh_from_db()
    return household.size, household.eldest_born, household.youngest_born


def test_the_row_follows_who_comes_and_goes(world: World, family: Household) -> None:
    """Three to begin with; the son founds a household of his own; the head dies, and the last one closes it."""
    assert told(family) == (3, dt.date(1949, 12, 31), dt.date(1980, 5, 1))
    son, head, husband = named("单小川"), named("欧阳明"), named("单大川")
    with acting_as(actor_of(world.users["street"])):
        made = change.split(family, {son.pk: "self"}, {}, DAY + dt.timedelta(days=10))
        assert told(made) == (1, dt.date(1980, 5, 1), dt.date(1980, 5, 1))
        change.leave(family, head, DAY + dt.timedelta(days=20), {husband.pk: "self"}, "示例")
        assert told(family) == (1, dt.date(1950, 5, 1), dt.date(1950, 5, 1))
        change.close(family, DAY + dt.timedelta(days=30), "示例")
    assert told(family) == (0, None, None)


def test_a_row_changed_beside_is_found_and_put_right(world: World, family: Household) -> None:
    """By the comparison of each night, with an entry."""
    with acting_as(actor_of(world.users["street"])):
        Household.objects.filter(pk=family.pk).update(size=9)
        family.refresh_from_db()
        assert differing([family]) == [family]
        assert put_right_if_different(family)
    assert told(family)[0] == 3
    assert Entry.objects.filter(action="facts.worked_out", household_id=family.pk).count() == 1


def test_nobody_with_a_known_birth(world: World, family: Household) -> None:
    """Size alone is told where no date of birth is known."""
    with acting_as(actor_of(world.users["street"])):
        Person.objects.filter(memberships__household=family).update(birth_date=None)
        assert put_right_if_different(Household.objects.get(pk=family.pk))
    assert told(family) == (3, None, None)
