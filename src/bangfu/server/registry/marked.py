"""Workbooks that leave the house: marked with who took them and when, safe to open, written row by row.

Every text is written as text and, where a spreadsheet might take it for a formula, with the mark that forbids it. Each row
carries the mark of the export in a column without heading. Only the row at hand is in memory; rows go downwards alone.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

RISKY = re.compile(r"^[=+\-@\t\r]")
NOTE = "导出说明"
ROWS_MOST = 1_000_000
"""A sheet ends at 1,048,576 rows; whoever writes so many begins another workbook before."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Who took an export, when, under which number of the audit, and whether with whole ID numbers."""

    who: str
    when: dt.datetime
    number: int
    reason: str
    revealed: bool = False

    @property
    def line(self) -> str:
        """Return the mark as it stands in each row and on each printed page."""
        return f"{self.who} {self.when:%Y-%m-%d %H:%M} 导出 {self.number}"


class MarkedBook:
    """A workbook whose sheets all carry the mark."""

    def __init__(self, target: Path | BinaryIO, mark: Mark) -> None:
        import xlsxwriter  # late: only who exports waits for it

        plain: dict[str, Any] = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "constant_memory": True}
        if isinstance(target, Path):
            plain["tmpdir"] = str(target.parent)  # the rows wait in a file meanwhile: beside the target, where it is private
        self.mark = mark
        self.book = xlsxwriter.Workbook(str(target) if isinstance(target, Path) else target, plain)
        self.book.set_properties({"author": mark.who, "comments": mark.line, "created": mark.when.replace(tzinfo=None)})
        self.style = {
            "head": self.book.add_format({"bold": True, "bg_color": "#DCE6F1", "text_wrap": True, "valign": "top", "border": 1}),
            "key": self.book.add_format({"font_color": "#808080", "font_size": 8}), "text": self.book.add_format({"num_format": "@"}),
            "risky": self.book.add_format({"num_format": "@", "quote_prefix": True}),
        }  # fmt: skip

    def sheet(self, title: str, heads: Sequence[tuple[str, str]], *, with_keys: bool = True) -> MarkedSheet:
        """Add a sheet with (key, heading) for each column; ``with_keys`` gives the keys a row of their own."""
        return MarkedSheet(self, title, heads, with_keys)

    def close(self, more: Sequence[str] = ()) -> None:
        """Write the sheet that says what this is, and end the workbook."""
        sheet = self.book.add_worksheet(NOTE)
        sheet.set_column(0, 0, 90)
        mark = self.mark
        lines = (
            f"导出人：{mark.who}", f"导出时间：{mark.when:%Y-%m-%d %H:%M}", f"导出编号：{mark.number}（审计查询可查）", f"理由：{mark.reason}", *more,
            "身份证号：完整" if mark.revealed else "身份证号：只显示后四位", "内含个人信息，只能用于上述理由，用完请删除。",
        )  # fmt: skip
        for row, line in enumerate(lines):
            sheet.write_string(row, 0, line)
        self.book.close()


class MarkedSheet:
    """A sheet with its headings; rows are appended."""

    def __init__(self, book: MarkedBook, title: str, heads: Sequence[tuple[str, str]], with_keys: bool) -> None:
        self.sheet, self.style, self.mark, self.line = book.book.add_worksheet(title), book.style, book.mark, 1 + with_keys
        self.place = {key: n for n, (key, _) in enumerate(heads)}
        for key, label in heads:
            self.sheet.write_string(0, self.place[key], label, self.style["head"])
        for key, _ in heads if with_keys else ():
            self.sheet.write_string(1, self.place[key], key, self.style["key"])
        self.sheet.freeze_panes(self.line, min(2, len(heads)))
        self.sheet.set_column(0, len(heads) - 1, 16)
        self.sheet.set_header(f"&C&9{self.mark.line}")
        self.sheet.set_footer(f"&L&9{self.mark.line}　内含个人信息，请妥善保管&R&9&P / &N")

    def append(self, row: dict[str, Any]) -> None:
        """Write one row; what is empty stays blank."""
        for key, value in row.items():
            if value is None or value == "":
                continue
            if isinstance(value, int | float) and not isinstance(value, bool):
                self.sheet.write_number(self.line, self.place[key], value)
            else:
                text = str(value)
                self.sheet.write_string(self.line, self.place[key], text, self.style["risky" if RISKY.match(text) else "text"])
        self.sheet.write_string(self.line, len(self.place) + 1, self.mark.line, self.style["key"])
        self.line += 1
