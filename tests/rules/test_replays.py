"""Assessments written by earlier commits come out the same today; a file here is never edited.

A change of answer raises ``SEMANTICS_VERSION`` and keeps the old path. New replays: ``python -m tests.rules.test_replays``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bangfu.rules.assess import assess
from bangfu.rules.engine import SEMANTICS_VERSION, Engine
from bangfu.rules.household import read_given
from bangfu.rules.pack.load import load_pack

FOLDER = Path(__file__).resolve().parents[1] / "replays"
REPLAYS = sorted(p.parent for p in FOLDER.glob("*/assessment.json"))


def replayed(home: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return (stored, computed today) out of the stored pack files and facts."""
    stored = json.loads((home / "assessment.json").read_text(encoding="utf-8"))
    given_text = json.loads((home / "given.json").read_text(encoding="utf-8"))
    engine = Engine(load_pack(home / "policies", stored["place"]))
    given = read_given(engine.pack, given_text["given"])
    import datetime as dt

    found = assess(engine, given, dt.date.fromisoformat(stored["on"]), basis=stored["basis"], reasons=False)
    return stored, json.loads(found.canonical_json())


@pytest.mark.parametrize("home", REPLAYS, ids=lambda p: p.name)
def test_a_stored_assessment_comes_out_the_same(home: Path) -> None:
    """Same stored files, same facts, same semantics version: the same answers to the fen."""
    stored, computed = replayed(home)
    if stored["semantics_version"] != SEMANTICS_VERSION:
        pytest.fail("a replay of an older semantics version needs the path that answered it")

    for name in ("engine_version",):
        stored.pop(name), computed.pop(name)
    for answer in stored["answers"]:
        answer.pop("reasons", None)
    for answer in computed["answers"]:
        answer.pop("reasons", None)
    assert computed == stored


def test_there_are_replays() -> None:
    """The guard looked at something."""
    assert len(REPLAYS) >= 1


def test_canonical_json_is_one_text() -> None:
    """The same facts in another order give the same bytes."""
    import datetime as dt

    from bangfu.rules.household import to_marked
    from tests.rules.engines import engine

    one = {"household": {"residence": "urban"}, "members": [{"id": "A"}, {"id": "B"}], "record": []}
    two = {"record": [], "members": [{"id": "A"}, {"id": "B"}], "household": {"residence": "urban"}}
    texts = {assess(engine("county"), read_given(engine("county").pack, to_marked(g, "g")), dt.date(2024, 1, 1)).canonical_json() for g in (one, two)}

    assert len(texts) == 1
