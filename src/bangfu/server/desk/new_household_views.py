"""Take in a household, or one more member: who they are; their circumstances come after, in the forms of facts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from bangfu.rules.vocabulary import Vocabulary
from bangfu.server.accounts.guards import staff
from bangfu.server.areas.models import Area
from bangfu.server.areas.scope import Scope
from bangfu.server.areas.selectors import communities_within
from bangfu.server.assessment.engines import engine_for
from bangfu.server.calendar import clock
from bangfu.server.desk.admin_forms import day_input
from bangfu.server.desk.asked import HOUSEHOLD
from bangfu.server.desk.drafts import drop_kept, keep_for_holder, keep_posted, posted_in, slip_for
from bangfu.server.desk.household_views import household_at
from bangfu.server.desk.person_rows import HEAD, PersonRow, check_rows, posted_rows, wrong_of
from bangfu.server.desk.sending import AGAIN, MARK_MOST, SAID, SeeOther, address, new_mark, once, send_back, sent_back
from bangfu.server.desk.words import RELATIONS, said_by
from bangfu.server.portal.words import language
from bangfu.server.registry.actions import (
    ElsewhereError,
    Provenance,
    RefusedError,
    Statement,
    add_person,
    open_household,
    state_facts,
)
from bangfu.server.registry.duplicate_actions import see_elsewhere
from bangfu.server.registry.enums import HouseholdStatus, Source
from bangfu.server.registry.identity import id_index
from bangfu.server.registry.models import Household
from bangfu.server.registry.search import households_with, people_with_id
from bangfu.server.workspace.actions import WorkspaceFullError

KEY = "new"
TRIES = 3


class LayForm(forms.Form):
    """Where a household lies, and since when it is on the register."""

    area: Any = forms.ModelChoiceField(queryset=None, to_field_name="code", label=gettext_lazy("社区"), empty_label=gettext_lazy("请选择"))
    address = forms.CharField(label=gettext_lazy("住址"), max_length=200)
    opened_on = forms.DateField(label=gettext_lazy("建档日期"), widget=day_input())

    def __init__(self, scope: Scope, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].queryset = communities_within(scope)  # type: ignore[attr-defined]

    def clean_opened_on(self) -> dt.date:
        """Refuse a day to come."""
        day: dt.date = self.cleaned_data["opened_on"]
        if day > clock.today():
            raise forms.ValidationError(_("不能晚于今天"))
        return day


def _signed_out(request: HttpRequest) -> None:
    keep_for_holder(request, KEY)


@staff("registry.edit", signed_out=_signed_out)
@require_http_methods(["GET", "HEAD", "POST"])
def new_household(request: HttpRequest) -> HttpResponse:
    """Take in a household with its members."""
    scope = request.scope  # type: ignore[attr-defined]
    if request.method == "POST":
        return _keep(request) if "draft" in request.POST else _shape(request) if {"add", "drop"} & set(request.POST) else _take(request)
    key = key_of(request.GET.get("form", ""))
    draft, typed = posted_in(request.user, key)
    came_back = request.GET.get(AGAIN, "") if draft is not None else ""
    said = typed.pop(SAID, [])
    rows = posted_rows(typed)
    shown: dict[str, Any] = {"draft": None if came_back else draft, "draft_form": request.GET.get("form", ""), "mark": typed.get("mark") or new_mark()}
    if came_back == "1":
        lay = LayForm(scope, typed)
        return _page(request, lay, rows, 200, _check(request, rows, said), **shown)
    communities = list(communities_within(scope)[:2])
    initial = {"opened_on": clock.today(), "area": communities[0].code if len(communities) == 1 else None}
    lay = LayForm(scope, initial={**initial, **{name: typed.get(name) for name in LayForm.base_fields if typed.get(name)}})
    return _page(request, lay, rows, **shown)


def key_of(mark: str) -> str:
    """Return the key under which a form on its way is kept: two households entered side by side do not mix."""
    return f"{KEY}:{mark[:MARK_MOST]}" if mark else KEY


def _keep(request: HttpRequest) -> HttpResponse:
    try:
        keep_posted(request.user, KEY, request.POST)
        drop_kept(request.user, key_of(request.POST.get("mark", "")))
        messages.success(request, _("草稿已保存，只有您看得到，还没有建档。"))
    except WorkspaceFullError as error:
        return _page(request, LayForm(request.scope, initial=dict(request.POST.items())), posted_rows(request.POST), 422, [said_by(error)])  # type: ignore[attr-defined]
    return SeeOther(reverse("desk:new_household"))


def _shape(request: HttpRequest) -> HttpResponse:
    """Add or drop a row, and show the form with it."""
    rows, typed = posted_rows(request.POST), request.POST.copy()
    for name in ("add", "drop"):
        typed.pop(name, None)
    for name in ("name", "relation", "birth", "number"):
        typed.setlist(name, [getattr(row, name) for row in rows])
    typed["mark"] = mark = typed.get("mark", "") or new_mark()
    to = address(request, form=mark, **{AGAIN: "rows"}) + (f"#name-{len(rows)}" if "add" in request.POST else "")
    lay = LayForm(request.scope, initial=dict(typed.items()))  # type: ignore[attr-defined]
    return send_back(request, key_of(mark), typed=typed, to=to) or _page(request, lay, rows)


def _check(request: HttpRequest, rows: list[PersonRow], said: list[str]) -> list[str]:
    """Check a family once more, with what was said of it when it was sent; what belongs to a row goes there."""
    faults = check_rows(rows, set(relations(vocabulary_of(request.scope))))  # type: ignore[attr-defined]
    for sentence in said:
        target, tab, text = sentence.partition("\t")
        column, _dash, number = target.partition("-")
        if tab and number.isdigit() and 0 < int(number) <= len(rows):
            rows[int(number) - 1].errors[column] = text
        elif not tab:
            faults.append(sentence)
    return faults


def _take(request: HttpRequest) -> HttpResponse:
    lay, rows = LayForm(request.scope, request.POST), posted_rows(request.POST)  # type: ignore[attr-defined]
    faults = _check(request, rows, [])
    if not lay.is_valid() or faults or any(row.errors for row in rows):
        return _back(request, lay, rows, faults)

    def make() -> str:
        made = _with_retries(lambda: _make(lay.cleaned_data, rows))
        _drop_drafts(request)
        messages.success(request, _("已建档：%(number)s。接着填写情况，先填全户的。") % {"number": made.number})
        return f"{reverse('desk:facts', args=[made.pk])}?{urlencode({'of': HOUSEHOLD})}"

    try:
        return once(request, make, reverse("desk:households"))
    except ElsewhereError as error:
        said = [_elsewhere(request, error, rows, lay.cleaned_data["area"], lay.cleaned_data["address"])]
    except RefusedError as error:
        said = [said_by(error)]
    return _back(request, lay, rows, said, said)


def _drop_drafts(request: HttpRequest) -> None:
    """Forget what was kept of the form that was taken; the draft of another household stays."""
    mark = request.POST.get("mark", "")
    drop_kept(request.user, key_of(mark))
    if posted_in(request.user, KEY)[1].get("mark", "") == mark:
        drop_kept(request.user, KEY)


def _back(request: HttpRequest, lay: LayForm, rows: list[PersonRow], faults: list[str], said: list[str] | None = None) -> HttpResponse:
    """Lead to the page that shows what is wrong; ``said`` is what only sending it tells, with the rows it is about."""
    typed = request.POST.copy()
    typed["mark"] = mark = typed.get("mark", "") or new_mark()
    about = [f"number-{number}\t{row.errors['number']}" for number, row in enumerate(rows, 1) if said and "number" in row.errors]
    to = address(request, form=mark, **{AGAIN: "1"}) + "#errors"  # else the browser keeps the part that was named before
    return send_back(request, key_of(mark), [*(said or []), *about], typed=typed, to=to) or _page(request, lay, rows, 422, faults)


def _with_retries(make: Callable[[], Household]) -> Household:
    """Make a household; two at once take the same number, and the one refused by the database takes the next."""
    for left in reversed(range(TRIES)):
        try:
            with transaction.atomic():
                return make()
        except IntegrityError:
            if not left:
                raise
    raise AssertionError


def _make(lay: dict[str, Any], rows: list[PersonRow]) -> Household:
    household = open_household(lay["area"], lay["address"].strip(), lay["opened_on"])
    for row in sorted(rows, key=lambda row: row.relation != HEAD):
        _join(household, row, lay["opened_on"])
    return household


def _join(household: Household, row: PersonRow, since: dt.date) -> None:
    person = add_person(household, row.new, since)
    if row.sex:
        state_facts(household, [Statement("sex", row.sex, person)], Provenance(Source.DECLARED, _("身份证号"), since))


def _elsewhere(request: HttpRequest, error: ElsewhereError, rows: list[PersonRow], community: Area, address: str) -> str:
    """Return what to say of an ID number that is on the register: where, if it lies inside one's areas.

    Otherwise nothing but that there is one; whoever is above both places finds it among the duplicates.
    """
    scope = request.scope  # type: ignore[attr-defined]
    row = next(row for row in rows if row.number and id_index(row.number) == error.known.id_index)
    home = households_with(scope, people_with_id(scope, row.number)).first()
    if home is not None:
        row.errors["number"] = _("已在本辖区登记")
        return _("%(name)s 已经登记在 %(number)s 户，请到那一户办理分户或迁移。") % {"name": row.name, "number": home.number}
    see_elsewhere(error.known.pk, community.low, row.name, address, clock.today())
    row.errors["number"] = _("已在别的辖区登记")
    return _("%(name)s 的身份证号已经在别的辖区登记，您这里不显示是哪里。已记下，由能看到两边的上级核对，不要重复建档。") % {"name": row.name}


def vocabulary_of(scope: Scope) -> Vocabulary:
    """Return the vocabulary of a scope's first community; relations are the same in every place."""
    community = communities_within(scope).first()
    return engine_for(community.low if community else scope.ranges[0][0], clock.today()).pack.vocabulary


def relations(vocabulary: Vocabulary) -> dict[str, str]:
    """Return code → label of how somebody is related to the head."""
    return {code: label.text(language()) for code, label in vocabulary.codes[RELATIONS].codes.items()}


def _page(request: HttpRequest, lay: LayForm, rows: list[PersonRow], status: int = 200, faults: list[str] | None = None, **more: Any) -> HttpResponse:
    shown = {
        "lay": lay, "rows": rows, "wrong": wrong_of(rows, [lay], faults or []), "relations": relations(vocabulary_of(request.scope)), "draft": None,  # type: ignore[attr-defined]
        "slip": slip_for(request.user, KEY), "mark": request.POST.get("mark", ""), "draft_form": "", **more,
    }  # fmt: skip
    return render(request, "desk/household/new.html", shown, status=status)


@staff("registry.edit")
@require_POST
def drop_new(request: HttpRequest) -> HttpResponse:
    """Forget the draft of a household that was not taken in."""
    drop_kept(request.user, key_of(request.GET.get("form", "")))
    messages.success(request, _("草稿已删除。"))
    return redirect("desk:new_household")


# -- one more member ---------------------------------------------------------------------------------------------
class SinceForm(forms.Form):
    """Since when somebody belongs to the household."""

    since = forms.DateField(label=gettext_lazy("从哪天起在本户"), widget=day_input())


@staff("registry.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def new_member(request: HttpRequest, pk: int) -> HttpResponse:
    """Add somebody to a household."""
    household = household_at(request, pk)
    if household.status != HouseholdStatus.OPEN:
        messages.error(request, _("这一户已经注销，不能再改。"))
        return redirect("desk:household", pk=pk)
    key = f"member:{pk}"
    typed, said = (request.POST, []) if request.method == "POST" else sent_back(request, key) or (None, [])
    since = SinceForm(typed, initial={"since": clock.today()})
    if typed is None:
        return _member_page(request, household, since, PersonRow())
    row = posted_rows(_single(typed))[0]
    faults = check_rows([row], set(relations(engine_for(household.area_code, clock.today()).pack.vocabulary)), with_head=False) + said
    if request.method == "POST" and since.is_valid() and not faults and not row.errors:
        try:
            return once(request, lambda: _add_member(request, household, row, since.cleaned_data["since"], key), reverse("desk:household", args=[pk]))
        except ElsewhereError as error:
            faults = said = [_elsewhere(request, error, [row], household.area, household.address)]
        except RefusedError as error:
            faults = said = [said_by(error)]
    back = send_back(request, key, said, household_id=pk) if request.method == "POST" else None
    return back or _member_page(request, household, since, row, 422 if request.method == "POST" else 200, faults)


def _add_member(request: HttpRequest, household: Household, row: PersonRow, since: dt.date, key: str) -> str:
    with transaction.atomic():
        _join(household, row, since)
    drop_kept(request.user, key)
    messages.success(request, _("%(name)s 已加入。") % {"name": row.name})
    return reverse("desk:household", args=[household.pk])


def _single(posted: QueryDict) -> QueryDict:
    """Return a posted row without the buttons of the form of many."""
    kept = posted.copy()
    for name in ("add", "drop"):
        kept.pop(name, None)
    return kept


def _member_page(request: HttpRequest, household: Household, since: SinceForm, row: PersonRow, status: int = 200, faults: list[str] | None = None) -> HttpResponse:
    known = relations(engine_for(household.area_code, clock.today()).pack.vocabulary)
    known.pop(HEAD, None)
    shown = {"household": household, "since": since, "row": row, "relations": known, "wrong": wrong_of([row], [since], faults or []), "mark": since.data.get("mark") or new_mark()}
    return render(request, "desk/household/member.html", shown, status=status)
