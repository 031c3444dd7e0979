"""Who settles a sum of which the document gives bounds stands on the resident's card and in the printed form."""

from __future__ import annotations

from dataclasses import asdict
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import translation

from bangfu.server.portal.printed import _plain
from bangfu.server.portal.result import Card, Teller
from tests.rules.engines import engine
from tests.rules.test_explain import relief


def card() -> Card:
    """Return the card of the county's relief for a grave illness: 2,000 to 5,000 by case."""
    sitting: Any = SimpleNamespace(names=["", ""], place="county")
    interview: Any = SimpleNamespace(question_for=lambda *_: None)
    return Teller(engine("county"), sitting, interview).card(relief())


@pytest.mark.parametrize(("lang", "start"), [("zh", "由"), ("en", "settled case by case by ")])
def test_the_office_that_settles_a_range_is_named(lang: str, start: str) -> None:
    """The card names the office; what it settles is no longer something that the resident still has to say."""
    with translation.override("zh-hans" if lang == "zh" else "en"):
        made = card()
    office = engine("county").pack.office_text(relief().office, lang)

    assert office
    assert made.settled == (f"由{office}逐案确定" if lang == "zh" else f"{start}{office}")
    assert made.needs == ()
    assert _plain(asdict(made))["settled"] == made.settled
