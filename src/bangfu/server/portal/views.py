"""The portal's pages for residents; nothing of the register is behind them."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from bangfu.server.accounts.guards import public
from bangfu.server.assessment import measures
from bangfu.server.calendar import clock

A_YEAR = 365 * 24 * 3600
LONGEST_WORDS = 60


def _lang() -> str:
    return "en" if (get_language() or "").startswith("en") else "zh"


def _place(name: str) -> measures.Place:
    try:
        return measures.place_on(name, clock.today(), _lang())
    except KeyError:
        raise Http404(name) from None


@public
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Ask for the place first."""
    return render(request, "portal/home.html", {"places": measures.places_on(clock.today(), _lang())})


@public
@require_safe
def place(request: HttpRequest, name: str) -> HttpResponse:
    """List what help a place has, by words."""
    here = _place(name)
    words = request.GET.get("q", "").strip()[:LONGEST_WORDS]
    found = measures.measures(here.id, words, _lang())
    return render(request, "portal/place.html", {"place": here, "words": words, "found": found})


@public
@require_safe
def measure(request: HttpRequest, name: str, entry: str) -> HttpResponse:
    """Show one kind of help: who, how much, what to bring, where, under which article."""
    here = _place(name)
    try:
        found = measures.measure_of(here.id, entry, _lang())
    except KeyError:
        raise Http404(entry) from None
    return render(request, "portal/measure.html", {"place": here, "measure": found})


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
