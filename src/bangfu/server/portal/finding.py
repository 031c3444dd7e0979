"""Finding help: by everyday words (``everyday.yaml``), by what happened in life, by office, by kind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from bangfu.rules.engine import Engine
from bangfu.rules.pack.model import Entry
from bangfu.rules.phrases import KIND_NAMES
from bangfu.rules.search import text_of
from bangfu.server.portal.asking import plain
from bangfu.server.portal.words import language

MOST_WORDS = 100
"""Signs of a search that are read; more is no search."""
SHOWN_KINDS = ("cash", "service", "goods", "waiver", "insurance", "loan", "recognition")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens in life, and the words of the packs that it leads to."""

    id: str
    zh: str
    en: str
    words: tuple[str, ...]

    @property
    def label(self) -> str:
        """Return its name in the language of the page."""
        return self.zh if language() == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gave: the entries, and the words it was widened by."""

    entries: tuple[Entry, ...]
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody looks for."""

    words: str = ""
    event: str = ""
    office: str = ""
    kind: str = ""


@lru_cache(maxsize=1)
def _everyday() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "everyday.yaml").read_text(encoding="utf-8"))
    return found


@lru_cache(maxsize=1)
def events() -> tuple[Event, ...]:
    """Return what happens in life, in the order of the page."""
    return tuple(Event(str(key), e["zh"], e["en"], tuple(str(w).lower() for w in e["words"])) for key, e in _everyday()["events"].items())


@lru_cache(maxsize=1)
def said_otherwise() -> dict[str, tuple[str, ...]]:
    """Return everyday words with the words that the packs use for them."""
    return {str(key).lower(): tuple(str(w).lower() for w in words) for key, words in _everyday()["words"].items()}


@lru_cache(maxsize=16)
def _texts(engine: Engine) -> tuple[tuple[Entry, str, str], ...]:
    """Return each entry that residents may look for, with its name and with everything said about it."""
    words = engine.words["zh"]
    return tuple(
        (entry, f"{entry.label.zh} {entry.label.en}".lower(), text_of(engine.pack, entry, words))
        for entry in engine.pack.entries.values() if entry.kind in SHOWN_KINDS and entry.per not in (None, "place")
    )  # fmt: skip


def offices(engine: Engine) -> list[tuple[str, str]]:
    """Return the offices that give something, with their names."""
    seen = dict.fromkeys(entry.office for entry, _, _ in _texts(engine) if entry.office)
    return [(office, engine.pack.office_text(office, language())) for office in seen]


def kinds(engine: Engine) -> list[tuple[str, str]]:
    """Return the kinds of help that there are."""
    there = {entry.kind for entry, _, _ in _texts(engine)}
    return [(kind, KIND_NAMES[kind][language() == "en"]) for kind in SHOWN_KINDS if kind in there]


def find(engine: Engine, wish: Wish) -> Found:
    """Return the entries that fit a wish, the best first.

    Each word must be met, by itself or by what the packs say instead; a sentence without spaces is searched for the
    everyday words that stand in it.
    """
    event = next((e for e in events() if e.id == wish.event), None)
    terms = [_ways(term) for term in plain(wish.words)[:MOST_WORDS].lower().split()]
    scored: list[tuple[int, int, Entry]] = []
    for place, (entry, label, text) in enumerate(_texts(engine)):
        if (wish.office and entry.office != wish.office) or (wish.kind and entry.kind != wish.kind):
            continue
        if event is not None and not any(word in text for word in event.words):
            continue
        ranks = [_rank(ways, label, text) for ways in terms]
        if event is not None:
            ranks.append(0 if any(word in label for word in event.words) else 4)
        if all(rank is not None for rank in ranks):
            scored.append((sum(r for r in ranks if r) + 2 * (entry.kind == "recognition"), place, entry))
    also = dict.fromkeys(word for ways in terms for word, _ in ways[1:])
    return Found(tuple(entry for _, _, entry in sorted(scored, key=lambda s: s[:2])), tuple(also))


def _ways(term: str) -> list[tuple[str, int]]:
    """Return a word, and what the packs say for it or for the everyday words inside it, each with how far off it is.

    Of several everyday words the longest says most: 孩子上大学 is about college first, about children second.
    """
    found = {term: 0}
    inside = sorted((everyday for everyday in said_otherwise() if everyday in term), key=len, reverse=True)
    for place, everyday in enumerate(inside):
        for word in said_otherwise()[everyday]:
            found.setdefault(word, 3 if place == 0 else 7)
    return list(found.items())


def _rank(ways: list[tuple[str, int]], label: str, text: str) -> int | None:
    """Return how well an entry fits, 0 the best: the word or its likes in the name, or anywhere; None where none stands."""
    ranks = [far if word in label else far + 2 for word, far in ways if word in text or word in label]
    return min(ranks, default=None)


@lru_cache(maxsize=16)
def events_of(engine: Engine) -> tuple[Event, ...]:
    """Return what happens in life and a place has help for."""
    return tuple(event for event in events() if find(engine, Wish(event=event.id)).entries)
