"""Facts of the register in words: labels, values, sources, whom or what they are about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from bangfu.rules.ledger.layout import RECORD_COLUMNS
from bangfu.rules.pack.model import Pack
from bangfu.rules.units import unit_text
from bangfu.rules.values import decimal_text
from bangfu.rules.vocabulary import Fact
from bangfu.server.portal.words import language, unit_words
from bangfu.server.registry.models import Item

_RECORD = {column.key: column.label for column in RECORD_COLUMNS}
RELATIONS = "family_relations"


def joined(parts: Iterable[str]) -> str:
    """Return parts as one list in the language of the page."""
    return ("、" if language() == "zh" else ", ").join(part for part in parts if part)


def said_by(error: Any) -> str:
    """Return the sentence of a refusal in the language of the page."""
    said: str = error.zh if language() == "zh" else error.en
    return said


def fact_label(pack: Pack, name: str) -> str:
    """Return what a fact, a recognition or a column of the record is called; what is not known any more by its name."""
    if name in _RECORD:
        return _RECORD[name].text(language())
    if name in pack.vocabulary.facts:
        return pack.vocabulary.facts[name].label.text(language())
    return pack.entries[name].label.text(language()) if name in pack.entries else name


def value_text(pack: Pack, name: str, value: Any) -> str:
    """Return a value as the register holds it, in words; None is unknown."""
    if value is None:
        return _("不清楚")
    if isinstance(value, bool):
        return _("是") if value else _("否")
    fact = pack.vocabulary.facts.get(name)
    if fact is None:
        return str(value)
    if fact.kind in ("code", "codes"):
        codes = pack.vocabulary.codes[fact.codes or ""].codes
        listed = value if isinstance(value, list) else [value]
        return joined(codes[code].text(language()) if code in codes else str(code) for code in listed) or _("都没有")
    return number_text(fact, value) if fact.kind == "number" else str(value)


def number_text(fact: Fact, value: Any) -> str:
    """Return a number with its unit: ``1,286,430 元``, ``2 级``."""
    if fact.type == "level":
        return _("%(level)s 级") % {"level": value}
    whole, dot, rest = decimal_text(Fraction(str(value))).partition(".")
    shown = f"{int(whole):,}{dot}{rest}" if whole.lstrip("-").isdigit() else whole
    return f"{shown} {unit_words(unit_text(fact.unit))}".strip()


def relation_text(pack: Pack, code: str) -> str:
    """Return how a member is related to the head."""
    codes = pack.vocabulary.codes[RELATIONS].codes
    return codes[code].text(language()) if code in codes else code


def entity_text(pack: Pack, entity: str) -> str:
    """Return what a kind of item is called."""
    known = pack.vocabulary.entities.get(entity)
    return _("领取记录") if known is None else known.label.text(language())


def item_text(pack: Pack, item: Item, facts: dict[str, Any], names: dict[int, str]) -> str:
    """Return an item as a heading: whose, what, and its day where one is stated."""
    entity = pack.vocabulary.entities.get(item.entity)
    day = facts.get(entity.date or "") if entity is not None else facts.get("from") or facts.get("paid_on")
    parts = [names.get(item.of_id or 0, ""), entity_text(pack, item.entity), str(day or "")]
    return " · ".join(part for part in parts if part)


def age_on(born: dt.date | None, day: dt.date) -> int | None:
    """Return the years completed on a day."""
    return None if born is None else day.year - born.year - ((day.month, day.day) < (born.month, born.day))
