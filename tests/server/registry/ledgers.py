"""Ledgers made for tests: the register's own template, filled."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import openpyxl
from stdnum.cn import ric

from bangfu.rules.ledger.write import write_template
from bangfu.server.registry.ledger_file import more_columns
from bangfu.server.registry.packs import pack_of

_templates: dict[str, bytes] = {}
Rows = list[dict[str, Any]]


def template(place: str, folder: Path) -> bytes:
    """Return the empty ledger of a place; made once."""
    if place not in _templates:
        path = folder / "template.xlsx"
        pack = pack_of(place)
        write_template(pack, path, "zh", more_columns(pack))
        _templates[place] = path.read_bytes()
    return _templates[place]


def ledger(folder: Path, households: Rows, members: Rows, others: Rows | None = None, record: Rows | None = None, *, place: str = "wuchang") -> bytes:
    """Return a filled ledger; each row is key → value."""
    book = openpyxl.load_workbook(io.BytesIO(template(place, folder)))
    for title, rows in (("户", households), ("人员", members), ("其他事实", others or []), ("领取记录", record or [])):
        sheet = book[title]
        at = {cell.value: cell.column for cell in sheet[2]}
        for line, row in enumerate(rows, 3):
            for key, value in row.items():
                sheet.cell(line, at[key], value)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def id_number(serial: int, born: str = "19600101", region: str = "420106") -> str:
    """Return a made-up ID number with its check digit."""
    number = f"{region}{born}{serial:03d}"
    return number + ric.calc_check_digit(number + "0")
