"""Keeping answers under a code, and coming back with it. The code is shown once; we keep only what proves it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from bangfu.server.accounts.guards import public
from bangfu.server.accounts.visitor import address_of
from bangfu.server.calendar import clock
from bangfu.server.portal import browser
from bangfu.server.portal.asking import plain
from bangfu.server.portal.check_views import _lost, carried, form_page, private
from bangfu.server.portal.places import engine_at
from bangfu.server.portal.views import place_page
from bangfu.server.selfcheck import actions
from bangfu.server.selfcheck.codes import grouped, read_code, read_last_four

MOST_SIGNS = 40


@public
@form_page
def keep(request: HttpRequest, key: str) -> HttpResponse:
    """Keep the answers for ninety days under a new code."""
    sitting = browser.sitting_of(request, key, engine_at(key))
    if sitting is None:
        return _lost(request, key)
    if request.method != "POST":
        return private(place_page(request, "portal/check/keep.html", key, days=actions.KEPT_DAYS, fault="", typed=""))
    typed = plain(request.POST.get("last_four", ""))
    last_four = read_last_four(typed)
    if last_four is None:
        fault = _("请填身份证号的最后四位：三位数字，最后一位是数字或 X。")
        return private(place_page(request, "portal/check/keep.html", key, status=422, days=actions.KEPT_DAYS, fault=fault, typed=typed[:MOST_SIGNS]))
    try:
        code, until = actions.keep(sitting, last_four, address_of(request))
    except actions.TooManyTriesError:
        return private(place_page(request, "portal/check/keep.html", key, status=429, days=actions.KEPT_DAYS, fault=_too_often(), typed=""))
    return private(place_page(request, "portal/check/kept.html", key, code=grouped(code), until=until))


@public
@form_page
def come_back(request: HttpRequest, key: str) -> HttpResponse:
    """Open kept answers, or delete them, with the code and the last four signs of the ID number."""
    engine = engine_at(key)
    if request.method != "POST":
        return private(place_page(request, "portal/check/open.html", key, fault="", typed=""))
    typed = plain(request.POST.get("kept_code", ""))[:MOST_SIGNS]
    try:
        kept = actions.take_out(read_code(typed), read_last_four(plain(request.POST.get("last_four", ""))), key, address_of(request))
    except actions.TooManyTriesError:
        return private(place_page(request, "portal/check/open.html", key, status=429, fault=_too_often(), typed=typed))
    if kept is None:
        fault = _("没有找到。请核对回访码和身份证号最后四位，也可能已经过了保存期限。")
        return private(place_page(request, "portal/check/open.html", key, status=422, fault=fault, typed=typed))
    if "delete" in request.POST:
        actions.delete(kept)
        return private(place_page(request, "portal/check/deleted.html", key))
    sitting = actions.sitting_of(kept, engine.pack)
    sitting.look_ahead(sitting.interview(engine, clock.today()))
    return carried(reverse("portal:answers", args=[key]), sitting)


def _too_often() -> str:
    return _("试的次数太多了，请过一个小时再来。")
