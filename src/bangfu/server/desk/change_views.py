"""Changes of a household's make-up, and the household as it was on any day."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, gettext as _
from django.views.decorators.http import require_safe

from bangfu.server.accounts.guards import staff
from bangfu.server.audit.actions import record_reading
from bangfu.server.calendar import clock
from bangfu.server.desk.change_forms import FORMS, ChangeForm, Choices
from bangfu.server.desk.drafts import drop_kept
from bangfu.server.desk.sending import send_back, sent_back
from bangfu.server.desk.words import joined, said_by
from bangfu.server.registry.actions import RefusedError, StaleError
from bangfu.server.registry.models import Household
from bangfu.server.registry.packs import pack_at
from bangfu.server.registry.selectors import household_on, households_within, members_of, timeline

KINSHIP = "family_relations"


@staff("registry.view")
@require_safe
def changes(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the household as of a day, what happened to it, and the acts there are."""
    household = get_object_or_404(households_within(request.scope, closed=True), pk=pk)  # type: ignore[attr-defined]
    record_reading(request.user, "changes", household_id=household.pk, area_code=household.area_code)
    day = _day(request.GET.get("day", ""))
    labels = dict(_kinship(household))
    then = household_on(household, day)
    members = [(m.person.name, labels.get(m.relation, m.relation), m.since, m.until) for m in then.members]
    context = {"household": household, "then": then, "members": members, "day": day, "events": timeline(household), "kinds": [(kind, form.title) for kind, form in FORMS.items()]}
    return render(request, "desk/register/changes.html", context)


@staff("registry.edit")
def change(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Ask for what a change needs, and carry it out."""
    if kind not in FORMS:
        raise Http404
    household = get_object_or_404(households_within(request.scope), pk=pk)  # type: ignore[attr-defined]
    key = f"change:{pk}:{kind}"
    typed, said = sent_back(request, key) or (None, [])
    form, other = _form(request, household, kind, typed)
    if form is None or request.method != "POST":
        return _page(request, household, kind, form, other, said)
    if form.is_valid():
        said = _carry_out(form, household)
        if not said:
            drop_kept(request.user, key)
            messages.success(request, _("已办理，登记簿已更新。"))
            return redirect("desk:changes", pk=pk)
    back = send_back(request, key, said, household_id=pk, typed=form.data)  # type: ignore[arg-type]
    return back or _page(request, household, kind, form, other, said, 422)


def _carry_out(form: ChangeForm, household: Household) -> list[str]:
    """Do what a form asks for; return why it could not be done."""
    try:
        form.carry_out()
    except RefusedError as error:
        return [said_by(error)]
    except StaleError:
        household.refresh_from_db()
        form.data = form.data.copy()  # type: ignore[attr-defined]
        form.data["version"] = str(household.version)  # type: ignore[index]
        return [_("这一户刚刚有变动，可能是别人改的，也可能是您已经提交过一次。这次还没有办理，请核对现在的成员，需要时再提交。")]
    return []


def _page(request: HttpRequest, household: Household, kind: str, form: ChangeForm | None, other: str, said: list[str], status: int = 200) -> HttpResponse:
    if form is not None and form.is_bound:
        form.full_clean()
        for sentence in said:
            form.add_error(None, sentence)
    labels = dict(_kinship(household))
    members = joined(_("%(name)s（%(relation)s）") % {"name": m.person.name, "relation": labels.get(m.relation, m.relation)} for m in members_of(household))
    context = {"household": household, "form": form, "kind": kind, "title": FORMS[kind].title, "lead": FORMS[kind].lead, "other": other, "members": members}
    return render(request, "desk/register/change.html", context, status=status)


def _form(request: HttpRequest, household: Household, kind: str, typed: QueryDict | None) -> tuple[ChangeForm | None, str]:
    """Return the form, and the number of the other household of a merge; without one there is no form yet."""
    scope = request.scope  # type: ignore[attr-defined]
    more: dict[str, Any] = {}
    number = request.GET.get("other", "").strip()
    if kind == "merge":
        other = households_within(scope).filter(number=number).exclude(pk=household.pk).first()
        if other is None:
            if number:
                messages.error(request, _("您的辖区里没有这个编号的在册户。"))
            return None, number
        more = {"other": other, "coming": members_of(other)}
    sent = request.POST if request.method == "POST" else typed
    given: dict[str, Any] = {"data": sent} if sent is not None else {"initial": {"on": clock.today(), "version": household.version}}
    return FORMS[kind](household, members_of(household), _kinship(household), scope, **more, **given), number


def _kinship(household: Household) -> Choices:
    lang = "en" if get_language() == "en" else "zh"
    return [(code, label.text(lang)) for code, label in pack_at(household.area_code).vocabulary.codes[KINSHIP].codes.items()]


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return clock.today()
