"""What a household is entitled to, in the words of the desk: missing, received, ended, open; each with its reasons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from bangfu.rules.assess import Answer
from bangfu.rules.ledger.write import EVERY
from bangfu.rules.needs import need_label
from bangfu.rules.pack.model import BENEFIT_KINDS
from bangfu.rules.phrases import KIND_NAMES, first_refusal, in_kind, money_text
from bangfu.server.assessment.live import Answered
from bangfu.server.desk.received import received
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
    """A household's answers by what they ask the desk to do."""

    missing: list[Card]
    receiving: list[Card]
    ended: list[Card]
    open: list[Card]
    recognised: list[Card]
    refused: int
    record_known: bool
    lapsed: Any


def answers_of(found: Answered, names: dict[str, str]) -> Answers:
    """Return the answers of a household in words; ``names`` are those of its rows (``P12`` → 张秀英)."""
    teller = Teller(found, names)
    made = Answers([], [], [], [], [], 0, found.given.record is not None, found.assessment.lapsed_since)
    for answer in found.assessment.answers:
        if answer.kind == "recognition" and answer.computed == "met":
            made.recognised.append(teller.card(answer))
        elif answer.kind in BENEFIT_KINDS:
            _place(made, teller, answer)
    for cards in (made.missing, made.receiving, made.ended, made.recognised):
        cards.sort(key=lambda card: card.worth, reverse=True)
    made.open = sorted(_gathered(made.open), key=lambda card: (not card.worth[0], card.name))
    return made


def _place(made: Answers, teller: Teller, answer: Answer) -> None:
    found = teller.found
    now = received(found.given, answer, found.assessment.on)
    if answer.computed == "not_met":
        made.ended.append(teller.card(answer)) if now else None
        made.refused += not now
    elif now:
        made.receiving.append(teller.card(answer))
    else:
        (made.missing if answer.computed == "met" else made.open).append(teller.card(answer))


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

    def card(self, answer: Answer) -> Card:
        """Return one answer in words; the needs stand one a line until they are gathered."""
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
            refusal="" if met else with_units(self.named(first_refusal(answer, self.lang))), reasons=tuple(self._reasons(answer)), worth=_worth(answer),
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
                yield Reasoned(min(depth, 4), line.verdict, with_units(self.named(line.text(self.lang))))

    def named(self, text: str) -> str:
        """Put names where the rules write the numbers of rows."""
        return _ROW.sub(lambda found: self.names.get(found[0], found[0]), text)


def _worth(answer: Answer) -> tuple[bool, Fraction]:
    amount = answer.amount
    if answer.kind != "cash" or amount is None:
        return answer.kind == "cash", Fraction(0)
    return True, Fraction(amount.low)
