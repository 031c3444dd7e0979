"""Split, merge, move, death: dated events, and the household read back as it was on any day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from bangfu.server.accounts.selectors import scope_for
from bangfu.server.areas.selectors import communities_within
from bangfu.server.audit.acting import acting_as, actor_of
from bangfu.server.audit.models import Entry
from bangfu.server.files.models import StoredFile
from bangfu.server.registry import change_actions as change, current
from bangfu.server.registry.actions import Provenance, RefusedError, StaleError, Statement, add_item, state_facts
from bangfu.server.registry.enums import Source
from bangfu.server.registry.models import CurrentFacts, Household, Item
from bangfu.server.registry.selectors import facts_on, facts_with_sources, household_on, households_of, timeline
from tests.server.conftest import World
from tests.server.registry.conftest import DAY, named

LATER = DAY + dt.timedelta(days=100)
BEFORE = LATER - dt.timedelta(days=1)


def act(world: World, what: Callable[..., Any], *args: Any, **more: Any) -> Any:
    """Do something as the street officer."""
    with acting_as(actor_of(world.users["street"])):
        return what(*args, **more)


def people(household: Household, day: dt.date) -> list[tuple[str, str]]:
    """Return name and relation of who belonged to a household on a day."""
    return [(m.person.name, m.relation) for m in household_on(household, day).members]


WHOLE = [("欧阳明", "self"), ("单大川", "spouse"), ("单小川", "child")]


def test_a_split_is_read_back_on_either_side(world: World, family: Household) -> None:
    """The day before all three are together; from the day on the son is a head of his own."""
    made = act(world, change.split, family, {named("单小川").pk: "self"}, {}, LATER)
    assert people(family, BEFORE) == WHOLE
    assert people(family, LATER) == WHOLE[:2]
    assert people(made, LATER) == [("单小川", "self")]
    assert (household_on(made, BEFORE).is_open, people(made, BEFORE)) == (False, [])
    assert [e.kind for e in timeline(made)] == ["split", "joined", "opened"]
    assert [m.household for m in households_of(named("单小川"))] == [family, made]
    assert Entry.objects.filter(action="household.split", household_id=family.pk).count() == 1


def test_facts_and_items_go_with_their_person(world: World, family: Household) -> None:
    """The son's facts and jobs are the new household's, also after the table is worked out anew; the others' stay."""
    son, head = named("单小川"), named("欧阳明")
    item = act(world, add_item, family, "job", "J1", son)
    said = [Statement("works", True, son), Statement("works", False, head), Statement("residence", "urban"), Statement("relation", "child", son), Statement("work_form", "x", item=item)]
    act(world, state_facts, family, said, Provenance(Source.DECLARED))
    made = act(world, change.split, family, {son.pk: "self"}, {}, LATER)
    today = dt.date(2026, 1, 1)
    assert current.differences(family, today) == current.differences(made, today) == []
    assert CurrentFacts.objects.get(person=son).facts == {"works": True, "relation": "self"}
    assert CurrentFacts.objects.get(person=son).household == made
    assert Item.objects.get().household == made
    act(world, state_facts, made, [Statement("in_school", False, son)], Provenance(Source.VISIT))
    assert CurrentFacts.objects.get(person=son).facts == {"works": True, "relation": "self", "in_school": False}
    lines = facts_with_sources(made, today)[son.pk, None]
    assert [(line.fact, line.source) for line in lines] == [("works", "declared"), ("relation", "verified"), ("in_school", "visit")]
    assert facts_on(family, dt.date(2099, 1, 1)) == {(None, None): {"residence": "urban"}, (head.pk, None): {"works": False}}


def test_a_leaving_head_needs_another(world: World, family: Household) -> None:
    """Without one nothing is written; with one the others' relations change on the same day."""
    with pytest.raises(RefusedError, match="head"):
        act(world, change.split, family, {named("欧阳明").pk: "self"}, {}, LATER)
    assert people(family, LATER) == WHOLE
    act(world, change.split, family, {named("欧阳明").pk: "self"}, {named("单大川").pk: "self", named("单小川").pk: "child"}, LATER)
    assert people(family, BEFORE) == WHOLE
    assert people(family, LATER) == [("单大川", "self"), ("单小川", "child")]


def test_a_merge_closes_the_other(world: World, family: Household, neighbour: Household) -> None:
    """The other household ends the day before and can still be read."""
    lv = named("吕芳")
    with pytest.raises(RefusedError):
        act(world, change.merge, family, neighbour, {lv.pk: "self"}, LATER)
    act(world, change.merge, family, neighbour, {lv.pk: "child_in_law"}, LATER)
    neighbour.refresh_from_db()
    assert (neighbour.status, neighbour.closed_on) == ("closed", BEFORE)
    assert people(neighbour, BEFORE) == [("吕芳", "self")]
    assert people(neighbour, LATER) == []
    assert people(family, LATER) == [*WHOLE, ("吕芳", "child_in_law")]
    assert named("吕芳").area_code == family.area_code
    with pytest.raises(StaleError):
        act(world, change.move, neighbour, change.Lay(world.areas["柴东社区"], "x"), LATER)


def test_a_move_takes_everything_into_the_other_scope(world: World, family: Household) -> None:
    """People and files lie in the new community, the past place is read back; the worker of the old one sees it no more."""
    stored = {"area_code": family.area_code, "kind": "image/png", "size": 1, "digest": "0", "path": "p", "added_at": dt.datetime(2023, 1, 1, tzinfo=dt.UTC), "added_by": 1}
    act(world, StoredFile.objects.create, household_id=family.pk, name="a", **stored)
    act(world, change.move, family, change.Lay(world.areas["铁机社区"], "和平大道9号"), LATER)
    before, after = household_on(family, BEFORE), household_on(family, LATER)
    assert (before.area.name, before.address) == ("柴东社区", "铁机路1号")
    assert (after.area.name, after.address) == ("铁机社区", "和平大道9号")
    assert StoredFile.objects.get().area_code == named("单大川").area_code == 420106001002
    worker = scope_for(world.users["worker"], "registry.view", LATER)
    assert not Household.objects.within(worker).exists()
    assert [a.name for a in communities_within(worker)] == ["柴东社区"]
    with pytest.raises(RefusedError):
        act(world, change.move, family, change.Lay(world.areas["柴东社区"], "x"), LATER)
    with pytest.raises(RefusedError):
        act(world, change.move, family, change.Lay(world.areas["杨园街道"], "x"), LATER + dt.timedelta(days=1))


def test_a_death_ends_with_its_day(world: World, family: Household, neighbour: Household) -> None:
    """The dead belong to the household on the last day; the last one closes it; nobody dies tomorrow."""
    act(world, change.die, family, named("单大川"), LATER, {})
    assert people(family, LATER) == WHOLE
    assert people(family, LATER + dt.timedelta(days=1)) == [WHOLE[0], WHOLE[2]]
    assert named("单大川").died_on == LATER
    act(world, change.die, neighbour, named("吕芳"), LATER, {})
    neighbour.refresh_from_db()
    assert (neighbour.status, neighbour.closed_on, household_on(neighbour, LATER).is_open) == ("closed", LATER, True)
    with pytest.raises(RefusedError):
        act(world, change.die, family, named("单小川"), dt.date(2999, 1, 1), {})
    with pytest.raises(RefusedError):
        act(world, change.die, family, named("单小川"), DAY - dt.timedelta(days=1), {})


def test_leaving_closing_and_new_relations(world: World, family: Household) -> None:
    """Who leaves is in no household; a new head needs everybody's relation; closing ends what is left."""
    with pytest.raises(RefusedError):
        act(world, change.relate, family, {named("单大川").pk: "self"}, LATER)
    act(world, change.relate, family, {named("单大川").pk: "self", named("欧阳明").pk: "spouse", named("单小川").pk: "child"}, LATER)
    assert people(family, LATER)[0] == ("单大川", "self")
    assert people(family, BEFORE) == WHOLE
    later = LATER + dt.timedelta(days=9)
    act(world, change.leave, family, named("单小川"), later, {}, "外嫁")
    assert len(people(family, later)) == 2
    act(world, change.close, family, later, "自愿退出")
    assert (people(family, later + dt.timedelta(days=1)), len(people(family, later))) == ([], 2)


def test_a_second_officer_is_told(world: World, family: Household) -> None:
    """The version that was seen must still be there."""
    seen = family.version
    act(world, change.move, family, change.Lay(world.areas["铁机社区"], ""), LATER)
    with pytest.raises(StaleError):
        act(world, change.split, family, {named("单小川").pk: "self"}, {}, LATER, version=seen)
