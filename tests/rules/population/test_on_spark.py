"""A ledger answered on Spark gives the folder that DuckDB gives; a job that is stopped leaves no result."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from bangfu.rules.errors import UsageError
from bangfu.rules.population import partition
from bangfu.rules.population.database import RunError
from bangfu.rules.population.on_spark import OnSpark
from bangfu.rules.population.run import Order, run_population
from bangfu.rules.runners.sql import on_spark as on_spark_module
from tests.conftest import PROOFS, SPARK
from tests.rules.population.ledgers import write_parquet
from tests.rules.population.runs import DAY, answered, bangfu, finished, quiet, rows_of, spec, spec_tables
from tests.rules.spark import SMALL, session

pytestmark = list(SPARK)
SIZE = 20


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a ledger of two partitions."""
    return write_parquet(spec().pack, spec_tables(2 * SIZE), tmp_path_factory.mktemp("ledger"))


@pytest.fixture(scope="module")
def on_duckdb(ledger: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that DuckDB gives."""
    out = tmp_path_factory.mktemp("duckdb") / "out"
    answered(spec(), ledger, out, undecided=True, part_size=SIZE)
    return out


def on_spark(ledger: Path, out: Path, **more: Any) -> dict[str, Any]:
    """Run a ledger on the session of the tests and return the manifest."""
    return run_population(spec(), Order(str(ledger), DAY, out, undecided=True, part_size=SIZE, **more), quiet(), OnSpark(session))


def told(out: Path) -> dict[str, Any]:
    """Return the manifest in a folder, as Spark would write it."""
    return {**json.loads((out / "manifest.json").read_text(encoding="utf-8")), "runner": "spark"}


def test_the_folder_is_the_one_that_duckdb_gives(ledger: Path, on_duckdb: Path, tmp_path: Path) -> None:
    """Rows with what they need, their columns and hash, totals, data plan, rejected rows, summaries, manifest."""
    manifest = on_spark(ledger, tmp_path / "out")

    assert manifest == told(on_duckdb)
    assert rows_of(tmp_path / "out") == rows_of(on_duckdb)
    assert len(rows_of(on_duckdb)) > 200
    own, other = (pq.read_table(out / "entitlements").schema for out in (tmp_path / "out", on_duckdb))
    assert [(f.name, f.type) for f in own] == [(f.name, f.type) for f in other]
    texts = sorted(f.name for f in on_duckdb.iterdir() if f.suffix in (".csv", ".md"))
    assert len(texts) == 7
    assert [name for name in texts if (tmp_path / "out" / name).read_bytes() != (on_duckdb / name).read_bytes()] == []
    assert not (tmp_path / "out" / ".work").exists()


@pytest.fixture
def cancelling(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Cancel every job of the session once the first partition is written, until the event is set."""
    begun, over = threading.Event(), threading.Event()
    kept = partition._write

    def write(*arguments: Any) -> Any:
        found = kept(*arguments)
        begun.set()
        return found

    def cancel() -> None:
        begun.wait()
        while not over.is_set():
            session().sparkContext.cancelAllJobs()
            time.sleep(0.01)

    monkeypatch.setattr(partition, "_write", write)
    thread = threading.Thread(target=cancel, daemon=True)
    thread.start()
    yield over
    begun.set()
    over.set()
    thread.join()


def test_a_cancelled_job_leaves_no_result(ledger: Path, on_duckdb: Path, tmp_path: Path, cancelling: threading.Event) -> None:
    """It is said in a sentence, there is no manifest; gone on with, the result is that of an unbroken run."""
    out = tmp_path / "out"
    with pytest.raises(RunError, match=r"cancel.*--resume goes on from here"):
        on_spark(ledger, out)
    cancelling.set()

    assert not (out / "manifest.json").exists()
    with pytest.raises(UsageError, match="runner differ"):
        answered(spec(), ledger, out, undecided=True, part_size=SIZE, resume=True)
    assert on_spark(ledger, out, resume=True) == told(on_duckdb)
    assert rows_of(out) == rows_of(on_duckdb)


def on_the_command_line(ledger: Path, out: Path) -> list[str]:
    """Return the words that answer the ledger on a small Spark of its own."""
    call = ["run", str(ledger), "--place", "spec", "--on", DAY.isoformat(), "--out", str(out), "--undecided", "--part-size", str(SIZE), "--runner", "spark"]
    return call + [word for name, value in SMALL.items() for word in ("--spark-conf", f"{name}={value}")]


def stopped_once(there: Callable[[], bool], call: list[str], how: signal.Signals) -> tuple[int, str]:
    """Start a run in a session of its own, as a terminal does; stop it with all its processes once something is there."""
    process = bangfu(*call, start_new_session=True)
    while not there():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    (process.send_signal if how == signal.SIGKILL else lambda number: os.killpg(process.pid, number))(how)
    code, _, wrong = finished(process)
    return code, wrong


def test_ctrl_c_while_spark_starts_ends_at_once(ledger: Path, tmp_path: Path) -> None:
    """The session is only just being opened: a sentence, no result."""
    out = tmp_path / "out"
    code, wrong = stopped_once((out / ".work" / "spark").exists, on_the_command_line(ledger, out), signal.SIGINT)

    assert (code, "已停止；加 --resume 可继续。" in wrong, "Traceback" in wrong) == (130, True, False)
    assert not (out / "manifest.json").exists()


@pytest.mark.proof
@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)] if PROOFS else [(signal.SIGINT, 130)])
def test_a_stopped_run_leaves_no_result(ledger: Path, on_duckdb: Path, tmp_path: Path, how: signal.Signals, code: int) -> None:
    """Ctrl-C (``kill -9`` in ``make proofs``) once rows are there: no manifest, and another run does not take the folder for anything; resumed, all is well."""
    out = tmp_path / "out"
    call = on_the_command_line(ledger, out)
    ended, wrong = stopped_once(lambda: bool(list((out / "entitlements").glob("*.parquet"))), call, how)

    assert (ended, "Traceback" in wrong) == (code, False)
    assert ("已停止；加 --resume 可继续。" in wrong) == (how == signal.SIGINT)
    assert not (out / "manifest.json").exists()
    refused, _, wrong = finished(bangfu(*call))
    assert (refused, "--resume" in wrong) == (2, True)
    assert on_spark(ledger, out, resume=True) == told(on_duckdb)
    assert rows_of(out) == rows_of(on_duckdb)
    assert not (out / ".work").exists()


def test_what_spark_cannot_do_is_said_before_anything_is_written(ledger: Path, tmp_path: Path) -> None:
    """A setting that is none, a master that is none: a sentence, exit code 2, no result."""
    call = ["run", str(ledger), "--place", "spec", "--on", DAY.isoformat(), "--runner", "spark"]
    code, _, wrong = finished(bangfu(*call, "--out", str(tmp_path / "a"), "--spark-conf", "memory"))
    assert (code, "--spark-conf 请写如 spark.executor.memory=4g，不是“memory”" in wrong) == (2, True)
    assert not (tmp_path / "a").exists()

    code, _, wrong = finished(bangfu(*call, "--out", str(tmp_path / "b"), "--master", "nowhere"))
    assert (code, "--master 请写如 local[2]、yarn、spark://主机:7077，不是“nowhere”" in wrong) == (2, True)
    assert not (tmp_path / "b").exists()


def test_a_machine_without_spark_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """PySpark first, then Java."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(on_spark_module.shutil, "which", lambda _: None)
    with pytest.raises(UsageError, match="Spark needs Java 17"):
        on_spark_module.check_spark("local")
    monkeypatch.setattr(on_spark_module, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"pip install 'bangfu\[spark\]'"):
        on_spark_module.check_spark("local")
