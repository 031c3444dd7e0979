"""Bring known households of a ledger up to date, many at a time: those in which only facts of what is there already changed.

That is nearly every household of a monthly ledger. One in which somebody joins, a thing is new, or a person's own row
changes goes alone (``import_apply``), and so does every one of a batch that somebody else changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F

from bangfu.server.audit.acting import current_actor
from bangfu.server.audit.models import Entry
from bangfu.server.calendar import clock
from bangfu.server.registry import current
from bangfu.server.registry.actions import SEALED, StaleError
from bangfu.server.registry.current import Log, Subject
from bangfu.server.registry.enums import HouseholdStatus
from bangfu.server.registry.identity import card_index
from bangfu.server.registry.import_apply import Brought, differing, entry_of, evidence, gone_from, spoken
from bangfu.server.registry.import_check import Checked
from bangfu.server.registry.import_models import ImportRun, LedgerKey
from bangfu.server.registry.ledger_file import LedgerPerson
from bangfu.server.registry.models import Household, Item, Observation, Person, StatedCollection
from bangfu.server.registry.roll import Roll, rolls_of


@dataclass(slots=True)
class _Known:
    """A household of the batch: whom and what of the register its rows mean, and what they say anew."""

    checked: Checked
    home: Household
    log: Log
    people: dict[str, Person]
    items: dict[tuple[str, str], Item]
    done: Brought = field(default_factory=Brought)
    said: list[Observation] = field(default_factory=list)


def bring_many_up_to_date(run: ImportRun, checked: Sequence[Checked]) -> dict[str, Brought]:
    """Bring up to date those of some households in which only facts changed; return what was done by their number in the ledger.

    The others are left alone. Where somebody else changed one of them at this moment, all are.
    """
    wanted = [c.household.pk for c in checked if c.household is not None]
    homes = {home.pk: home for home in Household.objects.select_for_update().filter(pk__in=wanted).order_by("pk")}  # held until the batch is written
    if not homes:
        return {}
    rolls = rolls_of(list(homes.values()))
    logs = current.logs_of(homes.values(), rolls)
    plain = [one for c in checked if c.household is not None and (one := _plain(c, homes[c.household.pk], rolls[c.household.pk], logs[c.household.pk])) is not None]
    try:
        with transaction.atomic():
            _write(run, plain)
    except StaleError:
        return {}
    return {one.checked.ledger.key: one.done for one in plain}


def _plain(checked: Checked, home: Household, roll: Roll, log: Log) -> _Known | None:
    """Return the household if nothing but facts of who and what is there can have changed."""
    ledger = checked.ledger
    here = {m.person_id: m for m in roll.now}
    unnamed = {(m.person.name, m.person.birth_date): m.person for m in roll.now}
    people = {given.key: checked.known.get(given.key) or (None if given.id_number else unnamed.get((given.name, given.birth_date))) for given in ledger.people}
    items = {(item.entity, item.key): item for item in roll.items}
    known = {key: here[person.pk].person for key, person in people.items() if person is not None and person.pk in here}
    same = all(given.key in known and _is_as_told(given, known[given.key]) for given in ledger.people)
    if not same or (ledger.address and ledger.address != home.address) or any((i.entity, i.key) not in items or items[i.entity, i.key].withdrawn for i in ledger.items):
        return None
    made = _Known(checked, home, log, known, items)
    made.done.notes += [f"{here[known[g.key].pk].person.name}与户主关系和登记的不同，没有改；请在户页面办理" for g in ledger.people if g.relation != here[known[g.key].pk].relation]
    made.done.notes += gone_from(here, known.values())
    return made


def _is_as_told(given: LedgerPerson, known: Person) -> bool:
    """Tell whether a person's own row needs no change."""
    told = (not given.id_number or bool(known.id_index), not given.card_number or card_index(given.card_number) == known.card_index)
    return all(told) and given.name == known.name and (given.birth_date or known.birth_date) == known.birth_date


def _write(run: ImportRun, plain: Sequence[_Known]) -> None:
    """Write everything of a batch, table by table.

    Raises:
        StaleError: One of the households is closed.
    """
    homes = [one.home.pk for one in plain]
    if not homes:
        return
    if Household.objects.filter(pk__in=homes, status=HouseholdStatus.OPEN).update(version=F("version") + 1) != len(homes):
        raise StaleError
    for one in plain:
        _state(run, one)
    Observation.objects.bulk_create([said for one in plain for said in one.said])
    current.keep([(one.home, subject, current.facts_now(one.log[subject], clock.today())) for one in plain for subject in dict.fromkeys(_subject(said) for said in one.said)])
    held = set(StatedCollection.objects.filter(household__in=homes).values_list("household", "collection"))
    StatedCollection.objects.bulk_create([StatedCollection(household=one.home, collection=name) for one in plain for name in one.checked.ledger.stated if (one.home.pk, name) not in held])
    _keys(plain)
    Entry.objects.bulk_create(entry_of(run, one.home, one.checked.ledger, clock.now(), new=False, facts=one.done.facts, joined=0) for one in plain)


def _state(run: ImportRun, one: _Known) -> None:
    """Put what a household's rows say anew at the end of its log."""
    ledger, before = one.checked.ledger, spoken(one.log, run.source)
    facts = [(None, None, ledger.facts), *((one.people[p.key], None, p.facts) for p in ledger.people), *((None, one.items[i.entity, i.key], i.facts) for i in ledger.items)]
    for person, item, told in facts:
        for said in differing(told, before, person, item):
            if said.fact in SEALED:
                raise StaleError  # alone it is refused with its reason
            made = Observation(
                household=one.home, person=person, item=item, fact=said.fact, value=said.value, source=run.source, evidence=evidence(run),
                actor_id=current_actor().pk, stated_at=clock.now(), true_on=run.taken_on,
            )  # fmt: skip
            one.said.append(made)
            one.log[_subject(made)].append(made)
    one.done.facts = len(one.said)


def _subject(said: Observation) -> Subject:
    return (None, said.item_id) if said.item_id else (said.person_id, None)


def _keys(plain: Sequence[_Known]) -> None:
    """Write what the numbers of the ledger stand for from now on."""
    areas, keys = {one.home.area_code for one in plain}, {one.checked.ledger.key for one in plain}
    held = {(row.area_code, row.key, row.person_key): row for row in LedgerKey.objects.filter(area_code__in=areas, key__in=keys)}
    made: list[LedgerKey] = []
    changed: list[LedgerKey] = []
    for one in plain:
        wanted: list[tuple[str, Person | None, str]] = [("", None, one.checked.ledger.digest), *((key, person, "") for key, person in one.people.items())]
        for key, person, digest in wanted:
            name = {"area_code": one.home.area_code, "key": one.checked.ledger.key, "person_key": key}
            row = held.get((one.home.area_code, one.checked.ledger.key, key)) or LedgerKey(**name)
            if row.pk and (row.household_id, row.person_id, row.digest) == (one.home.pk, person.pk if person else None, digest):
                continue
            row.household, row.person, row.digest = one.home, person, digest
            (changed if row.pk else made).append(row)
    LedgerKey.objects.bulk_update(changed, ["household", "person", "digest"])
    LedgerKey.objects.bulk_create(made)
