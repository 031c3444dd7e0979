"""Values of parameters as text: what an overlay would say, what a reader is shown."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from bangfu.rules.pack.model import MISSING, Pack, Parameter, Rounding
from bangfu.rules.units import Quantity, power_of, unit_text
from bangfu.rules.values import decimal_text


def scalar(found: Quantity, parameter: Parameter) -> str:
    """Return one quantity as a bare number or range of the parameter's own unit, as an overlay writes it."""
    scale = Fraction(100) ** power_of(parameter.unit, "元")

    def end(value: Any) -> str:
        return "" if value is None else decimal_text(Fraction(value) / scale)

    if not found.is_range:
        return end(found.low)
    unit = f" {unit_text(parameter.unit)}" if parameter.unit else ""
    return f"{'>' if found.above else ''}{end(found.low)}..{end(found.high)}{unit}" + (f" by {found.settled_by}" if found.settled_by else "")


def shown(pack: Pack, parameter: Parameter, value: Any, lang: str) -> str:
    """Return a value of any shape for a reader, keys by their labels: ``城镇 940、农村 820 元/人·月``."""
    unit = "周岁" if parameter.of_age else unit_text(parameter.unit)
    if isinstance(value, dict):
        codes = _labels(pack, parameter, lang)
        inner = ("、" if lang == "zh" else ", ").join(f"{codes.get(code, code)} {_plain(parameter, child, lang)}" for code, child in value.items())
        return f"{inner} {unit}".strip()
    return f"{_plain(parameter, value, lang)} {unit}".strip() if isinstance(value, Quantity) and not value.is_range else _plain(parameter, value, lang)


def _plain(parameter: Parameter, value: Any, lang: str) -> str:
    if value is MISSING:
        return "未定" if lang == "zh" else "not given"
    if isinstance(value, Quantity):
        text = scalar(value, parameter)
        return f"{decimal_text(Fraction(value.low) * 100)}%" if not parameter.unit and value.low is not None and not value.is_range and 0 < value.low < 1 else text
    if isinstance(value, dict):
        return "（" + "、".join(f"{code} {_plain(parameter, child, lang)}" for code, child in value.items()) + "）"
    if isinstance(value, frozenset):
        return "、".join(sorted(value))
    if isinstance(value, Rounding):
        return f"{value.mode} {decimal_text(Fraction(value.step) / 100)}"
    bands = [f"{'' if band.upper is None else decimal_text(Fraction(band.upper) / Fraction(100) ** power_of(parameter.band_unit, '元'))}→{_plain(parameter, band.value, lang)}" for band in value]
    return "；".join(bands)


def _labels(pack: Pack, parameter: Parameter, lang: str) -> dict[str, str]:
    fact = pack.vocabulary.facts.get(parameter.keyed_by[0]) if parameter.keyed_by else None
    table = pack.vocabulary.codes.get(fact.codes or "") if fact is not None else None
    found = {} if table is None else {code: label.text(lang) for code, label in table.codes.items()}
    return found | {"else": "其余" if lang == "zh" else "else"}


def parameter_label(pack: Pack, parameter: Parameter, lang: str) -> str:
    """Return what a parameter or figure is called: its own label, else its entry's and its name."""
    if parameter.label is not None:
        return parameter.label.text(lang)
    entry = pack.entries.get(parameter.entry or parameter.id.partition(".")[0])
    if entry is None:
        return parameter.id
    return f"{entry.label.text(lang)}（{parameter.id.partition('.')[2]}）" if lang == "zh" else f"{entry.label.text(lang)} ({parameter.id.partition('.')[2]})"
