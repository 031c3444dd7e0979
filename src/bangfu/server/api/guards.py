"""Who may call: a token for each call, an action for each address, so many calls a minute; every call is in the read log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from bangfu.server.api.errors import RefusedError
from bangfu.server.api.models import ApiToken
from bangfu.server.api.tokens import scope_of, token_of
from bangfu.server.audit.acting import acting_as, actor_of
from bangfu.server.audit.actions import record_reading
from bangfu.server.audit.selectors import readings_since
from bangfu.server.calendar import clock

CALLS_A_MINUTE = 120
PAGE = "api."


class Bearer(HttpBearer):
    """``Authorization: Bearer bf_…``."""

    openapi_description = "令牌由安全管理员开设 | tokens are made by the security administrator"

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        """Return the token, or None for 401."""
        return token_of(token)


def acts(action: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let a token call only what it was given; the call gets ``request.scope`` and acts as the token's account.

    A call with a method that changes something runs in one transaction of that account. Every call is written into the
    read log, by which calls are counted.
    """

    def guarded(view: Callable[..., Any]) -> Callable[..., Any]:
        names = set(signature(view).parameters)

        @wraps(view)
        def call(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            token: ApiToken = request.auth  # type: ignore[attr-defined]
            scope = scope_of(token, action)
            actor = actor_of(token.user)
            if readings_since(actor.pk, clock.now() - dt.timedelta(minutes=1), PAGE) >= CALLS_A_MINUTE:
                raise RefusedError(429, "rate", f"一分钟内最多 {CALLS_A_MINUTE} 次，请稍后再试", f"at most {CALLS_A_MINUTE} calls a minute; try again later")
            record_reading(token.user, PAGE + view.__name__, rows=1)
            if not scope.ranges:
                raise RefusedError(403, "action", f"这个令牌不能做 {action}", f"this token may not do {action}")
            _known(request, names)
            request.scope = scope  # type: ignore[attr-defined]
            if request.method in ("GET", "HEAD"):
                return view(request, *args, **kwargs)
            with acting_as(actor):
                return view(request, *args, **kwargs)

        return call

    return guarded


def _known(request: HttpRequest, names: set[str]) -> None:
    """Refuse a query parameter that the address does not have: a misspelt filter must not widen what comes back."""
    unknown = sorted(set(request.GET) - names)
    if unknown:
        said = "、".join(name[:40] for name in unknown[:5])
        raise RefusedError(422, "query", f"没有这个参数：{said}", f"there is no such parameter: {said}")
