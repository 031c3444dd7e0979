"""Every page answers a visitor without account, in both languages, with all its variables."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from bangfu.server.portal.places import place_keys
from tests.server.portal.conftest import PLACE, mark

LANGUAGES = ("zh-hans", "en")


@pytest.mark.slow
@pytest.mark.one_database
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_measure_of_every_place_has_a_page(language: str, visitor: Client) -> None:
    """Nothing that the search can list is without a page."""
    from bangfu.server.portal.finding import Wish, find
    from bangfu.server.portal.places import engine_at

    visitor.cookies["django_language"] = language
    looked = 0
    for place in place_keys():
        for entry in find(engine_at(place), Wish()).entries:
            page = visitor.get(f"/p/{place}/help/{entry.id}/")
            assert page.status_code == 200, entry.id
            looked += 1
    assert looked > 250


@pytest.mark.slow
@pytest.mark.one_database
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_whole_self_check(language: str, visitor: Client) -> None:
    """From the first page to the end, every question answered or left open, every page of the result."""
    visitor.cookies["django_language"] = language
    for place in place_keys():
        assert visitor.get("/").status_code == 200
        assert visitor.get(f"/p/{place}/").status_code == 200
        answer = visitor.post(f"/p/{place}/check/people/", {"name": ["", "老伴"], "was": ["-1", "-1"], "go": "1"})
        for step in range(80):
            assert answer.status_code == 302
            page = visitor.get(answer["Location"])
            assert page.status_code == 200
            if answer["Location"].endswith("/result/"):
                break
            form = page.context["form"]
            said: dict[str, Any] = {"mark": mark(page)}
            for field in form.fields:
                if field.kind == "checks":
                    said[field.name] = [field.options[0].value]
                elif field.kind in ("radios", "select"):
                    said[field.name] = field.options[step % len(field.options)].value
                elif field.kind == "date":
                    said |= {f"{field.name}y": "1950", f"{field.name}m": "1", f"{field.name}d": "31"}
                else:
                    said[field.name] = "0"
            answer = visitor.post(answer["Location"], said)
            if answer.status_code == 422:
                answer = visitor.post(page.request["PATH_INFO"], {"mark": mark(page), "unsure": "1"})
        else:
            pytest.fail("no end")
        for name in ("answers", "result", "result/not", "keep", "open"):
            assert visitor.get(f"/p/{place}/check/{name}/").status_code == 200
        printed = visitor.get(f"/p/{place}/check/result.pdf")
        assert printed.status_code == 200
        assert printed.content.startswith(b"%PDF")
    assert PLACE in place_keys()


def test_conditions_speak_in_words_not_in_codes() -> None:
    """No condition of any measure shows a code of a reading, a fact or a list."""
    from bangfu.server.portal.finding import Wish, find
    from bangfu.server.portal.measure import Line, Measure
    from bangfu.server.portal.places import engine_at

    def texts(lines: list[Line]) -> Iterator[str]:
        for line in lines:
            yield line.text
            yield from texts(line.below)

    looked, bare = 0, set()
    for place in place_keys():
        engine = engine_at(place)
        for entry in find(engine, Wish()).entries:
            measure = Measure(engine, entry, dt.date(2023, 9, 15))
            for text in texts([*measure.must, *measure.must_not, *(line for word in measure.explained for line in word.lines)]):
                looked += 1
                if re.search(r"[a-z]+_[a-z]+", text):
                    bare.add((entry.id, text))
    assert looked > 500
    assert bare == set()
