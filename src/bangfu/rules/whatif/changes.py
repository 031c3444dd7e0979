"""A change as somebody writes it (``dibao_standard=+30``, an overlay, a changed pack), turned into overlays of the pack.

A relative change starts from the value in force on the day the change begins; without one there is nothing to add to.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from bangfu.rules.errors import UnknownNameError, UsageError
from bangfu.rules.pack.model import MISSING, Pack, Parameter
from bangfu.rules.units import Quantity, power_of
from bangfu.rules.whatif.written import scalar

_WRITTEN = re.compile(r"^\s*(?P<name>[a-z_][a-z0-9_.]*)\s*(?:\[\s*(?P<key>[a-z0-9_]+)\s*\])?\s*=\s*(?P<value>.+?)\s*$")
_STEP = re.compile(r"^(?P<sign>[+-])\s*(?P<number>\d+(?:\.\d+)?)(?P<percent>%?)$")
_PLAIN = r"[^#\n\"'&*!|@`\\,:{}\[\]]+"
# One value, a mapping of keys or a list of codes; anything else could say more than a value.
_SAFE = re.compile(rf"^(?:{_PLAIN}|\{{(?:{_PLAIN}:{_PLAIN},?)+\}}|\[(?:{_PLAIN},?)*\])$")


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A value set anew: ``name`` is an overlay's address, ``key`` one code of a keyed value, ``value`` as written."""

    name: str
    key: str | None
    value: str


def read_change(text: str) -> ValueChange:
    """Read ``NAME=VALUE``, ``NAME=+30``, ``NAME=-5%`` or ``NAME[key]=VALUE``.

    >>> read_change("dibao_standard[urban]=+30")
    ValueChange(name='dibao_standard', key='urban', value='+30')

    Raises:
        UsageError: It is none of these.
    """
    found = _WRITTEN.match(text)
    if found is None or not _SAFE.match(found["value"]):
        raise UsageError(
            f"看不懂改动“{text}”：请写 名称=新值（dibao_standard=970）、名称=+30、名称=-5%、名称[urban]=970，或给出补充件（.yaml）、改过的政策文件夹",
            f'cannot read the change "{text}": write NAME=VALUE (dibao_standard=970), NAME=+30, NAME=-5%, NAME[urban]=970, or give an overlay (.yaml) or a changed policies folder',
        )
    return ValueChange(found["name"], found["key"], found["value"])


def overlay_of(pack: Pack, changes: list[ValueChange], since: dt.date) -> str:
    """Return the overlay that makes the changes from a day on.

    Raises:
        UnknownNameError: No parameter or figure has that name.
        UsageError: There is no value to start from, no such key, or a shape that needs an overlay file.
    """
    values: dict[str, Any] = {}
    for change in changes:
        parameter = named(pack, change.name)
        before = values[change.name] if change.name in values else known_on(parameter, since)
        values[change.name] = _changed(parameter, before, change, since)
    lines = [f"  - {{set: {name}, value: {_yaml(named(pack, name), value)}, from: {since.isoformat()}, source: 测算, said_by: 测算}}" for name, value in values.items()]
    return "\n".join([f"place: {pack.place}", "values:", *lines, ""])


def named(pack: Pack, name: str) -> Parameter:
    """Return the parameter or figure of an address.

    Raises:
        UnknownNameError: There is none.
    """
    entry, _, rest = name.partition(".")
    found = pack.parameters.get(name) or (pack.entries[entry].figures.get(rest) if entry in pack.entries else None)
    if found is None:
        known = [*pack.parameters, *(f"{e.id}.{figure}" for e in pack.entries.values() for figure in e.figures)]
        raise UnknownNameError("参数或数值", "parameter or figure", name, known)
    return found


def known_on(parameter: Parameter, day: dt.date) -> Any:
    """Return the value in force on a day, ``MISSING`` where there is none.

    Raises:
        UsageError: The first value that is known at all comes later: on that day there was no standard yet.
    """
    version = parameter.version_on(day)
    known = [v.since for v in parameter.versions if not _missing(v.value)]
    # Undated sorts first: a value without a date holds always.
    first = min(known, key=lambda d: d or dt.date.min, default=None) if known else None
    if first is not None and first > day and parameter.series is None:
        raise UsageError(
            f"{parameter.id} 在 {day} 还没有标准：最早的值自 {first} 起；请改用 {first} 或以后的日期",
            f"{parameter.id} has no value on {day}: the first one is from {first}; use that day or a later one",
        )
    return MISSING if version is None else version.value


def _missing(value: Any) -> bool:
    return value is MISSING or (isinstance(value, dict) and all(_missing(child) for child in value.values()))


# -- the new value -----------------------------------------------------------------------------------------------
def _changed(parameter: Parameter, before: Any, change: ValueChange, day: dt.date) -> Any:
    """Return the new value: quantities for numbers, else the text as written."""
    if change.key is not None:
        return _one_key(parameter, before, change, day)
    step = _STEP.match(change.value)
    if step is None:
        if isinstance(before, dict) and not change.value.startswith("{"):
            return dict.fromkeys(before, change.value)
        return change.value
    if _missing(before):
        raise UsageError(f"{change.name} 在 {day} 没有已知的值，不能“{change.value}”；请直接写新值", f'{change.name} has no known value on {day}, so "{change.value}" has nothing to start from; write the new value itself')
    return _mapped(before, _stepper(parameter, change, step))


def _one_key(parameter: Parameter, before: Any, change: ValueChange, day: dt.date) -> Any:
    if not isinstance(before, dict) or change.key not in before:
        keys = "、".join(before) if isinstance(before, dict) else ""
        raise UsageError(
            f"{change.name} 没有“{change.key}”这一档" + (f"；有：{keys}" if keys else "；它不分列，请去掉方括号"),
            f'{change.name} has no key "{change.key}"' + (f"; there are: {keys}" if keys else "; it is not keyed, leave the brackets out"),
        )
    return {**before, change.key: _changed(parameter, before[change.key], ValueChange(change.name, None, change.value), day)}


def _stepper(parameter: Parameter, change: ValueChange, step: re.Match[str]) -> Callable[[Any], Any]:
    number = Fraction(step["number"]) * (1 if step["sign"] == "+" else -1)

    def moved(value: Any) -> Any:
        if not isinstance(value, Quantity):
            raise UsageError(f"{change.name} 不是一个数（分档、清单或取整），不能加减；请写补充件", f"{change.name} is no single number (bands, a list or a rounding); write an overlay file")
        ends = [None if end is None else _end(end, number, step["percent"] == "%", parameter, change) for end in (value.low, value.high)]
        return Quantity(ends[0], ends[1], value.unit, value.has_unit, False, value.is_range, value.settled_by, value.above)

    return moved


def _end(end: Any, number: Fraction, percent: bool, parameter: Parameter, change: ValueChange) -> Fraction:
    result = Fraction(end) * (1 + number / 100) if percent else Fraction(end) + number * Fraction(100) ** power_of(parameter.unit, "元")
    if result < 0:
        raise UsageError(f"{change.name}={change.value} 会变成负数", f"{change.name}={change.value} would be negative")
    return result


def _mapped(value: Any, moved: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {key: _mapped(child, moved) for key, child in value.items()}
    return value if value is MISSING else moved(value)


def _yaml(parameter: Parameter, value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_yaml(parameter, child)}" for key, child in value.items()) + "}"
    if value is MISSING:
        return "missing"
    return scalar(value, parameter) if isinstance(value, Quantity) else str(value)


__all__ = ["ValueChange", "known_on", "named", "overlay_of", "read_change"]
