"""The self-check: answers stay with the visitor, can be changed at any time, and bad input is said and lost by nobody."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from bangfu.rules.interview import Question
from bangfu.server.audit.models import Entry
from bangfu.server.audit.triggers import guarded_models
from bangfu.server.portal.places import engine_at
from bangfu.server.selfcheck.sealed import opened, sealed_text
from bangfu.server.selfcheck.sitting import Sitting, as_data, from_data
from tests.server.portal.conftest import PLACE, mark

DAY = dt.date(2023, 9, 15)
CHECK = f"/p/{PLACE}/check"


def carried(client: Client) -> Sitting:
    """Return the sitting that a browser carries."""
    text = "".join(client.cookies[name].value for name in ("check", "check2") if name in client.cookies)
    found = opened(text, PLACE, engine_at(PLACE).pack)
    assert found is not None
    return found


def answer(client: Client, address: str, **said: Any) -> Any:
    """Open a question and answer it."""
    page = client.get(address)
    assert page.status_code == 200, page.status_code
    return client.post(address, {"mark": mark(page), **said})


BIRTH = {"f0y": "1949", "f0m": "3", "f0d": "8"}


def test_answers_are_carried_sealed_by_the_browser_alone(begun: Client) -> None:
    """No row is written, no session made; the cookie is out of reach of scripts and other pages."""
    before = {model: model.objects.count() for model in guarded_models()}  # type: ignore[attr-defined]
    answer(begun, f"{CHECK}/1/", **BIRTH, f1y="1951", f1m="1", f1d="2")
    assert {model: model.objects.count() for model in guarded_models()} == before  # type: ignore[attr-defined]
    assert not Session.objects.exists()
    cookie = begun.cookies["check"]
    assert cookie["httponly"]
    assert cookie["path"] == f"/p/{PLACE}/"
    assert cookie["samesite"] == "Lax"
    assert not cookie["max-age"]
    assert "1949" not in cookie.value
    sitting = carried(begun)
    assert sitting.answers[0][1] == {
        Question("fact", "birth_date", "person", "P1"): dt.date(1949, 3, 8),
        Question("fact", "birth_date", "person", "P2"): dt.date(1951, 1, 2),
    }


def test_pages_with_answers_are_kept_by_no_store(begun: Client) -> None:
    """Neither by a proxy nor by the browser."""
    for page in ("1/", "answers/", "result/", "result/not/", "result.pdf", "keep/", "open/", "people/", ""):
        assert begun.get(f"{CHECK}/{page}")["Cache-Control"] == "no-store", page


def test_a_changed_or_foreign_sitting_is_none(begun: Client) -> None:
    """A flipped sign, a cut one, another place's, yesterday's: all the same, and no error."""
    text = begun.cookies["check"].value
    pack = engine_at(PLACE).pack
    middle = len(text) // 2
    flipped = text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :]
    for bad in (flipped, text[:-4], text[:10], "", "😀", "A" * 5000, text + "AAAA"):
        assert opened(bad, PLACE, pack) is None, bad[:20]
    assert opened(text, "wuchang", pack) is None
    begun.cookies["check"] = flipped
    page = begun.get(f"{CHECK}/result/")
    assert page.status_code == 200
    assert "这里没有您的回答" in page.content.decode()
    assert begun.post(f"{CHECK}/1/", {"mark": "x"}).status_code == 410


def test_a_sitting_ends_after_a_day(begun: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the browser never closes."""
    from bangfu.server.calendar import clock

    text, later = sealed_text(carried(begun)), clock.now() + dt.timedelta(hours=25)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert opened(text, PLACE, engine_at(PLACE).pack) is None


def test_an_answer_can_be_changed_and_others_stay(begun: Client) -> None:
    """From the list of answers back to the list."""
    answer(begun, f"{CHECK}/1/", **BIRTH)
    second = carried(begun).pending
    answer(begun, f"{CHECK}/2/", unsure="1")
    moved = answer(begun, f"{CHECK}/1/", f0y="1960", f0m="3", f0d="8", then="answers")
    assert moved["Location"] == f"{CHECK}/answers/"
    sitting = carried(begun)
    assert [q for q, _ in sitting.answers][1] == second
    assert "1960-03-08" in begun.get(f"{CHECK}/answers/").content.decode()


def test_sending_twice_is_sending_once(begun: Client) -> None:
    """A double click, or the back button and the same answer again."""
    page = begun.get(f"{CHECK}/1/")
    said = {"mark": mark(page), **BIRTH}
    first = begun.post(f"{CHECK}/1/", said)
    one = as_data(carried(begun))
    second = begun.post(f"{CHECK}/1/", said)
    assert first["Location"] == second["Location"]
    assert as_data(carried(begun)) == one


def test_a_stale_page_answers_no_other_question(begun: Client) -> None:
    """The mark says which question was on the page; another window may have changed the order."""
    answer(begun, f"{CHECK}/1/", **BIRTH)
    page = begun.post(f"{CHECK}/2/", {"mark": "0" * 12, "f0": "yes"})
    assert page.status_code == 409
    assert "这一页是先前的" in page.content.decode()
    assert len(carried(begun).answers) == 1


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "还没有填"),
        ({"f0y": "1949"}, "请把年、月、日都填上"),
        ({"f0y": "49", "f0m": "3", "f0d": "8"}, "请把年、月、日都填上"),
        ({"f0y": "1949", "f0m": "2", "f0d": "30"}, "没有这一天"),
        ({"f0y": "1949", "f0m": "13", "f0d": "1"}, "没有这一天"),
        ({"f0y": "<script>alert(1)</script>", "f0m": "1", "f0d": "1"}, "请把年、月、日都填上"),
        ({"f0y": "😀", "f0m": "1", "f0d": "1"}, "请把年、月、日都填上"),
        ({"f0y": "9" * 10_000, "f0m": "1", "f0d": "1"}, "请把年、月、日都填上"),
        ({"f0y": "1949'; DROP TABLE x;--", "f0m": "1", "f0d": "1"}, "请把年、月、日都填上"),
    ],
)
def test_a_date_that_is_none_is_said_at_the_field_and_at_the_top(said: dict[str, str], words: str, begun: Client) -> None:
    """422, the summary links to the field, what was typed is still there (cut where it is long)."""
    page = answer(begun, f"{CHECK}/1/", **said)
    text = page.content.decode()
    assert page.status_code == 422
    assert words in text
    assert 'href="#f0-y"' in text
    assert "<script>alert" not in text
    assert len(text) < 40_000
    assert carried(begun).answers == []


def test_full_width_signs_and_words_of_dates_are_read(begun: Client) -> None:
    """As a phone's Chinese keyboard types them."""
    answer(begun, f"{CHECK}/1/", f0y="１９４９年", f0m="３月", f0d="8日")
    assert next(iter(carried(begun).answers[0][1].values())) == dt.date(1949, 3, 8)


@pytest.mark.parametrize(
    ("typed", "fen"),
    [("1200", 120_000), ("1,200.5", 120_050), ("１２００元", 120_000), ("0", 0)],
)
def test_money_is_read_as_people_write_it(typed: str, fen: int, begun: Client) -> None:
    """Exact, in fen."""
    address = f"{CHECK}/ask/fact/support_paid/household/"
    answer(begun, address, f0=typed)
    assert carried(begun).answers[-1][1] == fen


@pytest.mark.parametrize("typed", ["很多", "12万", "-5", "1e5", "1.23456", "１２.３.４", "99999999999999999999", "NaN", "0x10", "9" * 10_000, "1200.005"])
def test_what_is_no_money_is_refused(typed: str, begun: Client) -> None:
    """Nothing is guessed."""
    page = answer(begun, f"{CHECK}/ask/fact/support_paid/household/", f0=typed)
    assert page.status_code == 422
    assert carried(begun).answers == []


def test_a_choice_that_is_not_offered_is_refused(begun: Client) -> None:
    """Whoever changes the form gets no further."""
    page = answer(begun, f"{CHECK}/ask/fact/residence/household/", f0="moon")
    assert page.status_code == 422
    assert "请在列出的几项里选一项" in page.content.decode()


def test_none_and_some_together_are_a_contradiction(begun: Client) -> None:
    """One or the other."""
    question = next_checks(begun)
    page = answer(begun, question, f0=["0", "none"])
    assert page.status_code == 422
    assert "请只留一种" in page.content.decode()


def next_checks(client: Client) -> str:
    """Leave questions open until one is a list to tick; return its address."""
    for number in range(1, 40):
        page = client.get(f"{CHECK}/{number}/")
        if page.context["form"].fields[0].kind == "checks":
            return f"{CHECK}/{number}/"
        client.post(f"{CHECK}/{number}/", {"mark": mark(page), "unsure": "1"})
    raise AssertionError("no list")


@pytest.mark.parametrize("address", ["ask/fact/nothing/P1/", "ask/fact/birth_date/P9/", "ask/fact/../P1/", "ask/recognition/dibao_household/P1/", "ask/fact/id_card/P1/x/", "ask/evil/x/y/", "77/", "0/"])
def test_a_question_that_is_none_leads_back(address: str, begun: Client) -> None:
    """No error, no other question."""
    page = begun.get(f"{CHECK}/{address}")
    assert page.status_code in (302, 404) or address == "ask/recognition/dibao_household/P1/"


def test_who_leaves_takes_their_answers_along(begun: Client) -> None:
    """The first of three goes: the others keep theirs under their new numbers."""
    begun.post(f"{CHECK}/people/", {"name": ["甲", "乙", "丙"], "was": ["0", "1", "-1"], "go": "1"})
    reply = answer(begun, f"{CHECK}/1/", f0y="1950", f0m="1", f0d="1", f1y="1951", f1m="1", f1d="1", f2y="1952", f2m="1", f2d="1")
    assert reply.status_code == 302, reply.content.decode()
    begun.post(f"{CHECK}/people/", {"name": ["乙", "丙"], "was": ["1", "2"], "go": "1"})
    sitting = carried(begun)
    assert sitting.names == ["乙", "丙"]
    assert {q.row: v.year for q, v in sitting.answers[0][1].items()} == {"P1": 1951, "P2": 1952}


@pytest.mark.parametrize(
    "posted",
    [
        {"name": ["字" * 10_000], "was": ["-1"]},
        {"name": [""] * 500, "was": ["-1"] * 500},
    ],
)
def test_too_many_people_or_too_long_names_are_said(posted: dict[str, Any], visitor: Client) -> None:
    """With how many fit."""
    page = visitor.post(f"{CHECK}/people/", {**posted, "go": "1"})
    assert page.status_code == 422
    assert "最多" in page.content.decode()
    assert len(page.content) < 60_000


@pytest.mark.parametrize("was", [["9"], ["0", "0"], ["x"], ["-7"], ["²"], []])
def test_a_changed_list_of_people_is_no_error(was: list[str], begun: Client) -> None:
    """Numbers that are not theirs count as new people."""
    assert begun.post(f"{CHECK}/people/", {"name": ["甲", "乙"], "was": was, "go": "1"}).status_code == 302


def test_a_closed_gate_drops_what_hung_on_it() -> None:
    """Who has no certificate has no level of disability."""
    pack = engine_at("wuchang").pack
    gate, level = Question("fact", "has_disability", "person", "P1"), Question("fact", "disability_level", "person", "P1")
    sitting = Sitting("wuchang", [""], [(gate, True), (level, 1)])
    assert len(sitting.interview(engine_at("wuchang"), DAY).given.of_entity("person")[0].facts) == 3  # with relation: self
    sitting.put(gate, False)
    sitting.interview(engine_at("wuchang"), DAY)
    assert [q.name for q, _ in sitting.answers] == ["has_disability"]
    assert from_data(as_data(sitting), pack).answers == sitting.answers


def test_what_the_pack_no_longer_knows_falls_away() -> None:
    """A sitting of before an update of the policy is still one."""
    data = {"p": "wuchang", "n": [""], "a": [[["f", "gone", "P1"], True], [["o", ["f", "gone", "P1"]], [0]], [["f", "has_disability", "P1"], True]], "q": ["f", "gone", "P1"], "s": 0.1, "e": False}
    sitting = from_data(data, engine_at("wuchang").pack)
    assert [q.name for q, _ in sitting.answers] == ["has_disability"]
    assert sitting.pending is None


@pytest.mark.slow
def test_twenty_people_fit_into_what_a_browser_carries(visitor: Client) -> None:
    """Every question answered for each of them, and the header stays under what web servers take."""
    place = "wuchang"
    reply = visitor.post(f"/p/{place}/check/people/", {"name": [f"第{n}位家庭成员名" for n in range(20)], "was": ["-1"] * 20, "go": "1"})
    for _ in range(120):
        page = visitor.get(reply["Location"])
        if reply["Location"].endswith("/result/"):
            break
        said: dict[str, Any] = {"mark": mark(page)}
        for n, field in enumerate(page.context["form"].fields):
            if field.kind == "checks":
                said[field.name] = [o.value for o in field.options[:-1]][n % 2 :: 2] or [field.options[0].value]
            elif field.kind == "date":
                said |= {f"{field.name}y": str(1940 + n), f"{field.name}m": "7", f"{field.name}d": "19"}
            elif field.kind == "number":
                said[field.name] = str(1013 + 37 * n)
            else:
                said[field.name] = field.options[n % len(field.options)].value
        address = reply["Location"]
        reply = visitor.post(address, said)
        if reply.status_code == 422:
            reply = visitor.post(address, {"mark": said["mark"], "unsure": "1"})
        assert reply.status_code == 302
    header = "; ".join(f"{name}={morsel.value}" for name, morsel in visitor.cookies.items())
    assert 1500 < len(header) < 8000


def test_clear_takes_everything(begun: Client) -> None:
    """By a POST; afterwards nothing is there."""
    begun.post(f"{CHECK}/clear/")
    assert begun.cookies["check"].value == ""
    assert begun.get(f"{CHECK}/clear/").status_code == 405


def test_the_result_names_what_would_settle_it(begun: Client) -> None:
    """With a link that asks just that, and comes back."""
    page = begun.get(f"{CHECK}/result/").content.decode()
    assert f"{CHECK}/ask/" in page
    assert "?then=result" in page
    assert not Entry.objects.exists()


def test_a_printed_result_takes_no_markup_from_answers(visitor: Client) -> None:
    """A name in typst's own signs is a name."""
    visitor.post(f"{CHECK}/people/", {"name": ['#panic("x")', "$[*]😀"], "was": ["-1", "-1"], "go": "1"})
    page = visitor.get(f"{CHECK}/result.pdf")
    assert page.status_code == 200
    assert page.content.startswith(b"%PDF")
    assert b"NotoSansSC" in page.content
