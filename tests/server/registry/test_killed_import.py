"""SIGKILL to a real worker in the middle of an import: taken up again, every row equals an unbroken run."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PROOFS
from tests.server.ops.surroundings import fresh, python
from tests.server.registry.importing import A_BATCH, HOUSEHOLDS

POINTS = [f"{place}:{batch}" for place in ("before", "inside", "after") for batch in range(HOUSEHOLDS // A_BATCH) if (place, batch) != ("after", HOUSEHOLDS // A_BATCH - 1)]


def told(env: dict[str, str], *words: str) -> dict[str, Any]:
    """Run some words and return the rows that the last one printed."""
    rows: dict[str, Any] = json.loads(python(env, "-m", "tests.server.registry.importing", *words).stdout.splitlines()[-1])
    return rows


@pytest.mark.slow
@pytest.mark.proof
def test_a_killed_import_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    """In the middle of a batch (at every point in ``make proofs``): inside a batch nothing of it is there, resumed all is there once."""
    points = ["end:0", *POINTS] if PROOFS else ["inside:2"]
    with fresh(tmp_path / "whole", "bangfu_import_whole") as env:
        whole = told(env, "prepare", "start", "work", "tell")
    assert (len(whole["households"]), len(whole["people"]), whole["outcome"]["new"], whole["job"]) == (24, 24, 24, [["done", 24, 24]])
    for number, point in enumerate(points):
        with fresh(tmp_path / str(number), "bangfu_import_kill") as env:
            dead = python(env | {"IMPORT_KILL": point}, "-m", "tests.server.registry.importing", "prepare", "start", "work", check=False)
            assert dead.returncode == -signal.SIGKILL, (point, dead.stderr)
            broken = told(env, "tell")
            assert broken["job"][0][0] != "done"
            assert len(broken["households"]) % A_BATCH == 0
            mended = told(env, "reap", "work", "tell")
        for name, rows in whole.items():
            if name != "people":  # each installation has its own keys, so that indexes differ
                assert mended[name] == rows, (point, name)
        assert [name for name, _ in mended["people"]] == [name for name, _ in whole["people"]]
