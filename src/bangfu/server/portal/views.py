"""The portal's pages for residents; nothing of the register is behind them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe, require_POST

from bangfu.server.accounts.guards import public

A_YEAR = 365 * 24 * 3600


@public
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what help there is."""
    return render(request, "portal/home.html")


@public
@require_POST
def large_type(request: HttpRequest) -> HttpResponse:
    """Turn large type on or off for this browser."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "/"
    response = HttpResponseRedirect(target)
    on = request.COOKIES.get("large") != "1"
    response.set_cookie("large", "1" if on else "0", max_age=A_YEAR, samesite="Lax", secure=request.is_secure(), httponly=True)
    return response
