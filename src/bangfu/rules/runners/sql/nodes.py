"""From a typed tree to values of a frame, operation by operation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bangfu.rules.language.nodes import Node, RecordRead
from bangfu.rules.pack.model import Document, Pack, Parameter, Rounding
from bangfu.rules.runners.python.nodes import clamp, value_on
from bangfu.rules.runners.sql import bands, dates, maths
from bangfu.rules.runners.sql.dated import dated, days_of
from bangfu.rules.runners.sql.frames import Frame
from bangfu.rules.runners.sql.records import Records
from bangfu.rules.runners.sql.stages import Stages
from bangfu.rules.runners.sql.tree import Exp, boolean, both, case, cut, either, is_false, is_true, opposite, present
from bangfu.rules.runners.sql.vals import Val, choose, constant, pick, plain, sole, unknown
from bangfu.rules.values import Unknown


class SqlCompiler:
    """Turns the nodes of one entry into values of one frame.

    ``by_claim``: parameters are read on the row's own date, else on ``today``; both held inside the document's force.
    """

    def __init__(
        self, pack: Pack, stages: Stages, frame: Frame, document: Document | None, *, by_claim: bool, basis: str
    ) -> None:
        self.pack = pack
        self.stages = stages
        self.frame = frame
        self.document = document
        self.by_claim = by_claim
        self.basis = basis
        self.records = Records(stages, frame)

    def val(self, node: Node) -> Val:
        """Return the value of a node."""
        found: Val = getattr(self, f"_{node.op}")(node)
        return found

    def test(self, node: Node) -> Exp:
        """Return a yes/no node as a part: TRUE, FALSE or NULL."""
        return self.val(node).value

    @property
    def on(self) -> Exp:
        """Return the governing date; NULL where a claim's date is unknown."""
        return self.frame.date() if self.by_claim else self.frame.day()

    # -- leaves --------------------------------------------------------------------------------------------------
    def _const(self, node: Node) -> Val:
        return constant(node.kind, node.data)

    def _today(self, node: Node) -> Val:
        return Val("date", self.frame.day())

    def _reading(self, node: Node) -> Val:
        return constant("code", self.pack.reading_choice[node.data])

    def _fact(self, node: Node) -> Val:
        alias = self.frame.row(node.data.path, in_loop=node.data.in_loop)
        return self.frame.fact(alias, node.data.name, self.frame.columns.shapes[node.data.name])

    def _result(self, node: Node) -> Val:
        return self.stages.read(self.frame, node.data)

    def _receives(self, node: Node) -> Val:
        return Val("yes_no", self.stages.received(self.frame, node.data))

    def _record(self, node: Node) -> Val:
        read: RecordRead = node.data
        return self.records.read(read, self.on)

    # -- parameters ----------------------------------------------------------------------------------------------
    def lookup(self, parameter: Parameter, make: Callable[[Any], Val], kind: str) -> Val:
        """Return what ``make`` builds of the parameter's value on the governing date."""
        if not self.by_claim:
            return make(value_on(parameter, clamp(self.frame.today, self.document)))
        days = days_of(parameter, self.document)
        return dated(self.frame.date(), days, lambda on: value_on(parameter, clamp(on, self.document)), make, kind)

    def _param(self, node: Node) -> Val:
        keys = [self.val(k) for k in node.args]
        return self.lookup(node.data, lambda value: self.indexed(value, keys, node.kind), node.kind)

    def indexed(self, value: Any, keys: list[Val], kind: str) -> Val:
        """Return a value looked up by its codes; a code that is not listed takes ``else`` or is unknown."""
        if not isinstance(value, dict) or not keys:
            return constant(kind, value) if not isinstance(value, dict) else unknown(kind)
        key, rest = keys[0], keys[1:]
        rows = [
            (self._code_is(key, code), self.indexed(child, rest, kind))
            for code, child in value.items()
            if code != "else"
        ]
        if "else" in value:
            known = either([present(key.value), key.shut])
            rows.append((known, self.indexed(value["else"], rest, kind)))
        return pick(rows, kind)

    def _code_is(self, key: Val, code: Any) -> Exp:
        if key.kind == "yes_no":
            return key.value if code in (True, "true", "yes") else opposite(key.value)
        return maths.within(replace(key, closed=None), [code])

    def _last_year(self, node: Node) -> Val:
        parameter, keys = node.data, [self.val(k) for k in node.args]

        def of(on: dt.date) -> Any:
            return value_on(parameter, dt.date(clamp(on, self.document).year - 1, 12, 31))

        if not self.by_claim:
            return self.indexed(of(self.frame.today), keys, node.kind)
        days = {dt.date(d.year + more, 1, 1) for d in days_of(parameter, self.document) for more in (0, 1)}
        days |= days_of(parameter, self.document)
        return dated(self.frame.date(), days, of, lambda value: self.indexed(value, keys, node.kind), node.kind)

    def _at(self, node: Node) -> Val:
        parameter = node.data
        when = self.val(node.args[-1])
        keys = [self.val(k) for k in node.args[:-1]]
        return dated(when.value, days_of(parameter, None), lambda on: value_on(parameter, on),
                     lambda value: self.indexed(value, keys, node.kind), node.kind)  # fmt: skip

    # -- logic and comparison ------------------------------------------------------------------------------------
    def _and(self, node: Node) -> Val:
        return Val("yes_no", both([self.test(a) for a in node.args]))

    def _or(self, node: Node) -> Val:
        return Val("yes_no", either([self.test(a) for a in node.args]))

    def _not(self, node: Node) -> Val:
        return Val("yes_no", opposite(self.test(node.args[0])))

    def _pair(self, node: Node) -> Val:
        a, b = self.val(node.args[0]), self.val(node.args[1])
        if all(n.op in ("const", "reading") for n in node.args) and node.args[0].kind == "code":
            return Val("yes_no", boolean((a.value.data == b.value.data) is (node.op == "eq")))
        return Val("yes_no", maths.compare(node.op, a, b))

    _eq = _ne = _lt = _le = _gt = _ge = _pair

    def _in(self, node: Node) -> Val:
        members = sorted(node.data, key=str)
        return Val("yes_no", maths.within(self.val(node.args[0]), members))

    def _in_list(self, node: Node) -> Val:
        item = self.val(node.args[0])

        def make(codes: Any) -> Val:
            if isinstance(codes, Unknown):
                return Val("yes_no", case([(item.shut, boolean(False))], unknown("yes_no").value))
            return Val("yes_no", maths.within(item, sorted(codes, key=str)))

        found = self.lookup(node.data, make, "yes_no")
        return found if item.closed is None else Val("yes_no", case([(item.shut, boolean(False))], found.value))

    def _has(self, node: Node) -> Val:
        codes = self.val(node.args[0])
        found = dates.has_code(codes.value, node.data)
        return Val("yes_no", found if codes.closed is None else case([(codes.closed, boolean(False))], found))

    # -- numbers -------------------------------------------------------------------------------------------------
    def _numbers(self, node: Node) -> Val:
        a, b = self.val(node.args[0]), self.val(node.args[1])
        if node.op == "div":
            low = node.args[1].low
            return maths.div(a, b, zero=low is None or low <= 0)
        found: Val = getattr(maths, node.op)(a, b)
        return found

    _add = _sub = _mul = _div = _numbers

    def _neg(self, node: Node) -> Val:
        return maths.neg(self.val(node.args[0]))

    def _flat(self, node: Node) -> Val:
        return self.val(node.args[0])

    def _scale(self, node: Node) -> Val:
        return maths.scale(self.val(node.args[0]), node.data)

    def _if(self, node: Node) -> Val:
        test, a, b = self.test(node.args[0]), self.val(node.args[1]), self.val(node.args[2])
        if is_true(test) or is_false(test):
            return a if is_true(test) else b
        return choose(test, a, b)

    def _min(self, node: Node) -> Val:
        return maths.extreme([self.val(a) for a in node.args], low=True)

    def _max(self, node: Node) -> Val:
        return maths.extreme([self.val(a) for a in node.args], low=False)

    def _rounded(self, node: Node) -> Val:
        val = self.val(node.args[0])

        def make(rounding: Any) -> Val:
            if isinstance(rounding, Rounding):
                return maths.rounded(val, rounding)
            return replace(unknown("number"), closed=val.closed)

        return self.lookup(node.data, make, "number")

    def _band(self, node: Node) -> Val:
        val = plain(self.val(node.args[0]))
        return self.lookup(node.data, lambda table: bands.band(val, table), "number")

    def _marginal(self, node: Node) -> Val:
        val = sole(plain(self.val(node.args[0])))
        return self.lookup(node.data, lambda table: bands.marginal(val, table), "number")

    # -- dates ---------------------------------------------------------------------------------------------------
    def _dates(self, node: Node) -> Val:
        a, b = (self.val(arg) for arg in node.args)
        value = getattr(dates, node.op)(a.value, b.value)
        return maths._shut(Val("number", value), a, b)

    _days_between = _months_between = _years_between = _dates

    def _moved(self, node: Node) -> Val:
        a, n = self.val(node.args[0]), sole(plain(self.val(node.args[1])))
        count = n.value if n.den == 1 else cut(n.value, n.bottom)
        value = dates.add_days(a.value, count) if node.op == "add_days" else dates.add_months(a.value, count)
        return maths._shut(Val("date", value), a, n)

    _add_days = _add_months = _moved

    def _year_of(self, node: Node) -> Val:
        date = self.val(node.args[0])
        return Val("number", dates.year(date.value), closed=date.closed)

    # -- loops ---------------------------------------------------------------------------------------------------
    def _loop(self, node: Node) -> Val:
        from bangfu.rules.runners.sql.loops import loop

        return loop(self, node)
