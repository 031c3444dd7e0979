"""The measurements can be carried out: each script runs at a tiny size, whatever it imports is there, and the page renders."""

from __future__ import annotations

import ast
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.conftest import PROOFS, ROOT

pytestmark = pytest.mark.xdist_group("bench")
BENCH = ROOT / "bench"
SCRIPTS = sorted(path.stem.removeprefix("measure_") for path in BENCH.glob("measure_*.py"))
TINY = {
    "BANGFU_BENCH_HOUSEHOLDS": "5",
    "BANGFU_BENCH_INTERVIEWS": "1",
    "BANGFU_BENCH_PEOPLE": "300",
    "BANGFU_BENCH_PLACES": "county",
    "BANGFU_BENCH_ROUNDS": "1",
    "BANGFU_BENCH_SIZES": "300",
    "BANGFU_BENCH_SPARK_PEOPLE": "300",
}


def run(script: str, kept: Path, *words: str, **more: str) -> str:
    """Run one script as ``make bench`` does, at a tiny size, and return what it prints."""
    surroundings = {**os.environ, **TINY, "PYTHONPATH": str(ROOT / "src"), "BANGFU_BENCH_KEPT": str(kept), **more}
    done = subprocess.run([sys.executable, str(BENCH / f"{script}.py"), *words], cwd=kept, env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the scripts keep their rows, and the ledger that two of them read."""
    return tmp_path_factory.mktemp("bench")


@pytest.mark.parametrize("name", [name for name in SCRIPTS if name != "spark"])
def test_script_measures_at_a_tiny_size_and_the_page_shows_it(name: str, kept: Path) -> None:
    """Our own packages are enough: where a peer is not installed, its row says so."""
    run(f"measure_{name}", kept)
    rows = json.loads((kept / f"{name}.json").read_text(encoding="utf-8"))["rows"]
    page = run("report", kept, "--print")
    assert rows
    assert f"## {name}\n" in page
    assert [row["what"] for row in rows if f"| {row['what']} | {row['figure']} |" not in page] == []


def test_spark_is_left_out_with_a_word_where_there_is_no_java(kept: Path) -> None:
    said = run("measure_spark", kept, PATH="")
    assert "not measured" in said
    assert "no Java here" in said or "pyspark is not installed here" in said


@pytest.mark.slow
@pytest.mark.needs("spark")
@pytest.mark.proof
def test_runs_of_two_runners_are_measured_side_by_side(kept: Path) -> None:
    """Elsewhere than in ``make proofs`` DuckDB stands in for Spark: one start of a session less."""
    said = run("measure_spark", kept, BANGFU_BENCH_SPARK_RUNNER="spark" if PROOFS else "duckdb")
    assert "the same content hash" in said


# -- what is imported, of the scripts that need a peer or a filled server too -------------------------------------
def lacking(source: str) -> list[str]:
    """Return what a script imports of bangfu that is not there."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bangfu"):
            assert node.module is not None
            found += [f"{node.module}.{alias.name}" for alias in node.names if not there(node.module, alias.name)]
    return found


def there(module: str, name: str) -> bool:
    """Tell whether a module, or a folder of modules, has a name."""
    try:
        return hasattr(importlib.import_module(module), name) or isinstance(importlib.import_module(f"{module}.{name}"), ModuleType)
    except ModuleNotFoundError:
        return False


def scripts() -> Iterator[Path]:
    """Yield every script of the folder."""
    yield from sorted(BENCH.rglob("*.py"))


def test_all_that_the_scripts_import_of_bangfu_is_there() -> None:
    sources = {path.name: path.read_text(encoding="utf-8") for path in scripts()}
    assert sum("from bangfu" in source for source in sources.values()) > 5
    assert {name: lacking(source) for name, source in sources.items() if lacking(source)} == {}


def test_a_renamed_import_is_told() -> None:
    assert lacking("from bangfu.rules.runners.sql.program import load") == ["bangfu.rules.runners.sql.program.load"]
    assert lacking("def late():\n    from bangfu.rules.nowhere import thing") == ["bangfu.rules.nowhere.thing"]
