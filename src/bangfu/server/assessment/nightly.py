"""政策找人: each night the whole register is answered at once, and what it finds is put before the staff of each area.

The tables, the answers and the findings are files of the night's folder, each of which appears whole; rows go into the
database in stretches, each with the job's progress. Killed anywhere, the night goes on from what is there.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models

from bangfu.rules.engine import Engine
from bangfu.rules.errors import BangfuError
from bangfu.rules.population.folder import MANIFEST, WORK
from bangfu.rules.population.run import Order, Progress, run_population
from bangfu.server.areas.models import Area
from bangfu.server.areas.selectors import districts
from bangfu.server.assessment.engines import engine_in
from bangfu.server.assessment.models import NightlyRow, NightlyRun, NightlyTotal
from bangfu.server.assessment.nightly_findings import RECEIVED, find, write_received
from bangfu.server.assessment.register_ledger import chunks, write_register
from bangfu.server.audit.acting import acting_as, system_actor
from bangfu.server.audit.actions import record
from bangfu.server.calendar import clock
from bangfu.server.jobs.actions import enqueue
from bangfu.server.jobs.kinds import JobRefusedError
from bangfu.server.jobs.models import Job, JobStatus
from bangfu.server.jobs.running import JobRun
from bangfu.server.registry.rows import insert_rows

KIND = "assessment.nightly"
ACTOR = "夜间测算"
FROM_HOUR = 1
"""A server that slept through the night catches up when it wakes."""
ROWS_A_STEP = 10_000
ASKED = 100
"""Households that both runners answer each night, so that the register itself proves that they agree."""
KEPT_NIGHTS = 14
"""Findings of so many nights are kept; totals stay."""
READ, ANSWERED, FOUND = 15, 60, 65
"""How far a night is, in percent, once the register is read, answered, held against the record."""
MOST_NAMED = 500


def ask_nightly(district: Area, day: dt.date, *, again: int = 0) -> Job:
    """Ask for a night of a district in the caller's act; the same night again gives the job that is there."""
    key = _key(district, day) + (f"-{again}" if again else "")
    return enqueue(KIND, key=key, area_code=district.low, given={"district": district.pk, "day": day.isoformat()}, total=100)


def ask_again(district: Area, day: dt.date) -> Job:
    """Ask for a night once more, in the caller's act; one that waits or runs is not asked for twice."""
    known = Job.objects.filter(kind=KIND, key__startswith=_key(district, day))
    under_way = known.filter(status__in=(JobStatus.WAITING, JobStatus.RUNNING)).first()
    return under_way or ask_nightly(district, day, again=known.count())


def ask_tonight(*, at_once: bool = False) -> int:
    """Ask, from one o'clock on or at once, for the night of each district that has none yet; return how many were asked for."""
    moment = clock.now()
    if moment.hour < FROM_HOUR and not at_once:
        return 0
    day = clock.today()
    lacking = [district for district in districts() if not Job.objects.filter(key=_key(district, day)).exists()]
    if lacking:
        with acting_as(system_actor(ACTOR)):
            for district in lacking:
                ask_nightly(district, day)
    return len(lacking)


def _key(district: Area, day: dt.date) -> str:
    return f"nightly-{district.code}-{day}"


def carry_out(run: JobRun) -> dict[str, Any]:
    """Do a night, or go on with it; return what the officer reads as its result."""
    if "finished" in run.state:  # killed between the last step and the end of the job
        return dict(run.state["finished"])
    district, day = Area.objects.get(pk=run.given["district"]), dt.date.fromisoformat(run.given["day"])
    try:
        engine = engine_in(district, day)
        folder = _folder(run.job, engine)
        night = _begin(run, district, day, folder)
        left_out = _answer(run, engine, district, day, folder)
    except BangfuError as error:
        raise JobRefusedError(error.text("zh")) from error
    _insert(run, night, folder)
    result = _finish(run, night, engine, folder, left_out)
    shutil.rmtree(folder.parent, ignore_errors=True)
    return result


def _folder(job: Job, engine: Engine) -> Path:
    """Return the folder of a night; a value signed meanwhile makes another pack, and the night begins anew.

    The moment of asking is part of the name: a restored database gives numbers anew.
    """
    return Path(settings.ENVIRONMENT.home) / "run" / "nightly" / f"{job.pk}-{job.asked_at:%Y%m%d%H%M%S%f}" / engine.pack.content_hash[:16]


def _begin(run: JobRun, district: Area, day: dt.date, folder: Path) -> NightlyRun:
    """Take the night's row with nothing of an earlier attempt that cannot be gone on with."""
    folder.mkdir(parents=True, exist_ok=True)
    resumed = run.state.get("rows", 0) and (folder / "found").is_file()
    with run.step() as step:
        night, _ = NightlyRun.objects.get_or_create(district=district, on=day)
        if not resumed:
            NightlyRow.objects.filter(run=night).delete()
            NightlyTotal.objects.filter(run=night).delete()
            NightlyRun.objects.filter(pk=night.pk).update(finished_at=None)
            step.state, step.done, step.total = {"rows": 0, "totals": False}, 0, 100
    return night


# -- files ---------------------------------------------------------------------------------------------------------
def _answer(run: JobRun, engine: Engine, district: Area, day: dt.date, folder: Path) -> list[dict[str, Any]]:
    """Make the files of the night; return the households that nobody could answer for."""
    ledger, result, found = folder / "ledger", folder / "result", folder / "found"
    if found.is_file():
        return _left_out(folder)
    if not ledger.is_dir():
        shutil.rmtree(result, ignore_errors=True)
        write_register(district, [engine], ledger)
    _told(run, READ)
    if not (result / MANIFEST).is_file():
        write_received(engine, day, ledger, folder / RECEIVED)
        order = Order(str(ledger), day, result, "met", resume=(result / WORK).is_dir(), asked=ASKED, open_of=folder / RECEIVED, totals=False)
        run_population(engine, order, Progress(lambda stage, total: run.beat(), lambda rows: None))
    _told(run, ANSWERED)
    left_out = find(engine, day, ledger, result, folder)
    _keep_left_out(folder, left_out)
    found.touch()
    _told(run, FOUND)
    return left_out


def _left_out(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "left_out.json").read_text(encoding="utf-8"))
    return found


def _keep_left_out(folder: Path, left_out: list[dict[str, Any]]) -> None:
    (folder / "left_out.json").write_text(json.dumps(left_out, ensure_ascii=False), encoding="utf-8")


def _told(run: JobRun, percent: int) -> None:
    with run.step() as step:
        step.done = max(percent, step.done)


# -- rows ----------------------------------------------------------------------------------------------------------
def _insert(run: JobRun, night: NightlyRun, folder: Path) -> None:
    """Put findings and totals into the database, a stretch a step."""
    count = _count(folder)
    for before, rows in chunks(folder, "findings", ROWS_A_STEP):
        if before < run.state["rows"]:
            continue
        with run.step() as step:
            insert(NightlyRow, [_row(night, row) for row in rows])
            step.state["rows"] = before + len(rows)
            step.done = FOUND + (99 - FOUND) * step.state["rows"] // count
    if not run.state["totals"]:
        with run.step() as step:
            for _, rows in chunks(folder, "totals", ROWS_A_STEP):
                NightlyTotal.objects.bulk_create([_total(night, row) for row in rows], batch_size=2_000)
            step.state["totals"] = True


def _count(folder: Path) -> int:
    import pyarrow.parquet as pq

    return max(1, int(pq.read_metadata(folder / "findings.parquet").num_rows))


def _row(night: NightlyRun, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "run_id": night.pk, "household_id": row["household"], "person_id": row["person"], "area_code": row["area"], "entry": row["entry"], "row": row["row"],
        "finding": row["finding"], "low_fen": row["low"], "high_fen": row["high"],
    }  # fmt: skip


def insert(model: type[models.Model], rows: list[dict[str, Any]]) -> None:
    """Insert many rows, by column name, without an object for each; the guards of the table hold as ever."""
    if rows:
        insert_rows(model, list(rows[0]), (tuple(row.values()) for row in rows))


def _total(night: NightlyRun, row: dict[str, Any]) -> NightlyTotal:
    return NightlyTotal(
        run=night, area_code=row["area"], entry=row["entry"], answers=row["answers"], households=row["households"], received=row["received"],
        low_fen=row["low"], high_fen=row["high"],
    )  # fmt: skip


def _finish(run: JobRun, night: NightlyRun, engine: Engine, folder: Path, left_out: list[dict[str, Any]]) -> dict[str, Any]:
    """Let the night count, and forget the findings of nights long past."""
    manifest = json.loads((folder / "result" / MANIFEST).read_text(encoding="utf-8"))
    counts = manifest["counts"]
    with run.step() as step:
        found: dict[str, int] = {str(finding): NightlyRow.objects.filter(run=night, finding=finding).count() for finding in ("missed", "ended")}
        NightlyRun.objects.filter(pk=night.pk).update(
            pack_hash=engine.pack.content_hash, households=counts["households"] + counts["households_rejected"] - len(left_out), people=counts["people"],
            left_out=left_out[:MOST_NAMED], lapsed_since=manifest["lapsed_since"], finished_at=clock.now(),
        )  # fmt: skip
        kept = NightlyRun.objects.filter(district=night.district).order_by("-on").values_list("pk", flat=True)[:KEPT_NIGHTS]
        NightlyRow.objects.filter(run__district=night.district).exclude(run__in=list(kept)).delete()
        result = {"households": counts["households"], "left_out": len(left_out), **found}
        record("nightly.done", of=night, area_code=night.district.low, details={"on": night.on.isoformat(), "pack": engine.pack.content_hash, **result})
        step.state["finished"], step.done = result, 100
    return result
