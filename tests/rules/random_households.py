"""Random households for tests: what is stated lies inside its bounds, closed gates stay closed, some rows are on record."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

from bangfu.rules.household import Given, GivenRow
from bangfu.rules.pack.model import Pack
from bangfu.rules.record_row import RecordRow

ON = {"wuchang": dt.date(2023, 6, 30), "bengbu": dt.date(2020, 6, 30)}


def on(place: str) -> dt.date:
    """Return a day inside a place's force."""
    return ON.get(place, dt.date(2024, 6, 30))


def value_of(fact: Any, pack: Pack, dice: random.Random) -> Any:
    """Return a random value inside a fact's bounds."""
    if fact.type == "yes_no":
        return dice.random() < 0.5
    if fact.type == "code":
        return dice.choice(list(pack.vocabulary.codes[fact.codes].codes))
    if fact.type == "codes":
        codes = list(pack.vocabulary.codes[fact.codes].codes)
        return frozenset(dice.sample(codes, dice.randint(0, 2)))
    if fact.type == "date":
        return dt.date(dice.choice([1935, 1960, 1985, 2010, 2019, 2022]), dice.randint(1, 12), dice.randint(1, 28))
    low, high = int(fact.low or 0), int(min(fact.high, 5_000_000))
    return dice.choice([low, high, dice.randint(low, high), min(high, low + dice.randint(0, 300_000))])


def household(pack: Pack, seed: int, *, stated: float) -> Given:  # noqa: C901 - one branch for each type of fact
    """Return a random household of up to four members with claims; about ``stated`` of the facts are stated."""
    dice = random.Random(seed)
    rows = [GivenRow("place", "place"), GivenRow("household", "household", "place"), GivenRow("organisation", "F", "place")]
    people = [f"P{n}" for n in range(dice.randint(1, 4))]
    rows += [GivenRow("person", name, "household") for name in people]
    collections = {"members", "households", "organisations"}
    for entity in pack.vocabulary.entities.values():
        if entity.collection in collections or entity.collection is None:
            continue
        collections.add(entity.collection)
        for number in range(dice.randint(0, 2)):
            of = dice.choice(people) if entity.belongs_to == "person" else "household"
            rows.append(GivenRow(entity.id, f"{entity.id}{number}", of, "F" if entity.at else None))
    for row in rows:
        closed: set[str] = set()
        for fact in pack.vocabulary.facts_of(row.entity):
            if fact.kind == "text" or dice.random() > stated or fact.gate in closed:
                closed |= {fact.id} if fact.gate in closed else set()
                continue
            row.facts[fact.id] = value_of(fact, pack, dice)
            if row.facts[fact.id] is False:
                closed.add(fact.id)
        for name in [n for n in row.facts if _behind_no(pack, n, row)]:
            del row.facts[name]
        for entry in pack.entries.values():
            if entry.kind == "recognition" and entry.per == row.entity and dice.random() < 0.3:
                row.stated[entry.id] = dice.random() < 0.6
    return Given(rows, collections, [] if dice.random() < 0.7 else None)


def _behind_no(pack: Pack, name: str, row: GivenRow) -> bool:
    gate = pack.vocabulary.facts[name].gate
    while gate:
        if row.facts.get(gate) is False:
            return True
        gate = pack.vocabulary.facts[gate].gate
    return False


def with_record(pack: Pack, given: Given, seed: int, today: dt.date) -> Given:
    """Put random rows on record: grants held before and now, payments of this and earlier years, some without a sum."""
    dice = random.Random(seed)
    given.record = []
    names = sorted(e.id for e in pack.entries.values() if e.per is not None and (e.is_benefit or e.kind == "recognition"))
    for name in dice.sample(names, min(len(names), 25)):
        entry = pack.entries[name]
        rows = [row for row in given.rows if row.entity == entry.per]
        if rows:
            given.record += _lines(pack, name, dice.choice(rows), dice, today)
    return given


def _lines(pack: Pack, name: str, row: GivenRow, dice: random.Random, today: dt.date) -> list[RecordRow]:
    entry = pack.entries[name]
    claim = pack.vocabulary.entities[row.entity].claim
    since = today - dt.timedelta(days=dice.choice([0, 1, 29, 31, 200, 364, 366, 800, 1200]))
    until = None if dice.random() < 0.6 else since + dt.timedelta(days=dice.choice([30, 365, 900]))
    amount = dice.choice([100, 50_000, 123_456, 2_000_000])
    found = []
    if not claim and dice.random() < 0.6:
        found.append(RecordRow(name, row.id, since=since, until=until, amount=amount if dice.random() < 0.7 else None))
    if entry.is_benefit:
        of, own = (row.of, row.id) if claim else (row.id, None)
        sure = dice.random() < 0.8
        found.append(RecordRow(name, of, own, paid_on=since, amount=amount if sure else None, quantity=dice.choice([None, 1, 12])))
    return found
