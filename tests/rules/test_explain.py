"""What an answer says of itself: the articles of the tier that answered, who settles a range, force, waivers in full."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from bangfu.rules.assess import Answer, assess
from bangfu.rules.casebook import Case, CaseRunner, read_cases
from bangfu.rules.engine import Engine
from bangfu.rules.household import HouseholdReader, read_given, read_household_content
from bangfu.rules.needs import need_label, settled_texts
from bangfu.rules.notes import note_texts
from bangfu.rules.pack.load import load_pack
from bangfu.rules.phrases import sum_text
from bangfu.rules.reasons import Reason
from tests.rules.engines import POLICIES, engine

SPEC = Path(__file__).parent / "spec" / "policies"


@cache
def cases(place: str, folder: Path = POLICIES) -> dict[str, Case]:
    """Return a place's cases by their name before the bar."""
    return {case.name.split(" | ")[0]: case for case in read_cases(folder, place, [])}


def answer(rules: Engine, case: Case, entry: str) -> Answer:
    """Return the answer of one entry for the facts of a worked case, with its argument."""
    given = HouseholdReader(rules.pack, case.file).read(case.raw["given"])
    found = assess(rules, given, case.raw["on"], basis=case.raw.get("basis"))
    return next(a for a in found.answers if a.entry == entry)


def lines(found: Answer) -> list[str]:
    """Return the Chinese lines of an argument."""
    return [line.zh for reason in found.reasons for _, line in reason.lines()]


def relief() -> Answer:
    """Return the county's relief for a grave illness: the first tier, 2,000 to 5,000 by case."""
    return answer(engine("county"), cases("county")["危重疾病致困，幅度2000至5000元由个案定"], "temporary_relief")


def test_the_tier_that_answered_is_cited() -> None:
    """The first tier's clause and what all tiers share; not the clauses of the other three."""
    found = relief()
    clauses = engine("county").pack.clauses

    assert found.tier == 0
    assert set(found.clauses) == {"county-02a", "county-02e", "county-02f"}
    assert found.articles == tuple(dict.fromkeys(clauses[c].article for c in found.clauses))


def test_without_a_tier_all_are_cited() -> None:
    """A refusal rests on every tier that was looked at."""
    rules = engine("county")
    entry = rules.pack.entries["temporary_relief"]

    assert rules.cited(entry, None, dt.date(2024, 5, 10))[1] == tuple(entry.covers)
    assert {"county-02a", "county-02b", "county-02c", "county-02d"} <= set(entry.covers)


@pytest.mark.parametrize(
    ("day", "article"),
    [(dt.date(2021, 6, 30), "低保审核审批办法（试行）（2012）第27条"), (dt.date(2021, 7, 1), "低保审核确认办法（2021）第23条")],
)
def test_the_instrument_in_force_is_cited(day: dt.date, article: str) -> None:
    """The trial rules of 2012 held to 30 June 2021, those of 2021 from 1 July on; one of them is cited, not both."""
    rules = engine("county")

    assert rules.cited(rules.pack.entries["dibao_payment"], None, day)[0] == (article,)


def test_where_no_instrument_was_in_force_all_are_cited() -> None:
    """An entry is never left without an article."""
    rules = engine("county")
    entry = rules.pack.entries["dibao_single"]

    assert rules.cited(entry, None, dt.date(2015, 1, 1))[1] == tuple(entry.covers)


def test_who_settles_a_range_is_said() -> None:
    """Bounds by case name the office that settles them."""
    found, pack = relief(), engine("county").pack
    office = pack.office_text(found.office, "zh")

    assert office
    assert f"由{office}逐案确定" in lines(found)
    assert "金额 = 2000–5000 元/户·年" in lines(found)
    assert settled_texts(pack, pack.entries["temporary_relief"], found.needs, "zh") == [f"由{office}逐案确定"]


def test_ages_are_said_in_years_of_age() -> None:
    """An age and the line it is held against are 周岁, how far it is off is 岁; a length of time stays 年."""
    path = POLICIES.parent / "examples" / "wuchang.yaml"
    rules = engine("wuchang")
    given = read_given(rules.pack, read_household_content(path), path.name)
    found = {line for a in assess(rules, given, dt.date(2023, 9, 15)).answers for line in lines(a)}

    assert "周岁 < 18 周岁：现为 65 周岁，高出 47 岁" in found  # born on 1958-03-02
    assert "助老帮扶老年人 = 是 ← 周岁 ≥ 60 周岁，且（本地户籍，或相隔整年（开始在本地居住日期，当日） ≥ 1 年）" in found
    assert not [line for line in found if line.startswith("周岁") and " 年" in line.split("←")[0]]


def test_what_the_place_settles_and_what_facts_settle_is_said_apart() -> None:
    """Bounds by place name the figure, everything else is what the sum depends on."""
    pack = engine("bengbu").pack
    entry = next(e for e in pack.entries.values() if "partial_share" in e.figures)

    said = settled_texts(pack, entry, [f"{entry.id}.partial_share", "birth_date"], "zh")

    assert said == [f"由当地规定：{need_label(pack, f'{entry.id}.partial_share', 'zh')}", f"定于：{pack.vocabulary.facts['birth_date'].label.zh}"]


def test_a_waiver_of_the_whole_is_free() -> None:
    """100 % of a fare is said as what it means."""
    found = answer(engine("wuchang"), cases("wuchang")["视力残疾没有手机补贴"], "free_transport")

    assert found.amount is not None
    assert sum_text(found, "zh") == "全免"
    assert sum_text(found, "en") == "free of charge"
    assert "减免 = 全免" in lines(found)
    assert not any("100%" in line for line in lines(found))
    assert sum_text(found._replace(kind="insurance"), "zh") == "100%"


@pytest.mark.parametrize(
    ("since", "until", "zh", "en"),
    [
        (dt.date(2024, 7, 1), None, "该条自 2024-07-01 起有效", "this entry is in force from 2024-07-01"),
        (None, dt.date(2024, 12, 31), "该条只到 2024-12-31 有效", "this entry was in force only until 2024-12-31"),
        (dt.date(2024, 7, 1), dt.date(2024, 12, 31), "该条只在 2024-07-01 至 2024-12-31 有效", "this entry is in force only from 2024-07-01 to 2024-12-31"),
    ],
)
def test_an_open_end_of_force_is_left_out(since: dt.date | None, until: dt.date | None, zh: str, en: str) -> None:
    """A day that is not given leaves no gap in the sentence."""
    rules = engine("county")
    entry = replace(rules.pack.entries["temporary_relief"], since=since, until=until)

    assert note_texts(rules, entry, "not_in_force", None) == (zh, en)


def test_a_definition_outside_its_force_says_since_when() -> None:
    """The line that is unknown says from when on the document gives it."""
    rules = Engine(load_pack(SPEC, "spec"))
    found = answer(rules, cases("spec", SPEC)["前一天：没有这个说法"], "summer_sum")

    assert found.computed == "unknown"
    assert "七月起才有的说法 = 未知（该条自 2024-07-01 起有效）" in lines(found)


def test_a_case_with_values_of_its_own_changes_no_later_answer() -> None:
    """The days on which values change are those of the pack, whatever a case sets while it runs."""
    rules, untouched = (Engine(load_pack(POLICIES, "jiaxing")) for _ in range(2))
    standard = rules.pack.parameters["dibao_standard"]
    own = next(case for case in cases("jiaxing").values() if "dibao_standard" in (case.raw.get("with") or {}))
    assert any(version.since for version in standard.versions)
    with CaseRunner(rules).settings(own):
        assert not any(version.since for version in standard.versions)
        days = rules.breakpoints

    assert days == untouched.breakpoints == rules.breakpoints


def test_lines_are_shared_and_never_changed() -> None:
    """Saying a line of a named row or cutting it short makes another line."""
    below = Reason("test", "乙", "b", "yes")
    line = Reason("test", "甲", "a", "yes", [below])

    assert line.size == 2
    assert line.about("A").zh == "A：甲"
    assert line.cut(1).children == []
    assert (line.zh, line.size, list(line.children)) == ("甲", 2, [below])
