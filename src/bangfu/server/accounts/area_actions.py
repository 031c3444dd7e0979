"""Writes of areas: streets and communities below a district, one by one or from a list; all of a list or nothing.

They stand here and not in ``areas``, which lies below the audit and so cannot record.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from bangfu.server.areas.models import DIGITS, Area, Level, code_range
from bangfu.server.areas.scope import Scope
from bangfu.server.audit.actions import record

COLUMNS = ("code", "name")
ROWS_MOST = 5000
NAME_MOST = 60


class AreaRefusedError(Exception):
    """A list of areas cannot be taken in; ``faults`` says why, one line each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class NewArea:
    """A street or community to be made."""

    line: int
    code: str
    name: str

    @property
    def above(self) -> str:
        """Return the code of the area it lies in."""
        return self.code[: DIGITS[Level.STREET] if len(self.code) == DIGITS[Level.COMMUNITY] else DIGITS[Level.DISTRICT]]


def read_areas(content: bytes) -> list[NewArea]:
    """Return the areas of a CSV file with the columns ``code`` and ``name`` (or 代码, 名称), UTF-8 or GB 18030.

    Raises:
        AreaRefusedError: It is no such file.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", errors="replace")
    if "\0" in text or "\ufffd" in text:
        raise AreaRefusedError(["这不是 CSV 文本文件，请从 Excel 另存为 CSV"])
    rows = list(csv.reader(io.StringIO(text)))
    titles = [title.strip().lower() for title in rows[0]] if rows else []
    titles = [{"代码": "code", "区划代码": "code", "名称": "name"}.get(title, title) for title in titles]
    if not set(COLUMNS) <= set(titles):
        raise AreaRefusedError(["第 1 行应有“代码”和“名称”两列"])
    if len(rows) > ROWS_MOST:
        raise AreaRefusedError([f"一次最多 {ROWS_MOST} 行"])
    at_code, at_name = titles.index("code"), titles.index("name")
    return [
        NewArea(line, row[at_code].strip(), row[at_name].strip())
        for line, row in enumerate(rows[1:], 2)
        if len(row) > max(at_code, at_name) and any(cell.strip() for cell in row)
    ]


def add_areas(scope: Scope, wanted: list[NewArea]) -> list[Area]:
    """Make streets and communities that are not there yet, inside a scope, in the caller's act. The same list again changes nothing.

    Raises:
        AreaRefusedError: Any of them cannot be made; then none is.
    """
    known = {area.code: area for area in Area.objects.filter(scope.condition("low"))}
    faults: list[str] = []
    made: list[Area] = []
    for new in sorted(wanted, key=lambda new: (len(new.code), new.line)):
        fault = _fault(new, known, scope)
        if fault:
            faults.append(f"第 {new.line} 行（{new.code[:14]}）：{fault}")
        elif new.code not in known:
            level = Level.COMMUNITY if len(new.code) == DIGITS[Level.COMMUNITY] else Level.STREET
            area = Area(code=new.code, name=new.name, level=level, parent=known[new.above])
            area.low, area.high = code_range(new.code)
            known[new.code] = area
            made.append(area)
    if faults:
        raise AreaRefusedError(faults)
    for area in made:
        area.save()
        record("area.made", of=area, area_code=area.low, details={"code": area.code, "name": area.name})
    return made


def _fault(new: NewArea, known: dict[str, Area], scope: Scope) -> str:
    if not new.code.isascii() or not new.code.isdigit() or len(new.code) not in (DIGITS[Level.STREET], DIGITS[Level.COMMUNITY]):
        return "代码应为 9 位（街道乡镇）或 12 位（社区村）数字；Excel 若把它变成了 4.2E+11，请先设为文本"
    if not new.name or len(new.name) > NAME_MOST:
        return f"名称不能空，最多 {NAME_MOST} 个字"
    low, high = code_range(new.code)
    if not (scope.holds(low) and scope.holds(high)):
        return "不在您管的辖区内"
    if new.above not in known:
        return f"上级 {new.above} 还没有，请把它也放进来"
    held = known.get(new.code)
    if held is not None and held.name != new.name:
        return f"这个代码已是“{held.name}”"
    return ""
