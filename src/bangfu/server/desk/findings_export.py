"""What the last night found, as Excel: the same filters as on the page, a reason, marked with who and when, numbers masked."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bangfu.rules.engine import Engine
from bangfu.rules.ledger.write import EVERY
from bangfu.server.accounts.guards import staff
from bangfu.server.areas.models import Area
from bangfu.server.areas.scope import Scope
from bangfu.server.areas.selectors import areas_within
from bangfu.server.assessment.engines import engine_in
from bangfu.server.assessment.models import NightlyRow, NightlyRun
from bangfu.server.assessment.selectors import last_nights
from bangfu.server.audit.actions import record
from bangfu.server.calendar import clock
from bangfu.server.desk.admin_forms import ReasonForm
from bangfu.server.desk.list_views import QUERY_MOST
from bangfu.server.desk.nightly_pages import filtered
from bangfu.server.files.kinds import EXCEL
from bangfu.server.registry.identity import masked
from bangfu.server.registry.marked import Mark, MarkedBook

ROWS_MOST = 20_000
HEADS = (
    ("day", "计算日期"), ("number", "户编号"), ("area", "社区"), ("address", "住址"), ("name", "姓名"), ("id_card", "身份证号"), ("finding", "结论"), ("entry", "哪一项"),
    ("low", "金额（元）"), ("high", "至（元）"), ("every", "周期"), ("articles", "依据"),
)  # fmt: skip
CAUTION = "这是线索，不是决定：办理仍要申请、核实、审批。"


@staff("registry.export")
@require_POST
def findings_excel(request: HttpRequest) -> HttpResponse:
    """Give the findings that the filters let through as a workbook."""
    scope: Scope = request.scope  # type: ignore[attr-defined]
    query, reason = QueryDict(request.POST.get("query", "")[:QUERY_MOST]), ReasonForm(request.POST)
    nights = last_nights(scope)
    form, rows = filtered(scope, nights, query)
    number, first = rows.count(), rows.first()
    fault = ""
    if not reason.is_valid() or (form.is_bound and not form.is_valid()):
        fault = _("没有导出：请写明理由。")
    elif first is None or number > ROWS_MOST:
        fault = _("没有导出：一次最多导出 %(most)d 条，现在是 %(number)d 条，请先筛选。") % {"most": ROWS_MOST, "number": number}
    if fault or first is None:
        messages.error(request, fault)
        return HttpResponseRedirect(f"{reverse('desk:nightly')}?{query.urlencode()}")
    why = reason.cleaned_data["reason"]
    area = _area_of(scope, first)
    entry = record("findings.exported", of=area, area_code=area.low, reason=why, details={"rows": number, "filters": query.urlencode()[:200]})
    mark = Mark(request.user.name, clock.now().astimezone(clock.HERE), entry.pk, why)  # type: ignore[union-attr]
    response = HttpResponse(findings_workbook(rows.iterator(2_000), nights, mark), content_type=EXCEL)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(f'政策找人-{clock.today()}.xlsx')}"
    return response


def _area_of(scope: Scope, row: NightlyRow) -> Area:
    """Return the widest of one's own areas that a finding lies in: who is above it finds the entry in the audit."""
    found: Area = areas_within(scope).filter(low__lte=row.area_code, high__gte=row.area_code).order_by("low", "-high")[0]
    return found


def findings_workbook(rows: Iterable[NightlyRow], nights: list[NightlyRun], mark: Mark) -> bytes:
    """Return the findings as a workbook; ``rows`` were fetched through the scope door."""
    engines = {night.pk: engine_in(night.district, night.on) for night in nights}
    days = {night.pk: night.on for night in nights}
    made = io.BytesIO()
    book = MarkedBook(made, mark)
    sheet = book.sheet("政策找人", HEADS, with_keys=False)
    for row in rows:
        sheet.append({"day": days[row.run_id], **_of_household(row), **_of_entry(row, engines[row.run_id], days[row.run_id])})
    book.close([CAUTION])
    return made.getvalue()


def _of_household(row: NightlyRow) -> dict[str, Any]:
    home, person = row.household, row.person
    return {
        "number": home.number, "area": home.area.name, "address": home.address, "name": person.name if person is not None else "全户",
        "id_card": masked(person) if person is not None else "", "finding": str(row.get_finding_display()),
    }  # fmt: skip


def _of_entry(row: NightlyRow, engine: Engine, day: dt.date) -> dict[str, Any]:
    entry = engine.pack.entries.get(row.entry)
    low, high = (None if fen is None else fen / 100 for fen in (row.low_fen, row.high_fen))
    found = {"entry": row.entry if entry is None else entry.label.zh, "low": low, "high": None if high == low else high}
    if entry is not None:
        found |= {"every": EVERY[entry.every].zh if entry.every else "", "articles": "、".join(engine.cited(entry, None, day)[0])}
    return found
