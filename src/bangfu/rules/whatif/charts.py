"""The data of a page's charts, as plain lists: what is drawn is decided here, how it looks in ``assets/page.js``."""

from __future__ import annotations

from typing import Any

from bangfu.rules.whatif.compare import YEARLY
from bangfu.rules.whatif.run import WhatIf
from bangfu.rules.whatif.words import CLASS_WORDS, area_name, label

MOST = 12


def chart_data(found: WhatIf, lang: str) -> dict[str, Any]:
    """Return all charts by the id of their place in the page; money in 元."""
    zh = lang == "zh"
    return {
        "words": {"people": "户" if zh else "households", "yuan": "元" if zh else "yuan", "before": "现行" if zh else "in force", "after": "改后" if zh else "changed",
                  "income": "每月收入（元）" if zh else "monthly income", "aid": "每月帮扶（元）" if zh else "aid a month"},
        "streets": _streets(found, lang), "entries": _bars(_entry_deltas(found), lang), "groups": _bars(_group_deltas(found), lang),
        "spread": _spread(found, lang),
        "profiles": [{"id": p.name, "before": _line(p.line_before), "after": _line(p.line_after)} for p in found.profiles],
    }  # fmt: skip


def _spread(found: WhatIf, lang: str) -> dict[str, Any]:
    """Return the classes from the first to the last that anybody is in."""
    there = [place for place, row in enumerate(found.spread) if row["households"]]
    rows = found.spread[there[0] : there[-1] + 1] if there else []
    return {"names": [spread_name(row, lang) for row in rows], "values": [row["households"] for row in rows], "less": [(row["to"] or 1) <= 0 for row in rows]}


def _streets(found: WhatIf, lang: str) -> dict[str, Any]:
    names = [name for name in CLASS_WORDS if name != "none" and found.classes[name]]
    return {
        "names": [area_name(row, lang) for row in found.streets],
        "series": [{"name": CLASS_WORDS[name].text(lang), "values": [row[name] for row in found.streets], "class": name} for name in names],
    }


def _entry_deltas(found: WhatIf) -> list[tuple[dict[str, Any], int]]:
    """Return entries of money that repeats with what they cost more a year, in fen."""
    return [(row, (row["low_after"] - row["low_before"]) * YEARLY[row["every"]]) for row in found.entries if row["money"] and row["every"] in YEARLY]


def _group_deltas(found: WhatIf) -> list[tuple[dict[str, Any], int]]:
    return [(row, row["regular"]) for row in found.groups]


def _bars(rows: list[tuple[dict[str, Any], int]], lang: str) -> dict[str, Any]:
    most = sorted(((row, delta) for row, delta in rows if delta), key=lambda pair: -abs(pair[1]))[:MOST]
    return {"names": [label(row, lang) for row, _ in most], "values": [round(delta / 100) for _, delta in most]}


def _line(points: list[tuple[int, float]]) -> list[list[float]]:
    return [[x / 100, round(aid / 100, 2)] for x, aid in points]


def spread_name(row: dict[str, int | None], lang: str) -> str:
    """Return the bounds of a class of change: ``+100 ~ +500``."""
    low, high = row["above"], row["to"]
    if low is None:
        return f"< {high:,}" if lang == "en" else f"少于 {high:,}"
    if high is None:
        return f"> +{low:,}" if lang == "en" else f"多于 +{low:,}"
    return f"{low:+,} ~ {high:+,}".replace("+0", "0")


__all__ = ["chart_data", "spread_name"]
