"""Stated facts of one or a few households: read from YAML or JSON, every fault at once, nothing guessed.

The shape is the one of ``given`` in a case: ``household`` or ``households``, ``members``, ``organisations``, the claims
by their collection name with ``of``, ``place`` (facts of the place) and ``record``. A collection left out is unknown;
an empty list is none.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from bangfu.rules.errors import Fault, HouseholdError, near_names, os_reason
from bangfu.rules.identity import identity_fault
from bangfu.rules.pack.model import Pack
from bangfu.rules.record_row import RecordRow
from bangfu.rules.units import QuantityError, parse_quantity, power_of, unit_text
from bangfu.rules.values import NUMBER_STEPS, Number, decimal_text, tidy
from bangfu.rules.vocabulary import Fact
from bangfu.rules.yaml_source import LIMIT_BYTES, List, Map, Mark, read_yaml_file

MOST_MEMBERS = 50
LINKS = ("id", "of", "at")
TOP_KEYS = ("place", "on", "basis", "household", "households", "record", "title", "note", "case")


@dataclass(slots=True)
class GivenRow:
    """One stated row: facts by name (money in fen), ``of`` its owner, ``at`` its organisation, ``stated`` recognitions."""

    entity: str
    id: str
    of: str | None = None
    at: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    stated: dict[str, bool] = field(default_factory=dict)
    name: str | None = None


@dataclass(slots=True)
class Given:
    """All that is stated. ``collections`` names those that were stated at all; ``record`` None is not stated."""

    rows: list[GivenRow]
    collections: set[str]
    record: list[RecordRow] | None
    place: str | None = None
    on: dt.date | None = None
    basis: str | None = None
    sources: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def of_entity(self, entity: str) -> list[GivenRow]:
        """Return the stated rows of one entity."""
        return [row for row in self.rows if row.entity == entity]


class HouseholdReader:
    """Turns the read content of a file into ``Given``; faults are collected in ``faults``."""

    def __init__(self, pack: Pack, file: str) -> None:
        self.pack = pack
        self.file = file
        self.faults: list[Fault] = []
        self.rows: list[GivenRow] = []
        self.marks: dict[tuple[str, str], Mark] = {}
        self.collections = {e.collection: e for e in pack.vocabulary.entities.values() if e.collection}

    def fault(self, mark: Mark, code: str, zh: str, en: str) -> None:
        """Note one fault."""
        sheet, path = getattr(mark, "sheet", None), getattr(mark, "path", None)
        file = f"{self.file}[{sheet}]" if sheet else f"{self.file} {path}" if path else self.file
        self.faults.append(Fault(file, mark[0], mark[1], code, zh, en))

    def read(self, content: Any) -> Given:
        """Return what is stated.

        Raises:
            HouseholdError: With every fault.
        """
        if not isinstance(content, Map):
            if not self.faults:
                self.fault((0, 0), "SHAPE", "文件应写 household、members 等键", "the file must have household, members and so on")
            raise HouseholdError(self.faults)
        self.faults += content.faults
        given = Given([], set(), None)
        self._known_keys(content)
        self._top(content, given)
        self._place(content, given)
        self._households(content, given)
        for collection, entity in self.collections.items():
            if entity.id != "household" and collection in content:
                given.collections.add(collection)
                self._collection(content, collection, entity.id)
        given.collections.add("households")
        self._links(content)
        self._record(content, given)
        given.rows = self.rows
        if self.faults:
            raise HouseholdError(self._once())
        return given

    def _once(self) -> list[Fault]:
        """Return the faults without what only repeats that a written day does not exist."""
        no_day = {(f.line, f.column) for f in self.faults if f.code == "YAML-DATE"}
        return sorted(f for f in set(self.faults) if f.code == "YAML-DATE" or (f.line, f.column) not in no_day)

    # -- top -----------------------------------------------------------------------------------------------------
    def _known_keys(self, content: Map) -> None:
        known = [*TOP_KEYS, *self.collections]
        for key in content:
            if key not in known:
                near = near_names(key, known)
                self.fault(content.key_marks[key], "KEY", f"没有“{key}”这一部分" + (f"；是不是 {'、'.join(near)}" if near else f"；可用：{' '.join(known)}"), f'there is no part "{key}"' + (f"; did you mean {', '.join(near)}?" if near else f"; known: {' '.join(known)}"))

    def _top(self, content: Map, given: Given) -> None:
        if "on" in content:
            if isinstance(content["on"], dt.date):
                given.on = content["on"]
            else:
                self.fault(content.at("on"), "DATE", f"on 应为日期，如 2022-06-30，不是“{content['on']}”", f'on must be a date such as 2022-06-30, not "{content["on"]}"')
        if "basis" in content:
            if content["basis"] in ("met", "recorded"):
                given.basis = str(content["basis"])
            else:
                self.fault(content.at("basis"), "WORD", "basis 应为 met 或 recorded", "basis must be met or recorded")

    def _place(self, content: Map, given: Given) -> None:
        row = GivenRow("place", "place")
        stated = content.get("place")
        if isinstance(stated, Map):
            self._facts(stated, row, links=())
        elif isinstance(stated, str):
            given.place = stated
        elif stated is not None:
            self.fault(content.at("place"), "SHAPE", "place 应为地方的名称，或地方的事实 {…}", "place must be the name of a place, or its facts {…}")
        self.rows.append(row)

    def _households(self, content: Map, given: Given) -> None:
        if "households" in content:
            self._collection(content, "households", "household")
            return
        raw = content.get("household")
        row = GivenRow("household", "household", "place")
        mark = content.at("household")
        if isinstance(raw, Map):
            self._names(raw)
            if "id" in raw:
                row.id = str(raw["id"])
            self._facts(raw, row, links=("id", "name", "of"))
        elif raw is not None:
            self.fault(mark, "SHAPE", "household 应为键值对；没有事实就写 household: {}", "household must be a mapping; write household: {} for none")
        self.rows.append(row)
        self.marks["household", row.id] = mark

    def _collection(self, content: Map, collection: str, entity: str) -> None:
        raw = content[collection]
        if not isinstance(raw, List):
            self.fault(content.at(collection), "SHAPE", f"{collection} 应为列表（没有就写 []）", f"{collection} must be a list (write [] for none)")
            return
        for place, item in enumerate(raw):
            mark = raw.at(place)
            if not isinstance(item, Map):
                self.fault(mark, "SHAPE", f"{collection} 的第 {place + 1} 行应为键值对", f"row {place + 1} of {collection} must be a mapping")
                continue
            self._row(item, entity, collection, place, mark)

    def _names(self, item: Map) -> None:
        """Numbers, owners and names are texts or whole numbers; a list turned into a text would be somebody else's name."""
        for key in ("id", "of", "at", "name"):
            if isinstance(item.get(key), List | Map | bool | Fraction):
                self.fault(item.at(key), "SHAPE", f"{key} 应为文字或整数", f"{key} must be a text or a whole number")

    def _row(self, item: Map, entity: str, collection: str, place: int, mark: Mark) -> None:
        self._names(item)
        row = GivenRow(entity, str(item.get("id", f"{collection}_{place + 1}")))
        if "id" not in item and entity in ("person", "household", "organisation"):
            self.fault(mark, "ID-NEEDED", f"{collection} 的第 {place + 1} 行缺少 id", f"row {place + 1} of {collection} has no id")
        if (entity, row.id) in self.marks:
            first = self.marks[entity, row.id]
            what = "同一人出现两次，或在两户" if entity == "person" else "编号重复"
            self.fault(mark, "ID-TWICE", f"{what}：{row.id}（首次在第 {first[0]} 行）", f'the id "{row.id}" appears twice in {collection} (first on line {first[0]})')
            return
        self.marks[entity, row.id] = mark
        row.of = None if item.get("of") is None else str(item["of"])
        row.at = None if item.get("at") is None else str(item["at"])
        row.name = None if item.get("name") is None else str(item["name"])
        self._facts(item, row, links=(*LINKS, "name"))
        self.rows.append(row)

    # -- facts ---------------------------------------------------------------------------------------------------
    def _facts(self, raw: Map, row: GivenRow, links: tuple[str, ...]) -> None:
        for key, value in raw.items():
            if key in links:
                continue
            mark = raw.at(key)
            fact = self.pack.vocabulary.facts.get(key)
            entry = self.pack.entries.get(key)
            if fact is not None and fact.entity == row.entity:
                self._fact(fact, value, mark, row)
            elif entry is not None and entry.kind == "recognition" and entry.per == row.entity:
                self._stated(key, value, mark, row)
            else:
                self._unknown_fact(key, raw, row, fact)
        self._gates(raw, row)

    def _fact(self, fact: Fact, value: Any, mark: Mark, row: GivenRow) -> None:
        try:
            row.facts[fact.id] = read_fact(fact, value, self.pack)
        except QuantityError as error:
            self.fault(mark, "FACT", f"{fact.label.zh}（{fact.id}）：{error.zh}", f"{fact.id}: {error.en}")

    def _stated(self, key: str, value: Any, mark: Mark, row: GivenRow) -> None:
        if isinstance(value, bool):
            row.stated[key] = value
        else:
            self.fault(mark, "FACT", f"{key} 应为 true 或 false", f"{key} must be true or false")

    def _unknown_fact(self, key: str, raw: Map, row: GivenRow, fact: Fact | None) -> None:
        own = [f.id for f in self.pack.vocabulary.facts_of(row.entity)]
        own += [e.id for e in self.pack.entries.values() if e.kind == "recognition" and e.per == row.entity]
        where = self.pack.vocabulary.entities[row.entity].label
        if fact is not None:
            home = self.pack.vocabulary.entities[fact.entity].label
            self.fault(raw.key_marks[key], "FACT-HOME", f"“{key}”是{home.zh}的事实，不能写在{where.zh}下", f'"{key}" is a fact of {fact.entity}, not of {row.entity}')
            return
        near = near_names(key, own)
        self.fault(raw.key_marks[key], "FACT-NAME", f"{where.zh}没有事实“{key}”" + (f"；是不是 {'、'.join(near)}" if near else ""), f'{row.entity} has no fact "{key}"' + (f"; did you mean {', '.join(near)}?" if near else ""))

    def _gates(self, raw: Map, row: GivenRow) -> None:
        """A stated fact behind a gate that is stated "no" contradicts it."""
        for name, value in row.facts.items():
            gate = self.pack.vocabulary.facts[name].gate
            if gate and row.facts.get(gate) is False and value not in (False, 0) and name in raw:
                self.fault(raw.at(name), "FACT-GATE", f"已说“{self.pack.vocabulary.facts[gate].label.zh}”为否，却又填了“{self.pack.vocabulary.facts[name].label.zh}”", f"{gate} is no, yet {name} is stated")

    # -- links and record ----------------------------------------------------------------------------------------
    def _links(self, content: Map) -> None:
        ids = {(row.entity, row.id) for row in self.rows}
        for row in self.rows:
            entity = self.pack.vocabulary.entities[row.entity]
            mark = self.marks.get((row.entity, row.id), (0, 0))
            if entity.belongs_to and row.entity not in ("place",):
                self._owner(row, entity.belongs_to, ids, mark)
            if entity.at and row.at is not None and (entity.at, row.at) not in ids:
                self.fault(mark, "LINK", f"“{row.id}”的单位“{row.at}”不在 organisations 里", f'the organisation "{row.at}" of "{row.id}" is not among organisations')
        self._members()

    def _owner(self, row: GivenRow, owner: str, ids: set[tuple[str, str]], mark: Mark) -> None:
        if owner == "place":
            row.of = "place"
            return
        if row.of is None:
            known = [r.id for r in self.rows if r.entity == owner]
            if len(known) == 1:
                row.of = known[0]
                return
            label = self.pack.vocabulary.entities[owner].label
            self.fault(mark, "LINK", f"“{row.id}”要写 of：属于哪个{label.zh}（{'、'.join(known[:8]) or '尚无'}）", f'"{row.id}" needs of: which {owner} it belongs to ({", ".join(known[:8]) or "none stated"})')
        elif (owner, row.of) not in ids:
            known = [r.id for r in self.rows if r.entity == owner]
            single = owner == "household" and len(known) == 1 and row.of in ("household",)
            if single:
                row.of = known[0]
                return
            self.fault(mark, "LINK", f"“{row.id}”的 of“{row.of}”不存在；有：{'、'.join(known[:8]) or '无'}", f'of "{row.of}" of "{row.id}" does not exist; there are: {", ".join(known[:8]) or "none"}')

    def _members(self) -> None:
        for household in [r for r in self.rows if r.entity == "household"]:
            members = [r for r in self.rows if r.entity == "person" and r.of == household.id]
            mark = self.marks.get(("household", household.id), (0, 0))
            if len(members) > MOST_MEMBERS:
                self.fault(mark, "HOUSEHOLD-SIZE", f"一户最多 {MOST_MEMBERS} 人，现有 {len(members)} 人", f"a household has at most {MOST_MEMBERS} members, not {len(members)}")
            heads = [m.id for m in members if m.facts.get("relation") == "self"]
            if len(heads) > 1:
                self.fault(mark, "TWO-HEADS", f"一户只能有一个户主（本人），现有：{'、'.join(heads)}", f"a household has one head; stated: {', '.join(heads)}")

    def _record(self, content: Map, given: Given) -> None:
        if "record" not in content:
            return
        raw = content["record"]
        if not isinstance(raw, List):
            self.fault(content.at("record"), "SHAPE", "record 应为列表（从未享受就写 []）", "record must be a list (write [] for never)")
            return
        found = [self._record_row(item, raw.at(place)) for place, item in enumerate(raw)]
        given.record = [row for row in found if row is not None]

    def _record_row(self, item: Any, mark: Mark) -> RecordRow | None:
        if not isinstance(item, Map):
            self.fault(mark, "SHAPE", "record 的每行应为键值对", "a row of record must be a mapping")
            return None
        for key in item:
            if key not in ("entry", "of", "claim", "from", "until", "paid_on", "amount", "quantity"):
                self.fault(item.key_marks[key], "KEY", f"record 没有“{key}”；可用 entry of claim from until paid_on amount quantity", f'record has no "{key}"; known: entry of claim from until paid_on amount quantity')
        entry = self.pack.entries.get(str(item.get("entry")))
        if entry is None:
            near = near_names(str(item.get("entry")), self.pack.entries)
            self.fault(item.at("entry"), "RECORD-ENTRY", f"没有条目“{item.get('entry')}”" + (f"；是不是 {'、'.join(near)}" if near else ""), f'there is no entry "{item.get("entry")}"' + (f"; did you mean {', '.join(near)}?" if near else ""))
            return None
        self._owner_known(item)
        return RecordRow(
            entry=entry.id, of=_text(item.get("of")), claim=_text(item.get("claim")), since=self._day(item, "from"),
            until=self._day(item, "until"), paid_on=self._day(item, "paid_on"), amount=self._money(item, "amount"),
            quantity=self._number(item, "quantity"),
        )  # fmt: skip

    def _owner_known(self, item: Map) -> None:
        """A record of somebody who is not in the file would be passed over; it is refused instead."""
        of = _text(item.get("of"))
        known = [row.id for row in self.rows if row.entity in ("person", "household", "organisation")]
        if of is not None and of not in {row.id for row in self.rows}:
            near = near_names(of, known) or known[:8]
            self.fault(item.at("of"), "RECORD-OF", f"record 的 of“{of}”不存在；有：{'、'.join(near) or '无'}", f'of "{of}" in the record does not exist; there are: {", ".join(near) or "none"}')

    def _day(self, item: Map, key: str) -> dt.date | None:
        value = item.get(key)
        if value is None or isinstance(value, dt.date):
            return value
        self.fault(item.at(key), "DATE", f"{key} 应为日期，如 2022-06-30，不是“{value}”", f'{key} must be a date such as 2022-06-30, not "{value}"')
        return None

    def _money(self, item: Map, key: str) -> Number | None:
        value = self._number(item, key)
        if value is not None and (Fraction(value) * 100).denominator != 1:
            self.fault(item.at(key), "NUMBER", f"{key} 的金额最多到分，不是“{value}”", f'{key} goes to the fen at most, not "{value}"')
            return None
        return None if value is None else tidy(Fraction(value) * 100)

    def _number(self, item: Map, key: str) -> Number | None:
        value = item.get(key)
        if value is None or (isinstance(value, int | Fraction) and not isinstance(value, bool) and value >= 0):
            if value is None or not NUMBER_STEPS % Fraction(value).denominator:
                return value
            self.fault(item.at(key), "NUMBER", f"{key} 最多四位小数，不是“{value}”", f'{key} has at most four decimals, not "{value}"')
            return None
        self.fault(item.at(key), "NUMBER", f"{key} 应为不小于 0 的数，不是“{value}”", f'{key} must be a number of 0 or more, not "{value}"')
        return None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def read_fact(fact: Fact, value: Any, pack: Pack) -> Any:
    """Return a stated value as rules compute with it.

    Raises:
        QuantityError: The value does not fit the fact; the message says what does.
    """
    return _READERS[fact.type](fact, value, pack)


def _yes_no(fact: Fact, value: Any, pack: Pack) -> Any:
    if isinstance(value, bool):
        return value
    raise QuantityError(f"应为 true（是）或 false（否），不是“{value}”", f'must be true or false, not "{value}"')


def _date(fact: Fact, value: Any, pack: Pack) -> Any:
    if isinstance(value, dt.date):
        return value
    if isinstance(value, str):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            pass
    raise QuantityError(f"应为真实的日期，如 1950-01-31，不是“{value}”", f'must be a real date such as 1950-01-31, not "{value}"')


def _number(fact: Fact, value: Any, pack: Pack) -> Any:
    number = _exact(fact, value)
    scale = 100 ** power_of(fact.unit, "元") if power_of(fact.unit, "元") > 0 else 1
    number = tidy(Fraction(number) * scale)
    if scale > 1 and Fraction(number).denominator != 1:
        raise QuantityError(f"金额最多到分，不是“{value}”", f'money goes to the fen at most, not "{value}"')
    if scale == 1 and NUMBER_STEPS % Fraction(number).denominator:
        raise QuantityError(f"数值最多四位小数，不是“{value}”", f'a number has at most four decimals, not "{value}"')
    low, high = fact.low, fact.high
    if (low is not None and number < low) or (high is not None and number > high):
        bounds = f"{_shown(low, scale)}..{_shown(high, scale)} {unit_text(fact.unit)}"
        raise QuantityError(f"“{value}”超出范围 {bounds}", f'"{value}" is outside {bounds}')
    return number


def _shown(bound: Number | None, scale: int) -> str:
    return "" if bound is None else decimal_text(Fraction(bound) / scale)


def _exact(fact: Fact, value: Any) -> Number:
    if isinstance(value, bool) or not isinstance(value, int | Fraction | str):
        raise QuantityError(f"应为数，不是“{value}”", f'must be a number, not "{value}"')
    if isinstance(value, str):
        unit = unit_text(fact.unit)
        hint = f"（单位 {unit}）" if unit else ""
        try:
            found = parse_quantity(value)
        except QuantityError:
            found = None
        if found is None or found.is_range or found.missing or found.low is None or found.unit != fact.unit:
            raise QuantityError(f"应为一个确定的数{hint}，不是“{value}”；不知道就不要写", f'must be one exact number{" in " + unit if unit else ""}, not "{value}"; leave it out if not known')
        return Fraction(found.low) / (100 if power_of(fact.unit, "元") > 0 else 1)
    number: Number = value if isinstance(value, int) else Fraction(value)
    return number


def _code(fact: Fact, value: Any, pack: Pack) -> Any:
    codes = pack.vocabulary.codes[fact.codes or ""].codes
    if isinstance(value, str) and value in codes:
        return value
    by_label = [code for code, label in codes.items() if str(value) in (label.zh, label.en)]
    if by_label:
        return by_label[0]
    near = near_names(str(value), codes) or list(codes)[:10]
    shown = "、".join(f"{code}（{codes[code].zh}）" for code in near)
    raise QuantityError(f"没有“{value}”这一项；可用：{shown}", f'there is no code "{value}"; known: {", ".join(near)}')


def _codes(fact: Fact, value: Any, pack: Pack) -> Any:
    if not isinstance(value, list):
        raise QuantityError(f"应为列表，如 [代码, 代码]，不是“{value}”", f'must be a list [code, code], not "{value}"')
    return frozenset(_code(fact, item, pack) for item in value)


def _plain_text(fact: Fact, value: Any, pack: Pack) -> Any:
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value)
    raise QuantityError(f"应为文字，不是“{value}”", f'must be a text, not "{value}"')


def _id_number(fact: Fact, value: Any, pack: Pack) -> Any:
    fault = identity_fault(value)
    if fault is not None:
        raise QuantityError(*fault)
    return str(value).upper()


_READERS = {
    "yes_no": _yes_no, "date": _date, "money": _number, "number": _number, "level": _number, "code": _code,
    "codes": _codes, "text": _plain_text, "id_number": _id_number,
}  # fmt: skip


class PathMark(tuple[int, int]):
    """A place in data that has no lines: the path to it, such as ``$.members[0].wage_income``."""

    path: str

    def __new__(cls, path: str) -> PathMark:
        made = super().__new__(cls, (0, 0))
        made.path = path
        return made


def to_marked(value: Any, file: str, path: str = "$") -> Any:
    """Return plain data (from JSON or a caller) as ``Map`` and ``List``, each part marked with its path; decimals become exact fractions."""
    if isinstance(value, dict):
        found = Map(file, PathMark(path))
        for key, child in value.items():
            mark = PathMark(f"{path}.{key}")
            found[str(key)] = to_marked(child, file, mark.path)
            found.key_marks[str(key)] = found.marks[str(key)] = mark
        return found
    if isinstance(value, list | tuple):
        items = List(file, PathMark(path))
        items.marks = [PathMark(f"{path}[{place}]") for place in range(len(value))]
        items.extend(to_marked(child, file, f"{path}[{place}]") for place, child in enumerate(value))
        return items
    if isinstance(value, float):
        return Fraction(str(value))
    if isinstance(value, str) and len(value) == 10 and value[4] == value[7] == "-":
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            return value
    return value


def read_given(pack: Pack, content: Any, file: str = "given") -> Given:
    """Return the stated facts in plain or marked data.

    Raises:
        HouseholdError: With every fault.
    """
    marked = content if isinstance(content, Map) else to_marked(content, file)
    return HouseholdReader(pack, file).read(marked)


def read_household_content(path: Path) -> Any:
    """Return the content of a YAML or JSON file as marked data.

    Raises:
        HouseholdError: The file is empty, too large, not UTF-8 or not YAML or JSON.
    """
    faults: list[Fault] = []
    content: Any = _read_json(path, faults) if path.suffix.lower() == ".json" else read_yaml_file(path, path.name, faults)
    if isinstance(content, Map):
        content.faults = faults
        return content
    if faults or content is None:
        raise HouseholdError(faults or [Fault(path.name, 0, 0, "YAML-EMPTY", "文件是空的", "the file is empty")])
    return content


_JSON_NUMBER = re.compile(r"^-?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?$")


def _json_number(text: str) -> Any:
    """Return a number exactly; one that no sum of money has (hundreds of digits, a huge exponent) stays a text, which is refused."""
    if not _JSON_NUMBER.match(text):
        return text
    return int(text) if text.lstrip("-").isdigit() else Fraction(text)


def _read_json(path: Path, faults: list[Fault]) -> Any:
    try:
        if path.stat().st_size > LIMIT_BYTES:
            faults.append(Fault(path.name, 0, 0, "FILE-SIZE", "文件过大，请分成几个", "the file is too large; split it"))
            return None
        text = path.read_text(encoding="utf-8-sig")
        if not text.strip():
            return None
        return to_marked(json.loads(text, parse_float=_json_number, parse_int=_json_number, parse_constant=str, object_pairs_hook=_no_repeats), path.name)
    except RecursionError:
        faults.append(Fault(path.name, 0, 0, "JSON-FORM", "JSON 嵌套过深", "this JSON is nested too deeply"))
    except json.JSONDecodeError as error:
        faults.append(Fault(path.name, error.lineno, error.colno, "JSON-FORM", f"JSON 写法有误：{error.msg}", f"this is not JSON: {error.msg}"))
    except ValueError as error:
        faults.append(Fault(path.name, 0, 0, "JSON-FORM", f"JSON 有误：{error}", f"this JSON is faulty: {error}"))
    except OSError as error:
        faults.append(Fault(path.name, 0, 0, "FILE-READ", f"读不到文件：{os_reason(error)}", f"cannot read: {error.strerror}"))
    return None


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f'key "{key}" repeated')
        found[key] = value
    return found
