"""Nobody works without a second factor or with a password that somebody else chose. No setting turns this off."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

OPEN_PATHS = ("/accounts/", "/static/", "/i18n/")
"""What somebody may still call who has to set up the second factor or a password of their own."""


class SecondFactorMiddleware:
    """Send signed-in staff to set up what is lacking before anything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on, or redirect it."""
        user = request.user
        if user.is_authenticated and not request.path.startswith(OPEN_PATHS):
            if user.must_change_password:
                return redirect("account_change_password")
            if not is_mfa_enabled(user):
                return redirect("mfa_activate_totp")
        return self.get_response(request)
