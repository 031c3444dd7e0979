"""Items of a household: added, filled in, withdrawn; kinds listed in full; the record of what is received."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bangfu.server.assessment.engines import engine_of
from bangfu.server.assessment.reading import content_of
from bangfu.server.audit.models import Entry
from bangfu.server.registry.models import CurrentFacts, Item, StatedCollection
from tests.server.assessment.conftest import Family
from tests.server.conftest import World
from tests.server.desk.conftest import came_back, text

ORIGIN = {"source": "declared", "true_on": "2023-09-15", "evidence": "存折"}


def at(family: Family, rest: str = "") -> str:
    """Return an address below a household's items."""
    return f"/desk/households/{family.household.pk}/items/{rest}"


def test_an_item_is_added_filled_in_and_withdrawn(world: World, family: Family) -> None:
    """A bill of one member: its facts are read by the rules until it is taken out, for a reason."""
    client, person = world.client("worker"), family.people[0]
    answer = client.post(at(family, "new/"), {"entity": "medical_bill", "of": person.pk})
    item = Item.objects.get()
    form = answer.headers["Location"]
    assert form.endswith(f"of=I{item.pk}")
    assert "医疗费用" in text(client.get(form))
    client.post(form, {**ORIGIN, "save": "1", f"I{item.pk}.billed_on": "2023-08-01", f"I{item.pk}.total_cost": "1286430"})
    engine = engine_of("wuchang")
    assert content_of(family.household, engine)["medical_bills"] == [{"id": f"I{item.pk}", "billed_on": "2023-08-01", "total_cost": 1286430, "of": f"P{person.pk}"}]
    assert "1,286,430 元/次" in text(client.get(at(family)))
    client.post(at(family, f"{item.pk}/withdraw/"), {"reason": ""})
    assert "medical_bills" in content_of(family.household, engine)
    client.post(at(family, f"{item.pk}/withdraw/"), {"reason": "录错人"})
    assert "medical_bills" not in content_of(family.household, engine)
    assert Entry.objects.get(action="item.withdrawn").reason == "录错人"


def test_kinds_are_said_to_be_listed_in_full(world: World, family: Family) -> None:
    """From then on none means none; what is not a kind is not taken."""
    client = world.client("worker")
    client.post(at(family, "full/"), {"full": ["medical_bills", "record", "members", "x"]})
    assert sorted(StatedCollection.objects.values_list("collection", flat=True)) == ["medical_bills", "record"]
    assert content_of(family.household, engine_of("wuchang"))["record"] == []
    assert "说明这些已列全" in text(client.get(f"/desk/households/{family.household.pk}/"))


def test_what_is_received_is_written_down(world: World, family: Family) -> None:
    """For the household and for a person; the page of the household then counts it as received."""
    client = world.client("worker")
    sent = {**ORIGIN, "entry": "dibao_payment", "of": "", "since": "2023-01-01", "until": "", "paid_on": "", "amount": "1250.5"}
    assert client.post(at(family, "record/"), sent).headers["Location"] == at(family)
    facts = CurrentFacts.objects.get(item__entity="record").facts
    assert facts == {"entry": "dibao_payment", "from": "2023-01-01", "amount": 1250.5}
    assert "最低生活保障金" in text(client.get(at(family))) or "低保" in text(client.get(at(family)))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"entry": ""}, "待遇或身份"),
        ({"entry": "nothing"}, "待遇或身份"),
        ({"since": ""}, "起始日期和发放日期至少填一个"),
        ({"until": "2022-12-31"}, "不能早于起始日期"),
        ({"since": "2023-09-16"}, "不能晚于今天"),
        ({"amount": "-1"}, "金额（元）"),
        ({"amount": "很多"}, "金额（元）"),
        ({"amount": "1.005"}, "金额（元）"),
        ({"entry": "wheelchair_fuel"}, "这一项是给个人的"),
        ({"of": "99999"}, "谁的"),
        ({"source": "feed"}, "来源"),
    ],
)
def test_a_row_that_cannot_be_is_said(changed: dict[str, Any], said: str, world: World, family: Family) -> None:
    """The form comes back with a sentence; nothing is written."""
    sent = {**ORIGIN, "entry": "dibao_payment", "of": "", "since": "2023-01-01", "until": "", "paid_on": "", "amount": "", **changed}
    answer = came_back(world.client("worker"), at(family, "record/"), sent)
    assert said in text(answer).split('class="bf-errors"')[1].split("</div>")[0]
    assert not Item.objects.exists()


def test_pressed_twice_it_is_one_row(world: World, family: Family) -> None:
    """A double click on either button adds one; the form shown anew adds another."""
    client = world.client("worker")
    mark = re.findall(r'name="mark" value="([^"]+)"', text(client.get(at(family, "record/"))))
    sent = {**ORIGIN, "entry": "dibao_payment", "of": "", "since": "2023-01-01", "until": "", "paid_on": "", "amount": "", "mark": mark[0]}
    assert [client.post(at(family, "record/"), sent).headers["Location"] for _ in range(2)] == [at(family)] * 2
    marks = re.findall(r'name="entity" value="hardship"><input type="hidden" name="mark" value="([^"]+)"', text(client.get(at(family))))
    first, second = (client.post(at(family, "new/"), {"entity": "hardship", "mark": marks[0]}).headers["Location"] for _ in range(2))
    assert first == second
    assert sorted(Item.objects.values_list("entity", flat=True)) == ["hardship", "record"]


@pytest.mark.parametrize("posted", [{"entity": "person"}, {"entity": "place"}, {"entity": "organisation"}, {"entity": "x"}, {}])
def test_what_is_no_item_is_not_added(posted: dict[str, str], world: World, family: Family) -> None:
    """A sentence, nothing added."""
    assert "没有这一类事项" in text(world.client("worker").post(at(family, "new/"), posted, follow=True))
    assert not Item.objects.exists()


def test_an_item_of_nobody_is_not_added(world: World, family: Family, foreign: Family) -> None:
    """A person of another household is nobody here; an item of another household is not withdrawn."""
    client = world.client("worker")
    assert "请选是谁的" in text(client.post(at(family, "new/"), {"entity": "medical_bill", "of": foreign.people[0].pk}, follow=True))
    other = foreign.item("hardship", "1")
    assert client.post(at(family, f"{other.pk}/withdraw/"), {"reason": "想"}).status_code == 404
    assert Item.objects.filter(withdrawn=False).count() == 1


@pytest.mark.parametrize(("who", "status"), [("worker", 200), ("approver", 403), ("auditor", 403), ("foreign", 404), (None, 302)])
def test_who_may_add(who: str | None, status: int, world: World, family: Family) -> None:
    """Casework inside the area."""
    assert world.client(who).get(at(family)).status_code == status
    assert world.client(who).get(at(family, "record/")).status_code == status
