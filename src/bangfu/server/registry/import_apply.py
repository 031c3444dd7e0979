"""Put checked households of a ledger on the register: new ones many at a time, others one by one; each whole or not at all.

One entry in the audit tells of each household. What a blank cell leaves open is not taken back: blank is not stated.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction

from bangfu.server.audit.acting import current_actor
from bangfu.server.audit.models import Entry
from bangfu.server.calendar import clock
from bangfu.server.registry import current
from bangfu.server.registry.actions import (
    NewPerson,
    Provenance,
    RefusedError,
    Statement,
    append,
    bump,
    join,
    next_numbers,
    note,
    set_names,
)
from bangfu.server.registry.enums import EventKind, Source
from bangfu.server.registry.identity import card_index, seal_id_number, set_card_number
from bangfu.server.registry.import_check import Checked
from bangfu.server.registry.import_models import ImportRun, LedgerKey
from bangfu.server.registry.ledger_file import LedgerHousehold, LedgerItem, LedgerPerson
from bangfu.server.registry.ledger_record import RECORD
from bangfu.server.registry.make_up import as_made, sum_up
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
from bangfu.server.registry.rows import as_json, insert_rows, ready

SAME = ("entry", "from", "paid_on")
"""What two rows of the record share that say the same thing; how long and how much may change."""
WAVES = 3


def take_in(run: ImportRun, checked: Sequence[Checked]) -> None:
    """Put new households on the register, all of the batch.

    Raises:
        IntegrityError: Somebody else took one of the next numbers, or entered one of the people; nothing of the batch is written.
    """
    with transaction.atomic():
        _Batch(run).write(checked)


class _Batch:
    """The rows of new households, table by table."""

    def __init__(self, run: ImportRun) -> None:
        self.run, self.actor, self.moment, self.day = run, current_actor(), clock.now(), ready(Membership, "since", run.taken_on)
        self.told = (run.source, evidence(run), self.actor.pk, ready(Observation, "stated_at", self.moment), self.day)
        self.observations: list[tuple[Any, ...]] = []
        self.facts: list[tuple[Any, ...]] = []

    def write(self, checked: Sequence[Checked]) -> None:
        """Write everything, parents first."""
        homes = self._households(checked)
        people = self._people(checked, homes)
        self._events(homes, people)
        self._items(checked, homes, people)
        for home, one in zip(homes, checked, strict=True):
            self._say(home.pk, None, None, one.ledger.facts)
        insert_rows(StatedCollection, ("household", "collection"), [(h.pk, name) for h, c in zip(homes, checked, strict=True) for name in c.ledger.stated])
        insert_rows(Observation, ("household", "person", "item", "fact", "value", "source", "evidence", "actor_id", "stated_at", "true_on"), self.observations)
        insert_rows(CurrentFacts, ("household", "person", "item", "facts", "conflicts"), self.facts)
        self._keys(checked, homes, people)
        Entry.objects.bulk_create(entry_of(self.run, h, c.ledger, self.moment, new=True) for h, c in zip(homes, checked, strict=True))

    def _households(self, checked: Sequence[Checked]) -> list[Household]:
        made: list[Household] = []
        numbers: dict[str, list[str]] = {}
        for one in checked:
            assert one.community is not None
            district = one.community.district_code
            if district not in numbers:
                numbers[district] = next_numbers(one.community, self.run.taken_on, len(checked))[::-1]
            home = Household(area=one.community, area_code=one.community.low, address=one.ledger.address, opened_on=self.run.taken_on, number=numbers[district].pop())
            made.append(as_made(home, one.ledger.people))
        return Household.objects.bulk_create(made)

    def _people(self, checked: Sequence[Checked], homes: list[Household]) -> list[list[Person]]:
        made = [[_person(given, home.area_code, one.indexes.get(given.key)) for given in one.ledger.people] for one, home in zip(checked, homes, strict=True)]
        Person.objects.bulk_create([p for people in made for p in people])
        held = []
        for one, home, people in zip(checked, homes, made, strict=True):
            for given, person in zip(one.ledger.people, people, strict=True):
                held.append((home.pk, person.pk, given.relation, self.day))
                self._say(home.pk, person.pk, None, given.facts)
        insert_rows(Membership, ("household", "person", "relation", "since"), held)
        return made

    def _events(self, homes: list[Household], people: list[list[Person]]) -> None:
        told = (self.day, as_json({"by_import": self.run.pk}), self.actor.pk, self.told[3])
        rows: list[tuple[Any, ...]] = [(h.pk, None, EventKind.OPENED.value, *told) for h in homes]
        rows += [(h.pk, p.pk, EventKind.JOINED.value, *told) for h, members in zip(homes, people, strict=True) for p in members]
        insert_rows(Event, ("household", "person", "kind", "on", "details", "actor_id", "at"), rows)

    def _items(self, checked: Sequence[Checked], homes: list[Household], people: list[list[Person]]) -> None:
        waves: tuple[list[tuple[Item, LedgerItem]], ...] = ([], [], [])
        for one, home, members in zip(checked, homes, people, strict=True):
            by_key = {given.key: person for given, person in zip(one.ledger.people, members, strict=True)}
            for given in one.ledger.items:
                waves[wave_of(given)].append((Item(household=home, entity=given.entity, key=given.key, of=by_key.get(given.of)), given))
        found: dict[tuple[int, str, str], Item] = {}
        for wave in waves:  # what others point to first
            for item, given in wave:
                item.at = found.get((item.household_id, given.at_entity, given.at))
            Item.objects.bulk_create([item for item, _ in wave])
            found |= {(item.household_id, given.entity, given.key): item for item, given in wave}
            for item, given in wave:
                self._say(item.household_id, None, item.pk, given.facts)

    def _say(self, home: int, person: int | None, item: int | None, facts: dict[str, Any]) -> None:
        if facts:
            self.observations += [(home, person, item, fact, as_json(value), *self.told) for fact, value in facts.items()]
            self.facts.append((home, person, item, as_json(facts), "[]"))

    def _keys(self, checked: Sequence[Checked], homes: list[Household], people: list[list[Person]]) -> None:
        rows: list[tuple[Any, ...]] = []
        for one, home, members in zip(checked, homes, people, strict=True):
            rows.append((home.area_code, one.ledger.key, "", home.pk, None, one.ledger.digest))
            rows += [(home.area_code, one.ledger.key, given.key, home.pk, person.pk, "") for given, person in zip(one.ledger.people, members, strict=True)]
        insert_rows(LedgerKey, ("area_code", "key", "person_key", "household", "person", "digest"), rows)


def add_items(home: Household, ledger: LedgerHousehold, people: dict[str, Person]) -> list[tuple[Item, dict[str, Any]]]:
    """Put the items of a household on the register, organisations first; those that are there stay. Return each with its facts."""
    if not ledger.items:
        return []
    found = {(item.entity, item.key): item for item in Item.objects.filter(household=home)}
    known = known_record(home) if any(given.entity == RECORD for given in ledger.items) else {}
    for wave in range(WAVES):  # what others point to first
        made: list[Item] = []
        for given in (i for i in ledger.items if wave_of(i) == wave):
            of, at = people.get(given.of), found.get((given.at_entity, given.at))
            same = known.get((of and of.pk, at and at.pk, *(given.facts.get(name) for name in SAME))) if given.entity == RECORD else None
            if same:
                found[given.entity, given.key] = same.pop(0)
            elif (given.entity, given.key) not in found:
                found[given.entity, given.key] = Item(household=home, entity=given.entity, key=given.key, of=of, at=at)
                made.append(found[given.entity, given.key])
        Item.objects.bulk_create(made)
    return [(found[i.entity, i.key], i.facts) for i in ledger.items]


def wave_of(given: LedgerItem) -> int:
    """Return when an item goes in: organisations, what may point to them, the record, which may point to all."""
    return 0 if given.entity == "organisation" else 2 if given.entity == RECORD else 1


def known_record(home: Household) -> dict[tuple[Any, ...], list[Item]]:
    """Return what is on record of a household by whose, for what, which and since when: however it was entered, it is the same."""
    facts: dict[int, dict[str, Any]] = dict(CurrentFacts.objects.filter(item__household=home, item__entity=RECORD).values_list("item", "facts"))
    found: dict[tuple[Any, ...], list[Item]] = defaultdict(list)
    for item in Item.objects.filter(household=home, entity=RECORD).order_by("pk"):
        found[item.of_id, item.at_id, *(facts.get(item.pk, {}).get(name) for name in SAME)].append(item)
    return found


def _person(given: LedgerPerson, area_code: int, index: str | None) -> Person:
    person = Person(name=given.name, birth_date=given.birth_date, area_code=area_code)
    set_names(person, given.name)
    if index:
        seal_id_number(person, given.id_number, index)
    if given.card_number:
        set_card_number(person, given.card_number)
    return person


@dataclass(slots=True)
class Brought:
    """What bringing one household up to date did."""

    facts: int = 0
    joined: int = 0
    notes: list[str] = field(default_factory=list)


def bring_up_to_date(run: ImportRun, checked: Checked) -> Brought:
    """Add to a household what the ledger says anew: people, facts that differ from what the same source said, address.

    Raises:
        RefusedError: Something does not fit what is on the register; nothing of the household is written.
    """
    try:
        with transaction.atomic():
            return _Update(run, checked).write()
    except IntegrityError:
        raise RefusedError("与登记簿里的记录冲突（如户主已有一人），请在户页面办理", "it conflicts with what is on the register, such as a head that is there already") from None


class _Update:
    """One household that is there, or whose people are."""

    def __init__(self, run: ImportRun, checked: Checked) -> None:
        self.run, self.checked, self.ledger, self.done = run, checked, checked.ledger, Brought()

    def write(self) -> Brought:
        """Write what is new."""
        home = self._home()
        people = self._people(home)
        items = [(item, facts) for item, facts in add_items(home, self.ledger, people) if not self._taken_back(item)]
        said = spoken(current.log_of(home), self.run.source)
        statements = differing(self.ledger.facts, said, None, None)
        for given in self.ledger.people:
            statements += differing(given.facts, said, people[given.key], None)
        for item, facts in items:
            statements += differing(facts, said, None, item)
        append(home, statements, Provenance(Source(self.run.source), evidence(self.run), self.run.taken_on))
        held = set(StatedCollection.objects.filter(household=home).values_list("collection", flat=True))
        StatedCollection.objects.bulk_create(StatedCollection(household=home, collection=name) for name in self.ledger.stated if name not in held)
        self._keys(home, people)
        sum_up(home.pk)  # a date of birth may have come
        self.done.facts = len(statements)
        entry_of(self.run, home, self.ledger, clock.now(), new=self.checked.household is None, facts=len(statements), joined=self.done.joined).save()
        return self.done

    def _home(self) -> Household:
        community, home = self.checked.community, self.checked.household
        assert community is not None
        if home is None:
            home = Household(area=community, area_code=community.low, address=self.ledger.address, opened_on=self.run.taken_on)
            home.number = next_numbers(community, self.run.taken_on, 1)[0]
            home.save()
            note(home, EventKind.OPENED, self.run.taken_on, by_import=self.run.pk)
            return home
        bump(home, None)
        if self.ledger.address and self.ledger.address != home.address:
            if home.address and self.run.taken_on > home.opened_on:
                said: dict[str, Any] = {"from": home.area.code, "from_address": home.address, "to": home.area.code, "to_address": self.ledger.address}
                note(home, EventKind.MOVED, self.run.taken_on, **said)
            home.address = self.ledger.address
            home.save(update_fields=["address"])
        return home

    def _people(self, home: Household) -> dict[str, Person]:
        here = {m.person_id: m for m in Membership.objects.filter(household=home, until=None).select_related("person")}
        unnamed = {(m.person.name, m.person.birth_date): m.person for m in here.values()}
        found: dict[str, Person] = {}
        for given in self.ledger.people:
            known = self.checked.known.get(given.key)
            if known is None and not given.id_number:
                known = unnamed.get((given.name, given.birth_date))
            if known is None or known.pk not in here:
                found[given.key] = join(home, NewPerson(given.name, given.relation, given.id_number, given.birth_date, given.card_number), self.run.taken_on)
                self.done.joined += 1
                continue
            self._still(given, known, here[known.pk])
            found[given.key] = known
        self.done.notes += gone_from(here, found.values())
        return found

    def _still(self, given: LedgerPerson, known: Person, member: Membership) -> None:
        """Bring a member's own row up to date; what needs an act of its own is left and told."""
        if given.relation != member.relation:
            self.done.notes.append(f"{known.name}与户主关系和登记的不同，没有改；请在户页面办理")
        before = (known.name, known.id_index, known.card_index, known.birth_date)
        if given.name != known.name:
            set_names(known, given.name)
        if given.id_number and not known.id_index:
            seal_id_number(known, given.id_number, self.checked.indexes[given.key])
        if given.card_number and card_index(given.card_number) != known.card_index:
            set_card_number(known, given.card_number)
        known.birth_date = given.birth_date or known.birth_date
        if before != (known.name, known.id_index, known.card_index, known.birth_date):
            known.save()

    def _taken_back(self, item: Item) -> bool:
        """Leave out a row of the record that an officer took back, and tell of it."""
        taken_back = item.entity == RECORD and item.withdrawn
        if taken_back:
            self.done.notes.append("领取记录里有一行已在户页面撤销，没有再记")
        return taken_back

    def _keys(self, home: Household, people: dict[str, Person]) -> None:
        """Write what the numbers of the ledger stand for from now on."""
        where: dict[str, Any] = {"area_code": home.area_code, "key": self.ledger.key}
        held = {row.person_key: row for row in LedgerKey.objects.filter(**where)}
        wanted: list[tuple[str, Person | None, str]] = [("", None, self.ledger.digest), *((key, person, "") for key, person in people.items())]
        made: list[LedgerKey] = []
        changed: list[LedgerKey] = []
        for key, person, digest in wanted:
            row = held.get(key) or LedgerKey(**where, person_key=key)
            if row.pk and (row.household_id, row.person_id, row.digest) == (home.pk, person.pk if person else None, digest):
                continue
            row.household, row.person, row.digest = home, person, digest
            (changed if row.pk else made).append(row)
        LedgerKey.objects.bulk_update(changed, ["household", "person", "digest"])
        LedgerKey.objects.bulk_create(made)


def gone_from(here: Mapping[int, Membership], told: Iterable[Person]) -> list[str]:
    """Return the note on members of whom a ledger says nothing."""
    named = {person.pk for person in told}
    missing = [m.person.name for pk, m in here.items() if pk not in named]
    return [f"台账里没有 {'、'.join(missing)}，仍留在户内；离户请在户页面办理"] if missing else []


def spoken(log: current.Log, source: str) -> dict[current.Subject, dict[str, Any]]:
    """Return what a source says until now, by subject and fact."""
    found: dict[current.Subject, dict[str, Any]] = {}
    for subject, rows in log.items():
        held: dict[str, dict[str, Observation]] = defaultdict(dict)
        for said in rows:
            current.hear(held[said.fact], said)
        found[subject] = {fact: sources[source].value for fact, sources in held.items() if source in sources}
    return found


def differing(facts: dict[str, Any], said: dict[current.Subject, dict[str, Any]], person: Person | None, item: Item | None) -> list[Statement]:
    """Return what a ledger says of one subject and its source did not say until now."""
    before = said.get((None, item.pk) if item else (person.pk if person else None, None), {})
    return [Statement(fact, value, person, item) for fact, value in facts.items() if fact not in before or before[fact] != value]


def evidence(run: ImportRun) -> str:
    """Return what stands as evidence beside a statement from a ledger."""
    return f"台账 {run.file_name}（{run.taken_on}）"


def entry_of(run: ImportRun, home: Household, ledger: LedgerHousehold, at: dt.datetime, *, new: bool, **details: Any) -> Entry:
    """Return the entry in the audit that tells of a household."""
    actor = current_actor()
    told = {"import": run.pk, "new": new, "people": len(ledger.people), **details}
    return Entry(
        at=at, actor_id=actor.pk, actor_name=actor.name, action="household.imported", object_type=home._meta.label_lower, object_id=str(home.pk),
        household_id=home.pk, area_code=home.area_code, details=told,
    )  # fmt: skip
