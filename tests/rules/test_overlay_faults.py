"""An overlay that is off is refused with its place and what to write; nothing of it is passed over in silence."""

from __future__ import annotations

import pytest

from bangfu.rules.pack.load import read_pack
from tests.rules.engines import POLICIES

BY = "from: 2024-01-01, source: 县发文, said_by: 民政局"


def faults(text: str) -> list[str]:
    """Return what is said about an overlay of the county."""
    return [fault.text("zh") for fault in read_pack(POLICIES, "county", [("补充件.yaml", text)])[1]]


@pytest.mark.parametrize(
    ("row", "place", "said"),
    [
        ("{set: relief_procedure.steps.publsh.runs, value: 7 日, BY}", "3:11", "程序“relief_procedure”没有步骤“publsh”；步骤：apply、verify、publish；这里可设置：relief_procedure.steps.publish.runs"),
        ("{set: dibao_procedure.steps.notice.runs, value: 9 日, BY}", "3:11", "文件已定（cn/07-procedures.yaml"),
        ("{set: relief_proc.steps.publish.runs, value: 7 日, BY}", "3:11", "是不是 relief_procedure.steps.publish.runs"),
        ("{set: temporary_relief.tiers.9.amount, value: 3000 元/户·年, BY}", "3:11", "里没有“tiers.9.amount”；这里可设置：temporary_relief.tiers.0.amount"),
        ("{set: temporary_relief.tiers.0.amount, value: 3000 元/户·月, BY}", "3:51", "单位是 元/户·年，这里写成了 元/户·月"),
        ("{set: temporary_relief.tiers.0.amount, value: 三千, BY}", "3:51", "“三千”不是数量"),
        ("{set: relief_procedure.steps.publish.runs, value: 7 元, BY}", "3:55", "单位应为 日"),
        ("{set: dibao_standard, value: {urban: 6000000, rural: 500}, BY}", "3:42", "超出 bounds 100..10000"),
        ("{set: dibao_standard, value: {urban: -5, rural: 500}, BY}", "3:42", "超出 bounds 100..10000"),
        ("{set: dibao_standard, value: {urban: 600, rural: 500}, from: 去年, source: 县发文, said_by: 民政局}", "3:66", "须为日期"),
        ("{set: dibao_standard, value: {urban: 600, rural: 500}, from: 2024-01-01, said_by: 民政局}", "3:5", "缺少 source"),
        ("{value: 3, BY}", "3:5", "缺少“set”"),
    ],
)
def test_a_wrong_value_is_refused_with_what_can_be_set(row: str, place: str, said: str) -> None:
    """An entry or step that is not there, a value the document fixes, a unit, a bound, a date, a source."""
    found = faults(f"place: county\nvalues:\n  - {row.replace('BY', BY)}\n")

    assert len(found) == 1, found
    assert found[0].startswith(f"补充件.yaml:{place} ")
    assert said in found[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("place: wuchang\nreadings: {reduction_mode: whole}\n", "补充件.yaml:1:8 这份补充件是给 wuchang 的，不能用于 county"),
        ("- 一\n", "补充件.yaml:1:1 补充件应为键值对，可用的键：place values"),
        ("", "文件是空的"),
        ("place: county\nvalues: {a: b}\n", "补充件.yaml:2:9 values 应为列表"),
        ("place: county\nreadings: [reduction_mode]\n", "补充件.yaml:2:11 readings 应为 {读法: 代码}"),
        ("place: county\nreadings: {reduction_mode: slice}\n", "可取：whole、slices"),
        ("place: county\nentries: {id: x}\n", "补充件.yaml:2:10 entries 应为列表"),
        (f"place: county\nconditions:\n  - {{entry: bed_fee_redution, when: bed_target, {BY}}}\n", "是不是 bed_fee_reduction"),
        (f"place: county\nconditions:\n  - {{entry: bed_fee_reduction, when: bed_target, {BY}}}\n", "没有 open_condition：文件已写全条件"),
        (f"place: county\nwidens:\n  - {{entry: bed_fee_reduction, when: bed_target, {BY}}}\n", "没有 open_list"),
        ("place: county\nvalue: []\n", "是不是 values"),
    ],
)
def test_a_wrong_overlay_is_refused(text: str, said: str) -> None:
    """Another place's file, another shape, an entry that has nothing open."""
    found = faults(text)

    assert len(found) == 1, found
    assert said in found[0]


def test_a_reading_on_record_only_is_told_to_change_nothing() -> None:
    """It is no error, but whoever writes it learns that no answer turns on it; a switch says nothing."""
    told = read_pack(POLICIES, "county", [("补充件.yaml", "place: county\nreadings: {three_years: from_first, reduction_mode: slices}\n")])[1]

    assert [(f.level, f.line, f.column) for f in told] == [("warning", 2, 25)]
    assert "“three_years”只备案" in told[0].zh


def test_a_condition_that_cannot_be_read_is_said_once() -> None:
    """The slip in the expression, not also that the condition is missing."""
    found = faults(f"place: county\nconditions:\n  - {{entry: bed_fee_reduction, when: bed_targt, {BY}}}\n")

    assert len(found) == 1
    assert "是不是 bed_target" in found[0]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("values:\n  - {set: dibao_standard, value: {urban: 600, rural: 500}, source: 县发文, said_by: 民政局}\n", ["dibao_standard"]),
        (f"values:\n  - {{set: dibao_standard, value: {{urban: 600, rural: 500}}, {BY}}}\n", []),
        (f"values:\n  - {{set: relief_procedure.steps.publish.runs, value: 7 日, {BY.partition(', ')[2]}}}\n", []),
        (f"values:\n  - {{set: temporary_relief.tiers.0.amount, value: 3000 元/户·年, {BY.partition(', ')[2]}}}\n", ["temporary_relief.tiers.0.amount"]),
        (f"widens:\n  - {{entry: public_posts_first, when: age >= 50, {BY.partition(', ')[2]}}}\n", ["public_posts_first"]),
        (f"widens:\n  - {{entry: public_posts_first, when: age >= 50, {BY}}}\n", []),
    ],
)
def test_a_value_without_a_first_day_is_warned_of_by_name(text: str, names: list[str]) -> None:
    """It holds for all time, so that claims of years ago are judged by it; a length set for a step has no days."""
    found = [fault for fault in read_pack(POLICIES, "county", [("补充件.yaml", text)])[1] if fault.code == "OVERLAY-ALWAYS"]

    assert [fault.level for fault in found] == ["warning"] * len(names)
    assert all(f"“{name}”没有写 from：对所有日期都算数" in fault.zh for name, fault in zip(names, found, strict=True))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("widens:\n  - {entry: pension_premium_paid, when: age >= 50, from: 2012-01-01, BY}\n", ("OVERLAY-EARLY", 2, "“pension_premium_paid”自 2021-10-08 起施行，from 写的是 2012-01-01")),
        ("widens:\n  - {entry: pension_premium_paid, when: age >= 50, from: 2021-10-07, BY}\n", ("OVERLAY-EARLY", 2, "请写 from: 2021-10-08")),
        ("widens:\n  - {entry: pension_premium_paid, when: age >= 50, from: 2021-10-08, BY}\n", None),
        ("widens:\n  - {entry: pension_premium_paid, when: age >= 50, from: 2024-10-07, BY}\n", None),
        ("widens:\n  - {entry: pension_premium_paid, when: age >= 50, from: 2024-10-08, BY}\n", ("OVERLAY-LATE", 2, "“pension_premium_paid”已于 2024-10-07 失效")),
        ("conditions:\n  - {entry: minor_target, when: age < 16, from: 2012-01-01, BY}\n", ("OVERLAY-EARLY", 2, "“minor_target”自 2021-10-08 起施行")),
        ("values:\n  - {set: dibao_standard, value: {urban: 700, rural: 400}, from: 2020-03-31, BY}\n", ("OVERLAY-EARLY", 2, "“dibao_standard”已有的第一个值自 2020-04-01 起，from 写的是 2020-03-31：这一行只管 2020-04-01 以前的日子")),
        ("values:\n  - {set: dibao_standard, value: {urban: 700, rural: 400}, from: 2020-04-01, BY}\n", None),
    ],
)  # fmt: skip
def test_a_first_day_outside_the_force_of_what_it_changes_is_told(row: str, said: tuple[str, int, str] | None) -> None:
    """A day before the standard or the entry exists changes nothing there is, and one after its end grants nothing: both look like a slip in the year."""
    told = read_pack(POLICIES, "wuchang", [("补充件.yaml", row.replace("BY", "source: 区发文, said_by: 民政局"))])[1]

    assert [(f.level, f.code, f.line) for f in told] == ([] if said is None else [("warning", *said[:2])])
    assert said is None or said[2] in told[0].zh
