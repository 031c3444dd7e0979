"""Assessments: plain immutable data about every entry for every row, with canonical JSON.

An assessment names the pack by its content hash and the engine by its version, so that it can be worked out again
years later from the stored files.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from bangfu import __version__
from bangfu.rules.answers import governing_day, lapsed_on, needs_of_result, out_of_force
from bangfu.rules.engine import SEMANTICS_VERSION, Engine, default_basis
from bangfu.rules.explain import Explainer, Reason
from bangfu.rules.household import Given
from bangfu.rules.pack.model import Entry, Pack
from bangfu.rules.runners.python.results import Result
from bangfu.rules.runners.python.rows import owner_of
from bangfu.rules.units import power_of, unit_text
from bangfu.rules.values import CLOSED, Number, Range, Unknown, decimal_text

ANSWERED = ("cash", "service", "goods", "waiver", "insurance", "loan", "recognition", "duty", "signal")


@dataclass(frozen=True, slots=True)
class Money:
    """A sum as exact decimals in the unit written: ``low`` and ``high`` are equal where it is known; ``high`` None is open."""

    low: str
    high: str | None
    unit: str

    @property
    def exact(self) -> bool:
        """Tell whether the sum is known."""
        return self.low == self.high


class Answer(NamedTuple):
    """One entry for one row.

    ``status`` is met, not_met, unknown or lapsed; ``would_be`` is the computed answer under the lapsed banner.
    ``needs`` names what would settle status or amount. ``row`` is the member, household, job or claim.
    """

    entry: str
    kind: str
    entity: str
    row: str
    owner: str
    status: str
    would_be: str | None
    amount: Money | None
    quantity: Money | None
    every: str | None
    tier: int | None
    needs: tuple[str, ...]
    held: bool | None
    office: str | None
    joins: tuple[str, ...]
    papers: tuple[str, ...]
    articles: tuple[str, ...]
    clauses: tuple[str, ...]
    reasons: tuple[Reason, ...] = ()

    @property
    def computed(self) -> str:
        """Return the computed status, also under a lapsed banner."""
        return self.would_be or self.status


@dataclass(frozen=True, slots=True)
class Assessment:
    """All answers for one or a few households on one day."""

    place: str
    on: dt.date
    basis: str
    pack_hash: str
    facts_hash: str
    engine_version: str
    semantics_version: int
    lapsed_since: dt.date | None
    not_before: dt.date | None
    answers: tuple[Answer, ...]

    def as_data(self, *, reasons: bool = True) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {
            "place": self.place,
            "on": self.on.isoformat(),
            "basis": self.basis,
            "pack_hash": self.pack_hash,
            "facts_hash": self.facts_hash,
            "engine_version": self.engine_version,
            "semantics_version": self.semantics_version,
            "lapsed_since": None if self.lapsed_since is None else self.lapsed_since.isoformat(),
            "not_before": None if self.not_before is None else self.not_before.isoformat(),
            "answers": [_answer_data(answer, reasons=reasons) for answer in self.answers],
        }

    def canonical_json(self) -> str:
        """Return the one JSON text of this assessment: sorted keys, no spaces, UTF-8."""
        return json.dumps(self.as_data(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _answer_data(answer: Answer, *, reasons: bool) -> dict[str, Any]:
    def money(value: Money | None) -> dict[str, Any] | None:
        return None if value is None else {"low": value.low, "high": value.high, "unit": value.unit}

    data: dict[str, Any] = {
        "entry": answer.entry, "kind": answer.kind, "entity": answer.entity, "row": answer.row, "owner": answer.owner,
        "status": answer.status, "would_be": answer.would_be, "amount": money(answer.amount),
        "quantity": money(answer.quantity), "every": answer.every, "tier": answer.tier, "needs": list(answer.needs),
        "held": answer.held, "office": answer.office, "joins": list(answer.joins), "papers": list(answer.papers),
        "articles": list(answer.articles), "clauses": list(answer.clauses),
    }  # fmt: skip
    if reasons:
        data["reasons"] = [_reason_data(reason) for reason in answer.reasons]
    return data


def _reason_data(reason: Reason) -> dict[str, Any]:
    return {
        "code": reason.code, "zh": reason.zh, "en": reason.en, "verdict": reason.verdict,
        "because": [_reason_data(child) for child in reason.children],
    }  # fmt: skip


def assess(engine: Engine, given: Given, on: dt.date, *, basis: str | None = None, reasons: bool = True) -> Assessment:
    """Return the assessment of stated facts on a day.

    Args:
        engine: The place's pack, ready to answer.
        given: What is stated; what nobody stated is unknown.
        on: The day asked. Claims are judged by their own date.
        basis: ``met`` (worked out), ``recorded`` (what casework recorded), or None for the fitting one.
        reasons: Whether each answer carries its argument.
    """
    basis = basis or default_basis(given)
    run = engine.run(given, on, basis)
    explainer = Explainer(engine, run) if reasons else None
    answers = tuple(_answers(engine, run, on, explainer))
    document = engine.pack.document
    return Assessment(
        place=engine.pack.place, on=on, basis=basis, pack_hash=engine.pack.content_hash, facts_hash=facts_hash(given),
        engine_version=__version__, semantics_version=SEMANTICS_VERSION,
        lapsed_since=document.until if document.until and on > document.until else None,
        not_before=document.since if document.since and on < document.since else None,
        answers=answers,
    )  # fmt: skip


def _answers(engine: Engine, run: Any, on: dt.date, explainer: Explainer | None) -> Iterator[Answer]:
    lapsed = {place: lapsed_on(document, on) for place, document in engine.pack.documents.items()}
    for entry in engine.pack.entries.values():
        if entry.kind not in ANSWERED or entry.per is None or entry.per == "place":
            continue
        for row in run.rows[entry.per]:
            out = lapsed.get(entry.place, False) if row.date is None else out_of_force(engine, entry, row, on)
            yield _answer(engine, entry, row, governing_day(entry, row, on), out, explainer)


def one_answer(engine: Engine, entry: Entry, row: Any, on: dt.date, explainer: Explainer | None) -> Answer:
    """Return the answer of one entry for one row of a run."""
    return _answer(engine, entry, row, governing_day(entry, row, on), out_of_force(engine, entry, row, on), explainer)


def _answer(engine: Engine, entry: Entry, row: Any, day: dt.date | None, lapsed: bool, explainer: Explainer | None) -> Answer:
    """Return the answer of one entry for one row; by position, in the order of ``Answer``, as there are hundreds."""
    result: Result = engine.result(row, entry)
    status, held = result.status, result.held
    computed = "unknown" if status.__class__ is Unknown else "met" if status is True else "not_met"
    lapsed = lapsed or not result.window
    tier = None if result.tier is None or not entry.tiers else entry.tiers[result.tier]
    articles, clauses = engine.cited(entry, result.tier, day)
    return Answer(
        entry.id, entry.kind, row.entity, row.id, owner_of(row).id,
        "lapsed" if lapsed else computed, computed if lapsed else None,
        None if status is False or result.amount is None else money_of(result.amount, entry),
        None if result.quantity is None else _quantity(result.quantity, entry),
        (tier.every if tier is not None and tier.every else None) or entry.every,
        result.tier, () if status is False and result.amount is None else _needs(result),
        None if held is None or held.__class__ is Unknown else bool(held),
        entry.office, entry.joins, entry.papers, articles, clauses,
        () if explainer is None else tuple(explainer.explain(entry, row)),
    )  # fmt: skip


def _needs(result: Result) -> tuple[str, ...]:
    if result.status.__class__ is not Unknown and result.amount.__class__ not in (Unknown, Range):
        return ()
    return tuple(sorted(needs_of_result(result)))


def money_of(value: Any, entry: Entry) -> Money | None:
    """Return an amount as exact decimals, or None where none is given or known."""
    if value is None or value.__class__ is Unknown:
        return None
    scale = 100 if entry.has_money else 1
    return _decimals(0 if value is CLOSED else value, scale, unit_text(entry.unit) if entry.has_money else "")


def _quantity(value: Any, entry: Entry) -> Money | None:
    if value is None or value.__class__ is Unknown or value is CLOSED:
        return None
    node = entry.quantity or next((t.quantity for t in entry.tiers if t.quantity is not None), None)
    unit = node.unit if node is not None else ()
    return _decimals(value, Fraction(100) ** power_of(unit, "元"), unit_text(unit))


def _decimals(value: Any, scale: Number, unit: str) -> Money:
    if value.__class__ is Range:
        return Money(_text(value.low, scale), None if value.high is None else _text(value.high, scale), unit)
    text = _text(value, scale)
    return Money(text, text, unit)


@lru_cache(maxsize=4096)
def _text(value: Number, scale: Number) -> str:
    return decimal_text(Fraction(value) / scale)


def facts_hash(given: Given) -> str:
    """Return a SHA-256 over the stated facts, independent of the order of rows and facts."""
    rows = sorted(
        json.dumps(
            [row.entity, row.id, row.of, row.at, sorted((k, _plain(v)) for k, v in row.facts.items()), sorted(row.stated.items())],
            ensure_ascii=False,
        )
        for row in given.rows
    )
    record = None if given.record is None else sorted(repr(item) for item in given.record)
    text = json.dumps([rows, sorted(given.collections), record], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, frozenset):
        return sorted(value)
    return str(value)


__all__ = ["Answer", "Assessment", "Money", "Pack", "assess", "governing_day", "one_answer"]
