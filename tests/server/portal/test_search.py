"""Everyday words find what the packs call otherwise; what happened in life leads somewhere; filters narrow."""

from __future__ import annotations

import pytest
from django.test import Client

from bangfu.server.portal.finding import Wish, events, find, said_otherwise
from bangfu.server.portal.places import engine_at, place_keys


def names(place: str, **wish: str) -> list[str]:
    """Return the ids that a wish finds."""
    return [entry.id for entry in find(engine_at(place), Wish(**wish)).entries]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("轮椅", "wheelchair_fuel"),  # 三(十)51
        ("孩子上大学", "travel_grant"),  # 三(二)13: new students of colleges
        ("wheelchair", "wheelchair_fuel"),
        ("没工作", "job_platform"),
        ("看病 住院", "hospital_allowance"),
        ("机动　轮椅", "wheelchair_fuel"),  # a full-width space parts words too
    ],
)
def test_everyday_words_find_what_the_document_calls_otherwise(words: str, expected: str) -> None:
    """In 武昌区."""
    assert expected in names("wuchang", words=words)


def test_the_name_comes_before_the_text() -> None:
    """Who searches by the name of a measure finds it first."""
    assert names("wuchang", words="机动轮椅车燃油补贴")[0] == "wheelchair_fuel"


def test_every_event_and_every_everyday_word_leads_somewhere() -> None:
    """A word that leads nowhere in any place would be an empty promise."""
    looked = 0
    for event in events():
        assert any(names(place, event=event.id) for place in place_keys()), event.id
        looked += 1
    meant = {word for event in events() for word in event.words} | {word for words in said_otherwise().values() for word in words}
    for word in meant | set(said_otherwise()):
        assert any(names(place, words=word) for place in place_keys()), word
        looked += 1
    assert looked > 100


def test_of_several_everyday_words_the_longest_leads() -> None:
    """孩子上大学: college before children."""
    found = names("wuchang", words="孩子上大学")
    assert found.index("travel_grant") < found.index("orphan_allowance")


def test_filters_narrow() -> None:
    """By office, by kind, and both."""
    everything = names("wuchang")
    office = names("wuchang", office="区教育局")
    both = names("wuchang", office="区教育局", kind="waiver")
    assert 0 < len(both) < len(office) < len(everything)
    assert "kindergarten_fee" in both


@pytest.mark.parametrize("words", ["<script>alert(1)</script>", "'; DROP TABLE kept;--", "😀🦽", "字" * 10_000, "\x00\x01", "%s{{x}}{% url %}", "   "])
def test_a_hostile_search_is_a_search(words: str, visitor: Client) -> None:
    """Nothing of it is run; too long is said."""
    page = visitor.get("/p/wuchang/help/", {"q": words})
    assert page.status_code == 200
    text = page.content.decode()
    assert "<script>alert" not in text
    assert ("太长" in text) == (len(words) > 100)


@pytest.mark.parametrize("more", ["-5", "1e9", "99999999999999999999", "abc", "²"])
def test_a_strange_page_number_is_ignored(more: str, visitor: Client) -> None:
    """Not a number that pages have."""
    assert visitor.get("/p/wuchang/help/", {"more": more}).status_code == 200


@pytest.mark.parametrize("address", ["/p/nowhere/", "/p/cn/", "/p/wuchang/help/nothing/", "/p/wuchang/help/dibao_household%00/", "/p/../", "/p/wuchang/check/99999/x/"])
def test_what_is_not_there_is_a_404_of_the_house(address: str, visitor: Client) -> None:
    """In plain words, with a way back."""
    page = visitor.get(address)
    assert page.status_code == 404
    assert "没有这一页" in page.content.decode()


def test_a_lapsed_document_says_so_on_every_page(visitor: Client) -> None:
    """武昌区's document ended on 2024-10-07 (three years from 2021-10-08)."""
    visitor.post("/p/wuchang/check/people/", {"name": [""], "was": ["-1"], "go": "1"})
    pages = ["", "help/", "help/wheelchair_fuel/", "check/", "check/people/", "check/1/", "check/answers/", "check/result/", "check/result/not/", "check/keep/", "check/open/", "check/cleared/"]
    for page in pages:
        assert "这份文件已于 2024-10-07 到期" in visitor.get(f"/p/wuchang/{page}").content.decode(), page
    assert "已于 2024-10-07 到期" in visitor.get("/").content.decode()
    assert "到期" not in visitor.get("/p/bengbu/").content.decode()


def test_a_place_says_what_it_has_not_set(visitor: Client) -> None:
    """红花岗区's dibao standard of the years at hand is not published as a value: the page says so by name."""
    page = visitor.get("/p/honghuagang/help/dibao_payment/").content.decode()
    assert "当地还没有公布或没有填写" in page
