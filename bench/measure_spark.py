"""Spark in local mode beside DuckDB: the same ledger, the same content hash; left out with a word where Spark is not there.

BANGFU_BENCH_SPARK_PEOPLE (default 1000000) chooses the ledger; it is the one of ``measure_population``.
BANGFU_BENCH_SPARK_RUNNER (default spark) is the runner beside DuckDB, for a trial of this script.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from measure_population import ON, OVERLAY, ledger  # noqa: E402
from report import KEPT, ROOT, Row, keep  # noqa: E402

PEOPLE = int(os.environ.get("BANGFU_BENCH_SPARK_PEOPLE", "1000000"))
BESIDE = os.environ.get("BANGFU_BENCH_SPARK_RUNNER", "spark")
PYTHON = next((str(path) for path in [ROOT / ".venv/bin/python"] if path.exists()), sys.executable)
"""The peers' environment has no Spark: the project's own has it, where there is Java."""
COMMAND = [PYTHON, "-m", "bangfu.cli"]


def lacking() -> str:
    """Return what is not there, or an empty text."""
    said = subprocess.run([*COMMAND, "run", "--help"], check=True, capture_output=True, text=True).stdout
    if "--runner" not in said:
        return "`bangfu run` has no --runner yet"
    if subprocess.run([PYTHON, "-c", "import pyspark"], capture_output=True, check=False).returncode:
        return "pyspark is not installed here (requirements/spark.txt)"
    return "" if shutil.which("java") else "no Java here"


def timed(folder: Path, runner: str) -> tuple[float, str]:
    """Answer the ledger and return (seconds, content hash)."""
    out = KEPT / f"result-{runner}"
    shutil.rmtree(out, ignore_errors=True)
    start = time.perf_counter()
    words = ["run", str(folder), "--place", "wuchang", "--on", ON.isoformat(), "--with", str(OVERLAY), "--out", str(out), "--runner", runner, "--asked", "50"]
    subprocess.run([*COMMAND, *words], check=True, stdout=subprocess.DEVNULL)
    spent = time.perf_counter() - start
    found = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["content_hash"]
    shutil.rmtree(out, ignore_errors=True)
    return spent, found


def main() -> None:
    """Say what is missing, or measure."""
    size = f"{PEOPLE / 1e6:g} M people"
    missing = lacking()
    if missing:
        keep("spark", "bench/run.sh spark", [Row(f"{size}: Spark local against DuckDB", "not measured", note=missing)])
        return
    folder, _ = ledger(PEOPLE)
    (duck, first), (spark, second) = (timed(folder, runner) for runner in ("duckdb", BESIDE))
    if first != second:
        raise SystemExit(f"the hashes differ: DuckDB {first}, Spark {second}")
    keep("spark", f"BANGFU_BENCH_SPARK_PEOPLE={PEOPLE} bench/run.sh spark", [
        Row(f"{size}: the whole `bangfu run`, DuckDB", f"{duck:.1f} s"), Row(f"{size}: the same, Spark local", f"{spark:.1f} s", note="the same content hash"), Row("Spark local to DuckDB", f"{spark / duck:.1f} ×"),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
