"""Curves of one household in one or several places as a page or an Excel file."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import xlsxwriter

from bangfu.rules.errors import UsageError
from bangfu.rules.pack.model import Pack
from bangfu.rules.population.folder import write_whole
from bangfu.rules.whatif.curve import Curve
from bangfu.rules.whatif.curve_text import jump_text, slope_text
from bangfu.rules.whatif.page import ASSETS, ECHARTS, document, table
from bangfu.rules.whatif.words import yuan

Drawn = list[tuple[Pack, Curve]]


def write_curves(drawn: Drawn, title: str, path: Path, lang: str) -> None:
    """Write curves as ``.html`` or ``.xlsx``.

    Raises:
        UsageError: The name ends otherwise, or the file cannot be written.
    """
    check_name(path)
    try:
        (_page if path.suffix.lower() == ".html" else _book)(drawn, title, path, lang)
    except (OSError, xlsxwriter.exceptions.FileCreateError) as error:
        raise UsageError(f"写不了 {path}：{error}", f"cannot write {path}: {error}") from None


def check_name(path: Path) -> None:
    """Refuse a name that is neither a page nor an Excel file.

    Raises:
        UsageError: It ends otherwise.
    """
    if path.suffix.lower() not in (".html", ".xlsx"):
        raise UsageError(f"--out 请写 .html 或 .xlsx，不是“{path.name}”", f'--out takes .html or .xlsx, not "{path.name}"')


def _page(drawn: Drawn, title: str, path: Path, lang: str) -> None:
    zh = lang == "zh"
    scripts = [ECHARTS.read_text(encoding="utf-8"), (ASSETS / "curve.js").read_text(encoding="utf-8")] if ECHARTS.is_file() else []
    words = {"income": "每月收入（元）" if zh else "monthly income (元)", "aid": "每月帮扶" if zh else "aid a month", "hand": "收入加帮扶" if zh else "income and aid"}
    data = {"words": words, "curves": [{"place": pack.place, "months": curve.vary.months, "line": _line(curve)} for pack, curve in drawn if _aids(curve)]}
    lead = "只变收入，其余照所给资料。帮扶是确定可得、按期发放的，折成每月；待定的不计。" if zh else "Only income varies. Aid is what is sure and repeats, as its share of a month; what is open is not counted."
    body = f"<h1>{escape(title)}</h1><p class=soft>{lead}</p>" + "".join(_place(pack, curve, lang) for pack, curve in drawn)
    write_whole(path, document(lang, title, body, data, (ASSETS / "page.css").read_text(encoding="utf-8"), scripts))


def _aids(curve: Curve) -> bool:
    """Tell whether there is anything to draw."""
    return any(point.aid for point in curve.points)


def _line(curve: Curve) -> list[list[float]]:
    return [[x / 100, round(float(aid) / 100, 2)] for s in curve.segments for x, aid in ((s.low, s.aid_low), (s.high, s.aid_high))]


def _place(pack: Pack, curve: Curve, lang: str) -> str:
    zh = lang == "zh"
    title = pack.document.title.text(lang)
    jumps = "".join(f"<li>{'<b>' + ('悬崖' if zh else 'cliff') + '</b> ' if jump.is_cliff else ''}{escape(jump_text(pack, jump, lang))}</li>" for jump in curve.jumps)
    slopes = "".join(f"<li>{escape(slope_text(segment, curve.vary.months, lang))}</li>" for segment in curve.segments)
    heads = ("收入（元）", "每月帮扶（元）", "收入加帮扶（元）") if zh else ("income (元)", "aid a month (元)", "in hand (元)")
    rows = [(yuan(x), yuan(round(aid)), yuan(round(x / curve.vary.months + float(aid)))) for s in curve.segments for x, aid in ((s.low, s.aid_low), (s.high, s.aid_high))]
    open_ = f"<p class=soft>{f'另有 {len(curve.unsure)} 项待定，没有计入。' if zh else f'{len(curve.unsure)} more are undecided and not counted.'}</p>" if curve.unsure else ""
    chart = f'<div class="chart" id="chart-{escape(pack.place)}" role="img" aria-label="{escape(title)}"></div>' if _aids(curve) else ""
    fact = pack.vocabulary.facts[curve.vary.fact].label.text(lang)
    return (
        f"<h2>{escape(title)}</h2><p class=soft>{escape(fact)}（{escape(curve.vary.row)}）</p>"
        f"{chart}"
        f"<ul>{slopes}{jumps}</ul>{open_}<details><summary>{'表' if zh else 'table'}</summary>{table('', heads, rows, 3)}</details>"
    )


def _book(drawn: Drawn, title: str, path: Path, lang: str) -> None:
    part = path.with_name(f".{path.name}.part{path.suffix}")
    try:
        with xlsxwriter.Workbook(str(part), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
            head, money = book.add_format({"bold": True, "bg_color": "#DCE6F1"}), book.add_format({"num_format": "#,##0.00"})
            for pack, curve in drawn:
                _sheet(book, head, money, pack, curve, lang)
            book.set_properties({"title": title})
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _sheet(book: Any, head: Any, money: Any, pack: Pack, curve: Curve, lang: str) -> None:
    zh = lang == "zh"
    sheet = book.add_worksheet(pack.place)
    for place, text in enumerate(("收入（元）", "每月帮扶（元）", "一次性、按次（元）") if zh else ("income (元)", "aid a month (元)", "by the event (元)")):
        sheet.write_string(0, place, text, head)
    for line, point in enumerate(curve.points, start=1):
        for place, value in enumerate((point.x / 100, float(point.aid) / 100, float(point.event) / 100)):
            sheet.write_number(line, place, value, money)
    chart = book.add_chart({"type": "scatter", "subtype": "straight"})
    last = len(curve.points)
    chart.add_series({"name": [pack.place, 0, 1], "categories": [pack.place, 1, 0, last, 0], "values": [pack.place, 1, 1, last, 1]})
    chart.set_title({"name": pack.document.title.text(lang), "name_font": {"size": 11}})
    chart.set_legend({"none": True})
    sheet.insert_chart(1, 4, chart, {"x_scale": 1.6, "y_scale": 1.2})
    sentences = [slope_text(s, curve.vary.months, lang) for s in curve.segments] + [jump_text(pack, j, lang) for j in curve.jumps]
    for line, text in enumerate(sentences, start=20):
        sheet.write_string(line, 4, text)
    sheet.set_column(0, 2, 16)
    sheet.freeze_panes(1, 0)


__all__ = ["check_name", "write_curves"]
