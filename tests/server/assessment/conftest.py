"""A family in 柴东社区 whose answers are known, and short ways to state facts about it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest

from bangfu.rules.household import Given, GivenRow
from bangfu.rules.pack.model import Pack
from bangfu.rules.values import decimal_text
from bangfu.server.audit.acting import acting_as, actor_of
from bangfu.server.calendar.published import set_business_date
from bangfu.server.jobs import running
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
from tests.rules.population.ledgers import _shown
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


def in_register(world: World, community: str, given: Given, pack: Pack, by: str) -> Household:
    """Put stated facts on the register as they are: people, items, record, what is listed."""
    members = given.of_entity("person")
    births = [row.facts.get("birth_date") for row in members]
    with acting_as(actor_of(world.users[by])):
        household = open_household(world.areas[community], "示例路1号", DAY)
        people = {row.id: add_person(household, NewPerson(f"示例{row.id}", _relation(row), "", birth), DAY) for row, birth in zip(members, births, strict=True)}
        items: dict[str, Item] = {}
        statements: list[Statement] = []
        for row in sorted(given.rows, key=lambda row: row.entity != "organisation"):
            if row.entity == "place":
                continue
            if row.entity not in ("person", "household"):
                items[row.id] = add_item(household, row.entity, row.id, people.get(row.of or ""), items.get(row.at or ""))
            about = {"person": people.get(row.id), "item": items.get(row.id)}
            statements += [Statement(name, value, **about) for name, value in _stated(row, pack).items()]
        for number, line in enumerate(given.record or []):
            of, claim = people.get(line.of or ""), items.get(line.claim or "")
            item = add_item(household, "record", f"R{number}", of, claim)
            said = {"entry": line.entry, "from": line.since, "until": line.until, "paid_on": line.paid_on, "amount": _plain(line.amount, 100), "quantity": _plain(line.quantity, 1)}
            statements += [Statement(name, _json(value), item=item) for name, value in said.items() if value is not None]
        state_facts(household, statements, Provenance(Source.VERIFIED))
        state_collections(household, sorted(given.collections - {"households", "members"}) + (["record"] if given.record is not None else []))
    return household


def _relation(row: GivenRow) -> str:
    return str(row.facts.get("relation") or "other")


def _stated(row: GivenRow, pack: Pack) -> dict[str, Any]:
    shown = {name: _json(_shown(pack.vocabulary.facts[name], value)) for name, value in row.facts.items()}
    return {**shown, **row.stated}


def _plain(value: Any, scale: int) -> Any:
    return None if value is None else Fraction(value) / scale


def _json(value: Any) -> Any:
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else float(decimal_text(value))
    return value.isoformat() if isinstance(value, dt.date) else value


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


@pytest.fixture(autouse=True)
def quiet_heart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no second thread beat inside a test's transaction: it would wait for the test's own lock."""
    monkeypatch.setattr(running, "BEAT_SECONDS", 3600)
