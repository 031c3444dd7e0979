"""Arguments compiled: how the line of each test is told, worked out once for a program, as its closures are.

A teller takes (explainer, value, row, loop row, depth) and returns the line of one yes/no node that came out as
``value``. Words, units and what lies below a node are bound beforehand; a household brings nothing but its values.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from bangfu.rules.engine import Engine
from bangfu.rules.language.nodes import Node
from bangfu.rules.outline import COMPARISONS, NEGATED, Pair
from bangfu.rules.pack.model import Entry, Pack
from bangfu.rules.reasons import MOST_DEPTH, Reason, verdict_of
from bangfu.rules.render import AGE, number_pair, shown_pair, shown_unit
from bangfu.rules.runners.python.logic import Closure
from bangfu.rules.runners.python.loops import chain_to, loop_rows
from bangfu.rules.runners.python.nodes import Compiler
from bangfu.rules.runners.python.run import Program
from bangfu.rules.units import YEARS_OLD
from bangfu.rules.values import Unknown

Teller = Callable[[Any, Any, Any, Any, int], Reason]
Part = tuple[Closure, Teller]
Condition = tuple[str, Closure, Teller | None]
_JOINED = {"and": ("以下各项都要符合", "all of these are needed"), "or": ("以下有一项符合即可", "one of these is enough")}
_EQUAL = ("（正好相等，须超过或低于此数）", " (exactly equal; the line itself does not count)")
_ROWS_SHOWN = 4


class Tellers:
    """The tellers of one program."""

    def __init__(self, engine: Engine, program: Program) -> None:
        self.pack = engine.pack
        self.outline = engine.outline
        self.program = program
        self._tellers: dict[Node, Teller] = {}
        self._conditions: dict[str, list[Condition]] = {}

    def conditions(self, entry: Entry) -> list[Condition]:
        """Return (address, closure, teller) of each condition; no teller where it is no expression."""
        found = self._conditions.get(entry.id)
        if found is None:
            nodes, compiler = self.outline.conditions(entry), self.program.compiler(entry)
            found = self._conditions[entry.id] = [
                (address, closure, self.of(nodes[address], compiler) if address in nodes else None)
                for address, closure in self.program.conditions(entry)
            ]
        return found

    def of(self, node: Node, compiler: Compiler) -> Teller:
        """Return the teller of a yes/no node."""
        found = self._tellers.get(node)
        if found is None:
            found = self._tellers[node] = self._made(node, compiler)
        return found

    def _made(self, node: Node, compiler: Compiler) -> Teller:
        fixed = self.outline.fixed(node)
        if fixed is not None:
            return _fixed(fixed["yes"], fixed["no"], fixed["unknown"])
        if node.op == "result":
            return self._result(node)
        if node.op in ("and", "or"):
            return self._joined(node, [(compiler.closure(part), self.of(part, compiler)) for part in node.args])
        if node.op == "not" and node.args[0].op in NEGATED:
            return self._negated(compiler.closure(node.args[0]), self.of(node.args[0], compiler))
        if node.op in COMPARISONS and node.args[0].op != "reading":
            return self._comparison(node, compiler)
        if node.op in ("in", "in_list", "has"):
            return self._membership(node, compiler)
        return self._loop(node, compiler) if node.op == "loop" else self._plain(node)

    def _plain(self, node: Node) -> Teller:
        (zh, en), results = self.outline.said(node), self.outline.results(node)
        return lambda e, value, row, loop, depth: Reason("test", zh, en, verdict_of(value), e.below(results, row, loop, depth))

    def _result(self, node: Node) -> Teller:
        """Tell a recognition or definition that is read as it stands; its line is drawn up once in a run."""
        plain, name, path, in_loop = self._plain(node), node.data.name, node.data.path, node.data.in_loop

        def tell(e: Any, value: Any, row: Any, loop: Any, depth: int) -> Reason:
            key = (name, reached(path, loop if in_loop else row), depth)
            found: Reason | None = e.tested.get(key)
            if found is None:
                found = e.tested[key] = plain(e, value, row, loop, depth)
            return found

        return tell

    def _joined(self, node: Node, parts: list[Part]) -> Teller:
        """Tell an and or an or by the parts that decide; one that decides alone stands for the whole."""
        op, (zh, en), one_decides = node.op, _JOINED[node.op], node.op == "or"

        def tell(e: Any, value: Any, row: Any, loop: Any, depth: int) -> Reason:
            depth += 1
            if value.__class__ is Unknown:
                shown = [teller(e, v, row, loop, depth) for closure, teller in parts if (v := closure(row, loop)).__class__ is Unknown]
            elif bool(value) is one_decides:
                shown = [
                    teller(e, v, row, loop, depth)
                    for closure, teller in parts
                    if (v := closure(row, loop)).__class__ is not Unknown and bool(v) is one_decides
                ]
            else:
                return Reason(op, zh, en, verdict_of(value), [teller(e, closure(row, loop), row, loop, depth) for closure, teller in parts])
            return shown[0] if len(shown) == 1 else Reason(op, zh, en, verdict_of(value), shown)

        return tell

    def _negated(self, part: Closure, teller: Teller) -> Teller:
        def tell(e: Any, value: Any, row: Any, loop: Any, depth: int) -> Reason:
            inner = teller(e, part(row, loop), row, loop, depth)
            return Reason("not", f"不得有此情形：{inner.zh}", f"must not be the case: {inner.en}", verdict_of(value), inner.children)

        return tell

    def _membership(self, node: Node, compiler: Compiler) -> Teller:
        part = node.args[0]
        closure, (zh, en), results, pack = compiler.closure(part), self.outline.said(node), self.outline.results(part), self.pack

        def tell(e: Any, value: Any, row: Any, loop: Any, depth: int) -> Reason:
            now = shown_pair(closure(row, loop), part, pack)
            return Reason("test", f"{zh}：现为 {now[0]}", f"{en}: it is {now[1]}", verdict_of(value), e.below(results, row, loop, depth))

        return tell

    def _comparison(self, node: Node, compiler: Compiler) -> Teller:
        """Tell a comparison with both sides, and how far a refused one is from being met."""
        a, b = node.args
        left, right, (zh, en), pack = compiler.closure(a), compiler.closure(b), self.outline.said(node), self.pack
        results, more, alone = self.outline.results(a), self.outline.results(b), b.op == "const"

        def tell(e: Any, value: Any, row: Any, loop: Any, depth: int) -> Reason:
            one, other = left(row, loop), right(row, loop)
            shown_zh, shown_en = shown_pair(one, a, pack, b)
            if alone:
                said_zh, said_en = f"{zh}：现为 {shown_zh}", f"{en}: it is {shown_en}"
            else:
                other_zh, other_en = shown_pair(other, b, pack, a)
                said_zh, said_en = f"{zh}：{shown_zh} 对 {other_zh}", f"{en}: {shown_en} against {other_en}"
            if value is False:
                margin = margin_of(node, one, other, pack)
                said_zh, said_en = said_zh + margin[0], said_en + margin[1]
            below = e.below(results, row, loop, depth)
            if more:
                below = [*below, *e.below(more, row, loop, depth)]
            return Reason("comparison", said_zh, said_en, verdict_of(value), below)

        return tell

    def _loop(self, node: Node, compiler: Compiler) -> Teller:
        """Tell a loop with a line for each row that decides (a few at most)."""
        spec, (zh, en) = node.data, self.outline.said(node)
        locate = compiler.locate(spec.path, in_loop=False)
        chain = chain_to(self.pack.vocabulary, spec.owner, spec.entity)
        body = node.args[0] if spec.call in ("any", "all") else node.args[1]
        closure = compiler.closure(body)
        teller = self.of(body, compiler) if body.op != "const" else None

        def below(e: Any, row: Any, depth: int) -> list[Reason]:
            if depth >= MOST_DEPTH:
                return []
            rows = loop_rows(locate(row, None), chain)
            if rows.__class__ is Unknown:
                return [e.unknown(rows.needs)]
            if teller is None:
                return []
            return [teller(e, closure(row, item), row, item, depth + 2).about(item.id) for item in rows[:_ROWS_SHOWN]]

        return lambda e, value, row, loop, depth: Reason("test", zh, en, verdict_of(value), below(e, row, depth))


def _fixed(yes: Reason, no: Reason, unknown: Reason) -> Teller:
    return lambda e, value, row, loop, depth: yes if value is True else unknown if value.__class__ is Unknown else yes if value else no


def margin_of(node: Node, left: Any, right: Any, pack: Pack | None = None) -> Pair:
    """Return how far a refused comparison of numbers is from being met."""
    if node.args[0].kind != "number" or node.op in ("ne", "eq"):
        return "", ""
    if not all(isinstance(side, int | Fraction) for side in (left, right)):
        return "", ""
    if left == right:
        return _EQUAL
    unit = shown_unit(node.args[1] if node.args[0].literal else node.args[0], pack)
    zh, en = number_pair(abs(left - right), ((YEARS_OLD, 1),) if unit == AGE else unit)
    return (f"，高出 {zh}", f", {en} too high") if node.op in ("lt", "le") else (f"，还差 {zh}", f", {en} short")


def reached(path: tuple[str, ...], start: Any) -> Any:
    """Return the row that a path leads to, or None."""
    here = start
    for step in path:
        if here is None:
            return None
        here = getattr(here, step)
    return here
