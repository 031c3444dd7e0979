"""When a session was last seen, and from where: written every few minutes, and at once when the address or the browser changes.

allauth's own middleware reads the account once more and writes a row for every request. Signing out everywhere and the
end of a session go by the session itself, never by this row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse

from bangfu.server.accounts.visitor import address_of
from bangfu.server.calendar import clock

EVERY = dt.timedelta(minutes=5)


class LastSeenMiddleware:
    """Keep the list of somebody's sessions up to date, in place of allauth's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Note the session of who is signed in, and pass the request on."""
        if request.session.session_key and request.user.is_authenticated:
            _see(request)
        return self.get_response(request)


def _see(request: HttpRequest) -> None:
    rows: Any = UserSession.objects.filter(session_key=request.session.session_key)
    found = rows.values_list("user_id", "ip", "user_agent", "last_seen_at").first()
    if found is None or found[:3] != (request.user.pk, address_of(request), _browser(request)):
        UserSession.objects.create_from_request(request)
    elif clock.moment() - found[3] >= EVERY:
        rows.update(last_seen_at=clock.moment())


def _browser(request: HttpRequest) -> str:
    """Return the browser as the row keeps it."""
    return request.headers.get("User-Agent", "")[: UserSession._meta.get_field("user_agent").max_length]
