"""Whatever stands under a key of a pack (another type, nothing, a text for a list), ``check`` answers in words."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import Any

import pytest

from bangfu.rules.pack.checks import check_pack
from bangfu.rules.pack.load import Loader
from bangfu.rules.yaml_source import List, Map, Mark, read_yaml
from tests.conftest import PROOFS
from tests.rules.engines import POLICIES

JUNK: tuple[Any, ...] = (5, -1, True, "", "x", "没有", "missing", "5 元", "a: b", "3 次/月", [], ["a"], [[1]], {}, {"a": 1}, dt.date(2020, 1, 1))
SLIPS = 600 if PROOFS else 30


def placed(value: Any, file: str, mark: Mark) -> Any:
    """Return a plain value as the reader of YAML would."""
    if isinstance(value, list):
        items = List(file, mark)
        items.extend(placed(item, file, mark) for item in value)
        items.marks = [mark] * len(value)
        return items
    if isinstance(value, dict):
        found = Map(file, mark)
        for key, child in value.items():
            found[key] = placed(child, file, mark)
            found.marks[key] = found.key_marks[key] = mark
        return found
    return value


def paths(value: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of everything inside a read file."""
    rows = value.items() if isinstance(value, Map) else enumerate(value) if isinstance(value, List) else ()
    return [path for key, child in rows for path in ((*above, key), *paths(child, (*above, key)))]


class Slipping(Loader):
    """Reads a pack with one value of one file replaced by something else."""

    def __init__(self, place: str, file: str, dice: random.Random) -> None:
        super().__init__(POLICIES, place)
        self.target, self.dice, self.did = file, dice, ""

    def _read(self, path: Path) -> Any:
        file = path.relative_to(self.folder).as_posix()
        if file != self.target:
            return super()._read(path)
        content = read_yaml(path.read_text(encoding="utf-8"), file, self.faults)  # a reading of its own: shared ones refuse to be changed
        if content is not None:
            chosen, junk = self.dice.choice(paths(content)), self.dice.choice(JUNK)
            here = content
            for key in chosen[:-1]:
                here = here[key]
            here[chosen[-1]] = placed(junk, file, here.mark)
            self.did = f"{file} {chosen} = {junk!r}"
        return content


@pytest.mark.slow
@pytest.mark.proof
def test_any_value_may_be_anything() -> None:
    """No slip of type ends in a traceback, and most are told."""
    told = 0
    files = [f"county/{path.name}" for path in sorted((POLICIES / "county").glob("*.yaml")) if path.name != "exceptions.yaml"]
    for number in range(SLIPS):
        dice = random.Random(number)
        loader = Slipping("county", dice.choice(files), dice)
        try:
            pack = loader.load([])
            found = check_pack(pack, POLICIES, dt.date(2026, 11, 24), loader.faults)
        except Exception as error:
            raise AssertionError(f"{loader.did}: {type(error).__name__} {error}") from error
        told += any(fault.level != "notice" for fault in found)

    assert told > SLIPS * 2 // 3
