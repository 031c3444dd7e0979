"""One household: its page, and the whole ID number of a member for a reason."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from bangfu.server.accounts.guards import staff
from bangfu.server.audit.actions import record_reading
from bangfu.server.calendar import clock
from bangfu.server.desk.admin_forms import REASON_MOST
from bangfu.server.desk.household_page import household_page
from bangfu.server.registry.models import Household
from bangfu.server.registry.reveal import reveal as reveal_number
from bangfu.server.registry.selectors import households_within, members_of


class RevealForm(forms.Form):
    """Whose number, and why."""

    person = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("查看理由"), max_length=REASON_MOST, min_length=2)


def household_at(request: HttpRequest, pk: int) -> Household:
    """Return a household of one's areas, closed ones too.

    Raises:
        Http404: There is none there.
    """
    found: Household = get_object_or_404(households_within(request.scope, closed=True), pk=pk)  # type: ignore[attr-defined]
    return found


@staff("registry.view")
@require_safe
def household(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a household."""
    found = household_at(request, pk)
    record_reading(request.user, "household", household_id=found.pk, area_code=found.area_code)
    return _page(request, found)


@staff("registry.reveal")
@require_POST
def reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the page once more with one member's number in full."""
    found, form = household_at(request, pk), RevealForm(request.POST)
    if not form.is_valid():
        return _page(request, found, 422, reveal_form=form)
    person = next((m.person for m in members_of(found) if m.person.pk == form.cleaned_data["person"]), None)
    if person is None:
        form.add_error(None, _("此人现在不在本户，请刷新后再看。"))
        return _page(request, found, 422, reveal_form=form)
    return _page(request, found, revealed=reveal_number(found, person, form.cleaned_data["reason"]), revealed_of=person.pk)


def _page(request: HttpRequest, found: Household, status: int = 200, **more: Any) -> HttpResponse:
    page = household_page(request.scope, found, clock.today())  # type: ignore[attr-defined]
    shown = {"page": page, "household": found, "reveal_form": RevealForm(), "revealed": "", "revealed_of": 0, **more}
    return render(request, "desk/household/page.html", shown, status=status)
