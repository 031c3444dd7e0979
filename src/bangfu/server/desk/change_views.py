"""Changes of a household's make-up: somebody dies or leaves, some found a household of their own, it moves, it is closed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bangfu.server.accounts.guards import staff
from bangfu.server.areas.scope import Scope
from bangfu.server.areas.selectors import communities_within
from bangfu.server.assessment.engines import engine_for
from bangfu.server.calendar import clock
from bangfu.server.desk.admin_forms import REASON_MOST, day_input
from bangfu.server.desk.household_views import household_at
from bangfu.server.desk.new_household_views import relations
from bangfu.server.desk.words import said_by
from bangfu.server.registry import change_actions
from bangfu.server.registry.actions import RefusedError, StaleError
from bangfu.server.registry.change_actions import HEAD, Lay, Relations
from bangfu.server.registry.enums import HouseholdStatus
from bangfu.server.registry.models import Household
from bangfu.server.registry.selectors import MemberOn, members_of

KINDS = [("die", gettext_lazy("死亡")), ("leave", gettext_lazy("离开本户")), ("split", gettext_lazy("分户")), ("relate", gettext_lazy("变更与户主关系"))]
ONE = ("die", "leave")


class DayForm(forms.Form):
    """A day that is not to come, and the version of the household that the person saw."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    on = forms.DateField(label=gettext_lazy("日期"), widget=day_input())

    def clean_on(self) -> dt.date:
        """Refuse a day to come."""
        day: dt.date = self.cleaned_data["on"]
        if day > clock.today():
            raise forms.ValidationError(_("不能晚于今天"))
        return day


class PeopleForm(DayForm):
    """What happens to which members; the relation of each afterwards."""

    kind = forms.ChoiceField(label=gettext_lazy("办什么"), choices=KINDS)
    reason = forms.CharField(label=gettext_lazy("理由"), max_length=REASON_MOST, required=False, help_text=gettext_lazy("离开本户要写"))
    field_order = ("kind", "on", "reason", "version")

    def clean(self) -> dict[str, Any]:
        """Ask for a reason where somebody leaves."""
        said = super().clean() or {}
        if said.get("kind") == "leave" and not said.get("reason"):
            self.add_error("reason", _("请写明为什么离开"))
        return said


class MoveForm(DayForm):
    """A new community or address."""

    area: Any = forms.ModelChoiceField(queryset=None, to_field_name="code", label=gettext_lazy("社区"))
    address = forms.CharField(label=gettext_lazy("住址"), max_length=200)
    field_order = ("area", "address", "on", "version")

    def __init__(self, scope: Scope, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].queryset = communities_within(scope)  # type: ignore[attr-defined]


class CloseForm(DayForm):
    """The last day on the register, and why."""

    reason = forms.CharField(label=gettext_lazy("理由"), max_length=REASON_MOST)


@staff("registry.edit")
@require_safe
def changes(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the forms."""
    household = household_at(request, pk)
    if household.status != HouseholdStatus.OPEN:
        messages.error(request, _("这一户已经注销，不能再改。"))
        return redirect("desk:household", pk=pk)
    return _page(request, household)


def _page(request: HttpRequest, household: Household, status: int = 200, **bound: Any) -> HttpResponse:
    first = {"version": household.version, "on": clock.today()}
    people = members_of(household)
    pack = engine_for(household.area_code, clock.today()).pack
    shown = {
        "household": household, "relations": relations(pack.vocabulary), "refused": "",
        "rows": [(m, str(m.person.pk) in request.POST.getlist("who"), request.POST.get(f"relation-{m.person.pk}", m.relation)) for m in people],
        "people": PeopleForm(initial=first, auto_id="people_%s"), "close": CloseForm(initial=first, auto_id="close_%s"),
        "move": MoveForm(request.scope, initial={**first, "area": household.area.code, "address": household.address}, auto_id="move_%s"),  # type: ignore[attr-defined]
        **bound,
    }  # fmt: skip
    return render(request, "desk/household/changes.html", shown, status=status)


@staff("registry.edit")
@require_POST
def change_people(request: HttpRequest, pk: int) -> HttpResponse:
    """Let somebody die or leave, some split off, or relations change."""
    household, form = household_at(request, pk), PeopleForm(request.POST, auto_id="people_%s")
    people = members_of(household)
    who = [m for m in people if str(m.person.pk) in request.POST.getlist("who")]
    if form.is_valid() and form.cleaned_data["kind"] in ONE and len(who) != 1:
        form.add_error("kind", _("请勾选一个人"))
    if not form.is_valid():
        return _page(request, household, 422, people=form)
    after = {m.person.pk: request.POST.get(f"relation-{m.person.pk}", m.relation) for m in people}
    try:
        _carry_out(household, form.cleaned_data, who, people, after)
    except (RefusedError, StaleError) as error:
        return _refused(request, household, error, people=form)
    messages.success(request, _("已办理，记入“经过”。"))
    return redirect("desk:household", pk=pk)


def _carry_out(household: Household, said: dict[str, Any], who: list[MemberOn], people: list[MemberOn], after: dict[int, str]) -> None:
    on, version = said["on"], said["version"]
    gone = {m.person.pk for m in who}
    staying = {pk: relation for pk, relation in after.items() if pk not in gone}
    before = {m.person.pk: m.relation for m in people}
    remaining: Relations = staying if any(m.relation == HEAD for m in who) or any(before[pk] != relation for pk, relation in staying.items()) else {}
    if said["kind"] == "die":
        change_actions.die(household, who[0].person, on, remaining, version=version)
    elif said["kind"] == "leave":
        change_actions.leave(household, who[0].person, on, remaining, said["reason"], version=version)
    elif said["kind"] == "split":
        change_actions.split(household, {pk: after[pk] for pk in gone}, remaining, on, version=version)
    else:
        change_actions.relate(household, after, on, version=version)


def _refused(request: HttpRequest, household: Household, error: Exception, **bound: Any) -> HttpResponse:
    if isinstance(error, StaleError):
        return _page(request, household_at(request, household.pk), 409, refused=_("您填写期间别人改了这一户。请看一看现在的成员，再办一次。"))
    return _page(request, household, 422, refused=said_by(error), **bound)


@staff("registry.edit")
@require_POST
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the household lie elsewhere inside one's areas."""
    household, form = household_at(request, pk), MoveForm(request.scope, request.POST, auto_id="move_%s")  # type: ignore[attr-defined]
    if not form.is_valid():
        return _page(request, household, 422, move=form)
    said = form.cleaned_data
    try:
        change_actions.move(household, Lay(said["area"], said["address"].strip()), said["on"], version=said["version"])
    except (RefusedError, StaleError) as error:
        return _refused(request, household, error, move=form)
    messages.success(request, _("已迁移。"))
    return redirect("desk:household", pk=pk)


@staff("registry.edit")
@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the household off the register."""
    household, form = household_at(request, pk), CloseForm(request.POST, auto_id="close_%s")
    if not form.is_valid():
        return _page(request, household, 422, close=form)
    said = form.cleaned_data
    try:
        change_actions.close(household, said["on"], said["reason"], version=said["version"])
    except (RefusedError, StaleError) as error:
        return _refused(request, household, error, close=form)
    messages.success(request, _("已注销。"))
    return redirect("desk:household", pk=pk)
