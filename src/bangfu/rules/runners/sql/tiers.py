"""Amounts: of one entry, of the first row of a graduated entry whose test holds, of the highest, of their sum."""

from __future__ import annotations

from collections.abc import Sequence

from bangfu.rules.language.nodes import Node
from bangfu.rules.pack.model import Entry, Tier
from bangfu.rules.runners.sql import maths
from bangfu.rules.runners.sql.nodes import SqlCompiler
from bangfu.rules.runners.sql.stages import Answer
from bangfu.rules.runners.sql.support import gap
from bangfu.rules.runners.sql.tree import (
    Exp,
    absent,
    boolean,
    both,
    case,
    coalesce,
    compare,
    either,
    greatest,
    least,
    null,
    opposite,
    present,
    surely,
    whole,
)
from bangfu.rules.runners.sql.vals import (
    Val,
    choose,
    closed,
    common,
    constant,
    is_range,
    number,
    pick,
    plain,
    span,
    unclosed,
)

Part = tuple["Val | None", "Val | None"]


def part_of(compiler: SqlCompiler, entry: Entry, tier: Tier | None) -> Part:
    """Return (quantity, amount) of an entry or one of its rows; None where it is not given."""

    def value(name: str) -> Val | None:
        node: Node | None = (getattr(tier, name, None) if tier is not None else None) or getattr(entry, name, None)
        return None if node is None else compiler.val(node)

    quantity, amount = value("quantity"), value("amount")
    if amount is not None:
        return quantity, amount
    rate, share, base = value("rate"), value("share"), value("base")
    if quantity is not None and rate is not None:
        return quantity, maths.mul(quantity, rate)
    if share is not None:
        return quantity, (share if base is None else maths.mul(share, base))
    return quantity, None


def amount(compiler: SqlCompiler, entry: Entry, status: Exp) -> Answer:
    """Return the answer with quantity and amount."""
    if not entry.tiers:
        quantity, sum_ = part_of(compiler, entry, None)
        return Answer(status, sum_, quantity)
    tests = [boolean(True) if t.when is None else compiler.test(t.when) for t in entry.tiers]
    found = [part_of(compiler, entry, t) for t in entry.tiers]
    amounts = _aligned(compiler, entry, [a for _, a in found])
    combine = {"first": _first, "highest": _highest, "sum": _sum}[entry.take]
    answer = combine(compiler, status, tests, amounts)
    if entry.take == "first" and all(q is not None for q, _ in found):
        quantities = _aligned(compiler, entry, [q for q, _ in found])
        assert quantities is not None
        return Answer(answer.status, answer.amount, span(_possible(tests, quantities)))
    return answer


def _aligned(compiler: SqlCompiler, entry: Entry, amounts: Sequence[Val | None]) -> list[Val] | None:
    given = [a for a in amounts if a is not None]
    if not given:
        return None
    if len(given) != len(amounts):
        gap("tiers with and without a sum", entry.id)
    same = common([plain(unclosed(a, number(0))) for a in given])
    if same is None:
        gap("tiers over quotients", entry.id)
    return same


def _possible(tests: list[Exp], vals: list[Val]) -> list[tuple[Exp, Val]]:
    """Return each row with whether it may be the first that holds; never NULL."""
    found: list[tuple[Exp, Val]] = []
    for place, (test, val) in enumerate(zip(tests, vals, strict=True)):
        earlier = [opposite(surely(t)) for t in tests[:place]]
        found.append((both([*earlier, opposite(surely(opposite(test)))]), val))
    return found


def _first(compiler: SqlCompiler, status: Exp, tests: list[Exp], amounts: list[Val] | None) -> Answer:
    status = both([status, either(tests)])
    if amounts is None:
        opened: list[Exp] = []
        for place, test in enumerate(tests):
            opened.append(both([*(opposite(surely(t)) for t in tests[:place]), absent(test)]))
        return Answer(case([(either(opened), both([status, null("yes_no")]))], status), None)
    rows = [(test, val) for test, val in _possible(tests, amounts)]
    return Answer(status, span(rows))


def _highest(compiler: SqlCompiler, status: Exp, tests: list[Exp], amounts: list[Val] | None) -> Answer:
    status = both([status, either(tests)])
    if amounts is None:
        return Answer(status, None)
    sure = [surely(t) for t in tests]
    best = greatest(
                [case([(both([s, opposite(is_range(v))]), v.value)]) for s, v in zip(sure, amounts, strict=True)]
            )
    opened: list[Exp] = []
    for test, certain, val in zip(tests, sure, amounts, strict=True):
        unsettled = either([absent(test), both([certain, either([absent(val.value), is_range(val)])])])
        beats = either([absent(best), absent(val.top), compare("gt", val.top, best)])
        opened.append(both([unsettled, surely(beats)]))
    low, high = _ends_of_highest(sure, opened, amounts)
    none = opposite(either(opened))
    lost = either([both([o, absent(v.value)]) for o, v in zip(opened, amounts, strict=True)])
    nothing = null("number")
    return Answer(
        status,
        Val(
            "number",
            case([(none, best), (lost, nothing)], low),
            amounts[0].den,
            case([(none, best), (lost, nothing)], high),
        ),
    )


def _ends_of_highest(sure: list[Exp], opened: list[Exp], amounts: list[Val]) -> tuple[Exp, Exp]:
    lows = [case([(s, v.value)]) for s, v in zip(sure, amounts, strict=True)]
    open_lows = [case([(o, v.value)]) for o, v in zip(opened, amounts, strict=True)]
    tops = [case([(o, v.top)]) for o, v in zip(opened, amounts, strict=True)]
    endless = either([both([o, absent(v.top)]) for o, v in zip(opened, amounts, strict=True)])
    return coalesce(greatest(lows), least(open_lows)), case([(opposite(endless), greatest([*tops, *lows]))])


def _sum(compiler: SqlCompiler, status: Exp, tests: list[Exp], amounts: list[Val] | None) -> Answer:
    if amounts is None:
        return Answer(both([status, either(tests)]), None)
    total = number(0)
    for test, val in zip(tests, amounts, strict=True):
        single = opposite(is_range(val))
        maybe = Val("number", case([(both([single, present(val.value)]), whole(0))]), val.den, val.value)
        total = maths.add(
            total, pick([(test, val), (opposite(test), number(0)), (boolean(True), maybe)], "number")
        )
    total = total
    none = [opposite(surely(t)) for t in tests]
    nothing = both([*none, compare("eq", total.value, whole(0)), compare("eq", total.top, whole(0))])
    return Answer(case([(nothing, boolean(False))], status), total)


def definition(compiler: SqlCompiler, entry: Entry) -> Val:
    """Return a definition's value."""
    tests = [compiler.test(node) for node in entry.when] + [opposite(compiler.test(node)) for node in entry.unless]
    if entry.value is None and not entry.tiers:
        return Val("yes_no", both(tests))
    value = compiler.val(entry.value) if entry.value is not None else _tier_value(compiler, entry)
    if not tests:
        return value
    return choose(both(tests), value, _other(entry))


def _other(entry: Entry) -> Val:
    if entry.value_kind in ("yes_no", "number"):
        return constant(entry.value_kind, False if entry.value_kind == "yes_no" else 0)
    return closed(entry.value_kind)


def _tier_value(compiler: SqlCompiler, entry: Entry) -> Val:
    rows = [
        (boolean(True) if t.when is None else compiler.test(t.when), compiler.val(t.value))
        for t in entry.tiers
        if t.value is not None
    ]
    if entry.take == "sum":
        total = number(0)
        for test, value in rows:
            total = maths.add(total, choose(test, value, number(0)))
        return total
    if entry.take == "highest":
        values = []
        for test, value in rows:
            open_ = choose(test, value, number(0))
            values.append(
                pick([(surely(opposite(test)), closed("number")), (boolean(True), open_)], "number")
            )
        return unclosed(maths.extreme(values, low=False), number(0))
    found = _other(entry)
    for test, value in reversed(rows):
        found = choose(test, value, found)
    return found
