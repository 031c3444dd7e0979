"""The language of a page, and what the packs write in Chinese signs only: units."""

from __future__ import annotations

import re

from django.utils.translation import get_language

_UNITS = {
    "元": "yuan", "个月": "months", "人": "person", "户": "household", "月": "month", "年": "year", "日": "day", "次": "occasion", "天": "day",
    "学年": "school year", "学期": "term", "季": "quarter", "周": "week", "级": "level", "保单年": "policy year", "半年": "half-year",
    "小时": "hour", "平方米": "m²", "公里": "km", "岁": "years", "周岁": "years", "份": "piece", "名": "person", "个": "piece", "项": "item",
    "吨": "tonne", "度": "kWh", "立方米": "m³", "台": "vehicle", "辆": "vehicle", "家": "organisation", "处": "place", "分": "point",
    "间": "room", "万元": "10,000 yuan", "件": "item", "岗": "post", "单": "claim",
}  # fmt: skip
_ONE = "|".join(sorted(_UNITS, key=len, reverse=True))
_IN_TEXT = re.compile(rf"(?<=[0-9%…]) ((?:{_ONE})(?:[/·](?:{_ONE}))*)(?![\u4e00-\u9fff])")


def language() -> str:
    """Return the language of this page as the packs name it: ``zh`` or ``en``."""
    return "en" if (get_language() or "zh").startswith("en") else "zh"


def everyday_unit(unit: str) -> str:
    """Return a unit as somebody fills it in: the question has said whose it is, so ``元/户·月`` is ``元/月`` and ``月/人`` is ``个月``."""
    above, _, below = unit.partition("/")
    parts = [part for part in below.split("·") if part not in ("", "人", "户")]
    if not parts:
        return {"月": "个月"}.get(above, above)
    return f"{above}/{'·'.join(parts)}"


def unit_words(unit: str) -> str:
    """Return a unit in the language of the page: ``元/人·月`` is ``yuan per person and month``."""
    if language() == "zh" or not unit:
        return unit
    above, _, below = unit.partition("/")
    said = " ".join(_UNITS.get(part, part) for part in above.split("·"))
    if not below:
        return said
    return f"{said} per {' and '.join(_UNITS.get(part, part) for part in below.split('·'))}"


def with_units(text: str) -> str:
    """Return a sentence of the packs with the units after its numbers in the language of the page."""
    if language() == "zh":
        return text
    return _IN_TEXT.sub(lambda found: f" {unit_words(found[1])}", text)
