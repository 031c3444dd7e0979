"""A large export: written part by part by a job, fetched by its asker alone while it lies ready, resumed after a kill."""

from __future__ import annotations

import datetime as dt
import io
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.storage import default_storage
from django.test import Client

from bangfu.server.accounts.models import Assignment
from bangfu.server.audit.acting import acting_as, actor_of, system_actor
from bangfu.server.audit.models import Entry, Reading
from bangfu.server.calendar import clock
from bangfu.server.desk import export_views, list_export
from bangfu.server.jobs import running
from bangfu.server.jobs.actions import reap
from bangfu.server.jobs.models import Job, JobStatus
from bangfu.server.registry import export_actions
from bangfu.server.registry.actions import NewPerson, add_person, open_household
from bangfu.server.registry.export_models import ExportRun
from bangfu.server.registry.marked import Mark, MarkedBook
from bangfu.server.registry.models import Household
from tests.server.conftest import World
from tests.server.registry.test_import import take_in

DAY = dt.date(2023, 9, 15)
REGISTER = "/desk/register/"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let four households be many, two a part."""
    monkeypatch.setattr(export_views, "HOUSEHOLDS_MOST", 3)
    monkeypatch.setattr(list_export, "HOUSEHOLDS_MOST", 3)
    monkeypatch.setattr(export_actions, "PART_HOUSEHOLDS", 2)
    monkeypatch.setattr(export_actions, "BATCH", 1)


@pytest.fixture
def homes(world: World) -> list[Household]:
    """Return five households of one street, four in one community."""
    made = []
    with acting_as(actor_of(world.users["street"])):
        for number in range(5):
            home = open_household(world.areas["柴东社区" if number < 4 else "铁机社区"], f"示例路{number}号", DAY)
            add_person(home, NewPerson(f"示例{number}", "self", "", dt.date(1950, 1, 1)), DAY)
            made.append(home)
    return made


def ask(client: Client, world: World, area: str = "杨园街道", **more: Any) -> ExportRun:
    """Ask for an export that is too large to wait for."""
    answer = client.post(f"{REGISTER}export/", {"area": world.areas[area].pk, "reason": "九月核对", **more})
    run = ExportRun.objects.latest("pk")
    assert answer.headers["Location"] == f"{REGISTER}exports/{run.pk}/", answer.content.decode()
    return run


def written(run: ExportRun) -> ExportRun:
    """Let the worker write it."""
    running.run(run.job_id or 0)
    run.refresh_from_db()
    return run


def fetched(client: Client, run: ExportRun) -> bytes:
    """Return the file."""
    answer = client.get(f"{REGISTER}exports/{run.pk}/file/")
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def numbers(content: bytes) -> list[str]:
    """Return the household numbers of a workbook."""
    return [row[0].value for row in openpyxl.load_workbook(io.BytesIO(content))["户"].iter_rows(min_row=3)]


def test_it_is_written_in_parts_and_fetched(world: World, homes: list[Household]) -> None:
    """Three parts in one archive, each marked and each a ledger; the page tells how far it is; the download is written down."""
    client = world.client("street")
    run = ask(client, world)
    waiting = client.get(f"{REGISTER}exports/{run.pk}/")
    assert "后台正在分批写" in waiting.content.decode()
    assert waiting["Refresh"] == "3"
    written(run)
    page = client.get(f"{REGISTER}exports/{run.pk}/").content.decode()
    assert "只有您自己能取" in page
    assert f"{REGISTER}exports/{run.pk}/" in client.get(f"{REGISTER}export/").content.decode()

    archive = zipfile.ZipFile(io.BytesIO(fetched(client, run)))
    assert [numbers(archive.read(name)) for name in archive.namelist()] == [[h.number for h in homes[n : n + 2]] for n in (0, 2, 4)]
    entry = Entry.objects.get(action="register.exported")
    for name in archive.namelist():
        book = openpyxl.load_workbook(io.BytesIO(archive.read(name)))
        assert book["户"].cell(3, book["户"].max_column).value.endswith(f"导出 {entry.pk}")
    assert (run.ids, run.parts, run.households, Job.objects.get(pk=run.job_id).done) == (None, [], 5, 5)
    assert Reading.objects.filter(page="register.export_file", rows=5).count() == 1
    assert [path for path in default_storage.listdir("exports")[0] if default_storage.listdir(f"exports/{path}")[1]]


def test_asked_twice_it_is_one(world: World, homes: list[Household]) -> None:
    """A double click leads to the same page."""
    client = world.client("street")
    assert ask(client, world).pk == ask(client, world).pk
    assert Entry.objects.filter(action="register.exported").count() == 1


def test_nobody_else_gets_it_and_a_right_that_ended_ends_it(world: World, homes: list[Household], django_capture_on_commit_callbacks: Any) -> None:
    """Not the officer above, not the other district; not the asker once the role is gone."""
    client = world.client("street")
    run = written(ask(client, world))
    for who in ("district_officer", "foreign", "auditor"):
        for page in ("", "file/"):
            assert world.client(who).get(f"{REGISTER}exports/{run.pk}/{page}").status_code == 404, who
        assert world.client(who).post(f"{REGISTER}exports/{run.pk}/drop/").status_code == 404
    assert world.client("worker").get(f"{REGISTER}exports/{run.pk}/file/").status_code == 403
    with acting_as(actor_of(world.users["security_admin"])):
        Assignment.objects.filter(user=world.users["street"]).update(until=DAY)
    assert client.get(f"{REGISTER}exports/{run.pk}/file/").status_code == 403


def test_whole_numbers_need_their_right_until_the_file_is_fetched(world: World, homes: list[Household]) -> None:
    """A role that may export but not reveal does not open what was asked for under another one."""
    run = written(ask(world.client("street"), world, whole="on"))
    with acting_as(actor_of(world.users["security_admin"])):
        Assignment.objects.filter(user=world.users["street"]).update(role="auditor")
    assert world.client("street").get(f"{REGISTER}exports/{run.pk}/file/").status_code == 404


def test_a_right_lost_before_the_worker_came_stops_it(world: World, homes: list[Household]) -> None:
    """The job says so; nothing was written."""
    client = world.client("street")
    run = ask(client, world)
    with acting_as(actor_of(world.users["security_admin"])):
        Assignment.objects.filter(user=world.users["street"]).update(area=world.areas["徐家棚街道"])
    written(run)
    assert (Job.objects.get(pk=run.job_id).reason, run.parts) == ("发起人已没有这个辖区的导出权限", [])


def test_it_expires_and_is_deleted(world: World, homes: list[Household], monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any) -> None:
    """After its hours the page says so, the file is gone from the disk; the row tells that there was one."""
    client = world.client("street")
    run = written(ask(client, world))
    path = run.path
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + export_actions.KEPT + dt.timedelta(minutes=1))
    assert client.get(f"{REGISTER}exports/{run.pk}/file/").headers["Location"] == f"{REGISTER}exports/{run.pk}/"
    assert "文件只保留 72 小时" in client.get(f"{REGISTER}exports/{run.pk}/").content.decode()
    assert default_storage.exists(path)
    with django_capture_on_commit_callbacks(execute=True), acting_as(system_actor("任务")):
        assert export_actions.forget_old_exports() == 1
        assert export_actions.forget_old_exports() == 0
    assert not default_storage.exists(path)
    assert "已删除" in client.get(f"{REGISTER}export/").content.decode()


def test_it_can_be_dropped(world: World, homes: list[Household], django_capture_on_commit_callbacks: Any) -> None:
    """Before the worker came the job is cancelled; after it the file is deleted; twice is once."""
    client = world.client("street")
    early = ask(client, world)
    assert client.post(f"{REGISTER}exports/{early.pk}/drop/").status_code == 302
    assert Job.objects.get(pk=early.job_id).status == JobStatus.CANCELLED
    done = written(ask(client, world))
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            assert client.post(f"{REGISTER}exports/{done.pk}/drop/").status_code == 302
    assert not default_storage.exists(done.path)
    assert Entry.objects.filter(action="export.dropped").count() == 2


def test_a_worker_that_dies_loses_a_part_at_most(world: World, homes: list[Household], monkeypatch: pytest.MonkeyPatch) -> None:
    """Dead in the second part: resumed it goes on there, and every household is there once."""
    client = world.client("street")
    run = ask(client, world)
    whole, seen = export_actions.write_part, []

    def dies(*args: Any) -> Any:
        seen.append(args[1])
        if len(seen) == 2:
            raise KeyboardInterrupt  # as good as a kill: nothing of it is caught
        return whole(*args)

    monkeypatch.setattr(export_actions, "write_part", dies)
    with pytest.raises(KeyboardInterrupt):
        running.run(run.job_id or 0)
    with acting_as(system_actor("任务")):
        assert reap(dt.timedelta(0)) == 1
    written(run)
    archive = zipfile.ZipFile(io.BytesIO(fetched(client, run)))
    assert seen == [0, 2, 2, 4]
    assert [number for name in archive.namelist() for number in numbers(archive.read(name))] == [h.number for h in homes]


def test_one_part_is_a_plain_workbook_that_can_be_imported(world: World, homes: list[Household], monkeypatch: pytest.MonkeyPatch) -> None:
    """No archive where one file is enough; and it reads back."""
    monkeypatch.setattr(export_actions, "PART_HOUSEHOLDS", 10)
    client = world.client("street")
    run = written(ask(client, world))
    assert run.name.endswith(".xlsx")
    content = fetched(client, run)
    assert numbers(content) == [h.number for h in homes]
    assert take_in(world, content).outcome["refused"] == []


def test_a_long_list_is_a_job_too(world: World, homes: list[Household]) -> None:
    """The same filters; who has only a street asks for the street."""
    client = world.client("street")
    answer = client.post("/desk/households/export/", {"query": "q=示例路", "reason": "走访"})
    run = ExportRun.objects.get()
    assert answer.headers["Location"] == f"{REGISTER}exports/{run.pk}/"
    assert run.area == world.areas["杨园街道"]
    written(run)
    assert run.households == 5
    assert Entry.objects.get(action="register.exported").details["filters"].startswith("q=")


def test_who_moved_away_meanwhile_is_left_out(world: World, homes: list[Household]) -> None:
    """What lies outside the asker's areas when it is written does not go out."""
    client = world.client("street")
    run = ask(client, world)
    with acting_as(actor_of(world.users["district_officer"])):
        Household.objects.filter(pk=homes[0].pk).update(area=world.areas["三角路社区"], area_code=world.areas["三角路社区"].low)
    archive = zipfile.ZipFile(io.BytesIO(fetched(client, written(run))))
    assert [number for name in archive.namelist() for number in numbers(archive.read(name))] == [h.number for h in homes[1:]]


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    """Ten times the rows, the same memory: rows lie on the disk at once."""

    def peak(rows: int) -> int:
        mark = Mark("李强", dt.datetime(2023, 9, 15, 8, 0, tzinfo=dt.UTC), 1, "核对")
        book = MarkedBook(tmp_path / f"{rows}.xlsx", mark)
        sheet = book.sheet("户", [("id", "户编号"), ("address", "住址")])
        tracemalloc.start()
        for number in range(rows):
            sheet.append({"id": f"420106-2023-{number:06d}", "address": f"示例路{number}号"})
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        book.close()
        return found

    small, large = peak(200), peak(2_000)
    assert large < 2 * small + 100_000
