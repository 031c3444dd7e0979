"""Reads of large exports: everybody sees their own, as long as the area is still theirs."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from django.db.models import QuerySet

from bangfu.server.areas.scope import Scope
from bangfu.server.jobs.models import Job, JobStatus
from bangfu.server.registry.export_models import ExportRun


class Stage(StrEnum):
    """How far an export is, for who asked."""

    WRITING = "writing"
    READY = "ready"
    GONE = "gone"
    FAILED = "failed"


def stage_of(run: ExportRun, job: Job | None, now: dt.datetime) -> Stage:
    """Return how far an export is; ``job`` is the one that writes it."""
    if run.expires_at is not None and (not run.path or run.expires_at <= now):
        return Stage.GONE
    if run.finished_at is not None:
        return Stage.READY
    return Stage.FAILED if job is None or job.status in (JobStatus.FAILED, JobStatus.CANCELLED) else Stage.WRITING


def own_exports(scope: Scope, actor: int) -> QuerySet[ExportRun]:
    """Return what somebody asked for of areas inside a scope, newest first, without the lists of households."""
    found: QuerySet[ExportRun] = ExportRun.objects.within(scope).filter(asked_by=actor).select_related("area").defer("ids", "parts")
    return found
