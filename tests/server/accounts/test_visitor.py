"""Where a visitor comes from: behind the proxy what the proxy says; without one no header is believed."""

from __future__ import annotations

import pytest
from django.test import RequestFactory, override_settings

from bangfu.server.accounts.visitor import address_of

LAST = "203.0.113.7"


@pytest.mark.parametrize(("proxies", "found"), [(0, "127.0.0.1"), (1, LAST)])
def test_the_header_is_believed_behind_a_proxy_only(proxies: int, found: str) -> None:
    """A visitor who writes the header himself gets ahead of nobody: only the proxy's own entry, the last one, counts."""
    request = RequestFactory().get("/", REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR=f"198.51.100.1, {LAST}")
    with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=proxies):
        assert address_of(request) == found


def test_two_visitors_behind_a_proxy_are_counted_apart() -> None:
    """The lock-out of staff goes by the same address."""
    from axes.helpers import get_client_ip_address

    request = RequestFactory().post("/", REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR=LAST)
    with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=1):
        assert get_client_ip_address(request) == LAST


