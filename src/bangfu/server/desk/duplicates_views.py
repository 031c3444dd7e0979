"""People who may have been entered twice, side by side: one person or two. Who may see only one of them sees neither."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bangfu.rules.pack.model import Pack
from bangfu.server.accounts.guards import staff
from bangfu.server.audit.actions import record_reading
from bangfu.server.calendar import clock
from bangfu.server.desk.register_forms import ApartForm, SightingForm, UniteForm
from bangfu.server.desk.words import said_by
from bangfu.server.portal.words import unit_words
from bangfu.server.registry import duplicate_actions
from bangfu.server.registry.actions import RefusedError
from bangfu.server.registry.dossier import label, shown
from bangfu.server.registry.duplicate_models import DuplicatePair
from bangfu.server.registry.duplicates import half_seen, pairs_within, place_names, sightings_within
from bangfu.server.registry.identity import masked
from bangfu.server.registry.models import Household, Person
from bangfu.server.registry.packs import pack_at
from bangfu.server.registry.selectors import FactLine, facts_with_sources, households_of

PER_PAGE = 30


@staff("registry.duplicates")
@require_safe
def duplicates(request: HttpRequest) -> HttpResponse:
    """List the pairs and the numbers entered in two places."""
    scope = request.scope  # type: ignore[attr-defined]
    page = Paginator(pairs_within(scope), PER_PAGE).get_page(request.GET.get("page"))
    sightings = list(sightings_within(scope)[:PER_PAGE])
    codes = {p.area_code for pair in page for p in (pair.first, pair.second)} | {code for s in sightings for code in (s.area_code, s.person.area_code)}
    names = place_names(codes)
    places = [(names.get(pair.first.area_code, ""), names.get(pair.second.area_code, "")) for pair in page]
    seen = [{"row": s, "place": names.get(s.area_code, ""), "known": names.get(s.person.area_code, "")} for s in sightings]
    context = {"page": page, "rows": list(zip(page, places, strict=True)), "half": half_seen(scope), "seen": seen, "form": SightingForm(), "query": ""}
    return render(request, "desk/register/duplicates.html", context)


@staff("registry.duplicates")
@require_safe
def duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    """Show two records side by side."""
    return _page(request, _pair(request, pk))


@staff("registry.duplicates")
@require_POST
def duplicate_apart(request: HttpRequest, pk: int) -> HttpResponse:
    """They are two people."""
    pair, form = pairs_within(request.scope).filter(pk=pk).first(), ApartForm(request.POST)  # type: ignore[attr-defined]
    if pair is None:
        return _settled(request)
    if form.is_valid():
        try:
            duplicate_actions.tell_apart(pair.first, pair.second, form.cleaned_data["reason"])
            messages.success(request, _("已记下：不是同一人。以后不再提示。"))
            return redirect("desk:duplicates")
        except RefusedError as error:
            form.add_error(None, said_by(error))
    return _page(request, pair, 422, apart=form)


@staff("registry.duplicates")
@require_POST
def duplicate_unite(request: HttpRequest, pk: int) -> HttpResponse:
    """They are one person."""
    pair = pairs_within(request.scope).filter(pk=pk).first()  # type: ignore[attr-defined]
    if pair is None:
        return _settled(request)
    form = _unite_form(pair, request.POST)
    if form.is_valid():
        said = form.cleaned_data
        kept, gone = (pair.first, pair.second) if said["kept"] == str(pair.first_id) else (pair.second, pair.first)
        home = Household.objects.within(request.scope).filter(pk=said["home"]).first() if said.get("home") else None  # type: ignore[attr-defined]
        try:
            duplicate_actions.unite(kept, gone, said["reason"], home=home, on=clock.today())
            messages.success(request, _("两条记录已合为一人。"))
            return redirect("desk:duplicates")
        except RefusedError as error:
            form.add_error(None, said_by(error))
    return _page(request, pair, 422, unite=form)


@staff("registry.duplicates")
@require_POST
def sighting_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Write what came of a number that was entered in two places."""
    found = get_object_or_404(sightings_within(request.scope), pk=pk)  # type: ignore[attr-defined]
    form = SightingForm(request.POST)
    if form.is_valid():
        try:
            duplicate_actions.decide_sighting(found, form.cleaned_data["decision"])
            messages.success(request, _("已记下。"))
        except RefusedError as error:
            messages.error(request, said_by(error))
    else:
        messages.error(request, _("请写明怎样处理。"))
    return redirect("desk:duplicates")


def _settled(request: HttpRequest) -> HttpResponse:
    """A second click, or somebody else was faster; of a pair outside one's areas the same is said."""
    messages.info(request, _("没有待核对的这一对，可能刚刚处理过。"))
    return redirect("desk:duplicates")


def _pair(request: HttpRequest, pk: int) -> DuplicatePair:
    found: DuplicatePair = get_object_or_404(pairs_within(request.scope), pk=pk)  # type: ignore[attr-defined]
    return found


def _homes(pair: DuplicatePair) -> list[Household]:
    found = {m.household_id: m.household for p in (pair.first, pair.second) for m in households_of(p) if m.until is None}
    return list(found.values())


def _unite_form(pair: DuplicatePair, *args: Any) -> UniteForm:
    people = [(str(p.pk), f"{side}：{p.name}") for side, p in ((_("左边"), pair.first), (_("右边"), pair.second))]
    return UniteForm(people, [(str(h.pk), f"{h.number} {h.area} {h.address}") for h in _homes(pair)], *args)


def _record(person: Person) -> dict[str, Any]:
    """Return what is shown of one record."""
    held = list(households_of(person))
    home = next((m.household for m in held if m.until is None), held[-1].household if held else None)
    lines = facts_with_sources(home, clock.today()).get((person.pk, None), []) if home else []
    pack = pack_at(person.area_code)
    facts = {line.fact: line for line in lines}
    said = {label(pack, fact): _said(pack, line) for fact, line in facts.items()}
    return {"person": person, "number": masked(person), "memberships": held, "said": said}


def _page(request: HttpRequest, pair: DuplicatePair, status: int = 200, apart: ApartForm | None = None, unite: UniteForm | None = None) -> HttpResponse:
    first, second = _record(pair.first), _record(pair.second)
    for person in (pair.first, pair.second):
        record_reading(request.user, "duplicate", area_code=person.area_code)
    rows = [(name, first["said"].get(name, ""), second["said"].get(name, "")) for name in {**first["said"], **second["said"]}]
    context = {"pair": pair, "first": first, "second": second, "rows": rows, "apart": apart or ApartForm(), "unite": unite or _unite_form(pair)}
    return render(request, "desk/register/duplicate.html", context, status=status)


def _said(pack: Pack, line: FactLine | None) -> str:
    return f"{shown(pack, line.fact, line.value, unit_words)}（{line.source.label}）" if line is not None else ""
