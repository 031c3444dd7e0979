"""A request lives on one business date, read once."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from bangfu.server.calendar.clock import one_day


class OneDayMiddleware:
    """Let everything that a request asks the clock have one answer. Before all that reads it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        with one_day():
            return self.get_response(request)
