"""Read ``vocabulary/topics.yaml``: in which order a family is asked, and of whom a question is likely to matter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bangfu.rules.errors import Fault
from bangfu.rules.pack.reader import Reader
from bangfu.rules.units import QuantityError, parse_quantity
from bangfu.rules.vocabulary import AGE, WORDS, Fact, Label, Possible, Topic, Vocabulary
from bangfu.rules.yaml_source import List, Map

ASKED_ENTITIES = ("household", "person")


class TopicsReader(Reader):
    """Puts the order of the questions into a vocabulary whose facts are all read."""

    def __init__(self, faults: list[Fault], vocabulary: Vocabulary) -> None:
        super().__init__(faults)
        self.vocabulary = vocabulary

    def read(self, content: Map) -> None:
        """Read the topics and what is likely; every question that people are asked must have its place."""
        self.known_keys(content, ("topics", "likely"), "主题文件", "the file of topics")
        for name, raw in self._rows(content, "topics"):
            self.known_keys(raw, ("label", "first", "later"), "主题", "a topic")
            if name in self.vocabulary.topics.topics:
                self.fault(raw.file, raw.mark, "TOPIC-TWICE", f"主题“{name}”已声明", f'the topic "{name}" is declared already')
                continue
            label = self.label(raw, "label", required=True) or Label(name, name)
            self.vocabulary.topics.add(Topic(name, label, self._words(raw, "first"), self._words(raw, "later")))
        stated = content.get("likely")
        likely = stated if isinstance(stated, Map) else Map(content.file, content.mark)
        for name, ways in likely.items():
            self._known(name, content)
            if not isinstance(ways, List) or not all(isinstance(way, Map) for way in ways):
                self.at(likely, name, "SHAPE", f"“{name}”应为列表，如 [{{age: 16..64}}]", f"{name} must be a list such as [{{age: 16..64}}]")
                continue
            self.vocabulary.topics.likely[name] = tuple(tuple(self._way(way)) for way in ways)
        self._complete(content)

    def _rows(self, content: Map, key: str) -> Iterator[tuple[str, Map]]:
        rows = content.get(key)
        for name, raw in rows.items() if isinstance(rows, Map) else ():
            if isinstance(raw, Map):
                yield name, raw

    def _words(self, raw: Map, key: str) -> tuple[str, ...]:
        found = tuple(self.words(raw, key))
        for word in found:
            self._known(word, raw, key)
            if word in self.vocabulary.topics.places or found.count(word) > 1:
                self.at(raw, key, "TOPIC-TWICE", f"“{word}”已在别的主题里", f'"{word}" stands in another topic already')
        return found

    def _known(self, word: str, where: Map, key: str = "likely") -> None:
        if word not in self.vocabulary.facts and word not in WORDS and self.vocabulary.collection_entity(word) is None:
            self.at(where, key, "TOPIC-WORD", f"没有事实或集合“{word}”", f'there is no fact or collection "{word}"')

    def _way(self, way: Map) -> Iterator[Possible]:
        for name, said in way.items():
            fact = self.vocabulary.facts.get(name)
            if name == AGE:
                yield from self._age(way, str(said))
            elif fact is None or (fact.entity, fact.kind) not in (("person", "yes_no"), ("person", "code")):
                self.at(way, name, "TOPIC-WORD", f"“{name}”不是人的是否或代码", f'"{name}" is no yes/no or code of a person')
            else:
                yield Possible(name, answers=frozenset(self._answers(fact, way, said)))

    def _age(self, way: Map, said: str) -> Iterator[Possible]:
        try:
            ages = parse_quantity(said)
        except QuantityError as error:
            self.at(way, AGE, "TOPIC-AGE", error.zh, error.en)
            return
        yield Possible(AGE, ages.low, ages.high)

    def _answers(self, fact: Fact, way: Map, said: Any) -> Iterator[Any]:
        codes = self.vocabulary.codes[fact.codes].codes if fact.codes in self.vocabulary.codes else {}
        for one in said if isinstance(said, List) else (said,):
            if isinstance(one, bool) if fact.kind == "yes_no" else one in codes:
                yield one
            else:
                self.at(way, fact.id, "TOPIC-ANSWER", f"“{fact.id}”没有“{one}”这个答案", f'"{fact.id}" has no answer "{one}"')

    def _complete(self, content: Map) -> None:
        """Every question that is put to a family or a member has its place, or it would come last in silence."""
        for fact in self.vocabulary.facts.values():
            asked = fact.ask is not None and fact.given_by == "person" and fact.entity in ASKED_ENTITIES
            if asked and fact.place is None and fact.id not in self.vocabulary.topics.places:
                self.fault(content.file, content.mark, "TOPIC-MISSING", f"问句“{fact.id}”没有放进任何主题", f'the question "{fact.id}" stands in no topic')
