"""A run that is stopped anywhere leaves a folder that is no result and that --resume makes the same as an unbroken run."""

from __future__ import annotations

import json
import resource
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from bangfu.rules.errors import UsageError
from bangfu.rules.population import partition
from bangfu.rules.population.database import Means, RunError
from tests.rules.population.ledgers import write_parquet
from tests.rules.population.runs import DAY, answered, bangfu, finished, rows_of, spec, spec_tables

SIZE = 10


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a ledger of eight partitions."""
    return write_parquet(spec().pack, spec_tables(80), tmp_path_factory.mktemp("ledger"))


@pytest.fixture(scope="module")
def unbroken(ledger: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the manifest of a run that nobody stopped."""
    return answered(spec(), ledger, tmp_path_factory.mktemp("unbroken"), undecided=True, part_size=SIZE)


def call(ledger: Path, out: Path, *more: str) -> list[str]:
    """Return the words of the command."""
    return ["run", str(ledger), "--place", "spec", "--on", DAY.isoformat(), "--out", str(out), "--undecided", "--part-size", str(SIZE), *more]


@pytest.mark.parametrize(("with_", "code"), [(signal.SIGKILL, -9), (signal.SIGINT, 130)], ids=["kill -9", "Ctrl-C"])
def test_a_run_stopped_in_the_middle_is_gone_on_with(ledger: Path, unbroken: dict[str, Any], tmp_path: Path, with_: signal.Signals, code: int) -> None:
    """Some partitions are done, there is no manifest; resumed, the content hash and every count are those of the unbroken run."""
    out = tmp_path / "out"
    process = bangfu(*call(ledger, out))
    while not (out / "entitlements" / "part-00001.parquet").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.send_signal(with_)
    ended, _, wrong = finished(process)
    there = sorted(p.name for p in (out / "entitlements").iterdir())

    assert ended == code
    assert "Traceback" not in wrong
    assert not (out / "manifest.json").exists()
    assert 2 <= len(there) < 8

    again = finished(bangfu(*call(ledger, out)))
    assert again[0] == 2
    assert "--resume" in again[2]
    assert finished(bangfu(*call(ledger, out, "--resume")))[0] == 0
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8")) == unbroken
    assert not (out / ".work").exists()


def test_a_run_killed_while_it_reads_starts_reading_again(ledger: Path, unbroken: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stage that was not finished is not trusted."""
    from bangfu.rules.population import run

    kept = run.link
    monkeypatch.setattr(run, "link", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(RunError, match="the disk is full"):
        answered(spec(), ledger, tmp_path / "out", undecided=True, part_size=SIZE)
    monkeypatch.setattr(run, "link", kept)

    assert answered(spec(), ledger, tmp_path / "out", undecided=True, part_size=SIZE, resume=True) == unbroken


def test_only_the_run_that_was_begun_is_gone_on_with(ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another day, another ledger or other options are named; the folder stays as it was."""
    import datetime as dt

    _stop_after(monkeypatch, 2)
    with pytest.raises(RunError):
        answered(spec(), ledger, tmp_path / "out", part_size=SIZE)
    other = write_parquet(spec().pack, spec_tables(81), tmp_path / "other")

    for more, name in ((({"on": dt.date(2024, 7, 1)}), "on"), ({"undecided": True}, "undecided"), ({"basis": "met"}, "basis")):
        with pytest.raises(UsageError, match=f"{name} differ"):
            answered(spec(), ledger, tmp_path / "out", part_size=SIZE, resume=True, **more)
    with pytest.raises(UsageError, match="fingerprint"):
        answered(spec(), other, tmp_path / "out", part_size=SIZE, resume=True)


def _stop_after(monkeypatch: pytest.MonkeyPatch, parts: int) -> None:
    """Let the disk be full from some partition on."""
    kept, done = partition._write, []

    def write(*arguments: Any) -> Any:
        if len(done) == parts:
            raise OSError(28, "No space left on device")
        done.append(1)
        return kept(*arguments)

    monkeypatch.setattr(partition, "_write", write)


def test_a_full_disk_is_said_and_gone_on_with(ledger: Path, unbroken: dict[str, Any], tmp_path: Path) -> None:
    """No file may grow over 300 kB, as on a full disk: a sentence, no traceback, no result; with room it is finished."""

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

    code, _, wrong = finished(bangfu(*call(ledger, tmp_path / "out"), preexec_fn=small))

    assert code == 4
    assert "磁盘已满" in wrong
    assert "Traceback" not in wrong
    assert not (tmp_path / "out" / "manifest.json").exists()
    assert finished(bangfu(*call(ledger, tmp_path / "out", "--resume")))[0] == 0
    assert json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8")) == unbroken


def test_too_little_memory_is_said_and_gone_on_with(ledger: Path, unbroken: dict[str, Any], tmp_path: Path) -> None:
    """The limit is named with what to do; more memory on resuming changes nothing in the result."""
    with pytest.raises(RunError, match="the memory limit 1MB is too small"):
        answered(spec(), ledger, tmp_path / "out", undecided=True, part_size=SIZE, means=Means("1MB", 1))

    assert not (tmp_path / "out" / "manifest.json").exists()
    assert answered(spec(), ledger, tmp_path / "out", undecided=True, part_size=SIZE, resume=True, means=Means("1GB", 2)) == unbroken


def test_a_folder_with_anything_in_it_is_left_alone(ledger: Path, tmp_path: Path) -> None:
    """A finished result, other files, a file of that name, nothing to resume, a wrong --memory: all are refused before anything is written."""
    answered(spec(), ledger, tmp_path / "done")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "file").write_text("mine", encoding="utf-8")

    for out, more, said in (
        ("done", {}, "is a finished result"), ("done", {"resume": True}, "is a finished result"), ("full", {}, "is not empty"),
        ("file", {}, "is a file"), ("new", {"resume": True}, "holds no run to resume"), ("new", {"means": Means("viel", 1)}, "write --memory such as 2GB"),
    ):  # fmt: skip
        before = sorted(p.name for p in tmp_path.rglob("*"))
        with pytest.raises(UsageError, match=said):
            answered(spec(), ledger, tmp_path / out, **more)
        assert sorted(p.name for p in tmp_path.rglob("*")) == before
    assert rows_of(tmp_path / "done")


def test_two_runs_do_not_write_one_folder(ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second is told that another run is writing."""
    _stop_after(monkeypatch, 1)
    with pytest.raises(RunError):
        answered(spec(), ledger, tmp_path / "out", undecided=True, part_size=SIZE)
    holder = bangfu_holding(tmp_path / "out" / ".work" / "stage.duckdb")
    try:
        code, _, wrong = finished(bangfu(*call(ledger, tmp_path / "out", "--resume")))
    finally:
        holder.kill()
        holder.communicate()

    assert code == 2
    assert "另一个进程正在写" in wrong


def bangfu_holding(stage: Path) -> Any:
    """Return a process that holds the stage open."""
    import subprocess
    import sys

    script = f"import duckdb, time; c = duckdb.connect({str(stage)!r}); print('held', flush=True); time.sleep(600)"
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process
