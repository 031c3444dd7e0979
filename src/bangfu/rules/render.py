"""Formulas in plain Chinese and English, drawn from the typed tree; names become their labels, figures their values."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from functools import lru_cache
from typing import Any

from bangfu.rules.language.nodes import Node
from bangfu.rules.pack.model import MISSING, Entry, Pack, Parameter, Rounding
from bangfu.rules.units import YEARS_OLD, Quantity, Unit, power_of, unit_text
from bangfu.rules.values import CLOSED, Range, Unknown, decimal_text
from bangfu.rules.vocabulary import Label

_COMPARE = {
    "eq": ("是", "is"), "ne": ("不是", "is not"), "lt": ("低于", "is below"), "le": ("不高于", "is at most"),
    "gt": ("高于", "is above"), "ge": ("不低于", "is at least"),
}  # fmt: skip
_NUMBER_SIGNS = {"eq": "=", "ne": "≠", "lt": "<", "le": "≤", "gt": ">", "ge": "≥"}
_UNKNOWN, _YES, _NO = ("未知", "unknown"), ("是", "yes"), ("否", "no")
_ARITHMETIC = {"add": " + ", "sub": " - ", "mul": " × ", "div": " ÷ "}
_YEARS: Unit = (("年", 1),)
AGE: Unit = (("周岁", 1),)
"""What a number of years is shown in where the pack writes 岁; it is counted as 年 all the same."""
_RANK = {"or": 1, "and": 2, "not": 3, "add": 5, "sub": 5, "mul": 6, "div": 6}
_CALLS = {
    "min": ("较小者", "the smaller of"), "max": ("较大者", "the larger of"), "band": ("按档", "by band"),
    "marginal": ("分段累计", "by slices"), "rounded": ("取整", "rounded"), "add_days": ("加日", "days after"),
    "add_months": ("加月", "months after"), "year_of": ("年份", "the year of"), "days_between": ("相隔日数", "days between"),
    "months_between": ("相隔整月", "full months between"), "years_between": ("相隔整年", "full years between"),
    "last_year": ("上年度", "last year's"), "at": ("当日的", "on that day,"),
}  # fmt: skip
_RECORD = {
    "held": ("在册：", "on record: "), "held_since": ("在册起始日：", "on record since: "),
    "held_amount": ("在册金额：", "amount on record: "), "paid_this_year": ("本年已付：", "paid this year: "),
    "times_this_year": ("本年次数：", "times this year: "),
}  # fmt: skip
_LOOPS = {"any": ("有一个", "some"), "all": ("每个", "every"), "count": ("个数", "number of"), "sum": ("合计", "sum of"), "min": ("最小", "smallest"), "max": ("最大", "largest")}


def pick(pair: tuple[str, str], lang: str) -> str:
    """Return the Chinese or the English of a pair."""
    return pair[0] if lang == "zh" else pair[1]


class Renderer:
    """Puts nodes into words with the labels of one pack."""

    def __init__(self, pack: Pack | None, lang: str) -> None:
        self.pack = pack
        self.lang = lang
        self._said: dict[tuple[Node, int], str] = {}

    def text(self, node: Node, outer: int = 0) -> str:
        """Return the words of a node, bracketed where the outer operation binds closer (worked out once a node)."""
        found = self._said.get((node, outer))
        if found is None:
            found = self._said[node, outer] = self._bracketed(node, outer)
        return found

    def _bracketed(self, node: Node, outer: int) -> str:
        while node.op == "if" and (taken := self.folded(node.args[0])) is not None:
            node = node.args[1] if taken else node.args[2]
        rank = _RANK.get(node.op, 9)
        said = self._text(node, rank)
        return f"（{said}）" if rank < outer and self.lang == "zh" else f"({said})" if rank < outer else said

    def _text(self, node: Node, rank: int) -> str:  # noqa: C901 - one branch for each kind of node
        op = node.op
        if op == "const":
            return self.constant(node.data, node)
        if op in ("fact", "result", "receives", "reading"):
            return self.name(node)
        if op in ("and", "or"):
            word = pick({"and": ("，且", " and "), "or": ("，或", " or ")}[op], self.lang)
            return word.join(self.text(a, rank + 1) for a in node.args)
        if op == "not":
            return pick(("不符合：", "not "), self.lang) + self.text(node.args[0], rank)
        if op in _COMPARE:
            return self.compare(node)
        if op in ("in", "has", "in_list"):
            return self.membership(node)
        if op in _ARITHMETIC:
            right = 1 if op in ("sub", "div") else 0
            return self.text(node.args[0], rank) + _ARITHMETIC[op] + self.text(node.args[1], rank + right)
        if op == "neg":
            return "-" + self.text(node.args[0], 7)
        if op == "if":
            folded = self.folded(node.args[0])
            if folded is not None:
                return self.text(node.args[1] if folded else node.args[2], rank)
            test, a, b = (self.text(arg) for arg in node.args)
            return f"若{test}则{a}，否则{b}" if self.lang == "zh" else f"{a} if {test}, else {b}"
        return self.other(node)

    def folded(self, test: Node) -> bool | None:
        """Return how a test of a reading comes out under the reading taken; None for any other test."""
        if self.pack is None or test.op not in ("eq", "ne") or test.args[0].op != "reading":
            return None
        same = self.pack.reading_choice[test.args[0].data] == test.args[1].data
        return same if test.op == "eq" else not same

    def other(self, node: Node) -> str:
        """Return the words of calls, loops, parameters and reads of the record."""
        if node.op == "param":
            return self.parameter(node.data, node)
        if node.op == "today":
            return pick(("当日", "the day asked"), self.lang)
        if node.op in ("scale", "flat"):
            inner = self.text(node.args[0], 7)
            if node.op == "flat":
                return inner
            return inner + (" ÷ 12" if node.data < 1 else " × 12")
        if node.op == "record":
            label = self.label(node.data.ref.name)
            return pick(_RECORD[node.data.call], self.lang) + label
        if node.op == "loop":
            return self.loop(node)
        if node.op == "band":
            return f"{self.text(node.args[0], 7)}所在档的值" if self.lang == "zh" else f"the rate of the band of {self.text(node.args[0], 7)}"
        words = pick(_CALLS.get(node.op, (node.op, node.op)), self.lang)
        parts = [self.text(a) for a in node.args]
        if isinstance(node.data, Parameter):
            parts.append(self.parameter(node.data, node))
        return f"{words}（{'，'.join(parts)}）" if self.lang == "zh" else f"{words} ({', '.join(parts)})"

    def loop(self, node: Node) -> str:
        """Return the words of a loop."""
        body, test = node.args
        call = pick(_LOOPS[node.data.call], self.lang)
        entity = self.pack.vocabulary.entities[node.data.entity].label.text(self.lang) if self.pack else node.data.entity
        window = {"this_year": ("本年", "this year's "), "last_12_months": ("近12个月", "the last 12 months' ")}.get(node.data.window or "")
        rows = (pick(window, self.lang) if window else "") + entity
        condition = "" if test.op == "const" else self.text(test)
        inside = "" if node.data.call == "count" else self.text(body)
        if self.lang == "zh":
            return f"{rows}{f'（{condition}）' if condition else ''}的{call}{f'：{inside}' if inside else ''}"
        return f"{call} {rows}{f' with {condition}' if condition else ''}{f': {inside}' if inside else ''}"

    def compare(self, node: Node) -> str:
        """Return the words of a comparison."""
        a, b = node.args
        if a.kind == "number":
            return f"{self.text(a, 5)} {_NUMBER_SIGNS[node.op]} {self.operand(b, a)}"
        sign = pick(_COMPARE[node.op], self.lang)
        left, right = self.text(a), self.operand(b, a)
        return f"{left}{sign}{right}" if self.lang == "zh" else f"{left} {sign} {right}"

    def operand(self, node: Node, beside: Node) -> str:
        """Return a bare number with the unit, or a code with the label, of what it is held against."""
        if beside.op == "reading" and self.pack is not None:
            said = self.pack.readings[beside.data].options[node.data].text(self.lang)
            return f"“{said}”" if self.lang == "zh" else f'"{said}"'
        if node.op == "const" and node.literal:
            return self.value(node.data, beside)
        return self.text(node, 5)

    def membership(self, node: Node) -> str:
        """Return the words of ``in``, ``has`` and ``in_list``."""
        item = node.args[0]
        left = self.text(item)
        if node.op == "in_list":
            listed = self.parameter(node.data, node)
            return f"{left}在“{listed}”之内" if self.lang == "zh" else f"{left} is in {listed}"
        codes = sorted(node.data, key=str) if node.op == "in" else [node.data]
        shown = [self.value(code, item) for code in codes]
        if self.lang == "zh":
            return f"{left}为{'、'.join(shown)}" + ("之一" if len(shown) > 1 else "")
        return f"{left} is {' or '.join(shown)}" if node.op == "in" else f"{left} includes {shown[0]}"

    def name(self, node: Node) -> str:
        """Return the label of a fact, entry or reading."""
        name = node.data if node.op == "reading" else node.data.name
        said = self.label(name)
        return f"享受{said}" if node.op == "receives" and self.lang == "zh" else f"receives {said}" if node.op == "receives" else said

    def label(self, name: str) -> str:
        """Return the label of any name of the pack."""
        if self.pack is None:
            return name
        found: Label | None = None
        if name in self.pack.vocabulary.facts:
            found = self.pack.vocabulary.facts[name].label
        elif name in self.pack.entries:
            found = self.pack.entries[name].label
        elif name in self.pack.parameters:
            found = self.pack.parameters[name].label
        elif name in self.pack.readings:
            found = self.pack.readings[name].asks
        return found.text(self.lang) if found else name

    def parameter(self, parameter: Parameter, node: Node) -> str:
        """Return a parameter's label, or a figure's value where it has one value only."""
        if parameter.label is not None:
            return parameter.label.text(self.lang)
        if parameter.bands:
            return bands_text(parameter, self.lang)
        values = parameter.values()
        if len(values) == 1:
            return value_text(values[0], _parameter_unit(parameter), self.lang)
        return parameter.id.split(".")[-1].replace("_", " ")

    def constant(self, value: Any, node: Node) -> str:
        """Return a constant."""
        if isinstance(value, bool):
            return pick(_YES if value else _NO, self.lang)
        return str(value)

    def value(self, value: Any, beside: Node) -> str:
        """Return a value as a reader sees it: codes by label, numbers with unit, money in 元."""
        return shown_value(value, beside.kind, shown_unit(beside, self.pack), beside.codes, self.pack, self.lang)


def shown_unit(node: Node, pack: Pack | None) -> Unit:
    """Return the unit in which a reader sees a number: an age in 周岁, all else as it is counted."""
    if node.unit != _YEARS or pack is None:
        return node.unit
    if node.op == "param":
        return AGE if node.data.of_age else node.unit
    entry = pack.entries.get(node.data.name) if node.op == "result" else None
    return node.unit if entry is None else entry_unit(entry)


def entry_unit(entry: Entry) -> Unit:
    """Return the unit in which a reader sees the value of an entry."""
    return AGE if entry.raw.get("unit") == YEARS_OLD else entry.unit


def _parameter_unit(parameter: Parameter) -> Unit:
    return AGE if parameter.of_age else parameter.unit


def shown_value(value: Any, kind: str, unit: Unit, codes: str | None, pack: Pack | None, lang: str) -> str:
    """Return any value (unknown, ranges, codes and dates included) as a reader sees it."""
    if value.__class__ is Unknown:
        return pick(_UNKNOWN, lang)
    if value is CLOSED:
        return pick(("不适用", "not applicable"), lang)
    if isinstance(value, bool):
        return pick(_YES if value else _NO, lang)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return "、".join(shown_value(v, "code", unit, codes, pack, lang) for v in sorted(value))
    if isinstance(value, str):
        table = pack.vocabulary.codes.get(codes or "") if pack else None
        return table.codes[value].text(lang) if table and value in table.codes else value
    return number_text(value, unit, lang)


def value_pair(value: Any, kind: str, unit: Unit, codes: str | None, pack: Pack | None) -> tuple[str, str]:
    """Return a value as a reader sees it, in Chinese and English."""
    if value.__class__ is Unknown:
        return _UNKNOWN
    if value.__class__ is bool:
        return _YES if value else _NO
    if value.__class__ is int or value.__class__ is Fraction or value.__class__ is Range:
        return number_pair(value, unit)
    return shown_value(value, kind, unit, codes, pack, "zh"), shown_value(value, kind, unit, codes, pack, "en")


def shown_pair(value: Any, node: Node, pack: Pack | None, beside: Node | None = None) -> tuple[str, str]:
    """Return the value of a node in both languages; a bare number takes the unit of what it stands beside."""
    unit = shown_unit(beside if beside is not None and node.literal else node, pack)
    return value_pair(value, node.kind, unit, node.codes or (beside.codes if beside is not None else None), pack)


@lru_cache(maxsize=65536)
def number_pair(value: Any, unit: Unit) -> tuple[str, str]:
    """Return a number with its unit in Chinese and English."""
    return number_text(value, unit, "zh"), number_text(value, unit, "en")


@lru_cache(maxsize=65536)
def number_text(value: Any, unit: Unit, lang: str) -> str:
    """Return a number with its unit; money is shown in 元."""
    scale = Fraction(100) ** power_of(unit, "元")
    said = unit_text(tuple(pair for pair in unit if pair[0] != "flat"))
    tail = f" {said}" if said else ""
    if value.__class__ is Range:
        if value.high is None:
            return pick((f"不低于 {_plain(value.low, scale)}{tail}", f"at least {_plain(value.low, scale)}{tail}"), lang)
        return f"{_plain(value.low, scale)}–{_plain(value.high, scale)}{tail}"
    if not unit and 0 < abs(Fraction(value)) < 1:
        return f"{decimal_text(Fraction(value) * 100)}%"
    return f"{_plain(value, scale)}{tail}"


def _plain(value: Any, scale: Fraction) -> str:
    exact = Fraction(value) / scale
    text = decimal_text(exact)
    return f"{float(exact):.2f}…" if "/" in text else text


def bands_text(parameter: Parameter, lang: str) -> str:
    """Return a table of bands in one line: ``≤ 6000 元/次: 10%; …; rest: 25%``."""
    newest = parameter.versions[-1].value
    if not isinstance(newest, tuple):
        return value_text(newest, parameter.unit, lang)
    rows = []
    for band in newest:
        value = value_text(band.value, parameter.unit, lang)
        if band.upper is None:
            rows.append(f"{pick(('其余', 'rest'), lang)} {value}")
        else:
            sign = "≤" if band.included else "<"
            rows.append(f"{sign} {number_text(band.upper, parameter.band_unit, lang)} {value}")
    return "；".join(rows) if lang == "zh" else "; ".join(rows)


def value_text(value: Any, unit: Unit, lang: str) -> str:
    """Return one value of a parameter as written."""
    if value is MISSING or (isinstance(value, Quantity) and value.missing):
        return pick(("（文件未给）", "(not given)"), lang)
    if isinstance(value, Rounding):
        words = {"up": ("进到", "up to"), "down": ("舍到", "down to"), "half_up": ("四舍五入到", "half up to"), "half_even": ("四舍六入到", "half even to")}
        return f"{pick(words[value.mode], lang)} {decimal_text(Fraction(value.step) / 100)} 元"
    if isinstance(value, Quantity):
        unit = unit if unit == AGE else value.unit or unit
        if value.is_range:
            return number_text(Range(value.low or 0, value.high, frozenset()), unit, lang)
        return number_text(value.low, unit, lang)
    return str(value)


def render(node: Node, lang: str, pack: Pack | None = None) -> str:
    """Return the words of a node."""
    return Renderer(pack, lang).text(node)
