"""Households as an Excel ledger that can be read back: marked with who took it and when, safe to open, numbers masked.

The mark of the export stands in a column without heading, which a later import does not read.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from bangfu.rules.ledger import layout
from bangfu.rules.ledger.layout import Column
from bangfu.rules.ledger.read import NONE_WORDS
from bangfu.rules.pack.model import Pack
from bangfu.server.registry.identity import masked, reveal_id_number
from bangfu.server.registry.ledger_file import KINSHIP, more_columns
from bangfu.server.registry.ledger_record import RECORD
from bangfu.server.registry.marked import ROWS_MOST, Mark, MarkedBook, MarkedSheet
from bangfu.server.registry.models import CurrentFacts, Household, Item, Membership, StatedCollection
from bangfu.server.registry.roll import Roll

HOUSEHOLDS_MOST = 5000
"""So many are given at once; more are a job (``export_actions``)."""
BATCH = 500


def workbook(pack: Pack, households: Iterable[Household], mark: Mark) -> bytes:
    """Return the ledger of some households that the caller fetched through the scope door."""
    made = io.BytesIO()
    ledger = LedgerWriter(pack, made, mark)
    for batch in _batches(households):
        ledger.write(batch)
    ledger.close()
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


def _heads(columns: Iterable[Column]) -> list[tuple[str, str]]:
    return [(c.key, c.label.zh) for c in columns]


class LedgerWriter:
    """Writes households with their people, items, record and current facts, a batch at a time; memory does not grow with them."""

    def __init__(self, pack: Pack, target: Path | BinaryIO, mark: Mark) -> None:
        self.pack, self.mark, self.book = pack, mark, MarkedBook(target, mark)
        more = more_columns(pack)
        self.homes = self.book.sheet(layout.HOUSEHOLDS.zh, _heads(layout.columns(pack, "household", more["household"])))
        self.people = self.book.sheet(layout.MEMBERS.zh, _heads(layout.columns(pack, "person", more["person"])))
        self.others = self.book.sheet(layout.OTHERS.zh, _heads(layout.OTHER_COLUMNS))
        self.record = self.book.sheet(layout.RECORD.zh, _heads(layout.RECORD_COLUMNS))
        self.labels = {e.id: e.label.zh for e in pack.vocabulary.entities.values()}

    @property
    def is_full(self) -> bool:
        """Tell whether a sheet is so long that the next batch belongs into another workbook."""
        return max(sheet.line for sheet in (self.homes, self.people, self.others, self.record)) > ROWS_MOST

    def close(self, more: Iterable[str] = ()) -> None:
        """End the workbook, with lines for the sheet that says what it is."""
        self.book.close(list(more))

    def write(self, batch: list[Household]) -> None:
        """Write a batch, in six queries."""
        keys = [h.pk for h in batch]
        held: dict[int, list[Membership]] = defaultdict(list)
        for member in Membership.objects.filter(household__in=keys, until=None).select_related("person").order_by("since", "pk"):
            held[member.household_id].append(member)
        facts = {(c.household_id, c.person_id, c.item_id): c.facts for c in CurrentFacts.objects.filter(household__in=keys)}
        items: dict[int, list[Item]] = defaultdict(list)
        for item in Item.objects.filter(household__in=keys, withdrawn=False).select_related("at"):
            items[item.household_id].append(item)
        known = set(StatedCollection.objects.filter(household__in=keys, collection=RECORD).values_list("household", flat=True))
        for home in batch:
            self._home(home, facts.get((home.pk, None, None), {}))
            for member in sorted(held[home.pk], key=lambda m: m.relation != "self"):
                self._member(home, member, facts.get((home.pk, member.person_id, None), {}))
            counting = Roll(tuple(held[home.pk]), tuple(items[home.pk])).counting
            for item in counting:
                write = self._held if item.entity == RECORD else self._item
                write(home, item, facts.get((home.pk, None, item.pk), {}))
            if home.pk in known and not any(item.entity == RECORD for item in counting):
                self.record.append({"entry": NONE_WORDS[0], "of": home.number})

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

    def _row(self, sheet: MarkedSheet, row: dict[str, Any], facts: dict[str, Any], entity: str, key: str, of: str) -> None:
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

    def _held(self, home: Household, item: Item, facts: dict[str, Any]) -> None:
        """Write what is or was received. An entry that the pack does not know any more stands by its name."""
        entry = self.pack.entries.get(facts.get("entry", ""))
        row: dict[str, Any] = {name: facts[name] for name in ("from", "until", "paid_on", "amount", "quantity") if name in facts}
        whose = {"of": f"P{item.of_id}" if item.of_id else home.number, "claim": item.at.key if item.at else None}
        self.record.append({"entry": entry.label.zh if entry is not None else facts.get("entry"), **whose, **row})

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
            return "、".join(codes[v].zh if v in codes else str(v) for v in value) or NONE_WORDS[0]  # blank would be unknown
        return codes[value].zh if isinstance(value, str) and value in codes else value
