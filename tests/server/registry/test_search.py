"""Search by name, pinyin, initials, address, numbers: inside the scope, in few queries."""

from __future__ import annotations

from typing import Any

import pytest

from bangfu.server.accounts.selectors import scope_for
from bangfu.server.registry import search
from bangfu.server.registry.models import Household, Person
from tests.server.conftest import World
from tests.server.registry.conftest import DAY, NUMBER

WORDS = [
    ("欧阳", 1), ("阳明", 1), ("ouyang", 1), ("Ou Yang", 1), ("oym", 1), ("sdc", 1), ("shandachuan", 1), ("铁机路", 1), ("路1号", 1), ("420106-2023", 2),
    ("lv", 1), ("lü", 1), ("420106-2023-000001", 1), ("川", 0), ("大川", 1), ("x", 0), ("", 0), ("%", 0), ("_", 0), ("'; DROP TABLE registry_person; --", 0), ("和平", 1), ("欧" * 500, 0),
]  # fmt: skip


@pytest.mark.parametrize(("words", "number"), WORDS)
def test_words_find_households(words: str, number: int, world: World, family: Household, neighbour: Household, django_assert_max_num_queries: Any) -> None:
    """Each in one query."""
    scope = scope_for(world.users["street"], "registry.view", DAY)
    with django_assert_max_num_queries(1):
        assert len(search.found_households(scope, words)) == number


def test_another_place_finds_nothing(world: World, family: Household) -> None:
    """By no word and no number."""
    scope = scope_for(world.users["foreign"], "registry.view", DAY)
    assert all(not search.found_households(scope, words) for words, _ in WORDS)
    assert not search.people_with_id(scope, NUMBER)
    assert not search.people_with_card(scope, "6222020200112233445")


def test_numbers_find_their_people(world: World, family: Household) -> None:
    """By blind index alone; what is stored holds no number."""
    scope = scope_for(world.users["worker"], "registry.view", DAY)
    found = search.people_with_id(scope, NUMBER.lower())
    assert [p.name for p in found] == ["欧阳明"]
    assert [p.name for p in search.people_with_card(scope, "6222 0202 0011 2233 445")] == ["欧阳明"]
    assert list(search.households_with(scope, found)) == [family]
    assert not search.people_with_id(scope, "110105194912310038")
    row = Person.objects.filter(pk=found[0].pk).values()[0]
    assert "622202" not in str(row)
    assert row["card_last4"] == "3445"
