"""Which of allauth's pages are open here. What makes no sense for staff accounts made by administrators is closed."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import activate_totp
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import include, path, re_path

from bangfu.server.accounts.guards import public


@public
def closed(request: HttpRequest, **_: str) -> HttpResponse:
    """Say that this is not done here and who does it, with 404."""
    return render(request, "account/closed.html", status=404)


def set_up_totp(request: HttpRequest) -> HttpResponse:
    """Set up the second factor once; whoever has one goes to the overview, since nobody takes it off alone."""
    if request.user.is_authenticated and is_mfa_enabled(request.user, [Authenticator.Type.TOTP]):
        return redirect("mfa_index")
    response: HttpResponse = activate_totp(request)
    return response


public(set_up_totp)

CLOSED = {
    "account_signup": "signup/",
    "account_email": "email/",
    "account_email_verification_sent": "confirm-email/",
    "account_set_password": "password/set/",
    "account_reset_password": "password/reset/",
    "account_reset_password_done": "password/reset/done/",
    "account_reset_password_from_key_done": "password/reset/key/done/",
    "account_confirm_login_code": "login/code/confirm/",
    "mfa_deactivate_totp": "2fa/totp/deactivate/",
}
"""Names of closed pages and their addresses: sign-up, e-mail, resetting by mail, taking off the second factor."""

urlpatterns = [
    *(path(route, closed, name=name) for name, route in CLOSED.items()),
    re_path(r"^confirm-email/(?P<key>[-:\w]+)/$", closed, name="account_confirm_email"),
    re_path(r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$", closed, name="account_reset_password_from_key"),
    path("2fa/totp/activate/", set_up_totp, name="mfa_activate_totp"),
    path("", include("allauth.urls")),
]
