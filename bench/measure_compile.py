"""How long a pack takes to load and to compile, for one household and for a whole ledger.

BANGFU_BENCH_PLACES (default all) chooses the places, BANGFU_BENCH_ROUNDS (default 5) how often each is timed.
"""

from __future__ import annotations

import datetime as dt
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from report import ROOT, Row, keep, verdict  # noqa: E402

from bangfu.rules.engine import Engine  # noqa: E402
from bangfu.rules.pack.load import load_pack, places  # noqa: E402
from bangfu.rules.population.answers import Answers, compiled, split_entries  # noqa: E402
from bangfu.rules.runners.sql.columns import Known  # noqa: E402

ON = dt.date(2024, 6, 30)
ROUNDS = int(os.environ.get("BANGFU_BENCH_ROUNDS", "5"))
PLACES = os.environ.get("BANGFU_BENCH_PLACES", "").split() or places(ROOT / "policies")


def median(work: Callable[[], Any]) -> tuple[float, float]:
    """Return the medians of wall and CPU seconds, after one call that is not counted."""
    work()
    found = []
    for _ in range(ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        found.append((time.perf_counter() - wall, time.process_time() - cpu))
    return statistics.median(f[0] for f in found), statistics.median(f[1] for f in found)


def main() -> None:
    """Measure every place."""
    rows = []
    known = Known(frozenset(), frozenset(), {})
    for place in PLACES:
        overlays = [(f"{place}.yaml", (ROOT / "tests" / "madeup" / f"{place}.yaml").read_text(encoding="utf-8"))]
        pack = load_pack(ROOT / "policies", place, overlays)
        engine = Engine(pack)
        homes = split_entries(engine).homes
        load = median(lambda: load_pack(ROOT / "policies", place, overlays))  # noqa: B023
        household = median(lambda: Engine(pack).program(ON))  # noqa: B023
        ledger = median(lambda: Answers(engine, ON, homes, "met", known, set()))  # noqa: B023
        again = median(lambda: compiled(engine, ON, homes, "met", known, set()))  # noqa: B023
        whole = tuple(load[n] + ledger[n] for n in (0, 1))
        note = f"{len(pack.entries)} entries; load {load[1]:.2f}, SQL {ledger[1]:.2f} s CPU; one household's program {household[1]:.2f}; from the cache {again[1] * 1000:.1f} ms"
        rows.append(Row(f"{place}: load and compile to SQL", f"{whole[0]:.2f} s ({whole[1]:.2f} s CPU)", "1 s", verdict(whole[1], 1), note))
    keep("compile", "bench/run.sh compile", rows)


if __name__ == "__main__":
    main()
