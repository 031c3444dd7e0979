"""The command line: every command works on the shipped packs, says what is wrong in words, and exits as it promises."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bangfu.cli import COMMANDS, main

ROOT = Path(__file__).resolve().parents[2]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
QUOTED_WORDS = re.compile(r"\([\u4e00-\u9fff, ]+[a-z ]*\)|元|武昌|台账\.xlsx")
LONG_ENGLISH = re.compile(r"(?:\b[a-z]{2,} ){4}")
"""Five words in a row are a sentence, not a name."""


def bangfu(*words: str, lang: str = "zh_CN.UTF-8", feed: str | None = None, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    env = {**os.environ, "LANG": lang, "LC_ALL": lang, "PYTHONIOENCODING": "utf-8"}
    return subprocess.run([sys.executable, "-m", "bangfu.cli", *words], capture_output=True, text=True, env=env, cwd=cwd, input=feed, check=False)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_in_one_language(command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The locale's; never both beside each other."""
    said = {}
    for lang in ("en_US.UTF-8", "zh_CN.UTF-8"):
        monkeypatch.setenv("LC_ALL", lang)
        with pytest.raises(SystemExit) as end:
            main([command, "--help"])
        assert end.value.code == 0
        said[lang[:2]] = "\n".join(line for line in capsys.readouterr().out.splitlines() if not line.lstrip().startswith("bangfu "))

    assert "显示这段说明" in said["zh"]
    assert "Show this message" in said["en"]
    assert not CHINESE.search(QUOTED_WORDS.sub("", said["en"]))
    assert not LONG_ENGLISH.search(said["zh"])
    assert min(map(len, said.values())) > 90


def test_the_language_asked_for_counts_above_the_locale() -> None:
    """Before the command or after it, for one command and for all."""
    for words in (("--lang", "en", "--help"), ("--help", "--lang", "en"), ("keys", "share", "--help", "--lang", "en")):
        found = bangfu(*words)
        assert found.stdout.startswith("Usage:")
        assert not CHINESE.search(re.sub(r"bangfu .*", "", found.stdout).replace("轮椅, 孩子上大学, ", ""))


def test_demo_assesses_five_places_and_names_its_dates() -> None:
    """Each answer page names its day; a reason follows."""
    found = bangfu("demo")

    assert found.returncode == 0
    assert found.stdout.count("计算日期") == 5
    assert "金额 =" in found.stdout
    assert "虚构" in found.stdout


def test_assess_prints_the_sums_of_the_example() -> None:
    """16,000 less 4,000 leaves 12,000: 15 % off is 1,800 and 70 % of 10,200 is 7,140."""
    found = bangfu("assess", "examples/county.yaml")

    assert found.returncode == 0
    assert "1,800 元/次" in found.stdout
    assert "7,140 元/次" in found.stdout


def test_assess_in_english_has_no_chinese_sentence() -> None:
    """The English tree is the same tree: labels of statuses and headings are English."""
    found = bangfu("--lang", "en", "why", "examples/county.yaml", "major_illness_aid")

    assert found.returncode == 0
    assert "amount =" in found.stdout
    assert "金额" not in found.stdout


def test_json_is_json_and_carries_hashes() -> None:
    """The JSON names pack, facts, engine and semantics."""
    data = json.loads(bangfu("assess", "examples/county.yaml", "--json").stdout)

    assert len(data["pack_hash"]) == len(data["facts_hash"]) == 64
    assert {a["status"] for a in data["answers"]} == {"met", "not_met", "unknown", "lapsed"}


def test_a_lapsed_document_says_so_and_grants_nothing() -> None:
    """On the day after the last, every answer of the document is lapsed; the day before, none is."""
    after = json.loads(bangfu("assess", "examples/wuchang.yaml", "--on", "2024-10-08", "--json").stdout)
    before = json.loads(bangfu("assess", "examples/wuchang.yaml", "--on", "2024-10-07", "--json").stdout)

    own = [a for a in after["answers"] if a["entry"] == "wheelchair_fuel"]
    assert after["lapsed_since"] == "2024-10-07"
    assert {a["status"] for a in own} == {"lapsed"}
    assert {a["would_be"] for a in own} == {"met", "not_met"}
    assert before["lapsed_since"] is None
    assert "失效" in bangfu("assess", "examples/wuchang.yaml", "--on", "2024-10-08").stdout


def test_compare_shows_all_five_places() -> None:
    """The same household stands in five columns."""
    found = bangfu("compare", "examples/honghuagang.yaml")

    assert found.returncode == 0
    assert all(place in found.stdout for place in ("wuchang", "jiaxing", "bengbu", "county", "honghuagang"))


@pytest.mark.parametrize("words", [["missing", "--place", "武昌"], ["readings", "--place", "county"], ["rules", "轮椅"], ["coverage"], ["rules", "bed_fee_reduction"]])
def test_browsing_commands_say_something(words: list[str]) -> None:
    """Each prints a table or a page."""
    found = bangfu(*words)

    assert found.returncode == 0
    assert len(found.stdout.splitlines()) > 4


def test_coverage_is_574_of_574() -> None:
    """Every clause of the five documents has an entry and no figure is lost."""
    assert "574 条中 574 条有条目" in bangfu("coverage").stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["asess", "x"], 2, "是不是要用：assess"),
        (["assess", "nothing.yaml"], 2, "读不到“nothing.yaml”：没有这个文件"),
        (["assess", "examples/county.yaml", "--place", "mars"], 2, "没有这个地方"),
        (["assess", "examples/county.yaml", "--on", "2021-13-01"], 2, "不是日期"),
        (["why", "examples/county.yaml", "bed_fee_reductoin"], 2, "bed_fee_reduction"),
        (["assess", "examples/county.yaml", "--with", "none.yaml"], 2, "读不到补充件"),
        (["check", "nowhere"], 2, "没有这个文件夹"),
        (["check", "pyproject.toml"], 2, "它是文件，不是文件夹"),
        (["--policies", "pyproject.toml", "rules", "x"], 2, "它是文件，不是文件夹"),
        (["assess", "examples"], 2, "它是文件夹"),
        (["ask", "examples"], 2, "它是文件夹"),
        (["assess", "examples/wuchang.yaml", "--with", "examples"], 2, "读不到补充件 examples：它是文件夹"),
        (["run", "nowhere", "--place", "wuchang", "--on", "2022-06-30", "--out", "x"], 2, "没有台账“nowhere”：没有这个文件"),
        (["whatif", "x", "--place", "wuchang", "--change", "没有.yaml", "--from", "2023-06-01", "--out", "x"], 2, "没有这个文件"),
        (["backup", "pyproject.toml", "--keys", "x"], 2, "是文件，不是文件夹"),
        (["new", "Mars!"], 2, "小写英文"),
        (["template", "--out", "a.csv"], 2, ".xlsx"),
    ],
)
def test_wrong_calls_are_answered_in_words(words: list[str], code: int, said: str) -> None:
    """No traceback; the sentence says what to do."""
    found = bangfu(*words)

    assert found.returncode == code
    assert said in found.stdout + found.stderr
    assert "Traceback" not in found.stderr


def test_a_faulty_household_lists_every_fault_and_exits_1(tmp_path: Path) -> None:
    """Two slips, two lines, nothing assessed."""
    path = tmp_path / "h.yaml"
    path.write_text("place: county\nhousehold: {residense: urban}\nmembers: [{id: A, sex: boy}]\n", encoding="utf-8")

    found = bangfu("assess", str(path))

    assert found.returncode == 1
    assert "是不是 residence" in found.stderr
    assert "没有“boy”这一项" in found.stderr
    assert found.stdout == ""


def test_an_overlay_settles_a_range_and_says_its_date(tmp_path: Path) -> None:
    """3,000 by a place's overlay replaces 2,000 to 5,000; before its date it does not."""
    overlay = tmp_path / "o.yaml"
    overlay.write_text(
        "place: county\nvalues: [{set: temporary_relief.tiers.0.amount, value: 3000 元/户·年, from: 2024-01-01, source: 县发文, said_by: 民政局}]\n",
        encoding="utf-8",
    )
    amounts = {}
    for day in ("2024-06-30", "2023-12-31"):
        data = json.loads(bangfu("assess", "examples/county.yaml", "--with", str(overlay), "--on", day, "--json").stdout)
        amounts[day] = next(a["amount"] for a in data["answers"] if a["entry"] == "temporary_relief")

    assert (amounts["2024-06-30"]["low"], amounts["2024-06-30"]["high"]) == ("3000", "3000")
    assert (amounts["2023-12-31"]["low"], amounts["2023-12-31"]["high"]) == ("2000", "5000")


def test_an_overlay_that_names_nothing_is_refused(tmp_path: Path) -> None:
    """A slip in the address is met with the near one; a value without source is refused."""
    overlay = tmp_path / "o.yaml"
    overlay.write_text("place: county\nvalues: [{set: dibao_standart, value: 600, from: 2024-01-01}]\n", encoding="utf-8")

    found = bangfu("assess", "examples/county.yaml", "--with", str(overlay))

    assert found.returncode == 1
    assert "dibao_standard" in found.stderr
    assert "缺少 source" in found.stderr


def test_results_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """An .xlsx appears; a wrong ending leaves nothing behind."""
    good, bad = tmp_path / "r.xlsx", tmp_path / "r.pdf"

    assert bangfu("assess", "examples/county.yaml", "--out", str(good)).returncode == 0
    assert bangfu("assess", "examples/county.yaml", "--out", str(bad)).returncode == 2
    assert good.stat().st_size > 5000
    assert sorted(p.name for p in tmp_path.iterdir()) == ["r.xlsx"]


def test_an_interview_by_hand_is_kept_and_gone_on_with(tmp_path: Path) -> None:
    """Two answers, stop; the same command goes on where it stopped."""
    path = tmp_path / "我家.yaml"

    first = bangfu("ask", str(path), "--place", "county", "--on", "2024-06-30", feed="2\n老李\n王姐\n0\n0\nq\n")
    again = bangfu("ask", str(path), feed="s\nb\nq\n")

    assert first.returncode == again.returncode == 0
    assert "老李" in path.read_text(encoding="utf-8")
    assert "1. 已定" in again.stdout


def test_the_same_question_about_several_people_takes_an_answer_from_each(tmp_path: Path) -> None:
    """The dates of birth are asked in one go; a wrong answer is asked again, an empty one stays open."""
    path = tmp_path / "我家.yaml"

    done = bangfu("ask", str(path), "--place", "county", "--on", "2024-06-30", feed="2\n老李\n王姐\n" + "0\n" * 5 + "1960-01-31\n\nq\n")

    assert done.returncode == 0
    assert "请逐人回答：出生日期" in done.stdout
    assert "应为真实的日期" in done.stdout
    assert path.read_text(encoding="utf-8").count("birth_date: 1960-01-31") == 1
    assert path.read_text(encoding="utf-8").count("birth_date") == 1


def test_a_new_place_has_no_errors_from_the_first_moment(tmp_path: Path) -> None:
    """The folder that ``new`` makes passes ``check`` with its two cases."""
    import shutil

    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    made = bangfu("--policies", str(tmp_path / "policies"), "new", "jiangan", "--title", "江岸区帮扶办法 | Jiang'an", "--area", "420102")
    checked = bangfu("--policies", str(tmp_path / "policies"), "check", "--place", "jiangan")

    assert made.returncode == 0
    assert checked.returncode == 0, checked.stdout
    assert "jiangan 2" in checked.stdout


def test_check_of_the_shipped_packs_has_no_errors() -> None:
    """No errors and no warnings; notices are what the documents leave open."""
    found = bangfu("check", "--on", "2026-11-24")

    assert found.returncode == 0, found.stdout
    assert "错误 0，提醒 0" in found.stdout


@pytest.mark.parametrize("words", [("why", "--lang", "en"), ("why", "--lang=en"), ("--lang", "en", "why")])
def test_the_language_may_stand_anywhere(words: tuple[str, ...]) -> None:
    """Before the command or after it, as one word or two."""
    found = bangfu(*words, "examples/county.yaml", "major_illness_aid")

    assert found.returncode == 0, found.stderr
    assert "amount =" in found.stdout


def test_a_fact_misspelt_in_one_word_is_still_found(tmp_path: Path) -> None:
    """A name that looks like none of ours is answered with those that share a word; a day that is none is said once."""
    file = tmp_path / "a.yaml"
    file.write_text("place: wuchang\non: 2021-13-01\nmembers: [{id: A, id_number: x, birth_date: 1990-02-30}]\n", encoding="utf-8")
    found = bangfu("assess", str(file))

    assert found.returncode == 1
    assert "id_card" in found.stderr
    assert found.stderr.count("2021-13-01") == 1
    assert found.stderr.count("1990-02-30") == 1


def test_what_is_given_in_kind_is_named() -> None:
    """The table says what a service or a policy holds, not that it is one."""
    found = bangfu("assess", "examples/wuchang.yaml")

    assert "服务或实物" not in found.stdout
    assert "预防保健" in found.stdout


def test_assess_says_what_to_bring_and_names_the_places_own_offices() -> None:
    """Papers, who joins, and the district's bureau where the nation writes only what the office does."""
    wuchang, jiaxing = bangfu("assess", "examples/wuchang.yaml").stdout, bangfu("assess", "examples/jiaxing.yaml").stdout

    assert "带上：" in wuchang
    assert "县级民政部门" not in wuchang
    assert "区民政局" in wuchang
    assert "会同" in jiaxing


def test_a_rule_is_shown_under_the_readings_taken() -> None:
    """The table of bands, the definition behind the sum, the other reading by its words; no code of a reading."""
    page = bangfu("rules", "bed_fee_reduction").stdout

    assert "分档 ≤ 6000 元/次 10%；≤ 12000 元/次 15%；≤ 20000 元/次 20%；其余 25%" in page
    assert "其中 居民医保报销后费用 = 较大者（医疗总费用 - 基本医保已付，0）" in page
    assert "另一读法：分段累计" in page
    assert "须: 参加居民医保" in page
    assert "status" not in page


def test_missing_names_figures_and_leaves_out_what_no_reading_taken_needs() -> None:
    """A figure goes by its own label; one that only another reading uses appears once that reading is taken."""
    rows = {row["name"]: row["zh"] for row in json.loads(bangfu("missing", "--place", "wuchang", "--json").stdout)}

    assert rows["student_loan.loan_cap"] == "助学贷款最高额"
    assert "student_living_aid.own_tier" not in rows


def test_a_reading_turned_by_an_overlay_brings_its_figure_into_missing(tmp_path: Path) -> None:
    """Under the tiers of living aid the sum of each tier is owed."""
    overlay = tmp_path / "o.yaml"
    overlay.write_text("place: wuchang\nreadings: {average_sum: tiers}\n", encoding="utf-8")

    rows = {row["name"] for row in json.loads(bangfu("missing", "--place", "wuchang", "--with", str(overlay), "--json").stdout)}

    assert "student_living_aid.own_tier" in rows


def test_readings_say_which_turn_an_answer_and_which_are_on_record() -> None:
    """A switch is tested by an expression; what is on record is signed and turns nothing."""
    rows = {row["reading"]: row["switch"] for row in json.loads(bangfu("readings", "--place", "county", "--json").stdout)}

    assert rows["reduction_mode"] is True
    assert rows["three_years"] is False
    assert "备案" in bangfu("readings", "--place", "county").stdout


def test_check_tries_an_overlay_on_its_place(tmp_path: Path) -> None:
    """A slip in the overlay is named with its place; without the place the call is off."""
    overlay = tmp_path / "o.yaml"
    overlay.write_text("place: county\nvalues:\n  - {set: dibao_standrd, value: 600, from: 2024-01-01, source: 县发文, said_by: 民政局}\n", encoding="utf-8")

    found = bangfu("check", "--place", "county", "--with", str(overlay))

    assert found.returncode == 1
    assert "o.yaml:3:11 没有可设置的“dibao_standrd”；是不是 dibao_standard" in found.stdout
    assert bangfu("check", "--with", str(overlay)).returncode == 2


def test_a_line_number_is_no_picture(tmp_path: Path) -> None:
    """``:100:`` in a place stays as written."""
    import shutil

    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    file = tmp_path / "policies" / "county" / "cases" / "90-edges.yaml"
    file.write_text("# a\n" * 99 + file.read_text(encoding="utf-8").replace("- case: 两人", "- case: 两人", 1).replace("# Whom", "- {}\n# Whom", 1), encoding="utf-8")

    assert "90-edges.yaml:100:3 案例须有 on、given、expect" in bangfu("check", str(tmp_path / "policies" / "county")).stdout


def test_an_interview_without_a_file_asks_where_to_keep_the_answers(tmp_path: Path) -> None:
    """The place may be named in words; a slip is answered in Chinese; at the end a file is asked for and written."""
    done = bangfu("ask", "--on", "2023-09-15", feed="火星\n9\n武昌\n三\n1\n老李\nc\nq\n我家\n", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "没有这个地方：“火星”" in done.stdout
    assert "请答 1 到 50 的数" in done.stdout
    assert "还没有答过的题" in done.stdout
    assert "Error" not in done.stdout + done.stderr
    assert "老李" in (tmp_path / "我家.yaml").read_text(encoding="utf-8")


def test_an_interview_does_not_write_over_a_file(tmp_path: Path) -> None:
    """A name that is taken is left as it is."""
    (tmp_path / "我家.yaml").write_text("place: wuchang\n", encoding="utf-8")

    done = bangfu("ask", "--place", "wuchang", "--on", "2023-09-15", feed="1\n老李\nq\n我家\n", cwd=tmp_path)

    assert "没有覆盖" in done.stdout
    assert (tmp_path / "我家.yaml").read_text(encoding="utf-8") == "place: wuchang\n"
