"""Signing in counts by the minute and the address; each test starts from zero."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _forget_counts() -> Iterator[None]:
    """Empty the cache in which the login library counts."""
    cache.clear()
    yield
    cache.clear()
