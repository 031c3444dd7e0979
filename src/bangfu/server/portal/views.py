"""The portal's pages for residents: places, what help there is, one measure. Nothing of the register is behind them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from bangfu.server.accounts.guards import public
from bangfu.server.calendar import clock
from bangfu.server.portal import browser
from bangfu.server.portal.asking import plain
from bangfu.server.portal.finding import MOST_WORDS, SHOWN_KINDS, Wish, events, events_of, find, kinds, offices
from bangfu.server.portal.measure import Measure
from bangfu.server.portal.places import all_places, engine_at, place_on

A_YEAR = 365 * 24 * 3600
PAGE = 20
MOST_LISTED = 10_000
UNSAID = {"csrfmiddlewaretoken", "password", "password1", "password2", "oldpassword", "code"}
"""Fields that are never written back into a page."""


def place_page(request: HttpRequest, template: str, key: str, status: int = 200, **context: Any) -> HttpResponse:
    """Return a page of a place: its name, and whether its document has lapsed, stand on each of them."""
    today = clock.today()
    return render(request, template, {"place": place_on(key, today), "today": today, **context}, status=status)


@public
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the places; the one that was chosen before comes first."""
    chosen = request.COOKIES.get(browser.PLACE, "")
    places = all_places(clock.today())
    return render(request, "portal/home.html", {"places": places, "chosen": next((p for p in places if p.key == chosen), None)})


@public
@require_safe
def place(request: HttpRequest, key: str) -> HttpResponse:
    """Show what can be done for a place: look for help, or check oneself."""
    engine = engine_at(key)
    response = place_page(
        request, "portal/place.html", key, events=events_of(engine), sitting=browser.sitting_of(request, key, engine), wish=Wish(),
    )  # fmt: skip
    browser.remember_place(response, key)
    return response


@public
@require_safe
def helps(request: HttpRequest, key: str) -> HttpResponse:
    """List the help that fits what somebody looks for."""
    engine = engine_at(key)
    said = plain(request.GET.get("q", ""))
    wish = Wish(said[:MOST_WORDS], *(request.GET.get(name, "")[:60] for name in ("event", "office", "kind")))
    found = find(engine, wish)
    number = request.GET.get("more", "")
    shown = min(int(number), MOST_LISTED) if number.isascii() and number.isdigit() and len(number) < 6 else PAGE
    rows = [Measure(engine, entry, clock.today()) for entry in found.entries[: max(shown, PAGE)]]
    query = {name: value for name, value in (("q", wish.words), ("event", wish.event), ("office", wish.office), ("kind", wish.kind)) if value}
    return place_page(
        request, "portal/helps.html", key, wish=wish, rows=rows, total=len(found.entries), also=found.also, events=events_of(engine),
        offices=offices(engine), kinds=kinds(engine), cut=len(said) > MOST_WORDS, event=next((e for e in events() if e.id == wish.event), None),
        more=f"?{urlencode({**query, 'more': len(rows) + PAGE})}#r{len(rows) + 1}" if len(rows) < len(found.entries) else "",
    )  # fmt: skip


@public
@require_safe
def measure(request: HttpRequest, key: str, name: str) -> HttpResponse:
    """Show one measure."""
    engine = engine_at(key)
    entry = engine.pack.entries.get(name)
    if entry is None or entry.kind not in SHOWN_KINDS or entry.per in (None, "place"):
        raise Http404(name)
    return place_page(request, "portal/measure.html", key, measure=Measure(engine, entry, clock.today()))


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


@public
def refused_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Show why a form was not taken, and keep what was typed: one press sends it again.

    Only where the browser says that the form came from this very site; another site's form is not offered again.
    """
    source = request.headers.get("Origin") or request.headers.get("Referer") or ""
    ours = urlsplit(source).netloc == request.get_host()
    kept = [(name, value) for name, values in request.POST.lists() for value in values if name not in UNSAID] if ours else []
    secret = any(name in request.POST for name in UNSAID - {"csrfmiddlewaretoken"})
    again = bool(kept) and not secret and not request.FILES
    return render(request, "403_csrf.html", {"kept": kept if again else [], "action": request.get_full_path() if again else ""}, status=403)


