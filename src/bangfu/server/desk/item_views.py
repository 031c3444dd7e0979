"""Items of a household: bills, jobs, supporters, what is received; each kind may also be said to be listed in full."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bangfu.rules.pack.model import Pack
from bangfu.server.accounts.guards import staff
from bangfu.server.assessment.engines import engine_for
from bangfu.server.calendar import clock
from bangfu.server.desk.admin_forms import ReasonForm, day_input
from bangfu.server.desk.drafts import drop_kept
from bangfu.server.desk.household_page import Block, blocks_of
from bangfu.server.desk.household_views import household_at
from bangfu.server.desk.intake_views import OriginForm
from bangfu.server.desk.sending import new_mark, once, send_back, sent_back
from bangfu.server.desk.words import entity_text
from bangfu.server.portal.words import language
from bangfu.server.registry.enums import HouseholdStatus, Source
from bangfu.server.registry.item_actions import RECORD, Held, add_next, add_to_record, state_listed, withdraw_item
from bangfu.server.registry.models import Household, Item, Person
from bangfu.server.registry.selectors import collections_of, items_of, members_of

AMOUNT_MOST = 100_000_000


@dataclass(slots=True)
class Kind:
    """One kind of item: what is there, whether it is listed in full, whom it may be about."""

    entity: str
    collection: str
    label: str
    blocks: list[Block]
    full: bool
    of_person: bool


def kinds_of(household: Household, pack: Pack, blocks: list[Block]) -> list[Kind]:
    """Return the kinds of item that a household may have, the record first."""
    stated, items = collections_of(household), items_of(household)
    made = {block.key: block for block in blocks}

    def kind(entity: str, collection: str, of_person: bool) -> Kind:
        held = [made[f"I{item.pk}"] for item in items if item.entity == entity and f"I{item.pk}" in made]
        return Kind(entity, collection, entity_text(pack, entity), held, collection in stated, of_person)

    found = [kind(RECORD, RECORD, True)]
    for entity in pack.vocabulary.entities.values():
        if entity.collection and entity.belongs_to in ("household", "person") and entity.id != "person":
            found.append(kind(entity.id, entity.collection, entity.belongs_to == "person"))
    return found


@staff("registry.edit")
@require_safe
def items(request: HttpRequest, pk: int) -> HttpResponse:
    """List the items of a household by kind."""
    household = household_at(request, pk)
    pack = engine_for(household.area_code, clock.today()).pack
    people = members_of(household)
    blocks = blocks_of(household, pack, {m.person.pk: m.person.name for m in people}, clock.today())
    kinds = kinds_of(household, pack, blocks)
    shown = {"household": household, "kinds": kinds, "loose": [kind for kind in kinds if not kind.full], "people": people, "mark": secrets.token_urlsafe(12), "closed": household.status != HouseholdStatus.OPEN}
    return render(request, "desk/household/items.html", shown)


@staff("registry.edit")
@require_POST
def new_item(request: HttpRequest, pk: int) -> HttpResponse:
    """Add an item and go to the form of its facts."""
    household = _open(request, pk)
    entity = engine_for(household.area_code, clock.today()).pack.vocabulary.entities.get(request.POST.get("entity", ""))
    if entity is None or not entity.collection or entity.belongs_to not in ("household", "person") or entity.id == "person":
        messages.error(request, _("没有这一类事项，请从下面选。"))
        return redirect("desk:items", pk=pk)
    person = _person(household, request.POST.get("of", "")) if entity.belongs_to == "person" else None
    if entity.belongs_to == "person" and person is None:
        messages.error(request, _("请选是谁的。"))
        return redirect("desk:items", pk=pk)
    kind = entity.id

    def add() -> str:
        return f"{reverse('desk:facts', args=[pk])}?{urlencode({'of': f'I{add_next(household, kind, person).pk}'})}"

    return once(request, add, reverse("desk:items", args=[pk]))


def _open(request: HttpRequest, pk: int) -> Household:
    household = household_at(request, pk)
    if household.status != HouseholdStatus.OPEN:
        raise Http404
    return household


def _person(household: Household, text: str) -> Person | None:
    return next((m.person for m in members_of(household) if str(m.person.pk) == text), None)


@staff("registry.edit")
@require_POST
def withdraw(request: HttpRequest, pk: int, item: int) -> HttpResponse:
    """Take out an item that was entered by mistake."""
    household, form = _open(request, pk), ReasonForm(request.POST)
    found: Item = next((one for one in items_of(household) if one.pk == item), None) or _missing()
    if not form.is_valid():
        messages.error(request, _("请写明撤销的理由。"))
        return redirect("desk:items", pk=pk)
    withdraw_item(household, found, form.cleaned_data["reason"])
    messages.success(request, _("已撤销。"))
    return redirect("desk:items", pk=pk)


def _missing() -> Item:
    raise Http404


@staff("registry.edit")
@require_POST
def listed(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down that some kinds are listed in full."""
    household = _open(request, pk)
    pack = engine_for(household.area_code, clock.today()).pack
    known = {kind.collection for kind in kinds_of(household, pack, [])} - collections_of(household)
    chosen = [name for name in request.POST.getlist("full") if name in known]
    if chosen:
        state_listed(household, chosen)
        messages.success(request, _("已记下：这些都列全了，没有列的就是没有。"))
    return redirect("desk:items", pk=pk)


# -- the record --------------------------------------------------------------------------------------------------
class HeldForm(forms.Form):
    """One row of the record."""

    entry = forms.ChoiceField(label=gettext_lazy("待遇或身份"))
    of = forms.ChoiceField(label=gettext_lazy("谁的"), required=False)
    since = forms.DateField(label=gettext_lazy("从哪天起享受"), widget=day_input(), required=False, help_text=gettext_lazy("正在享受的填起始日期"))
    until = forms.DateField(label=gettext_lazy("到哪天止"), widget=day_input(), required=False, help_text=gettext_lazy("还在享受就空着"))
    paid_on = forms.DateField(label=gettext_lazy("发放日期"), widget=day_input(), required=False, help_text=gettext_lazy("一次性发放的填这一天"))
    amount = forms.DecimalField(label=gettext_lazy("金额（元）"), min_value=0, max_value=AMOUNT_MOST, decimal_places=2, required=False)

    def __init__(self, pack: Pack, people: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        entries = [(e.id, e.label.text(language())) for e in pack.entries.values() if (e.is_benefit or e.kind == "recognition") and e.per in ("household", "person")]
        self.fields["entry"].choices = [("", _("请选择")), *sorted(entries, key=lambda pair: pair[1])]  # type: ignore[attr-defined]
        self.fields["of"].choices = [("", _("全户")), *people]  # type: ignore[attr-defined]
        self.pack = pack

    def clean(self) -> dict[str, Any]:
        """Hold days and person against each other and the entry."""
        said = super().clean() or {}
        since, until, paid = said.get("since"), said.get("until"), said.get("paid_on")
        if not since and not paid and not self.errors:
            self.add_error("since", _("起始日期和发放日期至少填一个"))
        if since and until and until < since:
            self.add_error("until", _("不能早于起始日期"))
        for name, day in (("since", since), ("paid_on", paid)):
            if day and day > clock.today():
                self.add_error(name, _("不能晚于今天"))
        entry = self.pack.entries.get(said.get("entry", ""))
        if entry is not None and entry.per == "person" and not said.get("of"):
            self.add_error("of", _("这一项是给个人的，请选是谁"))
        return said

    @property
    def held(self) -> Held:
        """Return the row."""
        said = self.cleaned_data
        amount = said["amount"]
        exact = None if amount is None else int(amount) if amount == int(amount) else float(amount)
        return Held(said["entry"], said["since"], said["until"], said["paid_on"], exact)


@staff("registry.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def new_held(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down what a household or somebody in it receives or received."""
    household = _open(request, pk)
    pack = engine_for(household.area_code, clock.today()).pack
    people = [(str(m.person.pk), m.person.name) for m in members_of(household)]
    key = f"held:{pk}"
    sent = request.POST if request.method == "POST" else (sent_back(request, key) or (None, []))[0]
    form, origin = HeldForm(pack, people, sent), OriginForm(sent, initial=_origin())
    if request.method != "POST":
        return _held_page(request, household, form, origin)
    if not form.is_valid() or not origin.is_valid():
        return send_back(request, key, household_id=pk) or _held_page(request, household, form, origin, 422)

    def add() -> str:
        add_to_record(household, _person(household, form.cleaned_data["of"]), form.held, origin.origin)
        drop_kept(request.user, key)
        messages.success(request, _("已记入领取记录。"))
        return reverse("desk:items", args=[pk])

    return once(request, add, reverse("desk:items", args=[pk]))


def _held_page(request: HttpRequest, household: Household, form: HeldForm, origin: OriginForm, status: int = 200) -> HttpResponse:
    shown = {"household": household, "form": form, "origin": origin, "mark": form.data.get("mark") or new_mark()}
    return render(request, "desk/household/held.html", shown, status=status)


def _origin() -> dict[str, str | dt.date]:
    return {"source": Source.DECLARED.value, "true_on": clock.today()}

