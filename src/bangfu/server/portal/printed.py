"""The result as PDF: typst with the fonts that came along. Data goes in as JSON, so nothing in it is read as markup."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typst

from bangfu.server.portal.places import Place
from bangfu.server.portal.result import Result

HERE = Path(__file__).parent
FONTS = HERE / "fonts"


def result_pdf(place: Place, result: Result, sentences: dict[str, str], lang: str) -> bytes:
    """Return the PDF of a result; ``sentences`` are the form's own words in the language of the page."""
    data: dict[str, Any] = {
        "lang": lang,
        "title": sentences["title"],
        "place": place.name,
        "document": place.title,
        "words": sentences,
        "met": [_plain(asdict(card)) for card in result.met],
        "recognised": [_plain(asdict(card)) for card in result.recognised],
        "open": [_plain(asdict(card)) for card in result.open],
    }
    made: bytes = typst.compile(
        str(HERE / "printed/result.typ"), font_paths=[str(FONTS)], ignore_system_fonts=True, sys_inputs={"data": json.dumps(data, ensure_ascii=False)}
    )  # fmt: skip
    return made


def _plain(card: dict[str, Any]) -> dict[str, Any]:
    return {key: card[key] for key in ("name", "who", "tier", "sum", "settled", "every", "given", "articles", "office", "joins", "papers", "needs", "plainly")}
