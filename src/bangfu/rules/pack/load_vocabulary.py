"""Read the vocabulary folder: entities, facts, codes and words (definitions are entries and are read with them)."""

from __future__ import annotations

from typing import Any

from bangfu.rules.errors import Fault
from bangfu.rules.pack.reader import Reader
from bangfu.rules.units import NO_UNIT, QuantityError, Unit, parse_quantity, parse_unit, power_of
from bangfu.rules.values import Number
from bangfu.rules.vocabulary import FACT_TYPES, GIVEN_BY, PRIVACY, CodeList, Entity, Fact, Label, Vocabulary
from bangfu.rules.yaml_source import Map

ENTITY_KEYS = ("label", "unit", "belongs_to", "at", "collection", "date", "claim", "ask")
FACT_KEYS = (
    "belongs_to", "label", "ask", "type", "unit", "bounds", "codes", "gate", "given_by", "privacy", "core", "note",
)  # fmt: skip


class VocabularyReader(Reader):
    """Adds what each file declares to one vocabulary."""

    def __init__(self, faults: list[Fault], vocabulary: Vocabulary, place: str | None = None) -> None:
        super().__init__(faults)
        self.vocabulary = vocabulary
        self.place = place

    def entities(self, content: Map) -> None:
        """Read ``entities.yaml``."""
        for name, raw in self._rows(content, "entities"):
            self.known_keys(raw, ENTITY_KEYS, "实体", "an entity")
            unit = raw.get("unit")
            self.vocabulary.entities[name] = Entity(
                id=name,
                label=self.label(raw, "label", required=True) or Label(name, name),
                unit=str(unit) if unit else None,
                belongs_to=self.word(raw, "belongs_to"),
                at=self.word(raw, "at"),
                collection=self.word(raw, "collection"),
                date=self.word(raw, "date"),
                claim=self.flag(raw, "claim"),
                ask=self.label(raw, "ask"),
            )

    def facts(self, content: Map) -> None:
        """Read one ``facts`` file."""
        for name, raw in self._rows(content, "facts"):
            if name in self.vocabulary.facts:
                self.fault(
                    raw.file,
                    content["facts"].key_marks[name],
                    "FACT-TWICE",
                    f"事实“{name}”已在别处声明，每个事实只声明一次",
                    f'the fact "{name}" is declared elsewhere; a fact is declared once',
                )
                continue
            fact = self._fact(name, raw)
            if fact is not None:
                self.vocabulary.facts[name] = fact

    def codes(self, content: Map) -> None:
        """Read ``codes.yaml``."""
        for name, raw in self._plain_rows(content):
            self.known_keys(raw, ("standard", "verified", "codes", "note"), "代码表", "a code list")
            codes: dict[str, Label] = {}
            rows = raw.get("codes")
            table = rows if isinstance(rows, Map) else Map(raw.file, raw.mark)
            for code, text in table.items():
                label = self.text(text, raw.file, table.at(code))
                if label:
                    codes[code] = label
            if not codes:
                self.fault(raw.file, raw.mark, "CODES", f"代码表“{name}”没有代码", f'the code list "{name}" has no codes')
            verified = raw.get("verified") in (True, "yes")
            self.vocabulary.codes[name] = CodeList(name, str(raw.get("standard", "")), verified, codes)

    def word_list(self, content: Map) -> None:
        """Read ``words.yaml``."""
        for name, text in content.items():
            label = self.text(text, content.file, content.at(name))
            if label:
                self.vocabulary.words[name] = label

    def finish(self) -> None:
        """Check what can only be seen when all files are read: owners, gates, code lists, dates."""
        for fact in self.vocabulary.facts.values():
            if fact.gate and fact.gate not in self.vocabulary.facts:
                self._loose(fact, f"门槛事实“{fact.gate}”没有声明", f'the gate "{fact.gate}" is not declared')
            elif fact.gate and self.vocabulary.facts[fact.gate].type != "yes_no":
                self._loose(fact, f"门槛事实“{fact.gate}”须为是否", f'the gate "{fact.gate}" must be a yes/no')
            elif fact.gate and self.vocabulary.facts[fact.gate].entity != fact.entity:
                self._loose(fact, f"门槛事实“{fact.gate}”须属于同一实体", f'the gate "{fact.gate}" must belong to {fact.entity}')
            if fact.codes and fact.codes not in self.vocabulary.codes:
                self._loose(fact, f"没有代码表“{fact.codes}”", f'there is no code list "{fact.codes}"')
        for entity in self.vocabulary.entities.values():
            if entity.date and entity.date not in self.vocabulary.facts:
                self.fault("vocabulary/entities.yaml", (0, 0), "ENTITY", f"{entity.id} 的日期事实“{entity.date}”没有声明", f'the date "{entity.date}" of {entity.id} is not declared')

    def _loose(self, fact: Fact, zh: str, en: str) -> None:
        self.fault(f"vocabulary: {fact.id}", (0, 0), "FACT", f"事实“{fact.id}”：{zh}", f'fact "{fact.id}": {en}')

    def _rows(self, content: Map, key: str) -> list[tuple[str, Map]]:
        rows = content.get(key)
        if not isinstance(rows, Map):
            self.fault(content.file, content.mark, "SHAPE", f"文件须以“{key}:”开头", f'the file must begin with "{key}:"')
            return []
        return self._plain_rows(rows)

    def _plain_rows(self, rows: Map) -> list[tuple[str, Map]]:
        found = []
        for name, raw in rows.items():
            self.identifier(name, rows.file, rows.key_marks[name])
            row = self.mapping(raw, rows.file, rows.at(name), name)
            if row is not None:
                found.append((name, row))
        return found

    def _fact(self, name: str, raw: Map) -> Fact | None:
        self.known_keys(raw, FACT_KEYS, "事实", "a fact")
        entity = self.word(raw, "belongs_to", self.vocabulary.entities, required=True)
        kind = self.word(raw, "type", FACT_TYPES, required=True)
        label = self.label(raw, "label", required=True)
        if entity is None or kind is None or label is None:
            return None
        unit = self._unit(raw, kind)
        low, high = self._bounds(raw, unit)
        if kind in ("money", "number", "level") and high is None:
            self.fault(raw.file, raw.mark, "FACT-BOUNDS", f"数“{name}”须有上下限 bounds", f'the number "{name}" needs bounds')
        if kind == "money" and not power_of(unit, "元"):
            self.fault(raw.file, raw.mark, "FACT-UNIT", f"金额“{name}”须有单位，如 元/户·月", f'the money "{name}" needs a unit such as 元/户·月')
        if kind in ("code", "codes") and "codes" not in raw:
            self.fault(raw.file, raw.mark, "FACT-CODES", f"代码“{name}”须写 codes: 代码表", f'the code "{name}" needs codes: <list>')
        return Fact(
            id=name, entity=entity, label=label, ask=self.label(raw, "ask"), type=kind, unit=unit, low=low, high=high,
            codes=self.word(raw, "codes"), gate=self.word(raw, "gate"),
            given_by=self.word(raw, "given_by", GIVEN_BY) or "person",
            privacy=self.word(raw, "privacy", PRIVACY) or "personal", core=self.flag(raw, "core"), place=self.place,
        )  # fmt: skip

    def _unit(self, raw: Map, kind: str) -> Unit:
        if kind == "level":
            return (("级", 1),)
        if "unit" not in raw:
            return NO_UNIT
        try:
            return parse_unit(str(raw["unit"]))[0]
        except QuantityError as error:
            self.at(raw, "unit", "UNIT", error.zh, error.en)
            return NO_UNIT

    def _bounds(self, raw: Map, unit: Unit) -> tuple[Number | None, Number | None]:
        if "bounds" not in raw:
            return None, None
        try:
            found = parse_quantity(str(raw["bounds"]))
        except QuantityError as error:
            self.at(raw, "bounds", "BOUNDS", error.zh, error.en)
            return None, None
        scale: Any = 100 ** power_of(unit, "元") if power_of(unit, "元") > 0 and not found.has_unit else 1
        low = None if found.low is None else found.low * scale
        return low, (None if found.high is None else found.high * scale)
