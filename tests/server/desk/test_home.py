"""The first page: what awaits each role, counts that agree with the lists they lead to."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from bangfu.server.accounts.enums import Role
from bangfu.server.audit.acting import acting_as, actor_of
from bangfu.server.registry.actions import Provenance, Statement, state_facts
from bangfu.server.registry.enums import Source
from bangfu.server.todo.models import Todo
from tests.server.assessment.conftest import DAY, Family, make_family
from tests.server.conftest import World
from tests.server.desk.conftest import text

TILE = re.compile(r'<a href="([^"]+)" class="bf-count"><span class="bf-count-label">([^<]+)</span><strong[^>]*>(\d+)</strong>')


def tiles(shown: str) -> dict[str, tuple[int, str]]:
    """Return label → number and address of each count."""
    return {label: (int(number), url.replace("&amp;", "&")) for url, label, number in TILE.findall(shown)}


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_each_role_has_a_first_page(role: str, world: World, family: Family) -> None:
    """What one may not do is not there; each count leads to a page that opens."""
    client = world.client(role)
    shown = text(client.get("/desk/"))
    for label, (_, url) in tiles(shown).items():
        assert client.get(url).status_code == 200, label
    sees = role in ("community_worker", "street_officer", "district_officer", "approver", "auditor")
    assert ("在册家庭" in shown) == sees
    assert ("登记一户" in shown) == (role in ("community_worker", "street_officer", "district_officer"))
    assert ("启用的账号" in shown) == (role in ("system_admin", "security_admin"))
    assert ("现在没有等您办的事" in shown) == (role == "finance")


def test_counts_agree_with_the_lists(world: World, family: Family, foreign: Family) -> None:
    """Of one's own area only."""
    other = make_family(world)
    other.all_listed("record")
    with acting_as(actor_of(world.users["worker"])):
        state_facts(family.household, [Statement("residence", "rural")], Provenance(Source.DECLARED))
        state_facts(family.household, [Statement("residence", "urban")], Provenance(Source.VISIT))
    client = world.client("worker")
    found = tiles(text(client.get("/desk/")))
    assert {label: number for label, (number, _) in found.items() if label in ("在册家庭", "来源不一致", "领取情况还没有登记")} == {"在册家庭": 2, "来源不一致": 1, "领取情况还没有登记": 1}
    for label in ("在册家庭", "来源不一致", "领取情况还没有登记"):
        number, url = found[label]
        assert f"共 {number} 户" in text(client.get(url))


def test_drafts_and_todos_are_one_s_own(world: World, family: Family) -> None:
    """A draft leads back to its form; a to-do of one's role in one's area is shown, another's not."""
    client = world.client("worker")
    client.post(f"/desk/households/{family.household.pk}/facts/?of=H", {"H.residence": "urban", "draft": "1"})
    with acting_as(actor_of(world.users["worker"])):
        for key, role, code in (("a", "community_worker", 420106001001), ("b", "approver", 420106001001), ("c", "community_worker", 520302001001)):
            Todo.objects.create(kind="x", key=key, title=f"待办{key}", role=role, area_code=code, due_on=DAY)
    shown = text(client.get("/desk/"))
    assert f'href="/desk/households/{family.household.pk}/facts/?of=H"' in shown
    assert ("待办a" in shown, "待办b" in shown, "待办c" in shown) == (True, False, False)
    assert "没有提交的草稿" not in text(world.client("street").get("/desk/"))


def test_before_the_first_night_the_page_says_so(world: World, today: Any) -> None:
    """No zero that would look like nothing found."""
    assert "还没有测算过" in text(world.client("worker").get("/desk/"))


def test_the_number_of_queries_is_held(world: World, family: Family, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    """Whatever lies in the area."""
    client = world.client("district_officer")
    client.get("/desk/")
    with django_assert_max_num_queries(22) as few:
        client.get("/desk/")
    for _ in range(4):
        make_family(world)
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get("/desk/")
