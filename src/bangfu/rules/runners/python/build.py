"""From stated facts to rows: slots for facts and results, owners, collections, the record."""

from __future__ import annotations

import datetime as dt
from typing import Any

from bangfu.rules.household import Given, GivenRow
from bangfu.rules.pack.model import Pack
from bangfu.rules.record_row import RecordRow
from bangfu.rules.runners.python.rows import Record, Row, Run, owner_of
from bangfu.rules.values import CLOSED, Unknown
from bangfu.rules.vocabulary import Fact


class Layout:
    """Where each fact and result stands in a row, per entity; made once for a pack."""

    def __init__(self, pack: Pack, receives: frozenset[str]) -> None:
        self.pack = pack
        self.slots: dict[str, dict[str, int]] = {name: {} for name in pack.vocabulary.entities}
        self.facts: dict[str, list[Fact]] = {name: [] for name in pack.vocabulary.entities}
        self.blank: dict[str, list[Any]] = {name: [] for name in pack.vocabulary.entities}
        self.answers: dict[str, int] = {}
        for fact in pack.vocabulary.facts.values():
            self._slot(fact.entity, fact.id, Unknown(frozenset({fact.id})))
            self.facts[fact.entity].append(fact)
        for entry in pack.entries.values():
            if entry.per is None:
                continue
            self._slot(entry.per, entry.id, Unknown(frozenset({entry.id})))
            self._slot(entry.per, f"result {entry.id}", None)
            self.answers[entry.id] = self.slots[entry.per][entry.id if entry.kind == "definition" else f"result {entry.id}"]
            if entry.id in receives:
                self._slot(entry.per, f"receives {entry.id}", Unknown(frozenset({entry.id})))
        self.gates = {name: self._gates(name) for name in pack.vocabulary.entities}
        self.kids = {name: self._unstated(name) for name in pack.vocabulary.entities}

    def _slot(self, entity: str, name: str, blank: Any) -> None:
        self.slots[entity][name] = len(self.blank[entity])
        self.blank[entity].append(blank)

    def _gates(self, entity: str) -> list[tuple[int, list[tuple[str, int, Any]]]]:
        """Return each gate's slot with the facts behind it and what they are once it is closed, outer gates first."""
        found: dict[int, list[tuple[str, int, Any]]] = {}
        slots = self.slots[entity]
        for fact in _gates_first(self.facts[entity]):
            if fact.gate:
                closed: Any = False if fact.type == "yes_no" else 0 if fact.type in ("money", "number") else CLOSED
                found.setdefault(slots[fact.gate], []).append((fact.id, slots[fact.id], closed))
        return list(found.items())

    def _unstated(self, owner: str) -> dict[str, Any]:
        """Return the collections of an owner as they are before anybody states them."""
        found: dict[str, Any] = {}
        for entity in self.pack.vocabulary.entities.values():
            if entity.collection is not None and owner in (entity.belongs_to, entity.at):
                found[entity.collection] = Unknown(frozenset({entity.collection}))
        return found

    def row(self, given: GivenRow, blank: list[Any]) -> Row:
        """Return a row with its stated facts (in a copy of ``blank``); what a closed gate answers is filled in."""
        slots = self.slots[given.entity]
        values = blank.copy()
        for name, value in given.facts.items():
            place = slots.get(name)
            if place is not None:
                values[place] = value
        for gate, behind in self.gates[given.entity]:
            if values[gate] is False or values[gate] is CLOSED:
                for name, place, closed in behind:
                    if name not in given.facts:
                        values[place] = closed
        row = Row(given.entity, given.id, values)
        row.kids = self.kids[given.entity].copy()
        row.stated = dict(given.stated)
        return row


def _gates_first(facts: list[Fact]) -> list[Fact]:
    """Order gated facts so that a gate behind a gate is closed before what hangs on it."""
    ordered: list[Fact] = []
    known = {f.id for f in facts if not f.gate}
    rest = [f for f in facts if f.gate]
    while rest:
        ready = [f for f in rest if f.gate in known] or rest
        ordered += ready
        known |= {f.id for f in ready}
        rest = [f for f in rest if f not in ready]
    return ordered


def build_run(layout: Layout, given: Given, today: dt.date, basis: str, blank: dict[str, list[Any]] | None = None) -> Run:
    """Return all rows of the stated facts, linked and dated, with the record; ``blank`` is what their slots start from."""
    blank = layout.blank if blank is None else blank
    vocabulary = layout.pack.vocabulary
    rows: dict[str, list[Row]] = {name: [] for name in vocabulary.entities}
    index: dict[tuple[str, str], Row] = {}
    for stated in given.rows:
        row = layout.row(stated, blank[stated.entity])
        rows[stated.entity].append(row)
        index[stated.entity, stated.id] = row
    run = Run(today, basis, Record(given.record is not None), rows)
    for stated in given.rows:
        row = index[stated.entity, stated.id]
        entity = vocabulary.entities[stated.entity]
        row.run = run
        row.up = index.get((entity.belongs_to, stated.of)) if entity.belongs_to and stated.of is not None else None
        row.at = index.get((entity.at, stated.at)) if entity.at and stated.at else None
        if entity.date:
            row.date = row.v[layout.slots[entity.id][entity.date]] if entity.claim or entity.date else None
    _collections(layout, given, rows)
    if given.record is not None:
        _record(layout, run, given.record, index)
    return run


def _collections(layout: Layout, given: Given, rows: dict[str, list[Row]]) -> None:
    for entity in layout.pack.vocabulary.entities.values():
        if entity.collection is None or entity.collection not in given.collections:
            continue
        for owner_entity, link in ((entity.belongs_to, "up"), (entity.at, "at")):
            if owner_entity is None:
                continue
            for owner in rows[owner_entity]:
                owner.kids[entity.collection] = []
            for row in rows[entity.id]:
                owner_row = getattr(row, link)
                if owner_row is not None:
                    owner_row.kids[entity.collection].append(row)


def _record(layout: Layout, run: Run, record: list[RecordRow], index: dict[tuple[str, str], Row]) -> None:
    for item in record:
        entry = layout.pack.entries.get(item.entry)
        if entry is None or entry.per is None:
            continue
        row = _record_target(layout, run, item, entry.per, index)
        if row is None:
            continue
        run.record.by_row.setdefault((item.entry, row.entity, row.id), []).append(item)
        owner = owner_of(row)
        run.record.by_owner.setdefault((item.entry, owner.entity, owner.id), []).append(item)


def _record_target(layout: Layout, run: Run, item: RecordRow, per: str, index: dict[tuple[str, str], Row]) -> Row | None:
    """Return the row that a record row speaks of: the claim, the row itself, or the owner it names."""
    for wanted in (item.claim, item.of):
        if wanted is not None and (per, wanted) in index:
            return index[per, wanted]
    if item.of is not None:
        for entity in layout.pack.vocabulary.entities:
            row = index.get((entity, item.of))
            here = row
            while here is not None:
                if here.entity == per:
                    return here
                here = here.up
            if row is not None:
                return row
    candidates = run.rows[per]
    return candidates[0] if len(candidates) == 1 else None
