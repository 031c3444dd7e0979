"""What a household is entitled to, in the words of the desk: missing, received, ended, open; each with its reasons."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from django.utils.translation import gettext as _

from bangfu.rules.assess import Answer
from bangfu.rules.ledger.write import EVERY
from bangfu.rules.needs import need_label
from bangfu.rules.pack.model import BENEFIT_KINDS
from bangfu.rules.phrases import KIND_NAMES, first_refusal, in_kind, money_text
from bangfu.server.assessment.live import Answered
from bangfu.server.assessment.nightly_findings import PERSONAL
from bangfu.server.assessment.received import received
from bangfu.server.desk.words import joined
from bangfu.server.portal.words import language, with_units

_ROW = re.compile(r"\b[HPI]\d+\b")


@dataclass(frozen=True, slots=True)
class Reasoned:
    """One line of an argument with its depth and mark."""

    depth: int
    verdict: str
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """One answer. ``worth`` sorts: sums first, the largest on top."""

    entry: str
    name: str
    who: str
    kind: str
    sum: str
    office: str
    articles: str
    papers: str
    needs: str
    refusal: str
    reasons: tuple[Reasoned, ...]
    worth: tuple[bool, Fraction]


@dataclass(slots=True)
class Answers:
    """A household's answers by what they ask the desk to do. ``services`` are there for it without being granted by name."""

    record_known: bool
    lapsed: dt.date | None
    missing: list[Card] = field(default_factory=list)
    receiving: list[Card] = field(default_factory=list)
    ended: list[Card] = field(default_factory=list)
    services: list[Card] = field(default_factory=list)
    open: list[Card] = field(default_factory=list)
    refused: int = 0


def answers_of(found: Answered, names: dict[str, str]) -> Answers:
    """Return the answers of a household in words; ``names`` are those of its rows (``P12`` → 张秀英)."""
    teller = Teller(found, names)
    made = Answers(found.given.record is not None, found.assessment.lapsed_since)
    held = received(found.engine, found.given, found.assessment.on)
    for answer in found.assessment.answers:
        if answer.kind in PERSONAL or answer.kind in BENEFIT_KINDS:
            group = _group(made, answer, held.get((answer.row, answer.entry)))
            if group is None:
                made.refused += 1
            else:
                group.append(teller.card(answer, argued=group is not made.open))  # an open one shows what it waits for
    for cards in (made.missing, made.receiving, made.ended, made.services):
        cards.sort(key=lambda card: card.worth, reverse=True)
    made.open = sorted(_gathered(made.open), key=lambda card: (not card.worth[0], card.name))
    return made


def _group(made: Answers, answer: Answer, held: bool | None) -> list[Card] | None:
    """Return where an answer belongs, as the night sorts its findings; ``held`` is None where nothing is received."""
    personal = answer.kind in PERSONAL
    if answer.computed == "not_met":
        return made.ended if held and personal and answer.entity in ("household", "person") else None
    if held is not None:
        return made.receiving
    if answer.computed == "unknown":
        return made.open
    if answer.status == "lapsed" and made.lapsed is None:
        return None
    return made.missing if personal else made.services


def _gathered(cards: list[Card]) -> Iterator[Card]:
    """Yield one card for each open entry, with everybody whom it is about and all that is needed."""
    by_entry: dict[str, list[Card]] = {}
    for card in cards:
        by_entry.setdefault(card.entry, []).append(card)
    for same in by_entry.values():
        first = same[0]
        needs = dict.fromkeys(need for card in same for need in card.needs.split("\n"))
        yield Card(
            first.entry, first.name, joined(dict.fromkeys(card.who for card in same)), first.kind, first.sum, first.office, first.articles, first.papers,
            joined(needs), first.refusal, first.reasons, first.worth,
        )  # fmt: skip


class Teller:
    """Puts the answers of one household into words."""

    def __init__(self, found: Answered, names: dict[str, str]) -> None:
        self.found, self.names, self.pack, self.lang = found, names, found.engine.pack, language()
        self.rows = {row.id: row for row in found.given.rows}

    def card(self, answer: Answer, *, argued: bool = True) -> Card:
        """Return one answer in words, with its argument; the needs stand one a line until they are gathered."""
        entry = self.pack.entries[answer.entry]
        tier = entry.tiers[answer.tier] if answer.tier is not None and entry.tiers else None
        label = entry.label.text(self.lang)
        met = answer.computed == "met"
        return Card(
            entry=answer.entry, name=f"{label} · {tier.label.text(self.lang)}" if tier is not None and tier.label is not None else label,
            who=self.who(answer), kind=KIND_NAMES[answer.kind][self.lang == "en"], sum=self.sum(answer),
            office=joined(dict.fromkeys(self.pack.office_text(office, self.lang) for office in (answer.office, *answer.joins))),
            articles=joined(answer.articles), papers=joined(self.pack.vocabulary.words[p].text(self.lang) for p in answer.papers if p in self.pack.vocabulary.words),
            needs="\n".join(need_label(self.pack, name, self.lang) for name in answer.needs),
            refusal="" if met or not argued else self._said(first_refusal(answer, self.lang)), reasons=tuple(self._reasons(answer)) if argued else (),
            worth=_worth(answer),
        )  # fmt: skip

    def sum(self, answer: Answer) -> str:
        """Return how much, or what is given."""
        if answer.kind not in BENEFIT_KINDS:
            return ""
        said = with_units(money_text(answer.amount, self.lang))
        if said:
            return f"{said} {EVERY[answer.every].text(self.lang)}" if answer.every and "/" not in said else said
        if answer.needs and answer.computed == "met" and self.pack.entries[answer.entry].has_money:
            return _("数额还不能确定")
        return with_units(money_text(answer.quantity, self.lang)) or in_kind(self.pack.entries[answer.entry], answer, self.lang)

    def who(self, answer: Answer) -> str:
        """Return whom an answer is about."""
        if answer.entity == "household":
            return _("全户")
        if answer.entity == "person":
            return self.names.get(answer.row, answer.row)
        label = self.pack.vocabulary.entities[answer.entity].label.text(self.lang)
        holder = self.names.get(answer.owner)
        return f"{holder} · {label}" if holder else label

    def _reasons(self, answer: Answer) -> Iterator[Reasoned]:
        for reason in answer.reasons:
            for depth, line in reason.lines():
                yield Reasoned(min(depth, 4), line.verdict, self._said(line.text(self.lang)))

    def _said(self, text: str) -> str:
        """Return a sentence of the rules with names where they write the numbers of rows, units in the language of the page."""
        named = self.named(text)
        return named if self.lang == "zh" else with_units(named)

    def named(self, text: str) -> str:
        """Put names where the rules write the numbers of rows."""
        return _ROW.sub(lambda found: self.names.get(found[0], found[0]), text)


def _worth(answer: Answer) -> tuple[bool, Fraction]:
    amount = answer.amount
    return answer.kind == "cash", Fraction(0) if answer.kind != "cash" or amount is None else Fraction(amount.low)
