"""The engines of the places, each with what the district has signed; the only door to the rules."""

from __future__ import annotations

import threading
from functools import lru_cache

from bangfu.rules.engine import Engine
from bangfu.rules.pack.load import load_pack
from bangfu.rules.pack.titles import place_titles
from bangfu.rules.policies_folder import policies_folder

_lock = threading.Lock()
KEPT = 32


def engine_of(place: str, overlay: str = "") -> Engine:
    """Return the engine of a place with an overlay's text; kept, so that a page waits for it once."""
    with _lock:
        return _engine(place, overlay)


def warm() -> threading.Thread:
    """Load every place's engine beside the start of the web, so that no visitor waits for a pack; return the thread that does."""
    thread = threading.Thread(target=lambda: [engine_of(place) for place in place_titles(policies_folder())], name="warm", daemon=True)
    thread.start()
    return thread


@lru_cache(maxsize=KEPT)
def _engine(place: str, overlay: str) -> Engine:
    return Engine(load_pack(policies_folder(), place, [("overlay.yaml", overlay)] if overlay else []))
