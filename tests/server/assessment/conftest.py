"""A family in 柴东社区 whose answers are known, and short ways to state facts about it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest

from bangfu.server.audit.acting import acting_as, actor_of
from bangfu.server.calendar.published import set_business_date
from bangfu.server.registry.actions import (
    NewPerson,
    Provenance,
    Statement,
    add_item,
    add_person,
    open_household,
    state_collections,
    state_facts,
)
from bangfu.server.registry.enums import Source
from bangfu.server.registry.models import Household, Item, Person
from tests.server.conftest import World

DAY = dt.date(2023, 9, 15)
"""A day on which 武昌's document is in force."""


@dataclass
class Family:
    """A household with its people, and whose hand states facts."""

    world: World
    household: Household
    people: list[Person]
    by: str = "worker"

    def say(self, person: int | None = None, item: Item | None = None, **facts: Any) -> None:
        """State facts of the household, of one of its people, or of an item."""
        about = None if person is None else self.people[person]
        with acting_as(actor_of(self.world.users[self.by])):
            state_facts(self.household, [Statement(f, v, about, item) for f, v in facts.items()], Provenance(Source.VERIFIED))

    def item(self, entity: str, key: str, of: int | None = None, **facts: Any) -> Item:
        """Add an item with facts."""
        with acting_as(actor_of(self.world.users[self.by])):
            found = add_item(self.household, entity, key, None if of is None else self.people[of])
        if facts:
            self.say(item=found, **facts)
        return found

    def all_listed(self, *collections: str) -> None:
        """Note that all rows of some kinds are listed."""
        with acting_as(actor_of(self.world.users[self.by])):
            state_collections(self.household, collections)


def make_family(world: World, community: str = "柴东社区", *, by: str = "worker", births: tuple[dt.date, ...] = (dt.date(1950, 3, 1),)) -> Family:
    """Return a family of some people, the first the head."""
    with acting_as(actor_of(world.users[by])):
        household = open_household(world.areas[community], "示例路1号", DAY)
        people = [
            add_person(household, NewPerson(f"示例{place + 1}", "self" if place == 0 else "child", "", birth), DAY)
            for place, birth in enumerate(births)
        ]
    return Family(world, household, people, by)


@pytest.fixture
def today(world: World) -> dt.date:
    """Let the installation live on a day of 2023."""
    from bangfu.server.audit.acting import system_actor

    with acting_as(system_actor("演示")):
        set_business_date(DAY)
    return DAY


@pytest.fixture
def family(world: World, today: dt.date) -> Family:
    """Return an old woman who lives alone."""
    return make_family(world)
