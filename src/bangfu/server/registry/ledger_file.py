"""An Excel ledger as households ready for the register, each with its own faults; nothing here asks the database.

The sheets are those of ``bangfu template`` with four columns more: community and address of a household, ID number and
card of a person. A household is taken in as a whole or not at all, so that faults are kept by household.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from stdnum.cn import ric

from bangfu.rules.errors import Fault, HouseholdError, column_letters
from bangfu.rules.household import Given, GivenRow, HouseholdReader
from bangfu.rules.ledger import layout
from bangfu.rules.ledger.layout import Column
from bangfu.rules.ledger.read import LedgerReader, SheetMark
from bangfu.rules.pack.model import Pack
from bangfu.rules.units import power_of
from bangfu.rules.vocabulary import Label
from bangfu.rules.yaml_source import List, Map
from bangfu.server.registry.identity import CARD_DIGITS
from bangfu.server.registry.ledger_record import RECORD, record_items, sort_record

HOUSEHOLD_COLUMNS = (Column("area_code", Label("社区代码", "community code")), Column("address", Label("住址", "address")))
CARD_COLUMN = Column("card_number", Label("一卡通卡号", "card number"))
OWN_KEYS = ("area_code", "address", "card_number")
KEY_MOST, NAME_MOST, ADDRESS_MOST = 40, 60, 200
KINSHIP = "relation"
EXACT = 10**15
"""From here on a spreadsheet's number has lost its last digits."""
MASKED = re.compile(r"^\*{4,}[0-9X]{4}$")


def more_columns(pack: Pack) -> dict[str, tuple[Column, ...]]:
    """Return the columns that the register adds to the main sheets."""
    card = pack.vocabulary.facts["id_card"]
    return {"household": HOUSEHOLD_COLUMNS, "person": (Column("id_card", card.label, fact=card), CARD_COLUMN)}


Letters = dict[tuple[str, str], str]
"""Sheet and key → the letters of the key's column."""


@dataclass(frozen=True, slots=True)
class CellFault:
    """One fault: sheet, row, column letters, what is wrong and what to do, and the household it keeps out (empty: all)."""

    sheet: str
    row: int
    column: str
    zh: str
    en: str
    household: str = ""

    def as_data(self) -> list[Any]:
        """Return it as it is kept with the run."""
        return [self.sheet, self.row, self.column, self.zh, self.en, self.household]


@dataclass(slots=True)
class LedgerPerson:
    """One person of a ledger. ``facts`` as a household file writes them."""

    key: str
    name: str
    relation: str
    row: int
    birth_date: dt.date | None = None
    id_number: str = ""
    card_number: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class LedgerItem:
    """A thing of the long sheet, or a row of the record. ``of`` is a person's key, empty for the household.

    ``at`` is the key of an organisation, of a row of the record the thing it was given for (``at_entity``).
    """

    entity: str
    key: str
    of: str = ""
    at: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    at_entity: str = "organisation"
    row: int = 0


@dataclass(slots=True)
class LedgerHousehold:
    """One household of a ledger; with faults it is not taken in."""

    key: str
    row: int
    area_code: str = ""
    address: str = ""
    digest: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    people: list[LedgerPerson] = field(default_factory=list)
    items: list[LedgerItem] = field(default_factory=list)
    stated: list[str] = field(default_factory=list)
    faults: list[CellFault] = field(default_factory=list)
    letters: Letters = field(default_factory=dict)

    def fault(self, sheet: Label, row: int, zh: str, en: str, key: str = "") -> None:
        """Note a fault of a whole row, or of its cell under a key."""
        self.faults.append(self.at(sheet, row, zh, en, key))

    def at(self, sheet: Label, row: int, zh: str, en: str, key: str = "") -> CellFault:
        """Return a fault with the column that a key has in this ledger."""
        return CellFault(sheet.zh, row, self.letters.get((sheet.zh, key), ""), zh, en, self.key)


@dataclass(slots=True)
class LedgerBook:
    """A read ledger: its households in the order of the sheet, and the faults that belong to none of them."""

    households: list[LedgerHousehold]
    faults: list[CellFault]
    notices: list[str]


class RegisterReader(LedgerReader):
    """Reads the sheets with the register's own columns. A number that an export masked counts as blank."""

    def __init__(self, pack: Pack, path: Path) -> None:
        super().__init__(pack, path)
        self.letters: Letters = {}

    def columns(self, entity: str) -> list[Column]:
        """Return the columns of a main sheet."""
        return layout.columns(self.pack, entity, more_columns(self.pack)[entity])

    def _heads(self, rows: list[list[Any]], title: str, known: list[Column]) -> dict[int, Column]:
        found = super()._heads(rows, title, known)
        self.letters |= {(title, column.key): column_letters(place + 1) for place, column in found.items()}
        return found

    def _row(self, cells: dict[Column, tuple[Any, SheetMark]], number: int, title: str) -> Map:
        return super()._row({c: cell for c, cell in cells.items() if not (isinstance(cell[0], str) and MASKED.match(cell[0]))}, number, title)

    def _names_none(self, row: Map) -> bool:
        return False  # of one household alone it is sorted out by household

    def _cell(self, column: Column, value: Any) -> Any:
        if column.key not in OWN_KEYS:
            return super()._cell(column, value)
        if isinstance(value, float) and value.is_integer() and value < EXACT:
            return str(int(value))
        return value if isinstance(value, float) else str(value).strip()


def read_book(pack: Pack, path: Path) -> LedgerBook:
    """Return the households of a ledger with every fault.

    Raises:
        HouseholdError: It is no workbook, too large, or packed to burst.
    """
    reader = RegisterReader(pack, path)
    content = reader.content()
    loose = [_cell_fault(f) for f in reader.reader.faults]
    sorter = _Sorter(pack, content, reader.letters)
    loose += sorter.faults
    households = [_household(pack, parts, path.name, reader.letters) for parts in sorter.parts.values()]
    _once(households)
    return LedgerBook(households, loose, list(_notices(sorter.parts)))


def _notices(parts: dict[str, _Parts]) -> Iterator[str]:
    """Say how many households a filled sheet of the record does not name."""
    unnamed = sum(1 for part in parts.values() if RECORD not in part.rows)
    if 0 < unnamed < len(parts):
        yield f"“{layout.RECORD.zh}”没有提到 {unnamed} 户：这些户的领取记录不变。确实没有领取的，请写一行，待遇填“无”，编号填户编号"


@dataclass(slots=True)
class _Parts:
    """The rows of one household by collection."""

    row: Map
    mark: SheetMark
    rows: dict[str, List] = field(default_factory=dict)


class _Sorter:
    """Sorts the rows of all sheets by household; rows that belong to none are faults."""

    def __init__(self, pack: Pack, content: Map, letters: Letters) -> None:
        self.pack, self.letters, self.faults = pack, letters, list[CellFault]()
        self.parts: dict[str, _Parts] = {}
        self.home: dict[str, str] = {}
        for place, row in enumerate(content["households"]):
            self._household(row, content["households"].at(place))
        self._sort(content, "members", "person")
        self.organisations = {str(row.get("id")): (row, content["organisations"].at(n)) for n, row in enumerate(content.get("organisations", []))}
        for entity in pack.vocabulary.entities.values():
            if entity.collection in content and entity.id not in ("household", "person", "organisation"):
                self._sort(content, entity.collection or "", entity.id)
        if "organisations" in content:
            for parts in self.parts.values():
                self._employers(parts)
        sort_record(content.get(RECORD), self.parts, self.home, self._at_cell)

    def _household(self, row: Map, mark: Any) -> None:
        key = str(row.get("id", "")).strip()
        if not key or len(key) > KEY_MOST:
            self._loose(mark, f"户编号要填，最多 {KEY_MOST} 个字", f"the household number is needed, at most {KEY_MOST} characters")
        elif key in self.parts:
            self._loose(mark, f"户编号“{key}”出现两次（首次在第 {self.parts[key].mark[0]} 行）", f'the household number "{key}" appears twice (first in row {self.parts[key].mark[0]})')
        else:
            self.parts[key] = _Parts(row, mark)

    def _sort(self, content: Map, collection: str, entity: str) -> None:
        for parts in self.parts.values():
            parts.rows[collection] = List(content.file, parts.mark)
        owner = self.pack.vocabulary.entities[entity].belongs_to
        for place, row in enumerate(content[collection]):
            mark, of = content[collection].at(place), str(row.get("of", "")).strip()
            home = of if owner == "household" else self.home.get(of, "")
            if home not in self.parts:
                what = "户编号" if owner == "household" else "人员编号"
                self._loose(mark, f"“属于”的{what}“{of}”在主表里没有，请核对" if of else f"请填写属于哪个{what}", f'it belongs to "{of}", which is not on the main sheet')
                continue
            rows = self.parts[home].rows[collection]
            rows.append(row)
            rows.marks.append(mark)
            if entity == "person":
                self.home.setdefault(str(row.get("id", "")), home)

    def _employers(self, parts: _Parts) -> None:
        """Give a household the organisations that its own rows name; others are not its."""
        found = parts.rows["organisations"] = List(parts.row.file, parts.mark)
        for key in dict.fromkeys(str(row["at"]) for rows in parts.rows.values() for row in rows if "at" in row):
            if key in self.organisations:
                row, mark = self.organisations[key]
                found.append(row)
                found.marks.append(mark)

    def _at_cell(self, mark: Any, zh: str, en: str, key: str) -> None:
        self.faults.append(CellFault(layout.RECORD.zh, mark[0], self.letters.get((layout.RECORD.zh, key), ""), zh, en))

    def _loose(self, mark: Any, zh: str, en: str) -> None:
        self.faults.append(CellFault(getattr(mark, "sheet", ""), mark[0], "", zh, en))


def _household(pack: Pack, parts: _Parts, file: str, letters: Letters) -> LedgerHousehold:
    """Read one household: facts by the vocabulary, then what the register asks of people."""
    made = LedgerHousehold(str(parts.row["id"]).strip(), parts.mark[0], letters=letters)
    own = [_take(parts.row)] + [_take(row) for row in parts.rows["members"]]
    content = Map(file, parts.mark)
    content["households"] = List(file, parts.mark)
    content["households"].append(parts.row)
    content["households"].marks.append(parts.mark)
    content.update(parts.rows)
    for key in content:
        content.marks[key] = content.key_marks[key] = parts.mark
    made.digest = _digest(parts, own)
    made.area_code, made.address = str(own[0].get("area_code", "")), str(own[0].get("address", ""))
    if len(made.address) > ADDRESS_MOST:
        made.fault(layout.HOUSEHOLDS, made.row, f"住址最多 {ADDRESS_MOST} 个字", f"an address has at most {ADDRESS_MOST} characters", "address")
    try:
        given = HouseholdReader(pack, file).read(content)
    except HouseholdError as error:
        made.faults += [_cell_fault(f, made.key) for f in sorted(error.faults, key=lambda f: (f.file, f.line, f.column))]
        return made
    _fill(pack, made, given, parts, own[1:])
    return made


def _take(row: Map) -> dict[str, Any]:
    """Take the register's own cells out of a row, which the vocabulary does not know."""
    return {key: row.pop(key) for key in OWN_KEYS if key in row}


def _fill(pack: Pack, made: LedgerHousehold, given: Given, parts: _Parts, own: list[dict[str, Any]]) -> None:
    rows = {row.id: row for row in given.of_entity("person")}
    made.facts = _facts(pack, given.of_entity("household")[0])
    made.stated = sorted(c for c in given.collections if c not in ("households", "members"))
    for place, raw in enumerate(parts.rows["members"]):
        made.people.append(_person(pack, made, rows[str(raw["id"])], parts.rows["members"].at(place)[0], own[place]))
    keys = {p.key for p in made.people}
    for row in given.rows:
        if row.entity not in ("place", "household", "person"):
            of = row.of if row.of in keys and pack.vocabulary.entities[row.entity].belongs_to == "person" else ""
            made.items.append(LedgerItem(row.entity, row.id[:KEY_MOST], of or "", row.at or "", _facts(pack, row)))
    if given.record is not None:
        made.items += record_items(pack, made, given, parts.rows[RECORD])
        made.stated.append(RECORD)
    _kin(made)


def _person(pack: Pack, made: LedgerHousehold, row: GivenRow, line: int, own: dict[str, Any]) -> LedgerPerson:
    facts = _facts(pack, row)
    person = LedgerPerson(row.id[:KEY_MOST], (row.name or "").strip(), str(facts.pop(KINSHIP, "")), line)
    person.id_number = str(facts.pop("id_card", ""))
    if person.id_number and "birth_date" in facts and dt.date.fromisoformat(facts["birth_date"]) != ric.get_birth_date(person.id_number):
        made.fault(layout.MEMBERS, line, "出生日期和身份证号里的不一致，请核对", "the date of birth differs from the one in the ID number", "birth_date")
    if person.id_number:
        facts.setdefault("birth_date", ric.get_birth_date(person.id_number).isoformat())
    person.birth_date = dt.date.fromisoformat(facts["birth_date"]) if "birth_date" in facts else None
    person.facts = facts
    person.card_number = _card(made, line, own.get("card_number", ""))
    if not person.name or len(person.name) > NAME_MOST:
        made.fault(layout.MEMBERS, line, f"姓名要填，最多 {NAME_MOST} 个字", f"the name is needed, at most {NAME_MOST} characters", "name")
    return person


def _card(made: LedgerHousehold, line: int, value: Any) -> str:
    if isinstance(value, float):
        made.fault(layout.MEMBERS, line, "卡号须存为文字；按数字存会丢失末几位", "a card number must be stored as text; a number loses its last digits", "card_number")
        return ""
    number = "".join(str(value).split())
    if number and not (number.isascii() and number.isdigit() and len(number) in CARD_DIGITS):
        made.fault(layout.MEMBERS, line, f"卡号应为 {CARD_DIGITS[0]} 到 {CARD_DIGITS[-1]} 位数字", f"a card number has {CARD_DIGITS[0]} to {CARD_DIGITS[-1]} digits", "card_number")
    return number


def _kin(made: LedgerHousehold) -> None:
    """Everybody has a relation to the head, and one is the head; somebody alone is."""
    if not made.people:
        made.fault(layout.HOUSEHOLDS, made.row, "这一户在“人员”页没有人", "nobody on the sheet of members belongs to this household")
        return
    if len(made.people) == 1:
        made.people[0].relation = made.people[0].relation or "self"
    for person in made.people:
        if not person.relation:
            made.fault(layout.MEMBERS, person.row, "与户主关系要填（户主填“本人”）", "the relation to the head is needed (of the head: Applicant)", "relation")
    if all(p.relation for p in made.people) and not any(p.relation == "self" for p in made.people):
        made.fault(layout.HOUSEHOLDS, made.row, "这一户没有户主：请把一人的与户主关系填为“本人”", "the household has no head: one member's relation must be Applicant")


def _facts(pack: Pack, row: GivenRow) -> dict[str, Any]:
    """Return stated facts as JSON that reads back the same: dates as text, money in 元, sets as lists."""
    found: dict[str, Any] = dict(row.stated)
    for name, value in row.facts.items():
        fact = pack.vocabulary.facts[name]
        if isinstance(value, dt.date):
            value = value.isoformat()
        elif isinstance(value, frozenset):
            value = sorted(value)
        elif isinstance(value, int | Fraction) and not isinstance(value, bool):
            exact = Fraction(value) / 100 ** max(power_of(fact.unit, "元"), 0)
            value = exact.numerator if exact.denominator == 1 else float(exact)  # four decimals at most: reads back exactly
        found[name] = value
    return found


def _digest(parts: _Parts, own: list[dict[str, Any]]) -> str:
    """Return the hash of all cells of a household, by which a repeated import knows that nothing changed."""
    said = json.dumps([parts.row, parts.rows, own], ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()


def _cell_fault(fault: Fault, household: str = "") -> CellFault:
    sheet = fault.file.rpartition("[")[2].rstrip("]") if fault.file.endswith("]") else ""
    return CellFault(sheet, fault.line, column_letters(fault.column) if fault.column else "", fault.zh, fault.en, household)


def _once(households: list[LedgerHousehold]) -> None:
    """A person's number and an ID number belong to one person of the ledger."""
    keys: dict[str, str] = {}
    numbers: dict[str, int] = {}
    for household in households:
        for person in household.people:
            first = keys.setdefault(person.key, household.key)
            if first != household.key:
                household.fault(layout.MEMBERS, person.row, f"人员编号“{person.key}”在户“{first}”里已用过", f'the person number "{person.key}" is used in household "{first}" already', "id")
            if person.id_number and numbers.setdefault(person.id_number, person.row) != person.row:
                household.fault(layout.MEMBERS, person.row, f"身份证号和第 {numbers[person.id_number]} 行相同", f"the ID number is the one of row {numbers[person.id_number]}", "id_card")
