"""SIGKILL to a real worker in the middle of a night: taken up again, every row equals those of an unbroken night."""

from __future__ import annotations

import json
import random
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PROOFS
from tests.server.ops.surroundings import fresh, python

WORKER = ("-m", "tests.server.assessment.nighting")
SHORT = ("answer:1", "insert:1")
"""While the tables are answered, and with rows written that are not committed."""


def told(env: dict[str, str], *words: str) -> list[dict[str, Any]]:
    """Run some words and return what each ``tell`` of them printed."""
    return [json.loads(line) for line in python(env, *WORKER, *words).stdout.splitlines() if line.startswith("{")]


def kill_points(reached: dict[str, int], number: int, seed: int) -> list[str]:
    """Return seeded points of those that an unbroken night comes by, one of each kind at least."""
    rng = random.Random(seed)
    each = [f"{place}:{rng.randrange(count)}" for place, count in sorted(reached.items())]
    others = [f"{place}:{n}" for place, count in sorted(reached.items()) for n in range(count) if f"{place}:{n}" not in each]
    return each + rng.sample(others, number - len(each))


@pytest.mark.slow
@pytest.mark.proof
def test_a_killed_night_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    """At 25 seeded points in ``make proofs``, at two in ``make test``: findings, totals, counts and result are those of the unbroken one."""
    with fresh(tmp_path / "home", "bangfu_night") as env:
        (whole,) = told(env, "prepare", "start", "ask=0", "work", "tell")
        reached = whole.pop("reached")
        assert (whole["job"][:3], whole["folders"], whole["night"][-1]) == (["done", 100, 100], 0, True)
        assert len(whole["rows"]) > 50  # three stretches
        assert {row[5] for row in whole["rows"]} == {"missed", "ended"}
        points = kill_points(reached, 25, seed=20261130) if PROOFS else SHORT
        for number, point in enumerate(points, 1):
            dead = python(env | {"NIGHT_KILL": point}, *WORKER, f"ask={number}", "work", check=False)
            assert dead.returncode == -signal.SIGKILL, (point, dead.stderr)
            broken, mended = told(env, "tell", "reap", "work", "tell")
            assert broken["job"][0] == "running", point
            assert broken["night"][-1] is (point == "end:0"), point  # until the last step is committed nobody sees the night
            del mended["reached"]
            assert mended == {**whole, "entries": number + 1}, point
