"""A job that counts, and a worker that a test kills at a chosen point: started as ``python -m tests.server.ops.counting``.

``COUNT_KILL`` names the point as ``place:step:row``: *claim* (before the row is taken), *row* (inside a step, after some
rows), *commit* (after a step's commit), *end* (after the last step, before the job is marked done).
"""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import sys
from typing import Any

STEPS, ROWS = 20, 5


def maybe_die(place: str, step: int = 0, row: int = 0) -> None:
    """Be killed, as by the power cut, if this is the point."""
    if os.environ.get("COUNT_KILL") == f"{place}:{step}:{row}":
        os.kill(os.getpid(), signal.SIGKILL)


def count(run: Any) -> dict[str, Any]:
    """Write one row per number, so many a step."""
    from bangfu.server.audit.actions import record

    for number in range(run.state.get("next", 0), STEPS):
        with run.step() as step:
            for row in range(ROWS):
                record("count.row", of=run.job, details={"step": number, "row": row})
                maybe_die("row", number, row)
            step.state["next"] = number + 1
            step.done += ROWS
        maybe_die("commit", number)
    maybe_die("end")
    return {"rows": run.done}


def prepare() -> None:
    """Make the installation."""
    from django.conf import settings

    from bangfu.server.installation import bring_up_to_date
    from bangfu.server.keys import make_first_keys

    make_first_keys(settings.ENVIRONMENT.keys)
    bring_up_to_date(demo=False)


def ask(key: str) -> None:
    """Ask for a count."""
    from bangfu.server.audit.acting import acting_as, system_actor
    from bangfu.server.jobs.actions import enqueue

    with acting_as(system_actor("任务")):
        enqueue("count", key=key, area_code=0, total=STEPS * ROWS)


def work() -> None:
    """Be the worker until nothing is left to do."""
    from django.core.management import call_command

    from bangfu.server.jobs import running

    claim = running.claim

    def claimed(pk: int, lease: str) -> bool:
        maybe_die("claim")
        return claim(pk, lease)

    running.claim = claimed
    call_command("db_worker", batch=True, startup_delay=False)
    running.claim = claim


def reap() -> None:
    """Take every running job for dead."""
    from bangfu.server.audit.acting import acting_as, system_actor
    from bangfu.server.jobs import actions

    with acting_as(system_actor("任务")):
        actions.reap(dt.timedelta(0))


def tell(key: str) -> None:
    """Print a job and every row it wrote, as one line of JSON."""
    from bangfu.server.audit.models import Entry
    from bangfu.server.jobs.models import Job

    told = Job.objects.get(key=key)
    rows = Entry.objects.filter(action="count.row", object_id=str(told.pk)).order_by("pk").values_list("details", flat=True)
    print(json.dumps({"status": told.status, "done": told.done, "state": told.state, "result": told.result, "rows": list(rows), "attempt": told.attempt}))


def main() -> None:
    """Do what the words say, one after another; a word may carry an argument after ``=``."""
    import django

    django.setup()

    from bangfu.server.jobs.kinds import job

    job("count", "计数")(count)
    for word in sys.argv[1:]:
        name, _, argument = word.partition("=")
        {"prepare": prepare, "ask": ask, "work": work, "reap": reap, "tell": tell}[name](*([argument] if argument else []))


if __name__ == "__main__":
    main()
