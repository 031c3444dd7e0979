"""Arithmetic and comparison of values: numerators over denominators, ranges by their ends, nothing rounded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from bangfu.rules.pack.model import Rounding
from bangfu.rules.runners.sql.tree import (
    Exp,
    absent,
    boolean,
    both,
    case,
    compare as compared,
    cut,
    either,
    floor as floored,
    greatest,
    inside,
    is_const,
    least,
    minus,
    null,
    opposite,
    plus,
    present,
    product,
    surely,
    text,
    whole,
)
from bangfu.rules.runners.sql.vals import Val, common, cross, number, pick, plain, sole
from bangfu.rules.values import round_number


def _shut(result: Val, *parents: Val) -> Val:
    """Return the result, closed where a parent is (and none unknown)."""
    flags = [p.closed for p in parents if p.closed is not None]
    if not flags:
        return result
    lost = either([both([absent(p.value), opposite(p.shut)]) for p in parents])
    return replace(result, closed=both([either(flags), opposite(lost)]))

# -- sums and products ---------------------------------------------------------------------------------------
def add(a: Val, b: Val) -> Val:
    """Return a + b."""
    if a.known is not None and b.known is not None:
        return number(a.known + b.known)
    a, b = plain(a), plain(b)
    left, right, den = _aligned(a, b)
    high = None if a.high is None and b.high is None else plus(left.top, right.top)
    return _shut(Val("number", plus(left.value, right.value), den, high), a, b)

def _aligned(a: Val, b: Val) -> tuple[Val, Val, object]:
    same = common([a, b])
    if same is not None:
        return same[0], same[1], same[0].den
    den = product(a.bottom, b.bottom)
    return _times(a, b.bottom), _times(b, a.bottom), den

def _times(val: Val, factor: Exp) -> Val:
    return Val("number", product(val.value, factor), 1, None if val.high is None else product(val.high, factor))

def neg(a: Val) -> Val:
    """Return -a; a range open above is unknown."""
    if a.known is not None:
        return number(-a.known)
    a = plain(a)
    return replace(a, value=minus(whole(0), a.top), high=None if a.high is None else minus(whole(0), a.value))

def sub(a: Val, b: Val) -> Val:
    """Return a - b."""
    return add(a, neg(b))

def mul(a: Val, b: Val) -> Val:
    """Return a × b."""
    if a.known is not None and b.known is not None:
        return number(a.known * b.known)
    a, b = plain(a), plain(b)
    den = a.den * b.den if isinstance(a.den, int) and isinstance(b.den, int) else product(a.bottom, b.bottom)
    if a.high is None and b.high is None:
        return _shut(Val("number", product(a.value, b.value), den), a, b)
    low, high = _corners(a, b)
    return _shut(Val("number", low, den, high), a, b)

def _corners(a: Val, b: Val) -> tuple[Exp, Exp]:
    lost = either([absent(a.value), absent(b.value)])
    open_end = either([absent(a.top), absent(b.top)])
    corners = [product(x, y) for x in (a.value, a.top) for y in (b.value, b.top)]
    positive = both([compared("ge", a.value, whole(0)), compared("ge", b.value, whole(0))])
    zero = either([compared("eq", a.top, whole(0)), compared("eq", b.top, whole(0))])
    nothing = null("number")
    low = case([(lost, nothing), (both([open_end, positive]), corners[0]), (open_end, nothing)], least(corners))
    high = case([(lost, nothing), (both([open_end, zero]), whole(0)), (open_end, nothing)], greatest(corners))
    return low, high

def div(a: Val, b: Val, *, zero: bool) -> Val:
    """Return a / b; ``zero`` where b may be 0, which leaves nothing to count (closed)."""
    if a.known is not None and b.known:
        return number(a.known / b.known)
    a, b = plain(a), sole(plain(b))
    if b.known:
        return scale(a, 1 / b.known)
    a = a
    den = product(a.bottom, b.value)
    fits = compared("gt", b.value, whole(0))
    factor = b.bottom
    value = case([(fits, product(a.value, factor))])
    high = None if a.high is None else case([(fits, product(a.high, factor))])
    found = _shut(Val("number", value, den, high), a, b)
    if not zero:
        return found
    nothing = both([compared("eq", b.value, whole(0)), present(a.value)])
    shut = either([surely(nothing), found.shut])
    return replace(found, closed=shut)

def scale(a: Val, factor: Fraction) -> Val:
    """Return a × a constant above 0."""
    if a.known is not None:
        return number(a.known * factor)
    a = plain(a)
    ratio = Fraction(factor)
    if isinstance(a.den, int):
        ratio = factor / a.den
        den: object = ratio.denominator
    else:
        den = product(a.den, whole(ratio.denominator))
    top = whole(ratio.numerator)
    return replace(
        a, value=product(a.value, top), den=den, high=None if a.high is None else product(a.high, top), known=None
    )

# -- the smallest and the largest ----------------------------------------------------------------------------
def extreme(vals: Sequence[Val], *, low: bool) -> Val:
    """Return the smallest or largest; any unknown makes unknown, closed ones are passed over."""
    if all(v.known is not None for v in vals):
        known = [v.known for v in vals if v.known is not None]
        return number(min(known) if low else max(known))
    vals = [plain(v) for v in vals]
    lost = either([both([absent(v.value), opposite(v.shut)]) for v in vals])
    same = common(vals)
    found = _listed(same, lost, low=low) if same is not None else _paired(vals, lost, low=low)
    if all(v.closed is not None for v in vals):
        found = replace(found, closed=both([v.shut for v in vals]))
    return found

def _listed(vals: list[Val], lost: Exp, *, low: bool) -> Val:
    fold = least if low else greatest
    sure = opposite(lost)
    value = case([(sure, fold([v.value for v in vals]))])
    if all(v.high is None for v in vals):
        return Val("number", value, vals[0].den)
    tops = fold([v.top for v in vals])
    if not low:
        lost = either([lost, *(both([present(v.value), absent(v.top)]) for v in vals if v.high is not None)])
    return Val("number", value, vals[0].den, case([(opposite(lost), tops)]))

def _paired(vals: list[Val], lost: Exp, *, low: bool) -> Val:
    best = vals[0]
    for other in vals[1:]:
        best = _better(best, other, low=low)
    high = None if best.high is None else case([(opposite(lost), best.high)])
    return replace(best, value=case([(opposite(lost), best.value)]), high=high, closed=None)

def _better(a: Val, b: Val, *, low: bool) -> Val:
    test = compared("le" if low else "ge", cross(a.value, a, b), cross(b.value, b, a))
    first = both([present(a.value), either([absent(b.value), test])])
    if a.high is None and b.high is None:
        return pick([(first, a), (boolean(True), b)], "number")
    den = product(a.bottom, b.bottom)
    tops = [cross(a.top, a, b), cross(b.top, b, a)]
    values = [cross(a.value, a, b), cross(b.value, b, a)]
    fold = least if low else greatest
    high = fold(tops) if low else case([(both([present(t) for t in tops]), fold(tops))])
    return Val("number", fold(values), den, high)

# -- comparison ----------------------------------------------------------------------------------------------
def compare(op: str, a: Val, b: Val) -> Exp:
    """Return a comparison: yes, no or NULL. A closed side makes it no (``ne``: yes)."""
    if a.known is not None and b.known is not None:
        return boolean({"eq": a.known == b.known, "ne": a.known != b.known, "lt": a.known < b.known,
                        "le": a.known <= b.known, "gt": a.known > b.known, "ge": a.known >= b.known}[op])  # fmt: skip
    if a.kind == "number" and (a.high is not None or b.high is not None):
        found = _compare_ranges(op, a, b)
    elif a.kind == "number":
        found = compared(op, cross(a.value, a, b), cross(b.value, b, a))
    else:
        found = compared(op, a.value, b.value)
    if a.closed is None and b.closed is None:
        return found
    return case([(either([a.shut, b.shut]), boolean(op == "ne"))], found)

def _compare_ranges(op: str, a: Val, b: Val) -> Exp:
    al, ah, bl, bh = cross(a.value, a, b), cross(a.top, a, b), cross(b.value, b, a), cross(b.top, b, a)
    below, most = compared("lt", ah, bl), compared("le", ah, bl)
    above, least_ = compared("gt", al, bh), compared("ge", al, bh)
    apart = either([below, above])
    same = both([compared("eq", al, ah), compared("eq", bl, bh), compared("eq", al, bl)])
    yes, no = {"lt": (below, least_), "le": (most, above), "gt": (above, most), "ge": (least_, below),
               "eq": (same, apart), "ne": (apart, same)}[op]  # fmt: skip
    return case([(yes, boolean(True)), (no, boolean(False))], null("yes_no"))

def within(val: Val, members: Sequence[object]) -> Exp:
    """Return whether a value is one of some constants; closed is no."""
    if val.kind == "number":
        val = sole(plain(val))
        found = inside(val.value, [product(whole(int(m)), val.bottom) for m in members])  # type: ignore[call-overload]
    else:
        found = inside(val.value, [text(str(m)) for m in members])
    return found if val.closed is None else case([(val.closed, boolean(False))], found)

# -- rounding ------------------------------------------------------------------------------------------------
def rounded(val: Val, rounding: Rounding) -> Val:
    """Return a number (or both ends of a range) rounded to a multiple of the step."""
    if val.known is not None:
        return number(round_number(val.known, rounding.mode, rounding.step))
    val = plain(val)
    step = Fraction(rounding.step)
    bottom = product(val.bottom, whole(step.numerator))

    def one(part: Exp) -> Exp:
        top = product(part, whole(step.denominator))
        return product(_multiple(top, bottom, rounding.mode), whole(step.numerator))

    return replace(
        val, value=one(val.value), den=step.denominator, high=None if val.high is None else one(val.high)
    )

def _multiple(top: Exp, bottom: Exp, mode: str) -> Exp:
    """Return how many times ``bottom`` goes into ``top``, rounded."""
    if is_const(bottom) and bottom.data == 1:
        return top
    if top.natural and mode in ("up", "half_up"):
        return cut(plus(top, minus(bottom, whole(1)) if mode == "up" else cut(bottom, whole(2))), bottom)
    floor = floored(top, bottom)
    if mode == "down":
        return floor
    rest = minus(top, product(floor, bottom))
    if mode == "up":
        more = compared("gt", rest, whole(0))
    else:
        twice = product(rest, whole(2))
        odd = compared("ne", minus(floor, product(cut(floor, whole(2)), whole(2))), whole(0))
        tie = compared("gt", top, whole(0)) if mode == "half_up" else odd
        more = either([compared("gt", twice, bottom), both([compared("eq", twice, bottom), tie])])
    return case([(more, plus(floor, whole(1)))], floor)

def never_below_zero(val: Val) -> Val:
    """Return the number, or 0 where it is below."""
    if val.known is not None:
        return number(max(val.known, Fraction(0)))
    val = plain(val)

    def one(part: Exp) -> Exp:
        return part if part.natural else case([(absent(part), null("number"))], greatest([part, whole(0)]))

    return replace(val, value=one(val.value), high=None if val.high is None else one(val.high))
