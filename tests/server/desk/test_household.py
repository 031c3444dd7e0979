"""The page of a household: works, wrong role, wrong district, bad input; what is shown, what is written down about it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from bangfu.server.assessment.engines import engine_of
from bangfu.server.audit.acting import acting_as, actor_of
from bangfu.server.audit.models import Entry, Reading
from bangfu.server.calendar.clock import HERE
from bangfu.server.desk.timeline import _event
from bangfu.server.registry.actions import NewPerson, Provenance, Statement, add_item, add_person, state_facts
from bangfu.server.registry.enums import EventKind, Source
from bangfu.server.registry.models import Event
from tests.server.assessment.conftest import DAY, Family
from tests.server.conftest import World
from tests.server.desk.conftest import text

NUMBER = "11010519491231002X"


def page(client: Client, family: Family) -> str:
    """Return the household's page."""
    answer = client.get(f"/desk/households/{family.household.pk}/")
    assert answer.status_code == 200
    return text(answer)


def test_the_page_shows_who_what_and_from_where(world: World, family: Family) -> None:
    """Members with age and relation, facts with sources, the timeline; the look is written down."""
    family.say(0, has_disability=True, disability_level=2)
    shown = page(world.client("worker"), family)
    for said in ("示例1家", "73 岁", "子女", "有残疾人证", "残疾等级", "2 级", "核实", "示例2 加入本户", "记录了 2 项情况（核实）：有残疾人证、残疾等级"):
        assert said in shown, said
    assert Reading.objects.get(page="household").household_id == family.household.pk


def test_sources_that_differ_stand_side_by_side(world: World, family: Family) -> None:
    """Seven digits from the bank, few from the person."""
    family.say(has_savings=True, bank_assets=1286430)
    with acting_as(actor_of(world.users["worker"])):
        state_facts(family.household, [Statement("bank_assets", 2000)], Provenance(Source.DECLARED))
    shown = page(world.client("worker"), family)
    assert "来源不一致 1 处" in shown
    assert "1,286,430 元" in shown
    assert "2,000 元" in shown


def test_what_is_missing_received_and_ended_is_told_apart(world: World, family: Family) -> None:
    """A wheelchair's fuel money: first unknown, then missing, then received, then ended."""
    client = world.client("worker")
    assert "机动轮椅车燃油补贴" in page(client, family).split('id="open"')[1]
    family.say(0, has_disability=True, disability_kind="physical", disability_level=2, lower_limb_disability=True, hukou_here=True, motor_wheelchair=True, certificate_issued_here=True)
    missing = page(client, family).split('id="missing"')[1].split('id="facts"')[0]
    assert missing.index("机动轮椅车燃油补贴") < missing.find('id="open"')
    row = family.item("record", "R1", 0)
    family.say(item=row, entry="wheelchair_fuel", **{"from": "2023-01-01"})
    shown = page(client, family)
    assert "正在享受 1 项" in shown
    family.say(0, motor_wheelchair=False)
    assert "享受而不再符合 1 项" in page(client, family)


def test_a_household_that_the_rules_cannot_read_says_why(world: World, family: Family) -> None:
    """The fault in Chinese in place of the answers; all else is there."""
    family.say(0, works=False)
    family.say(0, wage_income=900)
    shown = page(world.client("worker"), family)
    assert "现在不能测算" in shown
    assert "正在工作" in shown


def test_a_number_is_revealed_for_a_reason_only(world: World, family: Family) -> None:
    """Masked on the page; with a reason in full, once, and in the audit; without one nothing."""
    with acting_as(actor_of(world.users["worker"])):
        person = add_person(family.household, NewPerson("示例老人", "parent", NUMBER, dt.date(1949, 12, 31)), DAY)
    client, url = world.client("worker"), f"/desk/households/{family.household.pk}/reveal/"
    assert NUMBER not in page(client, family)
    refused = client.post(url, {"person": person.pk, "reason": ""})
    assert refused.status_code == 422
    assert NUMBER not in text(refused)
    assert not Entry.objects.filter(action="id.revealed").exists()
    shown = client.post(url, {"person": person.pk, "reason": "核对医保卡"})
    assert NUMBER in text(shown)
    assert shown.headers["Cache-Control"] == "no-store"
    entry = Entry.objects.get(action="id.revealed")
    assert (entry.reason, entry.household_id, NUMBER in repr(entry.details)) == ("核对医保卡", family.household.pk, False)
    assert "查看身份证全号" in page(client, family)


def test_nobody_reveals_through_another_household(world: World, family: Family, foreign: Family) -> None:
    """A person of another household, another district, or a role that may not."""
    url = f"/desk/households/{family.household.pk}/reveal/"
    assert world.client("worker").post(url, {"person": foreign.people[0].pk, "reason": "想看"}).status_code == 422
    assert world.client("foreign").post(url, {"person": family.people[0].pk, "reason": "想看"}).status_code == 404
    assert world.client("auditor").post(url, {"person": family.people[0].pk, "reason": "想看"}).status_code == 403
    assert world.client("worker").get(url).status_code == 405


@pytest.mark.parametrize(("who", "status"), [("worker", 200), ("street", 200), ("approver", 200), ("auditor", 200), ("foreign", 404), ("finance", 403), ("system_admin", 403), (None, 302)])
def test_who_may_open_it(who: str | None, status: int, world: World, family: Family) -> None:
    """Casework, approval and audit inside the area; the officer of another district learns nothing."""
    answer = world.client(who).get(f"/desk/households/{family.household.pk}/")
    assert answer.status_code == status
    assert ("示例1" in text(answer)) == (status == 200)


def test_the_number_of_queries_does_not_grow(world: World, family: Family, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    """With ten times the facts and items as many queries as with few."""
    client = world.client("worker")
    page(client, family)
    with django_assert_max_num_queries(29) as few:
        page(client, family)
    with acting_as(actor_of(world.users["worker"])):
        for number in range(20):
            item = add_item(family.household, "medical_bill", f"B{number}", family.people[0])
            state_facts(family.household, [Statement("total_cost", 100 + number, item=item)], Provenance(Source.DECLARED))
    with django_assert_max_num_queries(len(few.captured_queries)):
        page(client, family)


def test_an_act_early_in_the_morning_stands_on_its_own_day(world: World, family: Family) -> None:
    """The day is the one in China, whatever the database keeps."""
    at = dt.datetime(2023, 9, 20, 3, 30, tzinfo=HERE)
    with acting_as(actor_of(world.users["worker"])) as actor:
        Entry.objects.create(
            at=at, actor_id=actor.pk, actor_name="王芳", action="file.added", object_type="x", object_id="1",
            household_id=family.household.pk, area_code=family.household.area_code,
        )  # fmt: skip
    assert '<time datetime="2023-09-20">2023-09-20</time><span>上传材料' in page(world.client("worker"), family)


def test_each_event_of_a_household_has_a_sentence(family: Family) -> None:
    """A kind of event that the page cannot tell fails here, not before an officer."""
    pack = engine_of("wuchang").pack
    told = [_event(Event(kind=kind, household=family.household, on=DAY, details={}), pack) for kind in EventKind]
    assert len(set(told)) == len(EventKind)
