"""The register as Excel: for a reason, marked with who and when, numbers masked unless somebody who may asks for them whole.

A small one is given at once; a large one is written by a job, and the file lies ready for its asker for a while.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bangfu.server.accounts.guards import staff
from bangfu.server.accounts.selectors import scope_for
from bangfu.server.areas.scope import Scope
from bangfu.server.audit.acting import actor_of
from bangfu.server.audit.actions import record, record_reading
from bangfu.server.calendar import clock
from bangfu.server.desk.admin_forms import REASON_MOST, ScopedForm
from bangfu.server.files.kinds import EXCEL
from bangfu.server.files.selectors import opened
from bangfu.server.jobs.models import Job
from bangfu.server.registry import export_actions
from bangfu.server.registry.export import HOUSEHOLDS_MOST, workbook
from bangfu.server.registry.export_actions import Wish
from bangfu.server.registry.export_models import ExportRun
from bangfu.server.registry.exports import Stage, own_exports, stage_of
from bangfu.server.registry.marked import Mark
from bangfu.server.registry.packs import pack_at
from bangfu.server.registry.selectors import households_within

OWN_SHOWN = 20
REFRESH_SECONDS = 3
HOUR = dt.timedelta(hours=1)


class ExportForm(ScopedForm):
    """What is exported and why."""

    area: Any = forms.ModelChoiceField(queryset=None, label=gettext_lazy("辖区"), empty_label=None)
    reason = forms.CharField(label=gettext_lazy("理由"), max_length=REASON_MOST, help_text=gettext_lazy("写进审计，也写在导出的文件里"))
    whole = forms.BooleanField(label=gettext_lazy("完整的身份证号"), required=False, help_text=gettext_lazy("不勾只显示后四位"))


@staff("registry.export")
def export(request: HttpRequest) -> HttpResponse:
    """Ask for what and why; give the workbook, or go to the page of the large export."""
    scope: Scope = request.scope  # type: ignore[attr-defined]
    form = ExportForm(scope, request.POST or None)
    may_reveal = bool(scope_for(request.user, "registry.reveal", clock.today()).ranges)  # type: ignore[arg-type]
    if not may_reveal:
        del form.fields["whole"]
    if request.method == "POST" and form.is_valid():
        answer = _export(request, form)
        if answer is not None:
            return answer
    shown = {"form": form, "most": HOUSEHOLDS_MOST, "rows": _rows(own_exports(scope, actor_of(request.user).pk)[:OWN_SHOWN])}
    return render(request, "desk/register/export.html", shown, status=422 if form.errors else 200)


def _rows(runs: Iterable[ExportRun]) -> list[tuple[ExportRun, Stage]]:
    found = list(runs)
    jobs = Job.objects.in_bulk([run.job_id for run in found if run.job_id])
    return [(run, stage_of(run, jobs.get(run.job_id), clock.now())) for run in found]


def _export(request: HttpRequest, form: ExportForm) -> HttpResponse | None:
    said = form.cleaned_data
    area, whole = said["area"], bool(said.get("whole"))
    inside = Scope.of([area])
    if whole and not scope_for(request.user, "registry.reveal", clock.today()).covers(area):  # type: ignore[arg-type]
        form.add_error("whole", _("您不能查看这个辖区的完整身份证号"))
        return None
    households = households_within(inside)
    number = households.count()
    if not number:
        form.add_error("area", _("这个辖区没有在册的户"))
        return None
    if number > export_actions.HOUSEHOLDS_MOST:
        form.add_error("area", _("这个辖区有 %(number)d 户，一次最多导出 %(most)d 户，请分街道或社区导出") % {"number": number, "most": export_actions.HOUSEHOLDS_MOST})
        return None
    if number > HOUSEHOLDS_MOST:
        return ask_large(Wish(area, f"{area.name}台账", list(households.values_list("pk", flat=True)), said["reason"], whole))
    entry = record("register.exported", of=area, area_code=area.low, reason=said["reason"], details={"households": number, "whole_numbers": whole})
    mark = Mark(request.user.name, clock.now().astimezone(clock.HERE), entry.pk, said["reason"], whole)  # type: ignore[union-attr]
    response = HttpResponse(workbook(pack_at(area.low), households.iterator(), mark), content_type=EXCEL)
    name = quote(f"{area.name}台账-{clock.today()}.xlsx")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return response


def ask_large(wish: Wish) -> HttpResponse:
    """Ask for a large export and lead to its page."""
    return redirect("desk:export_run", pk=export_actions.ask(wish).pk)


# -- large ones ------------------------------------------------------------------------------------------------------
@staff("registry.export")
@require_safe
def export_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how far a large export is, and where its file is."""
    run = _own(request, pk)
    job = Job.objects.filter(pk=run.job_id or 0).first()
    stage = stage_of(run, job, clock.now())
    percent = min(100, 100 * job.done // job.total) if job is not None and job.total else None
    response = render(request, "desk/register/export_run.html", {"run": run, "job": job, "stage": stage, "percent": percent, "hours": export_actions.KEPT // HOUR})
    if stage == Stage.WRITING:
        response["Refresh"] = str(REFRESH_SECONDS)
    return response


@staff("registry.export")
@require_safe
def export_file(request: HttpRequest, pk: int) -> Any:
    """Give the file to who asked for it, while it lies ready and the right to it lasts; who fetched is written down."""
    run = _own(request, pk)
    if stage_of(run, Job.objects.filter(pk=run.job_id or 0).first(), clock.now()) != Stage.READY:
        return redirect("desk:export_run", pk=pk)
    if not export_actions.rights_of(run, clock.today()).ranges:
        raise Http404
    try:
        file = opened(run.path)
    except FileNotFoundError:
        raise Http404 from None
    record_reading(request.user, "register.export_file", rows=run.households, area_code=run.area_code)
    response = FileResponse(file, as_attachment=True, filename=run.name, content_type=EXCEL if run.name.endswith(".xlsx") else "application/zip")
    response["X-Content-Type-Options"] = "nosniff"
    return response


@staff("registry.export")
@require_POST
def export_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete the file, or stop what is still written."""
    run = _own(request, pk)
    if run.expires_at is None or run.path:  # a second click finds it gone
        export_actions.drop(ExportRun.objects.get(pk=run.pk))
    messages.success(request, _("导出的文件已删除。"))
    return redirect("desk:export")


def _own(request: HttpRequest, pk: int) -> ExportRun:
    found: ExportRun = get_object_or_404(own_exports(request.scope, actor_of(request.user).pk), pk=pk)  # type: ignore[attr-defined]
    return found
