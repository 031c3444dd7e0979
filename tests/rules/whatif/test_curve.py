"""Curves: every jump to the fen, slopes between them, in households small enough to work out by hand."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from functools import cache

import pytest

from bangfu.rules.errors import BangfuError
from bangfu.rules.household import Given, read_given, read_household_content
from bangfu.rules.whatif.curve import Curve, Vary, draw_curve, read_vary
from bangfu.rules.whatif.profiles import profile_files, read_profile
from tests.rules.engines import ROOT, engine

DAY = dt.date(2024, 6, 30)


def example() -> Given:
    """Return the shipped family of three of Honghuagang: the mother earns, the father is disabled at level 1."""
    file = ROOT / "examples" / "honghuagang.yaml"
    return read_given(engine("honghuagang").pack, read_household_content(file), file.name)


@cache
def curve(text: str = "income=0..8000", step: str | None = None) -> Curve:
    """Return the curve of that family."""
    rules = engine("honghuagang")
    return draw_curve(rules, example(), read_vary(rules.pack, example(), text, step), DAY)


def test_the_slopes_and_jumps_of_a_family_on_dibao() -> None:
    """808 × 3 = 2,424: up to there each 元 earned takes one away; single-person dibao of the father ends at 1.5 × 2,424 = 3,636."""
    found = curve()

    assert [(s.low, s.high, s.slope) for s in found.segments] == [(0, 242_399, -1), (242_400, 363_599, 0), (363_600, 800_000, 0)]
    assert [jump.x for jump in found.jumps] == [242_399, 363_599]
    assert found.segments[0].aid_low - found.segments[0].aid_high == 242_399
    assert ("dibao_payment", "household") in found.jumps[0].lost
    assert ("dibao_single_payment", "A") in found.jumps[0].gained


def test_a_cliff_says_where_income_makes_up_for_it() -> None:
    """At 3,635.99 the family has 3,635.99 + 888.80; with no aid it takes 4,524.79 to have as much."""
    cliff = curve().cliffs[-1]

    assert (cliff.before, cliff.after, cliff.made_up_at) == (88_880, 0, 363_599 + 88_880)
    assert cliff.is_cliff
    assert not curve().jumps[0].is_cliff  # what the father gets alone is more than what the family lost


def test_the_step_of_the_grid_does_not_move_a_jump() -> None:
    """Looked at every 1,000 元 or every 7, the jumps are the same."""
    assert curve("income=0..8000", "1000").jumps == curve("income=0..8000", "777").jumps
    assert {jump.x for jump in curve("income=0..8000", "1000").jumps} <= {jump.x for jump in curve().jumps}


def test_income_is_the_wage_of_who_works_or_the_pension() -> None:
    """B works; without a worker it is the pension of who draws one; a row may be named."""
    pack = engine("honghuagang").pack

    assert read_vary(pack, example(), "income=0..8000") == Vary("wage_income", "person", "B", 0, 800_000, 5_000, 1)
    assert read_vary(pack, example(), "A.pension_income=100..200", "0.5") == Vary("pension_income", "person", "A", 10_000, 20_000, 50, 1)
    pensioner = read_profile(pack, profile_files()[1])
    assert read_vary(pack, pensioner, "income=0..8000").fact == "pension_income"
    assert read_vary(pack, example(), "yearly_family_income=0..90000").months == 12


@pytest.mark.parametrize(
    ("text", "step", "said"),
    [
        ("income", None, "看不懂“income”"), ("income=8000..0", None, "起点应小于终点"), ("income=-5..10", None, "看不懂"),
        ("incom=0..10", None, "您是不是要写：income"), ("has_disability=0..1", None, "不是数"), ("X.wage_income=0..10", None, "这户没有“X”；有：A、B、C"),
        ("income=0..999999999", None, "之间"), ("income=0..8000", "0", "步长“0”应为正数"), ("income=0..8000", "x", "步长“x”"), ("income=0..8000", "0.01", "不超过 20000 步"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(text: str, step: str | None, said: str) -> None:
    """Each refusal says what was read and what to write."""
    with pytest.raises(BangfuError) as refused:
        read_vary(engine("honghuagang").pack, example(), text, step)
    assert said in refused.value.zh


@pytest.mark.parametrize("place", ["wuchang", "jiaxing", "bengbu", "county", "honghuagang"])
def test_each_profile_is_read_in_each_place(place: str) -> None:
    """Ten files, each a household with a title in both languages; what is not stated is not there."""
    pack = engine(place).pack

    assert len(profile_files()) == 10
    for file in profile_files():
        given = read_profile(pack, file)
        assert given.record == []
        assert all(p.facts.get("has_illness") in (True, False) for p in given.of_entity("person"))
        assert " | " in str(read_household_content(file)["title"])


def test_aid_never_rises_by_what_is_unknown() -> None:
    """The open answers are named, and no point counts one."""
    found = curve()

    assert found.unsure
    assert all(part not in point.parts for point in found.points for part in point.unsure)
    assert all(point.aid == sum(point.parts.values(), Fraction(0)) for point in found.points)
