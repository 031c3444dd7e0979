"""How long data is kept: no period, nothing due; a hold keeps; the end takes names and numbers and leaves figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import default_storage

from bangfu.server.audit.acting import acting_as, actor_of, system_actor
from bangfu.server.calendar import clock
from bangfu.server.files.actions import Owner, store, withdraw
from bangfu.server.files.models import StoredFile
from bangfu.server.jobs import running
from bangfu.server.jobs.actions import enqueue
from bangfu.server.registry import change_actions, rights, rights_actions as act
from bangfu.server.registry.actions import Provenance, RefusedError, Statement, state_facts
from bangfu.server.registry.enums import KeptKind, Source
from bangfu.server.registry.models import CurrentFacts, Household, Person
from bangfu.server.todo.models import Todo
from tests.server.conftest import World
from tests.server.files.test_files import picture

CLOSED = dt.date(2024, 2, 29)


def do(world: World, what: Callable[..., Any], *args: Any, **more: Any) -> Any:
    """Do something as the district officer."""
    with acting_as(actor_of(world.users["district_officer"])):
        return what(*args, **more)


@pytest.fixture
def closed(world: World, family: Household) -> Household:
    """Return a household with facts and a photo that was closed on a 29th of February."""
    do(world, state_facts, family, [Statement("residence", "urban")], Provenance(Source.VERIFIED))
    do(world, store, Owner(family.pk, family.area_code), "a.jpg", picture())
    do(world, change_actions.close, family, CLOSED, "自愿退出")
    return family


def due(world: World, day: dt.date) -> list[Household]:
    """Return what is due in the district on a day."""
    return list(rights.due_households(world.areas["武昌区"], day))


def run_job(key: str = "a") -> dict[str, Any]:
    """Run the nightly job of the district."""
    with acting_as(system_actor("任务")):
        job = enqueue("registry.retention", key=key, area_code=420106000000)
    running.run(job.pk)
    job.refresh_from_db()
    assert job.status == "done", job.reason
    return dict(job.result)


def test_nothing_is_due_without_a_period_and_not_a_day_early(world: World, closed: Household) -> None:
    """Two years after the 29th of February is the 1st of March, since the day before has no 29th; a hold keeps it."""
    assert due(world, dt.date(2099, 1, 1)) == []
    do(world, act.set_period, world.areas["武昌区"], KeptKind.HOUSEHOLD, 2, "示例文件")
    assert due(world, dt.date(2026, 2, 28)) == []
    assert due(world, dt.date(2026, 3, 1)) == [closed]
    do(world, act.hold, closed, "行政复议")
    assert due(world, dt.date(2026, 3, 1)) == []
    do(world, act.hold, closed, "")
    do(world, act.set_period, world.areas["武昌区"], KeptKind.HOUSEHOLD, 10, "示例文件二")
    assert due(world, dt.date(2026, 3, 1)) == []
    with pytest.raises(RefusedError):
        do(world, act.set_period, world.areas["杨园街道"], KeptKind.HOUSEHOLD, 2, "示例")


def test_the_job_lists_what_is_due_once(world: World, closed: Household) -> None:
    """A to-do for the district officer, not doubled the next night."""
    do(world, act.set_period, world.areas["武昌区"], KeptKind.HOUSEHOLD, 2, "示例文件")
    assert run_job()["households"] == run_job("b")["households"] == 1
    assert Todo.objects.get(kind="registry.retention").household_id == closed.pk


def test_the_end_of_keeping(world: World, closed: Household, django_capture_on_commit_callbacks: Any) -> None:
    """Refused before it is due; then names, numbers, address and files are gone, facts without a name stay, and it is not due again."""
    with pytest.raises(RefusedError):
        do(world, act.erase, closed, "期满")
    do(world, act.set_period, world.areas["武昌区"], KeptKind.HOUSEHOLD, 2, "示例文件")
    run_job()
    path = StoredFile.objects.get().path
    with django_capture_on_commit_callbacks(execute=True):
        do(world, act.erase, closed, "期满")
    assert not default_storage.exists(path)
    rows = list(Person.objects.values())
    assert {(r["name"], r["pinyin"], r["id_index"], r["id_last4"], r["card_index"], r["birth_date"]) for r in rows} == {("（已删除）", "", None, "", "", None)}
    closed.refresh_from_db()
    assert closed.address == "（已删除）"
    assert CurrentFacts.objects.get(household=closed, person=None).facts == {"residence": "urban"}
    assert due(world, clock.today()) == []
    assert Todo.objects.get(kind="registry.retention").done_at is not None


def test_withdrawn_files_go_by_themselves_unless_on_hold(world: World, family: Household, django_capture_on_commit_callbacks: Any) -> None:
    """After their period; one of a household on hold stays."""
    file = do(world, store, Owner(family.pk, family.area_code), "a.jpg", picture())
    do(world, withdraw, file, "传错了")
    do(world, StoredFile.objects.filter(pk=file.pk).update, added_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    do(world, act.set_period, world.areas["武昌区"], KeptKind.WITHDRAWN, 1, "示例文件")
    do(world, act.hold, family, "行政复议")
    assert run_job()["files"] == 0
    do(world, act.hold, family, "")
    with django_capture_on_commit_callbacks(execute=True):
        assert run_job("b")["files"] == 1
    assert not default_storage.exists(file.path)
    assert run_job("c")["files"] == 0
