"""Reads of jobs."""

from __future__ import annotations

from typing import Any

from bangfu.server.areas.scope import Scope
from bangfu.server.jobs.kinds import KINDS
from bangfu.server.jobs.models import Job


def jobs_within(scope: Scope) -> Any:
    """Return the jobs that lie inside a scope, newest first."""
    return Job.objects.within(scope)


def label_of(kind: str) -> str:
    """Return what an officer reads for a kind of job."""
    return KINDS[kind].label if kind in KINDS else kind
