"""The vocabulary: entities, facts, codes and words that all documents share, each declared once.

A fact the vocabulary does not have cannot be named in a rule. Forms, ledgers, questions and tables are made from
these declarations; nothing about a fact is written down a second time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bangfu.rules.units import Unit
from bangfu.rules.values import Number

FACT_TYPES = ("yes_no", "code", "codes", "level", "date", "money", "number", "text", "id_number")
GIVEN_BY = ("person", "officer", "decision", "feed", "server")
PRIVACY = ("public", "personal", "sensitive")
DECISIONS, EVENTS, RECORD, UNLIKELY, AGE = "decisions", "events", "record", "unlikely", "age"
WORDS = (DECISIONS, EVENTS, RECORD, UNLIKELY)
"""What the topics name beside facts and collections: all recognitions, all kinds of claims, the record, the page of unlikely things."""


@dataclass(frozen=True, slots=True)
class Label:
    """A text in Chinese and in English."""

    zh: str
    en: str

    def text(self, lang: str) -> str:
        """Return the text in ``lang`` (``zh`` or ``en``)."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Entity:
    """Something that exists and is counted: a household, a person, a claim."""

    id: str
    label: Label
    unit: str | None
    belongs_to: str | None
    at: str | None
    collection: str | None
    date: str | None
    claim: bool
    ask: Label | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that can be stated about an entity.

    ``low`` and ``high`` are the bounds of a number (money in fen). Behind a closed ``gate`` money and numbers are 0
    and every direct comparison with the others is no.
    """

    id: str
    entity: str
    label: Label
    ask: Label | None
    type: str
    unit: Unit
    low: Number | None
    high: Number | None
    codes: str | None
    gate: str | None
    given_by: str
    privacy: str
    core: bool
    place: str | None = None

    @property
    def kind(self) -> str:
        """Return the type in expressions: ``yes_no code codes date number`` or ``text``."""
        if self.type in ("money", "number", "level"):
            return "number"
        return "text" if self.type in ("text", "id_number") else self.type


@dataclass(frozen=True, slots=True)
class CodeList:
    """A closed list of codes with its standard number."""

    id: str
    standard: str
    verified: bool
    codes: dict[str, Label]


@dataclass(frozen=True, slots=True)
class Topic:
    """What is asked together: the first questions, and those that can wait until every topic had its first ones."""

    id: str
    label: Label
    first: tuple[str, ...]
    later: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Possible:
    """What must be possible of a person: an age in full years (``low`` and ``high`` with their ends), or one of some answers."""

    fact: str
    low: Number | None = None
    high: Number | None = None
    answers: frozenset[Any] = frozenset()

    def admits(self, said: Any) -> bool:
        """Tell whether what is known allows it; ``said`` is a number of years or an answer."""
        if self.fact != AGE:
            return said in self.answers
        return (self.low is None or said >= self.low) and (self.high is None or said <= self.high)


@dataclass(slots=True)
class Topics:
    """In which order a family is asked; a vocabulary that declares none has no order of its own.

    ``likely`` has for a question the alternatives, each all of what must be possible; ``places`` (whether it is one of the
    later ones, the number of its topic, its place there) for a word.
    """

    topics: dict[str, Topic] = field(default_factory=dict)
    likely: dict[str, tuple[tuple[Possible, ...], ...]] = field(default_factory=dict)
    places: dict[str, tuple[bool, int, int]] = field(default_factory=dict)

    def add(self, topic: Topic) -> None:
        """Take a topic as the next one."""
        number = len(self.topics)
        self.topics[topic.id] = topic
        for later, words in ((False, topic.first), (True, topic.later)):
            for place, word in enumerate(words):
                self.places[word] = (later, number, place)

    def place(self, word: str) -> tuple[bool, int, int]:
        """Return (whether it can wait, the number of its topic, its place there); what no topic names comes last."""
        return self.places.get(word, (True, len(self.topics), 0))

    def of(self, word: str) -> Topic | None:
        """Return the topic of a word."""
        return next((topic for topic in self.topics.values() if word in topic.first or word in topic.later), None)


@dataclass(slots=True)
class Vocabulary:
    """All entities, facts, code lists and words, in the order in which they are declared, and the order in which they are asked."""

    entities: dict[str, Entity] = field(default_factory=dict)
    facts: dict[str, Fact] = field(default_factory=dict)
    codes: dict[str, CodeList] = field(default_factory=dict)
    words: dict[str, Label] = field(default_factory=dict)
    topics: Topics = field(default_factory=Topics)

    def path(self, start: str, goal: str) -> tuple[str, ...] | None:
        """Return the steps (``up`` or ``at``) from an entity to one it belongs to, or None.

        The shortest path wins; ``()`` when both are the same.
        """
        seen: dict[str, tuple[str, ...]] = {start: ()}
        queue = [start]
        while queue:
            here = queue.pop(0)
            if here == goal:
                return seen[here]
            entity = self.entities[here]
            for step, there in (("up", entity.belongs_to), ("at", entity.at)):
                if there and there not in seen:
                    seen[there] = (*seen[here], step)
                    queue.append(there)
        return None

    def owners(self, entity_id: str) -> Iterator[str]:
        """Yield the entity and all it belongs to, nearest first."""
        here: str | None = entity_id
        while here:
            yield here
            here = self.entities[here].belongs_to

    def below(self, owner: str, entity_id: str) -> bool:
        """Tell whether rows of ``entity_id`` are gathered under ``owner`` (not the same entity)."""
        return owner != entity_id and self.path(entity_id, owner) is not None

    def collection_entity(self, collection: str) -> Entity | None:
        """Return the entity of a collection name."""
        return next((e for e in self.entities.values() if e.collection == collection), None)

    def collection_owner(self, entity_id: str, collection: str) -> str | None:
        """Return the nearest owner, seen from an entity, that has rows of the collection."""
        entity = self.collection_entity(collection)
        if entity is None:
            return None
        return next((owner for owner in self.owners(entity_id) if self.below(owner, entity.id)), None)

    def unit_words(self, entity_id: str) -> frozenset[str]:
        """Return the counting words that cancel in an entry ``per`` this entity."""
        entity = self.entities[entity_id]
        words = {entity.unit} if entity.unit else set()
        if entity.claim and entity.belongs_to:
            owner_unit = self.entities[entity.belongs_to].unit
            words |= {owner_unit} if owner_unit else set()
        return frozenset(words)

    def facts_of(self, entity_id: str) -> Iterator[Fact]:
        """Yield the facts of one entity in vocabulary order."""
        return (fact for fact in self.facts.values() if fact.entity == entity_id)
