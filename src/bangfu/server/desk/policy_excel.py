"""A what-if as an Excel workbook: every figure of the page, with who took it out and when."""

from __future__ import annotations

import datetime as dt
from typing import Any, BinaryIO

import xlsxwriter

from bangfu.server.assessment.models import WhatIfRun
from bangfu.server.desk.policy_text import class_name

Rows = list[list[Any]]


def whatif_workbook(file: BinaryIO, run: WhatIfRun, who: str, when: dt.datetime, areas: dict[str, str]) -> None:
    """Write the workbook; texts stay texts, whatever they begin with."""
    data = run.data or {}
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        mark = f"{who} 于 {when:%Y-%m-%d %H:%M} 导出；试算结果，不是审批决定"
        for title, head, rows in _sheets(data, run, areas):
            sheet = book.add_worksheet(title)
            sheet.set_footer(f"&C{mark}")
            sheet.write_string(0, 0, mark)
            sheet.write_row(2, 0, head, book.add_format({"bold": True}))
            for place, row in enumerate(rows, 3):
                for column, value in enumerate(row):
                    sheet.write_number(place, column, value) if isinstance(value, int | float) else sheet.write_string(place, column, str(value or ""))
            sheet.freeze_panes(3, 0)
            sheet.set_column(0, 0, 34)
            sheet.set_column(1, max(1, len(head) - 1), 16)


def _sheets(data: dict[str, Any], run: WhatIfRun, areas: dict[str, str]) -> list[tuple[str, list[str], Rows]]:
    def area(row: dict[str, Any], key: str) -> str:
        return areas.get(row.get(key) or "", row.get(key) or "")

    summary: Rows = [["区县", str(run.district)], ["计算日期", run.day.isoformat()], ["户", data.get("households", 0)], ["人", data.get("people", 0)]]
    summary += [[f"改动：{d['zh']}", f"{d['before_zh']} → {d['after_zh']}"] for d in data.get("differences", [])]
    summary += [[class_name(name), number] for name, number in data.get("classes", {}).items()]
    for key, title in (("regular", "一年经常发放（元）"), ("event", "一次性和按次（元）")):
        if key in data:
            summary += [[f"{title}，改前", data[key]["before"] / 100], [f"{title}，改后", data[key]["after"] / 100]]
    if data.get("back_fen"):
        summary.append(["应补发（元）", data["back_fen"] / 100])
    entries = [[e["label_zh"], e["article"], e["every"] or "", e["answers_before"], e["answers_after"], e["low_before"] / 100, e["low_after"] / 100] for e in data.get("entries", [])]
    streets = [[area(s, "street"), s["households"], s["gain"], s["lose"], s["mixed"], s["regular"] / 100, s["event"] / 100] for s in data.get("streets", [])]
    communities = [[area(s, "community"), s["households"], s["gain"], s["lose"], s["mixed"], s["regular"] / 100, s["event"] / 100] for s in data.get("communities", [])]
    groups = [[g["label_zh"], g["households"], g["gain"], g["lose"], g["mixed"], g["regular"] / 100, g["event"] / 100] for g in data.get("groups", [])]
    counted = ["户", "增加", "减少", "有增有减", "一年多发（元）", "按次多发（元）"]
    return [
        ("概要", ["项目", "值"], summary), ("各项", ["条目", "条款", "发放", "改前人次", "改后人次", "改前（元/期）", "改后（元/期）"], entries),
        ("街道", ["街道", *counted], streets), ("社区", ["社区", *counted], communities), ("人群", ["人群（可重叠）", *counted], groups),
    ]  # fmt: skip
