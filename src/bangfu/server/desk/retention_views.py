"""How long data is kept: the periods of the district, what is due, legal hold, the end of keeping."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bangfu.server.accounts.guards import staff
from bangfu.server.areas.models import Level
from bangfu.server.areas.selectors import areas_within
from bangfu.server.calendar import clock
from bangfu.server.desk.rights_forms import EraseForm, HoldForm, PeriodForm
from bangfu.server.desk.words import said_by
from bangfu.server.registry import rights_actions
from bangfu.server.registry.actions import RefusedError
from bangfu.server.registry.enums import KeptKind
from bangfu.server.registry.models import Household
from bangfu.server.registry.rights import due_files, due_households, held_households, periods_within
from bangfu.server.registry.selectors import households_within

PER_PAGE = 50


@staff("registry.hold")
@require_safe
def retention(request: HttpRequest) -> HttpResponse:
    """Show periods, what is due and what is on hold."""
    return _page(request)


@staff("registry.hold")
@require_POST
def period_set(request: HttpRequest) -> HttpResponse:
    """Set a period."""
    form = PeriodForm(request.scope, request.POST)  # type: ignore[attr-defined]
    if form.is_valid():
        said = form.cleaned_data
        rights_actions.set_period(said["district"], KeptKind(said["kind"]), said["number"], said["instrument"])
        messages.success(request, _("期限已登记。"))
        return redirect("desk:retention")
    return _page(request, 422, form)


@staff("registry.hold")
def household_hold(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a household on hold, lift the hold, or end its keeping."""
    household = _household(request, pk)
    form = HoldForm(request.POST) if request.method == "POST" else HoldForm(initial={"reason": household.hold_reason})
    if request.method == "POST" and form.is_valid():
        rights_actions.hold(household, form.cleaned_data["reason"].strip())
        messages.success(request, _("已保全，期满也不会销毁。") if household.hold_reason else _("保全已解除。"))
        return redirect("desk:household_hold", pk=pk)
    return _hold_page(request, household, form, EraseForm(), 422 if form.errors else 200)


@staff("registry.hold")
@require_POST
def household_erase(request: HttpRequest, pk: int) -> HttpResponse:
    """End the keeping of a household that is due."""
    household, form = _household(request, pk), EraseForm(request.POST)
    if form.is_valid():
        try:
            rights_actions.erase(household, form.cleaned_data["reason"])
            messages.success(request, _("姓名、号码、住址和文件已销毁。"))
            return redirect("desk:retention")
        except RefusedError as error:
            form.add_error(None, said_by(error))
    return _hold_page(request, household, HoldForm(initial={"reason": household.hold_reason}), form, 422)


def _household(request: HttpRequest, pk: int) -> Household:
    found: Household = get_object_or_404(households_within(request.scope, closed=True), pk=pk)  # type: ignore[attr-defined]
    return found


def _hold_page(request: HttpRequest, household: Household, form: HoldForm, erase: EraseForm, status: int) -> HttpResponse:
    district = areas_within(request.scope).filter(level=Level.DISTRICT, low__lte=household.area_code, high__gte=household.area_code).first()  # type: ignore[attr-defined]
    is_due = district is not None and due_households(district, clock.today()).filter(pk=household.pk).exists()
    return render(request, "desk/register/hold.html", {"household": household, "form": form, "erase": erase, "is_due": is_due}, status=status)


def _page(request: HttpRequest, status: int = 200, form: PeriodForm | None = None) -> HttpResponse:
    scope: Any = request.scope  # type: ignore[attr-defined]
    today = clock.today()
    due: list[Household] = []
    files = 0
    for district in areas_within(scope).filter(level=Level.DISTRICT):
        due += list(due_households(district, today).select_related("area"))
        files += due_files(district, today).count()
    page = Paginator(due, PER_PAGE).get_page(request.GET.get("page"))
    shown = {"page": page, "files": files, "held": held_households(scope), "periods": periods_within(scope), "form": form or PeriodForm(scope), "query": ""}
    return render(request, "desk/register/retention.html", shown, status=status)
