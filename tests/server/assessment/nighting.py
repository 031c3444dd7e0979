"""An installation with a small register, and a worker that a test kills in a night: ``python -m tests.server.assessment.nighting``.

``NIGHT_KILL`` names the point as ``place:number``: *read* (a kind of row is about to be read out of the register), *answer*
(a sign of life while the tables are answered), *found* (the findings are written, not marked whole), *told* (a stage is
committed), *insert* and *totals* (rows are written, nothing is committed), *inserted* (a stretch is committed), *finish* (all
is written, the last step is not committed), *end* (it is committed, the job is not marked done).
"""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any

from tests.server.ops.counting import prepare, reap, work

DAY = dt.date(2023, 9, 15)
HOUSEHOLDS, ROWS = 8, 25
ASKED: Counter[str] = Counter()


def maybe_die(place: str) -> None:
    """Be killed, as by the power cut, if this is the point."""
    number = ASKED[place]
    ASKED[place] += 1
    if os.environ.get("NIGHT_KILL") == f"{place}:{number}":
        os.kill(os.getpid(), signal.SIGKILL)


def around(module: Any, name: str, *, before: str = "", after: str = "") -> None:
    """Let a function of a module be a point at which to die."""
    whole: Callable[..., Any] = getattr(module, name)

    @wraps(whole)
    def call(*args: Any, **kwargs: Any) -> Any:
        if before:
            maybe_die(before)
        found = whole(*args, **kwargs)
        if after:
            maybe_die(after)
        return found

    setattr(module, name, call)


def wrap() -> None:
    """Let a night go in small stretches and die at its point."""
    from bangfu.server.assessment import nightly, register_ledger
    from bangfu.server.jobs import kinds, running

    nightly.ROWS_A_STEP = ROWS
    around(register_ledger, "_load", before="read")
    around(nightly, "_keep_left_out", after="found")
    around(nightly, "_told", after="told")
    around(nightly, "insert", before="inserted", after="insert")
    around(nightly, "_total", after="totals")
    around(nightly, "record", after="finish")
    around(running.JobRun, "beat", after="answer")
    kind = kinds.KINDS[nightly.KIND]

    def to_the_end(run: Any) -> Any:
        told = nightly.carry_out(run)
        maybe_die("end")
        return told

    kinds.KINDS[nightly.KIND] = kinds.Kind(kind.name, kind.label, to_the_end)


def start() -> None:
    """Make a district with households that tell much or little of themselves, on a day of the document's force."""
    from bangfu.server.accounts.models import User
    from bangfu.server.assessment.engines import engine_for
    from bangfu.server.audit.acting import acting_as, system_actor
    from bangfu.server.calendar.published import set_business_date
    from bangfu.server.demonstration.staff import make_areas, make_staff
    from tests.rules.population.ledgers import district
    from tests.server.assessment.conftest import in_register
    from tests.server.assessment.test_nightly import partly
    from tests.server.conftest import World

    with acting_as(system_actor("演示")):
        areas = make_areas()
        make_staff(areas)
        set_business_date(DAY)
    world = World(areas, {"other": User.objects.get(username="other")})
    engine = engine_for(520302001001, DAY)
    for number, given in enumerate(district(engine, HOUSEHOLDS, DAY, stated=(0.97, 0.6))):
        in_register(world, "杨柳社区", partly(given, number), engine.pack, "other")


def ask(again: str) -> None:
    """Ask for the night of the day, once more each time."""
    from bangfu.server.areas.models import Area
    from bangfu.server.assessment.nightly import ask_nightly
    from bangfu.server.audit.acting import acting_as, system_actor

    with acting_as(system_actor("夜间测算")):
        ask_nightly(Area.objects.get(code="520302"), DAY, again=int(again))


def tell() -> None:
    """Print every row of the night and how its newest job stands, without what depends on when it ran, as one line of JSON."""
    from django.conf import settings

    from bangfu.server.assessment.models import NightlyRow, NightlyRun, NightlyTotal
    from bangfu.server.audit.models import Entry
    from bangfu.server.jobs.models import Job

    night = NightlyRun.objects.filter(on=DAY).first()
    job = Job.objects.filter(kind="assessment.nightly").latest("pk")
    folder = settings.ENVIRONMENT.home / "run" / "nightly"
    said = Entry.objects.filter(action="nightly.done").order_by("-pk").values_list("details", flat=True).first()
    told: dict[str, Any] = {
        "rows": sorted(map(list, NightlyRow.objects.filter(run=night).values_list("household", "person", "area_code", "entry", "row", "finding", "low_fen", "high_fen")), key=str),
        "totals": sorted(map(list, NightlyTotal.objects.filter(run=night).values_list("area_code", "entry", "answers", "households", "received", "low_fen", "high_fen")), key=str),
        "night": None if night is None else [night.pack_hash, night.households, night.people, night.left_out, str(night.lapsed_since), night.finished_at is not None],
        "job": [job.status, job.done, job.total, job.result, job.reason], "said": said, "entries": Entry.objects.filter(action="nightly.done").count(),
        "folders": len(list(folder.iterdir())) if folder.is_dir() else 0, "reached": dict(ASKED),
    }  # fmt: skip
    print(json.dumps(told, ensure_ascii=False))


def main() -> None:
    """Do what the words say, one after another; a word may carry an argument after ``=``."""
    import django

    django.setup()
    wrap()
    for word in sys.argv[1:]:
        name, _, argument = word.partition("=")
        {"prepare": prepare, "start": start, "ask": ask, "work": work, "reap": reap, "tell": tell}[name](*([argument] if argument else []))


if __name__ == "__main__":
    main()
