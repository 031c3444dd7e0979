"""A sitting as a sealed text that a browser carries: compressed, encrypted, dated; a changed one is no sitting."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import zlib
from typing import Any

from bangfu.rules.pack.model import Pack
from bangfu.server.calendar import clock
from bangfu.server.keys import KeyProblemError
from bangfu.server.registry.identity import key_ring
from bangfu.server.selfcheck.sitting import Sitting, as_data, from_data

PURPOSE = "selfcheck.sitting"
LASTS = dt.timedelta(hours=24)
MOST_BYTES = 200_000
"""How much a sealed text may open to; a larger one was not made here."""


def sealed_text(sitting: Sitting) -> str:
    """Return the sealed text of a sitting."""
    data = {**as_data(sitting), "t": int(clock.now().timestamp())}
    return base64.urlsafe_b64encode(key_ring().seal(packed(data), PURPOSE)).decode().rstrip("=")


def opened(text: str, place: str, pack: Pack) -> Sitting | None:
    """Return the sitting of a sealed text; None where it was changed, is of another place, or is older than a day."""
    try:
        raw = key_ring().unseal(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), PURPOSE)
        data = unpacked(raw)
    except (KeyProblemError, binascii.Error, ValueError, zlib.error):
        return None
    age = abs(clock.now().timestamp() - data["t"])
    if data["p"] != place or age > LASTS.total_seconds():
        return None
    return from_data(data, pack)


def packed(data: dict[str, Any]) -> bytes:
    """Return plain data as compressed JSON."""
    return zlib.compress(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode(), 9)


def unpacked(raw: bytes) -> dict[str, Any]:
    """Return the plain data of compressed JSON.

    Raises:
        ValueError: It is larger than anything made here.
    """
    machine = zlib.decompressobj()
    text = machine.decompress(raw, MOST_BYTES)
    if machine.unconsumed_tail:
        raise ValueError("too large")
    found: dict[str, Any] = json.loads(text)
    return found
