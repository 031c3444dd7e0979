"""Write stated facts back as a household file: the same shape that is read."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import Any

import yaml

from bangfu.rules.household import Given, GivenRow
from bangfu.rules.pack.model import Pack
from bangfu.rules.units import power_of
from bangfu.rules.values import decimal_text


class _Dumper(yaml.SafeDumper):
    """Writes exact decimals as written."""


_Dumper.add_representer(Fraction, lambda d, v: d.represent_scalar("tag:yaml.org,2002:float", decimal_text(v)))


def household_text(pack: Pack, given: Given, place: str, on: dt.date | None) -> str:
    """Return the YAML text of what is stated."""
    content: dict[str, Any] = {"place": place}
    if on is not None:
        content["on"] = on
    households = given.of_entity("household")
    if len(households) == 1:
        content["household"] = _row(pack, households[0], links=households[0].id != "household")
    else:
        content["households"] = [_row(pack, row, links=True) for row in households]
    for entity in pack.vocabulary.entities.values():
        if entity.collection and entity.collection in given.collections and entity.id != "household":
            content[entity.collection] = [_row(pack, row, links=True) for row in given.of_entity(entity.id)]
    if given.record is not None:
        content["record"] = [_record(item) for item in given.record]
    text: str = yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)
    return text


def _row(pack: Pack, row: GivenRow, *, links: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if links:
        found["id"] = row.id
        if row.of is not None and row.of not in ("place", "household"):
            found["of"] = row.of
        if row.at is not None:
            found["at"] = row.at
    if row.name is not None:
        found["name"] = row.name
    found |= row.stated
    for name, value in row.facts.items():
        fact = pack.vocabulary.facts[name]
        if fact.kind == "number":
            value = Fraction(value) / 100 ** max(power_of(fact.unit, "元"), 0)
            value = value.numerator if value.denominator == 1 else value
        found[name] = sorted(value) if isinstance(value, frozenset) else value
    return found


def _record(item: Any) -> dict[str, Any]:
    found = {"entry": item.entry, "of": item.of, "claim": item.claim, "from": item.since, "until": item.until, "paid_on": item.paid_on}
    for key, value, scale in (("amount", item.amount, 100), ("quantity", item.quantity, 1)):
        if value is not None:
            plain = Fraction(value) / scale
            found[key] = plain.numerator if plain.denominator == 1 else plain
    return {key: value for key, value in found.items() if value is not None}
