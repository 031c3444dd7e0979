"""Where a question stands in an interview: topic by topic as the vocabulary declares it, what is unlikely late.

Of somebody of whom a question is unlikely to matter (``likely`` in ``topics.yaml``) it is not asked on its own: the
yes-or-no questions of that sort come together as one list to tick, "none of these" among it; what is no yes-or-no comes
last of all. Nothing is answered for anybody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

from bangfu.rules.household import Given, GivenRow
from bangfu.rules.runners.python.ops import years_between
from bangfu.rules.vocabulary import AGE, DECISIONS, EVENTS, RECORD, UNLIKELY, Possible, Vocabulary

FIRST, LATER, UNLIKELY_LATER, REST = range(4)
AFTER = 1000
"""Added to the place of what is ticked on the last page of its topic."""


class Place(NamedTuple):
    """Where a question stands: its stage, the number of its topic, its place there; ``page`` names the page on which it is ticked with others."""

    stage: int
    topic: int
    number: int
    page: str = ""


class Order:
    """The order of the questions for one household as it is stated now."""

    def __init__(self, vocabulary: Vocabulary, given: Given, on: dt.date) -> None:
        self.vocabulary, self.topics = vocabulary, vocabulary.topics
        self.people = {row.id: _known(row, on) for row in given.of_entity("person")}
        self.found: dict[tuple[str, str], bool] = {}

    def is_likely(self, word: str, row: str) -> bool:
        """Tell whether a question may well matter to a member, or, where it is about no member, to any of them."""
        ways = self.topics.likely.get(word)
        if ways is None:
            return True
        if (word, row) not in self.found:
            self.found[word, row] = True  # while it is looked into: declarations may lead back here
            people = [row] if row in self.people else list(self.people)
            self.found[word, row] = any(all(self._possible(one, who) for one in way) for who in people for way in ways)
        return self.found[word, row]

    def hangs_on(self, word: str, row: str) -> frozenset[str]:
        """Return the open gates before what would make a question about a member likely: a "no" there may settle it as well."""
        known, found = self.people.get(row, {}), set()
        for one in (one for way in self.topics.likely.get(word, ()) for one in way):
            gate = self.vocabulary.facts[one.fact].gate if one.fact in self.vocabulary.facts and one.fact not in known else None
            while gate:
                found |= {gate} - known.keys()
                gate = self.vocabulary.facts[gate].gate
        return frozenset(found)

    def _possible(self, one: Possible, row: str) -> bool:
        """Tell whether something may hold of a member: it is stated so, or not stated and not unlikely itself, nor is its gate."""
        known = self.people[row]
        if one.fact in known:
            return one.admits(known[one.fact])
        gate: str | None = one.fact
        while gate and gate in self.vocabulary.facts:
            if known.get(gate) is False or (gate not in known and not self.is_likely(gate, row)):
                return False
            gate = self.vocabulary.facts[gate].gate
        return True

    def place(self, kind: str, name: str, entity: str, row: str) -> Place:
        """Return where a question stands."""
        word = word_of(self.vocabulary, kind, name, entity)
        later, topic, number = self.topics.place(word)
        fact = self.vocabulary.facts.get(name)
        can_be_ticked = kind == "fact" and fact is not None and fact.type == "yes_no" and entity in ("person", "household")
        if self.is_likely(word, row):
            if later and can_be_ticked:
                return Place(FIRST, topic, AFTER + number, str(topic))
            return Place(LATER if later else FIRST, topic, number)
        if not can_be_ticked:
            return Place(REST, topic, number)
        if later or UNLIKELY not in self.topics.places:
            return Place(UNLIKELY_LATER, 0, 0, UNLIKELY)
        return Place(FIRST, *self.topics.place(UNLIKELY)[1:], UNLIKELY)


def word_of(vocabulary: Vocabulary, kind: str, name: str, entity: str) -> str:
    """Return the word by which the topics name a single question."""
    if kind in ("recognition", "record"):
        return DECISIONS if kind == "recognition" else RECORD
    if kind == "fact" and entity in ("person", "household"):
        return name
    about = vocabulary.entities[entity]
    return EVENTS if about.claim else about.collection or name


def _known(row: GivenRow, on: dt.date) -> Mapping[str, Any]:
    """Return what is known of a member: what is stated, and the age."""
    born = row.facts.get("birth_date")
    return {**row.facts, AGE: years_between(born, on)} if isinstance(born, dt.date) else row.facts
