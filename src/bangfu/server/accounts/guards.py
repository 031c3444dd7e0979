"""Who may call a page: every view declares it, and a test walks all addresses and fails on one that has not.

``@staff("registry.view")`` asks for a signed-in person with a role that may, and puts where they may into
``request.scope``, what they are into ``request.roles`` for the frame of the page. ``@public`` says that anybody may, and that no data of the register is behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from bangfu.server.accounts.enums import Role
from bangfu.server.accounts.permissions import PERMISSIONS
from bangfu.server.accounts.selectors import assignments_on, scope_in
from bangfu.server.calendar import clock

View = Callable[..., HttpResponse]


def staff(action: str, *, signed_out: Callable[..., None] | None = None) -> Callable[[View], View]:
    """Let only staff in whose role may do the action; ``request.scope`` is where.

    ``signed_out`` is told of a form that is sent after its session has ended, so that what was typed can be kept.

    Raises:
        KeyError: No such action is declared (at import, so that a misspelt one never serves).
    """
    PERMISSIONS[action]

    def guarded(view: View) -> View:
        @wraps(view)
        def call(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                if signed_out is not None and request.method == "POST":
                    signed_out(request, *args, **kwargs)
                return redirect_to_login(request.get_full_path())
            held = list(assignments_on(request.user, clock.today()))
            scope = scope_in(held, action)
            if not scope.ranges:
                raise PermissionDenied(action)
            request.scope = scope  # type: ignore[attr-defined]
            request.roles = {Role(a.role) for a in held}  # type: ignore[attr-defined]
            response = view(request, *args, **kwargs)
            response.setdefault("Cache-Control", "no-store")
            return response

        call.guard = ("staff", action)  # type: ignore[attr-defined]
        return call

    return guarded


def public(view: View) -> View:
    """Let anybody in."""
    view.guard = ("public", "")  # type: ignore[attr-defined]
    return view
