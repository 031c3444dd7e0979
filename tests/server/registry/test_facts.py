"""The register: statements, what is current, conflicts, and the answers that rest on them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bangfu.rules.assess import assess
from bangfu.server.assessment.engines import engine_of
from bangfu.server.assessment.reading import content_of, given_of
from bangfu.server.audit.acting import acting_as, actor_of
from bangfu.server.registry import current
from bangfu.server.registry.actions import (
    NewPerson,
    Provenance,
    RefusedError,
    StaleError,
    Statement,
    add_person,
    open_household,
    state_facts,
)
from bangfu.server.registry.enums import Source
from bangfu.server.registry.identity import IdentityProblemError, id_index, masked, reveal_id_number
from bangfu.server.registry.models import CurrentFacts, Household, Person
from tests.server.conftest import World

DAY = dt.date(2023, 9, 15)
NUMBER = "11010519491231002X"


@pytest.fixture
def family(world: World) -> Household:
    """Return a household of one in 柴东社区, taken in by her community worker."""
    with acting_as(actor_of(world.users["worker"])):
        household = open_household(world.areas["柴东社区"], "铁机路1号", DAY)
        add_person(household, NewPerson("欧阳老奶奶", "self", NUMBER, dt.date(1949, 12, 31)), DAY)
    return household


def say(world: World, household: Household, source: Source, value: Any, fact: str = "residence", **origin: Any) -> None:
    """State one fact of the household."""
    with acting_as(actor_of(world.users["worker"])):
        state_facts(household, [Statement(fact, value)], Provenance(source, **origin))


def facts(household: Household) -> tuple[dict[str, Any], list[Any]]:
    """Return what is current of the household itself."""
    row = CurrentFacts.objects.get(household=household, person=None, item=None)
    return row.facts, row.conflicts


def test_the_strongest_source_counts_and_differences_show(world: World, family: Household) -> None:
    """A later weaker statement does not replace a verified one, it is a conflict; taking back uncovers it."""
    say(world, family, Source.DECLARED, "rural")
    assert facts(family) == ({"residence": "rural"}, [])
    say(world, family, Source.VERIFIED, "urban")
    assert facts(family)[0] == {"residence": "urban"}
    assert facts(family)[1] == [{"fact": "residence", "source": "verified", "value": "urban", "others": [{"source": "declared", "value": "rural"}]}]
    say(world, family, Source.DECLARED, "urban")
    assert facts(family) == ({"residence": "urban"}, [])
    say(world, family, Source.VERIFIED, None)
    assert facts(family) == ({}, [])


def test_a_statement_ends_with_its_validity(world: World, family: Household) -> None:
    """The day after, the fact is unknown again, never a default."""
    from bangfu.server.calendar import clock

    today = clock.today()
    say(world, family, Source.VERIFIED, "urban", valid_until=today)
    assert current.worked_out(family, today)[None, None][0] == {"residence": "urban"}
    assert current.worked_out(family, today + dt.timedelta(days=1))[None, None][0] == {}


def test_the_table_can_be_rebuilt_and_is_compared(world: World, family: Household) -> None:
    """What was changed beside the log is found, and the log puts it right."""
    say(world, family, Source.VERIFIED, "urban")
    today = dt.date(2026, 11, 25)
    assert current.differences(family, today) == []
    with acting_as(actor_of(world.users["worker"])):
        CurrentFacts.objects.filter(household=family, person=None).update(facts={"residence": "rural"})
        assert len(current.differences(family, today)) == 1
        current.refresh(family, today)
    assert current.differences(family, today) == []


def test_two_people_editing_the_second_is_told(world: World, family: Household) -> None:
    """Nothing of the second is written."""
    seen = family.version
    say(world, family, Source.DECLARED, "urban")
    with pytest.raises(StaleError), acting_as(actor_of(world.users["worker"])):
        state_facts(family, [Statement("residence", "rural")], Provenance(Source.DECLARED), version=seen)
    assert facts(family)[0] == {"residence": "urban"}


def test_an_id_number_is_kept_sealed(world: World, family: Household) -> None:
    """It is found by its index, shown by its last four, and read only on purpose; a wrong check digit is refused."""
    person = Person.objects.get()
    assert NUMBER.encode() not in bytes(person.id_cipher)
    assert Person.objects.get(id_index=id_index("11010519491231002x")) == person
    assert masked(person) == "**************002X"
    assert reveal_id_number(person) == NUMBER
    assert person.initials == "oylnn"
    with pytest.raises(IdentityProblemError, match="check digit"), acting_as(actor_of(world.users["worker"])):
        add_person(family, NewPerson("某人", "child", "110105194912310021"), DAY)


def test_a_person_is_in_one_household(world: World, family: Household) -> None:
    """Who belongs elsewhere is refused with what to do."""
    with acting_as(actor_of(world.users["worker"])):
        second = open_household(world.areas["铁机社区"], "", DAY)
    with pytest.raises(RefusedError) as error, acting_as(actor_of(world.users["worker"])):
        add_person(second, NewPerson("欧阳老奶奶", "self", NUMBER), DAY)
    assert "迁移" in error.value.zh


def test_the_rules_answer_from_the_register(world: World, family: Household) -> None:
    """A woman of 73 on the register of 武昌区 is answered like the same household in a file."""
    say(world, family, Source.VERIFIED, True, fact="dibao_household")
    engine = engine_of("wuchang")
    content = content_of(family, engine)
    assert content["household"]["dibao_household"] is True
    found = assess(engine, given_of(family, engine), DAY)
    assert {a.status for a in found.answers if a.entry == "dibao_household"} == {"met"}


def test_each_night_the_table_is_held_against_the_log(world: World, family: Household) -> None:
    """A validity that ended, a row changed beside the log and one the log knows nothing of are put right, with an entry; then nothing is left to do."""
    from bangfu.server.audit.acting import system_actor
    from bangfu.server.audit.models import Entry
    from bangfu.server.calendar.published import set_business_date
    from bangfu.server.jobs import running
    from bangfu.server.jobs.actions import enqueue

    def night(key: str) -> dict[str, int]:
        with acting_as(system_actor("任务")):
            job = enqueue("registry.compare", key=key, area_code=world.areas["武昌区"].low)
        running.run(job.pk)
        job.refresh_from_db()
        assert job.status == "done", job.reason
        return dict(job.result)

    def live_on(day: int) -> None:
        with acting_as(system_actor("演示")):
            set_business_date(dt.date(2023, 9, day))

    live_on(20)
    say(world, family, Source.VERIFIED, "urban", valid_until=dt.date(2023, 9, 20))
    assert night("a") == {"compared": 1, "put_right": 0}
    live_on(21)
    assert night("b") == {"compared": 1, "put_right": 1}
    assert facts(family) == ({}, [])
    with acting_as(system_actor("任务")):
        CurrentFacts.objects.create(household=family, person=Person.objects.get(), facts={"works": True})
    assert night("c")["put_right"] == 1
    assert not CurrentFacts.objects.filter(person__isnull=False).exists()
    assert night("d")["put_right"] == 0
    assert Entry.objects.filter(action="facts.worked_out").count() == 2


def test_the_nights_work_is_asked_for_once_a_day(world: World) -> None:
    """The table of what happens by itself asks for a job of each district, and not again the same day."""
    from bangfu.server.jobs.models import Job
    from bangfu.server.recurring import table

    wanted = [entry for entry in table() if entry.name in ("hold current facts against the log", "look for people entered twice", "list what is kept long enough")]
    for _ in range(2):
        for entry in wanted:
            entry.act()
    assert sorted(Job.objects.values_list("kind", flat=True)) == ["registry.compare"] * 2 + ["registry.duplicates"] + ["registry.retention"] * 2
