"""Loops over collections: one statement that joins down from the owner and groups by the row that asks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from bangfu.rules.language.nodes import LoopSpec, Node
from bangfu.rules.runners.python.loops import chain_to
from bangfu.rules.runners.sql.frames import Frame, parts, stored
from bangfu.rules.runners.sql.support import gap
from bangfu.rules.runners.sql.tree import (
    Exp,
    absent,
    boolean,
    both,
    case,
    col,
    compare,
    either,
    null,
    opposite,
    plus,
    present,
    whole,
    wide,
)
from bangfu.rules.runners.sql.vals import Val, plain

if TYPE_CHECKING:
    from bangfu.rules.runners.sql.nodes import SqlCompiler


def loop(outer: SqlCompiler, node: Node) -> Val:
    """Return the value of a loop: its stage is added before the outer one and joined by the row's id."""
    from bangfu.rules.runners.sql.nodes import SqlCompiler

    spec: LoopSpec = node.data
    frame = Frame(outer.frame.vocabulary, outer.frame.dialect, outer.frame.entity, outer.frame.today)
    inner = SqlCompiler(outer.pack, outer.stages, frame, outer.document, by_claim=outer.by_claim)
    known = _gather(inner, spec)
    test = _window(inner, spec, inner.test(node.args[1]))
    there = present(frame.column("m", "id"))
    outputs = _fold(inner, spec.call, node, frame.keep(test), there)
    sure = exp.Max(this=exp.cast(frame.keep(case([(known, whole(1))], whole(0))), "INTEGER"))
    given = compare("eq", sure, whole(1))
    high = None if outputs.high is None else case([(given, outputs.high)])
    outputs = replace(outputs, value=case([(given, outputs.value)]), high=high)
    name = outer.stages.fresh(f"{spec.call} over {spec.collection}")
    columns = [("id", col("id")), *parts("value", outputs)]
    outer.stages.add(name, frame.statement(columns, grouped=True))
    return outer.frame.stored(outer.frame.stage(name, (), in_loop=False), "value", stored(outputs))


def _gather(inner: SqlCompiler, spec: LoopSpec) -> Exp:
    """Join from the row to the owner and down to the loop's rows (alias ``m``); return whether all of them are known."""
    frame, vocabulary = inner.frame, inner.frame.vocabulary
    chain = chain_to(vocabulary, spec.owner, spec.entity)
    above = frame.key(spec.path, in_loop=False)
    known: list[Exp] = [present(frame.column(*above))] if spec.path else []
    owner = spec.owner
    for place, collection in enumerate(chain):
        entity = vocabulary.collection_entity(collection)
        assert entity is not None
        alias = "m" if place == len(chain) - 1 else f"level{place + 1}"
        link = "up" if entity.belongs_to == owner else "at"
        stated = frame.column(frame.run(), f"has {collection}")
        frame.join(
            alias,
            f"rows_{entity.id}",
            both([compare("eq", col(link, alias), col(above[1], above[0])), col(f"has {collection}", "run")]),
        )
        known.append(stated if place == 0 else either([stated, absent(frame.column(*above))]))
        above, owner = (alias, "id"), entity.id
    frame.loop_entity = spec.entity
    return both(known)


def _window(inner: SqlCompiler, spec: LoopSpec, test: Exp) -> Exp:
    """Return the row's test with its window: the year of the governing date, or the 12 months up to it."""
    if spec.window is None:
        return test
    frame, dialect = inner.frame, inner.frame.dialect
    date, on = frame.column("m", "date"), inner.on
    if spec.window == "this_year":
        inside = compare("eq", dialect.year(date), dialect.year(on))
    else:
        inside = both([compare("lt", dialect.add_months(on, whole(-12)), date), compare("le", date, on)])
    return both([case([(frame.column("m", "date!"), boolean(False))], inside), test])


def _tally(part: Exp) -> Exp:
    """Return how many rows say yes."""
    return exp.Count(this=case([(part, whole(1))]))


def _fold(inner: SqlCompiler, call: str, node: Node, test: Exp, there: Exp) -> Val:
    if call == "count":
        sure = _tally(both([there, test]))
        high = plus(sure, _tally(both([there, absent(test)])))
        return Val("number", wide(sure), 1, wide(high), boolean(True))
    if call in ("any", "all"):
        return _fold_yes_no(inner, call, inner.test(node.args[0]), test, there)
    body = plain(inner.val(node.args[0]))
    if not isinstance(body.den, int):
        gap("loop over quotients", call)
    body = inner.maths.held(body)
    lost = _tally(both([there, either([absent(test), both([test, absent(body.value), opposite(body.shut)])])]))
    passing = both([there, test])
    if call == "sum":
        return _fold_sum(body, passing, lost)
    return _fold_extreme(body, passing, lost, low=call == "min")


def _fold_yes_no(inner: SqlCompiler, call: str, body: Exp, test: Exp, there: Exp) -> Val:
    said = inner.keep(both([test, body]) if call == "any" else either([opposite(test), body]))
    deciding = said if call == "any" else opposite(said)
    value = case(
        [(compare("gt", _tally(both([there, deciding])), whole(0)), boolean(call == "any")),
         (compare("gt", _tally(both([there, absent(said)])), whole(0)), null("yes_no"))],
        boolean(call != "any"),
    )  # fmt: skip
    return Val("yes_no", value)


def _total(part: Exp, passing: Exp) -> Exp:
    return wide(exp.func("COALESCE", exp.Sum(this=case([(passing, part)])), whole(0)))


def _fold_sum(body: Val, passing: Exp, lost: Exp) -> Val:
    sure = compare("eq", lost, whole(0))
    high = None
    if body.high is not None:
        open_rows = _tally(both([passing, present(body.value), absent(body.high)]))
        high = case([(both([sure, compare("eq", open_rows, whole(0))]), _total(body.high, passing))])
    return Val("number", case([(sure, _total(body.value, passing))]), body.den, high)


def _fold_extreme(body: Val, passing: Exp, lost: Exp, *, low: bool) -> Val:
    sure = compare("eq", lost, whole(0))
    fold = exp.Min if low else exp.Max
    value = case([(sure, fold(this=case([(passing, body.value)])))])
    high = None
    if body.high is not None:
        tests = [sure]
        if not low:
            tests.append(compare("eq", _tally(both([passing, present(body.value), absent(body.high)])), whole(0)))
        high = case([(both(tests), fold(this=case([(passing, body.high)])))])
    shut = None
    if body.closed is not None:
        some = compare("gt", _tally(passing), whole(0))
        shut = both([sure, some, compare("eq", _tally(both([passing, opposite(body.closed)])), whole(0))])
    return Val(body.kind, value, body.den, high, closed=shut)
