"""Changes of a household's make-up on the desk: each one done, refused with a sentence, never twice over another's change."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bangfu.server.audit.acting import acting_as, system_actor
from bangfu.server.calendar.published import set_business_date
from bangfu.server.registry.models import Household
from tests.server.assessment.conftest import Family
from tests.server.conftest import World
from tests.server.desk.conftest import text


@pytest.fixture(autouse=True)
def _later(world: World, family: Family) -> None:
    """Let some days pass since the family was taken in."""
    with acting_as(system_actor("演示")):
        set_business_date(dt.date(2023, 10, 1))


def at(family: Family, rest: str = "") -> str:
    """Return an address below a household's changes."""
    return f"/desk/households/{family.household.pk}/changes/{rest}"


def posted(family: Family, kind: str, who: list[int], **changed: Any) -> dict[str, Any]:
    """Return a posted change of some people, by place."""
    family.household.refresh_from_db()
    names = {0: "self", 1: "child", 2: "grandchild"}
    return {
        "kind": kind, "on": "2023-10-01", "reason": "外出", "version": family.household.version, "who": [family.people[n].pk for n in who],
        **{f"relation-{person.pk}": names[n] for n, person in enumerate(family.people)}, **changed,
    }  # fmt: skip


def members(household: Household) -> dict[str, str]:
    """Return name → relation of who belongs to a household now."""
    return {m.person.name: m.relation for m in household.memberships.filter(until=None)}


def relation(family: Family, place: int, code: str) -> dict[str, str]:
    """Return the posted relation of one member."""
    return {f"relation-{family.people[place].pk}": code}


def test_a_head_dies_and_another_takes_over(world: World, family: Family) -> None:
    """With the relations of who stays; without a head it is refused."""
    client = world.client("worker")
    refused = client.post(at(family, "people/"), posted(family, "die", [0]))
    assert refused.status_code == 422
    assert "没有办理" in text(refused)
    answer = client.post(at(family, "people/"), posted(family, "die", [0], **relation(family, 1, "self"), **relation(family, 2, "child")), follow=True)
    assert members(family.household) == {"示例2": "self", "示例3": "child"}
    assert "示例1 死亡" in text(answer)


def test_somebody_leaves_and_some_split_off(world: World, family: Family) -> None:
    """Leaving needs a reason; who splits off has a head of their own."""
    client = world.client("worker")
    assert "请写明为什么离开" in text(client.post(at(family, "people/"), posted(family, "leave", [2], reason="")))
    client.post(at(family, "people/"), posted(family, "leave", [2]))
    assert set(members(family.household)) == {"示例1", "示例2"}
    sent = posted(family, "split", [1], **relation(family, 1, "self"))
    sent.pop(f"relation-{family.people[2].pk}")
    client.post(at(family, "people/"), sent)
    assert members(Household.objects.exclude(pk=family.household.pk).get()) == {"示例2": "self"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"who": []}, "请勾选一个人"), ({"on": "2023-10-02"}, "不能晚于今天"), ({"kind": "vanish"}, "办什么"), ({"on": ""}, "日期"), ({"version": "x"}, "")],
)
def test_bad_input_is_said(changed: dict[str, Any], said: str, world: World, family: Family) -> None:
    """422, nobody gone."""
    answer = world.client("worker").post(at(family, "people/"), {**posted(family, "die", [1]), **changed})
    assert answer.status_code == 422
    assert said in text(answer)
    assert len(members(family.household)) == 3


def test_a_household_moves_and_is_closed(world: World, family: Family) -> None:
    """Inside one's areas only; a closed household cannot be changed."""
    client = world.client("street")
    family.household.refresh_from_db()
    sent = {"area": "420106001002", "address": "示例新村2号", "on": "2023-10-02", "version": family.household.version}
    assert client.post(at(family, "move/"), sent).status_code == 422
    assert client.post(at(family, "move/"), {**sent, "area": "520302001001", "on": "2023-10-01"}).status_code == 422
    family.household.refresh_from_db()
    assert client.post(at(family, "move/"), {**sent, "on": "2023-10-01"}).status_code == 302
    family.household.refresh_from_db()
    assert (family.household.area.name, family.household.address) == ("铁机社区", "示例新村2号")
    assert client.post(at(family, "close/"), {"on": "2023-10-01", "reason": "", "version": family.household.version}).status_code == 422
    assert client.post(at(family, "close/"), {"on": "2023-10-01", "reason": "全家迁出本市", "version": family.household.version}).status_code == 302
    family.household.refresh_from_db()
    assert family.household.status == "closed"
    assert client.get(at(family)).status_code == 302


def test_a_change_of_somebody_else_comes_first(world: World, family: Family) -> None:
    """The second is shown the household as it is now (409)."""
    client, sent = world.client("worker"), posted(family, "leave", [2])
    family.say(residence="urban")
    answer = client.post(at(family, "people/"), sent)
    assert answer.status_code == 409
    assert "别人改了这一户" in text(answer)
    assert len(members(family.household)) == 3


@pytest.mark.parametrize(("who", "status"), [("worker", 200), ("approver", 403), ("auditor", 403), ("foreign", 404), (None, 302)])
def test_who_may_change(who: str | None, status: int, world: World, family: Family) -> None:
    """Casework inside the area."""
    assert world.client(who).get(at(family)).status_code == status
