"""Ten made-up households that never change: which cliffs appear, move or vanish for them.

They lie beside the other examples (``examples/profiles``). What a profile does not state is taken as not there (no, 0, no
rows), so that a curve shows what income does and not what is unknown; dates, levels and codes stay unknown.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from bangfu.rules.engine import Engine
from bangfu.rules.household import Given, GivenRow, read_given, read_household_content
from bangfu.rules.pack.model import Pack
from bangfu.rules.policies_folder import shipped
from bangfu.rules.population.run import Progress
from bangfu.rules.whatif.curve import Curve, Jump, draw_curve, read_vary
from bangfu.rules.whatif.pair import Pair

RANGE = "income=0..8000"


@dataclass(frozen=True, slots=True)
class Cliff:
    """A jump downwards at ``x`` (fen of income): aid a month before and after, what is lost."""

    x: int
    before: str
    after: str
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """One profile: lines of (income, aid) in fen before and after, and its cliffs. ``fate`` of a pair: see ``FATES``."""

    name: str
    title_zh: str
    title_en: str
    income_zh: str
    income_en: str
    line_before: list[tuple[int, float]]
    line_after: list[tuple[int, float]]
    cliffs: list[tuple[str, Cliff | None, Cliff | None]]

    def count(self, fate: str) -> int:
        """Return how many cliffs have a fate."""
        return sum(1 for found, _, _ in self.cliffs if found == fate)


FATES = ("appeared", "vanished", "moved", "kept")


def profile_files() -> list[Path]:
    """Return the ten files, in order."""
    return sorted((shipped("examples") / "profiles").glob("*.yaml"))


@cache
def _content(path: Path) -> Any:
    return read_household_content(path)


def read_profile(pack: Pack, path: Path) -> Given:
    """Return a profile as a place's pack reads it, all that it does not state taken as not there."""
    return rest_absent(pack, read_given(pack, _content(path), path.name))


def rest_absent(pack: Pack, given: Given) -> Given:
    """Return what is stated with all else taken as not there: no, 0, no rows, nothing on record."""
    collections = {e.collection for e in pack.vocabulary.entities.values() if e.collection}
    rows = [_filled(pack, row) for row in given.rows]
    return dataclasses.replace(given, rows=rows, collections=given.collections | collections, record=given.record or [])


def _filled(pack: Pack, row: GivenRow) -> GivenRow:
    if row.entity == "place":
        return row
    facts = dict(row.facts)
    for fact in pack.vocabulary.facts_of(row.entity):
        # What lies behind a gate that is shut is answered by the gate.
        if fact.id in facts or (fact.gate is not None and facts.get(fact.gate) is not True):
            continue
        if fact.type == "yes_no":
            facts[fact.id] = False
        elif fact.type in ("money", "number"):
            facts[fact.id] = 0
    return GivenRow(row.entity, row.id, row.of, row.at, facts, row.stated, row.name)


def profile_changes(pair: Pair, progress: Progress) -> list[ProfileChange]:
    """Return what the change does to each profile."""
    files = profile_files()
    progress.begin("profiles", len(files))
    found = []
    for path in files:
        found.append(_change(pair, path))
        progress.tick(1)
    return found


def _change(pair: Pair, path: Path) -> ProfileChange:
    zh, _, en = str(_content(path).get("title", path.stem)).partition(" | ")
    before, after = (_curve(engine, path, pair) for engine in (pair.base, pair.variant))
    fact, who = pair.base.pack.vocabulary.facts[before.vary.fact], before.vary.row
    return ProfileChange(
        path.stem, zh, en or zh, f"{fact.label.zh}（{who}）", f"{fact.label.en} ({who})",
        _line(before), _line(after), _fates([_cliff(jump) for jump in before.cliffs], [_cliff(jump) for jump in after.cliffs]),
    )  # fmt: skip


def _curve(engine: Engine, path: Path, pair: Pair) -> Curve:
    given = read_profile(engine.pack, path)
    return draw_curve(engine, given, read_vary(engine.pack, given, RANGE, "100"), pair.day)


def _line(curve: Curve) -> list[tuple[int, float]]:
    return [(x, float(aid)) for segment in curve.segments for x, aid in ((segment.low, segment.aid_low), (segment.high, segment.aid_high))]


def _cliff(jump: Jump) -> Cliff:
    return Cliff(jump.x, _fen(jump.before), _fen(jump.after), tuple(sorted({entry for entry, _ in jump.lost})))


def _fen(value: Fraction) -> str:
    return str(round(value))


def _fates(before: list[Cliff], after: list[Cliff]) -> list[tuple[str, Cliff | None, Cliff | None]]:
    """Match cliffs at which the same is lost, in order of income; the rest appeared or vanished."""
    left = list(before)
    found: list[tuple[str, Cliff | None, Cliff | None]] = []
    for cliff in after:
        same = next((c for c in left if c.lost == cliff.lost), None)
        if same is None:
            found.append(("appeared", None, cliff))
        else:
            left.remove(same)
            found.append(("kept" if same == cliff else "moved", same, cliff))
    return found + [("vanished", cliff, None) for cliff in left]


__all__ = ["FATES", "Cliff", "ProfileChange", "profile_changes", "profile_files", "read_profile", "rest_absent"]
