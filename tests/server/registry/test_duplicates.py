"""People entered twice: found over all areas, decided side by side by who may see both, remembered either way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from bangfu.server.accounts.selectors import scope_for
from bangfu.server.audit.acting import acting_as, actor_of, system_actor
from bangfu.server.audit.models import Entry
from bangfu.server.jobs import running
from bangfu.server.jobs.actions import enqueue
from bangfu.server.registry import current, duplicate_actions as act
from bangfu.server.registry.actions import (
    NewPerson,
    Provenance,
    RefusedError,
    Statement,
    add_item,
    add_person,
    open_household,
    state_facts,
)
from bangfu.server.registry.change_actions import relate
from bangfu.server.registry.duplicate_models import DuplicatePair, Sighting
from bangfu.server.registry.duplicates import half_seen, pairs_within, sightings_within
from bangfu.server.registry.enums import Source
from bangfu.server.registry.models import CurrentFacts, Household, Item, Membership, Person
from bangfu.server.registry.selectors import household_on
from tests.server.conftest import World
from tests.server.registry.conftest import DAY, born, named
from tests.server.registry.ledgers import id_number

LATER = DAY + dt.timedelta(days=50)
BORN = dt.date(1980, 5, 1)


def do(world: World, what: Callable[..., Any], *args: Any, **more: Any) -> Any:
    """Do something as the district officer."""
    with acting_as(actor_of(world.users["district_officer"])):
        return what(*args, **more)


def search(key: str = "a") -> None:
    """Look for duplicates."""
    with acting_as(system_actor("任务")):
        job = enqueue("registry.duplicates", key=key, area_code=0)
    running.run(job.pk)
    job.refresh_from_db()
    assert job.status == "done", job.reason


@pytest.fixture
def twin(world: World, family: Household) -> Household:
    """Return a household elsewhere in the district whose only member looks like the son of the family."""
    made: Household = do(world, open_household, world.areas["三角路社区"], "三角路8号", DAY)
    do(world, add_person, made, NewPerson("单小川", "self", id_number(2, "19800501"), BORN), DAY)
    return made


def records(family: Household, twin: Household) -> tuple[Person, Person]:
    """Return the son's record in the family and the other one."""
    return tuple(Person.objects.distinct().get(name="单小川", memberships__household=h) for h in (family, twin))  # type: ignore[return-value]


def test_a_pair_is_shown_to_who_may_see_both(world: World, family: Household, twin: Household) -> None:
    """The street of one side learns that there is one more record and nothing else; another district nothing at all."""
    search()
    scopes = {who: scope_for(world.users[who], "registry.duplicates", DAY) for who in ("district_officer", "street", "foreign")}
    assert [(p.first.name, p.likeness) for p in pairs_within(scopes["district_officer"])] == [("单小川", "name_birth")]
    assert (pairs_within(scopes["street"]).count(), half_seen(scopes["street"])) == (0, 1)
    assert (pairs_within(scopes["foreign"]).count(), half_seen(scopes["foreign"])) == (0, 0)


def test_not_the_same_is_remembered(world: World, family: Household, twin: Household) -> None:
    """The next search does not bring them again; a second decision is refused."""
    search()
    son, other = records(family, twin)
    do(world, act.tell_apart, other, son, "查过户口，是两个人")
    assert DuplicatePair.objects.count() == 0
    search("b")
    assert DuplicatePair.objects.count() == 0
    with pytest.raises(RefusedError):
        do(world, act.unite, son, other, "")
    assert Entry.objects.get(action="person.told_apart").reason == "查过户口，是两个人"


def test_a_pair_that_was_put_right_is_gone(world: World, family: Household, twin: Household) -> None:
    """Another date of birth, and the search drops the pair."""
    search()
    born(world, records(family, twin)[1], dt.date(1981, 5, 1))
    search("b")
    assert DuplicatePair.objects.count() == 0


def test_two_id_numbers_are_two_people_but_one_card_is_not(world: World, family: Household, twin: Household) -> None:
    """Whoever has a number of their own is no likely duplicate; a shared card is looked at all the same."""
    third = do(world, open_household, world.areas["铁机社区"], "", DAY)
    do(world, add_person, third, NewPerson("单小川", "self", id_number(10, "19800501"), BORN), DAY)
    do(world, add_person, third, NewPerson("别人", "spouse", "", None, "6222020200112233445"), DAY)
    search()
    found = {(p.first.name, p.second.name, p.likeness) for p in DuplicatePair.objects.select_related("first", "second")}
    assert found == {("单小川", "单小川", "name_birth"), ("欧阳明", "别人", "card")}
    assert DuplicatePair.objects.count() == 3


def test_uniting_needs_a_choice_of_household(world: World, family: Household, twin: Household) -> None:
    """Without it nothing changes; with it the other membership ends and an empty household closes."""
    son, other = records(family, twin)
    with pytest.raises(RefusedError):
        do(world, act.unite, son, other, "同一人")
    assert not Membership.objects.exclude(until=None).exists()
    do(world, act.unite, son, other, "同一人", home=family, on=LATER)
    son.refresh_from_db()
    twin.refresh_from_db()
    assert (son.id_last4, twin.status, twin.closed_on) == (id_number(2, "19800501")[-4:], "closed", LATER - dt.timedelta(days=1))
    assert [m.person for m in household_on(twin, DAY).members] == [son]
    assert len(household_on(family, LATER).members) == 3
    assert Person.objects.get(pk=other.pk).merged_into == son
    assert Person.objects.get(pk=other.pk).id_index is None


def test_what_was_said_of_either_counts(world: World, family: Household, twin: Household) -> None:
    """Statements, items and the history of both, worked out from the log alone."""
    son, other = records(family, twin)
    do(world, state_facts, family, [Statement("works", False, son)], Provenance(Source.DECLARED))
    do(world, state_facts, twin, [Statement("works", True, other), Statement("in_school", False, other)], Provenance(Source.VERIFIED))
    do(world, add_item, twin, "job", "J1", other)
    do(world, act.unite, son, other, "同一人", home=family, on=LATER)
    row = CurrentFacts.objects.get(person=son)
    assert row.facts == {"works": True, "in_school": False}
    assert [c["fact"] for c in row.conflicts] == ["works"]
    assert Item.objects.get().household == family
    assert current.differences(family, LATER) == []
    do(world, state_facts, family, [Statement("able_to_work", True, son)], Provenance(Source.VISIT))
    assert CurrentFacts.objects.get(person=son).facts == {"works": True, "in_school": False, "able_to_work": True}


def test_what_cannot_be_united(world: World, family: Household, twin: Household) -> None:
    """Two numbers; a head who leaves others; the head's record inside one household."""
    head, husband = named("欧阳明"), named("单大川")
    other = records(family, twin)[1]
    with pytest.raises(RefusedError, match="ID numbers"):
        do(world, act.unite, head, other, "")
    with pytest.raises(RefusedError, match="head"):
        do(world, act.unite, husband, head, "")
    do(world, relate, family, {records(family, twin)[0].pk: "self", head.pk: "parent", husband.pk: "parent"}, LATER)
    with pytest.raises(RefusedError, match="head of household"):
        do(world, act.unite, records(family, twin)[0], other, "", home=twin, on=LATER + dt.timedelta(days=9))
    do(world, act.unite, head, husband, "录了两次")
    assert len(household_on(family, LATER + dt.timedelta(days=1)).members) == 2


def test_a_number_entered_in_two_places(world: World, family: Household) -> None:
    """Who is above both sees it and decides; asked again it is noted once."""
    head = named("欧阳明")
    for _ in range(2):
        do(world, act.see_elsewhere, head.pk, 420106002001, "欧阳明", "三角路8号", DAY)
    found = sightings_within(scope_for(world.users["district_officer"], "registry.duplicates", DAY)).get()
    assert not sightings_within(scope_for(world.users["street"], "registry.duplicates", DAY)).exists()
    do(world, act.decide_sighting, found, "已通知三角路社区，户籍未迁")
    with pytest.raises(RefusedError):
        do(world, act.decide_sighting, found, "x")
    assert Sighting.objects.filter(decision="").count() == 0
