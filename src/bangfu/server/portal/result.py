"""The result of a sitting as a page and as a printed form: what is certain, what is open and what would settle it, what is not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from bangfu.rules.assess import Answer, Assessment, assess
from bangfu.rules.engine import Engine
from bangfu.rules.explain import Reason
from bangfu.rules.interview import Interview, Question
from bangfu.rules.ledger.write import EVERY
from bangfu.rules.needs import need_label, settled_by, settled_texts
from bangfu.rules.pack.model import BENEFIT_KINDS, Entry
from bangfu.rules.phrases import KIND_NAMES, first_refusal, in_kind, money_text, sum_text
from bangfu.server.portal.asking import person_name
from bangfu.server.portal.words import language, unworked, with_units
from bangfu.server.selfcheck.sitting import Sitting

MOST_NEEDS = 6


@dataclass(frozen=True, slots=True)
class Need:
    """Something that would settle an answer; ``url`` is where to answer it, empty where only an office or the place can."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Reasoned:
    """One line of an argument with its depth and mark."""

    depth: int
    verdict: str
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """One answer in the words of the page."""

    entry: str
    name: str
    who: str
    kind: str
    tier: str
    sum: str
    settled: str
    every: str
    given: str
    articles: str
    office: str
    joins: str
    papers: tuple[str, ...]
    needs: tuple[Need, ...]
    reasons: tuple[Reasoned, ...]
    refusal: str
    plainly: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What a page of results shows."""

    on: dt.date
    met: tuple[Card, ...]
    recognised: tuple[Card, ...]
    open: tuple[Card, ...]
    refused: int


class Teller:
    """Puts the answers of one sitting into words."""

    def __init__(self, engine: Engine, sitting: Sitting, interview: Interview) -> None:
        self.engine, self.pack, self.sitting, self.interview = engine, engine.pack, sitting, interview
        self.lang = language()
        self.settled: set[tuple[str, str]] = set()

    def assessment(self) -> Assessment:
        """Return the answers with their arguments."""
        given = self.interview.given
        found = assess(self.engine, given, self.interview.on, basis="met" if not given.record else None)
        self.settled = {(a.entry, a.row) for a in found.answers if a.kind == "recognition" and a.computed != "unknown"}
        return found

    def result(self) -> Result:
        """Return what is certain, what is open; what is refused is counted only."""
        found = self.assessment()
        gives = [a for a in found.answers if a.kind in BENEFIT_KINDS]
        met = [a for a in gives if a.computed == "met"]
        waiting = [a for a in gives if a.computed == "unknown"]
        recognised = self.under_one_name([a for a in found.answers if a.kind == "recognition" and a.computed == "met"])
        return Result(
            found.on, tuple(self.together(map(self.card, sorted(met, key=_family_first)))), tuple(map(self.card, sorted(recognised, key=_family_first))),
            tuple(self.gathered(waiting)), len({a.entry for a in gives if a.computed == "not_met"}),
        )  # fmt: skip

    def under_one_name(self, recognised: list[Answer]) -> list[Answer]:
        """Return recognitions without those that are but the local name of another that is met too."""
        there = {(a.entry, a.row) for a in recognised}
        return [a for a in recognised if (self.pack.entries[a.entry].local_name_of, a.row) not in there]

    def plainly(self, entry: Entry) -> str:
        """Return what a recognition is in plain words, and by which other name the local document, or everybody, knows it."""
        said = [entry.plainly.text(self.lang)] if entry.plainly is not None else []
        if entry.local_name_of is not None:
            said.append(_("就是“%(name)s”在当地文件里的叫法") % {"name": self.pack.entries[entry.local_name_of].label.text(self.lang)})
        names = [e.label.text(self.lang) for e in self.pack.entries.values() if e.local_name_of == entry.id]
        if names:
            said.append(_("当地文件里叫“%(name)s”") % {"name": self.joined(names)})
        return ("；" if self.lang == "zh" else "; ").join(said)

    def together(self, cards: Iterable[Card]) -> Iterator[Card]:
        """Yield the cards; what several of the family get alike, in kind and without a sum of their own, is one card."""
        found: dict[Any, list[Card]] = {}
        for number, card in enumerate(cards):
            key = number if card.sum else (card.entry, card.tier, card.every, card.given, card.needs)
            found.setdefault(key, []).append(card)
        for alike in found.values():
            reasons = alike[0].reasons if len(alike) == 1 else tuple(line for card in alike for line in (Reasoned(0, "", card.who), *card.reasons))
            yield replace(alike[0], who=self.joined(dict.fromkeys(card.who for card in alike)), reasons=reasons)

    def refused(self) -> list[list[Card]]:
        """Return what is not met, with the reason: the cards of one entry together, those refused alike as one."""
        found: dict[str, dict[str, list[Card]]] = {}
        for answer in self.assessment().answers:
            if answer.kind in BENEFIT_KINDS and answer.computed == "not_met":
                card = self.card(answer)
                found.setdefault(answer.entry, {}).setdefault(card.refusal, []).append(card)
        return [[replace(alike[0], who=self.joined(dict.fromkeys(c.who for c in alike))) for alike in by_reason.values()] for by_reason in found.values()]

    def gathered(self, answers: list[Answer]) -> Iterator[Card]:
        """Yield what is open, one card for each entry: money first, then what needs the fewest answers."""
        by_entry: dict[str, list[Answer]] = {}
        for answer in answers:
            by_entry.setdefault(answer.entry, []).append(answer)
        for group in sorted(by_entry.values(), key=lambda g: (g[0].kind != "cash", len(set().union(*(a.needs for a in g))))):
            first = group[0]
            needs = dict.fromkeys(need for answer in group for need in self.needs(answer))
            who = dict.fromkeys(self.who(answer) for answer in group)
            yield self.card(first, who=self.joined(who), needs=tuple(needs))

    def joined(self, parts: Any) -> str:
        """Return parts as one list in the language of the page."""
        return ("、" if self.lang == "zh" else ", ").join(part for part in parts if part)

    def card(self, answer: Answer, who: str | None = None, needs: tuple[Need, ...] | None = None) -> Card:
        """Return one answer in words."""
        entry, words = self.pack.entries[answer.entry], self.pack.vocabulary.words
        tier = entry.tiers[answer.tier] if answer.tier is not None and entry.tiers else None
        benefit = answer.kind in BENEFIT_KINDS
        return Card(
            entry=answer.entry, name=entry.label.text(self.lang), who=self.who(answer) if who is None else who, kind=KIND_NAMES[answer.kind][self.lang == "en"],
            tier=tier.label.text(self.lang) if tier is not None and tier.label is not None else "",
            sum=with_units(sum_text(answer, self.lang)), settled=self.settled_by(answer), every=EVERY[answer.every].text(self.lang) if answer.every else "",
            given=self.given(answer) if benefit else "", articles=self.joined(answer.articles), office=self.pack.office_text(answer.office, self.lang),
            joins=self.joined(self.pack.office_text(office, self.lang) for office in answer.joins),
            papers=tuple(words[p].text(self.lang) for p in answer.papers if p in words),
            needs=tuple(dict.fromkeys(self.needs(answer, self.left(answer)))) if needs is None else needs, reasons=tuple(self.reasons(answer.reasons)),
            refusal=with_units(self.named(unworked(first_refusal(answer, self.lang)))) if answer.computed == "not_met" else "",
            plainly=self.plainly(entry) if answer.kind == "recognition" else "",
        )  # fmt: skip

    def given(self, answer: Answer) -> str:
        """Return what is given where no sum is known."""
        if answer.amount is not None:
            return ""
        if answer.needs and answer.computed == "met" and self.pack.entries[answer.entry].has_money:
            return _("数额还不能确定")
        said = with_units(money_text(answer.quantity, self.lang))
        return said or in_kind(self.pack.entries[answer.entry], answer, self.lang)

    def who(self, answer: Answer) -> str:
        """Return whom an answer is about."""
        if answer.entity == "household":
            return _("全家")
        if answer.entity == "person":
            return person_name(self.sitting, answer.row)
        label = self.pack.vocabulary.entities[answer.entity].label.text(self.lang)
        if answer.owner == "household":
            return label
        return _("%(person)s的%(thing)s") % {"person": person_name(self.sitting, answer.owner), "thing": label}

    def left(self, answer: Answer) -> list[str]:
        """Return the figures between whose bounds a sum lies and that the office or the place settles."""
        if answer.amount is None or answer.amount.exact:
            return []
        return [name for name in answer.needs if settled_by(self.pack, name)]

    def settled_by(self, answer: Answer) -> str:
        """Return who settles a sum of which the document gives the bounds."""
        left = self.left(answer)
        return ("；" if self.lang == "zh" else "; ").join(settled_texts(self.pack, self.pack.entries[answer.entry], left, self.lang)) if left else ""

    def needs(self, answer: Answer, without: Collection[str] = ()) -> Iterator[Need]:
        """Yield what would settle an answer, but for what others settle."""
        for name in answer.needs:
            if name in without:
                continue
            question, label = self.interview.question_for(answer, name, self.settled), need_label(self.pack, name, self.lang)
            if question is not None and question.entity == "person" and len(self.sitting.names) > 1:
                label = _("%(thing)s（%(person)s）") % {"thing": label, "person": person_name(self.sitting, question.row)}
            yield Need(label, self.url(question) if question is not None else "")

    def url(self, question: Question) -> str:
        """Return the address of the page that asks one question."""
        return reverse("portal:ask", args=[self.sitting.place, question.kind, question.name, question.row or "-"])

    def reasons(self, lines: tuple[Reason, ...]) -> Iterator[Reasoned]:
        """Yield the lines of an argument."""
        for reason in lines:
            for depth, line in reason.lines():
                yield Reasoned(min(depth, 4), line.verdict, with_units(self.named(line.text(self.lang))))

    def named(self, text: str) -> str:
        """Put names where the rules write the numbers of members."""
        for place in range(len(self.sitting.names), 0, -1):
            for mark in ("：", ":"):
                if text.startswith(f"P{place}{mark}"):
                    return person_name(self.sitting, f"P{place}") + text[len(f"P{place}") :]
        return text


def _family_first(answer: Answer) -> tuple[bool, str]:
    return (answer.entity != "household", answer.owner)
