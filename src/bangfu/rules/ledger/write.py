"""Write the Excel ledger: the empty template with drop-downs and notes, and results with reasons."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bangfu.rules.assess import Answer, Assessment
from bangfu.rules.explain import Reason
from bangfu.rules.ledger import layout
from bangfu.rules.ledger.layout import Column
from bangfu.rules.pack.model import PERIODS, Pack
from bangfu.rules.units import unit_text
from bangfu.rules.vocabulary import Label

ROWS = 2000
STATUS = {"met": Label("符合", "met"), "not_met": Label("不符合", "not met"), "unknown": Label("待定", "not yet known"), "lapsed": Label("文件已失效", "lapsed")}
EVERY = {
    "once": Label("一次性", "once"), "day": Label("每日", "a day"), "week": Label("每周", "a week"), "month": Label("每月", "a month"),
    "quarter": Label("每季", "a quarter"), "half_year": Label("每半年", "each half-year"), "year": Label("每年", "a year"),
    "school_year": Label("每学年", "a school year"), "policy_year": Label("每保单年", "a policy year"), "spell": Label("每段一次", "once a spell"),
    "standing": Label("常年", "standing"), "missing": Label("周期未定", "cadence not given"),
}  # fmt: skip
assert set(EVERY) == set(PERIODS)


def _book(path: Path) -> Any:
    import xlsxwriter  # takes a tenth of a second, which whoever only reads the words above should not wait for

    return xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})


def write_template(pack: Pack, path: Path, lang: str, more: dict[str, tuple[Column, ...]] | None = None) -> None:
    """Write an empty ledger: one main sheet for households, one for members, one long sheet, the record, notes.

    ``more`` are columns that a register adds to a main sheet, by entity; they stand after the links.
    """
    book = _book(path)
    style = _styles(book)
    lists = _lists(pack, book, style)
    for entity, title in (("household", layout.HOUSEHOLDS), ("person", layout.MEMBERS)):
        _main_sheet(pack, book, style, lists, title.zh, layout.columns(pack, entity, (more or {}).get(entity, ())), lang)
    _main_sheet(pack, book, style, lists, layout.OTHERS.zh, list(layout.OTHER_COLUMNS), lang)
    _main_sheet(pack, book, style, lists, layout.RECORD.zh, list(layout.RECORD_COLUMNS), lang)
    _notes(pack, book, style, lang)
    book.worksheets()[0].hide()
    book.worksheets()[1].activate()
    book.worksheets()[1].set_first_sheet()
    book.close()


def _styles(book: Any) -> dict[str, Any]:
    return {
        "head": book.add_format({"bold": True, "bg_color": "#DCE6F1", "text_wrap": True, "valign": "top", "border": 1}),
        "key": book.add_format({"font_color": "#808080", "font_size": 8, "locked": True}),
        "text": book.add_format({"num_format": "@"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        "title": book.add_format({"bold": True, "font_size": 14}),
    }


def _lists(pack: Pack, book: Any, style: dict[str, Any]) -> dict[str, str]:
    """Write the hidden sheet of choices and return list name → range."""
    from xlsxwriter.utility import xl_col_to_name

    sheet = book.add_worksheet("代码")
    found: dict[str, str] = {}
    choices: dict[str, list[str]] = {"yes_no": list(layout.YES_NO)}
    choices |= {name: [label.zh for label in table.codes.values()] for name, table in pack.vocabulary.codes.items()}
    choices["collections"] = [e.label.zh for e in pack.vocabulary.entities.values() if e.collection]
    for place, (name, rows) in enumerate(choices.items()):
        letter = xl_col_to_name(place)
        sheet.write_string(0, place, name, style["key"])
        for row, text in enumerate(rows, start=1):
            sheet.write_string(row, place, text)
        found[name] = f"=代码!${letter}$2:${letter}${len(rows) + 1}"
    return found


def _main_sheet(pack: Pack, book: Any, style: dict[str, Any], lists: dict[str, str], title: str, columns: list[Column], lang: str) -> None:
    sheet = book.add_worksheet(title)
    sheet.freeze_panes(layout.HEADER_ROWS, 2)
    sheet.set_row(0, 45)
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column.label.text(lang) + (" *" if column.needed else ""), style["head"])
        sheet.write_string(1, place, column.key, style["key"])
        sheet.set_column(place, place, 16, _cell_style(column, style))
        note = _note(column, lang)
        if note:
            sheet.write_comment(0, place, note, {"x_scale": 2})
        choices = _choices(column, lists)
        if choices:
            sheet.data_validation(layout.HEADER_ROWS, place, ROWS, place, {
                "validate": "list", "source": choices, "error_title": "请从列表中选择",
                "error_message": "请从下拉列表中选择；不知道就留空", "error_type": "stop",
            })  # fmt: skip


def _cell_style(column: Column, style: dict[str, Any]) -> Any:
    if column.fact is not None and column.fact.type == "date" or column.key in ("from", "until", "paid_on"):
        return style["date"]
    if column.fact is None or column.fact.type in ("text", "id_number", "code", "codes", "yes_no"):
        return style["text"] if column.key not in ("amount", "quantity") else None
    return None


def _choices(column: Column, lists: dict[str, str]) -> str | None:
    if column.recognition is not None or (column.fact is not None and column.fact.type == "yes_no"):
        return lists["yes_no"]
    if column.fact is not None and column.fact.type == "code":
        return lists.get(column.fact.codes or "")
    return lists["collections"] if column.key == "collection" else None


def _note(column: Column, lang: str) -> str:
    if column.recognition is not None:
        ask = str(column.recognition.raw.get("ask", ""))
        return ask.split("|")[0 if lang == "zh" else -1].strip()
    if column.fact is None:
        return ""
    unit = unit_text(column.fact.unit)
    ask = column.fact.ask.text(lang) if column.fact.ask else ""
    return ask + (f"（单位：{unit}）" if unit and lang == "zh" else f" (unit: {unit})" if unit else "")


def _notes(pack: Pack, book: Any, style: dict[str, Any], lang: str) -> None:
    sheet = book.add_worksheet(layout.NOTES.text(lang))
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 3, 50, style["wrap"])
    lines = {
        "zh": ["不知道就留空：留空表示未知，不等于“否”或 0。", "第 1、2 行是表头，请不要改动；从第 3 行起填写。",
               "身份证号请存为文字（单元格格式“文本”）。", "主表没有的事实写在“其他事实”，一行一个：类别、编号、属于谁、事实、值。",
               "某一类确实没有的户，在“其他事实”写一行：类别照选，编号填“无”，“属于”填户编号。",
               "从未领取过任何待遇，请在“领取记录”的第 3 行只写“无”。", "有的户领取、有的户没有：没有的户写一行，待遇填“无”，编号填户编号。"],
        "en": ["Leave blank what is not known: blank means unknown, not no and not 0.", "Rows 1 and 2 are headings; fill in from row 3.",
               "Store ID numbers as text.", "Facts without a column go on the long sheet, one a row: kind, number, belongs to, fact, value.",
               "A household that has none of a kind: a row on the long sheet with the kind, 无 as the number and the household's number as belongs to.",
               "If nothing was ever received, write only 无 in row 3 of the record sheet.",
               "If some receive and some do not: a row for each that does not, with 无 as the benefit and the number of the household."],
    }[lang]  # fmt: skip
    for row, line in enumerate(lines):
        sheet.write_string(row, 0, line)
    start = len(lines) + 2
    for place, head in enumerate(("事实 fact", "问题 question", "可填 may be", "属于 of")):
        sheet.write_string(start - 1, place, head, style["head"])
    for row, fact in enumerate(pack.vocabulary.facts.values(), start=start):
        sheet.write_string(row, 0, f"{fact.label.zh}（{fact.id}）")
        sheet.write_string(row, 1, fact.ask.text(lang) if fact.ask else "")
        sheet.write_string(row, 2, _may_be(pack, fact))
        sheet.write_string(row, 3, pack.vocabulary.entities[fact.entity].label.text(lang))


def _may_be(pack: Pack, fact: Any) -> str:
    if fact.type == "yes_no":
        return "是 / 否"
    if fact.codes in pack.vocabulary.codes:
        return "、".join(label.zh for label in pack.vocabulary.codes[fact.codes].codes.values())
    return {"date": "日期 yyyy-mm-dd", "level": "整数"}.get(fact.type, unit_text(fact.unit) or fact.type)


def write_results(pack: Pack, assessment: Assessment, path: Path, lang: str) -> None:
    """Write one row per answer that is met or undecided, and a sheet with the reasons."""
    book = _book(path)
    style = _styles(book)
    results, reasons = book.add_worksheet(layout.RESULTS.text(lang)), book.add_worksheet(layout.REASONS.text(lang))
    heads = [("编号", "number"), ("待遇", "benefit"), ("结论", "answer"), ("最低金额（元）", "from (元)"), ("最高金额（元）", "to (元)"), ("周期", "how often"), ("条款", "article"), ("受理单位", "office"), ("会同单位", "joined by"), ("材料", "papers"), ("还需知道", "still needed"), ("条目", "entry"), ("日期", "date")]
    for place, head in enumerate(heads):
        results.write_string(0, place, head[0 if lang == "zh" else 1], style["head"])
    results.set_column(1, 1, 34)
    results.set_column(10, 10, 40)
    reasons.set_column(2, 2, 110)
    line = why = 1
    for answer in shown_answers(assessment):
        _result_row(pack, results, line, answer, assessment, lang)
        line += 1
        why = _reason_rows(pack, reasons, why, answer, lang)
    results.autofilter(0, 0, max(line - 1, 1), len(heads) - 1)
    results.freeze_panes(1, 2)
    book.close()


def shown_answers(assessment: Assessment) -> list[Answer]:
    """Return the benefits that are met or undecided, the met ones first."""
    rank = {"met": 0, "unknown": 1}
    found = [a for a in assessment.answers if a.computed in rank and a.kind not in ("duty", "signal", "recognition")]
    return sorted(found, key=lambda a: (a.owner, rank[a.computed]))


def _result_row(pack: Pack, sheet: Any, line: int, answer: Answer, assessment: Assessment, lang: str) -> None:
    from bangfu.rules.needs import need_label

    status = STATUS[answer.status].text(lang)
    if answer.would_be:
        status += f"（{STATUS[answer.would_be].text(lang)}）"
    papers = "、".join(pack.vocabulary.words[p].text(lang) for p in answer.papers if p in pack.vocabulary.words)
    needs = "、".join(need_label(pack, n, lang) for n in answer.needs)
    amount = answer.amount
    values = (answer.row, pack.entries[answer.entry].label.text(lang), status, None, None, EVERY[answer.every].text(lang) if answer.every else "",
              "、".join(answer.articles), pack.office_text(answer.office, lang), "、".join(pack.office_text(office, lang) for office in answer.joins), papers, needs, answer.entry, assessment.on.isoformat())  # fmt: skip
    for place, value in enumerate(values):
        if value is not None:
            sheet.write_string(line, place, value)
    for place, end in ((3, amount.low if amount else None), (4, amount.high if amount else None)):
        if end is not None:
            sheet.write_number(line, place, float(end)) if "/" not in end else sheet.write_string(line, place, end)


def _reason_rows(pack: Pack, sheet: Any, line: int, answer: Answer, lang: str) -> int:
    sheet.write_string(line, 0, answer.row)
    sheet.write_string(line, 1, pack.entries[answer.entry].label.text(lang))
    for depth, reason in _lines(answer.reasons):
        sheet.write_string(line, 2, "    " * depth + f"[{_mark(reason)}] {reason.text(lang)}")
        line += 1
    return line + 1


def _lines(reasons: Iterable[Reason]) -> Iterable[tuple[int, Reason]]:
    for reason in reasons:
        yield from reason.lines()


def _mark(reason: Reason) -> str:
    return {"yes": "✓", "no": "✗", "unknown": "?", "info": "·"}[reason.verdict]
