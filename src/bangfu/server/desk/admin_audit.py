"""Search of the audit, and its head to keep elsewhere."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from bangfu.server.accounts.guards import staff
from bangfu.server.areas.scope import Scope
from bangfu.server.audit import selectors
from bangfu.server.audit.heads import export_head, head
from bangfu.server.audit.labels import label_of, object_label
from bangfu.server.audit.selectors import Sought
from bangfu.server.desk.admin_forms import AuditForm
from bangfu.server.registry.numbers import household_ids, household_numbers

PER_PAGE = 50


@staff("audit.view")
@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """Find acts or readings by who, what, when and household, inside one's areas."""
    scope = request.scope  # type: ignore[attr-defined]
    form = AuditForm(request.GET)
    sought, readings = Sought(), request.GET.get("kind") == "readings"
    if form.is_valid():
        number = form.cleaned_data["household"]
        sought = form.sought(household_ids(scope, number) if number.strip() else None)
    rows = selectors.readings(scope, sought) if readings else selectors.entries(scope, sought)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    kept = request.GET.copy()
    kept.pop("page", None)
    shown = {
        "form": form, "page": page, "readings": readings, "actions": [(a, label_of(a)) for a in selectors.actions_within(scope)],
        "query": kept.urlencode(), "head": head(),
        "rows": _named(scope, list(page), readings),
    }  # fmt: skip
    return render(request, "desk/admin/audit.html", shown, status=200 if form.is_valid() else 422)


def _named(scope: Scope, rows: list[Any], readings: bool) -> list[tuple[Any, str, str, str]]:
    """Return rows with who acted, what was done, and what it was done to: the household's number where there is one."""
    numbers = household_numbers(scope, {row.household_id for row in rows if row.household_id})
    names = selectors.actor_names({row.actor_id for row in rows}) if readings else {}
    return [
        (row, names.get(row.actor_id, "") if readings else row.actor_name, label_of(row.page if readings else row.action), _object(row, numbers, readings))
        for row in rows
    ]  # fmt: skip


def _object(row: Any, numbers: dict[int, str], readings: bool) -> str:
    number = numbers.get(row.household_id, "")
    if readings:
        return number
    return number if row.object_type == "registry.household" and number else f"{object_label(row.object_type)} {row.object_id} {number}".rstrip()


@staff("audit.export")
@require_POST
def audit_head(request: HttpRequest) -> HttpResponse:
    """Give the head of the chain as a file, to be kept outside the database."""
    response = HttpResponse(export_head() + "\n", content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="bangfu-audit-head.json"'
    return response
