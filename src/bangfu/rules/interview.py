"""The interview: one question at a time, topic by topic, until nothing more can change.

Asked is what somebody's answer waits for: an open fact in the missing set of an undecided entry. Which of these comes
next is declared (``asking_order``, ``policies/vocabulary/topics.yaml``): topic by topic, the most telling first, what is
unlikely of this family late. Where nothing is declared, it is the question that most undecided entries wait for (each
shares one vote among what it waits for; whether comes before how much), then the one of the most cash. What is asked as
one counts together: decisions, events, the same question about several of the family. A gate is asked before what hangs
on it; what a person declined is not asked again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bangfu.rules.answers import needs_of_result
from bangfu.rules.asking_order import Order, Place
from bangfu.rules.assess import Answer
from bangfu.rules.engine import Engine
from bangfu.rules.household import Given, GivenRow
from bangfu.rules.pack.model import BENEFIT_KINDS, Entry
from bangfu.rules.question import Question
from bangfu.rules.values import Range, Unknown
from bangfu.rules.vocabulary import UNLIKELY, Fact, Label

TICKED_AT_MOST = 12
"""How many different things are ticked on one page."""
SETTLED_KINDS = (*BENEFIT_KINDS, "recognition")
SHARE = 5040
"""What one undecided benefit is worth, shared out among the questions that it still waits for."""


class Standing(NamedTuple):
    """How one entry stands for one row: ``computed`` as in an ``Answer``; ``needs`` would settle status or amount."""

    entry: Entry
    entity: str
    row: str
    computed: str
    needs: frozenset[str]


class Outlook(NamedTuple):
    """All standings, and the undecided benefits among them, each with the questions whose answers could change it."""

    standings: list[Standing]
    waiting: list[tuple[Standing, frozenset[Question]]]

    def without(self, declined: Set[Question]) -> Outlook:
        """Return the same outlook for somebody who declines these questions too: declining changes no standing."""
        return self._replace(waiting=[(standing, left) for standing, questions in self.waiting if (left := questions - declined)])


@dataclass(slots=True)
class Interview:
    """The state of one interview: what is stated, what was declined, in which order."""

    engine: Engine
    on: dt.date
    given: Given
    declined: set[Question] = field(default_factory=set)
    asked: list[Question] = field(default_factory=list)
    _order: Order | None = field(default=None, init=False, repr=False, compare=False)

    def order(self) -> Order:
        """Return the order of the questions for what is stated so far."""
        if self._order is None:
            self._order = Order(self.engine.pack.vocabulary, self.given, self.on)
        return self._order

    def outlook(self) -> Outlook:
        """Return how benefits and recognitions stand for what is stated so far, and what they wait for."""
        run = self.engine.run(self.given, self.on, "met" if not self.given.record else None)
        standings = [
            _standing(entry, row, self.engine.result(row, entry))
            for entry in self.engine.pack.entries.values() if entry.kind in SETTLED_KINDS and entry.per is not None and entry.per != "place"
            for row in run.rows[entry.per]
        ]  # fmt: skip
        settled = {(s.entry.id, s.row) for s in standings if s.entry.kind == "recognition" and s.computed != "unknown"}
        return Outlook(standings, self._waiting([s for s in standings if s.needs and s.entry.kind in BENEFIT_KINDS], settled))

    def settled(self, found: Outlook) -> float:
        """Return the share of benefits decided one way or the other (those that only a place can settle count as decided)."""
        benefits = sum(s.entry.kind in BENEFIT_KINDS for s in found.standings)
        return 1 - sum(s.computed == "unknown" for s, _ in found.waiting) / benefits if benefits else 1.0

    def next_question(self, found: Outlook | None = None) -> Question | None:
        """Return the next question: its topic's turn, then what settles most; None when no answer can change any more."""
        votes: dict[Question, int] = {}
        worth: dict[tuple[str, ...], list[int]] = {}
        of_all: set[str] = set()
        for standing, questions in (self.outlook() if found is None else found).waiting:
            kin = {self._kin(q) for q in questions}
            for question in questions:
                votes[question] = votes.get(question, 0) + 1
                if question.entity == "person" and question.kind == "fact" and standing.entity == "household":
                    of_all.add(question.name)
            for group in kin:
                tally = worth.setdefault(group, [0, 0, 0])
                tally[standing.computed != "unknown"] += SHARE // len(kin)
                tally[2] += standing.entry.kind == "cash"
        if not votes:
            return None
        order = self.order()
        places = {q: order.place(q.kind, q.name, q.entity, q.row) for q in votes}
        ranked = sorted(votes, key=lambda q: (places[q], *(-w for w in worth[self._kin(q)]), -votes[q], self._rank(q)))
        return self._together(ranked, self._of_everybody(of_all, places, order), order)

    def _of_everybody(self, names: Set[str], places: dict[Question, Place], order: Order) -> dict[Question, Place]:
        """Return the places with the same question about the others beside it, where it is the whole family's answer that waits."""
        found, asked_there = dict(places), {(q.name, place) for q, place in places.items()}
        for other in (other for name in sorted(names) for other in self._everybody(name) if other not in places):
            place = order.place(other.kind, other.name, other.entity, other.row)
            if (other.name, place) in asked_there:
                found[other] = place
        return found

    def _kin(self, question: Question) -> tuple[str, ...]:
        """Return what questions share that are asked as one: what they settle counts together."""
        if question.kind == "recognition" or (question.kind == "collection" and self.engine.pack.vocabulary.entities[question.entity].claim):
            return (question.kind,)
        if question.kind == "fact" and question.entity == "person":
            return ("fact", question.name)
        return (question.kind, question.name, question.row)

    def _together(self, ranked: list[Question], places: Mapping[Question, Place], order: Order) -> Question:
        """Return the first question with its likes: one about the family, all kinds of events, all decisions, all that is rare."""
        best, kind = ranked[0], "choose"
        ranked = list(dict.fromkeys((*ranked, *places)))
        alike = [q for q in ranked if self._kin(q) == self._kin(best) and places[q] == places[best]]
        page = self._page([q for q in ranked if places[q].page == places[best].page], order) if places[best].page else []
        if places[best].page == UNLIKELY or len({q.name for q in page}) > 1:
            parts = page
        elif best.kind == "fact" and best.entity == "person":
            if self.engine.pack.vocabulary.facts[best.name].type == "yes_no":
                parts = self._whole_family(best.name, order)
            else:
                kind, parts = "each", alike
        elif best.kind in ("collection", "recognition"):
            parts = alike
        else:
            return best
        parts.sort(key=lambda q: (q.entity == "person", q.row, self._rank(q)))
        return best if len(parts) < 2 else Question(kind, best.name, best.entity, "", tuple(parts))

    def _whole_family(self, name: str, order: Order) -> list[Question]:
        """Return the yes/no question about all whom it may concern and who have not answered: ticking names is no more work than one yes."""
        return [q for q in self._everybody(name) if order.is_likely(name, q.row)]

    def _everybody(self, name: str) -> list[Question]:
        """Return a question about each member who has not answered it, and whose gate is open."""
        fact = self.engine.pack.vocabulary.facts[name]
        rows = [r for r in self.given.of_entity("person") if name not in r.facts and self._gate_is_yes(fact, r)]
        asked = [Question("fact", name, "person", r.id) for r in rows]
        return [q for q in asked if q not in self.declined]

    def _page(self, ranked: list[Question], order: Order) -> list[Question]:
        """Return the questions that are ticked on one page, in their order; one about several people brings all of them.

        What hangs on another answer of the page waits for it.
        """
        there = {(q.name, q.row) for q in ranked}
        ranked = [q for q in ranked if not any((name, q.row) in there for name in order.hangs_on(q.name, q.row))] or ranked
        groups: dict[tuple[str, ...], list[Question]] = {}
        for question in ranked:
            groups.setdefault(self._kin(question), []).append(question)
        found: list[Question] = []
        for alike in groups.values():
            if alike[0].entity == "person" and order.is_likely(alike[0].name, alike[0].row):
                alike = self._whole_family(alike[0].name, order)
            if not found or len(found) + len(alike) <= TICKED_AT_MOST:
                found += alike
        return found

    def _rank(self, question: Question) -> tuple[int, str]:
        return (self.engine.fact_order.get(question.name, -1), question.row)

    def _waiting(self, standings: list[Standing], settled: Set[tuple[str, str]]) -> list[tuple[Standing, frozenset[Question]]]:
        """Return those of the standings that an answer could change, each with the questions; what leads where is looked up once for a row."""
        known: dict[tuple[str, str, str], Question | None] = {}
        leads: dict[tuple[str, str, frozenset[str]], frozenset[Question]] = {}
        for standing in standings:
            entity, row, needs = standing.entity, standing.row, standing.needs
            if (entity, row, needs) in leads:
                continue
            for name in needs:
                if (entity, row, name) not in known:
                    known[entity, row, name] = self._question(standing, name, settled)
            leads[entity, row, needs] = frozenset(q for name in needs if (q := known[entity, row, name]) is not None)
        found = ((s, leads[s.entity, s.row, s.needs]) for s in standings)
        return [(standing, questions) for standing, questions in found if questions]

    def _question(self, answer: Answer | Standing, name: str, settled: Set[tuple[str, str]]) -> Question | None:
        """Return the question that a missing name of an answer leads to, or None where no person can answer it."""
        found = self.question_for(answer, name, settled)
        return None if found is None or found in self.declined else found

    def question_for(self, answer: Answer | Standing, name: str, settled: Set[tuple[str, str]] = frozenset()) -> Question | None:
        """Return the question that would settle a missing name, also one that was declined; None where nobody can answer it here.

        ``settled`` are the recognitions, by entry and row, that the facts have decided: nobody is asked for an office's word on them.
        """
        vocabulary = self.engine.pack.vocabulary
        if name == "record":
            return Question("record", "record", "place", "place") if self.given.record is None else None
        entity = vocabulary.collection_entity(name)
        if entity is not None:
            return Question("collection", name, entity.id, "") if name not in self.given.collections else None
        entry = self.engine.pack.entries.get(name)
        if entry is not None and entry.kind == "recognition" and entry.per is not None:
            if entry.local_name_of is not None:
                return self._asked_of_its_own_name(answer, entry, settled)
            row = self._row(answer, entry.per, name, lambda r: name not in r.stated and (name, r.id) not in settled)
            return None if row is None else Question("recognition", name, entry.per, row.id)
        fact = vocabulary.facts.get(name)
        return None if fact is None else self._fact_question(answer, fact)

    def _asked_of_its_own_name(self, answer: Answer | Standing, entry: Entry, settled: Set[tuple[str, str]]) -> Question | None:
        """Return the question for a recognition that is a local name: it is asked once, by the name that everybody knows."""
        known = entry.local_name_of or ""
        row = self._row(answer, entry.per or "", known, lambda r: not {known, entry.id} & r.stated.keys() and (known, r.id) not in settled)
        return None if row is None else Question("recognition", known, entry.per or "", row.id)

    def _fact_question(self, answer: Answer | Standing, fact: Fact) -> Question | None:
        if fact.ask is None or fact.given_by != "person":
            return None
        row = self._row(answer, fact.entity, fact.id, lambda r: fact.id not in r.facts and self._open(fact, r))
        if row is None:
            return None
        gate = fact
        while gate.gate and gate.gate not in row.facts:
            gate = self.engine.pack.vocabulary.facts[gate.gate]
        question = Question("fact", gate.id, fact.entity, row.id)
        if gate is not fact and question in self.declined:
            return None
        return question

    def _gate_is_yes(self, fact: Fact, row: GivenRow) -> bool:
        return fact.gate is None or row.facts.get(fact.gate) is True

    def _open(self, fact: Fact, row: GivenRow) -> bool:
        here = fact
        while here.gate:
            if row.facts.get(here.gate) is False:
                return False
            here = self.engine.pack.vocabulary.facts[here.gate]
        return True

    def _row(self, answer: Answer | Standing, entity: str, name: str, lacking: Any) -> GivenRow | None:
        rows = {(r.entity, r.id): r for r in self.given.rows}
        here = rows.get((answer.entity, answer.row))
        while here is not None and here.entity != entity:
            owner = self.engine.pack.vocabulary.entities[here.entity].belongs_to
            here = rows.get((owner, here.of)) if owner is not None and here.of is not None else None
        # an answer may read more than its own row, and does not say which: its own, unless a plain yes is unlikely there
        fact = self.engine.pack.vocabulary.facts.get(name)
        if here is not None and lacking(here) and (fact is None or fact.type != "yes_no" or self.order().is_likely(name, here.id)):
            return here
        open_rows = [r for r in self.given.of_entity(entity) if lacking(r)]
        likely = next((r for r in open_rows if self.order().is_likely(name, r.id)), None)
        return likely or (here if here in open_rows else open_rows[0] if open_rows else None)

    # -- answers -------------------------------------------------------------------------------------------------
    def answer(self, question: Question, value: Any, open_yet: Set[Question] | None = None) -> None:
        """State a value (already read for its type); None declines.

        ``choose`` takes the set of parts that are so, ``each`` a value for each part (one left out is declined).
        ``open_yet`` is what ``open_to_facts`` said of the question before; worked out where it is not given.
        """
        self.asked.append(question)
        if open_yet is None:
            open_yet = self.open_to_facts(question)
        for part in question.parts or (question,):
            said = value
            if question.parts and value is not None:
                said = part in value if question.kind == "choose" else value.get(part)
            # "no office has decided" refuses nobody who may still qualify
            self._state(part, None if said is False and part in open_yet else said)

    def open_to_facts(self, question: Question, found: Outlook | None = None) -> Set[Question]:
        """Return the decisions asked for whose conditions nothing stated has failed yet: "not decided" is no refusal there.

        Where nothing but a decision could say yes, a decision not taken is a no. ``found`` spares working it out.
        """
        asked = {(p.name, p.row): p for p in question.parts or (question,) if p.kind == "recognition"}
        if not asked:
            return frozenset()
        return {
            asked[s.entry.id, s.row] for s in (self.outlook() if found is None else found).standings
            if (s.entry.id, s.row) in asked and s.computed != "not_met" and (s.entry.when or s.entry.tiers)
        }  # fmt: skip

    def _state(self, question: Question, value: Any) -> None:
        self._order = None
        if value is None:
            self.declined.add(question)
        elif question.kind == "record":
            self.given.record = []
        elif question.kind == "collection":
            self.given.collections.add(question.name)
            if value:
                self._new_row(question)
        else:
            row = self._find(question)
            target = row.facts if question.kind == "fact" else row.stated
            target[question.name] = value

    def _new_row(self, question: Question) -> None:
        entity = self.engine.pack.vocabulary.entities[question.entity]
        owners = self.given.of_entity(entity.belongs_to or "place")
        if owners:
            self.given.rows.append(GivenRow(entity.id, f"{question.name}_1", owners[0].id))

    def _find(self, question: Question) -> GivenRow:
        return next(r for r in self.given.rows if r.entity == question.entity and r.id == question.row)

    def back(self) -> Question | None:
        """Take the last answer back and return its question; None at the beginning."""
        if not self.asked:
            return None
        question = self.asked.pop()
        self.withdraw(question)
        return question

    def withdraw(self, question: Question) -> None:
        """Forget what was stated in answer to a question."""
        self._order = None
        self.declined.discard(question)
        if question.parts:
            for part in question.parts:
                self.withdraw(part)
        elif question.kind == "record":
            self.given.record = None
        elif question.kind == "collection":
            self.given.collections.discard(question.name)
            self.given.rows = [r for r in self.given.rows if r.entity != question.entity]
        else:
            row = self._find(question)
            row.facts.pop(question.name, None)
            row.stated.pop(question.name, None)


def _standing(entry: Entry, row: Any, result: Any) -> Standing:
    unknown = result.status.__class__ is Unknown
    computed = "unknown" if unknown else "met" if result.status is True else "not_met"
    waits = unknown or (computed == "met" and result.amount.__class__ in (Unknown, Range))
    return Standing(entry, row.entity, row.id, computed, needs_of_result(result) if waits else frozenset())


def blank(members: int, names: list[str] | None = None) -> Given:
    """Return a household of so many members of whom nothing is stated but who applies: the first."""
    rows = [GivenRow("place", "place"), GivenRow("household", "household", "place")]
    for place in range(members):
        name = names[place] if names and place < len(names) else None
        facts: dict[str, Any] = {"relation": "self"} if place == 0 else {}
        rows.append(GivenRow("person", f"P{place + 1}", "household", facts=facts, name=name))
    return Given(rows, {"members", "households"}, None)


__all__ = ["Interview", "Label", "Question", "blank"]
