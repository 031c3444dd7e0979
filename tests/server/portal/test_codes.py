"""Coming back with a code: long enough, kept as digests, sealed, forgotten in time, no way to guess."""

from __future__ import annotations

import datetime as dt
import re
from math import log2
from typing import Any

import pytest
from django.test import Client

from bangfu.server import recurring
from bangfu.server.audit.acting import acting_as, system_actor
from bangfu.server.audit.models import Entry
from bangfu.server.calendar import clock
from bangfu.server.selfcheck import actions
from bangfu.server.selfcheck.codes import ALPHABET, GROUPS, LENGTH, grouped, new_code, read_code, read_last_four
from bangfu.server.selfcheck.models import Attempts, Kept
from tests.server.portal.conftest import PLACE
from tests.server.portal.test_check import BIRTH, CHECK, answer, carried

CODE = re.compile(r"[0-9A-Z]{5}-[0-9A-Z]{4}-[0-9A-Z]{4}")


def kept_code(client: Client, last_four: str = "123x") -> str:
    """Keep the answers; return the code as the page shows it."""
    page = client.post(f"{CHECK}/keep/", {"last_four": last_four})
    assert page.status_code == 200, page.content.decode()
    found = CODE.search(page.content.decode())
    assert found
    return found[0]


def come_back(code: str, last_four: str, **more: str) -> tuple[Client, Any]:
    """Try to open with a fresh browser."""
    client = Client()
    return client, client.post(f"{CHECK}/open/", {"kept_code": code, "last_four": last_four, **more})


def test_a_code_has_sixty_bits_and_reads_back() -> None:
    """13 signs of 32: 65 bits; no sign that is misread."""
    assert log2(len(set(ALPHABET))) * LENGTH >= 60
    assert sum(GROUPS) == LENGTH
    assert not set("ILOU") & set(ALPHABET)
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    for code in codes:
        assert read_code(f" {grouped(code).lower()} ") == code
    assert read_code("ooooo-iiii-llll") == "0000011111111"
    assert read_code("０１２３４５６７８９ＡＢＣ") == "0123456789ABC"
    for bad in ("", "123", "U" * 13, "😀" * 13, "A" * 10_000, "字" * 13):
        assert read_code(bad) is None
    assert (read_last_four(" 123x "), read_last_four("１２３４"), read_last_four("12345"), read_last_four("x123")) == ("123X", "1234", None, None)


def test_kept_answers_come_back_in_another_browser(begun: Client) -> None:
    """With the code and the last four; what is stored tells neither."""
    answer(begun, f"{CHECK}/1/", **BIRTH)
    code = kept_code(begun)
    row = Kept.objects.get()
    bare = code.replace("-", "")
    assert bare not in row.code_digest
    assert b"1949" not in bytes(row.sealed)
    assert b"birth_date" not in bytes(row.sealed)
    assert row.expires_on == clock.today() + dt.timedelta(days=90)
    client, reply = come_back(code.lower().replace("-", " "), "123X")
    assert reply["Location"] == f"{CHECK}/answers/"
    assert carried(client).answers == carried(begun).answers


def test_keeping_and_opening_stand_in_the_audit_as_the_visitors_acts(begun: Client) -> None:
    """Without code, without last four, without answers."""
    code = kept_code(begun)
    come_back(code, "123X")
    come_back(code, "123X", delete="1")
    entries = list(Entry.objects.order_by("pk"))
    assert [e.action for e in entries] == ["selfcheck.keep", "selfcheck.open", "selfcheck.open", "selfcheck.delete"]
    assert {e.actor_name for e in entries} == {"网上来访"}
    for entry in entries:
        assert code.replace("-", "") not in str(entry.details)
        assert "123X" not in str(entry.details)
    assert not Kept.objects.exists()


def test_a_wrong_code_and_wrong_last_four_look_alike(begun: Client) -> None:
    """Same status, same words, same number of queries; so does what cannot be a code, or is of another place."""
    code = kept_code(begun)
    pages = set()
    for tried, last_four in ((new_code(), "123X"), (code, "1234"), ("rubbish", "123X"), (code, "rubbish"), ("", "")):
        _, page = come_back(tried, last_four)
        shown = re.sub(r'name="csrfmiddlewaretoken" value="\w+"|name="kept_code" value="[^"]*"', "", page.content.decode())
        pages.add((page.status_code, shown))
        forget_tries()
    assert len(pages) == 1
    status, text = pages.pop()
    assert status == 422
    assert "没有找到" in text
    other = Client().post("/p/wuchang/check/open/", {"kept_code": code, "last_four": "123X"})
    assert other.status_code == 422


def forget_tries() -> None:
    """Forget the counts, so that each try of a test stands alone."""
    with acting_as(system_actor("安装")):
        Attempts.objects.all().delete()


def test_the_same_work_is_done_for_a_wrong_code_and_a_wrong_last_four(begun: Client) -> None:
    """So that the time taken does not tell which of the two was right."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    code = kept_code(begun)
    counts = []
    for tried, last_four in ((new_code(), "123X"), (code, "1234")):
        forget_tries()
        with CaptureQueriesContext(connection) as queries:
            come_back(tried, last_four)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_code_can_be_tried_five_times_an_hour(begun: Client) -> None:
    """The sixth is refused, also with the right last four; other codes of other addresses are not."""
    code = kept_code(begun)
    for _ in range(actions.MOST_BY_CODE):
        assert come_back(code, "0000")[1].status_code == 422
    assert come_back(code, "123X")[1].status_code == 429
    assert "过一个小时" in come_back(code, "123X")[1].content.decode()


def test_an_address_can_try_twenty_times_an_hour(begun: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the codes; in the next hour again."""
    code = kept_code(begun)
    for _ in range(actions.MOST_BY_ADDRESS):
        assert come_back(new_code(), "0000")[1].status_code == 422
    assert come_back(code, "123X")[1].status_code == 429
    later = clock.now() + dt.timedelta(hours=1, minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert come_back(code, "123X")[1].status_code == 302


def test_an_address_keeps_ten_times_an_hour(begun: Client) -> None:
    """Nobody fills the table."""
    for _ in range(actions.MOST_KEPT):
        kept_code(begun)
    assert begun.post(f"{CHECK}/keep/", {"last_four": "1234"}).status_code == 429


def test_what_has_expired_cannot_be_opened_and_is_forgotten(begun: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ninetieth day is the last."""
    code, until = kept_code(begun), Kept.objects.get().expires_on
    now = clock.now()
    monkeypatch.setattr(clock, "today", lambda: until)
    assert come_back(code, "123X")[1].status_code == 302
    monkeypatch.setattr(clock, "today", lambda: until + dt.timedelta(days=1))
    monkeypatch.setattr(clock, "now", lambda: now + dt.timedelta(days=91))
    assert come_back(code, "123X")[1].status_code == 422
    with acting_as(system_actor("任务")):
        assert actions.forget_expired() == 1
    assert not Kept.objects.exists()


@pytest.mark.parametrize("typed", ["", "12", "12345", "abcd", "😀😀", "<b>1</b>", "1" * 10_000, "'; --"])
def test_a_last_four_that_is_none_is_said(typed: str, begun: Client) -> None:
    """Nothing is kept; the summary links to the field."""
    page = begun.post(f"{CHECK}/keep/", {"last_four": typed})
    assert page.status_code == 422
    assert 'href="#last_four"' in page.content.decode()
    assert len(page.content) < 20_000
    assert not Kept.objects.exists()


def test_nothing_is_kept_without_answers(visitor: Client) -> None:
    """Who has no sitting is told so."""
    assert visitor.post(f"/p/{PLACE}/check/keep/", {"last_four": "1234"}).status_code == 410


def test_expired_answers_go_by_themselves(begun: Client) -> None:
    """What recurs deletes them, with an actor and without a visitor."""
    kept_code(begun)
    with acting_as(system_actor("安装")):
        Kept.objects.update(expires_on=clock.today() - dt.timedelta(days=1))
    assert next(e for e in recurring.table() if "kept answers" in e.name).act() == 1
