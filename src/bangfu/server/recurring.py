"""What happens by itself: one process beside web and worker, started by ``bangfu serve`` or its own systemd unit.

One visible table says what and how often. It runs quick things itself and asks for jobs for long ones. Two of these
processes at once do no harm: each entry is safe to run twice.
"""

from __future__ import annotations

import datetime as dt
import logging
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass

import django

log = logging.getLogger("bangfu.recurring")


@dataclass(slots=True)
class Entry:
    """Something that is done again and again."""

    name: str
    every: dt.timedelta
    act: Callable[[], object]
    due: dt.datetime | None = None


def table() -> list[Entry]:
    """Return what is done and how often; it needs the apps loaded."""
    from django.core.management import call_command

    from bangfu.server.areas.selectors import districts
    from bangfu.server.assessment.nightly import ask_tonight
    from bangfu.server.assessment.scans import delete_stray_scans
    from bangfu.server.audit.acting import acting_as, system_actor
    from bangfu.server.audit.heads import keep_head
    from bangfu.server.audit.seal import seal
    from bangfu.server.calendar import clock
    from bangfu.server.files.actions import delete_stray_documents
    from bangfu.server.jobs.actions import enqueue, reap
    from bangfu.server.jobs.models import EVERYWHERE
    from bangfu.server.jobs.transport import sign_of_life
    from bangfu.server.registry.export_actions import forget_old_exports
    from bangfu.server.registry.import_actions import forget_old_ledgers
    from bangfu.server.selfcheck.actions import forget_expired
    from bangfu.server.workspace.actions import forget_old

    def reap_jobs() -> int:
        with acting_as(system_actor("任务")):
            return reap()

    def ask_everywhere(kind: str) -> None:
        with acting_as(system_actor("任务")):
            enqueue(kind, key=f"{kind}-{clock.today()}", area_code=EVERYWHERE)

    def ask_each_district(kind: str) -> None:
        with acting_as(system_actor("任务")):
            for district in districts():
                enqueue(kind, key=f"{kind}-{district.code}-{clock.today()}", area_code=district.low)

    def forget_ledgers() -> int:
        with acting_as(system_actor("任务")):
            return forget_old_ledgers()

    def forget_exports() -> int:
        with acting_as(system_actor("任务")):
            return forget_old_exports()

    def forget_answers() -> int:
        with acting_as(system_actor("任务")):
            return forget_expired()

    def forget_drafts() -> int:
        with acting_as(system_actor("任务")):
            return forget_old()

    minute, day = dt.timedelta(minutes=1), dt.timedelta(days=1)
    # what is asked for by its business day is one job however often it is asked for, and follows when that day is moved on
    return [
        Entry("jobs of dead workers", minute / 3, reap_jobs),
        Entry("sign of life of the worker", minute, sign_of_life.enqueue),
        Entry("ask for the night of each district", 5 * minute, ask_tonight),
        Entry("seal the audit", minute, seal),
        Entry("keep the head of the audit outside the database", day, keep_head),
        Entry("hold current facts against the log", 5 * minute, lambda: ask_each_district("registry.compare")),
        Entry("look for people entered twice", 5 * minute, lambda: ask_everywhere("registry.duplicates")),
        Entry("list what is kept long enough", 5 * minute, lambda: ask_each_district("registry.retention")),
        Entry("forget ledgers that nobody confirmed", day, forget_ledgers),
        Entry("delete exports that expired", dt.timedelta(hours=1), forget_exports),
        Entry("delete documents without a row", day, delete_stray_documents),
        Entry("delete scans without a value", day, delete_stray_scans),
        Entry("forget kept answers that expired", dt.timedelta(hours=1), forget_answers),
        Entry("forget old drafts", day, forget_drafts),
        Entry("forget ended sessions", day, lambda: call_command("clearsessions")),
        Entry("forget delivered tasks", day, lambda: call_command("prune_db_task_results", verbosity=0)),
    ]


def tick(entries: list[Entry], moment: dt.datetime) -> None:
    """Do what is due; what fails is logged and comes again at its next time."""
    from django.db import close_old_connections

    for entry in entries:
        if entry.due is not None and moment < entry.due:
            continue
        entry.due = moment + entry.every
        close_old_connections()
        try:
            entry.act()
        except Exception:
            log.exception("recurring: %s failed", entry.name)


def main() -> None:
    """Tick until told to stop."""
    django.setup()
    from django.conf import settings

    from bangfu.server.calendar import clock

    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(name, lambda *_: stop.set())
    folder = settings.ENVIRONMENT.home / "run"
    folder.mkdir(parents=True, exist_ok=True)
    entries = table()
    while not stop.is_set():
        tick(entries, clock.moment())
        (folder / "recurring").touch()
        stop.wait(5)


if __name__ == "__main__":
    main()
