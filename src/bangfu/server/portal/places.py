"""The places whose policy is here, and whether their document is in force; all of it said by the packs."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from django.http import Http404
from django.utils.translation import gettext as _

from bangfu.rules.engine import Engine
from bangfu.rules.pack.titles import place_titles
from bangfu.rules.phrases import KIND_NAMES
from bangfu.rules.policies_folder import policies_folder
from bangfu.server.assessment.engines import engine_at_place, engine_of
from bangfu.server.calendar import clock
from bangfu.server.portal.words import language

_OFFICE = re.compile(r"人民政府(办公室)?$")


@dataclass(frozen=True, slots=True)
class Place:
    """One place on a day. ``lapsed`` is the last day of a document that is over, ``not_before`` the first of one to come."""

    key: str
    name: str
    title: str
    number: str
    sentence: str
    lapsed: dt.date | None
    not_before: dt.date | None
    undated: bool


@lru_cache(maxsize=1)
def place_keys() -> tuple[str, ...]:
    """Return the folders of the places."""
    return tuple(place_titles(policies_folder()))


def engine_at(place: str) -> Engine:
    """Return the engine of a place, with what its district has signed.

    Raises:
        Http404: There is no such place.
    """
    return engine_at_place(_known(place), clock.today())


def _known(place: str) -> str:
    if place not in place_keys():
        raise Http404(place)
    return place


def place_on(key: str, day: dt.date) -> Place:
    """Return a place as a page names it.

    Raises:
        Http404: There is no such place.
    """
    engine, lang = engine_of(_known(key)), language()  # the document is the same whatever a district has signed
    document = engine.pack.document
    title = document.title.text(lang)
    issuer = str(document.raw.get("issuer") or "")
    name = title.split(",")[0] if lang == "en" else _OFFICE.sub("", issuer) or title
    return Place(
        key, name, title, str(document.raw.get("number") or ""), _sentence(engine, lang),
        document.until if document.until and day > document.until else None,
        document.since if document.since and day < document.since else None, document.since is None,
    )  # fmt: skip


def _sentence(engine: Engine, lang: str) -> str:
    counted = Counter(entry.kind for entry in engine.pack.entries.values() if entry.is_benefit)
    joint = "、" if lang == "zh" else ", "
    kinds = joint.join(f"{KIND_NAMES[kind][lang == 'en']} {number}" for kind, number in counted.most_common())
    total = counted.total()
    return _("共 %(total)s 项帮扶：%(kinds)s。") % {"total": total, "kinds": kinds}


def all_places(day: dt.date) -> list[Place]:
    """Return all places."""
    return [place_on(key, day) for key in place_keys()]


def today_words(day: dt.date) -> str:
    """Return a date as a page names it."""
    return day.isoformat() if language() == "en" else _("%(year)s 年 %(month)s 月 %(day)s 日") % {"year": day.year, "month": day.month, "day": day.day}
