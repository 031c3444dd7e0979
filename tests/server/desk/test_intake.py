"""Intake: a household taken in once, facts as typed or unknown, drafts, an ended session, two people at one household."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client

from bangfu.server.accounts.enums import Role
from bangfu.server.audit.acting import acting_as, actor_of
from bangfu.server.audit.models import Entry
from bangfu.server.registry.actions import Provenance, Statement, state_facts
from bangfu.server.registry.duplicate_models import Sighting
from bangfu.server.registry.enums import Source
from bangfu.server.registry.models import CurrentFacts, Household, Observation, Person
from bangfu.server.workspace.models import Draft
from bangfu.server.workspace.selectors import typed_in
from tests.server.assessment.conftest import DAY, Family, make_family
from tests.server.conftest import World, make_user
from tests.server.desk.conftest import came_back, text

NUMBER = "11010519491231002X"
NEW = "/desk/households/new/"


def two(**changed: Any) -> dict[str, Any]:
    """Return a posted family of two."""
    return {
        "area": "420106001001", "address": "示例路 7 号", "opened_on": "2023-09-01", "mark": "m1", "name": ["欧阳建国", "王小明"],
        "relation": ["self", "grandchild"], "birth": ["", "2016-02-29"], "number": [NUMBER, ""], "go": "1", **changed,
    }  # fmt: skip


def facts(household: Household, person: Person | None = None) -> dict[str, Any]:
    """Return what is current of a household or a person."""
    found = CurrentFacts.objects.filter(household=household, person=person, item=None).first()
    return {} if found is None else found.facts


def hidden(page: str) -> dict[str, str]:
    """Return the hidden fields of the form on a page."""
    return dict(re.findall(r'<input type="hidden" name="(slip|seen|mark)" value="([^"]*)"', page))


# -- a new household ---------------------------------------------------------------------------------------------
def test_a_household_is_taken_in(world: World, today: dt.date) -> None:
    """Two people with one head; birth and sex come from the number; on goes the form of facts."""
    answer = world.client("worker").post(NEW, two())
    household = Household.objects.get()
    assert answer.headers["Location"] == f"/desk/households/{household.pk}/facts/?of=H"
    assert (household.area.name, household.address, household.opened_on) == ("柴东社区", "示例路 7 号", dt.date(2023, 9, 1))
    people = {m.person.name: (m.relation, m.person.birth_date) for m in household.memberships.all()}
    assert people == {"欧阳建国": ("self", dt.date(1949, 12, 31)), "王小明": ("grandchild", dt.date(2016, 2, 29))}
    assert facts(household, Person.objects.get(name="欧阳建国")) == {"sex": "female"}


def test_pressed_twice_it_is_taken_in_once(world: World, today: dt.date) -> None:
    """Double click and back button lead to the household that is there."""
    client = world.client("worker")
    assert client.post(NEW, two()).headers["Location"] == client.post(NEW, two()).headers["Location"]
    assert Household.objects.count() == 1
    assert client.post(NEW, two(mark="m2", number=["", ""])).status_code == 302
    assert Household.objects.count() == 2


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": ["", "王小明"]}, "第 1 人：请填姓名"),
        ({"name": ["名" * 61, "王小明"]}, "姓名最多 60 个字"),
        ({"relation": ["child", "grandchild"]}, "一户要有一个户主"),
        ({"relation": ["self", "self"]}, "一户要有一个户主"),
        ({"relation": ["self", "boss"]}, "请选与户主的关系"),
        ({"birth": ["", "2016-02-30"]}, "请写成 1950-01-31 这样的日期"),
        ({"birth": ["", "2031-01-01"]}, "出生日期要在今天以前"),
        ({"birth": ["1949-12-30", ""]}, "与身份证号上的 1949-12-31 不一致"),
        ({"number": ["110105194912310021", ""]}, "校验码不对"),
        ({"number": [NUMBER, NUMBER]}, "两个人填了同一个身份证号"),
        ({"area": "520302001001"}, "社区"),
        ({"area": "420106001002"}, "社区"),
        ({"address": ""}, "住址"),
        ({"address": "长" * 201}, "住址"),
        ({"opened_on": "2023-09-16"}, "不能晚于今天"),
        ({"opened_on": "昨天"}, "建档日期"),
    ],
)
def test_bad_input_is_said_and_nothing_is_kept(changed: dict[str, Any], said: str, world: World, today: dt.date) -> None:
    """A sentence in Chinese, a link to the field, what was typed still there, no household."""
    shown = text(came_back(world.client("worker"), NEW, two(**changed)))
    assert said in shown.split('class="bf-errors"')[1].split("</div>")[0]
    assert "王小明" in shown
    assert not Household.objects.exists()


@pytest.mark.parametrize("typed", ["<script>alert(1)</script>", "'; DROP TABLE registry_household; --", "👵🏽👵🏽", "阿卜杜热合曼·买买提明"])
def test_strange_names_are_names(typed: str, world: World, today: dt.date) -> None:
    """Kept as typed, shown as text."""
    client = world.client("worker")
    assert client.post(NEW, two(name=[typed, "王小明"])).status_code == 302
    shown = text(client.get(f"/desk/households/{Household.objects.get().pk}/"))
    assert "<script>alert" not in shown
    assert Person.objects.filter(name=typed).exists()


def test_somebody_on_the_register_is_not_taken_in_again(world: World, today: dt.date) -> None:
    """Inside one's area the page says where; of another district nothing but that there is one."""
    world.client("worker").post(NEW, two())
    here = Household.objects.get()
    again = text(came_back(world.client("worker"), NEW, two(mark="m2")))
    assert here.number in again
    there = text(came_back(world.client("foreign"), NEW, two(mark="m3", area="520302001001")))
    assert "第 1 人：已在别的辖区登记" in there
    assert "已经在别的辖区登记" in there
    assert here.number not in there
    assert "柴东" not in there
    assert Household.objects.count() == 1


def test_who_is_above_both_places_learns_of_somebody_known_elsewhere(world: World, today: dt.date) -> None:
    """The second street is told no more than that; the district's officer sees both places. Tried twice it is one line."""
    world.client("worker").post(NEW, two())
    with acting_as(actor_of(world.users["security_admin"])):
        other = make_user("sunli", "孙丽", Role.COMMUNITY_WORKER, world.areas["三角路社区"])
    world.users["other"] = other
    for mark in ("m2", "m3"):
        there = text(came_back(world.client("other"), NEW, two(mark=mark, area="420106002001", name=["欧阳建国", "王小明"])))
        assert "已记下，由能看到两边的上级核对" in there
        assert "柴东" not in there
    assert [(s.area_code, s.name, s.person.name) for s in Sighting.objects.all()] == [(420106002001, "欧阳建国", "欧阳建国")]
    assert Entry.objects.filter(action="sighting.noted").count() == 1
    above = text(world.client("district_officer").get("/desk/register/duplicates/"))
    assert "三角路社区" in above
    assert "柴东社区" in above
    assert "三角路社区" not in text(world.client("street").get("/desk/register/duplicates/"))
    assert not Household.objects.filter(area=world.areas["三角路社区"]).exists()


def test_one_more_member_who_is_known_elsewhere_is_noted_too(world: World, today: dt.date) -> None:
    """As when a household is taken in."""
    world.client("worker").post(NEW, two())
    foreign = make_family(world, "杨柳社区", by="foreign")
    row = {"name": ["欧阳建国"], "relation": ["spouse"], "birth": [""], "number": [two()["number"][0]], "since": "2023-09-15"}
    there = text(came_back(world.client("foreign"), f"/desk/households/{foreign.household.pk}/members/new/", row))
    assert "已经在别的辖区登记" in there
    assert Sighting.objects.get().area_code == 520302001001


def test_rows_are_added_and_dropped(world: World, today: dt.date) -> None:
    """Without scripts: each button sends the form and keeps what was typed."""
    client = world.client("worker")
    more = text(came_back(client, NEW, {**two(), "add": "1"}))
    assert more.count('class="bf-row"') == 3
    assert 'value="欧阳建国"' in more
    assert "请改正后再提交" not in more
    less = text(came_back(client, NEW, {**two(), "drop": "1"}))
    assert less.count('class="bf-row"') == 1
    assert text(came_back(client, NEW, {**two(), "drop": "999"})).count('class="bf-row"') == 2
    twice = [client.post(NEW, {**two(), "add": "1"}).headers["Location"] for _ in range(2)]
    assert twice[0] == twice[1]
    assert text(client.get(twice[0])).count('class="bf-row"') == 3
    assert not Household.objects.exists()


def test_two_households_entered_side_by_side_do_not_mix(world: World, today: dt.date) -> None:
    """A form that came back is found by its mark: on the first page under drafts, and by nobody else."""
    client = world.client("worker")
    client.post(NEW, {**two(), "add": "1"})
    client.post(NEW, {**two(mark="m2", address="示例路 8 号"), "add": "1"})
    assert 'value="示例路' not in text(client.get(NEW))
    assert 'value="示例路 7 号"' in text(client.get(NEW, {"form": "m1"}))
    assert 'value="示例路 7 号"' not in text(world.client("street").get(NEW, {"form": "m1", "again": "1"}))
    assert "/desk/households/new/?form=m2" in text(client.get("/desk/"))
    assert client.post(NEW, two()).status_code == 302
    assert [draft.key for draft in Draft.objects.all()] == ["new:m2"]
    client.post(f"{NEW}drop/?form=m2")
    assert not Draft.objects.exists()


def test_a_form_too_large_to_keep_is_shown_at_once(world: World, today: dt.date) -> None:
    """Nothing typed is lost then either."""
    answer = world.client("worker").post(NEW, two(address="长" * 500_000))
    assert answer.status_code == 422
    assert 'value="王小明"' in text(answer)


def test_a_draft_of_a_new_household_is_kept_and_dropped(world: World, today: dt.date) -> None:
    """Only for its author, sealed, until it is sent or thrown away."""
    client = world.client("worker")
    client.post(NEW, {**two(), "draft": "1"})
    shown = text(client.get(NEW))
    assert "没有提交的草稿" in shown
    assert NUMBER in shown
    assert NUMBER.encode() not in bytes(Draft.objects.get().sealed)
    assert "没有提交的草稿" not in text(world.client("street").get(NEW))
    client.post(f"{NEW}drop/")
    assert not Draft.objects.exists()
    client.post(NEW, {**two(), "draft": "1"})
    client.post(NEW, two())
    assert not Draft.objects.exists()


@pytest.mark.parametrize(("who", "status"), [("worker", 200), ("approver", 403), ("auditor", 403), ("policy_officer", 403), (None, 302)])
def test_who_may_take_in(who: str | None, status: int, world: World, today: dt.date) -> None:
    """Casework only."""
    assert world.client(who).get(NEW).status_code == status


def test_a_member_joins(world: World, family: Family) -> None:
    """One more; a second head or a wrong number is refused."""
    client, url = world.client("worker"), f"/desk/households/{family.household.pk}/members/new/"
    row = {"name": "新生儿", "relation": "grandchild", "birth": "2023-09-01", "number": "", "since": "2023-09-10"}
    assert client.get(url).status_code == 200
    assert "这一户已经有户主" in text(came_back(client, url, {**row, "relation": "self"}))
    back = text(came_back(client, url, {**row, "number": "1"}))
    assert 'value="新生儿"' in back
    row |= hidden(back)
    for _ in range(2):  # a double click
        assert client.post(url, row).headers["Location"] == f"/desk/households/{family.household.pk}/"
    assert family.household.memberships.filter(until=None).count() == 4


# -- facts -------------------------------------------------------------------------------------------------------
ORIGIN = {"source": "declared", "true_on": "2023-09-15", "evidence": ""}


def form(client: Client, family: Family, of: str) -> tuple[str, dict[str, Any]]:
    """Return the address of a form and its hidden fields with an origin."""
    url = f"/desk/households/{family.household.pk}/facts/?of={of}"
    answer = client.get(url)
    assert answer.status_code == 200
    return url, {**hidden(text(answer)), **ORIGIN, "save": "1"}


def test_facts_are_stated_as_typed_and_unknown_stays_unknown(world: World, family: Family) -> None:
    """Yes, no, a sum with a comma, a code, a day; what is left open is not stated at all."""
    client, person = world.client("worker"), family.people[0]
    key = f"P{person.pk}"
    url, sent = form(client, family, key)
    answer = client.post(url, {**sent, f"{key}.works": "no", f"{key}.draws_pension": "yes", f"{key}.pension_income": "1,250.50元", f"{key}.has_disability": "", f"{key}.needs_care_months": ""})
    assert answer.headers["Location"] == f"/desk/households/{family.household.pk}/"
    assert facts(family.household, person) == {"works": False, "draws_pension": True, "pension_income": 1250.5}
    said = Observation.objects.get(fact="pension_income")
    assert (said.source, said.true_on, said.actor_id) == (Source.DECLARED, DAY, actor_of(world.users["worker"]).pk)


def test_only_what_changed_is_stated(world: World, family: Family) -> None:
    """Sending a form as it is adds nothing; emptying a field makes it unknown again."""
    client, key = world.client("worker"), "H"
    url, sent = form(client, family, key)
    client.post(url, {**sent, "H.residence": "urban", "H.applied_on": "2023-09-02"})
    count = Observation.objects.count()
    url, sent = form(client, family, key)
    client.post(url, {**sent, "H.residence": "urban", "H.applied_on": "2023-09-02"})
    assert Observation.objects.count() == count
    client.post(url, {**sent, "H.residence": "", "H.applied_on": "2023-09-02"})
    assert facts(family.household) == {"applied_on": "2023-09-02"}


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("pension_income", "很多", "请只填数字"),
        ("pension_income", "-5", "请只填数字"),
        ("pension_income", "1.005", "金额最多到分"),
        ("pension_income", "99999999999", "超出范围"),
        ("pension_income", "9" * 5000, "请只填数字"),
        ("self_care", "superman", "请在列出的几项里选一项"),
        ("disability_level", "9", "请在列出的几项里选一项"),
        ("works", "maybe", "请在列出的几项里选一项"),
    ],
)
def test_what_cannot_be_read_is_said(field: str, typed: str, said: str, world: World, family: Family) -> None:
    """The form comes back with the sentence at the field; nothing is stated."""
    client, key = world.client("worker"), f"P{family.people[0].pk}"
    url, sent = form(client, family, key)
    shown = text(came_back(client, url, {**sent, f"{key}.{field}": typed, f"{key}.hukou_here": "yes"}))
    assert said in shown.split('class="bf-errors"')[1].split("</div>")[0]
    assert "没有提交的草稿" not in shown
    assert facts(family.household, family.people[0]) == {}


def test_a_gate_and_what_hangs_on_it_agree(world: World, family: Family) -> None:
    """No work and wages is a contradiction, said before it is stated."""
    client, key = world.client("worker"), f"P{family.people[0].pk}"
    url, sent = form(client, family, key)
    answer = came_back(client, url, {**sent, f"{key}.works": "no", f"{key}.wage_income": "900"})
    assert "填了“否”，这一项请清空" in text(answer)


@pytest.mark.parametrize(("changed", "said"), [({"true_on": "2023-09-16"}, "不能晚于今天"), ({"source": "feed"}, "来源"), ({"evidence": "长" * 201}, "依据")])
def test_the_origin_is_checked_and_nothing_typed_is_lost(changed: dict[str, str], said: str, world: World, family: Family) -> None:
    """What was typed is still there."""
    client = world.client("worker")
    url, sent = form(client, family, "H")
    answer = came_back(client, url, {**sent, **changed, "H.applied_on": "2023-09-02"})
    assert said in text(answer)
    assert 'value="2023-09-02"' in text(answer)


def test_two_at_one_household_each_change_another_fact(world: World, family: Family) -> None:
    """Both are kept, and the second is told what the first changed."""
    one, other = world.client("worker"), world.client("street")
    url, first = form(one, family, "H")
    _, second = form(other, family, "H")
    one.post(url, {**first, "H.residence": "urban"})
    answer = other.post(url, {**second, "H.applied_on": "2023-09-02"}, follow=True)
    assert facts(family.household) == {"residence": "urban", "applied_on": "2023-09-02"}
    assert "您填写期间别人改了：城乡类别" in text(answer)


def test_two_at_one_household_change_the_same_fact(world: World, family: Family) -> None:
    """The second sees both, nothing is saved and nothing lost; sent again it counts."""
    one, other = world.client("worker"), world.client("street")
    url, first = form(one, family, "H")
    _, second = form(other, family, "H")
    one.post(url, {**first, "H.residence": "urban"})
    shown = text(came_back(other, url, {**second, "H.residence": "rural", "H.applied_on": "2023-09-02"}))
    assert "王芳 改成了“城市”" in shown
    assert 'value="2023-09-02"' in shown
    assert re.search(r'value="rural" checked', shown)
    assert facts(family.household) == {"residence": "urban"}
    other.post(url, {**second, **hidden(shown), "H.residence": "rural", "H.applied_on": "2023-09-02"})
    assert facts(family.household) == {"residence": "rural", "applied_on": "2023-09-02"}


def test_a_weaker_source_does_not_replace_a_stronger_one(world: World, family: Family) -> None:
    """The person is told that it stands beside what counts."""
    with acting_as(actor_of(world.users["worker"])):
        state_facts(family.household, [Statement("residence", "urban")], Provenance(Source.VERIFIED))
    client = world.client("worker")
    url, sent = form(client, family, "H")
    answer = client.post(url, {**sent, "H.residence": "rural"}, follow=True)
    assert "暂不采用：城乡类别" in text(answer)
    assert facts(family.household) == {"residence": "urban"}


def test_a_draft_of_facts_is_kept_for_its_author(world: World, family: Family) -> None:
    """It is not on the household; it comes back on the form; sending or throwing away ends it."""
    client = world.client("worker")
    url, sent = form(client, family, "H")
    client.post(url, {**sent, "H.applied_on": "2023-09-02", "draft": "1"})
    assert facts(family.household) == {}
    shown = text(client.get(url))
    assert "没有提交的草稿" in shown
    assert 'value="2023-09-02"' in shown
    assert "没有提交的草稿" not in text(world.client("street").get(url))
    client.post(url, {**sent, "H.applied_on": "2023-09-02"})
    assert not Draft.objects.exists()
    assert facts(family.household) == {"applied_on": "2023-09-02"}


def test_a_form_outlives_its_session(world: World, family: Family) -> None:
    """Sent after the session ended it is kept for who filled it in, and is there after the next login; a forged slip keeps nothing."""
    client = world.client("worker")
    url, sent = form(client, family, "H")
    client.logout()
    answer = client.post(url, {**sent, "H.applied_on": "2023-09-02"})
    assert answer.headers["Location"].startswith("/accounts/login/?next=")
    draft = Draft.objects.get()
    assert (draft.user, typed_in(draft)["H.applied_on"]) == (world.users["worker"], ["2023-09-02"])
    assert facts(family.household) == {}
    shown = text(world.client("worker").get(url))
    assert 'value="2023-09-02"' in shown
    for slip in ("", "x", sent["slip"][:-4] + "AAAA"):
        client.post(url.replace("of=H", f"of=P{family.people[0].pk}"), {**sent, "slip": slip})
    client.post(url.replace("of=H", f"of=P{family.people[0].pk}"), sent)  # a slip of another form
    assert Draft.objects.count() == 1


def test_what_to_ask_next_comes_from_the_rules(world: World, family: Family) -> None:
    """The form asks open facts; an answer takes its question away."""
    client = world.client("worker")
    url, sent = form(client, family, "next")
    asked = re.findall(r'name="((?:H|P\d+)\.\w+)" value="yes"', text(client.get(url)))
    assert asked
    assert client.post(url, {**sent, asked[0]: "no"}).status_code == 302
    assert f'name="{asked[0]}"' not in text(client.get(url))


@pytest.mark.parametrize(("who", "status"), [("worker", 200), ("street", 200), ("approver", 403), ("auditor", 403), ("foreign", 404), (None, 302)])
def test_who_may_write_facts(who: str | None, status: int, world: World, family: Family) -> None:
    """Casework inside the area; the other district finds no such page."""
    url = f"/desk/households/{family.household.pk}/facts/"
    assert world.client(who).get(url).status_code == status
    assert world.client(who).post(url, {**ORIGIN, "H.residence": "urban"}).status_code in (status, 302)
    assert (facts(family.household) == {"residence": "urban"}) == (who in ("worker", "street"))


@pytest.mark.parametrize("of", ["P999999", "X", "I1", ""])
def test_a_form_of_nobody_is_not_there(of: str, world: World, family: Family) -> None:
    """404, also for a person of another household."""
    url = f"/desk/households/{family.household.pk}/facts/?of={of}"
    assert world.client("worker").get(url).status_code == 404


def test_each_question_stands_once_on_the_page_of_what_to_ask_next(world: World, today: dt.date) -> None:
    """The page asks several questions at once, each of them of each person once."""
    client = world.client("worker")
    client.post(NEW, two())
    page = client.get(f"/desk/households/{Household.objects.get().pk}/facts/?of=next").content.decode()
    fields = re.findall(r'<input[^>]* id="([HP][0-9]*\.[a-z_]+)-1"', page)
    assert len(set(fields)) > 3
    assert len(fields) == len(set(fields))
