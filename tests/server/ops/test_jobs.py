"""Jobs: asked for in the caller's transaction, held by a lease, killed anywhere and resumed with nothing lost or doubled."""

from __future__ import annotations

import datetime as dt
import json
import random
import signal
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django_tasks_db.models import DBTaskResult

from bangfu.server.audit.acting import acting_as, actor_of, system_actor
from bangfu.server.audit.models import Entry
from bangfu.server.jobs import actions, kinds, running
from bangfu.server.jobs.models import Job, JobStatus
from tests.conftest import PROOFS
from tests.server.conftest import World
from tests.server.ops import counting
from tests.server.ops.surroundings import fresh, python

AREA = 420106001001


@pytest.fixture
def kind() -> Any:
    """Return a register of kinds that forgets what a test adds."""
    before = dict(kinds.KINDS)
    yield kinds.job
    kinds.KINDS.clear()
    kinds.KINDS.update(before)


def ask(world: World, name: str, key: str = "a key", **more: Any) -> Job:
    """Ask for a job as the community worker."""
    with acting_as(actor_of(world.users["worker"])):
        return actions.enqueue(name, key=key, area_code=AREA, **more)


def test_asking_twice_is_one_job(world: World, kind: Any) -> None:
    """The key makes a double click harmless; a rolled-back cause leaves no job."""
    kind("t.nothing", "空")(lambda run: None)
    assert ask(world, "t.nothing").pk == ask(world, "t.nothing").pk
    assert DBTaskResult.objects.count() == 1

    def fails_after_asking() -> None:
        with acting_as(actor_of(world.users["worker"])):
            actions.enqueue("t.nothing", key="other", area_code=AREA)
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        fails_after_asking()
    assert list(Job.objects.values_list("key", flat=True)) == ["a key"]
    assert DBTaskResult.objects.count() == 1
    with pytest.raises(KeyError):
        ask(world, "t.unknown", "k2")


def test_a_job_runs_once_and_leaves_progress(world: World, kind: Any) -> None:
    """Its steps add up, the second delivery does nothing, the end is in the audit."""

    def work(run: running.JobRun) -> dict[str, Any]:
        for number in range(3):
            with run.step() as step:
                step.done += 1
                step.state["last"] = number
        return {"seen": run.done}

    kind("t.three", "三步")(work)
    made = ask(world, "t.three", total=3)
    running.run(made.pk)
    running.run(made.pk)
    made.refresh_from_db()
    assert (made.status, made.done, made.total, made.state, made.result, made.attempt) == ("done", 3, 3, {"last": 2}, {"seen": 3}, 1)
    assert list(Entry.objects.filter(action__startswith="job.").order_by("pk").values_list("action", flat=True)) == ["job.asked", "job.done"]


def test_a_failure_has_a_reason_and_can_be_tried_again(world: World, kind: Any) -> None:
    """A foreseen one in its own words, an unforeseen one without its text, which may hold personal data."""
    said: list[Exception] = [kinds.JobRefusedError("第 3 行缺少姓名"), ValueError("11010519491231002X")]

    def work(run: running.JobRun) -> None:
        if said:
            raise said.pop(0)

    kind("t.fails", "失败")(work)
    made = ask(world, "t.fails")
    running.run(made.pk)
    made.refresh_from_db()
    assert (made.status, made.reason) == ("failed", "第 3 行缺少姓名")
    with acting_as(actor_of(world.users["worker"])):
        actions.retry(made, "已补姓名")
    running.run(made.pk)
    made.refresh_from_db()
    assert made.status == "failed"
    assert "ValueError" in made.reason
    assert "11010519491231002X" not in made.reason
    with acting_as(actor_of(world.users["worker"])):
        actions.retry(made, "再试")
        with pytest.raises(actions.JobStateError):
            actions.retry(made, "再试")
    running.run(made.pk)
    made.refresh_from_db()
    assert (made.status, made.attempt) == ("done", 3)


def test_cancelling_stops_before_the_next_step(world: World, kind: Any) -> None:
    """What was done stays; a waiting job never starts."""

    def work(run: running.JobRun) -> None:
        for _ in range(3):
            with run.step() as step:
                step.done += 1
            if run.done == 1:
                with acting_as(actor_of(world.users["worker"])):
                    actions.cancel(run.job, "不需要了")

    kind("t.long", "长")(work)
    made = ask(world, "t.long")
    running.run(made.pk)
    made.refresh_from_db()
    assert (made.status, made.done) == ("cancelled", 1)
    waiting = ask(world, "t.long", "second")
    with acting_as(actor_of(world.users["worker"])):
        actions.cancel(waiting, "不需要了")
        with pytest.raises(actions.JobStateError):
            actions.cancel(waiting, "不需要了")
    running.run(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.done) == ("cancelled", 0)


def test_who_lost_the_lease_writes_nothing(world: World, kind: Any) -> None:
    """A worker that hung comes back after the reaper: its step is undone, the other's counts."""

    def work(run: running.JobRun) -> None:
        with run.step() as step:
            step.done += 1
        if run.job.attempt == 1:  # it hangs; the reaper takes it for dead, and another worker does the job
            with acting_as(system_actor("任务")):
                assert actions.reap(dt.timedelta(0)) == 1
            running.run(run.job.pk)
        with run.step() as step:
            step.done += 1

    kind("t.hangs", "挂起")(work)
    made = ask(world, "t.hangs")
    running.run(made.pk)
    made.refresh_from_db()
    assert (made.status, made.done, made.attempt) == ("done", 3, 2)  # one step by the first worker, two by the second


def test_the_reaper_gives_up_on_what_kills_its_worker(world: World, kind: Any) -> None:
    """After five deaths the job is failed with a reason; a live one is left alone; a lost delivery is made again."""
    kind("t.nothing", "空")(lambda run: None)
    made = ask(world, "t.nothing")
    with acting_as(system_actor("任务")):
        for number in range(actions.MOST_ATTEMPTS):
            assert actions.claim(made.pk, f"lease-{number}")
            assert actions.reap() == 0
            assert actions.reap(dt.timedelta(0)) == 1
        made.refresh_from_db()
        assert (made.status, "连续 5 次" in made.reason) == (JobStatus.FAILED, True)
        actions.retry(made, "已换服务器")  # asked anew it may die five times more, and the sixth attempt is the sixth
        assert actions.claim(made.pk, "lease-again")
        assert actions.reap(dt.timedelta(0)) == 1
        made.refresh_from_db()
        assert (made.status, made.attempt) == (JobStatus.WAITING, actions.MOST_ATTEMPTS + 1)
        lost = ask(world, "t.nothing", "lost")
        DBTaskResult.objects.filter(args_kwargs__args=[lost.pk]).delete()
        assert actions.reap() == 1
        assert actions.reap() == 0


def test_the_job_is_asked_for_inside_a_transaction(world: World, kind: Any) -> None:
    """Nothing of it is outside: neither row nor delivery."""
    kind("t.nothing", "空")(lambda run: None)
    with acting_as(system_actor("任务")):
        point = transaction.savepoint()
        actions.enqueue("t.nothing", key="k", area_code=AREA)
        transaction.savepoint_rollback(point)
    assert (Job.objects.count(), DBTaskResult.objects.count()) == (0, 0)


def kill_points(number: int, seed: int) -> list[str]:
    """Return seeded points all over the job: before the claim, inside steps, between them, before the end."""
    rng = random.Random(seed)
    every = ["claim:0:0", "end:0:0"] + [f"commit:{s}:0" for s in range(counting.STEPS)]
    every += [f"row:{s}:{r}" for s in range(counting.STEPS) for r in range(counting.ROWS)]
    return ["claim:0:0", *rng.sample(every[2:], number - 2), "end:0:0"]


@pytest.mark.slow
@pytest.mark.proof
def test_a_killed_worker_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    """SIGKILL to a real worker at seeded points (25 in ``make proofs``); each job, resumed, equals an unbroken run."""
    points = kill_points(25 if PROOFS else 3, seed=20261125)
    worker = ("-m", "tests.server.ops.counting")
    with fresh(tmp_path / "home", "bangfu_kill") as env:
        whole = json.loads(python(env, *worker, "prepare", "ask=unbroken", "work", "tell=unbroken").stdout)
        assert (whole["status"], whole["done"], len(whole["rows"]), whole["attempt"]) == ("done", 100, 100, 1)
        for point in points:
            dead = python(env | {"COUNT_KILL": point}, *worker, f"ask={point}", "work", check=False)
            assert dead.returncode == -signal.SIGKILL, (point, dead.stderr)
            told = python(env, *worker, f"tell={point}", "reap", "work", f"tell={point}").stdout.splitlines()
            broken, mended = (json.loads(line) for line in told)
            assert broken["status"] != "done"
            assert {**mended, "attempt": 1} == whole, point
