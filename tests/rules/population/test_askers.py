"""The reference asked in several processes: the same answers, the same end, nobody left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bangfu.rules.pack.load import load_pack
from bangfu.rules.population import asking, run
from bangfu.rules.population.askers import AskerLostError, Askers, Question
from bangfu.rules.population.asking import Asker, Batch, DisagreementError, Shape
from bangfu.rules.population.database import RunError
from bangfu.rules.population.ledger import RECORD
from tests.rules.population.ledgers import write_parquet
from tests.rules.population.runs import DAY, ROOT, SPEC, answered, finished, rows_of, spec, spec_tables

IN_TWO = "from bangfu.rules.population import run; run.IN_PROCESSES = 0; from bangfu.cli import main; main()"
"""The command, asking in two processes however few the households are."""


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a ledger of eight partitions of ten households."""
    return write_parquet(spec().pack, spec_tables(80), tmp_path_factory.mktemp("ledger"))


@pytest.fixture(scope="module")
def alone(ledger: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """Return the manifest and the folder of a run that asks in its own process."""
    out = tmp_path_factory.mktemp("alone")
    return answered(spec(), ledger, out, undecided=True, part_size=10), out


def call(ledger: Path, out: Path, *more: str) -> subprocess.Popen[str]:
    """Start the command in a process group of its own, as a terminal does."""
    words = ["--policies", str(SPEC), "run", str(ledger), "--place", "spec", "--on", DAY.isoformat(), "--out", str(out), "--undecided", "--part-size", "10", *more]
    env = {**os.environ, "LANG": "zh_CN.UTF-8", "LC_ALL": "zh_CN.UTF-8", "PYTHONIOENCODING": "utf-8"}
    return subprocess.Popen([sys.executable, "-c", IN_TWO, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env, cwd=ROOT, start_new_session=True)


def askers_of(process: subprocess.Popen[str]) -> list[int]:
    """Return the processes that a run has started and that work for it."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
    return [int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def gone(pids: list[int]) -> bool:
    """Tell whether processes end within a while."""
    for _ in range(1_000):
        if not any(Path(f"/proc/{pid}").exists() and "zombie" not in Path(f"/proc/{pid}/status").read_text(encoding="ascii") for pid in pids):
            return True
        time.sleep(0.01)
    return False


def test_several_processes_give_the_same_result(ledger: Path, alone: tuple[dict[str, Any], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every row, every need, every total and the content hash; also where a batch is one household."""
    from bangfu.rules.population import reference

    monkeypatch.setattr(run, "IN_PROCESSES", 0)
    monkeypatch.setattr(reference, "BATCH", 1)
    started: list[int] = []
    kept = Askers.__init__

    def counted(self: Askers, question: Question, processes: int) -> None:
        started.append(processes)
        kept(self, question, processes)

    monkeypatch.setattr(Askers, "__init__", counted)
    manifest, out = alone

    assert answered(spec(), ledger, tmp_path / "out", undecided=True, part_size=10, processes=2) == manifest
    assert started == [2]
    assert rows_of(tmp_path / "out") == rows_of(out)
    assert manifest["counts"]["undecided"] > 100
    for name in ("data_plan.csv", "totals_by_rule.csv"):
        assert (tmp_path / "out" / name).read_text(encoding="utf-8-sig") == (out / name).read_text(encoding="utf-8-sig")


def test_a_few_households_are_asked_in_one_process(ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Starting others would take longer than the answers."""
    monkeypatch.setattr(Askers, "__init__", lambda *_: pytest.fail("a process was started"))

    assert answered(spec(), ledger, tmp_path / "out", processes=2)["counts"]["households_asked"] == 80


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are looked up in /proc")
@pytest.mark.parametrize(("with_", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, -15), (signal.SIGINT, 130)], ids=["kill -9", "kill", "Ctrl-C"])
def test_nobody_outlives_a_run_that_is_stopped(ledger: Path, alone: tuple[dict[str, Any], Path], tmp_path: Path, with_: signal.Signals, code: int) -> None:
    """The askers end with the run, whatever ends it, without a word of their own; resumed, the result is the same."""
    import json

    out = tmp_path / "out"
    process = call(ledger, out)
    while not (out / "entitlements" / "part-00001.parquet").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    askers = askers_of(process)
    # a terminal sends Ctrl-C to every process of the group, a kill goes to the one
    os.killpg(process.pid, with_) if with_ == signal.SIGINT else process.send_signal(with_)
    ended, _, wrong = finished(process)

    assert len(askers) == 2
    assert ended == code
    assert gone(askers)
    assert "Traceback" not in wrong
    assert "KeyboardInterrupt" not in wrong
    assert not (out / "manifest.json").exists()
    assert finished(call(ledger, out, "--resume"))[0] == 0
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8")) == alone[0]


# -- the processes themselves --------------------------------------------------------------------------------------
SHAPE = Shape({"household": ([], []), "place": ([], [])}, frozenset(), 1, 1, RECORD)
QUESTION = Question(load_pack(SPEC, "spec"), DAY, "met", ("plain_grant",), SHAPE)
UNDECIDED = (None, 10_000, 10_000)


def batch(hh: int, said: Any = UNDECIDED) -> Batch:
    """Return one household of which nothing is stated; ``said``: what SQL answered."""
    return Batch([hh], {"household": [(hh, f"H{hh}", "place", hh, None)]}, None, None, {hh: {(0, "household", f"H{hh}"): said}})


@pytest.fixture
def askers() -> Iterator[Askers]:
    """Yield two askers and end them."""
    made = Askers(QUESTION, 2)
    yield made
    made.close()


def test_every_batch_is_answered_once(askers: Askers) -> None:
    """More batches than processes, and again afterwards."""
    for _ in range(2):
        found = [opened for answer in askers.answers(batch(hh) for hh in range(7)) for opened in answer]

        assert sorted(opened.hh for opened in found) == list(range(7))
        assert {opened.needs for opened in found} == {("p",)}


def test_an_asker_says_what_the_reference_says_here(askers: Askers) -> None:
    """The pack that was sent answers as the one that was kept."""
    assert next(askers.answers([batch(1)])) == Asker(spec(), DAY, "met", [spec().pack.entries["plain_grant"]], SHAPE).open_answers(batch(1))


def test_a_difference_is_said_as_it_would_be_here(askers: Askers) -> None:
    """The sentence comes from the other process whole."""
    with pytest.raises(DisagreementError, match="plain_grant") as told:
        list(askers.answers([batch(1), batch(2, (True, 1, 1))]))

    assert "household H2" in told.value.zh
    assert "参照 (None, 10000, 10000)，SQL (True, 1, 1)" in told.value.zh


def test_an_asker_that_is_killed_stops_the_run(askers: Askers) -> None:
    """The sentence says what is left to do."""
    askers.processes[0].kill()
    askers.processes[0].join()

    with pytest.raises(AskerLostError) as told:
        list(askers.answers(batch(hh) for hh in range(4)))
    assert "加 --resume 和较小的 --threads" in told.value.zh
    assert "--resume and fewer --threads" in told.value.en


def test_a_run_says_what_stopped_an_asker(ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an error of the run: what is finished is kept, and no process is left."""
    made: list[Askers] = []

    def lost(self: Askers, batches: Any) -> Any:
        made.append(self)
        self.processes[-1].kill()
        self.processes[-1].join()
        return kept(self, batches)

    kept = Askers.answers
    monkeypatch.setattr(Askers, "answers", lost)
    monkeypatch.setattr(run, "IN_PROCESSES", 0)

    with pytest.raises(RunError, match="fewer --threads"):
        answered(spec(), ledger, tmp_path / "out", undecided=True, part_size=10, processes=2)
    assert made[0].processes == []
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_a_shared_mapping_travels_whole() -> None:
    """What packs share is as fixed and as well placed in the other process."""
    import pickle

    pack = spec().pack
    entry, sent = pack.entries["plain_grant"], pickle.loads(pickle.dumps(pack)).entries["plain_grant"]

    assert sent.raw == entry.raw
    assert sent.raw.at("when") == entry.raw.at("when")
    assert type(sent.raw) is type(entry.raw)
    assert asking.REFUSED == (False, None, None)
