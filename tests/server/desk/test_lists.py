"""Lists of households: each filter, saved views, search by number, pages, the same number of queries whatever the size."""

from __future__ import annotations

import io
import re
from typing import Any

import openpyxl
import pytest
from pytest_django import DjangoAssertNumQueries

from bangfu.server.audit.acting import acting_as, actor_of
from bangfu.server.audit.models import Entry, Reading
from bangfu.server.desk import list_views
from bangfu.server.registry.actions import NewPerson, Provenance, Statement, add_person, open_household, state_facts
from bangfu.server.registry.enums import Source
from bangfu.server.registry.models import Household
from bangfu.server.workspace.models import SavedView
from tests.server.assessment.conftest import DAY, Family, make_family
from tests.server.conftest import World
from tests.server.desk.conftest import text

LIST = "/desk/households/"
NUMBER = "11010519491231002X"


def heads(response: Any) -> list[str]:
    """Return the heads of the listed households."""
    assert response.status_code == 200
    return re.findall(r'href="/desk/households/\d+/">([^<]*)</a>', text(response))


@pytest.fixture
def three(world: World, family: Family) -> dict[str, Family]:
    """Return three families in two communities: old with a disability, young with conflict, one of another street."""
    young = make_family(world, births=(family.people[1].birth_date,))  # type: ignore[arg-type]
    far = make_family(world, "三角路社区", by="district_officer")
    for number, (one, name) in enumerate(((family, "欧阳甲"), (young, "王乙"), (far, "李丙"))):
        with acting_as(actor_of(world.users["worker"])):
            type(one.people[0]).objects.filter(pk=one.people[0].pk).update(name=name, pinyin=["ouyangjia", "wangyi", "libing"][number], initials=["oyj", "wy", "lb"][number])
            Household.objects.filter(pk=one.household.pk).update(address=f"示例路{number}号")
    family.say(1, has_disability=True)
    young.say(residence="urban")
    with acting_as(actor_of(world.users["worker"])):
        state_facts(young.household, [Statement("residence", "rural")], Provenance(Source.DECLARED))
    far.item("record", "R1", None, entry="dibao_payment", **{"from": "2023-01-01"})
    young.all_listed("record")
    return {"old": family, "young": young, "far": far}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["欧阳甲", "王乙", "李丙"]),
        ({"q": "ouyang"}, ["欧阳甲"]),
        ({"q": "wy"}, ["王乙"]),
        ({"q": "示例路2"}, ["李丙"]),
        ({"q": "420106-2023-000003"}, ["李丙"]),
        ({"area": "420106002"}, ["李丙"]),
        ({"area": "420106001001"}, ["欧阳甲", "王乙"]),
        ({"age": "old"}, ["欧阳甲", "李丙"]),
        ({"age": "very_old"}, []),
        ({"age": "minor"}, ["欧阳甲"]),
        ({"size": "1"}, ["王乙", "李丙"]),
        ({"size": "3"}, ["欧阳甲"]),
        ({"size": "5"}, []),
        ({"trait": "has_disability"}, ["欧阳甲"]),
        ({"conflict": "1"}, ["王乙"]),
        ({"record": "some"}, ["李丙"]),
        ({"record": "none"}, ["王乙"]),
        ({"record": "unknown"}, ["欧阳甲"]),
        ({"entry": "dibao_payment"}, ["李丙"]),
        ({"status": "closed"}, []),
        ({"q": "ouyang", "age": "old", "trait": "has_disability", "size": "3", "area": "420106", "record": "unknown"}, ["欧阳甲"]),
        ({"page": "99"}, ["欧阳甲", "王乙", "李丙"]),
        ({"page": "x"}, ["欧阳甲", "王乙", "李丙"]),
    ],
)
def test_each_filter_finds_its_households(query: dict[str, str], found: list[str], world: World, three: dict[str, Family]) -> None:
    """In the order of area and number; an unknown page is the nearest one."""
    assert heads(world.client("district_officer").get(LIST, query)) == found


@pytest.mark.parametrize("query", [{"area": "520302"}, {"age": "ancient"}, {"trait": "id_cipher"}, {"size": "-1"}, {"q": "长" * 61}, {"entry": "x' OR 1=1"}])
def test_a_filter_that_is_none_is_said(query: dict[str, str], world: World, three: dict[str, Family]) -> None:
    """422 with a sentence and no list, never everything."""
    answer = world.client("district_officer").get(LIST, query)
    assert answer.status_code == 422
    assert "请改正后再查" in text(answer)
    assert "欧阳甲" not in text(answer)


def test_a_long_list_is_counted_when_asked(world: World, three: dict[str, Family], monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the first thousand (here: two) a list says "more than", ends there, and counts all for who asks; filters stay."""
    monkeypatch.setattr(list_views, "LISTED_MOST", 2)
    client = world.client("district_officer")
    answer = client.get(LIST, {"size": ""})
    assert heads(answer) == ["欧阳甲", "王乙"]
    assert "2 户以上" in text(answer)
    assert "只列出前 2 户" in text(answer)
    assert 'href="?total=1"' in text(answer)
    assert "共 3 户" in text(client.get(LIST, {"total": "1"}))
    assert "共 2 户" in text(client.get(LIST, {"age": "old"}))
    assert "共 2 户" in text(client.get(LIST, {"age": "old", "total": "1"}))


def test_the_other_district_sees_nothing(world: World, three: dict[str, Family], foreign: Family) -> None:
    """Her own household alone, in list, count and search."""
    client = world.client("foreign")
    assert heads(client.get(LIST)) == ["示例1"]
    assert "共 1 户" in text(client.get(LIST))
    assert heads(client.get(LIST, {"q": "ouyang"})) == []
    assert "没有符合这些条件的家庭" in text(client.get(LIST, {"q": "ouyang"}))


def test_an_empty_register_says_so(world: World, today: Any) -> None:
    """No list, one sentence."""
    assert "还没有登记家庭" in text(world.client("worker").get(LIST))


def test_a_look_at_a_list_is_written_down(world: World, three: dict[str, Family]) -> None:
    """How many rows somebody saw."""
    world.client("street").get(LIST)
    assert Reading.objects.get(page="households").rows == 2


def test_views_are_kept_for_their_author(world: World, three: dict[str, Family]) -> None:
    """Saved under a name, shown as a link, the same name takes the new filters, deleted by the author alone."""
    client = world.client("worker")
    answer = client.post(f"{LIST}views/keep/", {"name": "残疾老人", "query": "age=old&trait=has_disability&page=3&evil=1"})
    assert answer.headers["Location"] == f"{LIST}?age=old&trait=has_disability"
    shown = text(client.get(LIST))
    assert "残疾老人" in shown
    assert '?age=old&amp;trait=has_disability"' in shown
    assert "残疾老人" not in text(world.client("street").get(LIST))
    client.post(f"{LIST}views/keep/", {"name": "残疾老人", "query": "age=minor"})
    view = SavedView.objects.get()
    assert view.query == "age=minor"
    world.client("street").post(f"{LIST}views/drop/", {"view": view.pk})
    assert SavedView.objects.exists()
    client.post(f"{LIST}views/drop/", {"view": view.pk})
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("posted", [{"name": "", "query": ""}, {"name": "长" * 41, "query": ""}])
def test_a_view_needs_a_name(posted: dict[str, str], world: World, today: Any) -> None:
    """Else nothing is kept."""
    answer = world.client("worker").post(f"{LIST}views/keep/", posted, follow=True)
    assert "请写一个名称" in text(answer)
    assert not SavedView.objects.exists()


def test_thirty_views_are_enough(world: World, today: Any) -> None:
    """The thirty-first is refused with what to do."""
    client = world.client("worker")
    for number in range(31):
        answer = client.post(f"{LIST}views/keep/", {"name": f"筛选{number}", "query": ""}, follow=True)
    assert "最多保存 30 个" in text(answer)
    assert SavedView.objects.count() == 30


def test_a_number_is_found_by_post_inside_the_area_only(world: World, three: dict[str, Family]) -> None:
    """ID number and card; the other district learns nothing; the number is in no address."""
    with acting_as(actor_of(world.users["worker"])):
        add_person(three["old"].household, NewPerson("示例老人", "parent", NUMBER, None, "6222021234567890123"), DAY)
    client, url = world.client("worker"), f"{LIST}number/"
    home = f"{LIST}{three['old'].household.pk}/"
    assert client.post(url, {"number": NUMBER.lower()}).headers["Location"] == home
    assert client.post(url, {"number": "6222 0212 3456 7890 123"}).headers["Location"] == home
    assert world.client("foreign").post(url, {"number": NUMBER}).headers["Location"] == LIST
    assert "您的辖区里没有这个号码的人" in text(world.client("foreign").post(url, {"number": NUMBER}, follow=True))
    assert "请输入完整" in text(client.post(url, {"number": "1"}, follow=True))
    assert client.get(url).status_code == 405


def test_the_number_of_queries_does_not_grow(world: World, three: dict[str, Family], django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    """Thirty households on a page cost what three cost; so do all filters at once."""
    client = world.client("district_officer")
    client.get(LIST)
    with django_assert_max_num_queries(26) as few:
        client.get(LIST)
    with acting_as(actor_of(world.users["worker"])):
        for number in range(40):
            household = open_household(world.areas["柴东社区"], f"示例路{number}号", DAY)
            add_person(household, NewPerson(f"示例{number}", "self"), DAY)
    with django_assert_max_num_queries(len(few.captured_queries)):
        answer = client.get(LIST)
    assert len(heads(answer)) == 30
    assert "第 1 页，共 2 页" in text(answer)
    with django_assert_max_num_queries(len(few.captured_queries) + 1):
        client.get(LIST, {"q": "shili", "age": "old", "trait": "has_disability", "size": "1", "record": "unknown", "conflict": "1", "area": "420106"})


@pytest.mark.parametrize(("who", "status"), [("worker", 200), ("approver", 200), ("auditor", 200), ("finance", 403), ("policy_officer", 403), ("audit_admin", 403), (None, 302)])
def test_who_may_list(who: str | None, status: int, world: World, today: Any) -> None:
    """Casework, approval, audit."""
    assert world.client(who).get(LIST).status_code == status


def test_the_list_at_hand_is_exported(world: World, three: dict[str, Family]) -> None:
    """The same households, no whole number, for a reason that is in the audit; without one, or for who may not, nothing."""
    client, url = world.client("district_officer"), f"{LIST}export/"
    assert "请写明理由" in text(client.post(url, {"query": "age=old", "reason": ""}, follow=True))
    answer = client.post(url, {"query": "age=old&status=all", "reason": "上门走访"})
    assert answer.status_code == 200
    names = {row[0] for row in openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0].iter_rows(values_only=True)}
    assert three["old"].household.number in str(names)
    assert three["young"].household.number not in str(names)
    entry = Entry.objects.get(action="register.exported")
    assert (entry.reason, entry.details["households"]) == ("上门走访", 2)
    assert "一次最多导出" in text(client.post(url, {"query": "age=very_old", "reason": "x"}, follow=True))
    assert world.client("worker").post(url, {"query": "", "reason": "想看"}).status_code == 403
