"""What a value, or a change that somebody only tries, does to everybody on the register: a job that reads and grants nothing."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from bangfu.rules.errors import BangfuError
from bangfu.rules.policies_folder import policies_folder
from bangfu.rules.population.run import Progress
from bangfu.rules.whatif.changes import read_change
from bangfu.rules.whatif.pair import Pair, differences, make_pair
from bangfu.rules.whatif.run import RESULT, WhatIfOrder, what_if
from bangfu.server.areas.models import Area
from bangfu.server.areas.scope import Scope
from bangfu.server.assessment.engines import OVERLAY, engine_of
from bangfu.server.assessment.models import PolicyValue, WhatIfHousehold, WhatIfRun
from bangfu.server.assessment.nightly import insert
from bangfu.server.assessment.overlays import overlay_of
from bangfu.server.assessment.register_ledger import chunks, write_register
from bangfu.server.assessment.values import ValueRefusedError, base_text, variant_text
from bangfu.server.assessment.whatif_back_pay import write_households
from bangfu.server.audit.acting import current_actor
from bangfu.server.audit.actions import record
from bangfu.server.calendar import clock
from bangfu.server.jobs.actions import enqueue
from bangfu.server.jobs.kinds import JobRefusedError
from bangfu.server.jobs.models import Job, JobStatus
from bangfu.server.jobs.running import JobRun

KIND = "assessment.whatif"
ROWS_A_STEP = 10_000
MOST_CHANGES = 10
READ, ANSWERED, FOUND = 15, 70, 80


# -- ask ---------------------------------------------------------------------------------------------------------------
def ask_for_value(scope: Scope, value: PolicyValue) -> WhatIfRun:
    """Ask what an entered value does, in the caller's act; one that is on its way is not asked for twice.

    Raises:
        ValueRefusedError: Outside the scope.
    """
    under_way = _under_way(WhatIfRun.objects.filter(value=value, finished_at=None))
    return under_way or _ask(scope, value.district, max(value.since, clock.today()), value=value)


def ask_for_changes(scope: Scope, district: Area, changes: Sequence[str], day: dt.date) -> WhatIfRun:
    """Ask what changes written as ``name=value`` or ``name=+30`` do, in the caller's act; nothing is entered.

    Raises:
        ValueRefusedError: Outside the scope, or a change cannot be read or does nothing.
    """
    listed = [text.strip() for text in changes if text.strip()]
    if not 0 < len(listed) <= MOST_CHANGES:
        raise ValueRefusedError(f"请写 1 到 {MOST_CHANGES} 处改动，每行一处")
    try:
        for text in listed:
            read_change(text)
        _tried(district, listed, day)
    except BangfuError as error:
        raise ValueRefusedError(error.text("zh")) from None
    under_way = _under_way(WhatIfRun.objects.filter(district=district, value=None, changes=listed, day=day, finished_at=None))
    return under_way or _ask(scope, district, day, changes=listed)


def _under_way(runs: Any) -> WhatIfRun | None:
    for run in runs:
        if Job.objects.filter(pk=run.job_id, status__in=(JobStatus.WAITING, JobStatus.RUNNING)).exists():
            found: WhatIfRun = run
            return found
    return None


def _ask(scope: Scope, district: Area, day: dt.date, *, value: PolicyValue | None = None, changes: Sequence[str] = ()) -> WhatIfRun:
    if not scope.covers(district):
        raise ValueRefusedError("这个区县不在您管的辖区内")
    made = WhatIfRun.objects.create(district=district, value=value, changes=list(changes), day=day, asked_by=current_actor().pk, asked_at=clock.now())
    job = enqueue(KIND, key=f"whatif-{made.pk}", area_code=district.low, given={"run": made.pk}, total=100)
    WhatIfRun.objects.filter(pk=made.pk).update(job_id=job.pk)
    made.job_id = job.pk
    record("whatif.asked", of=made, area_code=district.low, details={"value": value.pk if value else None, "changes": list(changes), "day": day.isoformat()})
    return made


# -- both packs ----------------------------------------------------------------------------------------------------------
def pair_of(asked: WhatIfRun) -> Pair:
    """Return the pack that stands and the changed one.

    Raises:
        BangfuError: A change does not fit the pack.
    """
    if asked.value is None:
        return _tried(asked.district, asked.changes, asked.day)
    place, day = asked.district.place, asked.day
    base, variant = (engine_of(place, text(asked.value, day)) for text in (base_text, variant_text))
    return Pair(base, variant, day, tuple(differences(base.pack, variant.pack, day)))


def _tried(district: Area, changes: Sequence[str], day: dt.date) -> Pair:
    overlay = overlay_of(district, day)
    return make_pair(policies_folder(), district.place, day, list(changes), [(OVERLAY, overlay)] if overlay else [])


# -- the job -------------------------------------------------------------------------------------------------------------
def carry_out(run: JobRun) -> dict[str, Any]:
    """Answer the register under both packs, or go on with it."""
    asked = WhatIfRun.objects.select_related("district", "value").get(pk=run.given["run"])
    try:
        pair = pair_of(asked)
        folder = Path(settings.ENVIRONMENT.home) / "run" / "whatif" / f"{asked.pk}-{asked.asked_at:%Y%m%d%H%M%S%f}-{pair.variant.pack.content_hash[:16]}"
        _begin(run, asked, folder)
        data = _answer(run, asked, pair, folder)
    except BangfuError as error:
        raise JobRefusedError(error.text("zh")) from error
    _insert(run, asked, folder)
    result = _finish(run, asked, data)
    shutil.rmtree(folder, ignore_errors=True)
    return result


def _begin(run: JobRun, asked: WhatIfRun, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if run.state.get("rows", 0) and (folder / "households.parquet").is_file():
        return
    with run.step() as step:
        WhatIfHousehold.objects.filter(run=asked).delete()
        step.state, step.done, step.total = {"rows": 0}, 0, 100


def _answer(run: JobRun, asked: WhatIfRun, pair: Pair, folder: Path) -> dict[str, Any]:
    """Make the files of both answers; return the result as plain data."""
    ledger, out = folder / "ledger", folder / "out"
    if not ledger.is_dir():
        write_register(asked.district, [pair.base, pair.variant], ledger)
    _told(run, READ)
    if not (out / RESULT).is_file():
        order = WhatIfOrder(str(ledger), out, "met", resume=(out / "base").exists())
        what_if(pair, order, Progress(lambda stage, total: run.beat(), lambda rows: None))
    _told(run, ANSWERED)
    if not (folder / "households.parquet").is_file():
        since = asked.value.since if asked.value is not None else asked.day
        write_households(pair.base, ledger, out, folder, since, clock.today())
    _told(run, FOUND)
    data: dict[str, Any] = json.loads((out / RESULT).read_text(encoding="utf-8"))
    return data


def _told(run: JobRun, percent: int) -> None:
    with run.step() as step:
        step.done = max(percent, step.done)


def _insert(run: JobRun, asked: WhatIfRun, folder: Path) -> None:
    for before, rows in chunks(folder, "households", ROWS_A_STEP):
        if before < run.state["rows"]:
            continue
        with run.step() as step:
            insert(WhatIfHousehold, [_row(asked, row) for row in rows])
            step.state["rows"] = before + len(rows)


def _row(asked: WhatIfRun, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "run_id": asked.pk, "household_id": row["household"], "area_code": row["area"], "kind": row["kind"], "regular_fen": row["regular"],
        "event_fen": row["event"], "back_fen": row["back"],
    }  # fmt: skip


def _finish(run: JobRun, asked: WhatIfRun, data: dict[str, Any]) -> dict[str, Any]:
    with run.step() as step:
        data["back_fen"] = sum(WhatIfHousehold.objects.filter(run=asked).values_list("back_fen", flat=True))
        data["back_households"] = WhatIfHousehold.objects.filter(run=asked).exclude(back_fen=0).count()
        WhatIfRun.objects.filter(pk=asked.pk).update(data=data, finished_at=clock.now())
        record("whatif.done", of=asked, area_code=asked.district.low, details={"base": data["base_hash"], "variant": data["variant_hash"], **data["classes"]})
        step.done = 100
    return {name: data["classes"][name] for name in ("gain", "lose", "mixed")}
