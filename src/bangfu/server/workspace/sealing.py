"""Sealing of what staff typed: drafts in the database, and the slip that lets a form outlive its session."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from functools import lru_cache
from typing import Any

from django.conf import settings

from bangfu.server.calendar import clock
from bangfu.server.keys import KeyProblemError, KeyRing

DRAFT_PURPOSE, SLIP_PURPOSE = "workspace.draft", "workspace.slip"
SLIP_LASTS = dt.timedelta(hours=24)


@lru_cache(maxsize=4)
def key_ring() -> KeyRing:
    """Return the keys of this installation."""
    return KeyRing(settings.ENVIRONMENT.keys)


def slip(user_id: int, key: str) -> str:
    """Return a sealed text that a form carries: who filled it in, and which form it is."""
    content = json.dumps([user_id, key, int(clock.moment().timestamp())]).encode()
    return base64.urlsafe_b64encode(key_ring().seal(content, SLIP_PURPOSE)).decode().rstrip("=")


def slip_holder(text: str, key: str) -> int | None:
    """Return whose form a slip belongs to; None where it was changed, is of another form, or is older than a day."""
    try:
        raw = key_ring().unseal(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), SLIP_PURPOSE)
        user_id, of, made = json.loads(raw)
    except (KeyProblemError, binascii.Error, ValueError):
        return None
    age = clock.moment().timestamp() - made
    fits: Any = of == key and 0 <= age <= SLIP_LASTS.total_seconds()
    return int(user_id) if fits else None
