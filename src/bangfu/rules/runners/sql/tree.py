"""Short names for parts of a SQL tree (sqlglot). Parts are copied when they are put into a larger one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from sqlglot import exp

Exp = Any
"""A sqlglot expression; the library is not typed here."""

TRUE, FALSE, NULL = exp.true(), exp.false(), exp.null()


def col(name: str, table: str | None = None) -> Exp:
    """Return a quoted column."""
    return exp.column(
        exp.to_identifier(name, quoted=True), table=None if table is None else exp.to_identifier(table, quoted=True)
    )


def whole(number: int) -> Exp:
    """Return a whole number."""
    return exp.Literal.number(number) if number >= 0 else exp.Paren(this=exp.Neg(this=exp.Literal.number(-number)))


def text(value: str) -> Exp:
    """Return a text."""
    return exp.Literal.string(value)


def day(value: dt.date) -> Exp:
    """Return a date."""
    return exp.cast(exp.Literal.string(value.isoformat()), "DATE")


def boolean(value: bool) -> Exp:
    """Return yes or no."""
    return TRUE.copy() if value else FALSE.copy()


def null(kind: str) -> Exp:
    """Return unknown of a kind, typed so that every back end knows the column."""
    types = {"number": "BIGINT", "yes_no": "BOOLEAN", "date": "DATE", "code": "VARCHAR", "codes": "VARCHAR[]"}
    return exp.cast(exp.null(), types[kind])


def wide(part: Exp) -> Exp:
    """Return a whole number as int64."""
    return exp.cast(part.copy(), "BIGINT")


def _wrap(part: Exp) -> Exp:
    part = part.copy()
    return exp.Paren(this=part) if isinstance(part, exp.Binary | exp.Not | exp.Is | exp.In) else part


def is_true(part: Exp) -> bool:
    """Tell whether a part is the constant yes."""
    return isinstance(part, exp.Boolean) and bool(part.this)


def is_false(part: Exp) -> bool:
    """Tell whether a part is the constant no."""
    return isinstance(part, exp.Boolean) and not part.this


def both(parts: Iterable[Exp]) -> Exp:
    """Return AND over parts; constants fold, none is yes."""
    kept = [p for p in parts if not is_true(p)]
    if any(is_false(p) for p in kept):
        return boolean(False)
    if not kept:
        return boolean(True)
    found = _wrap(kept[0]) if len(kept) > 1 else kept[0].copy()
    for part in kept[1:]:
        found = exp.And(this=found, expression=_wrap(part))
    return found


def either(parts: Iterable[Exp]) -> Exp:
    """Return OR over parts; constants fold, none is no."""
    kept = [p for p in parts if not is_false(p)]
    if any(is_true(p) for p in kept):
        return boolean(True)
    if not kept:
        return boolean(False)
    found = _wrap(kept[0]) if len(kept) > 1 else kept[0].copy()
    for part in kept[1:]:
        found = exp.Or(this=found, expression=_wrap(part))
    return found


def opposite(part: Exp) -> Exp:
    """Return NOT."""
    if isinstance(part, exp.Boolean):
        return boolean(not part.this)
    return exp.Not(this=_wrap(part))


def absent(part: Exp) -> Exp:
    """Return IS NULL."""
    return exp.Is(this=_wrap(part), expression=exp.null())


def present(part: Exp) -> Exp:
    """Return IS NOT NULL."""
    return exp.Not(this=exp.Paren(this=absent(part)))


def surely(part: Exp) -> Exp:
    """Return whether a part is yes: never NULL."""
    return part.copy() if isinstance(part, exp.Boolean) else call("COALESCE", part, boolean(False))


def possibly(part: Exp) -> Exp:
    """Return whether a part is yes or unknown: never NULL."""
    return part.copy() if isinstance(part, exp.Boolean) else call("COALESCE", part, boolean(True))


def case(rows: Sequence[tuple[Exp, Exp]], other: Exp | None = None) -> Exp:
    """Return CASE; rows that can never be taken are left out."""
    found = exp.Case()
    some = False
    for test, value in rows:
        if is_false(test):
            continue
        if is_true(test):
            other = value
            break
        found = found.when(test.copy(), value.copy(), copy=False)
        some = True
    if not some:
        return exp.null() if other is None else other.copy()
    return found if other is None else found.else_(other.copy(), copy=False)


def call(name: str, *args: Exp) -> Exp:
    """Return a call that every dialect writes alike."""
    return exp.func(name, *(a.copy() for a in args))


def compare(op: str, a: Exp, b: Exp) -> Exp:
    """Return a comparison: eq ne lt le gt ge."""
    kinds = {"eq": exp.EQ, "ne": exp.NEQ, "lt": exp.LT, "le": exp.LTE, "gt": exp.GT, "ge": exp.GTE}
    return kinds[op](this=_wrap(a), expression=_wrap(b))


def plus(a: Exp, b: Exp) -> Exp:
    """Return a + b."""
    return exp.Add(this=_wrap(a), expression=_wrap(b))


def minus(a: Exp, b: Exp) -> Exp:
    """Return a - b."""
    return exp.Sub(this=_wrap(a), expression=_wrap(b))


def product(a: Exp, b: Exp) -> Exp:
    """Return a × b; × 1 is left out."""
    for one, other in ((a, b), (b, a)):
        if isinstance(one, exp.Literal) and one.this == "1":
            return other.copy()
    return exp.Mul(this=_wrap(a), expression=_wrap(b))


def least(parts: Sequence[Exp]) -> Exp:
    """Return LEAST, which skips NULL."""
    return parts[0].copy() if len(parts) == 1 else call("LEAST", *parts)


def greatest(parts: Sequence[Exp]) -> Exp:
    """Return GREATEST, which skips NULL."""
    return parts[0].copy() if len(parts) == 1 else call("GREATEST", *parts)


def inside(part: Exp, members: Sequence[Exp]) -> Exp:
    """Return IN."""
    return exp.In(this=_wrap(part), expressions=[m.copy() for m in members]) if members else boolean(False)
