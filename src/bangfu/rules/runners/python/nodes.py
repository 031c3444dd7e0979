"""From a typed tree to closures over (row, loop row). No code is generated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from bangfu.rules.language.nodes import LoopSpec, Node, RecordRead, Ref
from bangfu.rules.pack.model import MISSING, Document, Pack, Parameter, Rounding
from bangfu.rules.runners.python import ops
from bangfu.rules.runners.python.logic import (
    Closure,
    all_of,
    any_of,
    at_hand,
    compared,
    cost,
    held_against,
    opposite,
    parts_of,
    slot_against,
    slot_name,
    slot_opposite,
    total_of,
)
from bangfu.rules.runners.python.rows import Row, current, holding, owner_of
from bangfu.rules.units import Quantity
from bangfu.rules.values import CLOSED, Range, Unknown, needs_of, round_number

_SINGLE = (int, Fraction, str, bool, dt.date)


def plain_value(parameter: Parameter, value: Any) -> Any:
    """Return what a rule computes with: a number, Range, Unknown, mapping, bands, codes or Rounding."""
    needs = frozenset({parameter.id})
    if value is MISSING or value is None:
        return Unknown(needs)
    if isinstance(value, Quantity):
        if value.missing:
            return Unknown(needs)
        if value.is_range:
            return Range(value.low if value.low is not None else 0, value.high, needs)
        return value.low
    if isinstance(value, dict):
        return {code: plain_value(parameter, child) for code, child in value.items()}
    if isinstance(value, tuple):
        return tuple((band.upper, band.included, plain_value(parameter, band.value)) for band in value)
    return value


def clamp(day: dt.date, document: Document | None) -> dt.date:
    """Return the day held inside a document's force: outside it the versions last in force are shown."""
    if document is None:
        return day
    if document.since and day < document.since:
        return document.since
    if document.until and day > document.until:
        return document.until
    return day


def value_on(parameter: Parameter, day: dt.date) -> Any:
    """Return a parameter's value on a day as rules compute with it."""
    version = parameter.version_on(day)
    return plain_value(parameter, None if version is None else version.value)


@dataclass(slots=True)
class Compiler:
    """Turns nodes into closures for one pack and one stretch of days in which no value changes."""

    pack: Pack
    day: dt.date
    slots: dict[str, dict[str, int]]
    document: Document | None = None
    by_claim: bool = False
    cache: dict[Node, Closure] = field(default_factory=dict)

    def closure(self, node: Node) -> Closure:
        """Return the closure of a node (the same one for the same node)."""
        found = self.cache.get(node)
        if found is None:
            made: Closure = getattr(self, f"_{node.op}")(node)
            found = self.cache[node] = made
        return found

    # -- leaves --------------------------------------------------------------------------------------------------
    def _const(self, node: Node) -> Closure:
        value = node.data
        return lambda r, m: value

    def _today(self, node: Node) -> Closure:
        return lambda r, m: r.run.today

    def locate(self, path: tuple[str, ...], *, in_loop: bool) -> Callable[[Any, Any], Any]:
        """Return how to get from the row (or loop row) to the row that a path leads to."""
        if not path:
            return (lambda r, m: m) if in_loop else (lambda r, m: r)
        if path == ("up",):
            return (lambda r, m: m.up) if in_loop else (lambda r, m: r.up)
        if path == ("up", "up"):
            return (lambda r, m: m.up.up) if in_loop else (lambda r, m: r.up.up)

        def walk(r: Any, m: Any) -> Any:
            here = m if in_loop else r
            for step in path:
                here = getattr(here, step)
                if here is None:
                    return None
            return here

        return walk

    def slot(self, ref: Ref, name: str) -> Closure:
        """Return the closure that reads one slot of the row a reference leads to."""
        place = self.slots[ref.entity][name]
        path, in_loop = ref.path, ref.in_loop
        if path == () and not in_loop:
            return lambda r, m: r.v[place]
        if path == () and in_loop:
            return lambda r, m: m.v[place]
        if path == ("up",) and not in_loop:
            return lambda r, m: r.up.v[place]
        locate = self.locate(path, in_loop=in_loop)
        needs = frozenset({ref.name})

        def read(r: Any, m: Any) -> Any:
            row = locate(r, m)
            return Unknown(needs) if row is None else row.v[place]

        return read

    def _read(self, node: Node) -> Closure:
        return self.slot(node.data, slot_name(node))

    _fact = _result = _receives = _read

    def _reading(self, node: Node) -> Closure:
        code = self.pack.reading_choice[node.data]
        return lambda r, m: code

    # -- parameters ----------------------------------------------------------------------------------------------
    def lookup(self, parameter: Parameter) -> Callable[[Any, Any], Any]:
        """Return the closure that gives a parameter's whole value on the governing date."""
        if not self.by_claim:
            value = value_on(parameter, clamp(self.day, self.document))
            return lambda r, m: value
        document = self.document
        seen: dict[dt.date, Any] = {}

        def on_claim(r: Any, m: Any) -> Any:
            day = r.date
            if day.__class__ is not dt.date:
                return day
            found = seen.get(day)
            if found is None:
                if len(seen) > 5000:
                    seen.clear()
                found = seen[day] = value_on(parameter, clamp(day, document))
            return found

        return on_claim

    def fixed(self, node: Node) -> Any:
        """Return the one known value of a constant or of a parameter on this program's days; None for any other node."""
        if node.op == "const":
            value = node.data
        elif node.op == "param" and not node.args and not self.by_claim:
            value = self.lookup(node.data)(None, None)
        else:
            return None
        return value if value.__class__ in _SINGLE else None

    def _param(self, node: Node) -> Closure:
        lookup = self.lookup(node.data)
        if len(node.args) == 1 and not self.by_claim:
            return one_key(lookup(None, None), self.closure(node.args[0]), frozenset({node.data.id}))
        return self.indexed(lookup, node.args, node.data)

    def indexed(self, lookup: Closure, key_nodes: tuple[Node, ...], parameter: Parameter) -> Closure:
        """Return the closure that looks a value up by its codes."""
        if not key_nodes:
            return lookup
        keys = [self.closure(k) for k in key_nodes]
        needs = frozenset({parameter.id})

        def read(r: Any, m: Any) -> Any:
            value = lookup(r, m)
            for key in keys:
                if value.__class__ is not dict:
                    return value
                code = key(r, m)
                if code.__class__ is Unknown:
                    return code
                value = value.get(code, value.get("else", Unknown(needs)))
            return value

        return read

    def _last_year(self, node: Node) -> Closure:
        parameter = node.data
        document = self.document

        def on_last_year(r: Any, m: Any) -> Any:
            day = r.date if self.by_claim else r.run.today
            if day.__class__ is Unknown:
                return day
            day = clamp(day, document)
            return value_on(parameter, dt.date(day.year - 1, 12, 31))

        return self.indexed(on_last_year, node.args, parameter)

    def _at(self, node: Node) -> Closure:
        parameter, when = node.data, self.closure(node.args[-1])

        def on_date(r: Any, m: Any) -> Any:
            day = when(r, m)
            if day.__class__ is Unknown or day is CLOSED:
                return day if day.__class__ is Unknown else Unknown(frozenset({parameter.id}))
            return value_on(parameter, day)

        return self.indexed(on_date, node.args[:-1], parameter)

    # -- logic and comparison ------------------------------------------------------------------------------------
    def all_of(self, nodes: Iterable[Node], others: list[Closure] | None = None) -> Closure:
        """Return Kleene and over nodes (and closures beside them), the cheapest first."""
        places, parts = self._at_hand(parts_of("and", nodes))
        parts += others or []
        return parts[0] if len(parts) == 1 and not places else all_of(parts, places)

    def _and(self, node: Node) -> Closure:
        return self.all_of(node.args)

    def _or(self, node: Node) -> Closure:
        places, parts = self._at_hand(parts_of("or", node.args))
        return any_of(parts, places)

    def _at_hand(self, nodes: list[Node]) -> tuple[tuple[int, ...], list[Closure]]:
        """Return the slots of the row itself that are read as they stand, and the closures of the other nodes."""
        own = [node for node in nodes if at_hand(node)]
        rest = sorted((node for node in nodes if not at_hand(node)), key=cost)
        places = tuple(place for place in map(self.place, own) if place is not None)
        return places, [self.closure(node) for node in rest]

    def _not(self, node: Node) -> Closure:
        place = self.place(node.args[0])
        return opposite(self.closure(node.args[0])) if place is None else slot_opposite(place)

    def place(self, node: Node) -> int | None:
        """Return the slot of the row itself that a node reads; None for any other node."""
        return self.slots[node.data.entity][slot_name(node)] if at_hand(node) else None

    def _pair(self, node: Node) -> Closure:
        a, b = node.args
        line, place = self.fixed(b), self.place(a)
        if line is None:
            return compared(node.op, self.closure(a), self.closure(b))
        return held_against(node.op, self.closure(a), line) if place is None else slot_against(node.op, place, line)

    _eq = _ne = _lt = _le = _gt = _ge = _pair

    def _in(self, node: Node) -> Closure:
        part, codes, place = self.closure(node.args[0]), node.data, self.place(node.args[0])

        def inside(r: Any, m: Any) -> Any:
            value = part(r, m) if place is None else r.v[place]
            if value.__class__ is str:
                return value in codes
            if value.__class__ is Unknown:
                return value
            if value.__class__ is Range:
                return Unknown(value.needs)
            return value is not CLOSED and value in codes

        return inside

    def _in_list(self, node: Node) -> Closure:
        part, lookup = self.closure(node.args[0]), self.lookup(node.data)

        def inside(r: Any, m: Any) -> Any:
            value, codes = part(r, m), lookup(r, m)
            if value is CLOSED:
                return False
            if value.__class__ is Unknown or codes.__class__ is Unknown:
                return Unknown(needs_of(value, codes))
            return value in codes

        return inside

    def _has(self, node: Node) -> Closure:
        part, code = self.closure(node.args[0]), node.data

        def inside(r: Any, m: Any) -> Any:
            value = part(r, m)
            return value if value.__class__ is Unknown else value is not CLOSED and code in value

        return inside

    # -- numbers -------------------------------------------------------------------------------------------------
    def _two(self, node: Node) -> Closure:
        a, b = self.closure(node.args[0]), self.closure(node.args[1])
        operation = {"sub": ops.sub, "mul": ops.mul, "div": ops.div, "days_between": ops.DAYS_BETWEEN,
                     "months_between": ops.MONTHS_BETWEEN, "years_between": ops.YEARS_BETWEEN,
                     "add_days": ops.ADD_DAYS, "add_months": ops.ADD_MONTHS}[node.op]  # fmt: skip
        return lambda r, m: operation(a(r, m), b(r, m))

    def _add(self, node: Node) -> Closure:
        parts: list[Closure] = []
        here = node
        while here.op == "add":
            parts.insert(0, self.closure(here.args[1]))
            here = here.args[0]
        return total_of(self.closure(here), parts)

    _sub = _mul = _div = _days_between = _months_between = _years_between = _add_days = _add_months = _two

    def _neg(self, node: Node) -> Closure:
        part = self.closure(node.args[0])
        return lambda r, m: ops.neg(part(r, m))

    def _if(self, node: Node) -> Closure:
        test, a, b = (self.closure(arg) for arg in node.args)

        def choose(r: Any, m: Any) -> Any:
            decided = test(r, m)
            if decided.__class__ is Unknown:
                return ops.choose(decided, a(r, m), b(r, m))
            return a(r, m) if decided else b(r, m)

        return choose

    def _min(self, node: Node) -> Closure:
        parts = [self.closure(a) for a in node.args]
        return lambda r, m: ops.least([p(r, m) for p in parts])

    def _max(self, node: Node) -> Closure:
        parts = [self.closure(a) for a in node.args]
        return lambda r, m: ops.greatest([p(r, m) for p in parts])

    def _scale(self, node: Node) -> Closure:
        part, factor = self.closure(node.args[0]), node.data
        return lambda r, m: ops.scale(part(r, m), factor)

    def _flat(self, node: Node) -> Closure:
        return self.closure(node.args[0])

    def _year_of(self, node: Node) -> Closure:
        part = self.closure(node.args[0])

        def year(r: Any, m: Any) -> Any:
            day = part(r, m)
            return day if day.__class__ is Unknown or day is CLOSED else day.year

        return year

    def _rounded(self, node: Node) -> Closure:
        part, lookup = self.closure(node.args[0]), self.lookup(node.data)
        return lambda r, m: rounded(part(r, m), lookup(r, m))

    def _band(self, node: Node) -> Closure:
        part, lookup = self.closure(node.args[0]), self.lookup(node.data)
        return lambda r, m: band(part(r, m), lookup(r, m))

    def _marginal(self, node: Node) -> Closure:
        part, lookup = self.closure(node.args[0]), self.lookup(node.data)
        return lambda r, m: marginal(part(r, m), lookup(r, m))

    # -- record --------------------------------------------------------------------------------------------------
    def _record(self, node: Node) -> Closure:
        read: RecordRead = node.data
        locate = self.locate(read.ref.path, in_loop=read.ref.in_loop)
        entry = self.pack.entries[read.ref.name]
        needs = frozenset({entry.id if entry.kind == "recognition" else "record"})
        by_claim = self.by_claim

        def look(r: Any, m: Any) -> Any:
            row = locate(r, m)
            if row is None:
                return Unknown(needs)
            on = r.date if by_claim else r.run.today
            return read_record(read.call, entry.id, row, on, needs)

        return look

    # -- loops ---------------------------------------------------------------------------------------------------
    def _loop(self, node: Node) -> Closure:
        from bangfu.rules.runners.python.loops import FOLD, chain_to, loop_rows

        spec: LoopSpec = node.data
        body, test = self.closure(node.args[0]), self.closure(node.args[1])
        locate = self.locate(spec.path, in_loop=False)
        fold = FOLD[spec.call]
        window, by_claim = spec.window, self.by_claim
        chain = chain_to(self.pack.vocabulary, spec.owner, spec.entity)
        here, plain = not spec.path, window is None and self.fixed(node.args[1]) is True

        def run(r: Any, m: Any) -> Any:
            owner = r if here else locate(r, m)
            rows = Unknown(frozenset(chain[:1])) if owner is None else loop_rows(owner, chain)
            if rows.__class__ is Unknown:
                return rows
            if plain:
                return fold(r, rows, body, None, None, None)
            on = None if window is None else r.date if by_claim else r.run.today
            return fold(r, rows, body, test, window, on)

        return run


def one_key(table: Any, key: Closure, needs: frozenset[str]) -> Closure:
    """Return the closure that looks a value up in a table known beforehand."""
    if table.__class__ is not dict:
        return lambda r, m: table
    other = table.get("else", Unknown(needs))

    def read(r: Any, m: Any) -> Any:
        code = key(r, m)
        return code if code.__class__ is Unknown else table.get(code, other)

    return read


def read_record(call: str, entry: str, row: Row, on: Any, needs: frozenset[str]) -> Any:
    """Return held, held_since, held_amount, paid_this_year or times_this_year of one row.

    Whether a recognition is held is settled by its own question, so ``held`` needs it by name; since when, how much and
    how often only the record can say.
    """
    run = row.run
    if call == "held":
        return holding(run, entry, row, on, needs)
    if not run.record.known:
        return Unknown(frozenset({"record"}))
    if on.__class__ is Unknown:
        return on
    if call in ("held_since", "held_amount"):
        found = current(run, entry, row, on)
        if call == "held_since":
            return CLOSED if found is None else found.since
        return 0 if found is None else (found.amount if found.amount is not None else Unknown(frozenset({"record"})))
    owner = owner_of(row)
    paid = [p for p in run.record.owned(entry, owner) if p.paid_on is not None and p.paid_on.year == on.year]
    if call == "times_this_year":
        return len(paid)
    if any(p.amount is None for p in paid):
        return Unknown(frozenset({"record"}))
    return sum(p.amount for p in paid)


def rounded(value: Any, rounding: Any) -> Any:
    """Round a number or both ends of a range."""
    if value.__class__ is Unknown or rounding.__class__ is Unknown:
        return Unknown(needs_of(value, rounding))
    if value is CLOSED:
        return value
    assert isinstance(rounding, Rounding)
    if value.__class__ is Range:
        if value.counted:
            return Unknown(value.needs)
        high = None if value.high is None else round_number(value.high, rounding.mode, rounding.step)
        return Range(round_number(value.low, rounding.mode, rounding.step), high, value.needs)
    return round_number(value, rounding.mode, rounding.step)


def band(value: Any, table: Any) -> Any:
    """Return the value of the row that a number falls in; a range is decided if both ends fall in one row."""
    if value.__class__ is Unknown or table.__class__ is Unknown:
        return Unknown(needs_of(value, table))
    if value is CLOSED:
        return CLOSED
    if value.__class__ is Range:
        if value.high is not None and not value.counted:
            low, high = _row(value.low, table), _row(value.high, table)
            if low is high:
                return low[2]
        return Unknown(value.needs)
    return _row(value, table)[2]


def _row(value: Any, table: Any) -> Any:
    for row in table:
        upper, included, _ = row
        if upper is None or value < upper or (included and value == upper):
            return row
    return table[-1]


def marginal(value: Any, table: Any) -> Any:
    """Return the sum over the rows of (slice inside the row) × (value of the row)."""
    if value.__class__ is not int and not isinstance(value, Fraction):
        return Unknown(needs_of(value, table)) if value is not CLOSED else CLOSED
    if table.__class__ is Unknown:
        return table
    total: Any = 0
    lower: Any = 0
    for upper, _, share in table:
        top = value if upper is None else min(value, upper)
        if top > lower:
            total = ops.add(total, ops.mul(top - lower, share))
        if upper is None or value <= upper:
            break
        lower = upper
    return total
