"""What the dry run says of a ledger, in the words of its sheets; and of whom a filled long sheet speaks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bangfu.server.registry.import_models import ImportRun
from bangfu.server.registry.models import Household, StatedCollection
from bangfu.server.registry.packs import pack_of
from bangfu.server.registry.sheet_words import SheetWords
from tests.server.conftest import World
from tests.server.registry.ledgers import Rows, ledger
from tests.server.registry.test_import import HOMES, OTHERS, PEOPLE, take_in, upload

QUOTED = re.compile(r"“[^”]*”")
WRONG: list[tuple[str, str, int, str, dict[str, Any], str]] = [
    ("households", "户", 3, "D", {"residence": "火星"}, "城乡类别：没有“火星”这一项，请改填：城市、农村"),
    ("households", "户", 3, "F", {"has_rigid_spending": "也许"}, "有大额必需支出：应填“是”或“否”，不是“也许”"),
    ("households", "户", 3, "G", {"self_paid_medical_12m": 99_999_999_999}, "近12个月自付医疗费：“99999999999”超出范围，应在 0 到 10000000 元/户·年之间"),
    ("members", "人员", 3, "V", {"works": "否", "wage_income": 900}, "已说“正在工作”为否，却又填了“每月工资收入”"),
    ("members", "人员", 3, "O", {"relation": ""}, "“与申请人关系”要填（户主填“本人”）"),
    ("members", "人员", 4, "B", {"id": ""}, "编号要填"),
    ("others", "其他事实", 3, "C", {"of": None}, "“属于”要填：写人员编号"),
    ("others", "其他事实", 3, "E", {"value": "2023-13-01"}, "结算日期：应为真实的日期，如 1950-01-31，不是“2023-13-01”"),
    ("others", "其他事实", 3, "E", {"fact": "自付"}, "医疗费用没有事实“自付”"),
    ("record", "领取记录", 3, "A", {"entry": "dibao_paymen"}, "没有待遇“dibao_paymen”；是不是 低保金、"),
    ("record", "领取记录", 3, "D", {"from": "昨天"}, "起始日期：应为日期，如 2022-06-30，不是“昨天”"),
    ("record", "领取记录", 3, "G", {"amount": 1.005}, "金额（元）：金额最多到分，不是“1.005”"),
]  # fmt: skip


def book(folder: Path, table: str, line: int, changed: dict[str, Any]) -> bytes:
    """Return a ledger with one row changed."""
    rows: dict[str, Rows] = {"households": HOMES, "members": PEOPLE, "others": OTHERS[:1], "record": [{"entry": "dibao_payment", "of": "H1", "from": "2023-01-01"}]}
    rows[table] = [{**row, **changed} if place == line else row for place, row in enumerate(rows[table], 3)]
    return ledger(folder, **rows)


def told(run: ImportRun, sheet: str, row: int) -> list[tuple[str, str]]:
    """Return column and sentence of each fault of a row."""
    return [(column, zh) for where, line, column, zh, *_ in run.faults if (where, line) == (sheet, row)]


@pytest.mark.parametrize(("table", "sheet", "row", "column", "changed", "said"), WRONG)
def test_a_fault_speaks_as_the_sheet_does(table: str, sheet: str, row: int, column: str, changed: dict[str, Any], said: str, world: World, tmp_path: Path) -> None:
    """Headings and choices, not names of the format; by the cell that is to be mended."""
    found = told(upload(world, book(tmp_path, table, row, changed)), sheet, row)
    assert [sentence.startswith(said) for where, sentence in found if where == column].count(True) == 1, found
    assert not re.search(r"[a-z]_|[a-z]{3}", QUOTED.sub("", " ".join(sentence for _, sentence in found)))


def test_english_has_the_english_labels(world: World, tmp_path: Path) -> None:
    """And a word of the sentence that reads like a code stays a word."""
    words = SheetWords(pack_of("wuchang"))
    assert words.text('residence: there is no code "a"; known: urban, rural', "en") == 'Urban or rural: there is no code "a"; known: Urban, Rural'
    assert words.text('applied_on: must be a real date such as 1950-01-31, not "residence"', "en") == 'Day of application: must be a real date such as 1950-01-31, not "residence"'


def test_what_was_not_imported_is_told_with_its_cell(world: World, tmp_path: Path) -> None:
    """In the result too, where the table of faults may be pages away."""
    run = take_in(world, book(tmp_path, "households", 3, {"residence": "火星"}))
    assert run.outcome["refused"] == [["H1", "“户”第 3 行 D 列：城乡类别：没有“火星”这一项，请改填：城市、农村"]]


def stated(number: int) -> set[str]:
    """Return what a household has listed in full."""
    home = Household.objects.order_by("number")[number]
    return set(StatedCollection.objects.filter(household=home).values_list("collection", flat=True))


def test_the_long_sheet_speaks_of_whom_it_names(world: World, tmp_path: Path) -> None:
    """A bill of one household says nothing of the others; that is told, with how to say that there is none."""
    run = take_in(world, ledger(tmp_path, HOMES, PEOPLE, OTHERS))
    assert "medical_bills" in stated(0)
    assert stated(1) == set()
    assert run.report["notices"] == ["“其他事实”里的“医疗费用”没有提到 1 户：这些户的不变。确实没有的，请写一行：类别填“医疗费用”，编号填“无”，“属于”填户编号"]


@pytest.mark.parametrize(("of", "second"), [("H2", {"medical_bills"}), ("P3", {"medical_bills"}), (None, {"medical_bills"})])
def test_none_is_said_of_one_or_of_all(of: str | None, second: set[str], world: World, tmp_path: Path) -> None:
    """By a row that says 无: of the household it names, or of all that have no row."""
    run = take_in(world, ledger(tmp_path, HOMES, PEOPLE, [*OTHERS, {"collection": "医疗费用", "id": "无", "of": of}]))
    assert (stated(1), run.report["notices"]) == (second, [])


def test_none_of_one_household_is_not_of_all(world: World, tmp_path: Path) -> None:
    """And a household that is not there is a fault."""
    take_in(world, ledger(tmp_path, HOMES, PEOPLE, [{"collection": "医疗费用", "id": "无", "of": "H2"}]))
    assert (stated(0), stated(1)) == (set(), {"medical_bills"})
    run = upload(world, ledger(tmp_path, HOMES, PEOPLE, [{"collection": "医疗费用", "id": "无", "of": "H9"}]))
    assert told(run, "其他事实", 3) == [("C", "“属于”里的“H9”在主表里没有，请核对")]
