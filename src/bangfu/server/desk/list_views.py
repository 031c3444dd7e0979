"""Lists of households with filters and saved views, and the search that also takes numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bangfu.rules.pack.model import Pack
from bangfu.server.accounts.guards import staff
from bangfu.server.areas.scope import Scope
from bangfu.server.assessment.engines import engine_in
from bangfu.server.assessment.models import Finding
from bangfu.server.assessment.selectors import findings, last_nights
from bangfu.server.assessment.standing import districts_over
from bangfu.server.audit.actions import record_reading
from bangfu.server.calendar import clock
from bangfu.server.desk.list_form import ListForm
from bangfu.server.desk.words import said_by
from bangfu.server.registry.listing import Wanted, keys_of, listed, with_members
from bangfu.server.registry.search import households_with, people_with_card, people_with_id
from bangfu.server.workspace.actions import WorkspaceFullError, delete_view, save_view
from bangfu.server.workspace.selectors import views_of

PER_PAGE = 30
LISTED_MOST = 1_000
"""So many are listed and counted; who wants to know how many there are beyond asks for it."""
PAGE = "households"
QUERY_MOST = 600


def packs_within(scope: Scope) -> list[Pack]:
    """Return the packs of the districts that a scope touches."""
    return [engine_in(district, clock.today()).pack for district in districts_over(scope)]


@staff("registry.view")
@require_safe
def households(request: HttpRequest) -> HttpResponse:
    """List the households of one's areas."""
    scope = request.scope  # type: ignore[attr-defined]
    form = ListForm(scope, packs_within(scope), request.GET)
    if not form.is_valid():
        return render(request, "desk/household/list.html", _shown(request, form, None), status=422)
    found = listed(scope, wanted_of(scope, form), clock.today())
    keys = keys_of(found, LISTED_MOST + 1)
    page = Paginator(keys[:LISTED_MOST], PER_PAGE).get_page(request.GET.get("page"))
    rows = list(with_members(listed(scope, Wanted(status="all", ids=page.object_list), clock.today())))
    hints = Counter(findings(scope, last_nights(scope)).filter(household__in=[one.pk for one in rows]).order_by().values_list("household", "finding"))
    record_reading(request.user, PAGE, rows=len(rows), area_code=rows[0].area_code if rows else None)
    more = {"rows": [(one, *_hints(hints, one.pk)) for one in rows], "is_more": len(keys) > LISTED_MOST, "total": found.order_by().count() if "total" in request.GET else None}
    return render(request, "desk/household/list.html", {**_shown(request, form, page), **more})


def wanted_of(scope: Scope, form: ListForm) -> Wanted:
    """Return the list that valid filters ask for, those of the last night too."""
    finding = form.cleaned_data["finding"]
    if not finding:
        return form.wanted
    return replace(form.wanted, ids=findings(scope, last_nights(scope)).filter(finding=finding).order_by().values("household"))


def _hints(found: Counter[tuple[int, str]], pk: int) -> tuple[int, int]:
    """Return how much the last night found missing and ended at a household."""
    return found[pk, Finding.MISSED], found[pk, Finding.ENDED]


def _shown(request: HttpRequest, form: ListForm, page: Any) -> dict[str, Any]:
    kept = kept_filters(request.GET)
    asked = [(label, value, _without(kept, name)) for name, label, value in form.asked] if form.is_valid() else []
    return {"form": form, "page": page, "rows": [], "query": kept.urlencode(), "asked": asked, "views": views_of(request.user, PAGE)}  # type: ignore[arg-type]


def kept_filters(said: QueryDict) -> QueryDict:
    """Return the filters of a query string that are set."""
    kept = QueryDict(mutable=True)
    for name in ListForm.base_fields:
        if said.get(name):
            kept[name] = said.get(name, "")
    return kept


def _without(kept: QueryDict, name: str) -> str:
    rest = kept.copy()
    rest.pop(name, None)
    return rest.urlencode()


class ViewForm(forms.Form):
    """A name for the filters at hand."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=40)
    query = forms.CharField(widget=forms.HiddenInput, max_length=QUERY_MOST, required=False)


@staff("registry.view")
@require_POST
def keep_view(request: HttpRequest) -> HttpResponse:
    """Keep the filters at hand under a name."""
    form = ViewForm(request.POST)
    query = kept_filters(QueryDict(request.POST.get("query", "")[:QUERY_MOST])).urlencode()
    if not form.is_valid():
        messages.error(request, _("没有保存：请写一个名称，最多 40 个字。"))
    else:
        try:
            save_view(request.user, PAGE, form.cleaned_data["name"].strip(), query)  # type: ignore[arg-type]
            messages.success(request, _("已保存为常用筛选。"))
        except WorkspaceFullError as error:
            messages.error(request, said_by(error))
    return HttpResponseRedirect(f"{reverse('desk:households')}?{query}")


@staff("registry.view")
@require_POST
def drop_view(request: HttpRequest) -> HttpResponse:
    """Delete one of one's own saved views."""
    number = request.POST.get("view", "")
    if number.isascii() and number.isdigit() and len(number) < 12:
        delete_view(request.user, int(number))  # type: ignore[arg-type]
        messages.success(request, _("已删除。"))
    return redirect("desk:households")


class NumberForm(forms.Form):
    """A whole ID or card number."""

    number = forms.CharField(label=gettext_lazy("身份证号或卡号"), max_length=30, min_length=4)


@staff("registry.view")
@require_POST
def search_number(request: HttpRequest) -> HttpResponse:
    """Find by a whole ID or card number; the number is in no address and in no log."""
    scope, form = request.scope, NumberForm(request.POST)  # type: ignore[attr-defined]
    if not form.is_valid():
        messages.error(request, _("请输入完整的身份证号或卡号。"))
        return redirect("desk:households")
    number = form.cleaned_data["number"].strip().upper().replace(" ", "")
    found = list((households_with(scope, people_with_id(scope, number)) | households_with(scope, people_with_card(scope, number)))[:2])
    if not found:
        messages.warning(request, _("您的辖区里没有这个号码的人。请核对号码；刚迁来的人可能还在别处登记。"))
        return redirect("desk:households")
    return redirect("desk:household", pk=found[0].pk)


