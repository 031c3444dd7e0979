"""Parts of SQL: one immutable node for each different part, simplified as it is made.

While a program is compiled (``one_of_each``) equal parts are one object, so what several rules share is seen at once.
A part knows whether it may be NULL (``sure``: never) and whether it may be below zero (``natural``: never); unknown-logic
over a part that is sure folds away where it is built. ``printing`` turns parts into sqlglot's tree.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

NEGATED = {"eq": "ne", "ne": "eq", "lt": "ge", "ge": "lt", "gt": "le", "le": "gt"}
STRICT = {"add", "sub", "mul", "cut", "year", "month", "day", "month_end", "week", "days_between", "add_days", "add_months", *NEGATED}
"""Operations that are NULL exactly where one of their parts is."""

_pool = threading.local()


class Part:
    """One part: ``op`` over ``args``; ``data`` is a constant, a column (table, name), a type or a function's name."""

    __slots__ = ("args", "data", "kind", "natural", "op", "small", "sure")

    def __init__(self, op: str, args: tuple[Part, ...], data: Any, kind: str, flags: tuple[bool, bool, bool]) -> None:
        self.op = op
        self.args = args
        self.data = data
        self.kind = kind
        self.sure, self.natural, self.small = flags

    def __repr__(self) -> str:
        return f"{self.op}({', '.join([*map(repr, self.args), *([repr(self.data)] if self.data is not None else [])])})"


Exp = Part


@contextmanager
def one_of_each() -> Iterator[None]:
    """Make equal parts one object within this block (of this thread)."""
    before = getattr(_pool, "parts", None)
    _pool.parts = {}
    try:
        yield
    finally:
        _pool.parts = before


def make(
    op: str, args: tuple[Part, ...] = (), data: Any = None, kind: str = "yes_no", *,
    sure: bool | None = None, natural: bool = False, small: bool = False,
) -> Part:  # fmt: skip
    """Return a part; ``sure`` unless given: where all of its parts are; ``small``: of int32 constants alone."""
    pool = getattr(_pool, "parts", None)
    flags = (all(a.sure for a in args) if sure is None else sure, natural, small)
    key = (op, args, data, kind, flags)  # one alias stands for another table in each statement: what is sure there is not here
    found = None if pool is None else pool.get(key)
    if found is None:
        found = Part(op, args, data, kind, flags)
        if pool is not None:
            pool[key] = found
    return found


# -- leaves ------------------------------------------------------------------------------------------------------
def column(table: str, name: str, kind: str, *, sure: bool = False, natural: bool = False) -> Part:
    """Return a column of a joined table."""
    return make("column", (), (table, name), kind, sure=sure, natural=natural)


def whole(number: int) -> Part:
    """Return a whole number."""
    return make("const", (), number, "number", sure=True, natural=number >= 0, small=abs(number) < 2**31)


def text(value: str) -> Part:
    """Return a text."""
    return make("const", (), value, "code", sure=True)


def day(value: dt.date) -> Part:
    """Return a date."""
    return make("const", (), value, "date", sure=True)


def boolean(value: bool) -> Part:
    """Return yes or no."""
    return make("const", (), value, "yes_no", sure=True)


def null(kind: str) -> Part:
    """Return unknown of a kind, typed so that every back end knows the column."""
    return make("const", (), None, kind, sure=False)


def is_const(part: Part) -> bool:
    """Tell whether a part is a constant."""
    return part.op == "const"


def is_true(part: Part) -> bool:
    """Tell whether a part is the constant yes."""
    return part.op == "const" and part.data is True


def is_false(part: Part) -> bool:
    """Tell whether a part is the constant no."""
    return part.op == "const" and part.data is False


def is_null(part: Part) -> bool:
    """Tell whether a part is the constant NULL."""
    return part.op == "const" and part.data is None


# -- logic -------------------------------------------------------------------------------------------------------
def _joined(op: str, parts: Iterable[Part], neutral: bool) -> Part:
    """Return AND or OR: nested ones flat, each part once, constants folded."""
    kept: dict[Part, None] = {}
    for part in parts:
        for piece in part.args if part.op == op else (part,):
            if is_true(piece) or is_false(piece):
                if piece.data is not neutral:
                    return boolean(not neutral)
                continue
            kept[piece] = None
    for piece in kept:
        if piece.sure and opposite(piece) in kept:
            return boolean(not neutral)
    found = tuple(kept)
    if len(found) < 2:
        return found[0] if found else boolean(neutral)
    return make(op, found)


def both(parts: Iterable[Part]) -> Part:
    """Return AND over parts; none is yes."""
    return _joined("and", parts, neutral=True)


def either(parts: Iterable[Part]) -> Part:
    """Return OR over parts; none is no."""
    return _joined("or", parts, neutral=False)


def opposite(part: Part) -> Part:
    """Return NOT."""
    if is_const(part):
        return part if part.data is None else boolean(not part.data)
    if part.op == "not":
        return part.args[0]
    if part.op in NEGATED:
        return make(NEGATED[part.op], part.args)
    return make("not", (part,))


def absent(part: Part) -> Part:
    """Return IS NULL."""
    if part.sure or is_const(part):
        return boolean(is_null(part))
    if part.op in ("not", "wide"):
        return absent(part.args[0])
    if part.op in STRICT:
        return either(absent(a) for a in part.args)
    return make("absent", (part,), sure=True)


def present(part: Part) -> Part:
    """Return IS NOT NULL."""
    return opposite(absent(part))


def surely(part: Part) -> Part:
    """Return whether a part is yes: never NULL."""
    if part.sure:
        return part
    if is_null(part):
        return boolean(False)
    if part.op in ("and", "or"):
        return _joined(part.op, (surely(a) for a in part.args), neutral=part.op == "and")
    if part.op == "not":
        return opposite(possibly(part.args[0]))
    return make("coalesce", (part, boolean(False)), sure=True)


def possibly(part: Part) -> Part:
    """Return whether a part is yes or unknown: never NULL."""
    if part.sure:
        return part
    if is_null(part):
        return boolean(True)
    if part.op in ("and", "or"):
        return _joined(part.op, (possibly(a) for a in part.args), neutral=part.op == "and")
    if part.op == "not":
        return opposite(surely(part.args[0]))
    if part.op in NEGATED:
        return opposite(surely(opposite(part)))
    return make("coalesce", (part, boolean(True)), sure=True)


def lowest(part: Part) -> int | None:
    """Return a number that a part never falls below where it is known; None: not known from its shape."""
    if part.op == "const":
        return part.data if part.kind == "number" else None
    if part.op == "wide":
        return lowest(part.args[0])
    if part.op in ("case", "least", "coalesce", "greatest"):
        values = (*part.args[1:-1:2], part.args[-1]) if part.op == "case" else part.args
        ends = [lowest(value) for value in values if not is_null(value)]
        # GREATEST skips what is NULL: it is no more than the smallest of its ends may be, whichever are known.
        return None if None in ends else min((end for end in ends if end is not None), default=None)
    return 0 if part.natural else None


def never(test: Part) -> bool:
    """Tell whether a test cannot be yes: no, unknown, or a bound that the number always lies above."""
    if is_false(test) or is_null(test):
        return True
    if test.op == "and":
        return any(never(part) for part in test.args)
    if test.op in ("lt", "le") and is_const(test.args[1]):
        end, bound = lowest(test.args[0]), test.args[1].data
        return isinstance(bound, int) and end is not None and (end >= bound if test.op == "lt" else end > bound)
    return False


def _taken(rows: Sequence[tuple[Part, Part]], other: Part | None) -> tuple[list[tuple[Part, Part]], Part]:
    """Return the rows of a CASE that may be taken, and its ELSE."""
    kept: list[tuple[Part, Part]] = []
    for test, value in rows:
        if test.op == "coalesce" and is_false(test.args[-1]) and len(test.args) == 2:
            test = test.args[0]
        if never(test) or any(test is earlier for earlier, _ in kept):
            continue
        if is_true(test):
            other = value
            break
        kept.append((test, value))
    if other is None:
        other = null(next((v.kind for _, v in rows), "yes_no"))
    while kept and kept[-1][1] is other:
        kept.pop()
    return kept, other


def case(rows: Sequence[tuple[Part, Part]], other: Part | None = None) -> Part:
    """Return CASE, NULL where no test is yes and nothing else is said; a yes/no CASE over yes and no is AND and OR."""
    kept, other = _taken(rows, other)
    while kept and kept[-1][1].kind == "yes_no" and is_const(kept[-1][1]) and not is_null(kept[-1][1]):
        test, value = kept.pop()
        if value.data and test is other:
            continue
        other = either([surely(test), other]) if value.data else both([opposite(surely(test)), other])
    if not kept:
        return other
    if len(kept) == 1 and kept[0][0].op == "not" and kept[0][0].sure:
        kept, other = [(kept[0][0].args[0], other)], kept[0][1]
    values = [value for _, value in kept] + [other]
    return make(
        "case", (*(p for row in kept for p in row), other), None, _kind(values), sure=all(v.sure for v in values),
        natural=all(v.natural or is_null(v) for v in values), small=all(v.small or is_null(v) for v in values),
    )  # fmt: skip


def _kind(values: Sequence[Part]) -> str:
    return values[0].kind


def coalesce(part: Part, other: Part) -> Part:
    """Return the part, or the other where it is NULL."""
    if part.sure or is_null(part):
        return other if is_null(part) else part
    if is_null(other):
        return part
    if is_true(other) or is_false(other):
        return possibly(part) if other.data else surely(part)
    natural, small = part.natural and other.natural, part.small and other.small
    return make("coalesce", (part, other), None, part.kind, sure=other.sure, natural=natural, small=small)


# -- comparison --------------------------------------------------------------------------------------------------
def compare(op: str, a: Part, b: Part) -> Part:
    """Return a comparison: eq ne lt le gt ge."""
    if is_null(a) or is_null(b):
        return null("yes_no")
    if is_const(a) and is_const(b):
        x, y = a.data, b.data
        return boolean({"eq": x == y, "ne": x != y}[op] if op in ("eq", "ne") else _ordered(op, x, y))
    if a.sure and a is b:
        return boolean(op in ("eq", "le", "ge"))
    for part, other in ((a, b), (b, a)):
        if op in ("eq", "ne") and (is_true(other) or is_false(other)):
            return part if other.data == (op == "eq") else opposite(part)
    if a.op == "coalesce" and is_const(a.args[1]) and is_const(b):
        # What stands for an unknown number decides: the test itself is then yes or no where it is unknown.
        known = compare(op, a.args[0], b)
        return possibly(known) if compare(op, a.args[1], b).data else surely(known)
    if a.natural and a.sure and is_const(b) and (b.data < 0 or (b.data == 0 and op in ("lt", "ge"))):
        return boolean(op in ("ne", "gt", "ge"))
    return make(op, (a, b))


def _ordered(op: str, x: Any, y: Any) -> bool:
    return bool({"lt": x < y, "le": x <= y, "gt": x > y, "ge": x >= y}[op])


def inside(part: Part, members: Sequence[Part]) -> Part:
    """Return IN."""
    if not members or is_null(part):
        return null("yes_no") if members else boolean(False)
    if is_const(part) and all(is_const(m) for m in members):
        return boolean(any(part.data == m.data for m in members))
    return compare("eq", part, members[0]) if len(members) == 1 else make("in", (part, *members))


# -- numbers -----------------------------------------------------------------------------------------------------
def wide(part: Part) -> Part:
    """Return a whole number as int64."""
    return part if is_const(part) else int64(part)


def int64(part: Part) -> Part:
    """Return a whole number of constants alone as int64."""
    small = part.small and part.kind == "number"
    return make("wide", (part,), None, "number", natural=part.natural) if small else part


def plus(a: Part, b: Part) -> Part:
    """Return a + b."""
    if is_null(a) or is_null(b):
        return null("number")
    if is_const(a) and is_const(b):
        return whole(a.data + b.data)
    for one, other in ((a, b), (b, a)):
        if is_const(one) and one.data == 0:
            return other
    return make("add", (wide(a), wide(b)), None, "number", natural=a.natural and b.natural)


def minus(a: Part, b: Part) -> Part:
    """Return a - b."""
    if is_null(a) or is_null(b):
        return null("number")
    if is_const(a) and is_const(b):
        return whole(a.data - b.data)
    if is_const(b) and b.data == 0:
        return a
    if a is b and a.sure:
        return whole(0)
    return make("sub", (wide(a), wide(b)), None, "number")


def product(a: Part, b: Part) -> Part:
    """Return a × b."""
    if is_null(a) or is_null(b):
        return null("number")
    if is_const(a) and is_const(b):
        return whole(a.data * b.data)
    for one, other in ((a, b), (b, a)):
        if is_const(one) and one.data == 1:
            return other
        if is_const(one) and one.data == 0 and other.sure:
            return whole(0)
    return make("mul", (wide(a), wide(b)), None, "number", natural=a.natural and b.natural)


def cut(top: Part, bottom: Part) -> Part:
    """Return the whole quotient towards zero; ``bottom`` is above 0."""
    if is_null(top):
        return top
    if is_const(top) and is_const(bottom):
        return whole(abs(top.data) // bottom.data * (1 if top.data >= 0 else -1))
    if is_const(bottom) and bottom.data == 1:
        return top
    return make("cut", (wide(top), wide(bottom)), None, "number", natural=top.natural)


def floor(top: Part, bottom: Part) -> Part:
    """Return the whole quotient downwards; ``bottom`` is above 0."""
    if top.natural or (is_const(bottom) and bottom.data == 1):
        return cut(top, bottom)
    below = minus(whole(0), cut(minus(plus(minus(whole(0), top), bottom), whole(1)), bottom))
    return case([(compare("ge", top, whole(0)), cut(top, bottom))], below)


def _extreme(op: str, parts: Sequence[Part]) -> Part:
    """Return LEAST or GREATEST, which skip NULL."""
    kept = list(dict.fromkeys(p for p in parts if not is_null(p)))
    if len(kept) < 2:
        return kept[0] if kept else parts[0]
    if all(is_const(p) for p in kept):
        return whole((min if op == "least" else max)(p.data for p in kept))
    zero = whole(0)
    if op == "greatest" and zero in kept and len(kept) == 2 and all(p.natural for p in kept) and not all(p.sure for p in kept):
        return coalesce(next(p for p in kept if p is not zero), zero)
    if zero in kept and all(p.natural for p in kept) and all(p.sure for p in kept):
        kept = [zero] if op == "least" else [p for p in kept if p is not zero]
        return kept[0] if len(kept) == 1 else _extreme(op, kept)
    natural = all(p.natural for p in kept) or (op == "greatest" and any(p.natural and p.sure for p in kept))
    small = all(p.small for p in kept)
    return make(op, tuple(kept), None, kept[0].kind, sure=any(p.sure for p in kept), natural=natural, small=small)


def least(parts: Sequence[Part]) -> Part:
    """Return the smallest of what is not NULL."""
    return _extreme("least", parts)


def greatest(parts: Sequence[Part]) -> Part:
    """Return the largest of what is not NULL."""
    return _extreme("greatest", parts)


# -- over several rows -------------------------------------------------------------------------------------------
def aggregate(call: str, what: Part | None, test: Part) -> Part:
    """Return count, count_distinct, sum, min or max over rows that pass."""
    args = (test,) if what is None else (test, int64(what))
    counts = call.startswith("count")
    natural = counts or (what is not None and what.natural)
    return make("aggregate", args, call, "number" if counts or what is None else what.kind, sure=counts, natural=natural)


def first_of(what: Part, order: Sequence[Part], test: Part) -> Part:
    """Return a value of the row that passes with the smallest order."""
    return make("aggregate", (test, what, *order), "first", what.kind, sure=False, natural=what.natural)


def running(call: str, what: Part, partition: Sequence[Part], order: Sequence[Part]) -> Part:
    """Return count (of yes) or sum over the earlier rows of a partition in an order (NULL last)."""
    args = (int64(what), *partition, *order)
    return make("running", args, (call, len(partition)), "number", sure=call == "count", natural=call == "count")
