"""Background work: how far it is, why it failed, again or no more."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bangfu.server.accounts.guards import staff
from bangfu.server.accounts.selectors import scope_for
from bangfu.server.calendar import clock
from bangfu.server.desk.admin_forms import ReasonForm
from bangfu.server.desk.words import said_by
from bangfu.server.jobs import actions
from bangfu.server.jobs.models import EVERYWHERE, Job, JobStatus
from bangfu.server.jobs.selectors import jobs_within, label_of

PER_PAGE = 50


@staff("jobs.view")
@require_safe
def jobs(request: HttpRequest) -> HttpResponse:
    """List the jobs of one's areas."""
    status = request.GET.get("status", "")
    found = _seen(request)
    if status in JobStatus.values:
        found = found.filter(status=status)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    rows = [(job, label_of(job.kind), _percent(job), job.area_code == EVERYWHERE) for job in page]
    return render(request, "desk/admin/jobs.html", {"page": page, "rows": rows, "statuses": JobStatus.choices, "status": status, "status_query": f"status={status}" if status in JobStatus.values else ""})


@staff("jobs.view")
@require_safe
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one job."""
    return _page(request, _found(request, pk))


@staff("jobs.run")
@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Try a failed job again."""
    found, form = _found(request, pk), ReasonForm(request.POST)
    if form.is_valid():
        try:
            actions.retry(found, form.cleaned_data["reason"])
            messages.success(request, _("任务已重新排队。"))
            return redirect("desk:admin_job", pk=pk)
        except actions.JobStateError as error:
            form.add_error(None, said_by(error))
    return _page(request, found, 422, form)


@staff("jobs.run")
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Cancel a job that has not ended."""
    found, form = _found(request, pk), ReasonForm(request.POST)
    if form.is_valid():
        try:
            actions.cancel(found, form.cleaned_data["reason"])
            messages.success(request, _("任务已取消，或在这一步做完后停止。"))
            return redirect("desk:admin_job", pk=pk)
        except actions.JobStateError as error:
            form.add_error(None, said_by(error))
    return _page(request, found, 422, form)


def _found(request: HttpRequest, pk: int) -> Job:
    found: Job = get_object_or_404(_seen(request), pk=pk)
    return found


def _seen(request: HttpRequest) -> Any:
    """Return the jobs of one's areas; who administers the installation sees those that look over all areas too."""
    everywhere = scope_for(request.user, "jobs.everywhere", clock.today())  # type: ignore[arg-type]
    return jobs_within(request.scope, everywhere=bool(everywhere.ranges))  # type: ignore[attr-defined]


def _percent(job: Job) -> int | None:
    return min(100, 100 * job.done // job.total) if job.total else None


def _page(request: HttpRequest, found: Job, status: int = 200, form: ReasonForm | None = None) -> HttpResponse:
    ended = found.status in actions.ENDED
    shown = {
        "job": found, "label": label_of(found.kind), "percent": _percent(found), "form": form or ReasonForm(),
        "everywhere": found.area_code == EVERYWHERE, "can_retry": found.status in (JobStatus.FAILED, JobStatus.CANCELLED), "can_cancel": not ended,
    }  # fmt: skip
    return render(request, "desk/admin/job.html", shown, status=status)
