"""Every request that may write runs in one transaction of its author; a GET has no author and the database refuses its writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from bangfu.server.audit.acting import acting_as, actor_of

READING = ("GET", "HEAD", "OPTIONS", "TRACE")


class ActorMiddleware:
    """Run the view of an unsafe method as the user's act. The last middleware, so that all checks came before."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any) -> HttpResponse | None:
        """Call the view inside the act; an error rolls all of it back."""
        if request.method in READING or getattr(view, "acts_for_itself", False):
            return None
        with acting_as(actor_of(request.user)):
            return view(request, *args, **kwargs)
