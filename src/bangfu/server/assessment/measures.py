"""What help a place has, in words: search, and one measure with its conditions, sum, papers, office and article."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from bangfu.rules.engine import Engine
from bangfu.rules.ledger.write import EVERY
from bangfu.rules.pack.model import Entry
from bangfu.rules.pack.titles import place_titles
from bangfu.rules.policies_folder import policies_folder
from bangfu.rules.search import search
from bangfu.server.assessment.engines import engine_of


@dataclass(frozen=True, slots=True)
class Place:
    """A place by its pack: folder name, title of its document, the day on which that lapsed (None: in force)."""

    id: str
    title: str
    lapsed: dt.date | None


@dataclass(frozen=True, slots=True)
class Measure:
    """One kind of help, in the words of one language."""

    id: str
    label: str
    content: str
    office: str
    articles: tuple[str, ...]
    every: str
    conditions: tuple[str, ...]
    excluded: tuple[str, ...]
    open_condition: str
    sums: tuple[tuple[str, str], ...]
    papers: tuple[str, ...]
    note: str


def places_on(day: dt.date, lang: str) -> list[Place]:
    """Return every place that has a pack, with the state of its document on a day."""
    return [place_on(name, day, lang) for name in place_titles(policies_folder())]


def place_on(name: str, day: dt.date, lang: str) -> Place:
    """Return one place.

    Raises:
        KeyError: No pack has this name.
    """
    if name not in place_titles(policies_folder()):
        raise KeyError(name)
    document = engine_of(name).pack.document
    lapsed = document.until if document.until and day > document.until else None
    return Place(name, document.title.text(lang), lapsed)


def measures(place: str, words: str, lang: str) -> list[Measure]:
    """Return the kinds of help of a place that hold all words, the best first; without words all of them."""
    engine = engine_of(place)
    asked = words.split()
    found = search(engine.pack, asked) if asked else list(engine.pack.entries.values())
    return [measure(engine, entry, lang) for entry in found if entry.is_benefit]


def measure_of(place: str, name: str, lang: str) -> Measure:
    """Return one kind of help.

    Raises:
        KeyError: The place has none of this name.
    """
    engine = engine_of(place)
    entry = engine.pack.entries[name]
    if not entry.is_benefit:
        raise KeyError(name)
    return measure(engine, entry, lang)


def measure(engine: Engine, entry: Entry, lang: str) -> Measure:
    """Return an entry in words."""
    words = engine.words[lang]
    vocabulary = engine.pack.vocabulary
    return Measure(
        id=entry.id, label=entry.label.text(lang), content=entry.content.text(lang) if entry.content else "",
        office=engine.pack.office_text(entry.office, lang), articles=engine.articles[entry.id],
        every=EVERY[entry.every].text(lang) if entry.every in EVERY else "",
        conditions=tuple(words.text(engine.outline.conditions(entry)[f"when.{n}"]) for n in range(len(entry.when))),
        excluded=tuple(words.text(node) for node in entry.unless),
        open_condition=entry.open_condition.text(lang) if entry.open_condition else "",
        sums=tuple(_sums(engine, entry, lang)), papers=tuple(vocabulary.words[p].text(lang) for p in entry.papers if p in vocabulary.words),
        note=_note(entry, lang),
    )  # fmt: skip


def _sums(engine: Engine, entry: Entry, lang: str) -> list[tuple[str, str]]:
    """Return (of whom, how much): a line per tier, else one; a sum that the place has not set says so."""
    words = engine.words[lang]
    rows: list[tuple[str, str]] = []
    for place in range(len(entry.tiers)) if entry.tiers else (None,):
        node = engine.outline.amount(entry, place)
        tier = entry.tiers[place] if place is not None else None
        label = tier.label.text(lang) if tier is not None and tier.label else ""
        if node is not None:
            rows.append((label, words.text(node)))
        elif label:
            rows.append((label, tier.content.text(lang) if tier is not None and tier.content else ""))
    return rows


def _note(entry: Entry, lang: str) -> str:
    zh, _, en = str(entry.raw.get("note", "")).partition(" | ")
    return zh.strip() if lang == "zh" else (en or zh).strip()


