"""Rotation: every encrypted value moves to the newest key, a broken-off one goes on, old versions stay readable."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings
from django.db import models
from stdnum.cn.ric import calc_check_digit

from bangfu.server import rotation
from bangfu.server.audit.acting import acting_as, actor_of
from bangfu.server.keys import write_key
from bangfu.server.registry.actions import NewPerson, add_person, open_household
from bangfu.server.registry.identity import id_index, reveal_id_number
from bangfu.server.registry.models import Person
from tests.server.conftest import World

NUMBERS = ["11010519491231002X", "11010519500101001" + calc_check_digit("110105195001010010")]


def test_every_encrypted_column_is_named() -> None:
    """A binary column that rotation does not know would be left behind with an old key."""
    found = {(m, f.name) for c in apps.get_app_configs() if c.name in settings.DOMAIN_APPS for m in c.get_models() for f in m._meta.get_fields() if isinstance(f, models.BinaryField) and f.name not in getattr(m, "not_encrypted", ())}
    assert found == {(model, column) for model, column, _ in rotation.COLUMNS}


def test_rotation_goes_on_where_it_broke_off(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One batch, then a stop, then the rest: numbers read the same, the index still finds them."""
    with acting_as(actor_of(world.users["worker"])):
        household = open_household(world.areas["柴东社区"], "铁机路1号", dt.date(2023, 9, 15))
        for place, number in enumerate(NUMBERS):
            add_person(household, NewPerson(f"人{place}", "self" if place == 0 else "spouse", number, None), dt.date(2023, 9, 15))
    before = rotation.versions_in_use()
    version = max(before) + 1
    write_key(settings.ENVIRONMENT.keys / f"id-v{version}.key", bytes(range(16)))
    try:
        monkeypatch.setattr(rotation, "BATCH", 1)
        steps = rotation.re_encrypt()
        assert next(steps) == 1
        steps.close()
        assert rotation.versions_in_use()[version] == 1
        assert sum(rotation.re_encrypt()) == sum(before.values()) - 1
        assert rotation.versions_in_use() == Counter({version: sum(before.values())})
        for number in NUMBERS:
            assert reveal_id_number(Person.objects.get(id_index=id_index(number))) == number
        auth: Any = Authenticator.objects.filter(type="totp").first()
        assert auth.wrap().validate_code("nonsense") is False
    finally:
        Path(settings.ENVIRONMENT.keys / f"id-v{version}.key").unlink()
