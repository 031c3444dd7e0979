"""Writes of large exports: asked for, written part by part so that a dead worker loses one part at most, fetched, gone after a while.

Each part is a ledger of its own that can be imported again; several are packed together.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction

from bangfu.server.accounts.models import User
from bangfu.server.accounts.selectors import scope_for
from bangfu.server.areas.models import Area
from bangfu.server.areas.scope import Scope
from bangfu.server.audit.acting import current_actor
from bangfu.server.audit.actions import record
from bangfu.server.audit.models import Actor
from bangfu.server.calendar import clock
from bangfu.server.files.actions import delete_strays, forget, keep_private
from bangfu.server.jobs.actions import ENDED, cancel, enqueue
from bangfu.server.jobs.models import Job
from bangfu.server.registry.export import BATCH, LedgerWriter
from bangfu.server.registry.export_models import ExportRun
from bangfu.server.registry.marked import Mark
from bangfu.server.registry.models import Household
from bangfu.server.registry.packs import pack_at

FOLDER = "exports"
KIND = "registry.export"
PART_HOUSEHOLDS = 10_000
HOUSEHOLDS_MOST = 500_000
KEPT = dt.timedelta(hours=72)
"""A file with personal data lies ready no longer; whoever missed it asks again."""
GIVEN_UP_AFTER = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants exported: households of one area by key, why, and whether with whole ID numbers."""

    area: Area
    title: str
    ids: list[int]
    reason: str
    whole: bool = False
    filters: str = ""


@transaction.atomic
def ask(wish: Wish) -> ExportRun:
    """Ask for an export in the caller's act; the same again, while it is not ended, gives the one that is there."""
    actor, digest = current_actor(), hashlib.sha256(json.dumps(wish.ids).encode()).hexdigest()
    same: ExportRun | None = ExportRun.objects.filter(asked_by=actor.pk, area=wish.area, digest=digest, reason=wish.reason, whole=wish.whole, finished_at=None).first()
    if same is not None and Job.objects.filter(pk=same.job_id or 0).exclude(status__in=ENDED).exists():
        return same
    told = {"households": len(wish.ids), "whole_numbers": wish.whole, "filters": wish.filters[:200]}
    entry = record("register.exported", of=wish.area, area_code=wish.area.low, reason=wish.reason, details=told)
    made: ExportRun = ExportRun.objects.create(
        area=wish.area, area_code=wish.area.low, title=wish.title, reason=wish.reason, whole=wish.whole, number=entry.pk, asked_by=actor.pk, asked_at=clock.now(),
        digest=digest, ids=wish.ids, households=len(wish.ids),
    )  # fmt: skip
    made.job_id = enqueue(KIND, key=f"export-{made.pk}", area_code=made.area_code, given={"run": made.pk}, total=len(wish.ids)).pk
    made.save(update_fields=["job_id"])
    return made


def rights_of(run: ExportRun, today: dt.date) -> Scope:
    """Return where who asked may export today; nowhere if the area, or whole numbers in it, are theirs no more."""
    user = User.objects.filter(pk=Actor.objects.get(pk=run.asked_by).user_id or 0).first()
    if user is None:
        return Scope()
    scope = scope_for(user, "registry.export", today)
    whole = not run.whole or scope_for(user, "registry.reveal", today).covers(run.area)
    return scope if scope.covers(run.area) and whole else Scope()


def mark_of(run: ExportRun) -> Mark:
    """Return the mark that the file carries."""
    return Mark(Actor.objects.get(pk=run.asked_by).name, run.asked_at.astimezone(clock.HERE), run.number, run.reason, run.whole)


# -- parts -----------------------------------------------------------------------------------------------------------
def write_part(run: ExportRun, start: int, scope: Scope, told: Callable[[int], None]) -> tuple[str, int, int, int]:
    """Write the households from a place on; return path, households, bytes, and the place where the next part begins.

    What lies outside the scope by now is left out. ``told`` hears how far it is.
    """
    ids, place, written = run.ids or [], start, 0
    folder = scratch(run)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "part.xlsx"
    ledger = LedgerWriter(pack_at(run.area_code), target, mark_of(run))
    while place < min(len(ids), start + PART_HOUSEHOLDS) and not ledger.is_full:
        batch = list(Household.objects.within(scope).filter(pk__in=ids[place : place + BATCH]).select_related("area").order_by("area_code", "number"))
        ledger.write(batch)
        place, written = place + BATCH, written + len(batch)
        told(min(place, len(ids)))
    ledger.close([f"第 {len(run.parts) + 1} 部分"] if start or place < len(ids) else [])
    size = target.stat().st_size
    path = keep_private(FOLDER, target, ".xlsx")
    return path, written, size, place


def scratch(run: ExportRun) -> Path:
    """Return the private folder in which an export is put together; the moment is part of it, since a restored database gives numbers anew."""
    return Path(settings.ENVIRONMENT.home) / "run" / "exports" / f"{run.pk}-{run.asked_at:%Y%m%d%H%M%S%f}"


def finish(run: ExportRun) -> None:
    """Let the file be fetched: the only part, or all of them packed together."""
    stem = f"{run.title}-{run.asked_at.astimezone(clock.HERE):%Y-%m-%d}"
    if len(run.parts) == 1:
        path, _, size = run.parts[0]
        name = f"{stem}.xlsx"
    else:
        path, size = _packed(run, stem)
        name = f"{stem}.zip"
        for part, _, _ in run.parts:
            forget(part)
    ExportRun.objects.filter(pk=run.pk).update(
        path=path, name=name, size=size, households=sum(number for _, number, _ in run.parts), ids=None, parts=[], finished_at=clock.now(), expires_at=clock.now() + KEPT
    )
    shutil.rmtree(scratch(run), ignore_errors=True)


def _packed(run: ExportRun, stem: str) -> tuple[str, int]:
    """Pack the parts, which are packed in themselves, without packing them more."""
    target = scratch(run) / "all.zip"
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as packed:
        for number, (path, _, _) in enumerate(run.parts, 1):
            with packed.open(f"{stem}-{number:02d}.xlsx", "w") as inside, default_storage.open(path) as part:
                shutil.copyfileobj(part, inside)
    size = target.stat().st_size
    return keep_private(FOLDER, target, ".zip"), size


# -- the end -----------------------------------------------------------------------------------------------------------
@transaction.atomic
def drop(run: ExportRun) -> None:
    """Delete the file of an export at once, or what there is of it; one that is still written stops."""
    job = Job.objects.filter(pk=run.job_id or 0).exclude(status__in=ENDED).first()
    if job is not None:
        cancel(job, "导出已放弃")
    for path in [run.path, *(part for part, _, _ in run.parts)]:
        forget(path)
    ExportRun.objects.filter(pk=run.pk).update(path="", parts=[], ids=None, expires_at=clock.now())
    shutil.rmtree(scratch(run), ignore_errors=True)
    record("export.dropped", of=run, area_code=run.area_code)


def forget_old_exports() -> int:
    """Delete the files that expired, give up exports that never ended, and delete strays; return how many."""
    now = clock.now()
    gone = 0
    for run in [*ExportRun.objects.filter(expires_at__lt=now).exclude(path=""), *ExportRun.objects.filter(finished_at=None, asked_at__lt=now - GIVEN_UP_AFTER, ids__isnull=False)]:
        drop(run)
        gone += 1
    known = set(ExportRun.objects.exclude(path="").values_list("path", flat=True)) | {part[0] for parts in ExportRun.objects.exclude(parts=[]).values_list("parts", flat=True) for part in parts}
    delete_strays(FOLDER, known, clock.moment())
    return gone
