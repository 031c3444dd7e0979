"""Stacking groups over the answers of one row: the highest alone, the first alone, several under one ceiling."""

from __future__ import annotations

from dataclasses import replace

from bangfu.rules.runners.sql import maths
from bangfu.rules.runners.sql.nodes import SqlCompiler
from bangfu.rules.runners.sql.stages import Answer
from bangfu.rules.runners.sql.tree import (
    Exp,
    absent,
    boolean,
    both,
    case,
    compare,
    either,
    null,
    opposite,
    present,
    surely,
    whole,
)
from bangfu.rules.runners.sql.vals import Val, cross, is_range, number, pick

Span = tuple[Exp, Exp, Val]


def _live(answer: Answer) -> Exp:
    return opposite(surely(opposite(answer.status)))


def _nothing(refused: Exp, answer: Answer, status: Exp) -> Answer:
    status = case([(refused, boolean(False))], status)
    if answer.amount is None:
        return Answer(status, None)
    return Answer(status, pick([(refused, number(0)), (boolean(True), answer.amount)], "number"))


def highest(compiler: SqlCompiler, answers: list[Answer]) -> list[Answer]:
    """Return the answers with the largest only; while one is unknown, none that it could beat is met."""
    spans = [_span(compiler, answer) for answer in answers]
    found = []
    for place, answer in enumerate(answers):
        refusing: list[Exp] = []
        doubts: list[Exp] = []
        for other, rival in enumerate(answers):
            if other != place:
                beaten, doubt = _against(answers, spans, place, other)
                refusing.append(both([_live(rival), beaten]))
                doubts.append(both([_live(rival), doubt]))
        refused = both([_live(answer), either(refusing)])
        doubt = either(doubts)
        found.append(
            _nothing(refused, answer, case([(both([doubt, surely(answer.status)]), null("yes_no"))], answer.status))
        )
    return found


def _span(compiler: SqlCompiler, answer: Answer) -> Span:
    if answer.amount is None:
        return whole(0), whole(0), number(0)
    amount = answer.amount
    low = case([(either([absent(answer.status), absent(amount.value)]), whole(0))], amount.value)
    return low, amount.top, amount


def _against(answers: list[Answer], spans: list[Span], place: int, other: int) -> tuple[Exp, Exp]:
    """Return whether the rival surely wins, and whether that is open; never NULL."""
    low, high, mine = spans[place]
    rival_low, rival_high, its = spans[other]
    tie = other < place
    beaten = surely(compare("ge" if tie else "gt", cross(rival_low, its, mine), cross(high, mine, its)))
    sure = surely(compare("lt" if tie else "le", cross(rival_high, its, mine), cross(low, mine, its)))
    rival, me = answers[other], answers[place]
    opened = [absent(rival.status)]
    for answer, val in ((rival, its), (me, mine)):
        if answer.amount is not None:
            opened += [absent(val.value), is_range(val)]
    return both([surely(rival.status), beaten]), both([opposite(sure), either(opened)])


def first(compiler: SqlCompiler, answers: list[Answer]) -> list[Answer]:
    """Return the answers with the first met only; those after an unknown one stay unknown."""
    found: list[Answer] = []
    for place, answer in enumerate(answers):
        rows = []
        for earlier in answers[:place]:
            rows += [(absent(earlier.status), whole(2)), (earlier.status, whole(1))]
        before = case(rows, whole(0))
        refused = both([compare("eq", before, whole(1)), _live(answer)])
        opened = both([compare("eq", before, whole(2)), surely(answer.status)])
        found.append(_nothing(refused, answer, case([(opened, null("yes_no"))], answer.status)) if place else answer)
    return found


def ceiling(answers: list[Answer], most: Val, place: int) -> Answer:
    """Return the member at ``place`` held under what those before it leave of the ceiling."""
    used = number(0)
    for earlier in answers[:place]:
        if earlier.amount is None:
            continue
        amount = earlier.amount
        maybe = replace(amount, value=case([(present(amount.top), whole(0))]), high=amount.top, closed=None)
        counted = pick(
            [
                (earlier.status, replace(amount, closed=None)),
                (opposite(earlier.status), number(0)),
                (boolean(True), maybe),
            ],
            "number",
        )
        used = maths.add(used, counted)
    answer = answers[place]
    if answer.amount is None:
        return answer
    left = maths.extreme([maths.sub(most, used), number(0)], low=False)
    reduced = maths.extreme([answer.amount, left], low=True)
    return Answer(answer.status, pick([(_live(answer), reduced), (boolean(True), answer.amount)], "number"))
