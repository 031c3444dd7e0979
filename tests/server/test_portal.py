"""The portal's pages: place first, what help there is by words, one page per measure."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from bangfu.rules.pack.model import BENEFIT_KINDS
from bangfu.server.assessment.engines import engine_of
from bangfu.server.audit.acting import acting_as, system_actor
from bangfu.server.calendar.published import set_business_date
from tests.server.conftest import World

PLACES = ("wuchang", "jiaxing", "bengbu", "county", "honghuagang")


@pytest.fixture
def visitor(db: None) -> Client:
    """Return a visitor's browser on 15 September 2023."""
    with acting_as(system_actor("演示")):
        set_business_date(dt.date(2023, 9, 15))
    return Client()


def test_the_place_comes_first_and_a_lapsed_document_says_so(visitor: Client) -> None:
    """武昌's document is in force in 2023 and lapsed the day after 2024-10-07."""
    page = visitor.get("/").content.decode()
    assert all(f"/p/{place}/" in page for place in PLACES)
    assert "2024-10-07" not in page
    with acting_as(system_actor("演示")):
        set_business_date(dt.date(2024, 10, 8))
    assert "2024-10-07" in visitor.get("/").content.decode()
    assert "2024-10-07" in visitor.get("/p/wuchang/").content.decode()


def test_a_wheelchair_is_found_by_its_word(visitor: Client) -> None:
    """轮椅 leads to the fuel subsidy of item 51: 260 元 a year."""
    page = visitor.get("/p/wuchang/", {"q": "轮椅"}).content.decode()
    assert "/p/wuchang/wheelchair_fuel/" in page
    assert "260" in visitor.get("/p/wuchang/wheelchair_fuel/").content.decode()
    assert "没有找到" in visitor.get("/p/wuchang/", {"q": "火星移民"}).content.decode()


@pytest.mark.parametrize("place", PLACES)
def test_every_measure_has_its_page(place: str, visitor: Client) -> None:
    """Each names its office and article; nothing fails."""
    entries = [e for e in engine_of(place).pack.entries.values() if e.kind in BENEFIT_KINDS]
    assert len(entries) > 10
    for entry in entries:
        response = visitor.get(f"/p/{place}/{entry.id}/")
        assert response.status_code == 200
        assert entry.label.zh in response.content.decode()


@pytest.mark.parametrize("address", ["/p/mars/", "/p/wuchang/nothing/", "/p/wuchang/dibao_household/"])
def test_what_is_not_there_is_not_found(address: str, visitor: Client) -> None:
    """Neither a place nor a measure that does not exist, nor an entry that gives nothing."""
    assert visitor.get(address).status_code == 404


def test_hostile_words_are_words(visitor: Client) -> None:
    """A script tag, SQL and 10,000 characters are searched for and shown as text."""
    for words in ("<script>alert(1)</script>", "' OR 1=1 --", "长" * 10_000, "👵"):
        response = visitor.get("/p/wuchang/", {"q": words})
        assert response.status_code == 200
        assert "<script>alert" not in response.content.decode()


def test_staff_sign_in_with_password_and_code(world: World) -> None:
    """The login is ours and in Chinese, offers no sign-up, then asks for the code of the second factor."""
    client = Client()
    page = client.get("/accounts/login/").content.decode()
    assert "工作人员登录" in page
    assert "signup" not in page
    answer = client.post("/accounts/login/", {"login": "wangfang", "password": "wangfang-pass-2026"})
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/2fa/authenticate/")
    wrong = Client().post("/accounts/login/", {"login": "liqiang", "password": "no"})
    assert wrong.status_code == 200
    assert 'role="alert"' in wrong.content.decode()
