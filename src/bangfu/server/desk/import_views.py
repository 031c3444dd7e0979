"""A ledger on its way into the register: upload, what the dry run found, the officer's yes, progress, the result."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, gettext as _
from django.views.decorators.http import require_POST, require_safe

from bangfu.rules.ledger.write import write_template
from bangfu.server.accounts.guards import staff
from bangfu.server.areas.selectors import areas_within, district_of
from bangfu.server.calendar import clock
from bangfu.server.desk.register_forms import LedgerForm
from bangfu.server.desk.words import said_by
from bangfu.server.files.kinds import EXCEL, FileRefusedError
from bangfu.server.jobs.selectors import jobs_within
from bangfu.server.registry import import_actions
from bangfu.server.registry.actions import RefusedError
from bangfu.server.registry.enums import ImportStatus, Source
from bangfu.server.registry.import_models import ImportRun
from bangfu.server.registry.imports import runs_within
from bangfu.server.registry.ledger_file import more_columns
from bangfu.server.registry.packs import pack_of

RUNS_PER_PAGE, FAULTS_PER_PAGE = 20, 100
REFRESH_SECONDS = 3
MOVING = (ImportStatus.CHECKING, ImportStatus.RUNNING)


@staff("registry.import")
def imports(request: HttpRequest) -> HttpResponse:
    """List the ledgers of one's areas; take one more."""
    scope: Any = request.scope  # type: ignore[attr-defined]
    form = LedgerForm(scope, request.POST, request.FILES) if request.method == "POST" else LedgerForm(scope, initial={"taken_on": clock.today(), "source": Source.VERIFIED})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            run = import_actions.upload(import_actions.Upload(said["area"], said["file"].name, said["file"].read(), said["taken_on"], Source(said["source"])))
            return redirect("desk:import_run", pk=run.pk)
        except FileRefusedError as error:
            form.add_error("file", said_by(error))
    page = Paginator(runs_within(scope).defer("faults", "outcome"), RUNS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "desk/register/imports.html", {"form": form, "page": page, "query": ""}, status=422 if form.errors else 200)


@staff("registry.import")
@require_safe
def template(request: HttpRequest) -> HttpResponse:
    """Give the empty ledger of the district one works in."""
    first = areas_within(request.scope).first()  # type: ignore[attr-defined]
    if first is None:
        raise Http404
    response = HttpResponse(_template(district_of(first.low).place), content_type=EXCEL)
    response["Content-Disposition"] = "attachment; filename=ledger.xlsx; filename*=UTF-8''%E5%8F%B0%E8%B4%A6%E6%A8%A1%E6%9D%BF.xlsx"
    return response


@lru_cache(maxsize=8)
def _template(place: str) -> bytes:
    pack = pack_of(place)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.xlsx"
        write_template(pack, path, "zh", more_columns(pack))
        return path.read_bytes()


@staff("registry.import")
@require_safe
def import_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how far a ledger is: progress, the faults of the dry run, or the result."""
    run = _found(request, pk)
    return _page(request, run)


@staff("registry.import")
@require_POST
def import_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Import the households without faults."""
    run = _found(request, pk)
    try:
        import_actions.confirm(run)
    except RefusedError as error:
        messages.error(request, said_by(error))
    return redirect("desk:import_run", pk=pk)


@staff("registry.import")
@require_POST
def import_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a ledger up."""
    run = _found(request, pk)
    try:
        import_actions.drop(run)
        messages.success(request, _("已放弃，上传的文件已删除。"))
    except RefusedError as error:
        messages.error(request, said_by(error))
        return redirect("desk:import_run", pk=pk)
    return redirect("desk:imports")


def _found(request: HttpRequest, pk: int) -> ImportRun:
    found: ImportRun = get_object_or_404(runs_within(request.scope), pk=pk)  # type: ignore[attr-defined]
    return found


def _page(request: HttpRequest, run: ImportRun) -> HttpResponse:
    number = run.import_job if run.status == ImportStatus.RUNNING else run.check_job
    job = jobs_within(request.scope).filter(pk=number).first() if run.status in MOVING else None  # type: ignore[attr-defined]
    moving = job is not None and job.status in ("waiting", "running")
    english = get_language() == "en"
    page = Paginator(run.faults, FAULTS_PER_PAGE).get_page(request.GET.get("page"))
    faults = [{"cell": f"{sheet}!{column}{row}" if row else sheet, "sheet": sheet, "row": row, "column": column, "said": en if english else zh, "household": home} for sheet, row, column, zh, en, home in page]
    shown = {"run": run, "job": job, "moving": moving, "page": page, "faults": faults, "query": "", "percent": min(100, 100 * job.done // job.total) if job and job.total else None}
    response = render(request, "desk/register/import_run.html", shown)
    if moving:
        response["Refresh"] = str(REFRESH_SECONDS)
    return response
