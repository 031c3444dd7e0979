"""django-tasks brings a job's number to a worker, and no more: our own row decides whether and from where it is done.

After ``kill -9`` a task of the library stays RUNNING for ever; the reaper hands the job over anew.
"""

from __future__ import annotations

from django.conf import settings
from django_tasks import task
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult


@task()  # type: ignore[untyped-decorator]
def carry_out(pk: int) -> None:
    """Do a job."""
    from bangfu.server.jobs.running import run

    run(pk)


@task()  # type: ignore[untyped-decorator]
def sign_of_life() -> None:
    """Leave the moment in a file of the home: a worker takes tasks from the queue."""
    folder = settings.ENVIRONMENT.home / "run"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "worker").touch()


def is_queued(pk: int) -> bool:
    """Tell whether a task for the job waits in the queue."""
    ready = DBTaskResult.objects.filter(status=TaskResultStatus.READY, task_path=carry_out.module_path)
    return any(args["args"] == [pk] for args in ready.values_list("args_kwargs", flat=True))
