"""Read an Excel ledger into stated facts. Every fault names sheet and cell; nothing is guessed and nothing dropped."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from bangfu.rules.errors import Fault, HouseholdError, near_names, os_reason
from bangfu.rules.household import Given, HouseholdReader
from bangfu.rules.ledger import layout
from bangfu.rules.ledger.formulas import cells_without_value
from bangfu.rules.ledger.layout import Column
from bangfu.rules.pack.model import Pack
from bangfu.rules.yaml_source import List, Map

LIMIT_BYTES = 50_000_000
LIMIT_UNPACKED = 600_000_000
TEXT_COLUMNS = ("id", "of", "name", "claim", "entry")
LONG_NUMBER = 10**15
"""From here on a sheet keeps numbers without their last digits."""
NONE_WORDS = ("无", "none", "没有")
_PLAIN_NUMBER = re.compile(r"^[-+]?[0-9]{1,30}(\.[0-9]{1,30})?$")


class SheetMark(tuple[int, int]):
    """A place in a sheet: (row, column) from 1, with the sheet's name."""

    sheet: str

    def __new__(cls, row: int, column: int, sheet: str) -> SheetMark:
        made = super().__new__(cls, (row, column))
        made.sheet = sheet
        return made


class LedgerReader:
    """Turns the sheets into the same marked data that a household file gives, then reads that."""

    def __init__(self, pack: Pack, path: Path) -> None:
        self.pack = pack
        self.path = path
        self.reader = HouseholdReader(pack, path.name)
        self.labels = {label.zh: code for t in pack.vocabulary.codes.values() for code, label in t.codes.items()}

    def columns(self, entity: str) -> list[Column]:
        """Return the columns of the main sheet of an entity; a register adds its own."""
        return layout.columns(self.pack, entity)

    def fault(self, mark: SheetMark, code: str, zh: str, en: str) -> None:
        """Note a fault at a cell."""
        self.reader.fault(mark, code, zh, en)

    def read(self) -> Given:
        """Return what the ledger states.

        Raises:
            HouseholdError: With every fault, each with sheet and cell.
        """
        return self.reader.read(self.content())

    def content(self) -> Map:
        """Return what the sheets hold as marked data; what is wrong with the sheets themselves is noted."""
        book = open_book(self.path)
        self._values_left_out()
        content = Map(self.path.name, SheetMark(0, 0, ""))
        content["households"] = self._main(book, layout.HOUSEHOLDS.zh, "household")
        content["members"] = self._main(book, layout.MEMBERS.zh, "person")
        self._others(book, content)
        record = self._record(book)
        if record is not None:
            content["record"] = record
        if not content["households"] and not content["members"] and not self.reader.faults:
            self.fault(SheetMark(layout.HEADER_ROWS + 1, 1, layout.HOUSEHOLDS.zh), "EXCEL-EMPTY", "台账里一户也没有填写", "the ledger states no household")
        for key in content:
            content.marks.setdefault(key, SheetMark(0, 0, ""))
            content.key_marks.setdefault(key, SheetMark(0, 0, ""))
        return content

    def _values_left_out(self) -> None:
        """A formula that was never worked out, or an error, must not pass for a cell left blank."""
        for title, row, column, error in cells_without_value(self.path, (layout.HOUSEHOLDS.zh, layout.MEMBERS.zh, layout.OTHERS.zh, layout.RECORD.zh)):
            if row <= layout.HEADER_ROWS:
                continue
            if error:
                self.fault(SheetMark(row, column, title), "EXCEL-ERROR", f"单元格是错误值 {error}，请改填数值", f"the cell holds the error {error}: type the value")
            else:
                self.fault(SheetMark(row, column, title), "EXCEL-FORMULA", "公式还没有算出值：请在 Excel 里打开、保存一次，或直接填数值", "the formula has no value yet: open and save the file in Excel, or type the value")

    # -- sheets --------------------------------------------------------------------------------------------------
    def _sheet(self, book: CalamineWorkbook, title: str) -> list[list[Any]] | None:
        if title not in book.sheet_names:
            return None
        sheet = book.get_sheet_by_name(title)
        merged = getattr(sheet, "merged_cell_ranges", None) or []
        for (top, left), _ in merged:
            if top >= layout.HEADER_ROWS:
                self.fault(SheetMark(top + 1, left + 1, title), "EXCEL-MERGED", "有合并单元格，请取消合并并逐行填写", "merged cells: unmerge them and fill in every row")
        return list(sheet.to_python(skip_empty_area=False))

    def _heads(self, rows: list[list[Any]], title: str, known: list[Column]) -> dict[int, Column]:
        by_key = {c.key: c for c in known}
        by_label = {c.label.zh: c for c in known} | {c.label.en: c for c in known}
        found: dict[int, Column] = {}
        keys = rows[1] if len(rows) > 1 else []
        for place, head in enumerate(rows[0] if rows else []):
            key = str(keys[place]).strip() if place < len(keys) else ""
            column = by_key.get(key) or by_label.get(str(head).rstrip(" *").strip())
            if column is not None:
                if column in found.values():
                    self.fault(SheetMark(2, place + 1, title), "EXCEL-TWICE", f"“{key}”这一列出现两次", f'the column "{key}" appears twice')
                found[place] = column
            elif str(head).strip() or key:
                near = near_names(key, by_key)
                self.fault(SheetMark(2, place + 1, title), "EXCEL-COLUMN", f"不认识的列“{head or key}”" + (f"；是不是 {'、'.join(near)}" if near else "；请用 bangfu template 生成的表头"), f'unknown column "{key or head}"' + (f"; did you mean {', '.join(near)}?" if near else "; use the headings of bangfu template"))
        for column in known:
            if column.needed and column not in found.values():
                self.fault(SheetMark(1, 1, title), "EXCEL-COLUMN", f"缺少列“{column.label.zh}”（{column.key}）", f'the column "{column.label.en}" ({column.key}) is missing')
        return found

    def _main(self, book: CalamineWorkbook, title: str, entity: str) -> List:
        found = List(self.path.name, SheetMark(0, 0, title))
        rows = self._sheet(book, title)
        if rows is None:
            self.fault(SheetMark(0, 0, title), "EXCEL-SHEET", f"缺少工作表“{title}”", f'the sheet "{title}" is missing')
            return found
        heads = self._heads(rows, title, self.columns(entity))
        for number, row in enumerate(rows[layout.HEADER_ROWS :], start=layout.HEADER_ROWS + 1):
            cells = {heads[p]: (v, SheetMark(number, p + 1, title)) for p, v in enumerate(row) if p in heads and v not in ("", None)}
            if cells:
                found.marks.append(SheetMark(number, 1, title))
                found.append(self._row(cells, number, title))
        return found

    def _row(self, cells: dict[Column, tuple[Any, SheetMark]], number: int, title: str) -> Map:
        made = Map(self.path.name, SheetMark(number, 1, title))
        for column, (value, mark) in cells.items():
            if column.key in TEXT_COLUMNS:
                self._digits_kept(value, mark)
            made[column.key] = self._cell(column, value)
            made.marks[column.key] = made.key_marks[column.key] = mark
        return made

    def _cell(self, column: Column, value: Any) -> Any:
        if column.key in TEXT_COLUMNS:
            return _as_text(value)
        if column.recognition is not None:
            return _yes_no(value)
        fact = column.fact
        if fact is None:
            return _as_number(value) if column.key in ("amount", "quantity") else _as_date(value)
        return self._fact_value(fact.type, value)

    def _digits_kept(self, value: Any, mark: SheetMark) -> None:
        """A number of 16 digits and more has lost its last ones in the sheet: as a name it would stand for somebody else."""
        if isinstance(value, float) and abs(value) >= LONG_NUMBER:
            self.fault(mark, "EXCEL-LONG", "长数字须存为文字，否则末几位已丢失：请把单元格格式设为“文本”后重新填写", "a long number must be stored as text, or its last digits are lost: format the cell as text and type it again")

    def _fact_value(self, kind: str, value: Any) -> Any:
        if kind == "yes_no":
            return _yes_no(value)
        if kind == "date":
            return _as_date(value)
        if kind in ("money", "number", "level"):
            return _as_number(value)
        if kind == "codes":
            items = List(self.path.name, (0, 0))
            if _as_text(value) in NONE_WORDS:
                return items
            items.extend(part.strip() for part in str(value).replace("，", "、").replace(",", "、").split("、") if part.strip())
            return items
        if kind == "id_number":
            return value
        return _as_text(value)

    # -- long sheets ---------------------------------------------------------------------------------------------
    def _others(self, book: CalamineWorkbook, content: Map) -> None:
        title = layout.OTHERS.zh
        rows = self._sheet(book, title)
        if rows is None:
            return
        heads = self._heads(rows, title, list(layout.OTHER_COLUMNS))
        made: dict[tuple[str, str], Map] = {}
        for collection in ("members", "households"):
            for main in reversed(content[collection]):  # of a number that appears twice the first row counts; the second is a fault
                made[collection, str(main.get("id"))] = main
        for number, row in enumerate(rows[layout.HEADER_ROWS :], start=layout.HEADER_ROWS + 1):
            cells = {heads[p].key: (v, SheetMark(number, p + 1, title)) for p, v in enumerate(row) if p in heads and v not in ("", None)}
            if cells:
                self._other_row(cells, SheetMark(number, 1, title), content, made)

    def _other_row(self, cells: dict[str, tuple[Any, SheetMark]], mark: SheetMark, content: Map, made: dict[tuple[str, str], Map]) -> None:
        entities = {e.label.zh: e for e in self.pack.vocabulary.entities.values() if e.collection}
        entities |= {e.collection or "": e for e in self.pack.vocabulary.entities.values() if e.collection}
        name = _as_text(cells["collection"][0]) if "collection" in cells else ""
        entity = entities.get(name)
        if entity is None or entity.collection is None:
            near = near_names(name, entities) or [e.label.zh for e in self.pack.vocabulary.entities.values() if e.collection]
            self.fault(mark, "EXCEL-KIND", f"没有类别“{name}”；可用：{'、'.join(near)}", f'there is no kind "{name}"; known: {", ".join(near)}')
            return
        if "id" not in cells or "fact" not in cells or "value" not in cells:
            if "fact" not in cells and name and _as_text(cells.get("id", ("",))[0]) in NONE_WORDS:
                content.setdefault(entity.collection, List(self.path.name, mark))
                return
            self.fault(mark, "EXCEL-ROW", "这一行缺少编号、事实或值", "this row lacks number, fact or value")
            return
        for key in {"id", "of"} & set(cells):
            self._digits_kept(*cells[key])
        row = self._target(entity.collection, _as_text(cells["id"][0]), cells, mark, content, made)
        key = self._fact_key(entity.id, _as_text(cells["fact"][0]))
        fact = self.pack.vocabulary.facts.get(key)
        value = cells["value"][0]
        row[key] = self._fact_value(fact.type, value) if fact is not None else _yes_no(value)
        row.marks[key] = row.key_marks[key] = cells["value"][1]

    def _target(self, collection: str, number: str, cells: dict[str, tuple[Any, SheetMark]], mark: SheetMark, content: Map, made: dict[tuple[str, str], Map]) -> Map:
        found = made.get((collection, number))
        if found is None:
            found = made[collection, number] = Map(self.path.name, mark)
            found["id"] = number
            found.marks["id"] = mark
            rows = content.setdefault(collection, List(self.path.name, mark))
            rows.append(found)
            rows.marks.append(mark)
        if "of" in cells and collection not in ("households", "members"):
            found["of"] = _as_text(cells["of"][0])
            found.marks["of"] = cells["of"][1]
        return found

    def _fact_key(self, entity: str, name: str) -> str:
        for fact in self.pack.vocabulary.facts_of(entity):
            if name in (fact.id, fact.label.zh, fact.label.en):
                return fact.id
        return name

    def _record(self, book: CalamineWorkbook) -> List | None:
        title = layout.RECORD.zh
        rows = self._sheet(book, title)
        if rows is None or len(rows) <= layout.HEADER_ROWS:
            return None
        found = List(self.path.name, SheetMark(0, 0, title))
        first = [str(v).strip() for v in rows[layout.HEADER_ROWS] if v not in ("", None)]
        if len(first) == 1 and first[0] in NONE_WORDS:
            return found
        heads = self._heads(rows, title, list(layout.RECORD_COLUMNS))
        by_label, said_none = {e.label.zh: e.id for e in self.pack.entries.values()}, False
        for number, row in enumerate(rows[layout.HEADER_ROWS :], start=layout.HEADER_ROWS + 1):
            cells = {heads[p]: (v, SheetMark(number, p + 1, title)) for p, v in enumerate(row) if p in heads and v not in ("", None)}
            if cells:
                item = self._row(cells, number, title)
                item["entry"] = by_label.get(str(item.get("entry")), item.get("entry"))
                if self._names_none(item):
                    said_none = True
                    continue
                found.append(item)
                found.marks.append(SheetMark(number, 1, title))
        return found if found or said_none else None

    def _names_none(self, row: Map) -> bool:
        """Tell whether a row says that one household received nothing: the sheet is filled, so that it has no row says the same."""
        return str(row.get("entry")) in NONE_WORDS and "of" in row


def open_book(path: Path) -> CalamineWorkbook:
    """Return the workbook.

    Raises:
        HouseholdError: The file is missing, too large, packed to burst, or no Excel file.
    """
    try:
        size = path.stat().st_size
        if size == 0:
            raise _refused(path, "文件是空的", "the file is empty")
        if size > LIMIT_BYTES:
            raise _refused(path, f"文件超过 {LIMIT_BYTES // 1_000_000} MB，请分成几个", f"the file is over {LIMIT_BYTES // 1_000_000} MB; split it")
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                if sum(item.file_size for item in packed.infolist()) > LIMIT_UNPACKED:
                    raise _refused(path, "文件展开后过大，已拒绝", "the file unpacks to too much and is refused")
        return CalamineWorkbook.from_path(str(path))
    except OSError as error:
        raise _refused(path, f"读不到文件：{os_reason(error)}", f"cannot read: {error.strerror}") from None
    except (CalamineError, zipfile.BadZipFile) as error:
        zh = "不是可读的 Excel 文件（可能损坏、加了密码，或只是改了扩展名）：请在 Excel 里去掉密码，另存为 .xlsx"
        raise _refused(path, zh, f"not a readable Excel file (damaged, under a password, or another kind of file): take the password off in Excel and save it as .xlsx ({error})") from None


def _refused(path: Path, zh: str, en: str) -> HouseholdError:
    return HouseholdError([Fault(path.name, 0, 0, "EXCEL-FILE", zh, en)])


def _as_text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < LONG_NUMBER:
        return str(int(value))
    return str(value).strip()


def _yes_no(value: Any) -> Any:
    text = str(value).strip().lower()
    if text in ("是", "yes", "true", "y", "1", "1.0", "√"):
        return True
    return False if text in ("否", "no", "false", "n", "0", "0.0", "×") else value


def _as_number(value: Any) -> Any:
    """A cell's binary number stands for the shortest decimal that shows it, which is what was typed."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else Fraction(repr(value))
    if isinstance(value, str):
        text = value.strip().replace(",", "")
        if _PLAIN_NUMBER.match(text):
            return Fraction(text) if "." in text else int(text)
    return value


def _as_date(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    text = str(value).strip().replace("/", "-").replace(".", "-").replace("年", "-").replace("月", "-").replace("日", "")
    parts = text.split("-")
    if len(parts) == 3 and all(part.isdigit() for part in parts):
        try:
            return dt.date(int(parts[0]), int(parts[1]), int(parts[2]))
        except ValueError:
            return value
    return value


def read_ledger(pack: Pack, path: Path) -> Given:
    """Return what an Excel ledger states.

    Raises:
        HouseholdError: With every fault, each with sheet and cell.
    """
    return LedgerReader(pack, path).read()
