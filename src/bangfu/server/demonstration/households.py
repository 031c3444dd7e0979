"""Put made-up households on the register in bulk: the same rows that the register's own actions would make, in seconds."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from bangfu.rules.engine import Engine
from bangfu.rules.vocabulary import Fact
from bangfu.server.areas.models import Area
from bangfu.server.areas.scope import Scope
from bangfu.server.areas.selectors import communities_within
from bangfu.server.assessment.engines import engine_of
from bangfu.server.audit.acting import current_actor
from bangfu.server.audit.models import Entry
from bangfu.server.calendar import clock
from bangfu.server.calendar.clock import HERE
from bangfu.server.demonstration.drawn import Drawn, Row, draw, facts_of, plain, sent_facts
from bangfu.server.demonstration.names import (
    address_of,
    bears,
    birthday_on_card,
    id_number_of,
    name_of,
    share,
    surname_of,
)
from bangfu.server.demonstration.plausible import WORKING_AGE, Possible, age_on, content_of, may_be_decided, sensible
from bangfu.server.registry.actions import set_names
from bangfu.server.registry.current import STRENGTH, Subject, facts_now
from bangfu.server.registry.enums import EventKind, Source
from bangfu.server.registry.identity import set_id_number
from bangfu.server.registry.make_up import as_made
from bangfu.server.registry.models import (
    CurrentFacts,
    Event,
    Household,
    Item,
    Membership,
    Observation,
    Person,
    StatedCollection,
)

SEED = 20230915
EVIDENCE = "虚构示例"
THOROUGH, VISITED, BARE = 5, 25, 8
"""Percent of households that were asked everything, were visited, and that said next to nothing so far."""
LARGE_EVERY = 60
LARGE_SAVINGS = 1_286_430
"""Every so many households one has savings in seven digits: pages must bear them."""
GROWN_UP = ("job", "course")
"""What is drawn for anybody, and looks odd for a child, is left out for children."""
BATCH = 2000
RECORD = "record"


class Said(NamedTuple):
    """One statement before its rows have keys."""

    person: Person | None
    item: Item | None
    fact: str
    value: Any
    source: Source
    on: dt.date
    at: dt.datetime


@dataclass(slots=True)
class Made:
    """One household with all rows that belong to it, not saved yet."""

    household: Household
    members: list[tuple[Person, Membership]]
    items: list[Item]
    said: list[Said]
    stated: list[StatedCollection]


def make_households(district: Area, people: int) -> int:
    """Put at least so many made-up people on the register of a district; return how many households they are."""
    engine, day = engine_of(district.place), clock.today()
    drawn, organisations = draw(engine, people, SEED + int(district.code), day)  # or the same people live in every district
    communities = list(communities_within(Scope.of([district])))
    maker = Maker(engine, district, day, organisations)
    made = [maker.household(one, communities[place % len(communities)], place) for place, one in enumerate(drawn)]
    _save(made, day)
    return len(made)


class Maker:
    """Turns drawn households of one district into rows."""

    def __init__(self, engine: Engine, district: Area, day: dt.date, organisations: dict[str, Row]) -> None:
        self.engine, self.district, self.day, self.organisations = engine, district, day, organisations
        self.moment = clock.now()
        vocabulary = engine.pack.vocabulary
        self.facts: dict[str, dict[str, Fact]] = {name: {f.id: f for f in vocabulary.facts_of(name)} for name in vocabulary.entities}
        self.recognitions = {e.id for e in engine.pack.entries.values() if e.kind == "recognition"}
        self.collections = {name: e.collection for name, e in vocabulary.entities.items() if e.collection and name not in ("household", "person")}
        self.numbers: Counter[int] = Counter()
        self.born: Counter[dt.date] = Counter()

    def household(self, drawn: Drawn, community: Area, place: int) -> Made:
        """Return the rows of one household."""
        opened = drawn.household.get("applied_on") or self.day - dt.timedelta(days=30 + share("opened", place) * 5)
        self.numbers[opened.year] += 1
        household = Household(
            number=f"{self.district.code}-{opened.year}-{self.numbers[opened.year]:06d}", area=community, area_code=community.low,
            address=address_of(community.name, place), opened_on=opened,
        )  # fmt: skip
        made = Made(household, [], [], [], [])
        teller = Teller(self, made, drawn, place)
        teller.state(drawn.household, "household", None, None)
        house, of_it = surname_of(drawn.household["id"]), {row["id"] for row in drawn.people if bears(row["relation"], row["sex"])}
        people = {row["id"]: self._member(made, row, house if row["id"] in of_it else "", len(of_it) > 1) for row in drawn.people}
        as_made(household, people.values())
        for row in drawn.people:
            teller.state(row, "person", people[row["id"]], None)
        self._claims(made, drawn, people, teller)
        return made

    def _member(self, made: Made, row: Row, house: str, shared: bool) -> Person:
        person = Person(area_code=made.household.area_code, birth_date=row["birth_date"])
        set_names(person, name_of(row["id"], house or surname_of(row["id"]), row["sex"], row["birth_date"], shares=bool(house) and shared))
        born = row["birth_date"]
        if born is not None and share("number", row["id"]) < 95:  # some brought no card
            on_card = birthday_on_card(born)
            self.born[on_card] += 1
            set_id_number(person, id_number_of(self.district.code, on_card, row["sex"], self.born[on_card]))
        relation = row["relation"] or "other_relative"
        made.members.append((person, Membership(household=made.household, person=person, relation=relation, since=made.household.opened_on)))
        return person

    def _claims(self, made: Made, drawn: Drawn, people: dict[str, Person], teller: Teller) -> None:
        items: dict[str, Item] = {}
        children = {row["id"] for row in drawn.people if (age := age_on(row["birth_date"], self.day)) is not None and age < WORKING_AGE}
        for entity, rows in drawn.claims.items():
            for row in rows:
                if entity in GROWN_UP and row["of"] in children:
                    continue
                item = items[row["id"]] = self._item(made, entity, row["id"], people.get(row["of"]))
                if row.get("at") is not None:
                    item.at = items.get(row["at"]) or self._organisation(made, row["at"], items, teller)
                teller.state(row, entity, None, item)
        if not teller.bare:
            made.stated = [StatedCollection(household=made.household, collection=name) for name in (*self.collections.values(), RECORD)]
        rows = [row for row in drawn.record if row["claim"] is None or row["claim"] in items]
        for number, row in enumerate(self._possible(made, drawn, people, items, rows), 1):
            item = self._item(made, RECORD, f"R{number}", people.get(row["of"]))
            item.at = items.get(row["claim"] or "")
            said = {name: plain(row[name]) for name in ("entry", "from", "until", "paid_on", "amount", "quantity") if row[name] is not None}
            teller.write(said, Source.VERIFIED, None, item)

    def _possible(self, made: Made, drawn: Drawn, people: dict[str, Person], items: dict[str, Item], rows: list[Row]) -> list[Row]:
        """Return the rows of the record that are possible for who the household is."""
        if not rows:
            return []
        home = drawn.household["id"]
        ids = {id(person): ("person", key) for key, person in people.items()} | {id(item): (item.entity, key) for key, item in items.items()}
        said = [(*ids.get(id(s.person or s.item), ("household", home)), s.fact, s.value) for s in sorted(made.said, key=lambda s: STRENGTH[s.source])]
        of = {id(person): key for key, person in people.items()}
        links: dict[tuple[str, str], Row] = {
            ("person", row["id"]): {"of": home, "relation": row["relation"] or "other_relative", **({"birth_date": row["birth_date"]} if row["birth_date"] else {})} for row in drawn.people
        }
        for key, item in items.items():
            link = {} if item.entity == "organisation" else {"of": of.get(id(item.of), home)}
            links[item.entity, key] = {**link, **({"at": ids[id(item.at)][1]} if item.at is not None else {})}
        return Possible(self.engine, content_of(home, said, links, self.collections), rows, self.day).record(rows)

    def _organisation(self, made: Made, number: str, items: dict[str, Item], teller: Teller) -> Item:
        item = items[number] = self._item(made, "organisation", number, None)
        teller.state(self.organisations[number], "organisation", None, item)
        return item

    def _item(self, made: Made, entity: str, key: str, of: Person | None) -> Item:
        item = Item(household=made.household, entity=entity, key=key, of=of)
        made.items.append(item)
        return item


class Teller:
    """Writes down what was said of one household, and by whom."""

    def __init__(self, maker: Maker, made: Made, drawn: Drawn, place: int) -> None:
        self.maker, self.made, self.drawn, self.sent = maker, made, drawn, drawn.sent
        self.bare = share("bare", place) < BARE and not drawn.record
        self.thorough = share("thorough", place) < THOROUGH
        self.source = Source.VERIFIED if drawn.record else Source.VISIT if share("visited", place) < VISITED else Source.DECLARED
        self.large = place % LARGE_EVERY == LARGE_EVERY // 2

    def state(self, row: Row, entity: str, person: Person | None, item: Item | None) -> None:
        """State what is known of one row, and what another office sent about it."""
        facts = self.maker.facts[entity]
        if self.bare and entity != "person":
            return
        said = facts_of(row, facts, thorough=self.thorough)
        if entity == "person":
            said = sensible(said, age_on(row["birth_date"], self.maker.day), row["relation"] or "", self.company(row["id"]))
        if self.bare:
            said = {name: value for name, value in said.items() if name in ("has_disability", "hukou_here", "in_school")}
        if entity == "household" and self.large:
            said |= {"has_savings": True, "bank_assets": LARGE_SAVINGS}
        decided = {name: True for name in self.maker.recognitions if row.get(name) is True and may_be_decided(name, row.get("birth_date"), self.maker.day)}
        self.write(said | decided, Source.DECLARED, person, item)
        if self.source is not Source.DECLARED and entity in ("household", "person"):
            confirmed = {name: value for name, value in said.items() if facts[name].type == "money"} if share("confirmed", row["id"]) < 60 else {}
            self.write(confirmed, self.source, person, item)
        self.write(sent_facts(self.sent.get(row["id"], {}), facts), Source.FEED, person, item)

    def company(self, person: str) -> set[str]:
        """Return how the others of the household are related to the head."""
        return {row["relation"] or "" for row in self.drawn.people if row["id"] != person}

    def write(self, said: Row, source: Source, person: Person | None, item: Item | None) -> None:
        """Append statements."""
        opened, day = self.made.household.opened_on, self.maker.day
        on = {Source.DECLARED: opened, Source.FEED: max(opened, day - dt.timedelta(days=10))}.get(source, max(opened, day - dt.timedelta(days=40)))
        at = min(dt.datetime.combine(on, dt.time(9, 30), HERE), self.maker.moment)
        self.made.said.extend(Said(person, item, name, value, source, on, at) for name, value in said.items())


# -- saving ------------------------------------------------------------------------------------------------------
def _save(made: list[Made], day: dt.date) -> None:
    """Save everything in the order in which rows point at each other."""
    _bulk(m.household for m in made)
    _bulk(person for m in made for person, _ in m.members)
    _bulk(membership for m in made for _, membership in m.members)
    _bulk(item for m in made for item in m.items if item.at is None)
    _bulk(item for m in made for item in m.items if item.at is not None)
    _bulk(stated for m in made for stated in m.stated)
    _bulk(event for m in made for event in _events(m))
    _bulk(map(_entry, made))
    said = [_observations(m) for m in made]
    _bulk(one for rows in said for one in rows)
    _bulk(row for rows in said for row in _current(rows, day))


def _observations(made: Made) -> list[Observation]:
    """Return the statements of a saved household; many of them, so that keys are set and no rows are linked."""
    household, actor = made.household.pk, current_actor().pk
    return [
        Observation(
            household_id=household, person_id=None if s.person is None else s.person.pk, item_id=None if s.item is None else s.item.pk, fact=s.fact,
            value=s.value, source=s.source, evidence=EVIDENCE, actor_id=actor, stated_at=s.at, true_on=s.on,
        )
        for s in made.said
    ]  # fmt: skip


def _bulk(rows: Iterable[Any]) -> None:
    listed = list(rows)
    for row in listed:
        for name, of in list(row._state.fields_cache.items()):
            setattr(row, name, of)  # takes the key that the row has got meanwhile
    if listed:
        type(listed[0])._default_manager.bulk_create(listed, batch_size=BATCH)


def _current(said: list[Observation], day: dt.date) -> Iterator[CurrentFacts]:
    by_subject: dict[Subject, list[Observation]] = {}
    for one in said:
        by_subject.setdefault((one.person_id, one.item_id), []).append(one)
    for (person, item), rows in by_subject.items():
        facts, conflicts = facts_now(rows, day)
        yield CurrentFacts(household_id=rows[0].household_id, person_id=person, item_id=item, facts=facts, conflicts=conflicts)


def _events(made: Made) -> Iterator[Event]:
    opened, actor = made.household.opened_on, current_actor().pk
    at = dt.datetime.combine(opened, dt.time(9, 0), HERE)
    yield Event(household=made.household, kind=EventKind.OPENED, on=opened, actor_id=actor, at=at)
    for person, _ in made.members:
        yield Event(household=made.household, person=person, kind=EventKind.JOINED, on=opened, actor_id=actor, at=at)


def _entry(made: Made) -> Entry:
    actor, household = current_actor(), made.household
    return Entry(
        at=clock.now(), actor_id=actor.pk, actor_name=actor.name, action="household.made_up", object_type=household._meta.label_lower,
        object_id=str(household.pk), household_id=household.pk, area_code=household.area_code, reason=EVIDENCE,
        details={"people": len(made.members), "facts": len(made.said)},
    )  # fmt: skip
