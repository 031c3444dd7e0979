"""A family of three in 柴东社区 and one of one in 铁机社区."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from bangfu.server.audit.acting import acting_as, actor_of
from bangfu.server.registry.actions import NewPerson, add_person, open_household
from bangfu.server.registry.make_up import differing, sum_up
from bangfu.server.registry.models import Household, Person
from tests.server.conftest import World
from tests.server.portal.conftest import Refusing

DAY = dt.date(2023, 9, 15)
NUMBER = "11010519491231002X"


@pytest.fixture(autouse=True)
def strict_templates(settings: Any) -> None:
    """Let every page of these tests refuse a variable that does not exist."""
    templates = deepcopy(settings.TEMPLATES)
    templates[0]["OPTIONS"]["string_if_invalid"] = Refusing("%s")
    settings.TEMPLATES = templates


@pytest.fixture(autouse=True)
def rows_tell_their_members(request: pytest.FixtureRequest) -> Iterator[None]:
    """Hold, after each test that has a register, the size and the dates of birth in every household's row against its members."""
    has_register = "world" in request.fixturenames
    if has_register:
        request.getfixturevalue("world")  # so that it is there until after this
    yield
    if has_register:
        assert differing(Household.objects.all()) == []


@pytest.fixture
def family(world: World) -> Household:
    """Return a household of three: 欧阳明 the head, her husband, their son."""
    with acting_as(actor_of(world.users["worker"])):
        household = open_household(world.areas["柴东社区"], "铁机路1号", DAY)
        add_person(household, NewPerson("欧阳明", "self", NUMBER, dt.date(1949, 12, 31), "6222020200112233445"), DAY)
        add_person(household, NewPerson("单大川", "spouse", "", dt.date(1950, 5, 1)), DAY)
        add_person(household, NewPerson("单小川", "child", "", dt.date(1980, 5, 1)), DAY)
    return household


@pytest.fixture
def neighbour(world: World) -> Household:
    """Return a household of one in the next community."""
    with acting_as(actor_of(world.users["street"])):
        household = open_household(world.areas["铁机社区"], "和平大道7号", DAY)
        add_person(household, NewPerson("吕芳", "self", "", dt.date(1960, 1, 1)), DAY)
    return household


def named(name: str) -> Person:
    """Return the person of a name."""
    return Person.objects.get(name=name)


def born(world: World, person: Person, day: dt.date) -> None:
    """Let somebody have been born on another day: no act of the register changes that by itself."""
    with acting_as(actor_of(world.users["worker"])):
        Person.objects.filter(pk=person.pk).update(birth_date=day)
        sum_up(*person.memberships.values_list("household", flat=True))
