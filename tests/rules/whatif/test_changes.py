"""A written change becomes values of the pack, or is refused with what is wrong and what to write."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from bangfu.rules.errors import BangfuError, PackError
from bangfu.rules.whatif.changes import ValueChange, overlay_of, read_change
from bangfu.rules.whatif.pair import make_pair, make_pair_of
from tests.rules.engines import POLICIES, ROOT, engine

DAY = dt.date(2022, 6, 30)


def after(*changes: str, day: dt.date = DAY) -> list[str]:
    """Return what differs, in Chinese."""
    return [difference.text("zh") for difference in make_pair(POLICIES, "wuchang", day, changes).differences]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (["dibao_standard=+30"], "{urban: 940, rural: 810}"),  # 910 + 30, 780 + 30
        (["dibao_standard=-10"], "{urban: 900, rural: 770}"),
        (["dibao_standard=+5%"], "{urban: 955.5, rural: 819}"),  # 910 × 1.05, 780 × 1.05
        (["dibao_standard=970"], "{urban: 970, rural: 970}"),
        (["dibao_standard[urban]=970"], "{urban: 970, rural: 780}"),
        (["dibao_standard[rural] = +20"], "{urban: 910, rural: 800}"),
        (["dibao_standard={urban: 970, rural: 800}"], "{urban: 970, rural: 800}"),
        (["dibao_standard=+30", "dibao_standard=+30"], "{urban: 970, rural: 840}"),
    ],
)
def test_a_change_of_a_standard(written: list[str], value: str) -> None:
    """From 910 and 780 in 2022; two changes of one value add up; the overlay is plain YAML with a source."""
    text = overlay_of(engine("wuchang").pack, [read_change(one) for one in written], DAY)

    assert text == f"place: wuchang\nvalues:\n  - {{set: dibao_standard, value: {value}, from: 2022-06-30, source: 测算, said_by: 测算}}\n"


def test_what_differs_is_said_with_its_end() -> None:
    """A standard and a figure of an entry; the pack's own next value ends the first on 2023-06-01."""
    assert after("dibao_standard=+30", "elder_care_subsidy.old_age=250") == [
        "最低生活保障标准：城市 910、农村 780 元/人·月 → 城市 940、农村 810 元/人·月（2023-06-01 起政策包另有新值）",
        "养老服务补贴（old_age）：200 元/人·月 → 250 元/人·月",
    ]


def test_a_value_that_nobody_gave_may_be_set_but_not_raised() -> None:
    """The line is missing in the document: 800 is a change, +800 has nothing to start from."""
    assert after("low_income_line=800") == ["低收入标准：未定 → 800 元/人·月"]
    with pytest.raises(BangfuError, match="no known value on 2022-06-30"):
        after("low_income_line=+800")


@pytest.mark.parametrize(
    ("written", "day", "said"),
    [
        ("dibao_standard=+30", dt.date(2019, 1, 1), "还没有标准：最早的值自 2020-04-01 起"),
        ("dibao_standard=970", dt.date(2019, 1, 1), "还没有标准：最早的值自 2020-04-01 起"),
        ("dibao_standard=+0", DAY, "改动与现行标准相同"),
        ("dibao_standart=+1", DAY, "您是不是要写：dibao_standard"),
        ("dibao_standard[town]=970", DAY, "没有“town”这一档；有：urban、rural"),
        ("elder_care_subsidy.old_age[urban]=970", DAY, "它不分列，请去掉方括号"),
        ("dibao_standard=-3000", DAY, "会变成负数"),
        ("major_illnesses=+1", DAY, "没有已知的值"),
        ("dibao_standard", DAY, "看不懂改动“dibao_standard”"),
        ("dibao_standard=970, from: 1990-01-01", DAY, "看不懂改动"),
        ("dibao_standard=970}\nentries: {}", DAY, "看不懂改动"),
        ("nowhere.yaml", DAY, "读不到补充件“nowhere.yaml”：没有这个文件"),
        (str(ROOT / "docs"), DAY, "不是政策文件夹"),
        (str(POLICIES / "wuchang"), DAY, "改动与现行标准相同"),
    ],
)
def test_what_is_wrong_is_said(written: str, day: dt.date, said: str) -> None:
    """Each refusal names the change and the next step."""
    with pytest.raises(BangfuError) as refused:
        after(written, day=day)
    assert said in refused.value.zh


def test_no_change_and_two_folders_are_refused() -> None:
    """Nothing to compare, or more than one pack to compare with."""
    with pytest.raises(BangfuError, match="no change was given"):
        after()
    with pytest.raises(BangfuError, match="only one changed policies folder"):
        after(str(POLICIES / "wuchang"), str(POLICIES))


def test_a_value_of_the_wrong_unit_is_the_loaders_fault_to_tell() -> None:
    """The loader says where and why."""
    with pytest.raises(PackError, match=r"abc.*is no quantity|QUANTITY"):
        after("dibao_standard=abc")


def test_an_overlay_and_its_date(tmp_path: Path) -> None:
    """An overlay acts from its own date; before, the day to ask for is named."""
    file = tmp_path / "新标准.yaml"
    file.write_text("place: wuchang\nvalues:\n  - {set: dibao_standard, value: {urban: 970, rural: 850}, from: 2022-10-01, source: 拟, said_by: 区民政局}\n", encoding="utf-8")

    assert after(str(file), day=dt.date(2022, 10, 1))[0].startswith("最低生活保障标准：城市 910、农村 780 元/人·月 → 城市 970、农村 850")
    with pytest.raises(BangfuError) as refused:
        after(str(file))
    assert "最早自 2022-10-01 起；请用 --from 2022-10-01" in refused.value.zh


def test_a_widened_group_and_its_date(tmp_path: Path) -> None:
    """A group added by an overlay differs from its own day on; before, the day to ask for is named."""
    file = tmp_path / "扩大.yaml"
    file.write_text("place: wuchang\nwidens:\n  - {entry: pension_premium_paid, when: age >= 50, from: 2022-10-01, source: 拟, said_by: 区人社局}\n", encoding="utf-8")

    assert len(after(str(file), day=dt.date(2022, 10, 1))) == 1
    with pytest.raises(BangfuError) as refused:
        after(str(file), day=dt.date(2022, 9, 30))
    assert "最早自 2022-10-01 起；请用 --from 2022-10-01" in refused.value.zh


def test_an_overlay_older_than_the_value_in_force_changes_nothing(tmp_path: Path) -> None:
    """The value of 2022-04 holds over one from 2021-12; the sentence says so."""
    file = tmp_path / "旧.yaml"
    file.write_text("place: wuchang\nvalues:\n  - {set: dibao_standard, value: {urban: 970, rural: 850}, from: 2022-01-01, source: 拟, said_by: 区民政局}\n", encoding="utf-8")

    with pytest.raises(BangfuError) as refused:
        after(str(file))
    assert "dibao_standard 自 2022-01-01 起的值早于现行的值（自 2022-04-01 起）" in refused.value.zh


def test_a_changed_pack_folder_of_one_place_or_of_all(tmp_path: Path) -> None:
    """A copy with one figure rewritten differs in that figure, whichever folder is given."""
    shutil.copytree(POLICIES, tmp_path / "policies")
    chapter = tmp_path / "policies" / "wuchang" / "08-older.yaml"
    text = chapter.read_text(encoding="utf-8")
    assert "200 元/人·月" in text
    chapter.write_text(text.replace("200 元/人·月", "220 元/人·月", 1), encoding="utf-8")

    expected = ["养老服务补贴（old_age）：200 元/人·月 → 220 元/人·月"]
    assert after(str(tmp_path / "policies")) == expected
    assert after(str(tmp_path / "policies" / "wuchang")) == expected
    chapter.write_text(text.replace("when:", "wenn:", 1), encoding="utf-8")
    with pytest.raises(PackError, match="08-older.yaml"):
        after(str(tmp_path / "policies" / "wuchang"))


def test_readings_conditions_and_entries_differ_too() -> None:
    """Signed against proposed overlays: what an overlay turns, adds or sets is named."""
    condition = "place: wuchang\nconditions:\n  - {entry: minor_target, when: age < 16, from: 2022-01-01, source: 拟, said_by: 区民政局}\nreadings: {deductible_base: whole_bill}\n"

    pair = make_pair_of(POLICIES, "wuchang", DAY, [], [("拟.yaml", condition)])

    assert {difference.name for difference in pair.differences} == {"minor_target", "deductible_base"}
    assert any("→" in difference.text("en") for difference in pair.differences)


def test_a_change_is_read_with_spaces_where_people_put_them() -> None:
    """Name, key and value apart."""
    assert read_change(" dibao_standard [urban] = +30 ") == ValueChange("dibao_standard", "urban", "+30")
