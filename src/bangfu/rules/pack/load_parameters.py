"""Read parameters and figures: quantities, dated values, keyed tables, bands, lists and roundings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from bangfu.rules.errors import Fault
from bangfu.rules.pack.model import MISSING, Band, Parameter, Rounding, Version
from bangfu.rules.pack.reader import Reader
from bangfu.rules.units import (
    NO_UNIT,
    YEARS_OLD,
    Quantity,
    QuantityError,
    Unit,
    parse_quantity,
    parse_unit,
    power_of,
    unit_text,
    without,
)
from bangfu.rules.values import Number, decimal_text
from bangfu.rules.vocabulary import Vocabulary
from bangfu.rules.yaml_source import List, Map, Mark

PARAMETER_KEYS = (
    "label", "unit", "keyed_by", "values", "bands", "type", "series", "source", "checked", "note", "open", "bounds",
    "codes_of",
)  # fmt: skip
VERSION_KEYS = ("from", "value", "source", "checked", "said_by", "note")
ROUNDINGS = ("up", "down", "half_up", "half_even")


class ParameterReader(Reader):
    """Reads one quantity, figure or parameter at a time."""

    def __init__(self, faults: list[Fault], vocabulary: Vocabulary) -> None:
        super().__init__(faults)
        self.vocabulary = vocabulary

    def plain(self, address: str, value: Any, file: str, mark: Mark, entry: str | None) -> Parameter | None:
        """Return a plain quantity as a parameter with the given address."""
        unit, version = self.single(value, file, mark, None)
        if version is None:
            return None
        given = unit != NO_UNIT or (isinstance(version, Quantity) and version.has_unit)
        return Parameter(
            id=address, label=None, kind="number", unit=unit, versions=(Version(None, version),),
            home=(file, *mark), entry=entry, unit_given=given,
        )  # fmt: skip

    def figure(self, address: str, value: Any, file: str, mark: Mark, entry: str | None) -> Parameter | None:
        """Return a figure: a plain quantity or the long form."""
        if not isinstance(value, Map):
            return self.plain(address, value, file, mark, entry)
        return self.long(address, value, entry)

    def long(self, address: str, raw: Map, entry: str | None = None, base: Parameter | None = None) -> Parameter | None:
        """Return a parameter in the long form; ``base`` is the open national term that a place gives values to."""
        self.known_keys(raw, PARAMETER_KEYS, "参数", "a parameter")
        kind = self.word(raw, "type", ("number", "list", "rounding")) or (base.kind if base else "number")
        unit, unit_given = self._unit(raw, base)
        bounds = self._bounds(raw, unit, base)
        keyed_by = tuple(self.words(raw, "keyed_by")) or (base.keyed_by if base else ())
        found = Parameter(
            id=address, label=self.label(raw, "label") or (base.label if base else None), kind=kind, unit=unit,
            versions=(), keyed_by=keyed_by, series=self.word(raw, "series", ("month", "year")) or (base.series if base else None),
            low=bounds[0], high=bounds[1], open_place=raw.get("open") == "place",
            note=self.label(raw, "note"), codes=self.word(raw, "codes_of") or (base.codes if base else None),
            unit_given=unit_given, home=(raw.file, *raw.mark), entry=entry, given_by_place=base is not None,
            of_age=raw.get("unit") == YEARS_OLD or (base is not None and base.of_age),
        )  # fmt: skip
        self._keys_known(raw, found)
        self._values(raw, found)
        if base is not None and base.unit_given and found.unit_given and base.unit != found.unit and "unit" in raw:
            self.at(raw, "unit", "PARAM-UNIT", f"“{address}”的单位与上级声明不同", f'the unit of "{address}" differs from the national declaration')
        return found

    def single(self, value: Any, file: str, mark: Mark, unit: Unit | None) -> tuple[Unit, Any]:
        """Return the unit and the value of one scalar; ``unit`` (if given) fills in for a bare number."""
        try:
            if isinstance(value, bool) or not isinstance(value, int | Fraction | str):
                raise QuantityError(f"“{value}”不是数量", f'"{value}" is no quantity')
            found = parse_quantity(value) if isinstance(value, str) else _bare(value)
        except QuantityError as error:
            self.fault(file, mark, "QUANTITY", error.zh, error.en)
            return NO_UNIT, None
        if found.is_range and found.settled_by is None:
            self.fault(
                file, mark, "RANGE-BY",
                f"区间“{value}”须写明由谁定：by place（地方）或 by case（个案）",
                f'the range "{value}" must say who settles it: by place or by case',
            )  # fmt: skip
        if unit is not None and not found.has_unit:
            found = _with_unit(found, unit)
        return found.unit, (MISSING if found.missing else found)

    # -- parts ---------------------------------------------------------------------------------------------------
    def _unit(self, raw: Map, base: Parameter | None) -> tuple[Unit, bool]:
        if "unit" in raw:
            try:
                return parse_unit(str(raw["unit"]))[0], True
            except QuantityError as error:
                self.at(raw, "unit", "UNIT", error.zh, error.en)
        return (base.unit, base.unit_given) if base else (NO_UNIT, False)

    def _bounds(self, raw: Map, unit: Unit, base: Parameter | None) -> tuple[Number | None, Number | None]:
        if "bounds" not in raw:
            return (base.low, base.high) if base else (None, None)
        try:
            found = parse_quantity(str(raw["bounds"]))
        except QuantityError as error:
            self.at(raw, "bounds", "BOUNDS", error.zh, error.en)
            return None, None
        power = power_of(unit, "元")
        scale = 100**power if power > 0 and not found.has_unit else 1
        return (None if found.low is None else found.low * scale), (None if found.high is None else found.high * scale)

    def _keys_known(self, raw: Map, parameter: Parameter) -> None:
        for key in parameter.keyed_by:
            fact = self.vocabulary.facts.get(key)
            if fact is not None and fact.kind != "code":
                self.at(raw, "keyed_by", "PARAM-KEY", f"keyed_by 须为代码事实，“{key}”不是", f'keyed_by takes a code fact; "{key}" is none')

    def _values(self, raw: Map, parameter: Parameter) -> None:
        if "bands" in raw:
            parameter.bands = True
            parameter.versions = (self._version(raw, "bands", parameter, None),)
        elif "values" not in raw:
            if not parameter.open_place:
                self.fault(raw.file, raw.mark, "PARAM-VALUES", f"“{parameter.id}”没有 values；不知道就写 missing", f'"{parameter.id}" has no values; write missing if not known')
            parameter.versions = (Version(None, MISSING),)
        elif isinstance(raw["values"], List):
            parameter.versions = tuple(self._dated(raw["values"], parameter))
            self._rising(raw, parameter)
        else:
            parameter.versions = (self._version(raw, "values", parameter, None),)

    def _rising(self, raw: Map, parameter: Parameter) -> None:
        rows = raw["values"]
        dates = [version.since or dt.date.min for version in parameter.versions]
        for place, (earlier, later) in enumerate(zip(dates, dates[1:], strict=False), start=1):
            if later <= earlier:
                said = "没有起始日" if later == dt.date.min else str(later)
                self.fault(raw.file, rows.at(place), "PARAM-DATES", f"“{parameter.id}”的起始日须由早到晚、不可重复：{said} 不晚于上一行的 {earlier}", f'the dates of "{parameter.id}" must rise without repeats: {later} is not after {earlier}')

    def _dated(self, rows: List, parameter: Parameter) -> Iterable[Version]:
        for place, raw in enumerate(rows):
            row = self.mapping(raw, rows.file, rows.at(place), "values")
            if row is None:
                continue
            self.known_keys(row, VERSION_KEYS, "取值", "a value")
            if "value" not in row:
                self.fault(row.file, row.mark, "KEY-NEEDED", "缺少 value", "value is missing")
                continue
            if isinstance(row["value"], List) and parameter.kind == "number":
                parameter.bands = True
            yield self._version(row, "value", parameter, self.date(row, "from"))

    def _version(self, raw: Map, key: str, parameter: Parameter, since: dt.date | None) -> Version:
        value = self.value(raw[key], raw.file, raw.at(key), parameter)
        source = raw.get("source")
        return Version(since, value, None if source is None else str(source), self.date(raw, "checked"), raw.get("said_by"))

    def value(self, raw: Any, file: str, mark: Mark, parameter: Parameter, depth: int = 0) -> Any:
        """Return one value of a parameter, of whatever shape its declaration allows."""
        if isinstance(raw, str) and raw.endswith(YEARS_OLD):
            parameter.of_age = True
        if raw == "missing" or (isinstance(raw, str) and raw.startswith("missing ")):
            if raw != "missing":
                self._adopt(parameter, self.single(raw, file, mark, None)[0], file, mark)
            return MISSING
        if parameter.kind == "list":
            return self._codes(raw, file, mark, parameter)
        if parameter.kind == "rounding":
            return self.rounding(raw, file, mark)
        if parameter.bands and depth == 0 and not isinstance(raw, Map):
            return self._bands(raw, file, mark, parameter)
        if isinstance(raw, Map):
            return self._keyed(raw, parameter, depth)
        if parameter.keyed_by and depth < len(parameter.keyed_by):
            form = self._keyed_form(parameter, depth)
            self.fault(file, mark, "PARAM-KEYED", f"“{parameter.id}”须按 {'、'.join(parameter.keyed_by)} 分列，写成 {form}", f'"{parameter.id}" must give a value for each code of {", ".join(parameter.keyed_by)}: {form}')
            return MISSING
        return self._number(raw, file, mark, parameter)

    def _number(self, raw: Any, file: str, mark: Mark, parameter: Parameter) -> Any:
        unit, found = self.single(raw, file, mark, parameter.unit if parameter.unit_given else None)
        if not isinstance(found, Quantity):
            return MISSING
        if not found.has_unit or self._adopt(parameter, unit, file, mark):
            self._inside(parameter, found, file, mark)
        return found

    def _adopt(self, parameter: Parameter, unit: Unit, file: str, mark: Mark) -> bool:
        """Take over the unit of the first value; tell whether a later one has the same."""
        if not parameter.unit_given:
            parameter.unit, parameter.unit_given = unit, True
        elif unit != NO_UNIT and without(unit, frozenset()) != parameter.unit:
            self._units_differ(parameter.id, parameter.unit, unit, file, mark)
            return False
        return True

    def _units_differ(self, name: str, wanted: Unit, found: Unit, file: str, mark: Mark) -> None:
        one, two = unit_text(wanted) or "纯数", unit_text(found) or "纯数"
        en_one, en_two = unit_text(wanted) or "a pure number", unit_text(found) or "a pure number"
        self.fault(file, mark, "PARAM-UNIT", f"“{name}”的单位是 {one}，这里写成了 {two}", f'"{name}" is in {en_one}; here it is written in {en_two}')

    def _inside(self, parameter: Parameter, found: Quantity, file: str, mark: Mark) -> None:
        """A value outside the declared bounds is a slip (a year's sum for a month's, a zero too many)."""
        ends = [end for end in (found.low, found.high) if end is not None]
        below = parameter.low is not None and any(end < parameter.low for end in ends)
        above = parameter.high is not None and any(end > parameter.high for end in ends)
        if below or above:
            low, high = (_end_text(parameter, end) for end in (parameter.low, parameter.high))
            self.fault(file, mark, "BOUNDS", f"“{parameter.id}”的值超出 bounds {low}..{high}，请核对位数和单位", f'the value of "{parameter.id}" is outside its bounds {low}..{high}: check digits and unit')

    def _keyed_form(self, parameter: Parameter, depth: int) -> str:
        """Return how a value for each code is written: ``{urban: 1, rural: 2}``."""
        fact = self.vocabulary.facts.get(parameter.keyed_by[depth])
        table = self.vocabulary.codes.get(fact.codes or "") if fact is not None else None
        codes = list(table.codes)[:3] if table is not None else []
        return "{" + ", ".join(f"{code}: {number}" for number, code in enumerate(codes, 1)) + "}"

    def _keyed(self, raw: Map, parameter: Parameter, depth: int) -> dict[str, Any]:
        if depth >= len(parameter.keyed_by):
            self.fault(raw.file, raw.mark, "PARAM-KEYED", f"“{parameter.id}”没有 keyed_by，不能分列", f'"{parameter.id}" has no keyed_by')
            return {}
        fact = self.vocabulary.facts.get(parameter.keyed_by[depth])
        codes = self.vocabulary.codes[fact.codes].codes if fact and fact.codes in self.vocabulary.codes else None
        if codes is not None:
            self._complete(raw, parameter, codes)
        return {code: self.value(child, raw.file, raw.at(code), parameter, depth + 1) for code, child in raw.items()}

    def _complete(self, raw: Map, parameter: Parameter, codes: Iterable[str]) -> None:
        known = set(codes)
        for code in raw:
            if code not in known and code != "else":
                self.fault(raw.file, raw.key_marks[code], "PARAM-CODE", f"没有代码“{code}”；可用：{'、'.join(sorted(known))}", f'there is no code "{code}"; known: {", ".join(sorted(known))}')
        absent = known - set(raw)
        if absent and "else" not in raw:
            self.fault(raw.file, raw.mark, "PARAM-CODE", f"“{parameter.id}”缺代码：{'、'.join(sorted(absent))}（或写 else）", f'"{parameter.id}" lacks codes: {", ".join(sorted(absent))} (or write else)')

    def _bands(self, raw: Any, file: str, mark: Mark, parameter: Parameter) -> tuple[Band, ...]:
        rows: list[Band] = []
        if not isinstance(raw, List):
            self.fault(file, mark, "BANDS", "分档应为一列行", "bands must be a list of rows")
            return ()
        for place, item in enumerate(raw):
            row = self.mapping(item, file, raw.at(place), "分档的行 a band")
            if row is not None:
                self._band(row, parameter, rows)
        if rows and rows[-1].upper is not None:
            self.fault(file, mark, "BANDS", "最后一档须为 rest（其余）", "the last band must be rest")
        return tuple(rows)

    def _band(self, row: Map, parameter: Parameter, rows: list[Band]) -> None:
        self.known_keys(row, ("up_to", "below", "rest", "gives"), "档", "a band")
        key = next((k for k in ("up_to", "below", "rest") if k in row), None)
        if key is None:
            self.fault(row.file, row.mark, "BANDS", "每档须写 up_to、below 或 rest", "a band needs up_to, below or rest")
            return
        gives_key = "rest" if key == "rest" else "gives"
        if gives_key not in row:
            self.fault(row.file, row.mark, "BANDS", "缺少 gives（该档的值）", "gives (the value of the band) is missing")
            return
        unit, value = self.single(row[gives_key], row.file, row.at(gives_key), parameter.unit if parameter.unit_given else None)
        if value is not MISSING and not parameter.unit_given:
            parameter.unit, parameter.unit_given = unit, True
        elif isinstance(value, Quantity) and unit != parameter.unit:
            self._units_differ(parameter.id, parameter.unit, unit, row.file, row.at(gives_key))
        upper: Number | None = None
        if key != "rest":
            bound_unit, bound = self.single(row[key], row.file, row.at(key), None)
            upper = bound.low if isinstance(bound, Quantity) else None
            if not rows:
                parameter.band_unit = bound_unit
            elif bound_unit != parameter.band_unit:
                self._units_differ(f"{parameter.id}（档的上限）", parameter.band_unit, bound_unit, row.file, row.at(key))
            if rows and rows[-1].upper is None:
                self.fault(row.file, row.at(key), "BANDS", "rest（其余）只能是最后一档，后面不能再有档", "rest must be the last band")
            elif rows and upper is not None and upper <= (rows[-1].upper or 0):
                self.fault(row.file, row.at(key), "BANDS", f"各档上限须由小到大：{row[key]} 不大于上一档", f"the bounds of the bands must rise: {row[key]} is not above the band before it")
        rows.append(Band(upper, key == "up_to", value))

    def _codes(self, raw: Any, file: str, mark: Mark, parameter: Parameter) -> Any:
        if not isinstance(raw, List):
            self.fault(file, mark, "LIST", "清单应为 [代码, 代码]", "a list is written [code, code]")
            return MISSING
        known = self.vocabulary.codes.get(parameter.codes or "")
        for place, code in enumerate(raw):
            if known is not None and code not in known.codes:
                self.fault(file, raw.at(place), "PARAM-CODE", f"代码表“{known.id}”没有“{code}”", f'the code list "{known.id}" has no "{code}"')
        return frozenset(str(code) for code in raw)

    def rounding(self, raw: Any, file: str, mark: Mark) -> Any:
        """Return ``up 1 元`` as a Rounding."""
        mode, _, step = str(raw).partition(" ")
        if mode in ROUNDINGS and step:
            _, value = self.single(step, file, mark, None)
            if isinstance(value, Quantity) and value.low is not None and not value.is_range and value.low > 0:
                return Rounding(mode, value.low)
        self.fault(file, mark, "ROUNDING", f"“{raw}”须写成如 up 1 元；方式：{'、'.join(ROUNDINGS)}", f'"{raw}" must be written such as up 1 元; modes: {", ".join(ROUNDINGS)}')
        return MISSING


def _end_text(parameter: Parameter, end: Number | None) -> str:
    """Return a bound as it is written: money in 元."""
    return "" if end is None else decimal_text(Fraction(end) / Fraction(100) ** power_of(parameter.unit, "元"))


def _bare(value: int | Fraction) -> Quantity:
    return Quantity(value, value, NO_UNIT, has_unit=False)


def _with_unit(found: Quantity, unit: Unit) -> Quantity:
    scale = Fraction(100) ** power_of(unit, "元")
    low = None if found.low is None else found.low * scale
    high = None if found.high is None else found.high * scale

    def plain(number: Any) -> Any:
        return number.numerator if isinstance(number, Fraction) and number.denominator == 1 else number

    return Quantity(plain(low), plain(high), unit, False, found.missing, found.is_range, found.settled_by, found.above)
