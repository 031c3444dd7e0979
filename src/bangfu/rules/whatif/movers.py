"""The households that a change moves most, each explained by the reference engine before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bangfu.rules.assess import Answer, assess
from bangfu.rules.engine import Engine
from bangfu.rules.household import Given
from bangfu.rules.population.kept import kept_households
from bangfu.rules.population.run import Order
from bangfu.rules.whatif.compare import YEARLY
from bangfu.rules.whatif.pair import Pair

Answers = dict[tuple[str, str, str], Answer]
"""(entity, row, entry) → answer."""
MOST_LINES = 14
MOST_EXPLAINED = 3
"""Entitlements of a household that are explained: the largest sums, then recognitions; the rest follows from them."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an argument: its depth, verdict (``yes no unknown info``) and words."""

    depth: int
    verdict: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Moved:
    """One entitlement that changed: fen and cadence before and after, and the argument under each pack."""

    entry: str
    label_zh: str
    label_en: str
    article: str
    row: str
    kind: str
    status_before: str
    status_after: str
    low_before: int | None
    low_after: int | None
    every: str | None
    why_before: list[Line]
    why_after: list[Line]


@dataclass(frozen=True, slots=True)
class Mover:
    """One household: what it has more a year (``regular``) and by the event (``event``), in fen, and why."""

    household: str
    street: str | None
    community: str | None
    members: int
    regular: int
    event: int
    moved: list[Moved]


def explain_movers(pair: Pair, orders: dict[str, Order], basis: str, homes: list[dict[str, Any]]) -> list[Mover]:
    """Return the households with the arguments of both packs; ``homes`` as ``compare.most_changed`` gives them."""
    names = [home["household"] for home in homes]
    if not names:
        return []
    answers: dict[str, dict[str, Answers]] = {}
    members: dict[str, int] = {}
    for side, engine in (("base", pair.base), ("variant", pair.variant)):
        givens = kept_households(engine, orders[side], basis, names)
        members |= {name: len(given.of_entity("person")) for name, given in givens.items()}
        answers[side] = {name: _answers(engine, given, pair, basis) for name, given in givens.items()}
    return [
        Mover(
            home["household"], home["street"], home["community"], members.get(home["household"], 0), home["regular"], home["event"],
            _all_moved(pair, home["lines"], answers["base"].get(home["household"], {}), answers["variant"].get(home["household"], {})),
        )
        for home in homes
    ]  # fmt: skip


def _all_moved(pair: Pair, lines: list[dict[str, Any]], before: Answers, after: Answers) -> list[Moved]:
    found = []
    for place, line in enumerate(sorted(lines, key=_weight)):
        key = (line["entity"], line["row"], line["entry"])
        told = place < MOST_EXPLAINED
        found.append(_moved(pair, line, before.get(key) if told else None, after.get(key) if told else None))
    return found


def _weight(line: dict[str, Any]) -> tuple[int, int, str]:
    """Return where a line stands: sums first, the largest on top, then recognitions, then help in kind."""
    times = max(YEARLY.get(line["every_after"] or "", 1), YEARLY.get(line["every_before"] or "", 1))
    delta = abs((line["low_after"] or 0) - (line["low_before"] or 0)) * times if line["money"] else 0
    return (0 if delta else 1 if line["kind"] == "recognition" else 2), -delta, line["entry"]


def _answers(engine: Engine, given: Given, pair: Pair, basis: str) -> Answers:
    return {(a.entity, a.row, a.entry): a for a in assess(engine, given, pair.day, basis=basis).answers}


def _moved(pair: Pair, line: dict[str, Any], before: Answer | None, after: Answer | None) -> Moved:
    pack = pair.variant.pack if line["entry"] in pair.variant.pack.entries else pair.base.pack
    entry = pack.entries[line["entry"]]
    return Moved(
        entry.id, entry.label.zh, entry.label.en, "、".join(pack.articles(entry)), line["row"], line["kind"], line["status_before"], line["status_after"],
        line["low_before"] if line["money"] else None, line["low_after"] if line["money"] else None, line["every_after"] or line["every_before"],
        _lines(before), _lines(after),
    )  # fmt: skip


def _lines(answer: Answer | None) -> list[Line]:
    if answer is None:
        return []
    found = [Line(depth, line.verdict, line.zh, line.en) for reason in answer.reasons for depth, line in reason.lines()]
    return found[:MOST_LINES]


__all__ = ["Line", "Moved", "Mover", "explain_movers"]
