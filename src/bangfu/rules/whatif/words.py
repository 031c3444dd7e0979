"""The words that the summary, the Excel file and the page of a what-if share."""

from __future__ import annotations

from typing import Any

from bangfu.rules.ledger.write import EVERY
from bangfu.rules.vocabulary import Label

CLASS_WORDS = {
    "gain": Label("钱多了", "more money"), "lose": Label("钱少了", "less money"), "mixed": Label("有多有少", "more of one, less of another"),
    "kind_gain": Label("只多了服务等", "only more help in kind"), "kind_lose": Label("只少了服务等", "only less help in kind"), "kind_mixed": Label("服务等有增有减", "help in kind gained and lost"),
    "open": Label("只有待定项变化", "only open answers change"), "none": Label("不变", "unchanged"),
}  # fmt: skip
FATE_WORDS = {
    "appeared": Label("新出现", "appears"), "vanished": Label("消失", "vanishes"), "moved": Label("移动", "moves"), "kept": Label("不变", "stays"),
}  # fmt: skip
STATUS_WORDS = {"yes": Label("符合", "yes"), "no": Label("不符合", "no"), "undecided": Label("待定", "open")}
BASIS_WORDS = {
    "met": Label("按条件推算：包括会新符合的人", "worked out from the facts: those who would newly qualify are among them"),
    "recorded": Label("以在册为准：只看已认定的人", "by the record: only those who are recognised already"),
}  # fmt: skip


def yuan(fen: int | None, *, sign: bool = False) -> str:
    """Return fen as 元, whole 元 without decimals.

    >>> yuan(-123450), yuan(5000, sign=True), yuan(0, sign=True), yuan(None)
    ('-1,234.50', '+50', '0', '…')
    """
    if fen is None:
        return "…"
    whole, rest = divmod(abs(fen), 100)
    text = f"{whole:,}" + (f".{rest:02}" if rest else "")
    return ("-" if fen < 0 else "+" if sign and fen > 0 else "") + text


def every_text(every: str | None, lang: str) -> str:
    """Return a cadence; a claim without one is paid for each claim."""
    if not every:
        return "每次" if lang == "zh" else "each claim"
    return EVERY[every].text(lang)


def changed(row: dict[str, Any]) -> bool:
    """Tell whether a row with ``…_before`` and ``…_after`` differs anywhere."""
    return any(row[name] != row[f"{name.removesuffix('_before')}_after"] for name in row if name.endswith("_before"))


def label(row: Any, lang: str, stem: str = "label") -> str:
    """Return ``label_zh`` or ``label_en`` of a row or object."""
    found = row[f"{stem}_{lang}"] if isinstance(row, dict) else getattr(row, f"{stem}_{lang}")
    return str(found)


def area_name(row: dict[str, Any], lang: str) -> str:
    """Return street (and community) of a row as the ledger writes them."""
    none = "（未填）" if lang == "zh" else "(not given)"
    parts = [str(row[name] or none) for name in ("street", "community") if name in row]
    return " / ".join(parts)


__all__ = ["BASIS_WORDS", "CLASS_WORDS", "FATE_WORDS", "STATUS_WORDS", "area_name", "changed", "every_text", "label", "yuan"]
