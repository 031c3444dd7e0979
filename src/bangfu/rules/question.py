"""A question of the interview in words: what it is about, whom, and which topic it belongs to."""

from __future__ import annotations

from dataclasses import dataclass

from bangfu.rules.asking_order import word_of
from bangfu.rules.engine import Engine
from bangfu.rules.vocabulary import UNLIKELY, Topic


@dataclass(frozen=True, slots=True)
class Question:
    """One question. ``kind``: fact, recognition, collection or record; ``row`` is whom or what it is about.

    Two kinds ask several ``parts`` at once: ``choose`` (which of them: who of the family, which events, which decisions)
    and ``each`` (the same of several people: the date of birth, the level of disability).
    """

    kind: str
    name: str
    entity: str
    row: str
    parts: tuple[Question, ...] = ()

    @property
    def is_mixed(self) -> bool:
        """Tell whether it asks of different facts at once: the unlikely ones."""
        return self.kind == "choose" and self.parts[0].kind == "fact" and any(part.name != self.parts[0].name for part in self.parts)

    def topic(self, engine: Engine) -> Topic | None:
        """Return the topic to which a question belongs; one that mixes topics belongs to the unlikely things."""
        vocabulary = engine.pack.vocabulary
        found = {vocabulary.topics.of(word_of(vocabulary, q.kind, q.name, q.entity)) for q in self.parts or (self,)}
        return found.pop() if len(found) == 1 else vocabulary.topics.topics.get(UNLIKELY)

    def text(self, engine: Engine, lang: str) -> str:
        """Return the question in a language."""
        if self.kind == "choose":
            return self._choose_text(engine, lang)
        if self.kind == "each":
            said = self.parts[0].text(engine, lang)
            return f"请逐人回答：{said}" if lang == "zh" else f"For each of them: {said}"
        if self.kind == "record":
            return "以前领过、现在正在领的帮扶有记录吗？" if lang == "zh" else "Was any assistance received before, or is any received now?"
        if self.kind == "collection":
            entity = engine.pack.vocabulary.entities[self.entity]
            if entity.ask is not None:
                return entity.ask.text(lang)
            return f"近一年有没有“{entity.label.zh}”这类情况？" if lang == "zh" else f"In the last year, was there any {entity.label.en.lower()}?"
        if self.kind == "recognition":
            entry = engine.pack.entries[self.name]
            pair = str(entry.raw.get("ask", "")).split("|")
            if len(pair) == 2:
                return pair[0 if lang == "zh" else 1].strip()
            return f"已被认定为“{entry.label.zh}”吗？" if lang == "zh" else f'Is there a decision on "{entry.label.en}"?'
        fact = engine.pack.vocabulary.facts[self.name]
        return fact.ask.text(lang) if fact.ask else fact.label.text(lang)

    def _choose_text(self, engine: Engine, lang: str) -> str:
        first = self.parts[0]
        if self.is_mixed:
            topic = self.topic(engine)
            if topic is None or topic.id == UNLIKELY:
                return "下面这些比较少见，有符合的吗？" if lang == "zh" else "These are less common. Do any of them apply?"
            return f"{topic.label.zh}：下面哪些符合？" if lang == "zh" else f"{topic.label.en}: which of these apply?"
        if first.kind == "fact":
            said = first.text(engine, lang)
            return f"家里哪些人是这样：{said}" if lang == "zh" else f"For whom is it so: {said}"
        if first.kind == "collection":
            return "近一年家里发生过下面哪些情况？" if lang == "zh" else "Which of these happened in the family in the last year?"
        return "下面哪些已经由有关部门认定？" if lang == "zh" else "Which of these have been decided by an office?"
