"""A curve in words and signs: the chart of a terminal, sentences about slopes and cliffs, plain data."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from bangfu.rules.pack.model import Pack
from bangfu.rules.values import decimal_text
from bangfu.rules.whatif.curve import Curve, Jump, Part, Segment
from bangfu.rules.whatif.words import yuan

BLOCKS = " ▁▂▃▄▅▆▇█"


def chart_lines(curve: Curve, width: int = 72, height: int = 10) -> list[str]:
    """Return a chart of aid against income as lines of text, the axis with its figures included."""
    low, high = curve.vary.low, curve.vary.high
    values = [_aid_at(curve, low + (high - low) * place // max(1, width - 1)) for place in range(width)]
    top = max([*values, Fraction(1)])
    label = max(len(yuan(round(top))), 6)
    lines = []
    for level in range(height - 1, -1, -1):
        head = yuan(round(top)) if level == height - 1 else "0" if level == 0 else ""
        lines.append(f"{head:>{label}} │" + "".join(_block(value, top, level, height) for value in values))
    ends = f"{yuan(low)}{'':{max(1, width - len(yuan(low)) - len(yuan(high)))}}{yuan(high)}"
    return [*lines, f"{'':>{label}} └{'─' * width}", f"{'':>{label}}  {ends}"]


def _block(value: Fraction, top: Fraction, level: int, height: int) -> str:
    eighths = int(value / top * height * 8) - level * 8
    # Some aid is never drawn as none.
    if level == 0 and value > 0:
        eighths = max(eighths, 1)
    return BLOCKS[max(0, min(8, eighths))]


def _aid_at(curve: Curve, x: int) -> Fraction:
    segment = next((s for s in curve.segments if s.low <= x <= s.high), None)
    if segment is None:
        return min((p for p in curve.points), key=lambda p: abs(p.x - x)).aid
    return segment.aid_low + segment.slope * (x - segment.low)


def slope_text(segment: Segment, months: int, lang: str) -> str:
    """Return what a stretch means: aid at its ends, and what is lost of each 元 more."""
    lost = -segment.slope * months
    ends = f"{yuan(segment.low)}–{yuan(segment.high)}"
    aid = yuan(round(segment.aid_low)) if round(segment.aid_low) == round(segment.aid_high) else f"{yuan(round(segment.aid_low))} → {yuan(round(segment.aid_high))}"
    share = decimal_text(Fraction(round(abs(lost) * 100), 100))
    if lang == "zh":
        rate = "不变" if not round(lost * 100) else f"每多挣 1 元少拿 {share} 元" if lost > 0 else f"每多挣 1 元多拿 {share} 元"
        return f"收入 {ends} 元：帮扶 {aid} 元/月，{rate}"
    rate = "level" if not round(lost * 100) else f"of each 元 more, {share} is lost" if lost > 0 else f"each 元 more brings {share} more"
    return f"income {ends} 元: aid {aid} 元 a month, {rate}"


def jump_text(pack: Pack, jump: Jump, lang: str) -> str:
    """Return a jump in a sentence: where, from what to what, what goes and comes, where income makes up for it."""
    zh = lang == "zh"
    lost, gained = (_names(pack, parts, lang) for parts in (jump.lost, jump.gained))
    text = f"收入到 {yuan(jump.x + 1)} 元：帮扶 {yuan(round(jump.before))} → {yuan(round(jump.after))} 元/月" if zh else f"at an income of {yuan(jump.x + 1)} 元: aid {yuan(round(jump.before))} → {yuan(round(jump.after))} 元 a month"
    text += (f"；失去 {lost}" if zh else f"; lost: {lost}") if lost else ""
    text += (f"；得到 {gained}" if zh else f"; gained: {gained}") if gained else ""
    if jump.before - jump.after >= 100:
        if jump.made_up_at is None:
            text += "；在此范围内补不回来" if zh else "; not made up for within this range"
        else:
            text += f"；收入到 {yuan(jump.made_up_at)} 元才补回来" if zh else f"; made up for at {yuan(jump.made_up_at)} 元"
    return text


def _names(pack: Pack, parts: tuple[Part, ...], lang: str) -> str:
    labels = list(dict.fromkeys(pack.entries[entry].label.text(lang) for entry, _ in parts))
    more = len(labels) - 6
    text = ("、" if lang == "zh" else ", ").join(labels[:6])
    return text + ((f"等 {len(labels)} 项" if lang == "zh" else f" and {more} more") if more > 0 else "")


def curve_data(pack: Pack, curve: Curve) -> dict[str, Any]:
    """Return a curve as plain data: sums in fen as texts where they may be fractions of a fen."""
    def parts(listed: tuple[Part, ...]) -> list[dict[str, str]]:
        return [{"entry": entry, "row": row} for entry, row in listed]

    vary = curve.vary
    return {
        "place": pack.place, "pack_hash": pack.content_hash, "fact": vary.fact, "row": vary.row, "from": vary.low, "to": vary.high, "step": vary.step,
        "points": [{"x": p.x, "aid_month": decimal_text(p.aid), "event": decimal_text(p.event)} for p in curve.points],
        "segments": [{"from": s.low, "to": s.high, "aid_from": decimal_text(s.aid_low), "aid_to": decimal_text(s.aid_high), "lost_of_each_yuan": decimal_text(-s.slope * vary.months)} for s in curve.segments],
        "jumps": [{"x": j.x, "aid_before": decimal_text(j.before), "aid_after": decimal_text(j.after), "cliff": j.is_cliff, "lost": parts(j.lost), "gained": parts(j.gained), "made_up_at": j.made_up_at} for j in curve.jumps],
        "undecided": parts(curve.unsure),
    }  # fmt: skip


__all__ = ["chart_lines", "curve_data", "jump_text", "slope_text"]
