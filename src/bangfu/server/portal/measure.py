"""One measure as a page: what it gives, to whom, how much, what to bring, where; and what the place has not set."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from bangfu.rules.answers import names_in
from bangfu.rules.engine import Engine
from bangfu.rules.language.fold import folded
from bangfu.rules.language.nodes import Node
from bangfu.rules.ledger.write import EVERY
from bangfu.rules.missing import MissingRow, lacks, missing_rows
from bangfu.rules.pack.model import MISSING, Entry, Parameter, Tier, Version
from bangfu.rules.phrases import IN_KIND, KIND_NAMES
from bangfu.rules.plan import nodes_of
from bangfu.rules.render import Renderer, bands_text, value_text
from bangfu.server.portal.words import each, language, with_units

DEPTH = 3
_SWITCH = re.compile(r"\s*(（1为.）|\(1 for yes\))$")
"""How the packs mark a value that is 1 or 0 for yes or no."""


@dataclass(slots=True)
class Line:
    """One condition in words, with the ones it is made of."""

    text: str
    below: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sum:
    """How much in one case: for whom, the formula or what is given, how often."""

    label: str
    condition: str
    text: str
    every: str


@dataclass(frozen=True, slots=True)
class Value:
    """A value that the measure rests on: what it is called, what it is today, since when, by which source; or that it is not set; its name in the pack."""

    label: str
    lines: tuple[str, ...]
    since: dt.date | None
    source: str
    missing: bool
    name: str = ""


@dataclass(frozen=True, slots=True)
class Explained:
    """A word that the conditions use, and what it means."""

    name: str
    label: str
    lines: list[Line]
    page: bool


class Measure:
    """What the page of one entry shows."""

    def __init__(self, engine: Engine, entry: Entry, day: dt.date) -> None:
        self.engine, self.entry, self.day, self.lang = engine, entry, day, language()
        self.words: Renderer = engine.words[self.lang]

    @property
    def name(self) -> str:
        """Return its name."""
        return self.entry.label.text(self.lang)

    @property
    def kind(self) -> str:
        """Return its kind in words."""
        return KIND_NAMES[self.entry.kind][self.lang == "en"]

    @property
    def what(self) -> str:
        """Return what is given, besides a sum."""
        return self.entry.content.text(self.lang) if self.entry.content else ""

    @property
    def note(self) -> str:
        """Return the note of the pack."""
        said = self.entry.raw.get("note")
        parts = str(said).split(" | ") if isinstance(said, str) else [""]
        return parts[0].strip() if self.lang == "zh" else parts[-1].strip()

    @property
    def about(self) -> str:
        """Return for whom or what it is given."""
        label = self.engine.pack.vocabulary.entities[self.entry.per].label.text(self.lang) if self.entry.per else ""
        return label.lower() if self.lang == "en" else label

    @property
    def every(self) -> str:
        """Return how often."""
        return EVERY[self.entry.every].text(self.lang) if self.entry.every else ""

    @property
    def office(self) -> str:
        """Return where to go."""
        return self.engine.pack.office_text(self.entry.office, self.lang)

    @property
    def joins(self) -> list[str]:
        """Return the offices that work on it too."""
        return [self.engine.pack.office_text(office, self.lang) for office in self.entry.joins]

    @property
    def papers(self) -> list[str]:
        """Return what to bring."""
        words = self.engine.pack.vocabulary.words
        return [words[paper].text(self.lang) for paper in self.entry.papers if paper in words]

    @property
    def payee(self) -> str:
        """Return who is paid."""
        word = self.engine.pack.vocabulary.words.get(self.entry.payee or "")
        return word.text(self.lang) if word else ""

    @property
    def articles(self) -> list[str]:
        """Return the passages it rests on."""
        clauses = self.engine.pack.clauses
        return list(dict.fromkeys(f"{clauses[c].article} {clauses[c].label}" for c in self.entry.covers if c in clauses))

    @property
    def document(self) -> str:
        """Return the document it stands in."""
        document = self.engine.pack.documents.get(self.entry.place)
        return document.title.text(self.lang) if document else ""

    @property
    def must(self) -> list[Line]:
        """Return what must be so."""
        lines = [line for node in self.entry.when for line in self._split(node)]
        if self.entry.open_condition is not None:
            lines.append(Line(_("文件没有写明、由当地规定的条件：%(condition)s") % {"condition": self.entry.open_condition.text(self.lang)}))
        return lines

    @property
    def must_not(self) -> list[Line]:
        """Return what must not be so."""
        taken = (folded(node, self.engine.pack.reading_choice) for node in self.entry.unless)
        return [Line(self._said(node)) for node in taken if node.op != "const" or node.data is not False]

    def _split(self, node: Node) -> list[Line]:
        """Return the lines of a condition under the readings taken; none where a reading has settled it as met."""
        taken = folded(node, self.engine.pack.reading_choice)
        if taken.op == "const" and taken.data is True:
            return []
        return [self._line(part, 0) for part in (_flat(taken, "and") if taken.op == "and" else (taken,))]

    def _line(self, node: Node, depth: int) -> Line:
        if node.op in ("or", "and") and depth < DEPTH:
            joined = _("以下有一项就行") if node.op == "or" else _("以下各项都要")
            return Line(joined, [self._line(part, depth + 1) for part in _flat(node, node.op)])
        return Line(self._said(node))

    def _said(self, node: Node) -> str:
        if node.op == "not":
            return _("没有这种情况：%(condition)s") % {"condition": self._said(node.args[0])}
        return with_units(self.words.text(node))

    @property
    def sums(self) -> list[Sum]:
        """Return how much, case by case."""
        if self.entry.tiers:
            return [self._tier(tier) for tier in self.entry.tiers]
        said = self._amount(self.entry)
        return [Sum("", "", each(said), self.every)] if said else []

    def _tier(self, tier: Tier) -> Sum:
        test = with_units(self.words.text(folded(tier.when, self.engine.pack.reading_choice))) if tier.when is not None else _("其他情况")
        said = self._amount(tier) or (tier.content.text(self.lang) if tier.content else "") or IN_KIND[self.entry.kind].text(self.lang) if self.entry.is_benefit else ""
        return Sum(tier.label.text(self.lang) if tier.label else "", test, said, EVERY[tier.every].text(self.lang) if tier.every else self.every)

    def _amount(self, part: Any) -> str:
        """Return the formula of a sum."""
        choice = self.engine.pack.reading_choice

        def text(node: Node) -> str:
            return self.words.text(folded(node, choice))

        if part.amount is not None:
            return _plain_missing(with_units(text(part.amount)))
        if part.share is not None:
            base = part.base if getattr(part, "base", None) is not None else self.entry.base
            return _plain_missing(with_units(text(part.share) + (f" × {text(base)}" if base is not None else "")))
        quantity = part.quantity if part.quantity is not None else self.entry.quantity
        rate = part.rate if part.rate is not None else self.entry.rate
        said = " × ".join(text(node) for node in (rate, quantity) if node is not None)
        return _plain_missing(with_units(said)) if part is self.entry or part.quantity is not None or part.rate is not None else ""

    @property
    def limits(self) -> list[str]:
        """Return the bounds on what is given."""
        return [with_units(limit.written) for limit in self.entry.limits]

    @property
    def values(self) -> list[Value]:
        """Return the dated values that the measure and the words it uses rest on."""
        found: dict[str, Value] = {}
        for name in self._reached():
            parameter = self.engine.pack.parameters.get(name)
            if parameter is not None and parameter.label is not None:
                found[name] = self._value(parameter)
        return list(found.values())

    def _reached(self) -> Iterator[str]:
        seen, queue = set[str](), [self.entry]
        while queue:
            for node in nodes_of(queue.pop()):
                for name in names_in(node):
                    if name in seen:
                        continue
                    seen.add(name)
                    yield name
                    other = self.engine.pack.entries.get(name)
                    if other is not None and other.kind == "definition" and len(seen) < 60:
                        queue.append(other)

    def _value(self, parameter: Parameter) -> Value:
        written = parameter.label.text(self.lang) if parameter.label else parameter.id
        label = _SWITCH.sub("", written)
        version: Version | None = parameter.version_on(self.day)
        if version is None or lacks(parameter) in ("value", "list"):
            return Value(label, (), None, "", True, parameter.id)
        if label != written:
            return Value(label, (_("是") if version.value == 1 else _("不是"),), version.since, version.source or "", False, parameter.id)
        return Value(label, tuple(self._shown(version.value, parameter, 0)), version.since, version.source or "", False, parameter.id)

    def _shown(self, value: Any, parameter: Parameter, depth: int) -> Iterator[str]:
        """Yield the lines of a value: one, or one for each code, or the bands."""
        if isinstance(value, dict):
            fact = self.engine.pack.vocabulary.facts.get(parameter.keyed_by[depth]) if depth < len(parameter.keyed_by) else None
            table = self.engine.pack.vocabulary.codes.get(fact.codes or "") if fact is not None else None
            for code, inner in value.items():
                label = table.codes[code].text(self.lang) if table is not None and code in table.codes else str(code)
                for line in self._shown(inner, parameter, depth + 1):
                    yield _("%(person)s：%(question)s") % {"person": label, "question": line}
        elif isinstance(value, tuple):
            yield with_units(bands_text(parameter, self.lang))
        elif isinstance(value, frozenset):
            table = self.engine.pack.vocabulary.codes.get(parameter.codes or "")
            yield ("、" if self.lang == "zh" else ", ").join(table.codes[c].text(self.lang) if table and c in table.codes else str(c) for c in sorted(value))
        else:
            missing = value is MISSING or getattr(value, "missing", False)
            yield _("当地还没有公布或没有填写") if missing else with_units(value_text(value, parameter.unit, self.lang))

    @property
    def not_set(self) -> list[str]:
        """Return by name what the place has not set and this measure, or a word it uses, rests on.

        What a recognition rests on stands on the page of the recognition.
        """
        reached = set(self._reached())
        rows = missing_by_entry(self.engine).get(self.entry.id, ())
        return list(dict.fromkeys(row.label.text(self.lang) for row in rows if row.name in reached or row.name.startswith(f"{self.entry.id}.")))

    @property
    def readings(self) -> list[tuple[str, str, str]]:
        """Return how unclear passages are read: the question, the reading taken, why."""
        return [
            (r.asks.text(self.lang), r.options[self.engine.pack.reading_choice.get(r.id, r.takes)].text(self.lang), r.because.text(self.lang) if r.because else "")
            for r in self.entry.readings.values()
        ]  # fmt: skip

    @property
    def explained(self) -> list[Explained]:
        """Return what the words of the conditions mean: definitions and recognitions that are named there."""
        names = dict.fromkeys(n for node in (*self.entry.when, *self.entry.unless) for n in names_in(node))
        found = []
        for name in names:
            entry = self.engine.pack.entries.get(name)
            if entry is None or entry.kind not in ("definition", "recognition"):
                continue
            meaning = Measure(self.engine, entry, self.day)
            nodes = [entry.value] if entry.value is not None else list(entry.when)
            lines = [line for node in nodes for line in meaning._split(node)]
            found.append(Explained(name, entry.label.text(self.lang), lines, entry.kind == "recognition" and entry.per != "place"))
        return found


@lru_cache(maxsize=16)
def missing_by_entry(engine: Engine) -> dict[str, list[MissingRow]]:
    """Return entry → what is missing for it; worked out once for an engine."""
    found: dict[str, list[MissingRow]] = {}
    for row in missing_rows(engine.pack):
        for name in row.holds_up:
            found.setdefault(name, []).append(row)
    return found


def _flat(node: Node, op: str) -> Iterator[Node]:
    for part in node.args:
        if part.op == op:
            yield from _flat(part, op)
        else:
            yield part


def _plain_missing(text: str) -> str:
    """Say in plain words that the document gives no figure."""
    return text.replace("（文件未给）", _("文件没有写明数额，由经办单位核定")).replace("(not given)", _("文件没有写明数额，由经办单位核定"))
