"""Aid against income for one household: every jump to the fen, every slope between jumps.

Aid is what is granted for sure and repeats over the year, as its share of a month; what is paid once or by the claim is a
line of its own. Open answers count nothing and are named. Recognitions are worked out from the facts (basis ``met``), or
no income could change them.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from bangfu.rules.engine import Engine
from bangfu.rules.errors import UnknownNameError, UsageError
from bangfu.rules.household import Given, GivenRow
from bangfu.rules.pack.model import Entry, Pack, Rounding
from bangfu.rules.units import power_of
from bangfu.rules.values import CLOSED, Range, Unknown, decimal_text
from bangfu.rules.vocabulary import Fact
from bangfu.rules.whatif.compare import YEARLY

Part = tuple[str, str]
"""(entry, id of the row)."""
INCOME = "income"
MOST_POINTS = 20_000
_WRITTEN = re.compile(r"^\s*(?:(?P<row>[^.=\s]+)\.)?(?P<fact>[a-z_][a-z0-9_]*)\s*=\s*(?P<low>\d+(?:\.\d+)?)\s*\.\.\s*(?P<high>\d+(?:\.\d+)?)\s*$")


@dataclass(frozen=True, slots=True)
class Vary:
    """What is varied: a fact of a row from ``low`` to ``high``, looked at every ``step`` first. Money in fen."""

    fact: str
    entity: str
    row: str
    low: int
    high: int
    step: int
    months: int
    """The period of the fact in months: 1 for 元/月, 12 for 元/年."""


@dataclass(frozen=True, slots=True)
class Point:
    """The answer at one value: aid a month and by the event in fen, each part of the first, what is granted or open."""

    x: int
    aid: Fraction
    event: Fraction
    parts: dict[Part, Fraction]
    granted: frozenset[Part]
    unsure: frozenset[Part]


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch without a jump: ``slope`` is what aid does for each fen more."""

    low: int
    high: int
    aid_low: Fraction
    aid_high: Fraction
    slope: Fraction


@dataclass(frozen=True, slots=True)
class Jump:
    """From ``x`` to the next fen aid goes from ``before`` to ``after``; what is gained and lost; where income makes up for it."""

    x: int
    before: Fraction
    after: Fraction
    lost: tuple[Part, ...]
    gained: tuple[Part, ...]
    made_up_at: int | None

    kind_lost: bool

    @property
    def is_cliff(self) -> bool:
        """Tell whether the household is worse off after the step: at least 1 元 less in hand, or less help in kind."""
        return self.before - self.after >= 100 or (self.kind_lost and self.after <= self.before)


@dataclass(frozen=True, slots=True)
class Curve:
    """Aid over the whole range: points in order, segments, jumps, and the answers that stay open somewhere."""

    vary: Vary
    points: tuple[Point, ...]
    segments: tuple[Segment, ...]
    jumps: tuple[Jump, ...]
    unsure: tuple[Part, ...]

    @property
    def cliffs(self) -> tuple[Jump, ...]:
        """Return the jumps downwards."""
        return tuple(jump for jump in self.jumps if jump.is_cliff)


# -- what is varied ----------------------------------------------------------------------------------------------
def read_vary(pack: Pack, given: Given, text: str, step: str | None = None) -> Vary:
    """Read ``income=0..8000``, ``wage_income=0..8000`` or ``B.wage_income=0..8000`` (B: the id of a row).

    ``income`` is the wage of the first member who works, else the pension of the first who draws one, else the wage of
    the first member.

    Raises:
        UsageError: It cannot be read, the household has no such row, or the fact is no number.
        UnknownNameError: There is no such fact.
    """
    found = _WRITTEN.match(text)
    if found is None:
        raise UsageError(f"看不懂“{text}”：请写如 income=0..8000、wage_income=0..8000、B.wage_income=0..8000（单位：元）", f'cannot read "{text}": write such as income=0..8000, wage_income=0..8000, B.wage_income=0..8000 (in 元)')
    name, row = (found["fact"], found["row"])
    if name == INCOME and INCOME not in pack.vocabulary.facts:
        name, row = _income(given, row)
    fact = pack.vocabulary.facts.get(name)
    if fact is None:
        raise UnknownNameError("事实", "fact", name, [INCOME, *(f.id for f in pack.vocabulary.facts.values() if f.kind == "number")])
    if fact.kind != "number":
        raise UsageError(f"{fact.label.zh}（{name}）不是数，不能画曲线", f"{fact.label.en} ({name}) is no number; no curve can be drawn over it")
    scale = Fraction(100) ** max(0, power_of(fact.unit, "元"))
    low, high = (int(Fraction(found[end]) * scale) for end in ("low", "high"))
    _inside(fact, low, high, scale)
    return Vary(name, fact.entity, _row(given, fact, row), low, high, _step(step, low, high, scale), 12 if power_of(fact.unit, "年") else 1)


def _income(given: Given, row: str | None) -> tuple[str, str | None]:
    people = [p for p in given.of_entity("person") if row is None or p.id == row]
    worker = next((p for p in people if p.facts.get("works") is True or p.facts.get("wage_income")), None)
    if worker is not None:
        return "wage_income", worker.id
    pensioner = next((p for p in people if p.facts.get("draws_pension") is True), None)
    return ("pension_income", pensioner.id) if pensioner is not None else ("wage_income", row)


def _row(given: Given, fact: Fact, row: str | None) -> str:
    rows = given.of_entity(fact.entity)
    found = next((r for r in rows if row is None or r.id == row), None)
    if found is None:
        ids = "、".join(r.id for r in rows)
        raise UsageError(f"这户没有“{row or fact.entity}”" + (f"；有：{ids}" if ids else ""), f'the household has no "{row or fact.entity}"' + (f"; there are: {ids}" if ids else ""))
    return found.id


def _inside(fact: Fact, low: int, high: int, scale: Fraction) -> None:
    if low >= high:
        raise UsageError("起点应小于终点，如 0..8000", "the range must rise, as 0..8000")
    bottom, top = fact.low, fact.high
    if (bottom is not None and low < bottom) or (top is not None and high > top):
        ends = [decimal_text(Fraction(end) / scale) if end is not None else "" for end in (bottom, top)]
        raise UsageError(f"{fact.label.zh}应在 {ends[0]}..{ends[1]} 之间", f"{fact.label.en} lies between {ends[0]} and {ends[1]}")


def _step(step: str | None, low: int, high: int, scale: Fraction) -> int:
    if step is None:
        return max(1, (high - low) // 160)
    try:
        found = int(Fraction(step) * scale)
    except (ValueError, ZeroDivisionError):
        found = 0
    if found < 1 or (high - low) // found > MOST_POINTS:
        raise UsageError(f"步长“{step}”应为正数，且不超过 {MOST_POINTS} 步", f'the step "{step}" must be above 0 and make at most {MOST_POINTS} steps')
    return found


# -- the curve ---------------------------------------------------------------------------------------------------
class _Household:
    """One household of which one fact is moved; answers are kept."""

    def __init__(self, engine: Engine, given: Given, vary: Vary, day: dt.date) -> None:
        self.engine, self.given, self.vary, self.day = engine, given, vary, day
        self.entries = [e for e in engine.pack.entries.values() if e.is_benefit and e.per not in (None, "place", "organisation")]
        self.only = frozenset(e.id for e in self.entries)
        self.place = next(n for n, r in enumerate(given.rows) if r.entity == vary.entity and r.id == vary.row)
        self.known: dict[int, Point] = {}
        self.steps = {e.id: _rounded_to(e, day) for e in self.entries if e.has_money}

    def at(self, x: int) -> Point:
        """Return the answer at one value."""
        found = self.known.get(x)
        if found is None:
            found = self.known[x] = self._answer(x)
        return found

    def _moved(self, x: int) -> Given:
        old = self.given.rows[self.place]
        facts = {**old.facts, self.vary.fact: x}
        gate = self.engine.pack.vocabulary.facts[self.vary.fact].gate
        while gate is not None:
            facts[gate] = True
            gate = self.engine.pack.vocabulary.facts[gate].gate
        row = GivenRow(old.entity, old.id, old.of, old.at, facts, old.stated, old.name)
        return dataclasses.replace(self.given, rows=[*self.given.rows[: self.place], row, *self.given.rows[self.place + 1 :]])

    def _answer(self, x: int) -> Point:
        run = self.engine.run(self._moved(x), self.day, "met", only=self.only)
        parts: dict[Part, Fraction] = {}
        event = Fraction(0)
        granted, unsure = set(), set()
        for entry in self.entries:
            for row in run.rows[entry.per or ""]:
                result = self.engine.result(row, entry)
                if result.status.__class__ is Unknown:
                    unsure.add((entry.id, row.id))
                elif result.status:
                    granted.add((entry.id, row.id))
                    sum_ = _low(result.amount) if entry.has_money else None
                    if sum_ is None:
                        continue
                    if entry.every in YEARLY:
                        parts[entry.id, row.id] = sum_ * YEARLY[entry.every] / 12
                    else:
                        event += sum_
        return Point(x, sum(parts.values(), Fraction(0)), event, parts, frozenset(granted), frozenset(unsure))

    def slack(self, point: Point) -> Fraction:
        """Return how far rounding alone may carry a point off a straight line."""
        return 2 + sum((self.steps.get(entry, Fraction(1)) for entry, _ in point.parts), Fraction(0))


def _rounded_to(entry: Entry, day: dt.date) -> Fraction:
    found = entry.round
    if found is not None and not isinstance(found, Rounding):
        version = found.version_on(day)
        found = version.value if version is not None and isinstance(version.value, Rounding) else None
    return Fraction(found.step) if isinstance(found, Rounding) else Fraction(1)


def _low(value: Any) -> Fraction | None:
    if value is None or value.__class__ is Unknown:
        return None
    if value is CLOSED:
        return Fraction(0)
    return Fraction(value.low if value.__class__ is Range else value)


def draw_curve(engine: Engine, given: Given, vary: Vary, day: dt.date) -> Curve:
    """Return aid over the range, with every jump to the fen that lies between two looked-at values that differ."""
    home = _Household(engine, given, vary, day)
    grid = [*range(vary.low, vary.high, vary.step), vary.high]
    for low, high in zip(grid, grid[1:], strict=False):
        _refine(home, low, high)
    points = tuple(home.known[x] for x in sorted(home.known))
    cuts = [n for n in range(1, len(points)) if points[n].x - points[n - 1].x == 1 and _jumps(home, points[n - 1], points[n])]
    segments: list[Segment] = []
    for low, high in zip([0, *cuts], [*cuts, len(points)], strict=True):
        segments += _straight(home, points[low:high])
    jumps = tuple(_jump(points, n, vary) for n in cuts)
    return Curve(vary, points, tuple(segments), jumps, tuple(sorted(frozenset[Part]().union(*(p.unsure for p in points)))))


def _refine(home: _Household, low: int, high: int) -> None:
    """Halve a stretch until its ends tell the same story and its middle lies on the line between them."""
    queue = [(low, high)]
    while queue:
        low, high = queue.pop()
        a, b = home.at(low), home.at(high)
        if high - low <= 1:
            continue
        middle = (low + high) // 2
        same = a.granted == b.granted and a.unsure == b.unsure
        if same and a.parts == b.parts and a.event == b.event:
            continue
        if same and _on_line(home, a, home.at(middle), b):
            continue
        queue += [(low, middle), (middle, high)]


def _on_line(home: _Household, a: Point, m: Point, b: Point) -> bool:
    expected = a.aid + (b.aid - a.aid) * Fraction(m.x - a.x, b.x - a.x)
    return abs(m.aid - expected) <= home.slack(m)


def _jumps(home: _Household, a: Point, b: Point) -> bool:
    return a.granted != b.granted or abs(b.aid - a.aid) > home.slack(a) + 1


def _straight(home: _Household, points: tuple[Point, ...]) -> list[Segment]:
    """Cut a stretch without jumps into as few straight pieces as rounding allows."""
    if len(points) < 2:
        return []
    first, last = points[0], points[-1]
    off = max(points, key=lambda p: abs(p.aid - first.aid - (last.aid - first.aid) * Fraction(p.x - first.x, last.x - first.x)))
    if not _on_line(home, first, off, last):
        at = points.index(off)
        return _straight(home, points[: at + 1]) + _straight(home, points[at:])
    return [Segment(first.x, last.x, first.aid, last.aid, (last.aid - first.aid) / (last.x - first.x))]


def _jump(points: tuple[Point, ...], n: int, vary: Vary) -> Jump:
    a, b = points[n - 1], points[n]
    lost, gained = sorted(a.granted - b.granted), sorted(b.granted - a.granted)
    before = Fraction(a.x, vary.months) + a.aid
    return Jump(a.x, a.aid, b.aid, tuple(lost), tuple(gained), _made_up(points[n:], before, vary) if b.aid < a.aid else None, any(part not in a.parts for part in lost))


def _made_up(points: tuple[Point, ...], before: Fraction, vary: Vary) -> int | None:
    """Return the least value at which what is in hand is what it was; straight lines lie between points."""
    def in_hand(point: Point) -> Fraction:
        return Fraction(point.x, vary.months) + point.aid

    for a, b in zip(points, points[1:], strict=False):
        if in_hand(b) >= before:
            rise = (in_hand(b) - in_hand(a)) / (b.x - a.x)
            return a.x + math.ceil((before - in_hand(a)) / rise)
    return None


__all__ = ["Curve", "Jump", "Part", "Point", "Segment", "Vary", "draw_curve", "read_vary"]
