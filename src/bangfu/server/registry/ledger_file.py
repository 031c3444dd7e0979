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
from bangfu.rules.ledger.read import NONE_WORDS, LedgerReader, SheetMark
from bangfu.rules.pack.model import Pack
from bangfu.rules.units import power_of
from bangfu.rules.vocabulary import Label
from bangfu.rules.yaml_source import List, Map
from bangfu.server.registry.identity import CARD_DIGITS
from bangfu.server.registry.ledger_record import RECORD, record_items, sort_record
from bangfu.server.registry.sheet_words import SheetWords

HOUSEHOLD_COLUMNS = (Column("area_code", Label("社区代码", "community code")), Column("address", Label("住址", "address")))
CARD_COLUMN = Column("card_number", Label("一卡通卡号", "card number"))
OF = layout.OTHER_COLUMNS[2]
OWN_KEYS = ("area_code", "address", "card_number")
KEY_MOST, NAME_MOST, ADDRESS_MOST = 40, 60, 200
KINSHIP = "relation"
OF_ROWS = ("ID-TWICE", "ID-NEEDED", "LINK", "HOUSEHOLD-SIZE", "TWO-HEADS")
"""Codes of faults that are of a whole row."""
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

    @property
    def told(self) -> str:
        """Return it as one Chinese sentence, with its cell."""
        cell = (f"第 {self.row} 行" if self.row else "") + (f" {self.column} 列" if self.column else "")
        return f"“{self.sheet}”{cell}：{self.zh}" if self.sheet else self.zh


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
        self.none: list[tuple[str, str, SheetMark]] = []
        """Kinds of which a row of the long sheet says 无, and of whom: a household, a person, or nobody named (all)."""

    def columns(self, entity: str) -> list[Column]:
        """Return the columns of a main sheet."""
        return layout.columns(self.pack, entity, more_columns(self.pack)[entity])

    def _heads(self, rows: list[list[Any]], title: str, known: list[Column]) -> dict[int, Column]:
        found = super()._heads(rows, title, known)
        self.letters |= {(title, column.key): column_letters(place + 1) for place, column in found.items()}
        return found

    def _row(self, cells: dict[Column, tuple[Any, SheetMark]], number: int, title: str) -> Map:
        return super()._row({c: cell for c, cell in cells.items() if not (isinstance(cell[0], str) and MASKED.match(cell[0]))}, number, title)

    def _other_row(self, cells: dict[str, tuple[Any, SheetMark]], mark: SheetMark, content: Map, made: dict[tuple[str, str], Map]) -> None:
        entity = next((e for e in self.pack.vocabulary.entities.values() if e.collection and str(cells.get("collection", ("",))[0]).strip() in (e.label.zh, e.collection)), None)
        if entity is None or entity.collection is None or "fact" in cells or str(cells.get("id", ("",))[0]).strip() not in NONE_WORDS:
            super()._other_row(cells, mark, content, made)
            return
        value, at = cells.get("of", ("", mark))
        self.none.append((entity.collection, str(super()._cell(OF, value)).strip() if value else "", at))

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
    words = SheetWords(pack)
    loose = [_cell_fault(f, words, reader.letters) for f in reader.reader.faults]
    sorter = _Sorter(pack, content, reader)
    loose += sorter.faults
    households = [_household(pack, parts, words, reader) for parts in sorter.parts.values()]
    _once(households)
    return LedgerBook(households, loose, list(_notices(pack, sorter.parts)))


def _notices(pack: Pack, parts: dict[str, _Parts]) -> Iterator[str]:
    """Say how many households a filled sheet does not name: what is known of them stays."""
    for entity in pack.vocabulary.entities.values():
        without = sum(1 for part in parts.values() if entity.collection not in part.rows)
        if entity.collection and entity.id not in ("household", "person", "organisation") and 0 < without < len(parts):
            yield f"“{layout.OTHERS.zh}”里的“{entity.label.zh}”没有提到 {without} 户：这些户的不变。确实没有的，请写一行：类别填“{entity.label.zh}”，编号填“无”，“属于”填户编号"
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
    """Sorts the rows of all sheets by household; rows that belong to none are faults.

    A household whose kinds of things the long sheet does not name says nothing of them.
    """

    def __init__(self, pack: Pack, content: Map, reader: RegisterReader) -> None:
        self.pack, self.letters, self.faults = pack, reader.letters, list[CellFault]()
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
        for collection, of, mark in reader.none:
            self._none(content, collection, of, mark)
        sort_record(content.get(RECORD), self.parts, self.home, self._at_cell)

    def _household(self, row: Map, mark: Any) -> None:
        key = str(row.get("id", "")).strip()
        if not key or len(key) > KEY_MOST:
            self._loose(mark, f"户编号要填，最多 {KEY_MOST} 个字", f"the household number is needed, at most {KEY_MOST} characters", "id")
        elif key in self.parts:
            first = self.parts[key].mark[0]
            self._loose(mark, f"户编号“{key}”出现两次（首次在第 {first} 行），请改成不同的编号或删去一行", f'the household number "{key}" appears twice (first in row {first}): change one or delete the row', "id")
        else:
            self.parts[key] = _Parts(row, mark)

    def _sort(self, content: Map, collection: str, entity: str) -> None:
        for parts in self.parts.values() if entity == "person" else ():
            parts.rows[collection] = List(content.file, parts.mark)
        owner = self.pack.vocabulary.entities[entity].belongs_to
        for place, row in enumerate(content[collection]):
            mark, of = content[collection].at(place), str(row.get("of", "")).strip()
            home = of if owner == "household" else self.home.get(of, "")
            if home not in self.parts:
                what = "户编号" if owner == "household" else "人员编号"
                heading = what if entity == "person" else "属于"
                zh = f"“{heading}”里的“{of}”在主表里没有，请核对" if of else f"“{heading}”要填：写{what}"
                self._loose(mark, zh, f'it belongs to "{of}", which is not on the main sheet' if of else "whose it is must be filled in (a number)", "of")
                continue
            rows = self.parts[home].rows.setdefault(collection, List(content.file, mark))
            rows.append(row)
            rows.marks.append(mark)
            if entity == "person":
                self.home.setdefault(str(row.get("id", "")), home)

    def _employers(self, parts: _Parts) -> None:
        """Give a household the organisations that its own rows name; others are not its."""
        found = List(parts.row.file, parts.mark)
        for key in dict.fromkeys(str(row["at"]) for rows in parts.rows.values() for row in rows if "at" in row):
            if key in self.organisations:
                row, mark = self.organisations[key]
                found.append(row)
                found.marks.append(mark)
        if found:
            parts.rows["organisations"] = found

    def _none(self, content: Map, collection: str, of: str, mark: SheetMark) -> None:
        """Let one household say that it has none of a kind, or all that name none."""
        home = of if of in self.parts else self.home.get(of, "")
        if of and home not in self.parts:
            self._loose(mark, f"“属于”里的“{of}”在主表里没有，请核对", f'it belongs to "{of}", which is not on the main sheet', "of")
        for key in [home] if of else self.parts:
            if key in self.parts:
                self.parts[key].rows.setdefault(collection, List(content.file, mark))

    def _at_cell(self, mark: Any, zh: str, en: str, key: str) -> None:
        self.faults.append(CellFault(layout.RECORD.zh, mark[0], self.letters.get((layout.RECORD.zh, key), ""), zh, en))

    def _loose(self, mark: Any, zh: str, en: str, key: str) -> None:
        sheet = getattr(mark, "sheet", "")
        self.faults.append(CellFault(sheet, mark[0], self.letters.get((sheet, key), ""), zh, en))


def _household(pack: Pack, parts: _Parts, words: SheetWords, reader: RegisterReader) -> LedgerHousehold:
    """Read one household: facts by the vocabulary, then what the register asks of people."""
    file, letters = reader.path.name, reader.letters
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
        made.faults += [_cell_fault(f, words, letters, made.key) for f in sorted(error.faults, key=lambda f: (f.file, f.line, f.column))]
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
    _kin(made, pack.vocabulary.facts[KINSHIP].label)


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


def _kin(made: LedgerHousehold, heading: Label) -> None:
    """Everybody has a relation to the head, and one is the head; somebody alone is."""
    if not made.people:
        made.fault(layout.HOUSEHOLDS, made.row, "这一户在“人员”页没有人", "nobody on the sheet of members belongs to this household")
        return
    if len(made.people) == 1:
        made.people[0].relation = made.people[0].relation or "self"
    for person in made.people:
        if not person.relation:
            made.fault(layout.MEMBERS, person.row, f"“{heading.zh}”要填（户主填“本人”）", f'"{heading.en}" is needed (of the head: Applicant)', "relation")
    if all(p.relation for p in made.people) and not any(p.relation == "self" for p in made.people):
        made.fault(layout.HOUSEHOLDS, made.row, f"这一户没有户主：请把一人的“{heading.zh}”填为“本人”", f'the household has no head: one member\'s "{heading.en}" must be Applicant')


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


def _cell_fault(fault: Fault, words: SheetWords, letters: Letters, household: str = "") -> CellFault:
    """Return a fault at its cell; one of a whole row lies where the row is named, or says whose it is."""
    sheet = fault.file.rpartition("[")[2].rstrip("]") if fault.file.endswith("]") else ""
    key = "of" if fault.code == "LINK" and not fault.en.startswith("the organisation") else "id" if fault.code in OF_ROWS else ""
    column = letters.get((sheet, key), "") if key else column_letters(fault.column) if fault.column else ""
    return CellFault(sheet, fault.line, column, words.text(fault.zh, "zh"), words.text(fault.en, "en"), household)


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
