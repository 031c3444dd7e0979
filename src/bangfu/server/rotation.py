"""Everything that is kept encrypted, and its way to a new key: in batches, each a transaction; run again, it goes on."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import models

from bangfu.server.accounts.adapter import FACTOR_PURPOSE
from bangfu.server.audit.acting import acting_as, system_actor
from bangfu.server.audit.actions import record
from bangfu.server.audit.models import Actor
from bangfu.server.keys import KeyRing
from bangfu.server.registry.identity import CARD_PURPOSE, ID_PURPOSE
from bangfu.server.registry.models import Person
from bangfu.server.selfcheck.actions import KEPT_PURPOSE
from bangfu.server.selfcheck.models import Kept
from bangfu.server.workspace.models import Draft
from bangfu.server.workspace.sealing import DRAFT_PURPOSE

BATCH = 500
COLUMNS: tuple[tuple[type[models.Model], str, str], ...] = (
    (Person, "id_cipher", ID_PURPOSE),
    (Person, "card_cipher", CARD_PURPOSE),
    (Kept, "sealed", KEPT_PURPOSE),
    (Draft, "sealed", DRAFT_PURPOSE),
)
"""Model, column and purpose of each encrypted column; a test fails when a model has one that is not named here."""
FACTOR_FIELDS = ("secret", "seed")


def versions_in_use() -> Counter[int]:
    """Return how many values each version of the key holds."""
    found: Counter[int] = Counter()
    for model, column, _ in COLUMNS:
        for sealed in model._default_manager.exclude(**{column: None}).values_list(column, flat=True).iterator():
            found[bytes(sealed)[0]] += 1
    for authenticator in Authenticator.objects.iterator():
        for name in FACTOR_FIELDS:
            if name in authenticator.data:
                found[base64.b64decode(authenticator.data[name])[0]] += 1
    return found


def re_encrypt() -> Iterator[int]:
    """Bring every value to the newest key; yield how many each batch moved."""
    ring = KeyRing(settings.ENVIRONMENT.keys)
    for model, column, purpose in COLUMNS:
        yield from _column(ring, model, column, purpose)
    yield from _factors(ring)
    with acting_as(system_actor("安装")) as actor:
        record("keys.rotated", of=Actor.objects.get(pk=actor.pk), details={"version": ring.newest})


def _column(ring: KeyRing, model: Any, column: str, purpose: str) -> Iterator[int]:
    last, newest = 0, ring.newest
    while True:
        with acting_as(system_actor("安装")):
            rows = list(model._default_manager.select_for_update().filter(pk__gt=last).exclude(**{column: None}).order_by("pk")[:BATCH])
            stale = [row for row in rows if bytes(getattr(row, column))[0] != newest]
            for row in stale:
                plain = ring.unseal(bytes(getattr(row, column)), purpose)
                model._default_manager.filter(pk=row.pk).update(**{column: ring.seal(plain, purpose)})
        if stale:
            yield len(stale)
        if len(rows) < BATCH:
            return
        last = rows[-1].pk


def _factors(ring: KeyRing) -> Iterator[int]:
    moved, newest = 0, ring.newest
    with acting_as(system_actor("安装")):
        for authenticator in Authenticator.objects.select_for_update():
            for name in FACTOR_FIELDS:
                sealed = authenticator.data.get(name)
                if sealed and base64.b64decode(sealed)[0] != newest:
                    plain = ring.decrypt(base64.b64decode(sealed), FACTOR_PURPOSE)
                    authenticator.data[name] = base64.b64encode(ring.encrypt(plain, FACTOR_PURPOSE)).decode()
                    moved += 1
            authenticator.save(update_fields=["data"])
    if moved:
        yield moved
