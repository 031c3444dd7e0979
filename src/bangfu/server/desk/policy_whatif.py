"""What-ifs: change a value, see who gains and loses and what it costs, on screen and in Excel; nothing is granted by it."""

from __future__ import annotations

import io
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from bangfu.rules.whatif.compare import CLASSES
from bangfu.server.accounts.guards import staff
from bangfu.server.accounts.selectors import scope_for
from bangfu.server.areas.selectors import areas_within
from bangfu.server.assessment.models import WhatIfRun
from bangfu.server.assessment.selectors import touched, whatifs_over
from bangfu.server.assessment.values import ValueRefusedError
from bangfu.server.assessment.whatif import ask_for_changes
from bangfu.server.audit.actions import record_reading
from bangfu.server.calendar import clock
from bangfu.server.desk.policy_excel import whatif_workbook
from bangfu.server.desk.policy_forms import ChangesForm
from bangfu.server.desk.policy_rules import district_here
from bangfu.server.desk.policy_text import chart, class_name, signed, yuan
from bangfu.server.jobs.selectors import jobs_within
from bangfu.server.portal.words import language, with_units

PER_PAGE, MOST_BARS = 50, 12
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@staff("policy.whatif")
@require_http_methods(["GET", "HEAD", "POST"])
def whatifs(request: HttpRequest, code: str) -> HttpResponse:
    """List what was tried in a district; try changes without entering them."""
    district = district_here(request, code)
    form = ChangesForm(request.POST) if request.method == "POST" else ChangesForm(initial={"day": clock.today(), "changes": request.GET.get("changes", "")[:300]})
    if request.method == "POST" and form.is_valid():
        try:
            asked = ask_for_changes(request.scope, district, form.lines(), form.cleaned_data["day"])  # type: ignore[attr-defined]
            messages.success(request, _("试算已排队，稍后刷新本页看结果。"))
            return redirect("desk:policy_whatif", pk=asked.pk)
        except ValueRefusedError as error:
            for fault in error.faults:
                form.add_error(None, fault)
    page = Paginator(whatifs_over(request.scope).filter(district=district), PER_PAGE).get_page(request.GET.get("page"))  # type: ignore[attr-defined]
    return render(request, "desk/policy/whatifs.html", {"district": district, "form": form, "page": page}, status=422 if form.errors else 200)


@staff("policy.whatif")
@require_safe
def whatif(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a change does."""
    run = _found(request, pk)
    job = jobs_within(request.scope).filter(pk=run.job_id).first()  # type: ignore[attr-defined]
    sees = scope_for(request.user, "registry.view", clock.today())  # type: ignore[arg-type]
    return render(request, "desk/policy/whatif.html", {"run": run, "job": job, "result": shown_result(run) if run.data else None, "sees_households": bool(sees.ranges), "district": run.district})


def _found(request: HttpRequest, pk: int) -> WhatIfRun:
    found: WhatIfRun = get_object_or_404(whatifs_over(request.scope), pk=pk)  # type: ignore[attr-defined]
    return found


@staff("policy.whatif")
@require_safe
def whatif_excel(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a what-if as a workbook."""
    run = _found(request, pk)
    file = io.BytesIO()
    whatif_workbook(file, run, str(request.user), clock.now(), _area_names(run))
    response = HttpResponse(file.getvalue(), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="whatif-{pk}.xlsx"'
    return response


@staff("registry.view")
@require_safe
def whatif_households(request: HttpRequest, pk: int) -> HttpResponse:
    """List the households of one's areas that a change touches."""
    tries = scope_for(request.user, "policy.whatif", clock.today())  # type: ignore[arg-type]
    run: WhatIfRun = get_object_or_404(whatifs_over(tries), pk=pk)
    page = Paginator(touched(run, request.scope), PER_PAGE).get_page(request.GET.get("page"))  # type: ignore[attr-defined]
    rows = [(row, class_name(row.kind), signed(row.regular_fen), signed(row.event_fen), yuan(row.back_fen)) for row in page]
    record_reading(request.user, "whatif.households", rows=len(rows))
    return render(request, "desk/policy/whatif_households.html", {"run": run, "page": page, "rows": rows, "district": run.district})


def _area_names(run: WhatIfRun) -> dict[str, str]:
    from bangfu.server.areas.scope import Scope

    return {area.code: area.name for area in areas_within(Scope.of([run.district]))}


def shown_result(run: WhatIfRun) -> dict[str, Any]:
    """Return a finished what-if as the page shows it: classes, sums, charts, tables."""
    data, lang = run.data or {}, language()
    names = _area_names(run)
    changed = [e for e in data.get("entries", []) if _moved(e)]
    by_entry = sorted(changed, key=lambda e: -abs(e["low_after"] - e["low_before"]))
    streets = [(names.get(s["street"] or "", s["street"] or _("未写街道")), s["regular"], s) for s in data.get("streets", [])]
    return {
        "classes": [(class_name(name), data["classes"].get(name, 0)) for name in CLASSES if data["classes"].get(name, 0)],
        "differences": [(d[lang], with_units(d[f"before_{lang}"]), with_units(d[f"after_{lang}"])) for d in data.get("differences", [])],
        "regular": [yuan(data["regular"][end]) for end in ("before", "after")] + [signed(data["regular"]["after"] - data["regular"]["before"])] if "regular" in data else [],
        "event": [yuan(data["event"][end]) for end in ("before", "after")] + [signed(data["event"]["after"] - data["event"]["before"])] if "event" in data else [],
        "households": data.get("households", 0), "people": data.get("people", 0), "lapsed": data.get("lapsed_since"),
        "entries": [(e[f"label_{lang}"], e["article"], e["answers_before"], e["answers_after"], yuan(e["low_before"]), yuan(e["low_after"]), signed(e["low_after"] - e["low_before"])) for e in by_entry],
        "class_chart": chart(_("多少户受影响"), [(class_name(name), data["classes"].get(name, 0), str(data["classes"].get(name, 0))) for name in CLASSES[:-2]]),
        "entry_chart": chart(_("各项每期多发多少元"), [(e[f"label_{lang}"], e["low_after"] - e["low_before"], signed(e["low_after"] - e["low_before"])) for e in by_entry[:MOST_BARS]]),
        "street_chart": chart(_("各街道一年多发多少元"), [(name, more, signed(more)) for name, more, _row in streets]),
        "streets": [(name, row["households"], row["gain"], row["lose"], signed(row["regular"])) for name, _more, row in streets],
        "back": yuan(data["back_fen"]) if data.get("back_fen") else "", "back_households": data.get("back_households", 0),
    }  # fmt: skip


def _moved(entry: dict[str, Any]) -> bool:
    return any(entry[f"{name}_before"] != entry[f"{name}_after"] for name in ("answers", "undecided", "low", "high"))
