"""What the last night found in one's areas: who qualifies and does not receive, who receives and no longer qualifies."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bangfu.server.accounts.guards import staff
from bangfu.server.areas.scope import Scope
from bangfu.server.areas.selectors import areas_within
from bangfu.server.assessment.engines import engine_in
from bangfu.server.assessment.models import Finding, NightlyRow, NightlyRun
from bangfu.server.assessment.nightly import ask_again
from bangfu.server.assessment.selectors import entries_found, findings, last_nights, left_out
from bangfu.server.assessment.standing import districts_over
from bangfu.server.audit.actions import record_reading
from bangfu.server.calendar import clock
from bangfu.server.desk.admin_forms import ReasonForm
from bangfu.server.desk.policy_forms import FindingsForm
from bangfu.server.desk.policy_text import yuan
from bangfu.server.portal.words import language, unit_words

PER_PAGE = 50


@staff("assessment.view")
@require_safe
def nightly(request: HttpRequest) -> HttpResponse:
    """List the findings of the last night, by kind, rule and area."""
    scope: Scope = request.scope  # type: ignore[attr-defined]
    nights = last_nights(scope)
    found, names = entries_found(scope, nights), names_of(nights)
    form, rows = filtered(scope, nights, request.GET)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    kept = request.GET.copy()
    kept.pop("page", None)
    listed = [(row, names.get(row.entry, row.entry), _sum(row.low_fen, row.high_fen)) for row in page]
    if listed:
        record_reading(request.user, "nightly.findings", rows=len(listed))
    shown = {
        "reason": ReasonForm(), "nights": nights, "form": form, "page": page, "rows": listed, "query": kept.urlencode(), "left_out": left_out(scope, nights),
        "counts": [(finding.label, sum(n for (kind, _e), n in found.items() if kind == finding), finding.value) for finding in Finding],
        "most": [(names.get(entry, entry), Finding(kind).label, number, kind, entry) for (kind, entry), number in sorted(found.items(), key=lambda item: -item[1])[:12]],
    }  # fmt: skip
    return render(request, "desk/policy/nightly.html", shown)


def filtered(scope: Scope, nights: list[NightlyRun], query: QueryDict) -> tuple[FindingsForm, QuerySet[NightlyRow]]:
    """Return the filters of a query string, and the findings of some nights inside a scope that they let through."""
    names, found = names_of(nights), entries_found(scope, nights)
    areas = [(area.code, str(area)) for area in areas_within(scope)]
    form = FindingsForm([(entry, names.get(entry, entry)) for entry in sorted({entry for _f, entry in found})], areas, query or None)
    rows = findings(scope, nights)
    said: dict[str, Any] = form.cleaned_data if form.is_bound and form.is_valid() else {}
    if said.get("finding"):
        rows = rows.filter(finding=said["finding"])
    if said.get("entry"):
        rows = rows.filter(entry=said["entry"])
    if said.get("area"):
        rows = rows.filter(Scope.of(a for a in areas_within(scope) if a.code == said["area"]).condition("area_code"))
    return form, rows


def names_of(nights: list[NightlyRun]) -> dict[str, str]:
    """Return what the entries of the packs of some nights are called."""
    lang = language()
    return {entry.id: entry.label.text(lang) for night in nights for entry in engine_in(night.district, night.on).pack.entries.values()}


def _sum(low: int | None, high: int | None) -> str:
    if low is None:
        return ""
    if high is None:
        return _("%(low)s 元起") % {"low": yuan(low)}
    return f"{yuan(low) if low == high else f'{yuan(low)}–{yuan(high)}'} {unit_words('元')}"


@staff("assessment.run")
@require_POST
def run_again(request: HttpRequest) -> HttpResponse:
    """Ask for today's night once more, for the districts wholly inside one's areas."""
    asked = [ask_again(district, clock.today()) for district in districts_over(request.scope) if request.scope.covers(district)]  # type: ignore[attr-defined]
    messages.success(request, _("已排队，完成后本页更新。")) if asked else messages.error(request, _("只有管全区的人员能发起全区测算。"))
    return redirect("desk:nightly")
