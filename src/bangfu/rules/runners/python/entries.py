"""One entry over its rows: force, settled, conditions, amount, rounding (limits and stacking follow in their modules)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from bangfu.rules.language.nodes import Node
from bangfu.rules.pack.model import Document, Entry, Parameter, Rounding, Tier, Widening
from bangfu.rules.runners.python import ops
from bangfu.rules.runners.python.logic import Closure, opposite
from bangfu.rules.runners.python.nodes import Compiler, clamp, rounded
from bangfu.rules.runners.python.results import Result
from bangfu.rules.runners.python.rows import Row, current, holding
from bangfu.rules.values import CLOSED, Range, Unknown, needs_of

FEN = Rounding("half_up", 1)
Evaluate = Callable[[Row], Result]


def conditions_of(entry: Entry, compiler: Compiler) -> list[tuple[str, Closure]]:
    """Return the entry's conditions as (address, closure), each yes, no or unknown."""
    found: list[tuple[str, Closure]] = []
    when = [compiler.closure(node) for node in entry.when]
    widened = widenings_of(entry, compiler)
    if widened:
        found.append(("when", _or_wider(when, [_joins(widening, compiler) for widening in widened])))
    else:
        found += [(f"when.{place}", closure) for place, closure in enumerate(when)]
    for place, node in enumerate(entry.unless):
        found.append((f"unless.{place}", opposite(compiler.closure(node))))
    if entry.policy:
        found.append(("policy", _policy(entry, compiler)))
    if entry.open_condition is not None:
        found.append(("open_condition", _open_condition(entry, compiler)))
    if entry.lasts is not None:
        found.append(("lasts", _lasts(entry, compiler)))
    return found


def widenings_of(entry: Entry, compiler: Compiler) -> tuple[Widening, ...]:
    """Return the groups that may have been added by the governing date: for a claim that is the row's own."""
    return entry.widened if compiler.by_claim else entry.widened_on(compiler.day)


def _joins(widening: Widening, compiler: Compiler) -> Closure:
    """Return whether a row belongs to a group that was added, from its day on."""
    tests = [compiler.closure(node) for node in widening.tests]
    since = widening.since
    if since is None or not compiler.by_claim:
        return lambda r, m: ops.kleene_and([c(r, m) for c in tests])

    def test(r: Any, m: Any) -> Any:
        live = r.date if r.date.__class__ is Unknown else since <= r.date
        return ops.kleene_and([live, *(c(r, m) for c in tests)])

    return test


def _or_wider(when: list[Closure], wide: list[Closure]) -> Closure:
    return lambda r, m: ops.kleene_or([ops.kleene_and([c(r, m) for c in when]), *(c(r, m) for c in wide)])


def _policy(entry: Entry, compiler: Compiler) -> Closure:
    from bangfu.rules.language.nodes import Ref

    assert entry.policy is not None
    assert entry.per is not None
    policy = compiler.pack.entries[entry.policy]
    assert policy.per is not None
    path = compiler.pack.vocabulary.path(entry.per, policy.per)
    if path is None:
        return lambda r, m: Unknown(frozenset({policy.id}))
    name = f"receives {policy.id}" if policy.is_benefit else policy.id
    return compiler.slot(Ref(policy.id, policy.per, path, in_loop=False), name)


def _open_condition(entry: Entry, compiler: Compiler) -> Closure:
    added = [(compiler.closure(node), since) for node, since in entry.conditions_added]
    needs = frozenset({f"{entry.id}.open_condition"})
    by_claim = compiler.by_claim

    def test(r: Any, m: Any) -> Any:
        on = r.date if by_claim else r.run.today
        if on.__class__ is Unknown:
            return on
        live = [closure(r, m) for closure, since in added if since is None or since <= on]
        if live:
            return ops.kleene_and(live)
        held = holding(r.run, entry.id, r, on, needs)
        return True if held is True else Unknown(needs)

    return test


def _lasts(entry: Entry, compiler: Compiler) -> Closure:
    assert entry.lasts is not None
    length_node, since_node = entry.lasts
    length = compiler.closure(length_node)
    since = compiler.closure(since_node) if since_node is not None else None
    words = dict(length_node.unit)
    by_claim = compiler.by_claim
    entry_id = entry.id

    def test(r: Any, m: Any) -> Any:
        on = r.date if by_claim else r.run.today
        if since is not None:
            start = since(r, m)
        else:
            if on.__class__ is Unknown or not r.run.record.known:
                return True
            row = current(r.run, entry_id, r, on)
            if row is None:
                return True
            start = row.since
        count = length(r, m)
        return within(start, count, words, on)

    return test


def within(start: Any, count: Any, words: dict[str, int], on: Any) -> Any:
    """Return whether a day lies from ``start`` on and before ``start`` plus the length."""
    if start is CLOSED:
        return False
    if start.__class__ is Unknown or on.__class__ is Unknown or count.__class__ is Unknown:
        if start.__class__ is not Unknown and on.__class__ is not Unknown and on < start:
            return False
        return Unknown(needs_of(start, on, count))
    if on < start:
        return False
    if count.__class__ is Range:
        if on < _later(start, count.low, words):
            return True
        if count.high is not None and on >= _later(start, count.high, words):
            return False
        return Unknown(count.needs)
    return on < _later(start, count, words)


def _later(start: dt.date, count: Any, words: dict[str, int]) -> dt.date:
    if "日" in words:
        return start + dt.timedelta(days=int(count))
    return ops.add_months(start, int(count) * (1 if "月" in words else 12))


def in_force_on(entry: Entry, document: Document | None, day: dt.date) -> bool:
    """Tell whether the entry itself is in force on a day (held inside the document's force)."""
    day = clamp(day, document)
    return (entry.since is None or entry.since <= day) and (entry.until is None or day <= entry.until)


def in_force(entry: Entry, compiler: Compiler) -> Callable[[Row], Any]:
    """Return whether the entry itself is in force on the governing date; without claims that is settled beforehand."""
    document = compiler.document
    if not compiler.by_claim or (entry.since is None and entry.until is None):
        settled = in_force_on(entry, document, compiler.day)
        return lambda r: settled
    return lambda r: r.date if r.date.__class__ is Unknown else in_force_on(entry, document, r.date)


def amount_of(entry: Entry, compiler: Compiler) -> Callable[[Row, Result], None]:
    """Return what fills in quantity and amount of a result whose conditions are not refused."""
    if entry.tiers and any(_part(entry, t) for t in entry.tiers):
        return _tiered(entry, compiler)
    if entry.amount is not None and entry.quantity is None:
        amount = compiler.closure(entry.amount)

        def fill_amount(r: Row, result: Result) -> None:
            result.amount = amount(r, None)

        return fill_amount
    part = _single(entry, None, compiler)

    def fill(r: Row, result: Result) -> None:
        result.quantity, result.amount = part(r)

    return fill


def _part(entry: Entry, tier: Tier) -> bool:
    return tier is not None


def _single(entry: Entry, tier: Tier | None, compiler: Compiler) -> Callable[[Row], tuple[Any, Any]]:
    """Return (quantity, amount) of an entry or of one of its tiers; None where the part is not given."""

    def pick(name: str) -> Closure | None:
        node: Node | None = (getattr(tier, name, None) if tier is not None else None) or getattr(entry, name, None)
        return None if node is None else compiler.closure(node)

    amount, quantity, rate, share, base = pick("amount"), pick("quantity"), pick("rate"), pick("share"), pick("base")

    if amount is not None and quantity is None:
        return lambda r: (None, amount(r, None))

    def compute(r: Row) -> tuple[Any, Any]:
        many = None if quantity is None else quantity(r, None)
        if amount is not None:
            return many, amount(r, None)
        if many is not None and rate is not None:
            return many, ops.mul(many, rate(r, None))
        if share is not None:
            return many, (share(r, None) if base is None else ops.mul(share(r, None), base(r, None)))
        return many, None

    return compute


def _tiered(entry: Entry, compiler: Compiler) -> Callable[[Row, Result], None]:
    tests = [None if t.when is None else compiler.closure(t.when) for t in entry.tiers]
    parts = [_single(entry, t, compiler) for t in entry.tiers]
    one_only = entry.take == "first"  # what stands below the first row that fits is not read
    combine = {"first": _first, "highest": _highest, "sum": _sum}[entry.take]

    def fill(r: Row, result: Result) -> None:
        decided: list[Any] = []
        for test in tests:
            value = True if test is None else test(r, None)
            decided.append(value)
            if one_only and value is True:
                break
        combine(r, result, decided, parts)

    return fill


def _first(r: Row, result: Result, decided: list[Any], parts: list[Any]) -> None:
    open_rows: list[int] = []
    chosen: int | None = None
    for place, value in enumerate(decided):
        if value.__class__ is Unknown:
            open_rows.append(place)
        elif value:
            chosen = place
            break
    if not open_rows:
        if chosen is None:
            result.status = False
            result.notes.append(("no_tier", None))
        else:
            result.tier = chosen
            result.quantity, result.amount = parts[chosen](r)
        return
    possible = open_rows + ([] if chosen is None else [chosen])
    _undecided(r, result, decided, possible, parts, may_be_none=chosen is None)


def _undecided(
    r: Row, result: Result, decided: list[Any], possible: list[int], parts: list[Any], *, may_be_none: bool
) -> None:
    needs = needs_of(*(decided[p] for p in possible))
    answers = [parts[p](r) for p in possible]
    amounts = [a for _, a in answers]
    same = all(a.__class__ not in (Unknown, Range) and a == amounts[0] for a in amounts)
    if same and not may_be_none and amounts[0] is not None:
        result.quantity, result.amount = answers[0]
        return
    if may_be_none or amounts[0] is None:
        result.status = ops.kleene_and([result.status, Unknown(needs)])
    result.amount = span(amounts, needs)
    quantities = [q for q, _ in answers]
    result.quantity = None if quantities[0] is None else span(quantities, needs)


def span(values: list[Any], needs: frozenset[str]) -> Any:
    """Return the range over several possible values; Unknown if one of them is unknown; None if none is given."""
    if any(v is None for v in values):
        return None
    needs = needs | needs_of(*values)
    if any(v.__class__ is Unknown for v in values):
        return Unknown(needs)
    lows = [v.low if v.__class__ is Range else v for v in values]
    highs: list[Any] = [v.high if v.__class__ is Range else v for v in values]
    return Range(min(lows), None if None in highs else max(highs), needs)


def _highest(r: Row, result: Result, decided: list[Any], parts: list[Any]) -> None:
    sure: list[tuple[int, Any, Any]] = []
    maybe: list[tuple[int, Any, Any]] = []
    for place, value in enumerate(decided):
        if value is not True and value.__class__ is not Unknown:
            continue
        quantity, amount = parts[place](r)
        (maybe if value.__class__ is Unknown else sure).append((place, quantity, amount))
    known = [row for row in sure if row[2].__class__ not in (Unknown, Range)]
    if not sure and not maybe:
        result.status = False
        result.notes.append(("no_tier", None))
        return
    best = max(known, key=lambda row: (row[2], -row[0])) if known else None
    open_rows = [row for row in [*maybe, *(s for s in sure if s not in known)] if _may_beat(row[2], best)]
    if not open_rows and best is not None:
        result.tier, result.quantity, result.amount = best
        return
    needs = needs_of(*(decided[row[0]] for row in open_rows), *(row[2] for row in open_rows))
    if not sure:
        result.status = ops.kleene_and([result.status, Unknown(needs_of(*(decided[row[0]] for row in maybe)))])
    result.amount = _span_of_highest([row[2] for row in open_rows], sure, needs)


def _may_beat(amount: Any, best: tuple[int, Any, Any] | None) -> bool:
    if best is None or amount.__class__ is Unknown:
        return True
    high = amount.high if amount.__class__ is Range else amount
    return high is None or high > best[2]


def _span_of_highest(open_amounts: list[Any], sure: list[tuple[int, Any, Any]], needs: frozenset[str]) -> Any:
    if any(a.__class__ is Unknown for a in open_amounts):
        return Unknown(needs)
    lows = [s[2].low if s[2].__class__ is Range else s[2] for s in sure if s[2].__class__ is not Unknown]
    low = max(lows) if lows else min(a.low if a.__class__ is Range else a for a in open_amounts)
    highs: list[Any] = [a.high if a.__class__ is Range else a for a in open_amounts] + lows
    return Range(low, None if None in highs else max(highs), needs)


def _sum(r: Row, result: Result, decided: list[Any], parts: list[Any]) -> None:
    total: Any = 0
    quantity: Any = None
    any_sure = False
    for place, value in enumerate(decided):
        if value is not True and value.__class__ is not Unknown:
            continue
        many, amount = parts[place](r)
        if value.__class__ is Unknown:
            amount = Unknown(value.needs) if amount.__class__ in (Unknown, Range) else Range(0, amount, value.needs)
        else:
            any_sure = True
        total = ops.add(total, amount)
        if many is not None:
            quantity = many if quantity is None else ops.add(quantity, many)
    if not any_sure and total.__class__ is int and total == 0:
        result.status = False
        result.notes.append(("no_tier", None))
    result.amount, result.quantity = total, quantity


def round_amount(amount: Any, rounding: Rounding | Parameter | None, value: Any) -> Any:
    """Round a sum of money once: the entry's own way, else half up to the fen; below zero counts as zero."""
    if rounding is None and amount.__class__ is int:
        return max(amount, 0)
    if amount is None or amount is CLOSED or amount.__class__ is Unknown:
        return amount
    if amount.__class__ is Range:
        if amount.counted:
            return Unknown(amount.needs)
        amount = Range(max(amount.low, 0), None if amount.high is None else max(amount.high, 0), amount.needs)
    elif amount < 0:
        return 0
    return rounded(amount, value if rounding is not None else FEN)
