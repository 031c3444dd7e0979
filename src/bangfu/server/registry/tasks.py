"""Background work of the register: the dry run of a ledger, its import, the search for duplicates, what is due for deletion."""

from __future__ import annotations

from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage

from bangfu.rules.errors import HouseholdError
from bangfu.server.areas.models import Area, Level
from bangfu.server.areas.scope import Scope
from bangfu.server.audit.acting import acting_as
from bangfu.server.audit.models import Actor
from bangfu.server.calendar import clock
from bangfu.server.jobs.kinds import JobRefusedError, job
from bangfu.server.jobs.running import JobRun
from bangfu.server.registry import duplicate_actions, export_actions, import_actions, rights_actions
from bangfu.server.registry.actions import put_right_if_different
from bangfu.server.registry.enums import ImportStatus
from bangfu.server.registry.export_models import ExportRun
from bangfu.server.registry.import_check import Register
from bangfu.server.registry.import_models import ImportRun
from bangfu.server.registry.ledger_file import LedgerBook, read_book
from bangfu.server.registry.packs import pack_at
from bangfu.server.registry.selectors import households_within

BATCH = 200
LISTED_MOST = 2000


def _opened(run: JobRun, status: ImportStatus) -> ImportRun:
    found: ImportRun | None = ImportRun.objects.filter(pk=run.given["run"]).select_related("area").first()
    if found is None or found.status != status or not found.path:
        raise JobRefusedError("这份台账已放弃或已处理")
    return found


def _book(found: ImportRun) -> LedgerBook:
    try:
        return read_book(pack_at(found.area_code), Path(default_storage.path(found.path)))
    except HouseholdError as error:
        raise JobRefusedError(error.faults[0].zh) from None


@job("registry.import_check", "核对台账")
def check_ledger(run: JobRun) -> dict[str, Any]:
    """Find every fault of a ledger; nothing of it is written but the report."""
    found = _opened(run, ImportStatus.CHECKING)
    book, register = _book(found), Register(found.area)
    checked = []
    for start in range(0, len(book.households), BATCH):
        batch = book.households[start : start + BATCH]
        checked += register.check(batch)
        with run.step() as step:
            step.done, step.total = start + len(batch), len(book.households)
    with run.step():
        import_actions.report(found, checked, book.faults, book.notices)
    return {"faults": len(book.faults) + sum(len(c.faults) for c in checked)}


@job("registry.import", "导入台账")
def import_ledger(run: JobRun) -> dict[str, Any]:
    """Take in the households without faults, a batch a step, as the officer who confirmed."""
    if run.state.get("finished"):
        return dict(run.state["told"])
    found = _opened(run, ImportStatus.RUNNING)
    book, register = _book(found), Register(found.area)
    officer = Actor.objects.get(pk=run.job.asked_by)
    for start in range(run.state.get("next", 0), len(book.households), BATCH):
        batch = book.households[start : start + BATCH]
        with run.step() as step:
            with acting_as(officer), clock.one_day():
                told = import_actions.import_batch(found, register, batch)
            step.state = {"next": start + len(batch), "told": _sum(step.state.get("told", {}), told)}
            step.done, step.total = start + len(batch), len(book.households)
    with run.step() as step:
        told = step.state.get("told", {})
        with acting_as(officer):
            import_actions.finish(found, told)
        step.state = {**step.state, "finished": True}
    return {key: value if isinstance(value, int) else len(value) for key, value in told.items()}


def _sum(before: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """Add a batch to what the batches before it came to; long lists end with how many are left out."""
    return {key: before.get(key, 0) + value if isinstance(value, int) else [*before.get(key, []), *value][:LISTED_MOST] for key, value in told.items()}


@job(export_actions.KIND, "导出台账")
def export_register(run: JobRun) -> dict[str, Any]:
    """Write a large export, a part a step, as far as who asked may still have it."""
    found: ExportRun | None = ExportRun.objects.filter(pk=run.given["run"]).select_related("area").first()
    if found is None or (found.ids is None and found.finished_at is None):
        raise JobRefusedError("这次导出已放弃")
    scope = export_actions.rights_of(found, clock.today())
    if not scope.ranges:
        raise JobRefusedError("发起人已没有这个辖区的导出权限")
    while found.ids is not None and run.state.get("next", 0) < len(found.ids):
        *part, place = export_actions.write_part(found, run.state.get("next", 0), scope, partial(_how_far, run))
        found.parts = [*found.parts, part]
        with run.step() as step:
            ExportRun.objects.filter(pk=found.pk).update(parts=found.parts)
            step.state, step.done = {"next": place}, min(place, len(found.ids))
    if found.finished_at is None:
        with run.step():
            export_actions.finish(found)
    return {"households": sum(number for _, number, _ in found.parts)}


def _how_far(run: JobRun, done: int) -> None:
    with run.step() as step:
        step.done = done


@job("registry.duplicates", "查找重复的人")
def find_duplicates(run: JobRun) -> dict[str, Any]:
    """Look over all areas for people entered twice, a batch of groups a step; found again is the same pair."""
    start = clock.now()
    waiting: list[Any] = []
    found = 0
    for group in chain(duplicate_actions.groups(), [None]):
        if group is not None:
            waiting.append(group)
        if waiting and (group is None or len(waiting) >= BATCH):
            with run.step() as step:
                found += duplicate_actions.keep_pairs(waiting, start)
                step.done += len(waiting)
            waiting = []
    with run.step():
        duplicate_actions.drop_pairs_before(start)
    return {"pairs": found}


@job("registry.retention", "列出保存期满的资料")
def list_retention(run: JobRun) -> dict[str, Any]:
    """List what is due in a district, and delete withdrawn files whose period is over."""
    district = _district(run)
    with run.step():
        return {"households": rights_actions.list_due(district), "files": rights_actions.destroy_due_files(district)}


@job("registry.compare", "核对现况与陈述")
def compare_facts(run: JobRun) -> dict[str, Any]:
    """Hold what is current in a district against the log, household by household, and put it right: a validity ended, or a row was changed beside the log."""
    households = households_within(Scope.of([_district(run)]), closed=True).order_by("pk")
    while True:
        batch = list(households.filter(pk__gt=run.state.get("last", 0))[:BATCH])
        if not batch:
            return {"compared": run.done, "put_right": run.state.get("put_right", 0)}
        with run.step() as step:
            put_right = sum(put_right_if_different(household) for household in batch)
            step.state = {"last": batch[-1].pk, "put_right": step.state.get("put_right", 0) + put_right}
            step.done += len(batch)


def _district(run: JobRun) -> Area:
    """Return the district that a job was asked for."""
    return Area.objects.get(level=Level.DISTRICT, low=run.job.area_code)
