"""Intake of facts: a form for the household, for each member, for what settles most; drafts; two people at one household."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from bangfu.server.accounts.guards import staff
from bangfu.server.calendar import clock
from bangfu.server.desk.admin_forms import day_input
from bangfu.server.desk.asked import HOUSEHOLD, NEXT, asked_of
from bangfu.server.desk.drafts import keep_for_holder, keep_posted, posted_in, slip_for
from bangfu.server.desk.fact_form import ClashError, FactForm, FaultyError, sentences
from bangfu.server.desk.household_views import household_at
from bangfu.server.desk.sending import SeeOther, address, send_back, sent_back
from bangfu.server.desk.words import entity_text, said_by
from bangfu.server.registry.actions import Provenance
from bangfu.server.registry.enums import HouseholdStatus, Source
from bangfu.server.registry.models import Household, Item
from bangfu.server.registry.selectors import facts_with_sources, members_of
from bangfu.server.workspace.actions import WorkspaceFullError, drop_draft

SOURCES = [(s.value, s.label) for s in (Source.DECLARED, Source.VISIT, Source.VERIFIED)]


class OriginForm(forms.Form):
    """Where what is typed comes from."""

    source = forms.ChoiceField(label=gettext_lazy("来源"), choices=SOURCES)
    true_on = forms.DateField(label=gettext_lazy("属实日期"), widget=day_input())
    evidence = forms.CharField(label=gettext_lazy("依据"), max_length=200, required=False)

    def clean_true_on(self) -> dt.date:
        """Refuse a day to come."""
        day: dt.date = self.cleaned_data["true_on"]
        if day > clock.today():
            raise forms.ValidationError(_("不能晚于今天"))
        return day

    @property
    def origin(self) -> Provenance:
        """Return where the statements come from."""
        said = self.cleaned_data
        return Provenance(Source(said["source"]), said["evidence"].strip(), said["true_on"])


def draft_key(pk: int, key: str) -> str:
    """Return the key under which a form of a household is kept."""
    return f"facts:{pk}:{key}"


def _signed_out(request: HttpRequest, pk: int) -> None:
    keep_for_holder(request, draft_key(pk, request.GET.get("of", HOUSEHOLD)), pk)


@staff("registry.edit", signed_out=_signed_out)
@require_http_methods(["GET", "HEAD", "POST"])
def facts(request: HttpRequest, pk: int) -> HttpResponse:
    """Show or take the form of one subject of a household."""
    household, key = household_at(request, pk), request.GET.get("of", HOUSEHOLD)
    form = _form(household, key)
    if household.status != HouseholdStatus.OPEN:
        messages.error(request, _("这一户已经注销，不能再改。"))
        return redirect("desk:household", pk=pk)
    if request.method == "POST":
        return _keep(request, form, key) if "draft" in request.POST else _take(request, form, key)
    back = sent_back(request, draft_key(pk, key))
    if back is not None:
        return _again(request, form, key, *back)
    draft, typed = posted_in(request.user, draft_key(pk, key))
    if draft is not None:
        form.fill(typed)
        for one in form.errors:
            one.error = ""
    origin = OriginForm(typed) if draft is not None else OriginForm(initial={"source": Source.DECLARED, "true_on": clock.today()})
    return _page(request, form, key, origin, draft=draft, seen=_seen(typed, form), version=typed.get("version", household.version))


def _form(household: Household, key: str) -> FactForm:
    today = clock.today()
    known = {_key(subject): {line.fact for line in lines} for subject, lines in facts_with_sources(household, today).items()}
    asked = asked_of(household, key, known, today)
    if asked is None:
        raise Http404(key)
    return FactForm(household, asked, today)


def _key(subject: tuple[int | None, int | None]) -> str:
    person, item = subject
    return f"I{item}" if item is not None else HOUSEHOLD if person is None else f"P{person}"


def _seen(posted: QueryDict, form: FactForm) -> int:
    """Return the last statement that the person had seen when the form was opened."""
    text = posted.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else form.seen


def _keep(request: HttpRequest, form: FactForm, key: str) -> HttpResponse:
    try:
        keep_posted(request.user, draft_key(form.household.pk, key), request.POST, form.household.pk)
        messages.success(request, _("草稿已保存，只有您看得到，还没有记到这一户上。"))
    except WorkspaceFullError as error:
        form.fill(request.POST)
        form.faults = [said_by(error)]
        return _page(request, form, key, OriginForm(request.POST), 422, seen=_seen(request.POST, form))
    return SeeOther(address(request))


def _again(request: HttpRequest, form: FactForm, key: str, typed: QueryDict, said: list[str]) -> HttpResponse:
    """Show a form that was not taken, with why."""
    seen, clash = _seen(typed, form), False
    try:
        form.compare(typed, seen)
    except FaultyError:
        pass
    except ClashError:
        seen, clash = form.seen, True
    form.faults = said
    return _page(request, form, key, OriginForm(typed), seen=seen, clash=clash)


def _take(request: HttpRequest, form: FactForm, key: str, *, again: bool = False) -> HttpResponse:
    origin = OriginForm(request.POST)
    seen, pk = _seen(request.POST, form), form.household.pk
    try:
        if not origin.is_valid():
            form.fill(request.POST)
            raise FaultyError
        outcome = form.save(request.POST, origin.origin, seen)
    except FaultyError:
        return _back(request, form, key) or _page(request, form, key, origin, 422, seen=seen)
    except ClashError:
        if not form.clashes and not again:  # somebody else was faster by a moment: read anew what they wrote
            return _take(request, _form(household_at(request, pk), key), key, again=True)
        return _back(request, form, key) or _page(request, form, key, origin, 409, clash=True, seen=form.seen)
    drop_draft(request.user, draft_key(pk, key))  # type: ignore[arg-type]
    for sentence in sentences(outcome):
        messages.success(request, sentence)
    return HttpResponseRedirect(_onward(request, form.household, key))


def _back(request: HttpRequest, form: FactForm, key: str) -> HttpResponse | None:
    return send_back(request, draft_key(form.household.pk, key), form.faults, household_id=form.household.pk)


def _onward(request: HttpRequest, household: Household, key: str) -> str:
    """Return where to go: the next member, after the last one what settles most, or back to the household."""
    there = reverse("desk:facts", args=[household.pk])
    if "onward" not in request.POST or key == NEXT or key.startswith("I"):
        return reverse("desk:household", args=[household.pk])
    steps = [HOUSEHOLD, *(f"P{m.person.pk}" for m in members_of(household)), NEXT]
    place = steps.index(key) + 1 if key in steps else len(steps) - 1
    return f"{there}?{urlencode({'of': steps[place]})}"


def _page(request: HttpRequest, form: FactForm, key: str, origin: OriginForm, status: int = 200, **more: Any) -> HttpResponse:
    household = form.household
    people = members_of(household)
    steps = [(HOUSEHOLD, _("全户")), *((f"P{m.person.pk}", m.person.name) for m in people), (NEXT, _("接着问"))]
    shown = {
        "form": form, "household": household, "key": key, "origin": origin, "steps": steps, "title": dict(steps).get(key) or _item_title(form, key), "draft": None, "clash": False,
        "slip": slip_for(request.user, draft_key(household.pk, key)), "is_last": key == NEXT or key.startswith("I"), **more,
    }  # fmt: skip
    return render(request, "desk/household/facts_form.html", shown, status=status)


def _item_title(form: FactForm, key: str) -> str:
    about = form.about.get(key)
    return entity_text(form.pack, about.entity) if isinstance(about, Item) else ""


@staff("registry.edit")
@require_POST
def drop_facts(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget the draft of a form."""
    household, key = household_at(request, pk), request.GET.get("of", HOUSEHOLD)
    drop_draft(request.user, draft_key(household.pk, key))  # type: ignore[arg-type]
    messages.success(request, _("草稿已删除。"))
    return HttpResponseRedirect(f"{reverse('desk:facts', args=[household.pk])}?{urlencode({'of': key})}")
