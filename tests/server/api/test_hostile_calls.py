"""Hostile calls made from the OpenAPI document: no 500, no undocumented answer, no body out of shape, no way round the token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from bangfu.server.api import guards
from tests.conftest import PROOFS
from tests.server.api.test_api import Caller, caller, family
from tests.server.assessment.conftest import Family

__all__ = ["caller", "family"]
EXAMPLES = 200 if PROOFS else 8
UNSAID = [positive_data_acceptance]
"""What a household may state is the vocabulary's to say, not the document's: a body that fits may still be refused, with 422."""
MODES = {"fitting": GenerationMode.POSITIVE, "unfitting": GenerationMode.NEGATIVE}


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """Keep the test's own connection open between calls, as Django's test client does."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.proof
@pytest.mark.slow
@pytest.mark.one_database
@pytest.mark.parametrize("mode", MODES)
def test_hostile_calls_find_nothing(caller: Caller, family: Family, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    """Each address with calls that fit its shape and calls that do not; a number that exists among them."""
    monkeypatch.setattr(guards, "CALLS_A_MINUTE", 10**9)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", WSGIHandler())
    schema.config.generation.update(modes=[MODES[mode]])
    looked = []
    for found in schema.get_all_operations():
        operation = found.ok()
        looked.append(operation.label)

        @settings(max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=MODES[mode]))
        def call(case: Any) -> None:
            case.call_and_validate(headers=caller.headers, excluded_checks=UNSAID)

        if mode == "fitting" or operation.body or list(operation.iter_parameters()):
            call()
    assert len(looked) >= 11
