"""Reads of jobs."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext

from bangfu.server.areas.scope import Scope
from bangfu.server.audit.models import Actor, ActorKind
from bangfu.server.jobs.kinds import KINDS
from bangfu.server.jobs.models import EVERYWHERE, Job, JobStatus


def jobs_within(scope: Scope, *, everywhere: bool = False) -> Any:
    """Return the jobs that lie inside a scope, newest first; for a system administrator those over all areas too."""
    inside = scope.condition("area_code")
    return Job.objects.filter(inside | Q(area_code=EVERYWHERE) if everywhere else inside)


def standing_failures() -> list[Job]:
    """Return the newest failed job of each kind and area that the system itself asked for, unless a later one was done."""
    later = Job.objects.filter(kind=OuterRef("kind"), area_code=OuterRef("area_code"), pk__gt=OuterRef("pk"))
    own = Actor.objects.filter(kind=ActorKind.SYSTEM).values("pk")
    failed = Job.objects.filter(status=JobStatus.FAILED, asked_by__in=own).exclude(Exists(later.filter(status__in=(JobStatus.DONE, JobStatus.FAILED))))
    return list(failed.order_by("pk"))


def label_of(kind: str) -> str:
    """Return what an officer reads for a kind of job."""
    return gettext(KINDS[kind].label) if kind in KINDS else kind


def oldest_waiting() -> dt.datetime | None:
    """Return since when the job waits that waits longest."""
    found: dt.datetime | None = Job.objects.filter(status=JobStatus.WAITING).order_by("asked_at").values_list("asked_at", flat=True).first()
    return found
