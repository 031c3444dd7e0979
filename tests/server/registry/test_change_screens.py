"""Changes of a household at the desk: each act works from the form, mistakes come back as a sentence, a stale form loses nothing."""

from __future__ import annotations

from typing import Any

import pytest

from bangfu.server.audit.acting import acting_as, actor_of
from bangfu.server.registry.actions import Provenance, Statement, state_facts
from bangfu.server.registry.enums import Source
from bangfu.server.registry.models import Event, Household
from tests.server.conftest import World
from tests.server.registry.conftest import named

LATER = "2024-01-10"


def at(household: Household, kind: str = "") -> str:
    """Return the address of a change."""
    return f"/desk/register/households/{household.pk}/changes/" + (f"{kind}/" if kind else "")


def send(world: World, household: Household, kind: str, query: str = "", who: str = "street", **form: Any) -> Any:
    """Send the form of a change."""
    return world.client(who).post(at(household, kind) + query, {"on": LATER, "version": Household.objects.get(pk=household.pk).version, **form})


def sent_back(world: World, household: Household, kind: str, who: str = "street", **form: Any) -> str:
    """Send the form of a change that is not taken; return the page it leads to."""
    answer = send(world, household, kind, who=who, **form)
    assert answer.status_code == 303
    page = world.client(who).get(answer.headers["Location"])
    assert page.status_code == 200
    return str(page.content.decode())


def shown(world: World, household: Household, day: str, who: str = "street") -> str:
    """Return the page of a household as of a day."""
    return str(world.client(who).get(at(household), {"day": day}).content.decode())


def test_a_son_founds_his_own_household(world: World, family: Household) -> None:
    """The page of the day before still shows three."""
    son = named("单小川")
    assert send(world, family, "split", **{f"goes_{son.pk}": "self", "address": "铁机路99号"}).status_code == 302
    made = Household.objects.exclude(pk=family.pk).get()
    assert made.address == "铁机路99号"
    assert "单小川</td>" in shown(world, family, "2024-01-09")
    assert "单小川</td>" not in shown(world, family, LATER)
    assert "不在册" in shown(world, made, "2024-01-09")


def test_a_household_moves_inside_ones_areas(world: World, family: Household) -> None:
    """The worker of one community has no other to choose; the street officer has."""
    there = world.areas["铁机社区"].pk
    assert "bf-errors" in sent_back(world, family, "move", who="worker", community=there, address="x")
    assert send(world, family, "move", community=there, address="和平大道9号").status_code == 302
    assert "柴东社区 铁机路1号" in shown(world, family, "2024-01-09")
    assert "铁机社区 和平大道9号" in shown(world, family, LATER)
    assert world.client("worker").get(at(family)).status_code == 404


def test_two_households_become_one(world: World, family: Household, neighbour: Household) -> None:
    """First its number, then everybody's relation; an unknown number says so."""
    client = world.client("street")
    assert "没有这个编号" in client.get(at(family, "merge"), {"other": "420106-2023-999999"}).content.decode()
    asked = client.get(at(family, "merge"), {"other": neighbour.number}).content.decode()
    assert ("吕芳与本户户主的关系" in asked, "欧阳明（本人）" in asked, 'value="self"' in asked) == (True, True, False)
    assert send(world, family, "merge", f"?other={neighbour.number}", **{f"relation_{named('吕芳').pk}": "sibling"}).status_code == 302
    neighbour.refresh_from_db()
    assert neighbour.status == "closed"
    assert "这一户已注销，不再测算" in client.get(f"/desk/households/{neighbour.pk}/").content.decode()
    assert f"并户 · {neighbour.number}" in client.get(at(family)).content.decode()


def test_a_day_that_has_not_come_is_refused(world: World, family: Household) -> None:
    """Who sees a household is a matter of now: no change is written ahead, whatever it is, and nothing of it is kept."""
    son, there = named("单小川"), world.areas["铁机社区"].pk
    asked: dict[str, dict[str, Any]] = {
        "move": {"community": there, "address": "和平大道9号"}, "split": {f"goes_{son.pk}": "self"}, "leave": {"person": son.pk, "reason": "入伍"},
        "death": {"person": son.pk}, "relations": {f"relation_{m.person_id}": m.relation for m in family.memberships.all()}, "close": {"reason": "自愿退出"},
    }  # fmt: skip
    for kind, form in asked.items():
        assert "日期不能晚于今天" in sent_back(world, family, kind, on="2099-01-01", **form), kind
    joined = world.client("street").post(f"/desk/households/{family.pk}/members/new/", {"name": "单未来", "relation": "child", "since": "2099-01-01"}, follow=True)
    assert "不能晚于今天" in joined.content.decode()
    assert (Event.objects.exclude(kind__in=("opened", "joined")).count(), Household.objects.get(pk=family.pk).status) == (0, "open")


def test_a_refusal_speaks_the_language_of_the_page(world: World, family: Household) -> None:
    """Who works in English is told in English why a form is refused; a page outside one's areas leads back to the desk."""
    client = world.client("street")
    client.cookies["django_language"] = "en"
    refused = client.post(at(family, "death"), {"on": "2099-01-01", "version": family.version, "person": named("单小川").pk}, follow=True).content.decode()
    assert "the day cannot lie after today" in refused
    assert "单小川 (Child)" in refused
    with acting_as(actor_of(world.users["street"])):
        state_facts(family, [Statement("has_disability", True, named("单小川")), Statement("wage_income", 1200, named("单小川"))], Provenance(Source.DECLARED))
    kept = client.get(f"/desk/register/people/{named('单小川').pk}/rights/").content.decode()
    assert all(said in kept for said in ("Has a disability certificate</td><td>Yes", "1,200 yuan per person and month", ">Child<", family.number))
    away = client.get("/desk/households/999999/").content.decode()
    assert ("outside your areas" in away, 'href="/desk/"' in away) == (True, True)


def test_a_death_of_the_head_needs_another(world: World, family: Household) -> None:
    """The sentence says what is lacking; with everybody's relation it goes through."""
    head, husband, son = named("欧阳明"), named("单大川"), named("单小川")
    assert "请指定新户主" in sent_back(world, family, "death", person=head.pk)
    assert send(world, family, "death", person=head.pk, **{f"relation_{husband.pk}": "self", f"relation_{son.pk}": "child"}).status_code == 302
    assert str(named("欧阳明").died_on) == LATER


def test_leaving_new_relations_and_closing(world: World, family: Household) -> None:
    """Each from its form."""
    head, husband, son = named("欧阳明"), named("单大川"), named("单小川")
    assert "bf-errors" in sent_back(world, family, "leave", person=son.pk, reason="")
    assert send(world, family, "leave", person=son.pk, reason="入伍").status_code == 302
    assert send(world, family, "relations", on="2024-02-01", **{f"relation_{head.pk}": "spouse", f"relation_{husband.pk}": "self"}).status_code == 302
    assert send(world, family, "close", on="2024-03-01", reason="自愿退出").status_code == 302
    page = shown(world, family, "2024-03-02")
    assert "不在册" in page
    assert "入伍" in page
    assert world.client("street").get(at(family, "move")).status_code == 404


@pytest.mark.parametrize("kind", ["death", "leave"])
def test_nobody_is_chosen_beforehand(world: World, family: Household, kind: str) -> None:
    """A death or a leaving cannot be taken back: who it was is chosen, not found there."""
    page = world.client("worker").get(f"/desk/register/households/{family.pk}/changes/{kind}/")
    assert page.context["form"].fields["person"].choices[0][0] == ""
    assert "外嫁" in sent_back(world, family, kind, person="", reason="外嫁") or kind == "death"


@pytest.mark.parametrize(("kind", "form"), [("move", {"address": "x" * 201}), ("split", {}), ("split", {"on": "昨天"}), ("close", {"reason": ""}), ("death", {"person": "999999"}), ("relations", {}), ("move", {"version": "x"})])
def test_bad_input_comes_back(kind: str, form: dict[str, Any], world: World, family: Household) -> None:
    """By a page of its own, and nothing happened."""
    before = Event.objects.count()
    page = sent_back(world, family, kind, **form)
    assert "bf-errors" in page or "version" in form
    assert Event.objects.count() == before


def test_a_stale_form_is_sent_again(world: World, family: Household) -> None:
    """Somebody else was faster: it says so, keeps what was typed, and goes through the second time."""
    client, seen, son = world.client("street"), family.version, named("单小川")
    with acting_as(actor_of(world.users["worker"])):
        state_facts(family, [Statement("residence", "urban")], Provenance(Source.DECLARED))
    form = {"on": LATER, "version": seen, f"goes_{son.pk}": "self", "address": "新住址"}
    refused = client.post(at(family, "split"), form)
    page = client.get(refused.headers["Location"]).content.decode()
    assert (refused.status_code, "这一户刚刚有变动" in page, 'value="新住址"' in page) == (303, True, True)
    assert f'name="version" value="{seen + 1}"' in page
    assert client.post(at(family, "split"), {**form, "version": seen + 1}).status_code == 302


def test_an_unknown_change_is_not_found(world: World, family: Household) -> None:
    """And who may only look gets no form."""
    assert world.client("street").get(at(family, "explode")).status_code == 404
    assert world.client("auditor").get(at(family)).status_code == 200
    assert world.client("auditor").get(at(family, "split")).status_code == 403
