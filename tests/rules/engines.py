"""Engines of the shipped packs, loaded once for all tests."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from bangfu.rules.engine import Engine
from bangfu.rules.pack.load import load_pack

ROOT = Path(__file__).resolve().parents[2]
POLICIES = ROOT / "policies"
PLACES = ("wuchang", "jiaxing", "bengbu", "county", "honghuagang")


@cache
def engine(place: str, overlay: str | None = None) -> Engine:
    """Return the engine of a place, with a made-up overlay out of ``tests/madeup`` if named."""
    overlays = [] if overlay is None else [(overlay, (ROOT / "tests" / "madeup" / overlay).read_text(encoding="utf-8"))]
    return Engine(load_pack(POLICIES, place, overlays))
