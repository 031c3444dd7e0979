"""The made-up register: whole, audited, nobody real, and readable by the rules."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from bangfu.rules.assess import assess
from bangfu.rules.identity import identity_fault
from bangfu.server.accounts.selectors import scope_for
from bangfu.server.areas.models import Area
from bangfu.server.assessment.engines import engine_of
from bangfu.server.assessment.reading import content_of, given_of
from bangfu.server.audit.acting import acting_as, system_actor
from bangfu.server.audit.models import Entry
from bangfu.server.demonstration import households
from bangfu.server.demonstration.drawn import draw
from bangfu.server.demonstration.households import LARGE_SAVINGS, make_households
from bangfu.server.demonstration.names import birthday_on_card, id_number_of
from bangfu.server.demonstration.plausible import MEANS, OF_GROWN_UPS, WORKING_AGE, age_on, may_be_decided
from bangfu.server.demonstration.twice import enter_twice
from bangfu.server.installation import make_demonstration
from bangfu.server.jobs import running
from bangfu.server.jobs.actions import enqueue
from bangfu.server.registry import current
from bangfu.server.registry.duplicates import pairs_within
from bangfu.server.registry.identity import reveal_id_number
from bangfu.server.registry.models import CurrentFacts, Household, Item, Membership, Observation, Person
from tests.server.conftest import World

DAY = dt.date(2023, 9, 15)
PEOPLE = 150


drawn_once = cache(draw)


@pytest.fixture
def register(world: World, monkeypatch: pytest.MonkeyPatch) -> Area:
    """Return 武昌区 with some made-up households, drawn once for all tests."""
    from bangfu.server.calendar.published import set_business_date

    monkeypatch.setattr(households, "draw", drawn_once)
    with acting_as(system_actor("演示")):
        set_business_date(DAY)
        make_households(world.areas["武昌区"], PEOPLE)
    return world.areas["武昌区"]


def test_every_household_is_whole_audited_and_understood(register: Area) -> None:
    """Members with one head, an entry each, the table as the log says, a community of the district, and no fault for the rules."""
    engine = engine_of("wuchang")
    found = list(Household.objects.all())
    assert len(found) > 40
    assert Person.objects.count() >= PEOPLE
    assert {h.area.district_code for h in found} == {register.code}
    assert len({h.area_code for h in found}) == 3
    assert sorted(Entry.objects.filter(action="household.made_up").values_list("household_id", flat=True)) == sorted(h.pk for h in found)
    for household in found:
        assert current.differences(household, DAY) == []
        assert given_of(household, engine).of_entity("person")
    assert any("record" in content_of(h, engine) for h in found) or Item.objects.filter(entity="record").exists()


def test_what_is_shown_off_is_there(register: Area) -> None:
    """Conflicts between sources, seven digits, long names, members without a number, addresses that say what they are."""
    assert CurrentFacts.objects.exclude(conflicts=[]).exists()
    assert Observation.objects.filter(fact="bank_assets", value=LARGE_SAVINGS).exists()
    assert any(len(name) > 3 for name in Person.objects.values_list("name", flat=True))
    assert Person.objects.filter(id_index=None).exists()
    assert all("虚构" in address for address in Household.objects.values_list("address", flat=True))


def test_nobody_bears_these_numbers(register: Area) -> None:
    """Numbers pass the check, differ, and carry a birth in the time to come."""
    numbers = [reveal_id_number(p) for p in Person.objects.exclude(id_cipher=None)]
    assert len(set(numbers)) == len(numbers) > 100
    assert all(identity_fault(number) is None and int(number[6:10]) > 2100 for number in numbers)
    assert id_number_of("420106", birthday_on_card(dt.date(1960, 2, 29)), "female", 1)[6:17] == "21600228002"


def test_the_demonstration_is_made_once(db: Any, settings: Any) -> None:
    """A second start finds it; the officer next door has households of her own."""
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, demo_people=40)
    assert make_demonstration(DAY)[1]
    made = Household.objects.count()
    assert Household.objects.filter(number__startswith="520302-").exists()
    there = [set(Person.objects.filter(area_code__gte=a.low, area_code__lte=a.high).values_list("name", "birth_date")) for a in Area.objects.filter(level="district")]
    assert len(there[0] & there[1]) < 3  # or every search for people entered twice would find the district next door
    assert not make_demonstration(DAY)[1]
    assert Household.objects.count() == made


def test_what_is_received_is_possible(register: Area) -> None:
    """No orphan of 76: each row could be so today or on its first day, unless means have grown; children's helps are children's."""
    engine, checked = engine_of("wuchang"), 0
    for household in Household.objects.all():
        given = given_of(household, engine)
        born = {row.id: row.facts.get("birth_date") for row in given.of_entity("person")}
        for row in given.rows:
            for name in row.stated:
                assert may_be_decided(name, born.get(row.id), DAY), (household, name)
        for line in given.record or []:
            checked += 1
            entry = engine.pack.entries[line.entry]
            key = line.of if entry.per == "person" else f"H{household.pk}" if entry.per == "household" else line.claim
            days = {DAY, line.since or line.paid_on or DAY}
            answers = [a.computed for day in days for a in assess(engine, given, day, basis="met", reasons=False).answers if (a.row, a.entry) == (key, line.entry)]
            assert line.entry in MEANS or set(answers) & {"met", "unknown"}, (household, line)
    assert checked > 4


def test_people_are_like_people(register: Area) -> None:
    """Children bear the head's surname and are asked nothing of grown-ups; whose spouse is there is no widow; alone is one."""
    checked = 0
    for household in Household.objects.all():
        members = list(Membership.objects.filter(household=household).select_related("person"))
        head = next(m.person for m in members if m.relation == "self")
        for member in members:
            facts = CurrentFacts.objects.filter(person=member.person, item=None).values_list("facts", flat=True).first() or {}
            age = age_on(member.person.birth_date, DAY)
            assert len(members) == 1 or not facts.get("lives_alone")
            assert not (member.relation == "spouse" and facts.get("widowed_or_lonely"))
            if age is not None and age < WORKING_AGE:
                checked += 1
                assert not set(OF_GROWN_UPS) & set(facts), (member.person, facts)
                if member.relation == "child":
                    assert member.person.name[0] == head.name[0]
    assert checked > 10



def test_somebody_is_entered_twice_for_the_street_to_decide(world: World, register: Area) -> None:
    """The look for duplicates finds the pair, and both communities are the street's."""
    street = world.areas["杨园街道"]
    with acting_as(system_actor("演示")):
        again = enter_twice(street, DAY)
        job = enqueue("registry.duplicates", key="twice", area_code=0)
    assert again is not None
    running.run(job.pk)
    pair = pairs_within(scope_for(world.users["street"], "registry.duplicates", DAY)).get()
    assert again.memberships.get().person in (pair.first, pair.second)
    assert pair.first.name == pair.second.name
