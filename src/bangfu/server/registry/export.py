"""Households as an Excel ledger that can be read back: marked with who took it and when, safe to open, numbers masked.

Every text is written as text and, where a spreadsheet might take it for a formula, with the mark that forbids it. Each row
carries the mark of the export in a column without heading, which a later import does not read.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter

from bangfu.rules.ledger import layout
from bangfu.rules.ledger.layout import Column
from bangfu.rules.pack.model import Pack
from bangfu.server.registry.identity import masked, reveal_id_number
from bangfu.server.registry.ledger_file import KINSHIP, more_columns
from bangfu.server.registry.models import CurrentFacts, Household, Item, Membership

HOUSEHOLDS_MOST = 5000
BATCH = 500
RISKY = re.compile(r"^[=+\-@\t\r]")
NOTE = "导出说明"


@dataclass(frozen=True, slots=True)
class Mark:
    """Who took an export, when, under which number of the audit, and whether with whole ID numbers."""

    who: str
    when: dt.datetime
    number: int
    reason: str
    revealed: bool = False

    @property
    def line(self) -> str:
        """Return the mark as it stands in each row and on each printed page."""
        return f"{self.who} {self.when:%Y-%m-%d %H:%M} 导出 {self.number}"


class _Sheet:
    """A sheet with the two rows of headings; rows are appended."""

    def __init__(self, book: Any, style: dict[str, Any], title: str, columns: Sequence[Column], mark: Mark) -> None:
        self.sheet, self.style, self.mark, self.line = book.add_worksheet(title), style, mark, layout.HEADER_ROWS
        self.place = {c.key: n for n, c in enumerate(columns)}
        for column in columns:
            self.sheet.write_string(0, self.place[column.key], column.label.zh, style["head"])
            self.sheet.write_string(1, self.place[column.key], column.key, style["key"])
        self.sheet.freeze_panes(layout.HEADER_ROWS, 2)
        self.sheet.set_column(0, len(columns) - 1, 16)
        self.sheet.set_header(f"&C&9{mark.line}")
        self.sheet.set_footer(f"&L&9{mark.line}　内含个人信息，请妥善保管&R&9&P / &N")

    def append(self, row: dict[str, Any]) -> None:
        """Write one row."""
        for key, value in row.items():
            if value is None or value == "":
                continue
            if isinstance(value, int | float) and not isinstance(value, bool):
                self.sheet.write_number(self.line, self.place[key], value)
            else:
                text = str(value)
                self.sheet.write_string(self.line, self.place[key], text, self.style["risky" if RISKY.match(text) else "text"])
        self.sheet.write_string(self.line, len(self.place) + 1, self.mark.line, self.style["key"])
        self.line += 1


def workbook(pack: Pack, households: Iterable[Household], mark: Mark) -> bytes:
    """Return the ledger of some households that the caller fetched through the scope door."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
    book.set_properties({"author": mark.who, "comments": mark.line, "created": mark.when.replace(tzinfo=None)})
    style = {
        "head": book.add_format({"bold": True, "bg_color": "#DCE6F1", "text_wrap": True, "valign": "top", "border": 1}),
        "key": book.add_format({"font_color": "#808080", "font_size": 8}), "text": book.add_format({"num_format": "@"}),
        "risky": book.add_format({"num_format": "@", "quote_prefix": True}),
    }  # fmt: skip
    more = more_columns(pack)
    homes = _Sheet(book, style, layout.HOUSEHOLDS.zh, layout.columns(pack, "household", more["household"]), mark)
    people = _Sheet(book, style, layout.MEMBERS.zh, layout.columns(pack, "person", more["person"]), mark)
    others = _Sheet(book, style, layout.OTHERS.zh, layout.OTHER_COLUMNS, mark)
    writer = _Writer(pack, homes, people, others, mark)
    for batch in _batches(households):
        writer.write(batch)
    _note(book, mark)
    book.close()
    return made.getvalue()


def _batches(households: Iterable[Household]) -> Iterator[list[Household]]:
    waiting: list[Household] = []
    for household in households:
        waiting.append(household)
        if len(waiting) == BATCH:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _note(book: Any, mark: Mark) -> None:
    sheet = book.add_worksheet(NOTE)
    sheet.set_column(0, 0, 90)
    for row, line in enumerate((
        f"导出人：{mark.who}", f"导出时间：{mark.when:%Y-%m-%d %H:%M}", f"导出编号：{mark.number}（审计查询可查）", f"理由：{mark.reason}",
        "身份证号：完整" if mark.revealed else "身份证号：只显示后四位", "内含个人信息，只能用于上述理由，用完请删除。",
    )):  # fmt: skip
        sheet.write_string(row, 0, line)


class _Writer:
    """Writes households with their people, items and current facts."""

    def __init__(self, pack: Pack, homes: _Sheet, people: _Sheet, others: _Sheet, mark: Mark) -> None:
        self.pack, self.homes, self.people, self.others, self.mark = pack, homes, people, others, mark
        self.labels = {e.id: e.label.zh for e in pack.vocabulary.entities.values()}

    def write(self, batch: list[Household]) -> None:
        """Write a batch, in five queries."""
        keys = [h.pk for h in batch]
        held: dict[int, list[Membership]] = defaultdict(list)
        for member in Membership.objects.filter(household__in=keys, until=None).select_related("person").order_by("since", "pk"):
            held[member.household_id].append(member)
        facts = {(c.household_id, c.person_id, c.item_id): c.facts for c in CurrentFacts.objects.filter(household__in=keys)}
        items: dict[int, list[Item]] = defaultdict(list)
        for item in Item.objects.filter(household__in=keys, withdrawn=False).select_related("at"):
            items[item.household_id].append(item)
        for home in batch:
            self._home(home, facts.get((home.pk, None, None), {}))
            for member in sorted(held[home.pk], key=lambda m: m.relation != "self"):
                self._member(home, member, facts.get((home.pk, member.person_id, None), {}))
            for item in items[home.pk]:
                self._item(home, item, facts.get((home.pk, None, item.pk), {}))

    def _home(self, home: Household, facts: dict[str, Any]) -> None:
        row = {"id": home.number, "area_code": home.area.code, "address": home.address}
        self._row(self.homes, row, facts, "household", home.number, "")

    def _member(self, home: Household, member: Membership, facts: dict[str, Any]) -> None:
        person = member.person
        number = reveal_id_number(person) if self.mark.revealed else masked(person)
        born = person.birth_date.isoformat() if person.birth_date else None
        row: dict[str, Any] = {
            "of": home.number, "id": f"P{person.pk}", "name": person.name, "id_card": number, "card_number": f"****{person.card_last4}" if person.card_last4 else "",
        }  # fmt: skip
        known = {"birth_date": born, **facts, KINSHIP: member.relation} if born else {**facts, KINSHIP: member.relation}
        self._row(self.people, row, known, "person", f"P{person.pk}", home.number)

    def _row(self, sheet: _Sheet, row: dict[str, Any], facts: dict[str, Any], entity: str, key: str, of: str) -> None:
        """Write what has a column into the main sheet, the rest into the long one."""
        for fact, value in facts.items():
            if fact in sheet.place:
                row[fact] = self._shown(fact, value)
            else:
                self._other(entity, key, of, fact, value)
        sheet.append(row)

    def _item(self, home: Household, item: Item, facts: dict[str, Any]) -> None:
        of = "" if item.entity == "organisation" else f"P{item.of_id}" if item.of_id else home.number
        if item.at is not None:
            facts = {**facts, "at": item.at.key}
        for fact, value in facts.items():
            self._other(item.entity, item.key, of, fact, value)

    def _other(self, entity: str, key: str, of: str, fact: str, value: Any) -> None:
        known = self.pack.vocabulary.facts.get(fact)
        label = known.label.zh if known is not None else fact
        self.others.append({"collection": self.labels.get(entity, entity), "id": key, "of": of, "fact": label, "value": self._shown(fact, value)})

    def _shown(self, fact: str, value: Any) -> Any:
        """Return a value as the ledger's reader takes it."""
        known = self.pack.vocabulary.facts.get(fact)
        codes = self.pack.vocabulary.codes[known.codes].codes if known is not None and known.codes else {}
        if isinstance(value, bool):
            return layout.YES_NO[0 if value else 1]
        if isinstance(value, list):
            return "、".join(codes[v].zh if v in codes else str(v) for v in value)
        return codes[value].zh if isinstance(value, str) and value in codes else value
