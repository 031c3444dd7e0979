"""The summary of a result as a page to read, in Chinese and in English."""

from __future__ import annotations

from typing import Any

from bangfu.rules.engine import Engine
from bangfu.rules.ledger.write import EVERY
from bangfu.rules.needs import need_label
from bangfu.rules.population.folder import OutFolder, write_whole
from bangfu.rules.population.to_collect import collecting

MOST = 20


def write_summaries(engine: Engine, connection: Any, folder: OutFolder, said: dict[str, Any], share: int) -> None:
    """Write ``summary.zh.md`` and ``summary.en.md``."""
    for lang in ("zh", "en"):
        collect = collecting(engine, connection, said["counts"], share, lang)
        lines = [*_head(engine, said, lang), *_money(connection, lang), *_missing(engine, said, lang), *collect, *_rejects(connection, said, lang)]
        write_whole(folder.path / f"summary.{lang}.md", "\n".join(lines) + "\n")


def yuan(fen: int | None) -> str:
    """Return fen as 元 with its decimals.

    >>> yuan(123450), yuan(None)
    ('1,234.50', '…')
    """
    return "…" if fen is None else f"{fen // 100:,}.{fen % 100:02}"


def _head(engine: Engine, said: dict[str, Any], lang: str) -> list[str]:
    counts, zh = said["counts"], lang == "zh"
    lines = [f"# {engine.pack.document.title.text(lang)}", ""]
    if said["lapsed_since"]:
        lines += [f"**该文件已于 {said['lapsed_since']} 失效：以下为推算，不再新批。**" if zh else f"**This document lapsed on {said['lapsed_since']}: computed only, nothing new is granted.**", ""]
    if said["not_before"]:
        lines += [f"**该文件自 {said['not_before']} 起施行，计算日期尚未到。**" if zh else f"**This document is in force only from {said['not_before']}.**", ""]
    lines.append(
        f"{counts['households']:,} 户 {counts['people']:,} 人；符合 {counts['yes']:,} 项，待定 {counts['undecided']:,} 项；"
        f"因资料有错退回 {counts['households_rejected']:,} 户（{counts['rows_rejected']:,} 行）。"
        if zh else
        f"{counts['households']:,} households, {counts['people']:,} people; {counts['yes']:,} answers are yes, {counts['undecided']:,} undecided; "
        f"{counts['households_rejected']:,} households were left out for faulty rows ({counts['rows_rejected']:,} rows)."
    )  # fmt: skip
    lines += ["", f"其中 {counts['households_asked']:,} 户由参照算法复算，结果一致。" if zh else f"{counts['households_asked']:,} of them were worked out again by the reference runner, with the same answers.", ""]
    return lines


def _money(connection: Any, lang: str) -> list[str]:
    zh = lang == "zh"
    rows = connection.execute(
        f"SELECT l.label_{lang}, l.every, sum(t.households)::BIGINT, sum(t.answers)::BIGINT, sum(t.low_fen)::BIGINT, sum(t.high_fen)::BIGINT, sum(t.without_sum)::BIGINT, l.unit "
        f"FROM stage.totals_rule AS t JOIN labels AS l ON l.entry = t.entry WHERE t.status GROUP BY l.label_{lang}, l.every, l.unit, l.place "
        f"ORDER BY sum(t.low_fen) DESC NULLS LAST, l.place LIMIT {MOST}"
    ).fetchall()
    head = ("待遇", "周期", "户", "项", "最低合计（元）", "最高合计（元）", "金额未定（项）") if zh else ("benefit", "how often", "households", "answers", "from (元)", "to (元)", "without a sum")
    lines = [f"## {'符合的（金额最大的 ' + str(MOST) + ' 项）' if zh else 'Yes (the ' + str(MOST) + ' largest sums)'}", "", _row(head), _row(["---"] * len(head))]
    for label, every, households, answers, low, high, without, unit in rows:
        ends = (yuan(low), yuan(high)) if unit and low is not None else ("", "")
        lines.append(_row([label, EVERY[every].text(lang) if every else "每次" if zh else "each claim", f"{households:,}", f"{answers:,}", *ends, f"{without:,}" if without else ""]))
    return [*lines, "", "全部见 totals_by_rule、totals_by_street、totals_by_group。" if zh else "All of them: totals_by_rule, totals_by_street, totals_by_group.", ""]


def _missing(engine: Engine, said: dict[str, Any], lang: str) -> list[str]:
    zh = lang == "zh"
    lines = []
    if said["missing_columns"]:
        lines += [f"## {'台账没有的列' if zh else 'Columns that the ledger lacks'}", ""]
        for name, entries in sorted(said["missing_columns"].items(), key=lambda item: -len(item[1]))[:MOST]:
            listed = ("、" if zh else ", ").join(engine.pack.entries[e].label.text(lang) for e in entries[:3])
            more = (f" 等 {len(entries)} 条" if zh else f" and {len(entries) - 3} more") if len(entries) > 3 else ""
            lines.append(f"- {need_label(engine.pack, name, lang)}（`{name}`）：{'用于 ' if zh else 'used for '}{listed}{more}")
        lines.append("")
    return lines


def _rejects(connection: Any, said: dict[str, Any], lang: str) -> list[str]:
    if not said["counts"]["rows_rejected"]:
        return []
    zh = lang == "zh"
    rows = connection.execute(
        f"SELECT f.entity, coalesce(nullif(f.col, '~columns'), ''), r.{lang}, count(*) FROM stage.faults AS f JOIN reasons AS r ON r.code = f.code GROUP BY ALL ORDER BY 4 DESC, 1, 2 LIMIT {MOST}"
    ).fetchall()
    head = ("表", "列", "原因", "行") if zh else ("table", "column", "reason", "rows")
    lines = [f"## {'退回的行' if zh else 'Rows left out'}", "", _row(head), _row(["---"] * 4)]
    lines += [_row([table, column, why, f"{count:,}"]) for table, column, why, count in rows]
    return [*lines, "", "逐行见 rejects.csv；一行有错，全户退回。" if zh else "Row by row in rejects.csv; one faulty row leaves its whole household out.", ""]


def _row(cells: Any) -> str:
    return "| " + " | ".join(str(cell).replace("|", "/") for cell in cells) + " |"
