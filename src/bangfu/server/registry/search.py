"""Find households and people: by name, pinyin or initials, by address, household number, card or ID number.

Numbers come by POST alone and are found by their blind index. Prefixes use an index on both databases; a name or address
that holds some words is found on PostgreSQL by the pairs of neighbouring characters in it (``bangfu_pairs``).
"""

from __future__ import annotations

import re
from typing import Any

from django.db import connection
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value

from bangfu.server.areas.scope import Scope
from bangfu.server.registry.enums import HouseholdStatus
from bangfu.server.registry.identity import card_index, id_index
from bangfu.server.registry.models import Household, Membership, Person

LATIN = re.compile(r"^[a-zü' ]+$")
NUMBER = re.compile(r"^\d{6}(-\d{0,4}(-\d{0,6})?)?$")
WORDS_MOST = 60


def prefix(path: str, text: str) -> Q:
    """Return the condition that a column begins with a text, in the form that the database has an index for."""
    if connection.vendor == "sqlite":  # its LIKE ignores case and so the index; texts are ordered by code point
        return Q(**{f"{path}__gte": text, f"{path}__lt": text + "\U0010ffff"})
    return Q(**{f"{path}__startswith": text})


def holding(column: str, text: str) -> Q:
    """Return the condition that a column holds a text somewhere; a text of one character has no pair and no index."""
    condition = Q(**{f"{column}__contains": text})
    if connection.vendor != "postgresql" or len(text) < 2:
        return condition
    pairs = (Func(F(column), function="bangfu_pairs"), Func(Value(text), function="bangfu_pairs"))
    return Q(Func(*pairs, template="%(expressions)s", arg_joiner=" @> ", output_field=BooleanField())) & condition


def people_named(scope: Scope, words: str) -> QuerySet[Person]:
    """Return the people inside a scope whose name, pinyin or initials begin with some words, or whose name holds them."""
    found: QuerySet[Person] = Person.objects.within(scope).filter(merged_into=None)
    words = words.strip()[:WORDS_MOST]
    if not words:
        return found.none()
    return found.filter(_named(words))


def _named(words: str) -> Q:
    if LATIN.match(words.lower()):
        typed = words.lower().replace(" ", "").replace("'", "").replace("ü", "v")
        return prefix("pinyin", typed) | prefix("initials", typed)
    return holding("name", words) if len(words) > 1 else prefix("name", words)


def people_with_id(scope: Scope, number: str) -> QuerySet[Person]:
    """Return the person inside a scope who has an ID number; call it for a POST only."""
    found: QuerySet[Person] = Person.objects.within(scope).filter(id_index=id_index(number), merged_into=None)
    return found


def people_with_card(scope: Scope, number: str) -> QuerySet[Person]:
    """Return the people inside a scope who have a card; call it for a POST only."""
    found: QuerySet[Person] = Person.objects.within(scope).filter(card_index=card_index(number), merged_into=None)
    return found


def found_households(scope: Scope, words: str, *, closed: bool = False) -> QuerySet[Household]:
    """Return the households inside a scope that some words fit: their number, their address, the name of a member now."""
    found: QuerySet[Household] = Household.objects.within(scope).select_related("area")
    if not closed:
        found = found.filter(status=HouseholdStatus.OPEN)
    words = words.strip()[:WORDS_MOST]
    if not words:
        return found.none()
    if NUMBER.match(words):
        return found.filter(prefix("number", words))
    homes = _homes(people_named(scope, words))
    if LATIN.match(words.lower()):
        return found.filter(pk__in=homes)
    lying: QuerySet[Household] = Household.objects.within(scope).filter(holding("address", words)).order_by()
    return found.filter(pk__in=homes.union(lying.values("pk")))  # not "or": of two indexes none would serve it


def households_with(scope: Scope, people: QuerySet[Person]) -> QuerySet[Household]:
    """Return the households inside a scope that some people belong to now."""
    found: QuerySet[Household] = Household.objects.within(scope).select_related("area").filter(pk__in=_homes(people))
    return found


def _homes(people: QuerySet[Person]) -> Any:
    return Membership.objects.filter(until=None, person__in=people.order_by().values("pk")).order_by().values("household")
