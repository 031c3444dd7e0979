"""Sentences about what happened to an answer on the way: limits, stacking, settled claims, force."""

from __future__ import annotations

from typing import Any

from bangfu.rules.engine import Engine
from bangfu.rules.pack.model import Entry, Limit
from bangfu.rules.render import number_text
from bangfu.rules.units import NO_UNIT, Unit
from bangfu.rules.values import Unknown

_PLAIN = {
    "stacking_open": ("与同组待遇就高，另一项尚未确定", "the highest is paid, and another of the group is still open"),
    "stacking_ceiling": ("与同组待遇合计不超过上限", "the group together stays under its ceiling"),
    "threshold": ("已扣除年度起付线", "the yearly threshold has been taken off"),
    "no_tier": ("各档条件都不符合", "no tier fits"),
}


def note_texts(engine: Engine, entry: Entry, code: str, data: Any) -> tuple[str, str]:
    """Return the Chinese and English sentence of a note."""
    if code in ("limit", "limit_quantity", "limit_count"):
        return _limit(entry, code, data)
    if code in ("stacking_highest", "stacking_first"):
        zh, en = engine.pack.entries[data[1]].label.zh, engine.pack.entries[data[1]].label.en
        if code == "stacking_highest":
            return f"就高不就低：改发“{zh}”", f'only the highest is paid: "{en}"'
        return f"只享受一项，已享受“{zh}”", f'only one is paid, and "{en}" comes first'
    if code == "settled":
        return f"该事项已于 {data.paid_on} 支付", f"this claim was paid on {data.paid_on}"
    if code == "not_in_force":
        return force_texts(entry)
    return _PLAIN.get(code, (code, code))


def force_texts(entry: Entry) -> tuple[str, str]:
    """Return when an entry is in force, in Chinese and English."""
    since, until = entry.since, entry.until
    if since is None:
        return f"该条只到 {until} 有效", f"this entry was in force only until {until}"
    if until is None:
        return f"该条自 {since} 起有效", f"this entry is in force from {since}"
    return f"该条只在 {since} 至 {until} 有效", f"this entry is in force only from {since} to {until}"


def _limit(entry: Entry, code: str, data: Any) -> tuple[str, str]:
    limit = next((item for item in entry.limits if item.address == data[0]), None)
    written = limit.written if limit else ""
    if code == "limit_count":
        return f"次数限额 {written} 已用完", f"the limit {written} is used up"
    left, unit = data[2], _limit_unit(limit)
    shown = number_text(left, unit, "zh") if left.__class__ is not Unknown else "未知"
    return f"受限额 {written} 约束，尚可 {shown}", f"held by the limit {written}: {shown} left"


def _limit_unit(limit: Limit | None) -> Unit:
    return NO_UNIT if limit is None else limit.amount.unit
