"""The address a visitor comes from: the one that limits on tries go by, on every page.

Behind the proxy of ``docs/operate`` every request comes from the proxy itself, so production believes the last entry of
``X-Forwarded-For``, which that proxy writes. A demonstration has no proxy and believes no header.
"""

from __future__ import annotations

from allauth.core.internal.httpkit import get_client_ip
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """Return the visitor's IP address; empty where none can be read."""
    return get_client_ip(request) or ""
