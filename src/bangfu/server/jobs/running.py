"""Carry out a job so that it can be killed anywhere: each step's work and its progress are one transaction.

A worker holds a job by a lease. A step begins by taking the job's row under that lease and ends by writing progress into
it; whoever lost the lease meanwhile cannot commit. So nothing is lost, and nothing is done twice.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, connection

from bangfu.server.audit.acting import acting_as, system_actor
from bangfu.server.audit.actions import record
from bangfu.server.calendar import clock
from bangfu.server.jobs.actions import claim
from bangfu.server.jobs.kinds import KINDS, JobRefusedError
from bangfu.server.jobs.models import Job, JobStatus

log = logging.getLogger("bangfu.jobs")
BEAT_SECONDS = 15
ACTOR = "任务"


class LeaseLostError(Exception):
    """Another worker has the job now; this one stops and writes nothing more."""


class JobCancelledError(Exception):
    """The officer cancelled the job."""


class Step:
    """What a step leaves: where a restart goes on from, and how far the work is."""

    def __init__(self, state: dict[str, Any], done: int, total: int | None) -> None:
        self.state, self.done, self.total = state, done, total


class JobRun:
    """One attempt at a job, as its function sees it."""

    def __init__(self, job: Job, lease: str) -> None:
        self.job, self._lease = job, lease
        self.given: dict[str, Any] = job.given
        self.state: dict[str, Any] = dict(job.state)
        self.done, self.total = job.done, job.total

    @contextmanager
    def step(self) -> Iterator[Step]:
        """Do a part of the work in one transaction, as the system; change ``state``, ``done``, ``total`` of what it yields.

        Raises:
            LeaseLostError: Another worker has the job.
            JobCancelledError: The officer cancelled it.
        """
        with acting_as(system_actor(ACTOR)):
            self._hold()
            made = Step(dict(self.state), self.done, self.total)
            yield made
            self._mine().update(state=made.state, done=made.done, total=made.total, beat_at=clock.moment())
        self.state, self.done, self.total = made.state, made.done, made.total

    def beat(self) -> None:
        """Give a sign of life between steps."""
        with acting_as(system_actor(ACTOR)):
            self._hold()

    def _hold(self) -> None:
        """Lock the job's row under the lease, or stop."""
        if not self._mine().update(beat_at=clock.moment()):
            raise LeaseLostError
        if self._mine().filter(cancel_asked=True).exists():
            raise JobCancelledError

    def _mine(self) -> Any:
        return Job.objects.filter(pk=self.job.pk, lease=self._lease, status=JobStatus.RUNNING)

    def end(self, status: JobStatus, reason: str = "", result: dict[str, Any] | None = None) -> None:
        """Write how the job ended; a worker that lost it writes nothing."""
        with acting_as(system_actor(ACTOR)):
            if self._mine().update(status=status, reason=reason, result=result or {}, ended_at=clock.now(), lease=""):
                record(f"job.{status}", of=self.job, area_code=self.job.area_code, details={"kind": self.job.kind, "done": self.done})


def run(pk: int) -> None:
    """Carry out a job if it waits; how it ends stands in its row."""
    lease = secrets.token_hex(16)
    with acting_as(system_actor(ACTOR)):
        taken = claim(pk, lease)
    if not taken:
        return
    attempt = JobRun(Job.objects.get(pk=pk), lease)
    with _heart(attempt):
        _carry_out(attempt)


def _carry_out(attempt: JobRun) -> None:
    kind = KINDS.get(attempt.job.kind)
    try:
        if kind is None:
            raise JobRefusedError(f"这个版本没有“{attempt.job.kind}”这类任务")
        attempt.end(JobStatus.DONE, result=kind.work(attempt))
    except LeaseLostError:
        log.warning("job %s was taken over by another worker", attempt.job.pk)
    except JobCancelledError:
        attempt.end(JobStatus.CANCELLED, "已取消")
    except JobRefusedError as error:
        attempt.end(JobStatus.FAILED, error.zh[:500])
    except Exception as error:
        # the text of an unforeseen error may hold personal data: it goes to the log, the officer sees its kind
        log.exception("job %s (%s) failed", attempt.job.pk, attempt.job.kind)
        attempt.end(JobStatus.FAILED, f"程序出错（{type(error).__name__}），详情在服务器日志，任务号 {attempt.job.pk}")


@contextmanager
def _heart(attempt: JobRun) -> Iterator[None]:
    """Beat beside the work, for work that computes long between steps."""
    stop = threading.Event()

    def beats() -> None:
        try:
            while not stop.wait(BEAT_SECONDS):
                try:
                    attempt.beat()
                except (LeaseLostError, JobCancelledError):
                    return
                except DatabaseError:
                    log.warning("job %s: a heartbeat did not reach the database", attempt.job.pk)
        finally:
            connection.close()  # of this thread alone; nobody else would

    thread = threading.Thread(target=beats, daemon=True, name=f"heart-{attempt.job.pk}")
    thread.start()
    try:
        yield
    finally:
        stop.set()
