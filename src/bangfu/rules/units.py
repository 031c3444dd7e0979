"""Units and written quantities: ``60%``, ``5000 元/人``, ``100..800 元/人·月 by case``, ``missing 元/次``.

A unit is a set of exponents over the counting words; 万元 is 元 × 10,000, 名 is 人, 岁 is 年 and 倍 a pure number.
月 and 年 never convert by themselves (``monthly`` and ``yearly`` do). Values with 元 are held in fen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from bangfu.rules.values import Number, tidy

Unit = tuple[tuple[str, int], ...]
NO_UNIT: Unit = ()
WORDS = {
    "元": "元", "人": "人", "名": "人", "户": "户", "家": "家", "次": "次", "日": "日", "天": "日", "周": "周",
    "月": "月", "季": "季", "半年": "半年", "年": "年", "岁": "年", "学年": "学年", "保单年": "保单年", "小时": "小时",
    "级": "级", "个": "个", "班": "班", "工作日": "工作日", "倍": "",
}  # fmt: skip
YEARS_OLD = "岁"
PERIOD_UNITS = ("日", "周", "月", "季", "半年", "年", "学年", "保单年")


class QuantityError(ValueError):
    """A quantity or unit that cannot be read; carries ``zh`` and ``en``."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


@lru_cache(maxsize=4096)
def parse_unit(text: str) -> tuple[Unit, int]:
    """Return a unit and the factor written in it (万元 → 10,000).

    >>> parse_unit("万元/人·月")
    ((('人', -1), ('元', 1), ('月', -1)), 10000)
    """
    if not text:
        return NO_UNIT, 1
    top, _, bottom = text.partition("/")
    if "/" in bottom:
        raise QuantityError(
            f"单位“{text}”只能有一个“/”；几个分母用“·”连接，如 元/人·月",
            f'the unit "{text}" may have one "/" only; join denominators with "·", as in 元/人·月',
        )
    exponents: dict[str, int] = {}
    factor = 1
    for part, sign in ((top, 1), (bottom, -1)):
        for raw in part.split("·") if part else []:
            word = raw
            if word == "万元":
                factor, word = factor * 10000, "元"
            if word not in WORDS:
                raise QuantityError(
                    f"没有单位“{raw}”；可用：{' '.join(WORDS)} 万元",
                    f'there is no unit "{raw}"; known: {" ".join(WORDS)} 万元',
                )
            if WORDS[word]:
                exponents[WORDS[word]] = exponents.get(WORDS[word], 0) + sign
    return make_unit(exponents), factor


def make_unit(exponents: dict[str, int]) -> Unit:
    """Return the canonical unit of a mapping word → exponent."""
    return tuple(sorted((word, power) for word, power in exponents.items() if power))


@lru_cache(maxsize=65536)
def times(a: Unit, b: Unit, sign: int = 1) -> Unit:
    """Return a × b (sign 1) or a / b (sign -1)."""
    exponents = dict(a)
    for word, power in b:
        exponents[word] = exponents.get(word, 0) + sign * power
    return make_unit(exponents)


@lru_cache(maxsize=65536)
def without(unit: Unit, words: frozenset[str]) -> Unit:
    """Return the unit with the row's own counting words cancelled."""
    return tuple(pair for pair in unit if pair[0] not in words)


def power_of(unit: Unit, word: str) -> int:
    """Return the exponent of a word in the unit."""
    return dict(unit).get(word, 0)


_FLAT = "定额"  # what flat(x) is measured in: the bare sum


@lru_cache(maxsize=4096)
def unit_text(unit: Unit) -> str:
    """Return the unit as written.

    >>> unit_text((('人', -1), ('元', 1), ('月', -1)))
    '元/人·月'
    """
    order = {word: place for place, word in enumerate(dict.fromkeys(WORDS.values()))}
    ranked = [(_FLAT if word == "flat" else word, power) for word, power in sorted(unit, key=lambda p: order.get(p[0], len(order)))]
    top = [word for word, power in ranked for _ in range(power)]
    bottom = [word for word, power in ranked for _ in range(-power)]
    return "·".join(top) + ("/" + "·".join(bottom) if bottom else "")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A written quantity. ``low`` None is ``missing`` (or no lower end); ``high`` differs from ``low`` in a range.

    ``settled_by`` is None, ``place`` or ``case``. ``above`` marks ``>x..y``: the lower end is excluded.
    Numbers with 元 are in fen.
    """

    low: Number | None
    high: Number | None
    unit: Unit
    has_unit: bool
    missing: bool = False
    is_range: bool = False
    settled_by: str | None = None
    above: bool = False


_NUMBER = r"\d{1,30}(?:\.\d{1,30})?%?|\d{1,30}/[1-9]\d{0,29}"  # longer ones are slips, and slow to work out
_UNIT = r"[^\s\d.%>]+?"
_PATTERN = re.compile(
    rf"^(?P<sign>-)?(?:(?P<missing>missing)|(?P<above>>)?(?P<low>{_NUMBER})?(?:\s*(?P<lowunit>{_UNIT})(?=\.\.))?"
    rf"(?P<dots>\.\.(?P<high>{_NUMBER})?)?)"
    rf"(?:\s*(?P<unit>{_UNIT}))?(?:\s+by\s+(?P<by>place|case))?$"
)


def parse_number(text: str) -> Fraction:
    """Return ``60%``, ``1.3`` or ``2/3`` as an exact fraction."""
    if text.endswith("%"):
        return Fraction(text[:-1]) / 100
    return Fraction(text)


def looks_like_quantity(text: str) -> bool:
    """Tell whether a scalar is a quantity (not an expression)."""
    return parse_quantity_or_none(text) is not None


def parse_quantity_or_none(text: str) -> Quantity | None:
    """Return the quantity, or None where the text is none."""
    try:
        return parse_quantity(text)
    except QuantityError:
        return None


@lru_cache(maxsize=65536)
def parse_quantity(text: str) -> Quantity:
    """Read a quantity.

    >>> parse_quantity("1.5 万元/次").low
    1500000
    >>> parse_quantity("100..800 元/人·月 by case").settled_by
    'case'
    """
    found = _PATTERN.match(text.strip())
    if not found or not text.strip():
        raise _bad_quantity(text)
    part = found.groupdict()
    if not part["missing"] and part["low"] is None and part["high"] is None:
        raise _bad_quantity(text)
    if part["low"] is None and part["lowunit"]:
        raise _bad_quantity(text)
    low_unit, unit_word = part["lowunit"], part["unit"]
    if low_unit and unit_word and not part["dots"]:
        raise _bad_quantity(text)
    if low_unit and unit_word and low_unit != unit_word:
        raise _bad_quantity(text)
    unit, factor = parse_unit(unit_word or low_unit or "")
    scale = Fraction(factor) * Fraction(100) ** power_of(unit, "元")
    sign = -1 if part["sign"] else 1
    low = None if part["low"] is None else tidy(sign * parse_number(part["low"]) * scale)
    high = None if part["high"] is None else tidy(parse_number(part["high"]) * scale)
    is_range = bool(part["dots"])
    if is_range and low is not None and high is not None and low > high:
        raise QuantityError(f"“{text}”的下限大于上限", f'in "{text}" the lower end is above the upper end')
    return Quantity(
        low=low,
        high=high if is_range else low,
        unit=unit,
        has_unit=bool(unit_word or low_unit),
        missing=bool(part["missing"]),
        is_range=is_range,
        settled_by=part["by"],
        above=bool(part["above"]),
    )


def _bad_quantity(text: str) -> QuantityError:
    return QuantityError(
        f"“{text}”不是数量。写法如：910、60%、2/3、5000 元/人、100..800 元/人·月 by case、missing 元/次",
        f'"{text}" is no quantity. Write for example: 910, 60%, 2/3, 5000 元/人, 100..800 元/人·月 by case, missing 元/次',
    )
