"""A register's household as stated facts for the rules: in the shape of a household file, so that there is one reader."""

from __future__ import annotations

from typing import Any

from bangfu.rules.engine import Engine
from bangfu.rules.household import Given, read_given
from bangfu.server.registry.models import CurrentFacts, Household, Item, Membership, StatedCollection
from bangfu.server.registry.roll import Roll, roll_of

RECORD = "record"
"""The kind of item that says what is held (``from``, ``until``) or was paid (``paid_on``): a row of a file's ``record``."""
RECORD_KEYS = ("entry", "from", "until", "paid_on", "amount", "quantity")


def content_of(household: Household, engine: Engine, roll: Roll | None = None) -> dict[str, Any]:
    """Return what is stated of a household now, as a household file would say it.

    Facts of the place, and facts that the pack in force does not know, are left out; ids are those of the register.
    ``roll`` is the household's, where it was read already.
    """
    roll = roll or roll_of(household)
    vocabulary = engine.pack.vocabulary
    held = {(c.person_id, c.item_id): c.facts for c in CurrentFacts.objects.filter(household=household)}
    stated = set(StatedCollection.objects.filter(household=household).values_list("collection", flat=True))
    content: dict[str, Any] = {"household": {"id": f"H{household.pk}", **_known(held.get((None, None), {}), "household", engine)}}
    content["members"] = [
        {"id": f"P{m.person_id}", "name": m.person.name, "of": f"H{household.pk}", **_person(m, held.get((m.person_id, None), {}), engine)} for m in roll.now
    ]
    for entity in vocabulary.entities.values():
        if entity.collection and entity.collection in stated and entity.id not in ("household", "person"):
            content[entity.collection] = []
    if RECORD in stated:
        content[RECORD] = []
    for item in roll.counting:
        if item.entity == RECORD:
            _record(content.setdefault(RECORD, []), item, held.get((None, item.pk), {}), engine)
            continue
        kind = vocabulary.entities.get(item.entity)
        if kind is not None and kind.collection:
            content.setdefault(kind.collection, []).append(_item(item, held.get((None, item.pk), {}), engine))
    return content


def _person(membership: Membership, facts: dict[str, Any], engine: Engine) -> dict[str, Any]:
    known = _known(facts, "person", engine)
    if membership.person.birth_date is not None:
        known.setdefault("birth_date", membership.person.birth_date)
    known.setdefault("relation", membership.relation)
    return known


def _item(item: Item, facts: dict[str, Any], engine: Engine) -> dict[str, Any]:
    row: dict[str, Any] = {"id": f"I{item.pk}", **_known(facts, item.entity, engine)}
    if item.entity != "organisation":
        row["of"] = f"P{item.of_id}" if item.of_id else f"H{item.household_id}"
    if item.at_id:
        row["at"] = f"I{item.at_id}"
    return row


def _record(rows: list[dict[str, Any]], item: Item, facts: dict[str, Any], engine: Engine) -> None:
    """Add what is held or was paid; an entry that the pack in force does not know is left out."""
    if facts.get("entry") not in engine.pack.entries:
        return
    row = {key: facts[key] for key in RECORD_KEYS if key in facts}
    row["of"] = f"P{item.of_id}" if item.of_id else f"H{item.household_id}"
    if item.at_id:
        row["claim"] = f"I{item.at_id}"
    rows.append(row)


def _known(facts: dict[str, Any], entity: str, engine: Engine) -> dict[str, Any]:
    pack = engine.pack
    return {
        name: value for name, value in facts.items()
        if ((fact := pack.vocabulary.facts.get(name)) is not None and fact.entity == entity)
        or ((entry := pack.entries.get(name)) is not None and entry.kind == "recognition" and entry.per == entity)
    }  # fmt: skip


def given_of(household: Household, engine: Engine) -> Given:
    """Return what is stated of a household, ready for the rules.

    Raises:
        HouseholdError: The register holds something that the vocabulary no longer accepts.
    """
    return read_given(engine.pack, content_of(household, engine), household.number)
