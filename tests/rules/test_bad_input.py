"""Bad input gets a clear message with its place and what to do; all faults of a file at once; never a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bangfu.rules.engine import Engine
from bangfu.rules.errors import HouseholdError, PackError, UnknownNameError
from bangfu.rules.household import read_given, read_household_content
from bangfu.rules.pack.load import load_pack
from tests.rules.engines import POLICIES, engine


def faults(tmp_path: Path, text: str, name: str = "家.yaml") -> str:
    """Return what is said about a household file."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(HouseholdError) as error:
        read_given(engine("wuchang").pack, read_household_content(path), path.name)
    return error.value.text("zh")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{id: A, id_card: 110105194912310021}", "校验码不对"),
        ("{id: A, wage_income: -5}", "超出范围"),
        ("{id: A, wage_income: 约3000}", "应为一个确定的数"),
        ("{id: A, wage_income: 3000.005}", "最多到分"),
        ("{id: A, birth_date: 2021-13-01}", "没有这一天"),
        ("{id: A, birth_date: 2021-02-30}", "没有这一天"),
        ("{id: A, brith_date: 1950-01-01}", "是不是 birth_date"),
        ("{id: A, has_disability: 是}", "应为 true（是）或 false（否）"),
        ("{id: A, sex: boy}", "没有“boy”这一项"),
        ("{id: A, disability_level: 7}", "超出范围 1..4"),
        ("{id: A, has_disability: false, disability_level: 1}", "已说“有残疾人证”为否"),
        ("{id: A, residence: urban}", "是户的事实"),
        ("{id: A}, {id: A}", "同一人出现两次"),
        ("{name: 无编号}", "缺少 id"),
        ("{id: A, relation_to_head: self}", "没有事实“relation_to_head”"),
    ],
)
def test_a_wrong_member_is_refused_with_its_place(tmp_path: Path, line: str, said: str) -> None:
    """The message names line and column, what is wrong and what to write."""
    found = faults(tmp_path, f"household: {{}}\nmembers: [{line}]\n")

    assert said in found
    assert "家.yaml:2:" in found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "文件是空的"),
        ("household: {}\nhousehold: {}\nmembers: []\n", "重复"),
        ("a: &x [1]\nb: *x\n", "锚点"),
        ("household: {}\nmembers: no\n", "有歧义"),
        ("household: {}\nmember: []\n", "是不是 members"),
        ("household: {}\nmembers: []\nrecord: [{entry: elder_care, of: A}]\n", "没有条目“elder_care”"),
        ("- 1\n", "household"),
        ("household: [\n", "YAML 写法有误"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """A file that YAML would swallow or that has another shape is refused."""
    assert said in faults(tmp_path, text)


def test_all_faults_of_a_file_come_at_once(tmp_path: Path) -> None:
    """Three slips give three messages."""
    found = faults(tmp_path, "household: {residense: urban}\nmembers: [{id: A, wage_income: -1, birth_date: 2020-02-31}]\n")

    assert found.count("[FACT") + found.count("[YAML-DATE") >= 3
    assert "residence" in found


def test_two_heads_in_a_household_are_refused(tmp_path: Path) -> None:
    """Two members cannot both be the applicant."""
    found = faults(tmp_path, "household: {}\nmembers: [{id: A, relation: self}, {id: B, relation: self}]\n")

    assert "一户只能有一个户主" in found


def test_a_member_in_two_households_is_refused(tmp_path: Path) -> None:
    """One number stands for one person."""
    found = faults(tmp_path, "households: [{id: h1}, {id: h2}]\nmembers: [{id: A, of: h1}, {id: A, of: h2}]\n")

    assert "同一人出现两次，或在两户" in found


def test_a_member_of_no_household_is_refused(tmp_path: Path) -> None:
    """With several households each member says which one is meant."""
    found = faults(tmp_path, "households: [{id: h1}, {id: h2}]\nmembers: [{id: A}, {id: B, of: h3}]\n")

    assert "要写 of" in found
    assert "“h3”不存在" in found


def test_a_member_without_birth_date_is_unknown_not_zero(tmp_path: Path) -> None:
    """What is not stated is asked for by name."""
    path = tmp_path / "h.yaml"
    path.write_text("household: {}\nmembers: [{id: A}]\n", encoding="utf-8")

    given = read_given(engine("wuchang").pack, read_household_content(path))

    assert "birth_date" not in given.of_entity("person")[0].facts


def test_a_yaml_bomb_ends_at_its_first_anchor(tmp_path: Path) -> None:
    """Nested aliases are refused before anything is built."""
    lines = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}]" for i in range(1, 30)]

    assert "不可用" in faults(tmp_path, "\n".join(lines))


def test_a_file_of_200_mb_is_refused_by_its_size(tmp_path: Path) -> None:
    """The file is not even read."""
    path = tmp_path / "h.yaml"
    with path.open("wb") as file:
        file.truncate(200_000_000)

    with pytest.raises(HouseholdError, match="split it"):
        read_household_content(path)


def test_json_numbers_keep_their_decimals(tmp_path: Path) -> None:
    """0.1 + 0.2 is 0.3: decimals in JSON never pass through a binary float."""
    path = tmp_path / "h.json"
    path.write_text(json.dumps({"household": {}, "members": [{"id": "A"}]}).replace('"A"', '"A", "wage_income": 1000.10'), encoding="utf-8")

    given = read_given(engine("wuchang").pack, read_household_content(path))

    assert given.of_entity("person")[0].facts["wage_income"] == 100010


@pytest.mark.parametrize("number", ["9" * 5000, "1e999999999", "NaN", "5/0", "1." + "1" * 5000])
@pytest.mark.parametrize("name", ["h.json", "h.yaml"])
def test_a_monstrous_number_is_refused_at_once(tmp_path: Path, number: str, name: str) -> None:
    """Thousands of digits or a huge exponent are no sum of money and are not worked out."""
    written = f'"{number}"' if "/" in number and name.endswith("json") else number

    assert "应为一个确定的数" in faults(tmp_path, f'{{"household": {{}}, "members": [{{"id": "A", "wage_income": {written}}}]}}', name)


def test_a_fault_in_json_has_its_path(tmp_path: Path) -> None:
    """JSON has no lines worth naming; the path says which part is meant."""
    found = faults(tmp_path, '{"household": {"residense": 1}, "members": [{"id": "A"}, {"id": "B", "wage_income": "x"}]}', "h.json")

    assert "h.json $.household.residense 户没有事实“residense”；是不是 residence" in found
    assert "h.json $.members[1].wage_income 每月工资收入" in found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("household: {}\nmembers: [{id: A}]\nrecord: [{entry: dibao_payment, of: Z, paid_on: 2020-01-01, amount: 5}]\n", "家.yaml:3:37 record 的 of“Z”不存在；有：household、A"),
        ("household: {}\nmembers: [{id: [A]}]\n", "家.yaml:2:16 id 应为文字或整数"),
        ("household: {}\nmembers: [{id: A, name: {a: 1}}]\n", "name 应为文字或整数"),
        ("place: [wuchang]\nhousehold: {}\nmembers: []\n", "家.yaml:1:8 place 应为地方的名称"),
        ("household: {}\nmembers:\n\t- {id: A}\n", "缩进只用空格"),
        ("household: {}\nmembers: [{id: A}\n", "括号没有配对"),
    ],
)
def test_what_would_be_passed_over_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """A record of nobody, a list for a name, a place that is none: each with its place."""
    assert said in faults(tmp_path, text)


def test_json_nested_past_measure_is_refused(tmp_path: Path) -> None:
    """A hundred thousand brackets end in a sentence."""
    assert "嵌套过深" in faults(tmp_path, "[" * 100_000, "h.json")


@pytest.mark.parametrize("text", ["{", "[]", '{"household": {}, "household": {}}', "\x00"])
def test_broken_json_is_refused(tmp_path: Path, text: str) -> None:
    """Broken JSON, a repeated key or another shape is refused in words."""
    path = tmp_path / "h.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(HouseholdError):
        read_given(engine("wuchang").pack, read_household_content(path))


def test_an_unknown_place_lists_the_places() -> None:
    """A slip in the name of a place is met with what there is."""
    with pytest.raises(UnknownNameError, match="wuchang"):
        load_pack(POLICIES, "wuchan")


def pack_faults(tmp_path: Path, chapter: str, **files: str) -> str:
    """Return what is said about a small policy folder with one chapter."""
    import shutil

    shutil.copytree(POLICIES / "vocabulary", tmp_path / "vocabulary")
    home = tmp_path / "small"
    home.mkdir()
    (home / "document.yaml").write_text("id: small\ntitle: 小 | Small\nunder: []\ncovers: [c]\n", encoding="utf-8")
    (home / "01-a.yaml").write_text(chapter, encoding="utf-8")
    for name, text in files.items():
        (home / f"{name}.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(PackError) as error:
        Engine(load_pack(tmp_path, "small"))
    return error.value.text("zh")


ENTRY = "entries:\n  - id: aid\n    kind: cash\n    label: 补助 | Aid\n    per: person\n    every: month\n    purpose: living\n"


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("    when: age >= 60\n    amount: 100 元/人·年\n", "的金额应为 元/人·月"),
        ("    when: wage_income >= 60\n    amount: 100 元/人·月\n", "金额不能与裸数字相比或相加"),
        ("    when: aeg >= 60\n    amount: 100 元/人·月\n", "是不是 age"),
        ("    when: age >= 60 and sex\n    amount: 100 元/人·月\n", "这里要是或否的条件"),
        ("    when: sex == 'men'\n    amount: 100 元/人·月\n", "代码表“sexes”里没有“men”"),
        ("    when: age >= 60.5\n    amount: 100 元/人·月\n", "只能写整数和代码"),
        ("    when: __import__('os')\n    amount: 100 元/人·月\n", "没有函数"),
        ("    when: '[x for x in members]'\n    amount: 100 元/人·月\n", "不认识这种写法"),
        ("    when: age >= 60\n    amount: wage_income / work_costs\n", "除数可能为 0"),
        ("    when: age >= 60\n    amount: 100..800 元/人·月\n", "须写明由谁定"),
        ("    when: age >= 60\n    amount: 100 元/人·月\n    amont: 3\n", "是不是 amount"),
        ("    when: age >= 60\n    amount: 100 元/人·月\n    limits: [很多]\n", "不是数量"),
        ("    when: aid > 0\n    amount: 100 元/人·月\n", "aid → aid"),
        ("    when: household_income_total > 0\n    amount: 100 元/人·月\n", "没有“household_income_total”"),
        ("    when: age >= 60\n    amount: 011 元/人·月\n    every: month\n", "重复"),
    ],
)
def test_a_wrong_rule_is_refused_with_what_to_write(tmp_path: Path, rest: str, said: str) -> None:
    """Faults of a rule name file, line and column, and what to write instead."""
    found = pack_faults(tmp_path, ENTRY + rest)

    assert said in found
    assert "small/01-a.yaml:" in found


def test_names_in_a_circle_print_the_circle(tmp_path: Path) -> None:
    """Two definitions that read each other are refused with their names in order."""
    text = (
        "entries:\n  - id: one\n    kind: definition\n    label: 一 | One\n    per: person\n    value: two\n"
        "  - id: two\n    kind: definition\n    label: 二 | Two\n    per: person\n    value: one\n"
    )

    assert "one → two → one" in pack_faults(tmp_path, text)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ("[{from: 2022-01-01, value: 5}, {from: 2021-01-01, value: 6}]", "须由早到晚"),
        ("[{from: 2022-01-01, value: 5}, {from: 2022-01-01, value: 6}]", "须由早到晚"),
        ("[{from: 2022-13-01, value: 5}]", "没有这一天"),
        ("{bands: 5}", "没有 keyed_by"),
    ],
)
def test_dates_and_keys_of_values_are_checked(tmp_path: Path, values: str, said: str) -> None:
    """Dated values rise without repeats; keyed values name their key."""
    text = f"rate:\n  label: 率 | Rate\n  values: {values}\n"

    assert said in pack_faults(tmp_path, "entries: []\n", parameters=text)


def test_bands_must_rise_and_end_with_the_rest(tmp_path: Path) -> None:
    """A table of bands has no gap and no overlap."""
    text = "rate:\n  label: 率 | Rate\n  values:\n    - {from: 2020-01-01, value: [{up_to: 5 元, gives: 1}, {up_to: 3 元, gives: 2}]}\n"

    found = pack_faults(tmp_path, "entries: []\n", parameters=text)

    assert "须由小到大" in found
    assert "最后一档须为 rest" in found


def test_why_the_system_refused_is_said_in_the_language_of_the_reader(tmp_path: Path) -> None:
    """A file that is not there, and one that nobody may read as a file."""
    for path, zh, en in ((tmp_path / "没有.yaml", "没有这个文件", "No such file"), (tmp_path, "文件夹", "directory")):
        with pytest.raises(HouseholdError) as caught:
            read_household_content(path)
        assert zh in caught.value.text("zh")
        assert "No such file" not in caught.value.text("zh")
        assert en in caught.value.text("en")
