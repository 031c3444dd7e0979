"""A what-if as one HTML file: charts inlined, opens without network, prints on A4. Every figure of a chart is in a table too."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import bangfu
from bangfu.rules.population.folder import write_whole
from bangfu.rules.whatif.charts import chart_data, spread_name
from bangfu.rules.whatif.movers import Line, Moved, Mover
from bangfu.rules.whatif.profiles import Cliff, ProfileChange
from bangfu.rules.whatif.run import WhatIf
from bangfu.rules.whatif.words import (
    BASIS_WORDS,
    CLASS_WORDS,
    FATE_WORDS,
    STATUS_WORDS,
    area_name,
    changed,
    every_text,
    label,
    yuan,
)

ASSETS = Path(__file__).parent / "assets"
ECHARTS = Path(bangfu.__file__).parent / "server" / "portal" / "static" / "vendor" / "echarts.min.js"
"""One copy for pages of the server and pages of files; ``make setup`` puts it there, a wheel carries it."""
MARKS = {"yes": "✓", "no": "✗", "unknown": "?", "info": "·"}


def write_page(found: WhatIf, path: Path, lang: str) -> None:
    """Write the page, whole or not at all. Without the chart library the tables stand alone."""
    write_whole(path, page(found, lang))


def page(found: WhatIf, lang: str) -> str:
    """Return the page."""
    zh = lang == "zh"
    title = f"{label(found, lang, 'title')}：改动测算" if zh else f"{label(found, lang, 'title')}: what a change would do"
    body = "\n".join([
        _head(found, lang, title), _tiles(found, lang), _costs(found, lang), _entries(found, lang), _spread(found, lang),
        _areas(found, lang), _groups(found, lang), _profiles(found, lang), _movers(found, lang), _notes(found, lang),
    ])  # fmt: skip
    scripts = [ECHARTS.read_text(encoding="utf-8"), (ASSETS / "page.js").read_text(encoding="utf-8")] if ECHARTS.is_file() else []
    return document(lang, title, body, chart_data(found, lang), (ASSETS / "page.css").read_text(encoding="utf-8"), scripts)


def document(lang: str, title: str, body: str, data: Any, css: str, scripts: Sequence[str]) -> str:
    """Return a whole document that may load nothing and run only the scripts inside it."""
    allowed = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts) or "'none'"
    policy = f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {allowed}"
    block = json.dumps(data, ensure_ascii=False).replace("</", "<\\/")
    tags = "\n".join(f"<script>{script}</script>" for script in scripts)
    return (
        f'<!doctype html>\n<html lang="{"zh-CN" if lang == "zh" else "en"}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{css}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n"
        f'<script type="application/json" id="data">{block}</script>\n{tags}\n</body>\n</html>\n'
    )


# -- pieces ------------------------------------------------------------------------------------------------------
def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[Any]], numbers: int) -> str:
    """Return a table; the last ``numbers`` columns are set to the right."""
    first = len(heads) - numbers
    top = "".join(f'<th scope="col"{" class=n" if place >= first else ""}>{escape(head)}</th>' for place, head in enumerate(heads))
    lines = "".join("<tr>" + "".join(f"<td{' class=n' if place >= first else ''}>{escape(str(cell))}</td>" for place, cell in enumerate(row)) + "</tr>" for row in rows)
    return f'<div class="scroll" tabindex="0"><table><caption>{escape(caption)}</caption><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table></div>'


def _chart(name: str, said: str) -> str:
    return f'<div class="chart" id="chart-{escape(name)}" role="img" aria-label="{escape(said)}"></div>'


def _folded(summary: str, inner: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>{inner}</details>"


def _signed(fen: int) -> str:
    return f'<span class="{"up" if fen > 0 else "down" if fen < 0 else ""}">{yuan(fen, sign=True)}</span>'


# -- sections ----------------------------------------------------------------------------------------------------
def _head(found: WhatIf, lang: str, title: str) -> str:
    zh = lang == "zh"
    lines = "".join(f"<li>{escape(difference.text(lang))} <span class=soft>{escape(difference.name)}</span></li>" for difference in found.differences[:30])
    more = len(found.differences) - 30
    if more > 0:
        lines += f"<li>{f'另有 {more} 处' if zh else f'and {more} more'}</li>"
    banner = ""
    if found.lapsed_since:
        banner = f'<p class="banner">{f"该文件已于 {found.lapsed_since} 失效：以下为推算，不再新批。" if zh else f"This document lapsed on {found.lapsed_since}: computed only, nothing new is granted."}</p>'
    day = f"自 {found.day} 起，按当日标准计算；{BASIS_WORDS[found.basis].zh}。" if zh else f"From {found.day}, by the values of that day; {BASIS_WORDS[found.basis].en}."
    there = f"台账 {found.households:,} 户 {found.people:,} 人" if zh else f"{found.households:,} households, {found.people:,} people"
    if found.households_rejected:
        there += f"，另有 {found.households_rejected:,} 户因资料有错未计入" if zh else f"; {found.households_rejected:,} more were left out for faulty rows"
    return f"<h1>{escape(title)}</h1>{banner}<p>{escape(day)}{escape(there)}{'。' if zh else '.'}</p><ul class=changes>{lines}</ul>"


def _tiles(found: WhatIf, lang: str) -> str:
    zh = lang == "zh"
    month = next((row for row in found.costs if row["every"] == "month"), None)
    tiles = [
        (_signed(found.regular["after"] - found.regular["before"]), "元 每年（按月、按年发放的，折 12 个月）" if zh else "元 a year (what repeats, over twelve months)"),
        (_signed(month["low_after"] - month["low_before"] if month else 0), "元 每月（按月发放的）" if zh else "元 a month (what is paid monthly)"),
        (_signed(found.event["after"] - found.event["before"]), "元（一次性和按次的，按台账里的事项）" if zh else "元 (once or by the claim, for the claims of the ledger)"),
    ]
    tiles += [(f"{found.classes[name]:,}", ("户 " if zh else "households: ") + words.text(lang)) for name, words in CLASS_WORDS.items() if found.classes[name] or name in ("gain", "lose", "none")]
    unsure = f"<p class=soft>{f'其中 {found.unsure:,} 户同时有前或后待定的项，待定的钱没有计入。' if zh else f'{found.unsure:,} of those with more or less money also have answers that are open before or after; open sums are not counted.'}</p>" if found.unsure else ""
    return f"<ul class=tiles>{''.join(f'<li><b>{value}</b>{escape(text)}</li>' for value, text in tiles)}</ul>{unsure}"


def _costs(found: WhatIf, lang: str) -> str:
    zh = lang == "zh"
    heads = ("周期", "项数：现行", "改后", "合计：现行（元）", "改后（元）", "增减（元）", "金额未定的项") if zh else ("how often", "answers: in force", "changed", "sum: in force (元)", "changed (元)", "difference (元)", "without a sum")
    rows = [
        (every_text(row["every"], lang), f"{row['answers_before']:,}", f"{row['answers_after']:,}", yuan(row["low_before"]), yuan(row["low_after"]),
         yuan(row["low_after"] - row["low_before"], sign=True), f"{row['without_sum_after']:,}")
        for row in found.costs
    ]  # fmt: skip
    caption = "不同周期的钱不相加；金额为区间的按下限" if zh else "Sums of different cadence are not added; of a range the lower end counts"
    return f"<h2>{'花多少钱' if zh else 'What it costs'}</h2>{table(caption, heads, rows, 6)}"


def _entries(found: WhatIf, lang: str) -> str:
    zh = lang == "zh"
    heads = ("待遇", "周期", "户：现行", "改后", "合计：现行（元）", "改后（元）", "待定：现行", "改后") if zh else ("benefit", "how often", "households: in force", "changed", "sum: in force (元)", "changed (元)", "open: in force", "changed")
    moved = sorted((row for row in found.entries if changed(row)), key=lambda row: (-abs(row["low_after"] - row["low_before"]), row["entry"], str(row["every"])))
    rows = [
        (label(row, lang), every_text(row["every"], lang) if row["kind"] != "recognition" else "", f"{row['households_before']:,}", f"{row['households_after']:,}",
         *((_known(row, "before", lang), _known(row, "after", lang)) if row["money"] else ("", "")), f"{row['undecided_before']:,}", f"{row['undecided_after']:,}")
        for row in moved
    ]  # fmt: skip
    said = "哪些待遇每年多花或少花多少元" if zh else "What each benefit costs more or less a year"
    return f"<h2>{'哪些待遇变了' if zh else 'Which benefits change'}</h2><p class=soft>{said}</p>{_chart('entries', said)}{_folded(f'全部 {len(rows)} 条' if zh else f'all {len(rows)}', table('', heads, rows, 6))}"


def _known(row: dict[str, Any], side: str, lang: str) -> str:
    """Return a sum of one side; where no answer has one, 0 would be no answer."""
    answers = row[f"answers_{side}"]
    return ("未定" if lang == "zh" else "not known") if answers and row[f"without_sum_{side}"] == answers else yuan(row[f"low_{side}"])


def _spread(found: WhatIf, lang: str) -> str:
    zh = lang == "zh"
    said = "每年增减多少元的各有多少户" if zh else "Households by how much more or less a year (元)"
    heads = ("每年增减（元）", "户") if zh else ("more or less a year (元)", "households")
    rows = [(spread_name(row, lang), f"{row['households']:,}") for row in found.spread if row["households"]]
    return f"<h2>{'每户差多少' if zh else 'How much for each household'}</h2><p class=soft>{said}</p>{_chart('spread', said)}{_folded('表' if zh else 'table', table('', heads, rows, 1))}"


def _counted(rows: list[dict[str, Any]], named: Any, lang: str, first: str) -> str:
    zh = lang == "zh"
    shown = [name for name in CLASS_WORDS if name != "none" and any(row[name] for row in rows)]
    heads = [first, "户" if zh else "households", *(CLASS_WORDS[name].text(lang) for name in shown), "每年增减（元）" if zh else "a year (元)", "一次性、按次（元）" if zh else "by the event (元)"]
    body = [(named(row), f"{row['households']:,}", *(f"{row[name]:,}" for name in shown), yuan(row["regular"], sign=True), yuan(row["event"], sign=True)) for row in rows]
    return table("", heads, body, len(heads) - 1)


def _areas(found: WhatIf, lang: str) -> str:
    zh = lang == "zh"
    said = "各街道变动的户数" if zh else "Households that change, by street"
    inner = _counted(found.streets, lambda row: area_name(row, lang), lang, "街道" if zh else "street")
    return f"<h2>{'在哪里' if zh else 'Where'}</h2><p class=soft>{said}</p>{_chart('streets', said)}{_folded('表' if zh else 'table', inner)}"


def _groups(found: WhatIf, lang: str) -> str:
    zh = lang == "zh"
    said = "各类家庭每年多得或少得多少元（一户可属几类）" if zh else "What each group has more or less a year, in 元 (a household may be in several)"
    inner = _counted(found.groups, lambda row: label(row, lang), lang, "户或成员属于" if zh else "household or member is")
    return f"<h2>{'哪类家庭' if zh else 'Which kind of family'}</h2><p class=soft>{said}</p>{_chart('groups', said)}{_folded('表' if zh else 'table', inner)}"


def _profiles(found: WhatIf, lang: str) -> str:
    if not found.profiles:
        return ""
    zh = lang == "zh"
    lead = "十户固定的虚构家庭，只变收入：线是每月帮扶，陡降处是悬崖（多挣一分，少拿一元以上，或失去服务）。没写明的都当作没有。" if zh else "Ten fixed, made-up households; only income varies. The line is aid a month; a sharp drop is a cliff (a fen more earned, at least 1 元 or help in kind lost). What is not stated is taken as not there."
    return f"<h2>{'收入悬崖' if zh else 'Cliffs'}</h2><p class=soft>{lead}</p><div class=profiles>{''.join(_profile(found, p, lang) for p in found.profiles)}</div>"


def _profile(found: WhatIf, profile: ProfileChange, lang: str) -> str:
    names = {row["entry"]: label(row, lang) for row in found.entries}
    lines = "".join(f"<li>{escape(cliff_text(*pair, names, lang))}</li>" for pair in profile.cliffs) or f"<li>{'没有悬崖' if lang == 'zh' else 'no cliff'}</li>"
    said = label(profile, lang, "title")
    return f"<section class=profile><h3>{escape(said)}</h3><p class=soft>{escape(label(profile, lang, 'income'))}</p>{_chart(f'profile-{profile.name}', said)}<ul>{lines}</ul></section>"


def cliff_text(fate: str, before: Cliff | None, after: Cliff | None, names: dict[str, str], lang: str) -> str:
    """Return what becomes of a cliff, in a sentence."""
    zh = lang == "zh"
    cliff = after or before
    assert cliff is not None
    where = f"{yuan(cliff.x)}" if fate != "moved" or before is None else f"{yuan(before.x)} → {yuan(cliff.x)}"
    lost = [names.get(name, name) for name in cliff.lost]
    listed = ("、" if zh else ", ").join(lost[:5]) + ((f" 等 {len(lost)} 项" if zh else f" and {len(lost) - 5} more") if len(lost) > 5 else "")
    drop = int(cliff.before) - int(cliff.after)
    if zh:
        return f"{FATE_WORDS[fate].zh}：收入 {where} 元处，{f'每月少 {yuan(drop)} 元，' if drop else '钱不变，'}失去 {listed}"
    return f"{FATE_WORDS[fate].en}: at an income of {where} 元, {f'{yuan(drop)} 元 a month less' if drop else 'no money'}; lost: {listed}"


def _movers(found: WhatIf, lang: str) -> str:
    if not found.movers:
        return ""
    zh = lang == "zh"
    return f"<h2>{f'变动最大的 {len(found.movers)} 户和理由' if zh else f'The {len(found.movers)} households that change most, and why'}</h2>{''.join(_mover(mover, lang) for mover in found.movers)}"


def _mover(mover: Mover, lang: str) -> str:
    zh = lang == "zh"
    where = " ".join(part for part in (mover.street, mover.community) if part)
    sums = [f"{'每年' if zh else 'a year'} {_signed(mover.regular)} 元" if mover.regular else "", f"{'一次性、按次' if zh else 'by the event'} {_signed(mover.event)} 元" if mover.event else ""]
    head = f"{escape(mover.household)} · {mover.members} {'人' if zh else 'people'} · {escape(where)}"
    lines = "".join(f"<li>{escape(line)}</li>" for line in mover_lines(mover, lang))
    reasons = "".join(_reasons(moved, lang) for moved in mover.moved if moved.why_before or moved.why_after)
    return f"<section class=mover><h3>{head}</h3><p>{' · '.join(s for s in sums if s)}</p><ul>{lines}</ul>{_folded('理由' if zh else 'reasons', reasons)}</section>"


def mover_lines(mover: Mover, lang: str) -> list[str]:
    """Return what changed for a household: each sum in a line, all else gathered by what became of it."""
    zh = lang == "zh"
    money = [moved for moved in mover.moved if moved.low_before is not None or moved.low_after is not None]
    lines = [moved_text(moved, lang) for moved in money]
    rest: dict[tuple[str, str], dict[str, None]] = {}
    for moved in mover.moved:
        if moved not in money:
            rest.setdefault((moved.status_before, moved.status_after), {})[label(moved, lang)] = None
    for (before, after), names in rest.items():
        gone = f"{STATUS_WORDS[before].text(lang)} → {STATUS_WORDS[after].text(lang)}" if before != after else ("内容变了" if zh else "changed")
        lines.append(f"{gone}{'：' if zh else ': '}{('、' if zh else ', ').join(names)}")
    return lines


def moved_text(moved: Moved, lang: str) -> str:
    """Return one changed entitlement in a line: status and sum before and after."""
    ends = []
    for status, low in ((moved.status_before, moved.low_before), (moved.status_after, moved.low_after)):
        ends.append(f"{yuan(low)} 元" if status == "yes" and low is not None else STATUS_WORDS[status].text(lang))
    every = f"（{every_text(moved.every, lang)}）" if moved.kind != "recognition" and (moved.low_after is not None or moved.low_before is not None) else ""
    return f"{label(moved, lang)}{every}：{ends[0]} → {ends[1]}" if lang == "zh" else f"{label(moved, lang)} {every}: {ends[0]} → {ends[1]}"


def _reasons(moved: Moved, lang: str) -> str:
    zh = lang == "zh"
    sides = (("现行" if zh else "in force", moved.why_before), ("改后" if zh else "changed", moved.why_after))
    columns = "".join(f"<div><p class=soft>{side}</p><ul class=why>{''.join(_why(line, lang) for line in lines)}</ul></div>" for side, lines in sides)
    return f"<h3>{escape(label(moved, lang))} <span class=soft>{escape(moved.article)}</span></h3><div class=two>{columns}</div>"


def _why(line: Line, lang: str) -> str:
    return f'<li class="d{min(line.depth, 4)}">{MARKS[line.verdict]} {escape(line.zh if lang == "zh" else line.en)}</li>'


def _notes(found: WhatIf, lang: str) -> str:
    zh = lang == "zh"
    notes = [
        "每年 = 每月 × 12 + 每季 × 4 + 每半年 × 2 + 每年、每学年、每保单年 × 1；其余（一次性、每次、常年）另列，不与之相加。" if zh else "A year = month × 12 + quarter × 4 + half-year × 2 + year, school year, policy year × 1; all else (once, by the claim, standing) is counted apart.",
        "只变服务等的户，钱没有变；待定的项和金额未定的项按 0 计并另数。" if zh else "Households with only help in kind changed have the same money; open answers and sums that are not known count 0 and are counted beside.",
        "每一边都抽户由参照算法复算，结果一致；变动最大的户由参照算法说明理由。" if zh else "On each side a sample was worked out again by the reference runner with the same answers; it also gives the reasons above.",
        f"政策包 {found.base_hash[:12]} → {found.variant_hash[:12]}，程序 {found.engine_version}。" if zh else f"Pack {found.base_hash[:12]} → {found.variant_hash[:12]}, engine {found.engine_version}.",
    ]  # fmt: skip
    return f"<h2>{'怎么算的' if zh else 'How it is counted'}</h2><ul class=soft>{''.join(f'<li>{escape(note)}</li>' for note in notes)}</ul>"


__all__ = ["cliff_text", "document", "moved_text", "mover_lines", "page", "table", "write_page"]
