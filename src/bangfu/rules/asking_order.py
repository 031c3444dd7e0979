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
from bangfu.rules.values import CLOSED
from bangfu.rules.vocabulary import AGE, DECISIONS, EVENTS, RECORD, Vocabulary

FIRST, RARE, LATER, RARE_LATER, REST = range(5)


class Place(NamedTuple):
    """Where a question stands: its stage, the number of its topic, its place there."""

    stage: int
    topic: int
    number: int


class Order:
    """The order of the questions for one household as it is stated now."""

    def __init__(self, vocabulary: Vocabulary, given: Given, on: dt.date) -> None:
        self.vocabulary, self.topics = vocabulary, vocabulary.topics
        self.gated = [f for f in vocabulary.facts.values() if f.gate and any(f.id == one.fact for ways in self.topics.likely.values() for way in ways for one in way)]
        self.people = {row.id: self._known(row, on) for row in given.of_entity("person")}
        self.found: dict[tuple[str, str], bool] = {}

    def _known(self, row: GivenRow, on: dt.date) -> Mapping[str, Any]:
        """Return what is known of a member: what is stated, the age, and that what lies behind a "no" is nothing."""
        known = dict(row.facts)
        for fact in self.gated:
            gate = fact.gate
            while gate and fact.id not in row.facts:
                if row.facts.get(gate) is False:
                    known[fact.id] = CLOSED
                gate = self.vocabulary.facts[gate].gate
        born = row.facts.get("birth_date")
        if isinstance(born, dt.date):
            known[AGE] = years_between(born, on)
        return known

    def word(self, kind: str, name: str, entity: str) -> str:
        """Return the word by which the topics name a question."""
        if kind in ("recognition", "record"):
            return DECISIONS if kind == "recognition" else RECORD
        if entity in ("person", "household") and kind == "fact":
            return name
        about = self.vocabulary.entities.get(entity)
        return EVENTS if about is not None and about.claim else about.collection or name if about is not None else name

    def is_likely(self, word: str, row: str) -> bool:
        """Tell whether a question may well matter to a member, or, where it is about no member, to any of them."""
        if word not in self.topics.likely:
            return True
        if (word, row) not in self.found:
            people = [self.people[row]] if row in self.people else self.people.values()
            self.found[word, row] = self.topics.is_likely(word, people)
        return self.found[word, row]

    def place(self, kind: str, name: str, entity: str, row: str) -> Place:
        """Return where a question stands."""
        word = self.word(kind, name, entity)
        later, topic, number = self.topics.place(word)
        if self.is_likely(word, row):
            return Place(LATER if later else FIRST, topic, number)
        fact = self.vocabulary.facts.get(name)
        if kind == "fact" and fact is not None and fact.type == "yes_no" and entity in ("person", "household"):
            return Place(RARE_LATER if later else RARE, 0, 0)
        return Place(REST, topic, number)
