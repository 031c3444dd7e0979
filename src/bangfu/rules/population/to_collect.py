"""What to collect first, as the summary tells it: what households and offices are to be asked, and what the place owes itself."""

from __future__ import annotations

from typing import Any

from bangfu.rules.engine import Engine
from bangfu.rules.vocabulary import Label

MOST = 20
MILLION = 1_000_000
GIVERS = {
    "person": Label("本人", "the person"), "officer": Label("经办人查明", "an officer"), "decision": Label("其他机关的决定", "another body's decision"),
    "feed": Label("部门数据", "another department's data"), "server": Label("系统", "the casework system"), "place": Label("本地规定", "a rule of the place"),
}  # fmt: skip
HEADS = {
    "zh": ("缺什么", "名称", "由谁给", "涉及户", "卡住的项"),
    "en": ("missing", "name", "given by", "households", "answers held up"),
}


def collecting(engine: Engine, connection: Any, counts: dict[str, Any], share: int, lang: str) -> list[str]:
    """Return the lines; numbers are for all households, worked out from ``share`` of a million where not all were asked."""
    zh = lang == "zh"
    lines = [f"## {'先补哪些资料' if zh else 'What to collect first'}", ""]
    if counts["households_asked"] < counts["households"]:
        lines += [
            f"问了按编号抽出的 {counts['households_asked']:,} 户，下面是推算到全部的数（约）；要逐户数清，加 --undecided 再算一次。" if zh else
            f"Asked about {counts['households_asked']:,} households drawn by their id; the numbers are for all, about. To count each household run again with --undecided.", "",
        ]  # fmt: skip
    lines += [
        "一项缺两样资料，两样下面都数一次，所以各行不能相加；全部见 data_plan.csv，那里还有按周期分的钱。" if zh else
        "An answer that lacks two things is counted under both, so rows do not add up; all of them, with the money by cadence, are in data_plan.csv.", "",
    ]  # fmt: skip
    found = _rows(connection, share, lang)
    asked, owed = [row for row in found if row[2] != "place"][:MOST], [row for row in found if row[2] == "place"][:MOST]
    lines += _listed("要向住户和有关部门收集的" if zh else "From households and offices", asked, engine, lang)
    lines += _listed("要本地定的：定了写进补充件，不必问住户" if zh else "For the place to settle: set in an overlay, no household is asked", owed, engine, lang)
    if not found:
        lines += ["没有。" if zh else "Nothing.", ""]
    return lines


def _rows(connection: Any, share: int, lang: str) -> list[tuple[Any, ...]]:
    """Return (label, name, who gives it, households, answers, whether the ledger lacks the column), the most held up first."""
    whole = f"({{}} * {MILLION} + {share // 2}) // {share}"
    rows: list[tuple[Any, ...]] = connection.execute(
        f"SELECT w.label_{lang}, o.need, w.given_by, {whole.format('count(DISTINCT o.hh)')}, {whole.format('sum(o.answers)')}::BIGINT AS answers, w.no_column "
        "FROM stage.open AS o JOIN wanted AS w ON w.need = o.need GROUP BY ALL ORDER BY answers DESC, o.need"
    ).fetchall()
    return rows


def _listed(title: str, rows: list[tuple[Any, ...]], engine: Engine, lang: str) -> list[str]:
    if not rows:
        return []
    lines = [f"### {title}", "", _row(HEADS[lang]), _row(["---"] * 5)]
    for label, name, giver, households, answers, no_column in rows:
        said = GIVERS[giver].text(lang) if giver in GIVERS else ""
        lines.append(_row([f"{label}{_hint(engine, name, lang, no_column=no_column)}", f"`{name}`", said, f"{households:,}", f"{answers:,}"]))
    return [*lines, ""]


def _hint(engine: Engine, name: str, lang: str, *, no_column: bool) -> str:
    """Return what else is to be known of a missing thing: the column is not there, or another question comes first."""
    zh = lang == "zh"
    if no_column:
        return "（台账没有这一列）" if zh else " (no such column)"
    fact = engine.pack.vocabulary.facts.get(name)
    if fact is None or not fact.gate:
        return ""
    first = engine.pack.vocabulary.facts[fact.gate].label
    return f"（先问“{first.zh}”，答“否”就不必问）" if zh else f' (ask "{first.en}" first: a no settles it)'


def _row(cells: Any) -> str:
    return "| " + " | ".join(str(cell).replace("|", "/") for cell in cells) + " |"


__all__ = ["collecting"]
