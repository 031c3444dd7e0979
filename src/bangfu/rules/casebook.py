"""Worked cases: read a pack's ``cases`` folder, run each case and say what differs from what is expected.

A case says what is given and what must come out, with its arithmetic. Both sides of ``=`` are worked out here; an
expectation whose own sum is wrong is a fault of the case, found before any rule is asked.
"""

from __future__ import annotations

import ast
import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from bangfu.rules.answers import failing
from bangfu.rules.engine import Engine
from bangfu.rules.errors import BangfuError, Fault
from bangfu.rules.household import Given, HouseholdReader
from bangfu.rules.pack.load_parameters import ParameterReader
from bangfu.rules.pack.model import Entry, Parameter, Version
from bangfu.rules.units import power_of
from bangfu.rules.values import CLOSED, Range, Unknown, decimal_text
from bangfu.rules.yaml_source import List, Map, read_yaml_file

CASE_KEYS = ("case", "id", "source", "on", "basis", "with", "readings", "given", "expect", "note")
EXPECT_KEYS = ("entry", "row", "of", "status", "amount", "range", "quantity", "every", "tier", "content", "office", "value", "needs", "because", "note")
_UNITS = r"(?:元|人|名|户|家|次|日|天|周|月|季|半年|年|岁|学年|小时|级|个|班|倍)"


class Said(str):
    """What differs, in English; ``zh`` says the same in Chinese. Codes stay as the case file writes them."""

    zh: str

    def __new__(cls, en: str, zh: str) -> Said:
        made = super().__new__(cls, en)
        made.zh = zh
        return made


def _is(what: str, found: Any, wanted: Any) -> Said:
    return Said(f"{what} is {found}, expected {wanted}", f"{what} 算出来是 {found}，案例写的是 {wanted}")


@dataclass(slots=True)
class Case:
    """One worked case as written."""

    name: str
    file: str
    line: int
    raw: Map
    expect: list[Map] = field(default_factory=list)


def read_cases(folder: Path, place: str, faults: list[Fault]) -> list[Case]:
    """Return the cases of a place in the order of files and lines."""
    found: list[Case] = []
    for path in sorted((folder / place / "cases").glob("*.yaml")):
        file = path.relative_to(folder).as_posix()
        content = read_yaml_file(path, file, faults)
        if content is None:
            continue
        if not isinstance(content, List):
            faults.append(Fault(file, 1, 1, "CASE", "案例文件应为列表", "a case file is a list"))
            continue
        for place_, raw in enumerate(content):
            case = _case(raw, file, content.at(place_), faults) if isinstance(raw, Map) else None
            found += [case] if case is not None else []
    return found


def _case(raw: Map, file: str, mark: tuple[int, int], faults: list[Fault]) -> Case | None:
    """Return a case; one without day, given or expect is a fault and is not run."""
    for key in raw:
        if key not in CASE_KEYS:
            faults.append(Fault(file, *raw.key_marks[key], "KEY", f"案例没有“{key}”这个键", f'a case has no key "{key}"'))
    expect = raw.get("expect")
    rows = [row for row in expect if isinstance(row, Map)] if isinstance(expect, List) else []
    if not rows or not isinstance(raw.get("on"), dt.date) or not isinstance(raw.get("given"), Map):
        faults.append(Fault(file, *mark, "CASE", "案例须有 on、given、expect", "a case needs on, given and expect"))
        return None
    for row in rows:
        for key in row:
            if key not in EXPECT_KEYS:
                faults.append(Fault(file, *row.key_marks[key], "KEY", f"expect 没有“{key}”", f'expect has no "{key}"'))
    return Case(str(raw.get("case", "?")), file, mark[0], raw, rows)


class CaseRunner:
    """Runs cases against one engine; values and readings set by a case hold for that case only."""

    def __init__(self, engine: Engine, *, always_fresh: bool = False) -> None:
        self.engine = engine
        self.always_fresh = always_fresh
        self.program: Any = None

    def run(self, case: Case) -> list[Said]:
        """Return what differs, one sentence each; empty when the case holds."""
        on = case.raw.get("on")
        if not isinstance(on, dt.date):
            return [Said("the case has no date", "案例没有日期 on")]
        names = frozenset(str(row.get("entry")) for row in case.expect)
        unknown = [name for name in names if name not in self.engine.pack.entries]
        if unknown:
            return [Said(f"no such entry: {', '.join(unknown)}", f"没有条目：{'、'.join(unknown)}")]
        try:
            with self.settings(case) as changed:
                given = HouseholdReader(self.engine.pack, case.file).read(case.raw["given"])
                given.basis = given.basis or case.raw.get("basis")
                program = self.engine.program(on, names) if not (changed or self.always_fresh) else self.fresh(on, names)
                self.program = program
                run = program.run(given, on, given.basis or ("recorded" if given.record else "met"))
                return [said for row in case.expect for said in self.compare(row, run, given, on)]
        except BangfuError as error:
            return [Said(error.en, error.zh)]

    def fresh(self, on: dt.date, names: frozenset[str]) -> Any:
        """Return a program compiled with the case's own values."""
        from bangfu.rules.runners.python.run import Program

        return Program(self.engine.pack, self.engine.plan, self.engine.layout, on, names)

    @contextmanager
    def settings(self, case: Case) -> Iterator[bool]:
        """Set the case's values and readings while it runs."""
        pack = self.engine.pack
        kept: list[tuple[Parameter, tuple[Version, ...]]] = []
        entries_kept: list[tuple[Entry, Any, Any]] = []
        choice = dict(pack.reading_choice)
        faults: list[Fault] = []
        try:
            values = case.raw.get("with")
            table = values if isinstance(values, Map) else Map(case.file, (case.line, 1))
            for address, value in table.items():
                self._set(address, value, table, kept, entries_kept, faults)
            readings = case.raw.get("readings")
            chosen = readings if isinstance(readings, Map) else Map(case.file, (case.line, 1))
            for name, code in chosen.items():
                if name not in pack.readings or code not in pack.readings[name].options:
                    faults.append(Fault(case.file, *chosen.at(name), "READING", f"没有读法 {name}={code}", f"no reading {name}={code}"))
                pack.reading_choice[name] = str(code)
            if faults:
                raise BangfuError(faults[0].text("zh"), faults[0].text("en"))
            yield bool(values or readings)
        finally:
            pack.reading_choice.update(choice)
            for parameter, versions in kept:
                parameter.versions = versions
            for entry, added, open_condition in entries_kept:
                entry.conditions_added, entry.open_condition = added, open_condition

    def _set(self, address: str, value: Any, where: Map, kept: list[Any], entries_kept: list[Any], faults: list[Fault]) -> None:
        pack = self.engine.pack
        entry_id, _, rest = address.partition(".")
        entry = pack.entries.get(entry_id)
        if entry is not None and rest == "open_condition" and isinstance(value, bool):
            entries_kept.append((entry, entry.conditions_added, entry.open_condition))
            from bangfu.rules.language.nodes import const

            entry.conditions_added = ((const(value, "yes_no"), None),)
            return
        parameter = pack.parameters.get(address) or (entry.figures.get(rest) if entry is not None else None)
        if parameter is None:
            faults.append(Fault(where.file, *where.at(address), "WITH", f"没有可设置的“{address}”", f'nothing called "{address}" can be set'))
            return
        kept.append((parameter, parameter.versions))
        reader = ParameterReader(faults, pack.vocabulary)
        if isinstance(value, List) and parameter.kind == "number":
            parameter.bands = True
        parameter.versions = (Version(None, reader.value(value, where.file, where.at(address), parameter)),)

    # -- comparing -----------------------------------------------------------------------------------------------
    def compare(self, expect: Map, run: Any, given: Given, on: dt.date) -> list[Said]:
        """Return what differs between one expectation and the answer."""
        entry = self.engine.pack.entries[str(expect["entry"])]
        rows = [r for r in run.rows.get(entry.per or "place", []) if self._meant(r, expect)]
        if len(rows) != 1:
            return [Said(f"{entry.id}: {len(rows)} rows fit; name row or of", f"{entry.id}：有 {len(rows)} 行符合，请写 row 或 of 指明哪一行")]
        found = self.engine.result(rows[0], entry)
        said = self._definition(entry, found, expect) if entry.kind == "definition" else self._entry(entry, rows[0], found, expect, on)
        line, who = expect.mark[0], rows[0].id
        return [Said(f"{entry.id} [{who}] line {line}: {text}", f"第 {line} 行 {entry.id} [{who}]：{text.zh}") for text in said]

    def _meant(self, row: Any, expect: Map) -> bool:
        if "row" in expect and row.id != str(expect["row"]):
            return False
        if "of" in expect:
            wanted, here = str(expect["of"]), row
            while here is not None:
                if here.id == wanted:
                    return True
                here = here.up
            return False
        return True

    def _definition(self, entry: Entry, value: Any, expect: Map) -> Iterator[Said]:
        for key in ("amount", "range", "quantity", "tier"):
            if key in expect:
                yield Said(f"a definition has no {key}: write value", f"定义没有 {key}，请写 value")
        if expect.get("status") not in (None, "unknown") and "value" not in expect:
            yield Said(f"a definition is not {expect['status']}: write value", f"定义没有 {expect['status']} 之分，请写 value")
        if "value" in expect:
            wanted = expect["value"]
            if isinstance(wanted, bool) or entry.value_kind in ("code", "date"):
                if value != wanted or value.__class__ is Unknown:
                    yield _is("value", value, wanted)
            else:
                yield from self._number("value", value, wanted, 100 if power_of(entry.unit, "元") > 0 else 1)
        if expect.get("status") == "unknown" and value.__class__ is not Unknown:
            yield _is("value", value, "unknown")
        if "needs" in expect:
            yield from self._needs(expect, getattr(value, "needs", frozenset()))

    def _entry(self, entry: Entry, row: Any, result: Any, expect: Map, on: dt.date) -> Iterator[Said]:
        status = status_word(self.engine, entry, row, result, on)
        needs = frozenset[str]() | getattr(result.status, "needs", frozenset()) | getattr(result.amount, "needs", frozenset())
        if "status" in expect and expect["status"] != status:
            if not (expect["status"] == "lapsed" and status.startswith("lapsed")):
                because = sorted(failing(self.engine, entry, row, self.program.compiler(entry)))
                said = _is("status", status, expect["status"])
                yield Said(f"{said} (amount {shown(result.amount)}, needs {sorted(needs)}, because {because})", f"{said.zh}（金额 {shown(result.amount)}，还缺 {'、'.join(sorted(needs)) or '无'}，不符合的是 {'、'.join(because) or '无'}）")
        if "needs" in expect:
            yield from self._needs(expect, needs)
        scale = 100 if entry.has_money else 1
        if "amount" in expect:
            yield from self._number("amount", result.amount if result.amount is not None else 0, expect["amount"], scale)
        if "range" in expect:
            yield from self._number("range", result.amount, expect["range"], scale)
        if "quantity" in expect:
            yield from self._number("quantity", result.quantity, expect["quantity"], 1)
        if "value" in expect and isinstance(expect["value"], bool) and result.status is not expect["value"]:
            yield _is("value", result.status, expect["value"])
        yield from self._words(entry, row, result, expect)

    def _needs(self, expect: Map, needs: frozenset[str]) -> Iterator[Said]:
        wanted = expect["needs"] if isinstance(expect["needs"], list) else [expect["needs"]]
        absent = [name for name in wanted if name not in needs]
        if absent:
            yield Said(f"needs {sorted(needs)}, expected also {absent}", f"还缺 {'、'.join(sorted(needs)) or '无'}，案例还写了 {'、'.join(absent)}")

    def _words(self, entry: Entry, row: Any, result: Any, expect: Map) -> Iterator[Said]:
        tier = entry.tiers[result.tier] if result.tier is not None and entry.tiers else None
        if "tier" in expect:
            labels = (result.tier, tier.label.zh if tier and tier.label else None, tier.label.en if tier and tier.label else None)
            if expect["tier"] not in labels:
                yield _is("tier", labels, expect["tier"])
        every = (tier.every if tier and tier.every else None) or entry.every
        if "every" in expect and expect["every"] != every:
            yield _is("every", every, expect["every"])
        if "office" in expect and expect["office"] != entry.office:
            yield _is("office", entry.office, expect["office"])
        if "because" in expect and str(expect["because"]) not in failing(self.engine, entry, row, self.program.compiler(entry)):
            because = sorted(failing(self.engine, entry, row, self.program.compiler(entry)))
            yield Said(f"refused because of {because}, expected {expect['because']}", f"不符合的是 {'、'.join(because) or '无'}，案例写的是 {expect['because']}")
        if "content" in expect:
            label = (tier.content if tier and tier.content else None) or None
            text = label.zh if label else str(entry.raw.get("content", ""))
            if str(expect["content"]) not in text:
                yield _is("content", text, expect["content"])

    def _number(self, what: str, value: Any, wanted: Any, scale: int) -> Iterator[Said]:
        try:
            low, high = expected_range(wanted)
        except ValueError as error:
            yield Said(f"{what}: {error}", f"{what} 的算式有误：{error}")
            return
        if value is CLOSED or value is None:
            value = 0
        if value.__class__ is Unknown:
            yield _is(what, value, wanted)
            return
        got_low, got_high = (value.low, value.high) if value.__class__ is Range else (value, value)
        got = (Fraction(got_low) / scale, None if got_high is None else Fraction(got_high) / scale)
        if got != (low, high):
            yield _is(what, shown(value, scale), wanted)


def status_word(engine: Engine, entry: Entry, row: Any, result: Any, on: dt.date) -> str:
    """Return met, not_met, unknown or lapsed."""
    from bangfu.rules.answers import out_of_force

    if out_of_force(engine, entry, row, on) or not result.window:
        return "lapsed"
    if result.status.__class__ is Unknown:
        return "unknown"
    return "met" if result.status else "not_met"


def shown(value: Any, scale: int = 100) -> str:
    """Return a value for a message."""
    if value is None or value.__class__ is Unknown or value is CLOSED:
        return str(value)
    if value.__class__ is Range:
        high = "" if value.high is None else decimal_text(Fraction(value.high) / scale)
        return f"{decimal_text(Fraction(value.low) / scale)}..{high}"
    return decimal_text(Fraction(value) / scale)


def expected_range(written: Any) -> tuple[Fraction, Fraction | None]:
    """Return the ends of an expected amount; arithmetic is worked out and must agree with itself.

    >>> expected_range("100000 - 85000 = 15000")
    (Fraction(15000, 1), Fraction(15000, 1))
    """
    text = str(written)
    if isinstance(written, bool):
        raise ValueError(f"{written} is no amount")
    if isinstance(written, int | Fraction):
        return Fraction(written), Fraction(written)
    exact, arrow, rounded = text.partition("->")
    sides = [arithmetic(side) if ".." not in side else None for side in exact.split("=")]
    if len({side for side in sides if side is not None}) > 1:
        raise ValueError(f"the sum of the case does not agree with itself: {text}")
    if arrow:
        value = arithmetic(rounded)
        return value, value
    last = exact.split("=")[-1]
    if ".." in last:
        low, _, high = last.partition("..")
        return arithmetic(low), (arithmetic(high) if high.strip() else None)
    value = arithmetic(last)
    return value, value


def arithmetic(text: str) -> Fraction:
    """Return a sum of plain numbers, percentages and units worked out exactly."""
    plain = re.sub(r"(\d(?:[\d.]*))\s*万元", r"(\1*10000)", text.replace("×", "*").replace("÷", "/").replace("−", "-").replace(",", ""))
    plain = re.sub(rf"{_UNITS}(?:[/·]\d*{_UNITS})*", "", plain)
    plain = re.sub(r"(\d+(?:\.\d+)?)%", r"(\1/100)", plain)
    try:
        return _fold(ast.parse(plain.strip(), mode="eval").body, plain)
    except (SyntaxError, ZeroDivisionError):
        raise ValueError(f"cannot work out: {text}") from None


def _fold(tree: ast.expr, text: str) -> Fraction:
    if isinstance(tree, ast.Constant) and isinstance(tree.value, int | float) and not isinstance(tree.value, bool):
        return Fraction(ast.get_source_segment(text.strip(), tree) or str(tree.value))
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        return -_fold(tree.operand, text)
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id in ("min", "max"):
        values = [_fold(arg, text) for arg in tree.args]
        return min(values) if tree.func.id == "min" else max(values)
    if isinstance(tree, ast.BinOp):
        a, b = _fold(tree.left, text), _fold(tree.right, text)
        if isinstance(tree.op, ast.Add):
            return a + b
        if isinstance(tree.op, ast.Sub):
            return a - b
        if isinstance(tree.op, ast.Mult):
            return a * b
        if isinstance(tree.op, ast.Div):
            return a / b
    raise ValueError(f"cannot work out: {text}")
