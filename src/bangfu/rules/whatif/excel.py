"""A what-if as an Excel file: the summary first, then one sheet for each way to look at it. Money as numbers in 元."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from bangfu.rules.errors import UsageError
from bangfu.rules.whatif.charts import spread_name
from bangfu.rules.whatif.page import cliff_text, mover_lines
from bangfu.rules.whatif.run import WhatIf
from bangfu.rules.whatif.words import BASIS_WORDS, CLASS_WORDS, area_name, changed, every_text, label

MOST_HOMES = 100_000
"""Rows of the sheet of households; all of them are in ``changed_households.parquet``."""


class Fen(int):
    """A sum in fen, written as 元."""


def write_book(found: WhatIf, path: Path, lang: str, homes: Path | None = None) -> None:
    """Write the file, whole or not at all; ``homes`` is ``changed_households.parquet`` for the sheet of households.

    Raises:
        UsageError: The file cannot be written.
    """
    part = path.with_name(f".{path.name}.part{path.suffix}")
    try:
        with xlsxwriter.Workbook(str(part), {"strings_to_formulas": False, "strings_to_urls": False, "constant_memory": False}) as book:
            _Writer(book, found, lang).write(homes)
        part.replace(path)
    except (OSError, xlsxwriter.exceptions.FileCreateError) as error:
        raise UsageError(f"写不了 {path}：{error}", f"cannot write {path}: {error}") from None
    finally:
        part.unlink(missing_ok=True)


class _Writer:
    """One book on its way."""

    def __init__(self, book: Any, found: WhatIf, lang: str) -> None:
        self.book, self.found, self.lang = book, found, lang
        self.head = book.add_format({"bold": True, "bg_color": "#DCE6F1", "text_wrap": True, "valign": "top", "border": 1})
        self.money = book.add_format({"num_format": "#,##0.00;[Red]-#,##0.00"})
        self.whole = book.add_format({"num_format": "#,##0"})
        self.title = book.add_format({"bold": True, "font_size": 14})

    def say(self, zh: str, en: str) -> str:
        """Return the word of the book's language."""
        return zh if self.lang == "zh" else en

    def write(self, homes: Path | None) -> None:
        """Write every sheet."""
        self._summary()
        self._costs()
        self._entries()
        for name, rows in ((self.say("街道", "streets"), self.found.streets), (self.say("社区", "communities"), self.found.communities)):
            self._counted(name, rows, lambda row: area_name(row, self.lang))
        self._counted(self.say("人群", "groups"), self.found.groups, lambda row: label(row, self.lang))
        self._spread()
        self._cliffs()
        self._movers()
        if homes is not None and homes.is_file():
            self._homes(homes)

    def sheet(self, name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]], widths: Sequence[int] = ()) -> None:
        """Write one sheet: a row of heads, then rows of texts, numbers and sums."""
        sheet = self.book.add_worksheet(name)
        for place, head in enumerate(heads):
            sheet.write_string(0, place, head, self.head)
            sheet.set_column(place, place, widths[place] if place < len(widths) else 15)
        last = 0
        for last, row in enumerate(rows, start=1):
            for place, value in enumerate(row):
                self._cell(sheet, last, place, value)
        sheet.freeze_panes(1, 1)
        if heads and last:
            sheet.autofilter(0, 0, last, len(heads) - 1)

    def _cell(self, sheet: Any, line: int, place: int, value: Any) -> None:
        if isinstance(value, Fen):
            sheet.write_number(line, place, value / 100, self.money)
        elif isinstance(value, int):
            sheet.write_number(line, place, value, self.whole)
        elif value is not None:
            sheet.write_string(line, place, str(value))

    # -- sheets --------------------------------------------------------------------------------------------------
    def _summary(self) -> None:
        found, say = self.found, self.say
        sheet = self.book.add_worksheet(say("摘要", "summary"))
        sheet.set_column(0, 0, 46)
        sheet.set_column(1, 1, 24)
        sheet.write_string(0, 0, label(found, self.lang, "title"), self.title)
        lines: list[tuple[str, Any]] = [(say("计算日期", "day"), found.day), (say("口径", "basis"), BASIS_WORDS[found.basis].text(self.lang))]
        if found.lapsed_since:
            lines.append((say("该文件已失效，以下为推算", "the document has lapsed; computed only"), found.lapsed_since))
        lines += [(say("改动", "change"), difference.text(self.lang)) for difference in found.differences]
        lines += [(say("户", "households"), found.households), (say("人", "people"), found.people), (say("因资料有错未计入的户", "households left out for faulty rows"), found.households_rejected)]
        lines += [(f"{words.text(self.lang)}{say('（户）', ' (households)')}", found.classes[name]) for name, words in CLASS_WORDS.items()]
        lines += [(say("增减的户中有待定项的（户）", "of those with more or less money, with open answers (households)"), found.unsure)]
        for name, sums in ((say("按期发放，折每年（元）", "what repeats, a year (元)"), found.regular), (say("一次性和按次，按台账里的事项（元）", "once or by the claim, for the ledger's claims (元)"), found.event)):
            lines += [(f"{name}：{say('现行', 'in force')}", Fen(sums["before"])), (f"{name}：{say('改后', 'changed')}", Fen(sums["after"])), (f"{name}：{say('增减', 'difference')}", Fen(sums["after"] - sums["before"]))]
        for line, (text, value) in enumerate(lines, start=2):
            sheet.write_string(line, 0, text)
            self._cell(sheet, line, 1, value)

    def _pair(self, zh: str, en: str) -> list[str]:
        return [f"{self.say(zh, en)}：{side}" for side in (self.say("现行", "in force"), self.say("改后", "changed"))]

    def _costs(self) -> None:
        say = self.say
        heads = [say("周期", "how often"), *self._pair("项", "answers"), *self._pair("合计下限（元）", "sum from (元)"), *self._pair("合计上限（元）", "sum to (元)"), say("增减（元）", "difference (元)"), *self._pair("金额未定的项", "without a sum")]
        rows = [
            (every_text(r["every"], self.lang), r["answers_before"], r["answers_after"], *(Fen(r[f"{end}_{side}"]) for end in ("low", "high") for side in ("before", "after")),
             Fen(r["low_after"] - r["low_before"]), r["without_sum_before"], r["without_sum_after"])
            for r in self.found.costs
        ]  # fmt: skip
        self.sheet(say("费用", "costs"), heads, rows, (12,))

    def _entries(self) -> None:
        say = self.say
        heads = [say("条目", "entry"), say("名称", "name"), say("条款", "article"), say("周期", "how often"), say("有变化", "changed"), *self._pair("户", "households"), *self._pair("项", "answers"), *self._pair("待定", "open"), *self._pair("合计下限（元）", "sum from (元)"), *self._pair("合计上限（元）", "sum to (元)")]
        rows = [
            (r["entry"], label(r, self.lang), r["article"], every_text(r["every"], self.lang), say("是", "yes") if changed(r) else "",
             *(r[f"{name}_{side}"] for name in ("households", "answers", "undecided") for side in ("before", "after")),
             *(Fen(r[f"{end}_{side}"]) if r["money"] else None for end in ("low", "high") for side in ("before", "after")))
            for r in self.found.entries
        ]  # fmt: skip
        self.sheet(say("待遇", "benefits"), heads, rows, (24, 30, 24))

    def _counted(self, name: str, rows: list[dict[str, Any]], named: Any) -> None:
        say = self.say
        shown = [one for one in CLASS_WORDS if one != "none"]
        heads = [name, say("户", "households"), *(CLASS_WORDS[one].text(self.lang) for one in shown), say("每年增减（元）", "more or less a year (元)"), say("一次性、按次增减（元）", "by the event (元)")]
        self.sheet(name, heads, [(named(r), r["households"], *(r[one] for one in shown), Fen(r["regular"]), Fen(r["event"])) for r in rows], (32,))

    def _spread(self) -> None:
        heads = [self.say("每年增减（元）", "more or less a year (元)"), self.say("户", "households")]
        self.sheet(self.say("每户差多少", "spread"), heads, [(spread_name(row, self.lang), row["households"]) for row in self.found.spread], (24,))

    def _cliffs(self) -> None:
        say = self.say
        names = {row["entry"]: label(row, self.lang) for row in self.found.entries}
        heads = [say("示例户（虚构）", "profile (made up)"), say("收入", "income"), say("悬崖", "cliff")]
        rows = [(label(p, self.lang, "title"), label(p, self.lang, "income"), cliff_text(*pair, names, self.lang)) for p in self.found.profiles for pair in p.cliffs]
        self.sheet(say("收入悬崖", "cliffs"), heads, rows, (40, 24, 110))

    def _movers(self) -> None:
        say = self.say
        heads = [say("户", "household"), say("人", "people"), say("每年增减（元）", "more or less a year (元)"), say("一次性、按次增减（元）", "by the event (元)"), say("变动", "what changes")]
        rows = [(m.household, m.members, Fen(m.regular), Fen(m.event), line) if not n else (m.household, None, None, None, line) for m in self.found.movers for n, line in enumerate(mover_lines(m, self.lang))]
        self.sheet(say("变动最大", "most changed"), heads, rows, (16, 8, 16, 16, 90))
        reasons = [
            (m.household, label(moved, self.lang), side, f"{'    ' * line.depth}[{line.verdict}] {line.zh if self.lang == 'zh' else line.en}")
            for m in self.found.movers for moved in m.moved
            for side, lines in ((say("现行", "in force"), moved.why_before), (say("改后", "changed"), moved.why_after)) for line in lines
        ]  # fmt: skip
        self.sheet(say("理由", "reasons"), [say("户", "household"), say("待遇", "benefit"), say("按", "under"), say("理由", "reason")], reasons, (16, 28, 10, 110))

    def _homes(self, homes: Path) -> None:
        import pyarrow.parquet as pq

        say = self.say
        heads = [say("户", "household"), say("街道", "street"), say("社区", "community"), say("每年增减（元）", "more or less a year (元)"), say("一次性、按次增减（元）", "by the event (元)"), say("类别", "class")]
        listed = pq.read_table(homes, columns=["household", "street", "community", "regular", "event", "class"]).slice(0, MOST_HOMES).to_pylist()
        rows = [(r["household"], r["street"], r["community"], Fen(r["regular"]), Fen(r["event"]), CLASS_WORDS[r["class"]].text(self.lang)) for r in listed]
        self.sheet(say("变动户", "changed households"), heads, rows, (16, 16, 16))


__all__ = ["write_book"]
