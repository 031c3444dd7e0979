"""What people may ask about their data: consent, requests, a copy of all that is kept."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bangfu.server.accounts.guards import staff
from bangfu.server.audit.actions import record, record_reading
from bangfu.server.calendar import clock
from bangfu.server.desk.admin_forms import ReasonForm
from bangfu.server.desk.rights_forms import AnswerForm, ConsentForm, RequestForm
from bangfu.server.desk.words import said_by
from bangfu.server.files.kinds import EXCEL
from bangfu.server.portal.words import unit_words
from bangfu.server.registry import rights_actions
from bangfu.server.registry.actions import RefusedError
from bangfu.server.registry.dossier import dossier, workbook
from bangfu.server.registry.enums import Purpose, RequestKind, RequestStatus
from bangfu.server.registry.marked import Mark
from bangfu.server.registry.models import Person
from bangfu.server.registry.packs import pack_at
from bangfu.server.registry.rights import consents_of, consents_within, people_within, requests_within
from bangfu.server.registry.rights_models import PersonRequest
from bangfu.server.registry.selectors import households_of

PER_PAGE = 50


@staff("registry.requests")
@require_safe
def person_rights(request: HttpRequest, pk: int) -> HttpResponse:
    """Show all that is kept about somebody, their consents and requests."""
    person = _person(request, pk)
    record_reading(request.user, "person_rights", area_code=person.area_code)
    return _page(request, person)


@staff("registry.requests")
@require_POST
def consent_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down a consent."""
    person, form = _person(request, pk), ConsentForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            rights_actions.give_consent(person, Purpose(said["purpose"]), said["given_on"], guardian=said["guardian"], relation=said["guardian_relation"])
            messages.success(request, _("同意已登记。"))
            return redirect("desk:person_rights", pk=pk)
        except RefusedError as error:
            form.add_error(None, said_by(error))
    return _page(request, person, 422, consent=form)


@staff("registry.requests")
@require_POST
def consent_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down that a consent was taken back."""
    found = get_object_or_404(consents_within(request.scope), pk=pk)  # type: ignore[attr-defined]
    form = ReasonForm(request.POST)
    if form.is_valid():
        rights_actions.withdraw_consent(found, form.cleaned_data["reason"][:200])
        messages.success(request, _("已登记撤回。"))
    else:
        messages.error(request, _("请填写撤回说明。"))
    return redirect("desk:person_rights", pk=found.person_id)


@staff("registry.requests")
@require_POST
def request_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down a request."""
    person, form = _person(request, pk), RequestForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        made = rights_actions.ask(person, rights_actions.Asked(**{**said, "kind": RequestKind(said["kind"])}))
        return redirect("desk:person_request", pk=made.pk)
    return _page(request, person, 422, ask=form)


@staff("registry.requests")
@require_POST
def person_copy(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a copy of all that is kept about somebody, for a reason that is written down."""
    person, form = _person(request, pk), ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, person, 422, copy=form)
    reason = form.cleaned_data["reason"]
    entry = record("person.copied", of=person, area_code=person.area_code, reason=reason)
    mark = Mark(request.user.name, clock.now().astimezone(clock.HERE), entry.pk, reason)  # type: ignore[union-attr]
    response = HttpResponse(workbook(dossier(pack_at(person.area_code), person, clock.today(), unit_words), mark), content_type=EXCEL)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(f'{person.name}的登记信息.xlsx')}"
    return response


@staff("registry.requests")
@require_safe
def person_requests(request: HttpRequest) -> HttpResponse:
    """List the requests of one's areas."""
    only_open = request.GET.get("all") != "1"
    page = Paginator(requests_within(request.scope, only_open=only_open), PER_PAGE).get_page(request.GET.get("page"))  # type: ignore[attr-defined]
    return render(request, "desk/register/requests.html", {"page": page, "only_open": only_open, "query": "" if only_open else "all=1"})


@staff("registry.requests")
@require_safe
def person_request(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one request."""
    return _request_page(request, _request(request, pk))


@staff("registry.requests")
@require_POST
def request_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer a request."""
    found, form = _request(request, pk), AnswerForm(request.POST)
    if form.is_valid():
        try:
            rights_actions.answer(found, RequestStatus(form.cleaned_data["status"]), form.cleaned_data["answer"])
            messages.success(request, _("已答复。"))
            return redirect("desk:person_requests")
        except RefusedError as error:
            form.add_error(None, said_by(error))
    return _request_page(request, found, 422, form)


def _person(request: HttpRequest, pk: int) -> Person:
    found: Person = get_object_or_404(people_within(request.scope), pk=pk)  # type: ignore[attr-defined]
    return found


def _request(request: HttpRequest, pk: int) -> PersonRequest:
    found: PersonRequest = get_object_or_404(requests_within(request.scope), pk=pk)  # type: ignore[attr-defined]
    return found


def _request_page(request: HttpRequest, found: PersonRequest, status: int = 200, form: AnswerForm | None = None) -> HttpResponse:
    return render(request, "desk/register/request.html", {"found": found, "form": form or AnswerForm()}, status=status)


def _page(request: HttpRequest, person: Person, status: int = 200, **forms: Any) -> HttpResponse:
    today = clock.today()
    shown = {
        "person": person, "home": households_of(person).last(), "sections": dossier(pack_at(person.area_code), person, today, unit_words), "consents": consents_of(person),
        "asked": requests_within(request.scope).filter(person=person),  # type: ignore[attr-defined]
        "consent": ConsentForm(initial={"given_on": today}), "ask": RequestForm(initial={"asked_on": today}, auto_id="ask_%s"), "copy": ReasonForm(auto_id="copy_%s"),
    }  # fmt: skip
    return render(request, "desk/register/rights.html", {**shown, **forms}, status=status)
