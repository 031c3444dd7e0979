"""A whole city: all rules of Wuchang with the made-up overlay over a made-up ledger, staged, answered, written.

Each size runs in a process of its own, so that its peak memory is its own. BANGFU_BENCH_SIZES (people, default
"1000000") chooses the sizes; "1000000 3000000 10000000" shows that time is linear and memory flat, and takes its time.
BANGFU_BENCH_LEDGERS is where ledgers are kept between runs (default var/bench/ledgers).
"""

from __future__ import annotations

import datetime as dt
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from report import KEPT, ROOT, Row, free, keep, verdict  # noqa: E402

from bangfu.rules.engine import Engine  # noqa: E402
from bangfu.rules.pack.load import load_pack  # noqa: E402
from bangfu.rules.population.database import Means, households_within  # noqa: E402
from bangfu.rules.population.partition import OnDuckDb  # noqa: E402
from bangfu.rules.population.run import Order, Progress, run_population  # noqa: E402

ON = dt.date(2024, 6, 30)
SIZES = [int(size) for size in os.environ.get("BANGFU_BENCH_SIZES", "1000000").split()]
LEDGERS = Path(os.environ.get("BANGFU_BENCH_LEDGERS", KEPT / "ledgers"))
MEMORY = os.environ.get("BANGFU_BENCH_MEMORY", "1500MB")
OVERLAY = ROOT / "tests" / "madeup" / "wuchang.yaml"
PARAMETERS = [("wuchang.yaml", OVERLAY.read_text(encoding="utf-8"))]


def ledger(people: int) -> tuple[Path, dict[str, float] | None]:
    """Return the ledger of a size, made once, with what making it took."""
    folder = LEDGERS / f"wuchang-{people}"
    if folder.is_dir():
        return folder, None
    start = time.perf_counter()
    words = ["synth", "--place", "wuchang", "--people", str(people), "--on", ON.isoformat(), "--with", str(OVERLAY), "--out", str(folder), "--memory", "1GB"]
    LEDGERS.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-m", "bangfu.cli", *words], check=True, stdout=subprocess.DEVNULL)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return folder, {"wall": time.perf_counter() - start, "memory": used.ru_maxrss / 1024}


class Watch:
    """Wall and CPU seconds by stage, and inside the answers: the rules, and who they are about."""

    def __init__(self) -> None:
        self.stage, self.since = "load", self._now()
        self.spent: dict[str, list[float]] = {}

    def _now(self) -> tuple[float, float]:
        return time.perf_counter(), time.process_time()

    def begin(self, stage: str, _: int | None = None) -> None:
        """End one stage and begin the next."""
        self.add(self.stage, self.since)
        self.stage, self.since = stage, self._now()

    def add(self, name: str, since: tuple[float, float]) -> None:
        """Add what was spent since a moment."""
        spent = self.spent.setdefault(name, [0.0, 0.0])
        for place, (now, then) in enumerate(zip(self._now(), since, strict=True)):
            spent[place] += now - then

    def around(self, owner: Any, name: str, called: str) -> None:
        """Time every call of a method."""
        method = getattr(owner, name)

        def timed(*args: Any, **more: Any) -> Any:
            since = self._now()
            try:
                return method(*args, **more)
            finally:
                self.add(called, since)

        setattr(owner, name, timed)


def one(folder: str, out: str) -> None:
    """Answer one ledger and print what it took, as JSON."""
    watch = Watch()
    watch.around(OnDuckDb, "answer", "rules")
    watch.around(OnDuckDb, "write", "written")
    watch.around(OnDuckDb, "total", "totals")
    engine = Engine(load_pack(ROOT / "policies", "wuchang", PARAMETERS))
    # Fewer households are drawn for the proof beside the reference than by default: it is measured apart.
    manifest = run_population(engine, Order(folder, ON, Path(out), asked=50, means=Means(MEMORY, 2)), Progress(watch.begin, lambda steps: None))
    watch.begin("end")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"spent": watch.spent, "memory": memory, "counts": manifest["counts"], "hash": manifest["content_hash"]}))


def seconds(spent: list[float]) -> str:
    """Return wall and CPU seconds."""
    return f"{spent[0]:.1f} s ({spent[1]:.1f} s CPU)"


def rows_of(people: int, found: dict[str, Any], made: dict[str, float] | None) -> list[Row]:
    """Return the rows of one size."""
    spent, counts, million = found["spent"], found["counts"], people / 1e6
    size = f"{people / 1e6:g} M people"
    rules = [spent["rules"][n] + spent["totals"][n] for n in (0, 1)]
    shares = ", ".join(f"{label} {spent[name][0]:.1f} s" for name, label in (("rules", "rules and totals"), ("written", "rows written and hashed")))
    whole = [sum(spent[stage][n] for stage in ("load", "read", "link", "answer", "write")) for n in (0, 1)]
    rows = [Row(f"{size}: `bangfu synth`", f"{made['wall']:.0f} s, {made['memory']:.0f} MB")] if made else []
    first = people == 1_000_000
    rows += [
        Row(f"{size}: all rules, totals by rule, street, group; no row written", seconds(rules), "8 s" if first else "", verdict(free(*rules), 8) if first else "", f"{counts['yes'] + counts['undecided']:,} answers that are not no; the tables of each partition, every statement, who each answer is about"),
        Row(f"{size}: rules, rows to Parquet, totals by rule, street, group", seconds(spent["answer"]), "20 s" if first else "", verdict(free(*spent["answer"]), 20) if first else "", f"{counts['rows_written']:,} rows; {shares}"),
        Row(f"{size}: reading and linking the ledger", seconds([spent["read"][n] + spent["link"][n] for n in (0, 1)])),
        Row(f"{size}: the whole `bangfu run`", seconds(whole), note=f"{whole[1] / million:.0f} s CPU for a million"),
        Row(f"{size}: peak memory", f"{found['memory']:.0f} MB", "2048 MB", verdict(found["memory"], 2048), f"`--memory {MEMORY}`, partitions of {households_within(Means(MEMORY)):,} households"),
    ]
    return rows


def main() -> None:
    """Measure every size."""
    rows: list[Row] = []
    for people in SIZES:
        folder, made = ledger(people)
        out = KEPT / f"result-{people}"
        shutil.rmtree(out, ignore_errors=True)
        done = subprocess.run([sys.executable, __file__, "--one", str(folder), str(out)], check=True, stdout=subprocess.PIPE, text=True)
        shutil.rmtree(out, ignore_errors=True)
        rows += rows_of(people, json.loads(done.stdout), made)
    keep("population", f"BANGFU_BENCH_SIZES=\"{' '.join(map(str, SIZES))}\" bench/run.sh population", rows)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(*sys.argv[2:4])
    else:
        main()
