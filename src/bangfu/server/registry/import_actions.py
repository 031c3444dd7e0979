"""Writes of ledger imports: upload, the dry run's report, the officer's yes, the work itself, the end."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from bangfu.rules.errors import HouseholdError
from bangfu.rules.ledger.read import LIMIT_BYTES, open_book
from bangfu.server.areas.models import Area
from bangfu.server.audit.acting import current_actor
from bangfu.server.audit.actions import record
from bangfu.server.calendar import clock
from bangfu.server.files.actions import delete_strays, forget, plain_name, write_private
from bangfu.server.files.kinds import FileRefusedError
from bangfu.server.jobs.actions import enqueue
from bangfu.server.jobs.models import Job
from bangfu.server.registry.actions import RefusedError, StaleError
from bangfu.server.registry.duplicate_actions import see_elsewhere
from bangfu.server.registry.enums import ImportStatus, Source
from bangfu.server.registry.import_apply import bring_up_to_date, take_in
from bangfu.server.registry.import_check import Checked, Register
from bangfu.server.registry.import_known import bring_many_up_to_date
from bangfu.server.registry.import_models import ImportRun
from bangfu.server.registry.ledger_file import LedgerHousehold

FOLDER = "imports"
FAULTS_MOST = 20_000
ATTEMPTS = 5
KEPT_DAYS = 14
OPEN = (ImportStatus.CHECKING, ImportStatus.CHECKED, ImportStatus.RUNNING)


@dataclass(frozen=True, slots=True)
class Upload:
    """A ledger as it was uploaded: for which area, of which day, from which source."""

    area: Area
    name: str
    content: bytes
    taken_on: dt.date
    source: Source


@transaction.atomic
def upload(given: Upload) -> ImportRun:
    """Keep a ledger and ask for its dry run. The same file again, while it is not ended, gives the run that is there.

    Raises:
        FileRefusedError: It is no Excel workbook, too large, or packed to burst.
    """
    if len(given.content) > LIMIT_BYTES:
        raise FileRefusedError(f"文件超过 {LIMIT_BYTES // 1_000_000} MB，请分成几个", f"the file is larger than {LIMIT_BYTES // 1_000_000} MB: split it")
    digest = hashlib.sha256(given.content).hexdigest()
    there: ImportRun | None = ImportRun.objects.filter(area=given.area, digest=digest, taken_on=given.taken_on, source=given.source, status__in=OPEN).first()
    if there is not None:
        return there
    path = write_private(FOLDER, given.content, ".xlsx")
    _refuse_no_workbook(path)
    made = ImportRun.objects.create(
        area=given.area, area_code=given.area.low, file_name=plain_name(given.name, ".xlsx"), path=path, digest=digest, size=len(given.content),
        source=given.source, taken_on=given.taken_on, uploaded_by=current_actor().pk, uploaded_at=clock.now(),
    )  # fmt: skip
    record("import.uploaded", of=made, area_code=made.area_code, details={"size": made.size})
    made.check_job = enqueue("registry.import_check", key=f"import-{made.pk}-check", area_code=made.area_code, given={"run": made.pk}).pk
    made.save(update_fields=["check_job"])
    return made


def _refuse_no_workbook(path: str) -> None:
    try:
        open_book(Path(default_storage.path(path)))
    except HouseholdError as error:
        default_storage.delete(path)
        raise FileRefusedError(f"{error.faults[0].zh.split('：')[0]}。请用模板填写，存为 .xlsx", f"{error.faults[0].en.split(':')[0]}. Fill in the template and save it as .xlsx") from None


@transaction.atomic
def confirm(run: ImportRun) -> Job:
    """Ask for the import of the households without faults; asked twice it is one job.

    Raises:
        RefusedError: The dry run is not done, found nothing to import, or the run has ended.
    """
    if run.status == ImportStatus.RUNNING and run.import_job:
        return Job.objects.get(pk=run.import_job)
    if run.status != ImportStatus.CHECKED or not run.report.get("ready"):
        raise RefusedError("这份台账现在不能导入，请看核对结果", "this ledger cannot be imported now: see what the dry run found")
    job = enqueue("registry.import", key=f"import-{run.pk}", area_code=run.area_code, given={"run": run.pk}, total=run.report["households"])
    if not ImportRun.objects.filter(pk=run.pk, status=ImportStatus.CHECKED).update(status=ImportStatus.RUNNING, import_job=job.pk):
        raise RefusedError("别人刚刚处理了这份台账，请刷新", "somebody else has just dealt with this ledger: reload the page")
    record("import.confirmed", of=run, area_code=run.area_code, details={"ready": run.report["ready"], "faulty": run.report["faulty"]})
    return job


@transaction.atomic
def drop(run: ImportRun) -> None:
    """Give a ledger up before it is imported; the file is deleted.

    Raises:
        RefusedError: It is being imported, or has ended.
    """
    if not ImportRun.objects.filter(pk=run.pk, status__in=(ImportStatus.CHECKING, ImportStatus.CHECKED)).update(status=ImportStatus.DROPPED, path=""):
        raise RefusedError("已经在导入或已结束，不能放弃", "it is being imported or has ended")
    forget(run.path)
    record("import.dropped", of=run, area_code=run.area_code)


def report(run: ImportRun, checked: Sequence[Checked], loose: Sequence[Any], notices: list[str]) -> None:
    """Write what the dry run found."""
    faults = [f.as_data() for f in loose] + [f.as_data() for c in checked for f in c.faults]
    faulty = sum(1 for c in checked if c.faults)
    counts: dict[str, Any] = {
        "households": len(checked), "people": sum(len(c.ledger.people) for c in checked), "faulty": faulty, "faults": len(faults), "notices": notices,
        "same": sum(1 for c in checked if not c.faults and c.is_same), "changed": sum(1 for c in checked if not c.faults and c.household and not c.is_same),
        "new": sum(1 for c in checked if not c.faults and c.household is None),
    }  # fmt: skip
    counts["ready"] = counts["new"] + counts["changed"] if not loose else 0
    status = ImportStatus.CHECKED if checked and not loose else ImportStatus.REFUSED
    if ImportRun.objects.filter(pk=run.pk, status=ImportStatus.CHECKING).update(status=status, report=counts, faults=faults[:FAULTS_MOST]) and status == ImportStatus.REFUSED:
        end_file(run)


def end_file(run: ImportRun) -> None:
    """Delete the uploaded file: what it said is on the register, or it is of no use."""
    ImportRun.objects.filter(pk=run.pk).update(path="")
    forget(run.path)


def import_batch(run: ImportRun, register: Register, batch: Sequence[LedgerHousehold]) -> dict[str, Any]:
    """Take in a batch in the caller's transaction; return what became of it: counts, refusals and notes."""
    checked = register.check(batch)
    told: dict[str, Any] = {"new": 0, "changed": 0, "same": 0, "refused": [], "notes": []}
    for one in checked:
        if one.faults:
            told["refused"].append([one.ledger.key, "；".join(dict.fromkeys(f.told for f in one.faults))[:500]])
            _sight(run, one)
    ready = [c for c in checked if not c.faults]
    told["same"] = sum(1 for c in ready if c.is_same)
    fresh = [c for c in ready if not c.is_same and c.is_bulk]
    if not _take_in(run, fresh):
        ready = [c for c in register.check([c.ledger for c in ready]) if not c.faults]
        fresh = []
    told["new"] = len(fresh)
    at_once = {c.ledger.key for c in fresh}
    brought = bring_many_up_to_date(run, [c for c in ready if not c.is_same and c.household is not None])
    told["changed"] = len(brought)
    told["notes"] += [[key, text] for key, done in brought.items() for text in done.notes]
    at_once |= brought.keys()
    for one in ready:
        if not one.is_same and one.ledger.key not in at_once:
            _one(run, one, told)
    return told


def _take_in(run: ImportRun, fresh: list[Checked]) -> bool:
    """Take in new households together; tell whether that went through. Somebody else may be taking numbers meanwhile."""
    for _ in range(ATTEMPTS):
        try:
            take_in(run, fresh)
            return True
        except IntegrityError:
            continue
    return False


def _one(run: ImportRun, checked: Checked, told: dict[str, Any]) -> None:
    try:
        done = bring_up_to_date(run, checked)
    except (RefusedError, StaleError) as error:
        told["refused"].append([checked.ledger.key, getattr(error, "zh", "别人正在修改这一户，请稍后再导入")])
        return
    told["changed" if checked.household is not None else "new"] += 1
    told["notes"] += [[checked.ledger.key, text] for text in done.notes]


def _sight(run: ImportRun, checked: Checked) -> None:
    """Write for who is above both places that a person of the ledger is on the register elsewhere."""
    for given, known in checked.elsewhere:
        if checked.community is not None:
            see_elsewhere(known.pk, checked.community.low, given.name, checked.ledger.address, run.taken_on)


def finish(run: ImportRun, outcome: dict[str, Any]) -> None:
    """Write how an import ended."""
    ImportRun.objects.filter(pk=run.pk).update(status=ImportStatus.DONE, outcome=outcome)
    end_file(run)
    record("import.done", of=run, area_code=run.area_code, details={k: v if isinstance(v, int) else len(v) for k, v in outcome.items()})


def forget_old_ledgers() -> int:
    """Give up ledgers that nobody confirmed for two weeks, and delete strays; return how many."""
    stale = ImportRun.objects.filter(status__in=(ImportStatus.CHECKING, ImportStatus.CHECKED), uploaded_at__lt=clock.now() - dt.timedelta(days=KEPT_DAYS))
    gone = 0
    for run in stale:
        drop(run)
        gone += 1
    delete_strays(FOLDER, set(ImportRun.objects.exclude(path="").values_list("path", flat=True)), clock.moment())
    return gone
