"""A job that looks over all areas lies in nobody's scope: who administers the installation sees it, and the doctor names it."""

from __future__ import annotations

import pytest

from bangfu.server.audit.acting import acting_as, actor_of, system_actor
from bangfu.server.health import failed_jobs
from bangfu.server.jobs import actions
from bangfu.server.jobs.models import EVERYWHERE, Job, JobStatus
from tests.server.conftest import World

WHY = "程序出错（ArithmeticError），详情在服务器日志"


def failed(key: str, area: int = EVERYWHERE, *, kind: str = "registry.duplicates", by: str | None = None, world: World | None = None) -> Job:
    """Return a job that failed, asked for by the system or by somebody."""
    actor = system_actor("任务") if by is None or world is None else actor_of(world.users[by])
    with acting_as(actor):
        made = actions.enqueue(kind, key=key, area_code=area)
        Job.objects.filter(pk=made.pk).update(status=JobStatus.FAILED, reason=WHY)
    return made


def test_the_system_administrator_sees_it_and_tries_again(world: World) -> None:
    """On the list, on its page, and by its button; it is marked as one over all areas."""
    job = failed("night")
    admin = world.client("system_admin")
    listed = admin.get("/desk/admin/jobs/?status=failed").content.decode()
    assert f"/desk/admin/jobs/{job.pk}/" in listed
    assert "全部辖区" in listed
    assert WHY in admin.get(f"/desk/admin/jobs/{job.pk}/").content.decode()
    assert admin.post(f"/desk/admin/jobs/{job.pk}/retry/", {"reason": "再试"}).status_code == 302
    assert Job.objects.get(pk=job.pk).status == JobStatus.WAITING
    assert "第 2 次" not in admin.get("/desk/admin/jobs/").content.decode()
    with acting_as(system_actor("任务")):
        Job.objects.filter(pk=job.pk).update(attempt=2)  # a worker took it twice
    assert "第 2 次" in admin.get("/desk/admin/jobs/").content.decode()


@pytest.mark.parametrize("who", ["worker", "street", "district_officer", "policy_officer", "foreign"])
def test_nobody_else_does(who: str, world: World) -> None:
    """Not even who has the whole district."""
    job = failed("night")
    client = world.client(who)
    assert f"/desk/admin/jobs/{job.pk}/" not in client.get("/desk/admin/jobs/").content.decode()
    assert client.get(f"/desk/admin/jobs/{job.pk}/").status_code == 404
    assert client.post(f"/desk/admin/jobs/{job.pk}/retry/", {"reason": "再试"}).status_code == 404


def test_the_doctor_names_what_failed_and_where(world: World) -> None:
    """Each kind and area once, until a later one is done; what an officer asked for is the officer's to see."""
    failed("first")
    second = failed("second")
    failed("here", world.areas["武昌区"].low, kind="registry.retention")
    failed("mine", world.areas["武昌区"].low, kind="registry.import_check", by="worker", world=world)
    said = [(found.level, found.zh) for found in failed_jobs()]
    assert said == [("warn", f"任务“查找重复的人（全部辖区）”失败：{WHY}"), ("warn", f"任务“列出保存期满的资料（武昌区）”失败：{WHY}")]
    assert f"第 {second.pk} 号" in next(failed_jobs()).mend_zh
    with acting_as(system_actor("任务")):
        done = actions.enqueue("registry.duplicates", key="third", area_code=EVERYWHERE)
        Job.objects.filter(pk=done.pk).update(status=JobStatus.DONE)
    assert [found.zh for found in failed_jobs()] == [said[1][1]]
