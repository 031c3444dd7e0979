"""Writes of items as a person makes them one by one: added under the next key, withdrawn for a reason, said to be all there are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from bangfu.server.audit.actions import record
from bangfu.server.registry.actions import Provenance, Statement, add_item, bump, state_collections, state_facts
from bangfu.server.registry.models import Household, Item, Person

RECORD = "record"


@dataclass(frozen=True, slots=True)
class Held:
    """One row of the record: what, from when, until when, or on which day it was paid, and how much in yuan."""

    entry: str
    since: dt.date | None = None
    until: dt.date | None = None
    paid_on: dt.date | None = None
    amount: int | float | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """Return the row as the register keeps it."""
        days = {"from": self.since, "until": self.until, "paid_on": self.paid_on}
        said: dict[str, Any] = {"entry": self.entry, **{name: day.isoformat() for name, day in days.items() if day is not None}}
        return said if self.amount is None else {**said, "amount": self.amount}


@transaction.atomic
def add_next(household: Household, entity: str, of: Person | None) -> Item:
    """Add an item of a kind under the next free number.

    Raises:
        StaleError: The household is closed.
    """
    bump(household, None)
    held = set(Item.objects.filter(household=household, entity=entity).values_list("key", flat=True))
    number = next(n for n in range(1, len(held) + 2) if str(n) not in held)
    return add_item(household, entity, str(number), of)


@transaction.atomic
def add_to_record(household: Household, of: Person | None, held: Held, origin: Provenance) -> Item:
    """Write down what is or was received.

    Raises:
        StaleError: The household is closed.
    """
    item = add_next(household, RECORD, of)
    state_facts(household, [Statement(name, value, item=item) for name, value in held.facts.items()], origin)
    return item


@transaction.atomic
def withdraw_item(household: Household, item: Item, reason: str) -> None:
    """Take an item that was entered by mistake out of what counts; its statements stay in the log.

    Raises:
        StaleError: The household is closed.
    """
    bump(household, None)
    Item.objects.filter(pk=item.pk, household=household).update(withdrawn=True)
    record("item.withdrawn", of=item, household_id=household.pk, area_code=household.area_code, reason=reason, details={"entity": item.entity})


@transaction.atomic
def state_listed(household: Household, collections: Sequence[str]) -> None:
    """Write down that all items of some kinds are listed, so that none means none.

    Raises:
        StaleError: The household is closed.
    """
    bump(household, None)
    state_collections(household, collections)
    record("collections.stated", of=household, household_id=household.pk, area_code=household.area_code, details={"collections": sorted(collections)})
