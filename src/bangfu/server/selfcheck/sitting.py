"""A sitting: who lives together and what was answered, in order; all else follows from it by asking the rules again.

Nothing of it is in the database: the browser carries it sealed (``sealed.py``), or it is kept under a code
(``actions.py``). Answers that lost their sense after a change (a person taken out, a gate now closed) fall away.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from bangfu.rules.engine import Engine
from bangfu.rules.interview import Interview, Question, blank
from bangfu.rules.pack.model import Pack

SHORT = {"fact": "f", "recognition": "r", "collection": "c", "record": "d", "choose": "o", "each": "e"}
LONG = {short: kind for kind, short in SHORT.items()}
MOST_PEOPLE = 20


@dataclass(slots=True)
class Sitting:
    """What a visitor said. ``names`` has one name for each member, empty where none was given; the first one asks.

    ``open`` remembers for each question answered which decisions stood open when it was asked
    (``Interview.open_to_facts``), ``pending_open`` for the next one, so that going through the answers again works
    nothing out. Both hold for the policy and the day named by ``basis`` alone.
    """

    place: str
    names: list[str]
    answers: list[tuple[Question, Any]] = field(default_factory=list)
    pending: Question | None = None
    share: float = 0.0
    ended: bool = False
    open: dict[Question, Set[Question]] = field(default_factory=dict)
    pending_open: Set[Question] | None = None
    basis: str = ""

    def interview(self, engine: Engine, on: dt.date) -> Interview:
        """Return the interview as it stands, and drop the answers that have lost their sense."""
        basis = f"{engine.pack.content_hash[:8]} {on.isoformat()}"
        if self.basis != basis:
            self.open, self.pending_open, self.basis = {}, None, basis
        made = Interview(engine, on, blank(len(self.names), self.names))
        kept: list[tuple[Question, Any]] = []
        for place, (question, value) in enumerate(self.answers):
            fitting = _fitting(made, question, value)
            if fitting is None or fitting[0] != question:
                self._forget_open(place)
            if fitting is not None:
                made.answer(*fitting, self._open_yet(made, fitting[0]))
                kept.append(fitting)
        self.answers = kept
        return made

    def put(self, question: Question, value: Any) -> None:
        """Take an answer; the same question's earlier answer is replaced where it stands."""
        for place, (asked, _) in enumerate(self.answers):
            if asked == question:
                self.answers[place] = (question, value)
                self._forget_open(place + 1)
                return
        if question == self.pending and self.pending_open is not None:
            self.open[question] = self.pending_open
        self.answers.append((question, value))

    def look_ahead(self, interview: Interview) -> None:
        """Note the next question and how much is settled, so that showing a page works nothing out."""
        found = interview.outlook()
        self.pending = interview.next_question(found)
        self.share = interview.settled(found)
        self.ended = self.pending is None
        self.pending_open = None if self.pending is None else interview.open_to_facts(self.pending, found)

    def _open_yet(self, interview: Interview, question: Question) -> Set[Question]:
        """Return which decisions of a question stood open when it was asked, and remember it."""
        known = self.open.get(question)
        if known is None:
            known = self.open[question] = interview.open_to_facts(question)
        return known

    def _forget_open(self, place: int) -> None:
        """Forget what stood open for the answers from a place on: an answer before them has changed."""
        before = {question for question, _ in self.answers[:place]}
        self.open = {question: known for question, known in self.open.items() if question in before}

    def set_people(self, names: list[str], kept: list[int]) -> None:
        """Say anew who lives together; ``kept`` names for each of them the former place, -1 for somebody new."""
        rows = {f"P{before + 1}": f"P{now + 1}" for now, before in enumerate(kept) if before >= 0}
        self.names = names
        self.answers = [moved for q, v in self.answers if (moved := _moved(q, v, rows)) is not None]
        self.pending, self.pending_open, self.open = None, None, {}


def _fitting(interview: Interview, question: Question, value: Any) -> tuple[Question, Any] | None:
    """Return an answer without the parts that make no sense any more; None where nothing is left."""
    if not question.parts:
        return (question, value) if makes_sense(interview, question) else None
    parts = tuple(p for p in question.parts if makes_sense(interview, p))
    if not parts:
        return None
    if parts == question.parts:
        return question, value
    whole = Question(question.kind, parts[0].name, parts[0].entity, "", parts)
    if value is None:
        return whole, None
    return whole, {p: v for p, v in value.items() if p in parts} if question.kind == "each" else value & set(parts)


def makes_sense(interview: Interview, question: Question) -> bool:
    """Tell whether a single question can be put to this household: the pack knows it, its row is there, its gates stand open."""
    pack = interview.engine.pack
    if question.kind == "record":
        return True
    if question.kind == "collection":
        return pack.vocabulary.collection_entity(question.name) is not None
    row = next((r for r in interview.given.rows if r.entity == question.entity and r.id == question.row), None)
    if row is None:
        return False
    if question.kind == "recognition":
        entry = pack.entries.get(question.name)
        return entry is not None and entry.kind == "recognition" and entry.per == question.entity
    fact = pack.vocabulary.facts.get(question.name)
    if fact is None or fact.entity != question.entity or fact.ask is None or fact.given_by != "person":
        return False
    gate = fact.gate
    while gate:
        if row.facts.get(gate) is False:
            return False
        gate = pack.vocabulary.facts[gate].gate
    return True


def _moved(question: Question, value: Any, rows: dict[str, str]) -> tuple[Question, Any] | None:
    """Return an answer with the members' new numbers; None where whom it is about has left."""

    def turned(part: Question) -> Question | None:
        if part.entity != "person":
            return part
        return Question(part.kind, part.name, part.entity, rows[part.row]) if part.row in rows else None

    if not question.parts:
        alone = turned(question)
        return None if alone is None else (alone, value)
    pairs = [(part, now) for part in question.parts if (now := turned(part)) is not None]
    if not pairs:
        return None
    whole = Question(question.kind, question.name, question.entity, "", tuple(now for _, now in pairs))
    if value is None:
        return whole, None
    if question.kind == "each":
        return whole, {now: value.get(part) for part, now in pairs}
    return whole, {now for part, now in pairs if part in value}


# -- as plain data -----------------------------------------------------------------------------------------------
def as_data(sitting: Sitting) -> dict[str, Any]:
    """Return plain data for JSON."""
    return {
        "p": sitting.place,
        "n": sitting.names,
        "a": [[_question_data(q), _answer_data(q, v)] for q, v in sitting.answers],
        "q": None if sitting.pending is None else _question_data(sitting.pending),
        "s": round(sitting.share, 4),
        "e": sitting.ended,
        "b": sitting.basis,
        "o": list(_open_data(sitting)),
    }


def _open_data(sitting: Sitting) -> Iterator[list[Any]]:
    """Yield the place of each question on decisions, and the places of its parts that stood open; the next question comes last."""
    asked = [(question, sitting.open.get(question)) for question, _ in sitting.answers]
    if sitting.pending is not None:
        asked.append((sitting.pending, sitting.pending_open))
    for place, (question, known) in enumerate(asked):
        parts = question.parts or (question,)
        if known is not None and any(part.kind == "recognition" for part in parts):
            yield [place, [n for n, part in enumerate(parts) if part in known]]


def from_data(data: dict[str, Any], pack: Pack) -> Sitting:
    """Return the sitting of plain data; what the pack no longer knows falls away."""
    sitting = Sitting(str(data["p"]), [str(name) for name in data["n"]], share=float(data["s"]), ended=bool(data["e"]))
    for asked, said in data["a"]:
        question = _question(asked, pack)
        if question is not None:
            sitting.answers.append((question, _answer(question, said, pack)))
    if data["q"] is not None:
        sitting.pending = _question(data["q"], pack)
    if str(data.get("b", "")).startswith(f"{pack.content_hash[:8]} "):
        _read_open(sitting, data)
    return sitting


def _read_open(sitting: Sitting, data: dict[str, Any]) -> None:
    """Take over what stood open; under the same policy every question that was written down is known."""
    sitting.basis = data["b"]
    for place, open_parts in data["o"]:
        question = sitting.answers[place][0] if place < len(sitting.answers) else sitting.pending
        if question is None:
            continue
        parts = question.parts or (question,)
        known = frozenset(parts[n] for n in open_parts)
        if place < len(sitting.answers):
            sitting.open[question] = known
        else:
            sitting.pending_open = known


def _question_data(question: Question) -> list[Any]:
    if question.parts:
        return [SHORT[question.kind], *(_question_data(part) for part in question.parts)]
    return [SHORT[question.kind], question.name, question.row]


def _question(data: list[Any], pack: Pack) -> Question | None:
    kind = LONG[data[0]]
    if kind in ("choose", "each"):
        parts = tuple(q for part in data[1:] if (q := _question(part, pack)) is not None)
        return Question(kind, parts[0].name, parts[0].entity, "", parts) if parts else None
    return single_question(kind, str(data[1]), str(data[2]), pack)


def single_question(kind: str, name: str, row: str, pack: Pack) -> Question | None:
    """Return the question of a kind about a row, or None where the pack knows no such question."""
    if kind == "record":
        return Question("record", "record", "place", "place")
    if kind == "collection":
        entity = pack.vocabulary.collection_entity(name)
        return None if entity is None else Question(kind, name, entity.id, "")
    if kind == "recognition":
        entry = pack.entries.get(name)
        return None if entry is None or entry.kind != "recognition" or entry.per is None else Question(kind, name, entry.per, row)
    fact = pack.vocabulary.facts.get(name) if kind == "fact" else None
    return None if fact is None else Question(kind, name, fact.entity, row)


def _answer_data(question: Question, value: Any) -> Any:
    if value is None:
        return None
    if question.kind == "choose":
        return [place for place, part in enumerate(question.parts) if part in value]
    if question.kind == "each":
        return [_plain(value.get(part)) for part in question.parts]
    return _plain(value)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, dt.date):
        return value.isoformat()
    return sorted(value) if isinstance(value, frozenset) else str(Fraction(value))


def _answer(question: Question, said: Any, pack: Pack) -> Any:
    if said is None:
        return None
    if question.kind == "choose":
        return {question.parts[place] for place in said if place < len(question.parts)}
    if question.kind == "each":
        return {part: _typed(part, value, pack) for part, value in zip(question.parts, said, strict=False)}
    return _typed(question, said, pack)


def _typed(question: Question, said: Any, pack: Pack) -> Any:
    fact = pack.vocabulary.facts.get(question.name) if question.kind == "fact" else None
    if said is None or fact is None:
        return said
    if fact.kind == "date":
        return dt.date.fromisoformat(said)
    if fact.kind == "number":
        exact = Fraction(said)
        return exact.numerator if exact.denominator == 1 else exact
    return frozenset(said) if fact.kind == "codes" else said
