"""Loops over collections: one statement for each collection of an owner, grouped once for all loops over it.

A loop that reads nothing of the row that asks is grouped by the owner; one that does is grouped by that row.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bangfu.rules.language.nodes import LoopSpec, Node, RecordRead
from bangfu.rules.runners.python.loops import chain_to
from bangfu.rules.runners.sql import dates
from bangfu.rules.runners.sql.frames import Frame, Join
from bangfu.rules.runners.sql.support import gap
from bangfu.rules.runners.sql.tree import (
    Exp,
    absent,
    aggregate,
    boolean,
    both,
    case,
    coalesce,
    compare,
    either,
    is_false,
    null,
    opposite,
    plus,
    present,
    whole,
)
from bangfu.rules.runners.sql.vals import Val, plain

if TYPE_CHECKING:
    from bangfu.rules.runners.sql.nodes import SqlCompiler


class Groups:
    """Aggregates over the rows of one collection, read by the row that asks (``outer``)."""

    def __init__(self, outer: SqlCompiler, spec: LoopSpec, *, apart: bool) -> None:
        self.outer = outer
        self.chain = chain_to(outer.frame.vocabulary, spec.owner, spec.entity)
        self.spec = spec
        stages, frame = outer.stages, outer.frame
        source = f"rows_{spec.entity}"
        if apart:
            key: tuple[object, ...] = ("loop", stages.level, frame.table, spec.path, *self.chain)
            self.frame = stages.made(key, f"{spec.collection} for {frame.table}", f"rows_{frame.entity}")
            self._down()
            self.keys = [frame.column("r", "id")]
            self.frame.group = [self.frame.column("r", "id")]
        else:
            key = ("loop", stages.level, spec.owner, *self.chain)
            self.frame = stages.made(key, f"{spec.collection} of {spec.owner} {stages.level + 1}", source, "m")
            self.keys = [frame.key(spec.path, in_loop=False)]
            self.frame.loop_entity = spec.entity
            self.frame.group = [self.frame.key(tuple(reversed(self._links())), in_loop=True)]

    def _links(self) -> list[str]:
        """Return for each collection from the owner down which column names what a row belongs to."""
        vocabulary, owner, links = self.outer.frame.vocabulary, self.spec.owner, []
        for collection in self.chain:
            entity = vocabulary.collection_entity(collection)
            assert entity is not None
            links.append("up" if entity.belongs_to == owner else "at")
            owner = entity.id
        return links

    def _down(self) -> None:
        """Join from the row that asks to the owner and down to the loop's rows (alias ``m``)."""
        frame, vocabulary = self.frame, self.outer.frame.vocabulary
        above = frame.key(self.spec.path, in_loop=False)
        for place, (collection, link) in enumerate(zip(self.chain, self._links(), strict=True)):
            entity = vocabulary.collection_entity(collection)
            assert entity is not None
            alias = "m" if place == len(self.chain) - 1 else f"level{place + 1}"
            if alias not in frame.joins:
                frame.joins[alias] = Join(f"rows_{entity.id}", [(link, above)], there=True, inner=True)
            above = frame.column(alias, "id")
        frame.loop_entity = self.spec.entity

    def known(self) -> Exp:
        """Return whether all rows are known: the owner is, its collection was stated, and below it wherever there are rows."""
        frame = self.outer.frame
        run = frame.run()
        known = [present(frame.key(self.spec.path, in_loop=False))]
        for place, collection in enumerate(self.chain):
            stated = frame.column(run, f"has {collection}")
            if place:
                entity = frame.vocabulary.collection_entity(self.chain[place - 1])
                assert entity is not None
                above = replace(self.spec, entity=entity.id, collection=self.chain[place - 1])
                none = compare("eq", Groups(self.outer, above, apart=False).count(boolean(True)), whole(0))
                stated = either([stated, none])
            known.append(stated)
        return both(known)

    def _read(self, part: Exp) -> Exp:
        frame = self.outer.frame
        name = next((n for n, p in self.frame.outputs.items() if p is part), f"a{len(self.frame.outputs) + 1}")
        return frame.read(frame.join_groups(self.frame, self.keys), name, part)

    def count(self, test: Exp) -> Exp:
        """Return how many rows say yes."""
        return whole(0) if is_false(test) else coalesce(self._read(aggregate("count", None, test)), whole(0))

    def some(self, test: Exp) -> Exp:
        """Return whether any row says yes."""
        return compare("gt", self.count(test), whole(0))

    def total(self, what: Exp, test: Exp) -> Exp:
        """Return the sum over the rows that say yes, 0 where there is none."""
        return coalesce(self._read(aggregate("sum", what, test)), whole(0))

    def extreme(self, call: str, what: Exp, test: Exp) -> Exp:
        """Return the smallest or largest (``min``, ``max``) over the rows that say yes."""
        return self._read(aggregate(call, what, test))


def loop(outer: SqlCompiler, node: Node) -> Val:
    """Return the value of a loop for the row that asks."""
    from bangfu.rules.runners.sql.nodes import SqlCompiler

    spec: LoopSpec = node.data
    groups = Groups(outer, spec, apart=outer.by_claim or _reads_outside(node))
    inner = SqlCompiler(outer.pack, outer.stages, groups.frame, outer.document, by_claim=outer.by_claim, basis=outer.basis)
    test = _window(inner, spec, inner.test(node.args[1]))
    found = _fold(groups, inner, node, test)
    known = groups.known()
    high = None if found.high is None else case([(known, found.high)])
    return replace(found, value=case([(known, found.value)]), high=high)


def _reads_outside(node: Node) -> bool:
    """Tell whether a loop reads anything of the row that asks."""
    for part in node.walk():
        ref = part.data.ref if isinstance(part.data, RecordRead) else part.data
        if part.op in ("fact", "result", "receives", "record") and not ref.in_loop:
            return True
        if part.op == "loop" and part is not node:
            return True
    return False


def _window(inner: SqlCompiler, spec: LoopSpec, test: Exp) -> Exp:
    """Return the row's test with its window: the year of the governing date, or the 12 months up to it."""
    if spec.window is None:
        return test
    frame: Frame = inner.frame
    date, on = frame.column("m", "date"), inner.on
    if spec.window == "this_year":
        inside = compare("eq", dates.year(date), dates.year(on))
    else:
        inside = both([compare("lt", dates.add_months(on, whole(-12)), date), compare("le", date, on)])
    return both([case([(frame.column("m", "date!"), boolean(False))], inside), test])


def _fold(groups: Groups, inner: SqlCompiler, node: Node, test: Exp) -> Val:
    call = node.data.call
    if call == "count":
        sure = groups.count(test)
        if test.sure:
            return Val("number", sure)
        return Val("number", sure, 1, plus(sure, groups.count(absent(test))), boolean(True))
    if call in ("any", "all"):
        return _fold_yes_no(groups, call, inner.test(node.args[0]), test)
    body = plain(inner.val(node.args[0]))
    if not isinstance(body.den, int):
        gap("loop over quotients", call)
    lost = groups.some(either([absent(test), both([test, absent(body.value), opposite(body.shut)])]))
    if call == "sum":
        return _fold_sum(groups, body, test, lost)
    return _fold_extreme(groups, body, test, lost, low=call == "min")


def _fold_yes_no(groups: Groups, call: str, body: Exp, test: Exp) -> Val:
    said = both([test, body]) if call == "any" else either([opposite(test), body])
    deciding = said if call == "any" else opposite(said)
    rows = [(groups.some(deciding), boolean(call == "any")), (groups.some(absent(said)), null("yes_no"))]
    return Val("yes_no", case(rows, boolean(call != "any")))


def _fold_sum(groups: Groups, body: Val, test: Exp, lost: Exp) -> Val:
    sure, high = opposite(lost), None
    if body.high is not None:
        open_rows = groups.some(both([test, present(body.value), absent(body.high)]))
        high = case([(both([sure, opposite(open_rows)]), groups.total(body.high, test))])
    return Val("number", case([(sure, groups.total(body.value, test))]), body.den, high)


def _fold_extreme(groups: Groups, body: Val, test: Exp, lost: Exp, *, low: bool) -> Val:
    sure, fold, high = opposite(lost), "min" if low else "max", None
    value = case([(sure, groups.extreme(fold, body.value, test))])
    if body.high is not None:
        tests = [sure]
        if not low:
            tests.append(opposite(groups.some(both([test, present(body.value), absent(body.high)]))))
        high = case([(both(tests), groups.extreme(fold, body.high, test))])
    shut = None
    if body.closed is not None:
        shut = both([sure, groups.some(test), opposite(groups.some(both([test, opposite(body.closed)])))])
    return Val(body.kind, value, body.den, high, closed=shut)
