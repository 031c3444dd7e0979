"""Texts and charts of the policy room: stated facts as people read them, money, bars drawn without scripts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import yaml
from django.utils.translation import gettext as _

from bangfu.rules.values import decimal_text

BAR_ROOM = 360


def plain_text(value: Any) -> str:
    """Return stated facts, or what is expected, as the case file writes them."""
    text: str = yaml.safe_dump(_plain(value), allow_unicode=True, sort_keys=False, width=100, default_flow_style=None)
    return text.strip()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Fraction):
        return decimal_text(value)
    return value if isinstance(value, bool | int | str | dt.date) or value is None else str(value)


def yuan(fen: int | None) -> str:
    """Return fen as 元 with separators: ``-1,234.5``; an unknown sum is a dash."""
    if fen is None:
        return "—"
    whole, rest = divmod(abs(fen), 100)
    text = f"{whole:,}" + (f".{rest:02d}".rstrip("0") if rest else "")
    return f"-{text}" if fen < 0 else text


def signed(fen: int) -> str:
    """Return a difference of fen with its sign."""
    return f"+{yuan(fen)}" if fen > 0 else yuan(fen)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart: its label, its words, where it lies and how wide it is (of ``BAR_ROOM``), less than nothing or more."""

    label: str
    words: str
    x: int
    width: int
    less: bool
    y: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of horizontal bars around a zero line, as numbers for an SVG."""

    title: str
    bars: tuple[Bar, ...]
    zero: int
    height: int


ROW = 46


def chart(title: str, values: Sequence[tuple[str, int, str]]) -> Chart | None:
    """Return a chart of (label, value, words); None where there is nothing to show."""
    shown = [(label, value, words) for label, value, words in values if value]
    if not shown:
        return None
    low, high = min(0, *(value for _l, value, _w in shown)), max(0, *(value for _l, value, _w in shown))
    room = high - low
    zero = BAR_ROOM * -low // room
    bars = []
    for place, (label, value, words) in enumerate(shown):
        width = max(1, BAR_ROOM * abs(value) // room)
        bars.append(Bar(label, words, zero - width if value < 0 else zero, width, value < 0, place * ROW))
    return Chart(title, tuple(bars), zero, len(bars) * ROW)




def class_name(name: str) -> str:
    """Return what a class of change is called."""
    return {
        "gain": _("增加"), "lose": _("减少"), "mixed": _("有增有减"), "kind_gain": _("多了实物或服务"), "kind_lose": _("少了实物或服务"),
        "kind_mixed": _("实物服务有增有减"), "open": _("只有待定项变化"), "none": _("不变"),
    }[name]  # fmt: skip
