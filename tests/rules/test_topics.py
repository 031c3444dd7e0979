"""The order of the questions is declared, and a fault in the declaration is found: a word that means nothing, a question left out."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bangfu.rules.errors import Fault
from bangfu.rules.pack.load import read_pack
from tests.rules.engines import POLICIES

FILE = "vocabulary/topics.yaml"


def faults(tmp_path: Path, old: str, new: str) -> list[Fault]:
    """Return the faults of the policies with one text of the topics replaced."""
    for folder in ("vocabulary", "cn"):
        shutil.copytree(POLICIES / folder, tmp_path / folder)
    text = (tmp_path / FILE).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / FILE).write_text(text.replace(old, new, 1), encoding="utf-8")
    return read_pack(tmp_path, "cn")[1]


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ("has_illness, is_ill_seriously", "has_ilness, is_ill_seriously", "TOPIC-WORD", "has_ilness"),
        ("first: [in_school, school_stage]", "first: [in_school]", "TOPIC-MISSING", "school_stage"),
        ("first: [in_school, school_stage]", "first: [in_school, school_stage, works]", "TOPIC-TWICE", "works"),
        ("in_school: [{age: 3..30}]", "in_school: [{age: young}]", "TOPIC-AGE", ""),
        ("in_school: [{age: 3..30}]", "in_school: {age: 3..30}", "SHAPE", "in_school"),
        ("work_form: [flexible, own_business]", "work_form: [flexible, boss]", "TOPIC-ANSWER", "boss"),
        ("{wants_work: true}", "{wage_income: true}", "TOPIC-WORD", "wage_income"),
        ("\nlikely:", "\nlikley:", "KEY", "likley"),
    ],
)
def test_a_fault_in_the_topics_is_named(tmp_path: Path, old: str, new: str, code: str, said: str) -> None:
    """Each says which word, in which file."""
    found = [fault for fault in faults(tmp_path, old, new) if fault.code == code]

    assert found
    assert any(said in fault.zh and said in fault.en and fault.file == FILE for fault in found)


def test_the_shipped_topics_have_no_fault(tmp_path: Path) -> None:
    """Without a change there is nothing to say."""
    assert [fault for fault in faults(tmp_path, "\nlikely:", "\nlikely:") if fault.level == "error"] == []


def test_a_vocabulary_without_topics_still_has_questions(tmp_path: Path) -> None:
    """An older policy folder declares no order: all questions have the same place, and nothing is unlikely."""
    for folder in ("vocabulary", "cn"):
        shutil.copytree(POLICIES / folder, tmp_path / folder)
    (tmp_path / FILE).unlink()
    pack, found = read_pack(tmp_path, "cn")

    assert [fault for fault in found if fault.level == "error"] == []
    assert pack.vocabulary.topics.place("birth_date") == pack.vocabulary.topics.place("in_school")
    assert pack.vocabulary.topics.likely == {}
