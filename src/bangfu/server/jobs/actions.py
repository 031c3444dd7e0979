"""Writes of jobs: ask for one, try again, cancel, and take back what a dead worker held."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import F, Q

from bangfu.server.audit.acting import current_actor
from bangfu.server.audit.actions import record
from bangfu.server.calendar import clock
from bangfu.server.jobs.kinds import KINDS
from bangfu.server.jobs.models import Job, JobStatus
from bangfu.server.jobs.transport import carry_out, is_queued

LEASE = dt.timedelta(seconds=120)
"""A worker that gave no sign of life for so long is taken for dead."""
MOST_ATTEMPTS = 5
ENDED = (JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELLED)


class JobStateError(Exception):
    """The job is not in a state that allows the act; ``zh`` and ``en`` say which."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def enqueue(kind: str, *, key: str, area_code: int, given: dict[str, Any] | None = None, total: int | None = None) -> Job:
    """Ask for a job in the caller's transaction: no commit, no job. The same key again gives the job that is there.

    Raises:
        KeyError: No such kind is registered.
        NoActorError: Nobody asks.
    """
    KINDS[kind]
    made, new = Job.objects.get_or_create(
        key=key,
        defaults={"kind": kind, "asked_by": current_actor().pk, "asked_at": clock.now(), "area_code": area_code, "given": given or {}, "total": total},
    )
    if new:
        record("job.asked", of=made, area_code=area_code, details={"kind": kind})
        carry_out.enqueue(made.pk)
    return made


def retry(job: Job, reason: str) -> None:
    """Try a job again that failed or was cancelled; it goes on from where it stood.

    Raises:
        JobStateError: It neither failed nor was cancelled.
    """
    changed = Job.objects.filter(pk=job.pk, status__in=(JobStatus.FAILED, JobStatus.CANCELLED)).update(
        status=JobStatus.WAITING, reason="", ended_at=None, lease="", cancel_asked=False, attempts_before=F("attempt")
    )
    if not changed:
        raise JobStateError("只有失败或已取消的任务才能重试", "only a failed or cancelled job can be tried again")
    record("job.retried", of=job, area_code=job.area_code, reason=reason)
    carry_out.enqueue(job.pk)


def cancel(job: Job, reason: str) -> None:
    """Cancel a job: a waiting one at once, a running one before its next step. What it did so far stays.

    Raises:
        JobStateError: It has ended.
    """
    waiting = Job.objects.filter(pk=job.pk, status=JobStatus.WAITING).update(status=JobStatus.CANCELLED, ended_at=clock.now(), reason="已取消")
    if not waiting and not Job.objects.filter(pk=job.pk, status=JobStatus.RUNNING).update(cancel_asked=True):
        raise JobStateError("任务已经结束，不能取消", "the job has ended and cannot be cancelled")
    record("job.cancelled", of=job, area_code=job.area_code, reason=reason)


def reap(lease: dt.timedelta = LEASE) -> int:
    """Put jobs of dead workers back into the queue, in the caller's act; return how many.

    A job that died too often is failed, so that one that kills its worker does not do so for ever. A waiting job that the
    transport lost (its worker died between taking the task and claiming the job) is handed over again.
    """
    moment = clock.moment()
    silent = Q(status=JobStatus.RUNNING) & (Q(beat_at=None) | Q(beat_at__lte=moment - lease))
    found = 0
    for row in Job.objects.filter(silent).values("pk", "lease", "attempt", "attempts_before"):
        mine = Job.objects.filter(silent, pk=row["pk"], lease=row["lease"])
        if row["attempt"] - row["attempts_before"] >= MOST_ATTEMPTS:
            mine.update(status=JobStatus.FAILED, lease="", ended_at=clock.now(), reason=f"连续 {MOST_ATTEMPTS} 次中途停止，请联系系统管理员")
        elif mine.update(status=JobStatus.WAITING, lease=""):
            carry_out.enqueue(row["pk"])
        found += 1
    for pk in Job.objects.filter(status=JobStatus.WAITING).values_list("pk", flat=True):
        if not is_queued(pk):
            carry_out.enqueue(pk)
            found += 1
    return found


def claim(pk: int, lease: str) -> bool:
    """Take a waiting job; of two workers one gets it."""
    return bool(
        Job.objects.filter(pk=pk, status=JobStatus.WAITING).update(
            status=JobStatus.RUNNING, lease=lease, beat_at=clock.moment(), attempt=F("attempt") + 1
        )
    )
