"""The vocabulary and words that the register reads ledgers and labels papers with: those of the place's pack."""

from __future__ import annotations

import threading
from functools import lru_cache

from bangfu.rules.pack.load import load_pack
from bangfu.rules.pack.model import Pack
from bangfu.rules.policies_folder import policies_folder
from bangfu.rules.vocabulary import Label
from bangfu.server.areas.selectors import district_of

_lock = threading.Lock()
KEPT = 8


def pack_of(place: str) -> Pack:
    """Return the pack of a place without what it has signed, which no reading of facts needs; kept in memory."""
    with _lock:
        return _pack(place)


def pack_at(area_code: int) -> Pack:
    """Return the pack of the district that a 12-digit code lies in."""
    return pack_of(district_of(area_code).place)


@lru_cache(maxsize=KEPT)
def _pack(place: str) -> Pack:
    return load_pack(policies_folder(), place)


def papers_of(pack: Pack) -> dict[str, Label]:
    """Return the papers that the entries of a pack ask for, in the order of the list of words."""
    asked = {paper for entry in pack.entries.values() for paper in entry.papers}
    return {word: label for word, label in pack.vocabulary.words.items() if word in asked}
