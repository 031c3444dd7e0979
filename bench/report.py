"""One table of all measurements: each script keeps its rows, this prints them and writes bench/results.md.

    python bench/report.py            print the table and write it
    python bench/report.py --print   print it alone

BANGFU_BENCH_KEPT is where the rows are kept (default var/bench).
"""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KEPT = Path(os.environ.get("BANGFU_BENCH_KEPT", ROOT / "var" / "bench"))
PACKAGES = ("bangfu", "duckdb", "pyarrow", "sqlglot", "openfisca-core", "numpy", "pyspark")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: what was measured, what came out, what was aimed at, whether it was met ("" where nothing was)."""

    what: str
    figure: str
    budget: str = ""
    met: str = ""
    note: str = ""


def keep(name: str, command: str, rows: list[Row]) -> None:
    """Keep the rows of one script beside the others, and print them."""
    KEPT.mkdir(parents=True, exist_ok=True)
    load = ", ".join(f"{n:.1f}" for n in os.getloadavg())
    kept = {"command": command, "when": dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC"), "load": load, "rows": [asdict(row) for row in rows]}
    (KEPT / f"{name}.json").write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")
    for row in rows:
        print(f"{row.what}: {row.figure}" + (f" (budget {row.budget}: {row.met})" if row.budget else "") + (f"; {row.note}" if row.note else ""))


def free(wall: float, cpu: float, cores: int = 2) -> float:
    """Return the seconds to hold against a budget: the wall's, or on a machine that others were using what the CPU
    seconds come to at best on ``cores`` free ones."""
    return wall if os.getloadavg()[0] <= cores else max(cpu / cores, 0.0)


def verdict(value: float, most: float) -> str:
    """Return "met", or by how much a figure misses its budget."""
    return "met" if value <= most else f"missed by {(value / most - 1) * 100:.0f} %"


def machine() -> str:
    """Return cores, memory and processor."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    name = next((line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} cores ({name}), {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines() if Path(path).is_file() else []


def versions() -> str:
    """Return the versions of what was measured with."""
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def table() -> str:
    """Return the page of results."""
    lines = ["# Measurements", "", f"Machine: {machine()}. Versions: {versions()}.", ""]
    lines += ["Each script can be run alone: `bench/run.sh population`. *Load* is that of the machine (1, 5, 15 minutes) when the script ended. On a machine",
              "that others use, wall times say little: where the load was above the cores, budgets are held against the CPU seconds shared out over two cores,",
              "the best that the same machine could do if it were free.", ""]  # fmt: skip
    for file in sorted(KEPT.glob("*.json")):
        kept = json.loads(file.read_text(encoding="utf-8"))
        lines += [f"## {file.stem}", "", f"`{kept['command']}`, {kept['when']}, load {kept['load']}", "", "| what | figure | budget | | note |", "|---|---|---|---|---|"]
        lines += [f"| {r['what']} | {r['figure']} | {r['budget']} | {r['met']} | {r['note']} |" for r in kept["rows"]]
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    found = table()
    print(found)
    if "--print" not in sys.argv[1:]:
        (ROOT / "bench" / "results.md").write_text(found, encoding="utf-8")
