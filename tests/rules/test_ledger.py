"""The Excel ledger: what the template asks is read back, and every fault names its sheet and cell."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from bangfu.rules.assess import assess
from bangfu.rules.errors import HouseholdError
from bangfu.rules.household import Given
from bangfu.rules.ledger.read import read_ledger
from bangfu.rules.ledger.write import write_results, write_template
from tests.rules.engines import engine


def column(sheet: Any, key: str) -> int:
    """Return the column of a key in row 2."""
    return next(cell.column for cell in sheet[2] if cell.value == key)


def ledger(tmp_path: Path, *changes: tuple[str, int, str, Any], place: str = "county") -> Path:
    """Return a filled ledger of one household with two members, with some cells changed."""
    path = tmp_path / "台账.xlsx"
    write_template(engine(place).pack, path, "zh")
    book = openpyxl.load_workbook(path)
    cells = [
        ("户", 3, "id", "H1"), ("户", 3, "residence", "城市"),
        ("人员", 3, "of", "H1"), ("人员", 3, "id", "A"), ("人员", 3, "name", "老李"), ("人员", 3, "birth_date", dt.date(1972, 4, 1)),
        ("人员", 3, "has_disability", "否"),
        ("人员", 4, "of", "H1"), ("人员", 4, "id", "B"), ("人员", 4, "wage_income", 1234.56), ("人员", 4, "works", "是"),
    ]  # fmt: skip
    for title, row, key, value in [*cells, *changes]:
        sheet = book[title]
        sheet.cell(row, column(sheet, key), value)
    book.save(path)
    return path


def read(path: Path, place: str = "county") -> Given:
    """Return what a ledger states."""
    return read_ledger(engine(place).pack, path)


def said(path: Path, place: str = "county") -> str:
    """Return what is said about a ledger."""
    with pytest.raises(HouseholdError) as error:
        read(path, place)
    return error.value.text("zh")


def test_a_filled_template_is_read_back_exactly(tmp_path: Path) -> None:
    """Texts, dates, money to the fen, yes and no come back; blank cells are unknown."""
    given = read(ledger(tmp_path))

    people = {row.id: row for row in given.of_entity("person")}
    assert people["A"].facts == {"birth_date": dt.date(1972, 4, 1), "has_disability": False}
    assert people["B"].facts == {"wage_income": 123456, "works": True}
    assert given.of_entity("household")[0].facts == {"residence": "urban"}
    assert given.record is None
    assert given.collections == {"members", "households"}


def test_decisions_are_columns_too(tmp_path: Path) -> None:
    """A yes in the column of a recognition is what an office decided."""
    given = read(ledger(tmp_path, ("户", 3, "dibao_household", "是"), ("人员", 4, "tekun_person", "否")))

    assert given.of_entity("household")[0].stated == {"dibao_household": True}
    assert {row.id: row.stated for row in given.of_entity("person")} == {"A": {}, "B": {"tekun_person": False}}


def test_the_long_sheet_states_claims_and_other_facts(tmp_path: Path) -> None:
    """A bill is several rows of the long sheet: kind, number, of whom, fact, value."""
    rows = [("total_cost", 16000), ("报销前", None)]
    path = ledger(
        tmp_path,
        ("其他事实", 3, "collection", "医疗费用"), ("其他事实", 3, "id", "b1"), ("其他事实", 3, "of", "A"),
        ("其他事实", 3, "fact", "总费用" if rows is None else "total_cost"), ("其他事实", 3, "value", 16000),
        ("其他事实", 4, "collection", "medical_bills"), ("其他事实", 4, "id", "b1"),
        ("其他事实", 4, "fact", "billed_on"), ("其他事实", 4, "value", dt.date(2024, 1, 20)),
        ("其他事实", 5, "collection", "人"), ("其他事实", 5, "id", "A"), ("其他事实", 5, "fact", "training_needed"), ("其他事实", 5, "value", "是"),
    )  # fmt: skip

    given = read(path)

    bill = given.of_entity("medical_bill")[0]
    assert (bill.id, bill.of, bill.facts) == ("b1", "A", {"total_cost": 1600000, "billed_on": dt.date(2024, 1, 20)})
    assert given.of_entity("person")[0].facts["training_needed"] is True


def test_never_received_is_an_empty_record(tmp_path: Path) -> None:
    """A record sheet that says only 无 states that nothing was ever received."""
    assert read(ledger(tmp_path, ("领取记录", 3, "entry", "无"))).record == []


def test_one_household_may_be_said_to_have_received_nothing(tmp_path: Path) -> None:
    """A row of 无 with its number states nothing of anybody else, and the record is stated."""
    none = (("领取记录", 3, "entry", "无"), ("领取记录", 3, "of", "H1"))
    held = (("领取记录", 4, "entry", "dibao_household"), ("领取记录", 4, "of", "H1"), ("领取记录", 4, "from", "2024-01-01"))

    assert read(ledger(tmp_path, *none)).record == []
    assert [row.entry for row in read(ledger(tmp_path, *none, *held)).record or []] == ["dibao_household"]


@pytest.mark.parametrize(
    ("change", "cell", "message"),
    [
        (("人员", 4, "wage_income", "约3000"), "人员]!", "应为一个确定的数"),
        (("人员", 3, "birth_date", "1972年13月1日"), "人员]!", "应为真实的日期"),
        (("人员", 3, "has_disability", "大概"), "人员]!", "应为 true（是）或 false（否）"),
        (("户", 3, "residence", "城里"), "户]!", "没有“城里”这一项"),
        (("人员", 4, "id", "A"), "人员]!", "同一人出现两次"),
        (("人员", 4, "of", "H9"), "人员]!", "“H9”不存在"),
    ],
)
def test_a_wrong_cell_is_named(tmp_path: Path, change: tuple[str, int, str, Any], cell: str, message: str) -> None:
    """The message names sheet and cell, and what may stand there."""
    found = said(ledger(tmp_path, change))

    assert message in found
    assert cell in found


def test_an_id_number_stored_as_a_number_is_refused(tmp_path: Path) -> None:
    """18 digits lose their last ones as a binary number."""
    change = (("其他事实", 3, "collection", "人"), ("其他事实", 3, "id", "A"), ("其他事实", 3, "fact", "id_card"), ("其他事实", 3, "value", 110105194912310021))

    assert "须存为文字" in said(ledger(tmp_path, *change))


def test_merged_cells_are_refused(tmp_path: Path) -> None:
    """A merged cell leaves rows without their number."""
    path = ledger(tmp_path)
    book = openpyxl.load_workbook(path)
    book["人员"].merge_cells("A3:A4")
    book.save(path)

    found = said(path)

    assert "合并单元格" in found
    assert "人员]!A3" in found


def test_an_unknown_column_is_refused_with_the_near_one(tmp_path: Path) -> None:
    """A heading that was changed is not passed over in silence."""
    path = ledger(tmp_path)
    book = openpyxl.load_workbook(path)
    sheet = book["人员"]
    sheet.cell(2, column(sheet, "birth_date"), "brith_date")
    sheet.cell(1, column(sheet, "brith_date"), "出生")
    book.save(path)

    assert "是不是 birth_date" in said(path)


def test_no_excel_file_is_refused(tmp_path: Path) -> None:
    """A text named .xlsx is refused in words."""
    path = tmp_path / "a.xlsx"
    path.write_text("not a workbook", encoding="utf-8")

    assert "不是可读的 Excel 文件" in said(path)


def test_a_packed_bomb_is_refused(tmp_path: Path) -> None:
    """A small file that unpacks to hundreds of megabytes is not opened."""
    import zipfile

    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed, packed.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as inside:
        for _ in range(700):
            inside.write(b"\0" * 1_000_000)

    assert "展开后过大" in said(path)


def test_results_go_back_to_excel_with_a_sheet_of_reasons(tmp_path: Path) -> None:
    """Each answer has a row and its argument on the second sheet."""
    found = assess(engine("county"), read(ledger(tmp_path)), dt.date(2024, 6, 30))
    path = tmp_path / "结果.xlsx"

    write_results(engine("county").pack, found, path, "zh")

    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["结果", "理由"]
    assert book["结果"].max_row > 5
    assert any(str(cell.value)[:1] == "=" for row in book["理由"].iter_rows() for cell in row) is False


@pytest.mark.parametrize(
    ("change", "cell", "message"),
    [
        (("人员", 4, "wage_income", "=1000+500"), "人员]!", "公式还没有算出值"),
        (("人员", 4, "wage_income", "#REF!"), "人员]!", "单元格是错误值 #REF!"),
        (("人员", 3, "id", 110105194912310021), "人员]!B3", "长数字须存为文字"),
        (("人员", 4, "wage_income", "1.0e99999"), "人员]!", "应为一个确定的数"),
        (("人员", 4, "wage_income", "9" * 5000), "人员]!", "应为一个确定的数"),
        (("人员", 5, "name", "丙"), "人员]!A5", "缺少 id"),
        (("人员", 4, "wage_income", -5), "人员]!", "超出范围"),
    ],
)
def test_what_excel_would_swallow_is_named(tmp_path: Path, change: tuple[str, int, str, Any], cell: str, message: str) -> None:
    """A formula never worked out, an error and a number without its last digits are not taken for something else."""
    found = said(ledger(tmp_path, change))

    assert message in found
    assert cell in found


def test_a_formula_with_its_value_is_read(tmp_path: Path) -> None:
    """Saved by Excel, a formula has its value beside it: that is what counts."""
    import zipfile

    path = ledger(tmp_path, ("人员", 4, "wage_income", "=1000+500"))
    saved = tmp_path / "存过.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(saved, "w") as new:
        for item in old.infolist():
            new.writestr(item, old.read(item).replace(b"<f>1000+500</f><v />", b"<f>1000+500</f><v>1500</v>").replace(b"<f>1000+500</f><v/>", b"<f>1000+500</f><v>1500</v>"))

    people = {row.id: row for row in read(saved).of_entity("person")}
    assert people["B"].facts["wage_income"] == 150000


def test_two_heads_and_a_member_in_two_households(tmp_path: Path) -> None:
    """Both are refused with their cell, both in one message."""
    changes = [("人员", 3, "relation", "本人"), ("人员", 4, "relation", "本人"), ("户", 4, "id", "H2"), ("人员", 5, "id", "A"), ("人员", 5, "of", "H2")]
    found = said(ledger(tmp_path, *changes))

    assert "一户只能有一个户主" in found
    assert "人员]!A5 同一人出现两次，或在两户" in found


@pytest.mark.parametrize(("content", "message"), [(b"", "文件是空的"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "加了密码")])
def test_a_file_without_sheets_is_refused_in_chinese(tmp_path: Path, content: bytes, message: str) -> None:
    """An empty file and one under a password say what to do."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)

    found = said(path)

    assert message in found
    assert "EOCD" not in found


def test_an_excel_file_of_200_mb_is_refused_by_its_size(tmp_path: Path) -> None:
    """It is not even opened."""
    path = tmp_path / "a.xlsx"
    with path.open("wb") as file:
        file.truncate(200_000_000)

    assert "请分成几个" in said(path)
