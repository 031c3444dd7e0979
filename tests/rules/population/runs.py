"""Running a ledger in tests: the pack of the language's specification, the call, the rows of the result."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from bangfu.rules.engine import Engine
from bangfu.rules.household import Given
from bangfu.rules.pack.load import load_pack
from bangfu.rules.population.answers import GIVEN
from bangfu.rules.population.run import Order, Progress, run_population
from bangfu.rules.runners.python.rows import Row
from tests.rules.population.ledgers import Tables, district, tables_of
from tests.rules.runners_agree import of_python

ROOT = Path(__file__).resolve().parents[3]
SPEC = ROOT / "tests" / "rules" / "spec" / "policies"
DAY = dt.date(2024, 6, 30)

Rows = set[tuple[Any, ...]]


@cache
def spec() -> Engine:
    """Return the engine of the specification's small pack: every operation, few entries, quick to compile."""
    return Engine(load_pack(SPEC, "spec"))


def spec_tables(count: int) -> Tables:
    """Return a ledger of random households of the small pack."""
    return tables_of(spec().pack, district(spec(), count, DAY))


def quiet() -> Progress:
    """Return a progress that says nothing."""
    return Progress(lambda stage, total: None, lambda steps: None)


def answered(engine: Engine, ledger: Path | str, out: Path, **more: Any) -> dict[str, Any]:
    """Run a ledger and return the manifest."""
    return run_population(engine, Order(str(ledger), more.pop("on", DAY), out, **more), quiet())


def rows_of(out: Path) -> Rows:
    """Return the rows of a result: household, entity, row, entry, status, low, high (fen or share)."""
    found: Rows = set()
    for row in pq.read_table(out / "entitlements").to_pylist():
        low, high = (row[f"{end}_fen"] if row[f"{end}_fen"] is not None else row[f"share_{end}"] for end in ("low", "high"))
        key = (row["household"], row["entity"], row["row"], row["entry"], row["status"], low, high)
        assert key not in found
        found.add(key)
    return found


def one_by_one(engine: Engine, givens: list[Given], day: dt.date, basis: str) -> tuple[Rows, dict[tuple[str, str, str], tuple[str, ...]]]:
    """Return what the reference answers household by household, and what each open answer needs."""
    from bangfu.rules.answers import needs_of_result

    found: Rows = set()
    needs = {}
    for given in givens:
        run = engine.run(given, day, basis)
        for entry in engine.pack.entries.values():
            if entry.kind not in GIVEN or entry.per in (None, "place"):
                continue
            for row in run.rows[entry.per]:
                result = engine.result(row, entry)
                status, *ends = of_python(entry, result)
                if status != "not_met":
                    low, high = ends or (None, None)
                    found.add((_home(row), row.entity, row.id, entry.id, {"met": "yes", "unknown": "undecided"}[status], low, high))
                    needs[row.entity, row.id, entry.id] = tuple(sorted(needs_of_result(result)))
    return found, needs


def _home(row: Row) -> str | None:
    here: Row | None = row
    while here is not None and here.entity != "household":
        here = here.up
    return None if here is None else here.id


def bangfu(*words: str, **more: Any) -> subprocess.Popen[str]:
    """Start the command on the small pack in a process of its own."""
    env = {**os.environ, "LANG": "zh_CN.UTF-8", "LC_ALL": "zh_CN.UTF-8", "PYTHONIOENCODING": "utf-8"}
    call = [sys.executable, "-m", "bangfu.cli", "--policies", str(SPEC), *words]
    return subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env, cwd=ROOT, **more)


def finished(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Return (exit code, output, errors) once a process has ended."""
    said, wrong = process.communicate(timeout=300)
    return process.returncode, said, wrong
