"""Reads of jobs."""

from __future__ import annotations

import datetime as dt
from typing import Any

from bangfu.server.areas.scope import Scope
from bangfu.server.jobs.kinds import KINDS
from bangfu.server.jobs.models import Job, JobStatus


def jobs_within(scope: Scope) -> Any:
    """Return the jobs that lie inside a scope, newest first."""
    return Job.objects.within(scope)


def label_of(kind: str) -> str:
    """Return what an officer reads for a kind of job."""
    return KINDS[kind].label if kind in KINDS else kind


def oldest_waiting() -> dt.datetime | None:
    """Return since when the job waits that waits longest."""
    found: dt.datetime | None = Job.objects.filter(status=JobStatus.WAITING).order_by("asked_at").values_list("asked_at", flat=True).first()
    return found
