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

_VERB = re.compile(r"(?:您家|近期家里|家里|现在|自己|义务人)?(有|能|是)(?![没否]).*吗[？?](?:（.*）)?$")
"""The verb that a question begins with, after whom or when it asks about."""
_ANSWERS = {"有": ("有", "没有"), "能": ("能", "不能"), "是": ("是", "不是")}
_NOT_SO = re.compile(r"(?: = (?:否|no)|：现为 不适用|: it is not applicable)$")
"""How the rules end a line that a word or a fact does not hold."""
_PLAIN_SUM = re.compile(r"([\d,.]+ (?:元|次))/(人|户)(?:·[^\d\s]+)?")


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


def yes_no_words(asked: str) -> tuple[str, str]:
    """Return how one says yes and no to a question, given as the packs write it: in Chinese, its verb is the answer."""
    if language() == "en":
        return "Yes", "No"
    verb = _VERB.match(asked)
    return ("是", "否") if verb is None else _ANSWERS[verb[1]]


def unworked(refusal: str) -> str:
    """Return why something is refused without what only a clerk reads: how a word is worked out, and that a fact does not arise."""
    return _NOT_SO.sub("", refusal.partition(" ← ")[0])


def each(said: str) -> str:
    """Return a plain sum as one says it beside how often it is given: ``260 元/人·年`` is ``每人 260 元``."""
    found = _PLAIN_SUM.fullmatch(said)
    return said if found is None or language() == "en" else f"每{found[2]} {found[1]}"
