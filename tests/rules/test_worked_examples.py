"""Sums that other people published come out, each with its own place's parameters."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from bangfu.rules.casebook import Case, CaseRunner, read_cases
from bangfu.rules.engine import Engine
from bangfu.rules.errors import Fault
from bangfu.rules.identity import identity_fault
from bangfu.rules.pack.load import load_pack
from bangfu.rules.yaml_source import Map, read_yaml_file
from tests.rules.engines import POLICIES, ROOT, engine

WORKED = ROOT / "tests" / "worked"
PUBLISHED = (
    "DB-01", "DB-02", "DB-03", "DB-08", "DB-20", "CH-01", "CH-02", "CH-03", "TK-03", "TK-10",
    "YL-01", "YL-05", "YL-07", "LJ-01", "EL-01", "EL-02",
)  # fmt: skip
PLACES = sorted(p.parent.name for p in WORKED.glob("*/document.yaml"))


@pytest.mark.parametrize("place", PLACES)
def test_published_sums_come_out(tmp_path: Path, place: str) -> None:
    """The small folder, with the shipped vocabulary, gives the published result."""
    shutil.copytree(POLICIES / "vocabulary", tmp_path / "vocabulary")
    (tmp_path / "vocabulary" / "definitions.yaml").unlink()
    shutil.copytree(WORKED / place, tmp_path / place)
    shutil.copy(POLICIES / "vocabulary" / "definitions.yaml", tmp_path / "vocabulary" / "definitions.yaml")
    faults: list[Fault] = []
    runner = CaseRunner(Engine(load_pack(tmp_path, place)))
    cases = read_cases(tmp_path, place, faults)

    assert not faults
    assert [said for case in cases for said in runner.run(case)] == []
    assert cases


def test_examination_questions_have_the_published_key() -> None:
    """Members of the household and ability to work, asked of the national framework."""
    faults: list[Fault] = []
    content = read_yaml_file(WORKED / "examinations.yaml", "examinations.yaml", faults)
    runner = CaseRunner(engine("cn"))
    cases = [Case(str(raw["case"]), "examinations.yaml", 1, raw, list(raw["expect"])) for raw in content if isinstance(raw, Map)]

    assert not faults
    assert [said for case in cases for said in runner.run(case)] == []
    assert len(cases) == 2


def test_every_published_example_is_there() -> None:
    """Each example stands as a case of its own under its own number; none is lost and none is there twice."""
    files = [WORKED / "examinations.yaml", *WORKED.glob("*/cases/*.yaml")]
    found = sorted(number for file in files for number in re.findall(r"^  id: (\S+)", file.read_text(encoding="utf-8"), re.M))

    assert found == sorted(PUBLISHED)


def test_check_vectors_of_identity_numbers() -> None:
    """The standard's own sample is valid; one digit off is not."""
    assert identity_fault("11010519491231002X") is None
    assert identity_fault("110105194912310021") is not None
