"""Stacking groups: the highest alone, the first alone, or several under one ceiling."""

from __future__ import annotations

from typing import Any

from bangfu.rules.runners.python import ops
from bangfu.rules.runners.python.results import Result
from bangfu.rules.values import Range, Unknown, needs_of


def highest(group: str, live: list[tuple[str, Result]]) -> None:
    """Leave the largest only, of two or more that are not refused; while one is unknown, none that it could beat is met."""
    spans = [_span(result) for _, result in live]
    for place, (_, result) in enumerate(live):
        _against(place, result, live, spans, group)


def _span(result: Result) -> tuple[Any, Any]:
    """Return the lowest and highest that a member may come to; None is open."""
    amount = result.amount
    if amount is None:
        return 0, 0
    if amount.__class__ is Unknown:
        return 0, None
    low, high = (amount.low, amount.high) if amount.__class__ is Range else (amount, amount)
    return (0 if result.status.__class__ is Unknown else low), high


def _against(place: int, result: Result, live: list[tuple[str, Result]], spans: list[Any], group: str) -> None:
    low, high = spans[place]
    doubts: list[Any] = []
    for other, (name, rival) in enumerate(live):
        if other == place:
            continue
        rival_low, rival_high = spans[other]
        wins_ties = other < place
        if high is not None and (rival_low > high or (rival_low == high and wins_ties)) and rival.status is True:
            result.notes.append(("stacking_highest", (group, name)))
            result.met, result.status = result.status, False
            if result.amount is not None:
                result.before, result.amount = result.amount, 0
            return
        sure = rival_high is not None and (rival_high < low or (rival_high == low and not wins_ties))
        if not sure:
            doubts += [rival.status, rival.amount, result.amount]
    needs = needs_of(*doubts)
    if needs:
        result.status = ops.kleene_and([result.status, Unknown(needs)])
        result.notes.append(("stacking_open", (group, None)))


def first(group: str, live: list[tuple[str, Result]]) -> None:
    """Leave the first met in the listed order, of those not refused; those after an unknown one stay unknown."""
    doubts: list[Any] = []
    winner: str | None = None
    for name, result in live:
        if winner is not None:
            result.notes.append(("stacking_first", (group, winner)))
            result.met, result.status = result.status, False
            if result.amount is not None:
                result.before, result.amount = result.amount, 0
            continue
        open_here = result.status if result.status.__class__ is Unknown else None
        if doubts:
            result.status = ops.kleene_and([result.status, Unknown(needs_of(*doubts))])
        if open_here is not None:
            doubts.append(open_here)
        elif not doubts:
            winner = name


def ceiling(group: str, results: list[tuple[str, Result]], most: Any, place: int) -> None:
    """Hold one member (at ``place`` in the list) under what the members before it leave of the ceiling."""
    used: Any = 0
    for _, earlier in results[:place]:
        if earlier.status is False or earlier.amount is None:
            continue
        amount = earlier.amount
        if earlier.status.__class__ is Unknown:
            high = amount.high if amount.__class__ is Range else amount
            amount = Unknown(needs_of(earlier.status, amount)) if high is None or high.__class__ is Unknown else Range(0, high, needs_of(earlier.status, amount))
        used = ops.add(used, amount)
    result = results[place][1]
    if result.status is False or result.amount is None:
        return
    left = ops.greatest([ops.sub(most, used), 0])
    reduced = ops.least([result.amount, left])
    if reduced.__class__ is not result.amount.__class__ or reduced != result.amount:
        result.notes.append(("stacking_ceiling", (group, left)))
        result.before = result.amount
    result.amount = reduced
