"""Find households and people: by name, pinyin or initials, by address, household number, card or ID number.

Numbers come by POST alone and are found by their blind index. Prefixes use an index on both databases.
"""

from __future__ import annotations

import re
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

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


def people_named(scope: Scope, words: str) -> QuerySet[Person]:
    """Return the people inside a scope whose name, pinyin or initials begin with some words, or whose name holds them."""
    found: QuerySet[Person] = Person.objects.within(scope).filter(merged_into=None)
    words = words.strip()[:WORDS_MOST]
    if not words:
        return found.none()
    return found.filter(_named("", words))


def _named(path: str, words: str) -> Q:
    if LATIN.match(words.lower()):
        typed = words.lower().replace(" ", "").replace("'", "").replace("ü", "v")
        return prefix(f"{path}pinyin", typed) | prefix(f"{path}initials", typed)
    return prefix(f"{path}name", words) | (Q(**{f"{path}name__contains": words}) if len(words) > 1 else Q())


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
    condition = Q(pk__in=_homes(people_named(scope, words)))
    return found.filter(condition if LATIN.match(words.lower()) else condition | Q(address__contains=words))


def households_with(scope: Scope, people: QuerySet[Person]) -> QuerySet[Household]:
    """Return the households inside a scope that some people belong to now."""
    found: QuerySet[Household] = Household.objects.within(scope).select_related("area").filter(pk__in=_homes(people))
    return found


def _homes(people: QuerySet[Person]) -> Any:
    return Membership.objects.filter(until=None, person__in=people.order_by().values("pk")).values("household")
