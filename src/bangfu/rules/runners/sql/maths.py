"""Arithmetic and comparison of values: numerators over denominators, ranges by their ends, nothing rounded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from bangfu.rules.pack.model import Rounding
from bangfu.rules.runners.sql.dialects import Dialect
from bangfu.rules.runners.sql.tree import (
    Exp,
    absent,
    boolean,
    both,
    call,
    case,
    compare,
    either,
    greatest,
    inside,
    least,
    minus,
    null,
    opposite,
    plus,
    present,
    product,
    text,
    whole,
    wide,
)
from bangfu.rules.runners.sql.vals import Keep, Val, common, cross, held, is_range, number, pick, plain, sole
from bangfu.rules.values import round_number


class Maths:
    """Operations on ``Val``; ``keep`` gives a part that is used twice its own column."""

    def __init__(self, keep: Keep, dialect: Dialect) -> None:
        self.keep = keep
        self.dialect = dialect

    def held(self, val: Val) -> Val:
        """Return the value in columns of its own."""
        return held(val, self.keep)

    def _shut(self, result: Val, *parents: Val) -> Val:
        """Return the result, closed where a parent is (and none unknown)."""
        flags = [p.closed for p in parents if p.closed is not None]
        if not flags:
            return result
        lost = either([both([absent(p.value), opposite(p.shut)]) for p in parents])
        return replace(result, closed=self.keep(both([either(flags), opposite(lost)])))

    # -- sums and products ---------------------------------------------------------------------------------------
    def add(self, a: Val, b: Val) -> Val:
        """Return a + b."""
        if a.known is not None and b.known is not None:
            return number(a.known + b.known)
        a, b = plain(a), plain(b)
        left, right, den = self._aligned(a, b)
        high = None if a.high is None and b.high is None else plus(left.top, right.top)
        return self._shut(Val("number", plus(left.value, right.value), den, high), a, b)

    def _aligned(self, a: Val, b: Val) -> tuple[Val, Val, object]:
        same = common([a, b])
        if same is not None:
            return same[0], same[1], same[0].den
        a, b = self.held(a), self.held(b)
        den = product(a.bottom, b.bottom)
        return self._times(a, b.bottom), self._times(b, a.bottom), den

    def _times(self, val: Val, factor: Exp) -> Val:
        return Val("number", product(val.value, factor), 1, None if val.high is None else product(val.high, factor))

    def neg(self, a: Val) -> Val:
        """Return -a; a range open above is unknown."""
        if a.known is not None:
            return number(-a.known)
        a = plain(a)
        return replace(a, value=minus(whole(0), a.top), high=None if a.high is None else minus(whole(0), a.value))

    def sub(self, a: Val, b: Val) -> Val:
        """Return a - b."""
        return self.add(a, self.neg(b))

    def mul(self, a: Val, b: Val) -> Val:
        """Return a × b."""
        if a.known is not None and b.known is not None:
            return number(a.known * b.known)
        a, b = plain(a), plain(b)
        den = a.den * b.den if isinstance(a.den, int) and isinstance(b.den, int) else product(a.bottom, b.bottom)
        if a.high is None and b.high is None:
            return self._shut(Val("number", product(a.value, b.value), den), a, b)
        a, b = self.held(a), self.held(b)
        low, high = self._corners(a, b)
        return self._shut(Val("number", low, den, high), a, b)

    def _corners(self, a: Val, b: Val) -> tuple[Exp, Exp]:
        lost = either([absent(a.value), absent(b.value)])
        open_end = either([absent(a.top), absent(b.top)])
        corners = [product(x, y) for x in (a.value, a.top) for y in (b.value, b.top)]
        positive = both([compare("ge", a.value, whole(0)), compare("ge", b.value, whole(0))])
        zero = either([compare("eq", a.top, whole(0)), compare("eq", b.top, whole(0))])
        nothing = null("number")
        low = case([(lost, nothing), (both([open_end, positive]), corners[0]), (open_end, nothing)], least(corners))
        high = case([(lost, nothing), (both([open_end, zero]), whole(0)), (open_end, nothing)], greatest(corners))
        return self.keep(wide(low)), self.keep(wide(high))

    def div(self, a: Val, b: Val, *, zero: bool) -> Val:
        """Return a / b; ``zero`` where b may be 0, which leaves nothing to count (closed)."""
        if a.known is not None and b.known:
            return number(a.known / b.known)
        a, b = plain(a), self.held(sole(plain(b)))
        if b.known:
            return self.scale(a, 1 / b.known)
        a = self.held(a)
        den = product(a.bottom, b.value)
        fits = compare("gt", b.value, whole(0))
        factor = b.bottom
        value = case([(fits, product(a.value, factor))])
        high = None if a.high is None else case([(fits, product(a.high, factor))])
        found = self._shut(Val("number", value, self.keep(den), high), a, b)
        if not zero:
            return found
        nothing = both([compare("eq", b.value, whole(0)), present(a.value)])
        shut = either([call("COALESCE", nothing, boolean(False)), found.shut])
        return replace(found, closed=self.keep(shut))

    def scale(self, a: Val, factor: Fraction) -> Val:
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
    def extreme(self, vals: Sequence[Val], *, low: bool) -> Val:
        """Return the smallest or largest; any unknown makes unknown, closed ones are passed over."""
        if all(v.known is not None for v in vals):
            known = [v.known for v in vals if v.known is not None]
            return number(min(known) if low else max(known))
        vals = [self.held(plain(v)) for v in vals]
        lost = self.keep(either([both([absent(v.value), opposite(v.shut)]) for v in vals]))
        same = common(vals)
        found = self._listed(same, lost, low=low) if same is not None else self._paired(vals, lost, low=low)
        if all(v.closed is not None for v in vals):
            found = replace(found, closed=self.keep(both([v.shut for v in vals])))
        return found

    def _listed(self, vals: list[Val], lost: Exp, *, low: bool) -> Val:
        fold = least if low else greatest
        sure = opposite(lost)
        value = case([(sure, fold([v.value for v in vals]))])
        if all(v.high is None for v in vals):
            return Val("number", value, vals[0].den)
        tops = fold([v.top for v in vals])
        if not low:
            lost = either([lost, *(both([present(v.value), absent(v.top)]) for v in vals if v.high is not None)])
        return Val("number", value, vals[0].den, case([(opposite(lost), tops)]))

    def _paired(self, vals: list[Val], lost: Exp, *, low: bool) -> Val:
        best = vals[0]
        for other in vals[1:]:
            best = self.held(self._better(best, other, low=low))
        high = None if best.high is None else case([(opposite(lost), best.high)])
        return replace(best, value=case([(opposite(lost), best.value)]), high=high, closed=None)

    def _better(self, a: Val, b: Val, *, low: bool) -> Val:
        test = compare("le" if low else "ge", cross(a.value, a, b), cross(b.value, b, a))
        first = both([present(a.value), either([absent(b.value), test])])
        if a.high is None and b.high is None:
            return pick([(first, a), (boolean(True), b)], "number")
        den = product(a.bottom, b.bottom)
        tops = [cross(a.top, a, b), cross(b.top, b, a)]
        values = [cross(a.value, a, b), cross(b.value, b, a)]
        fold = least if low else greatest
        high = fold(tops) if low else case([(both([present(t) for t in tops]), fold(tops))])
        return Val("number", wide(fold(values)), den, wide(high))

    # -- comparison ----------------------------------------------------------------------------------------------
    def compare(self, op: str, a: Val, b: Val) -> Exp:
        """Return a comparison: yes, no or NULL. A closed side makes it no (``ne``: yes)."""
        if a.known is not None and b.known is not None:
            return boolean({"eq": a.known == b.known, "ne": a.known != b.known, "lt": a.known < b.known,
                            "le": a.known <= b.known, "gt": a.known > b.known, "ge": a.known >= b.known}[op])  # fmt: skip
        if a.kind == "number" and (a.high is not None or b.high is not None):
            found = self._compare_ranges(op, self.held(a), self.held(b))
        elif a.kind == "number":
            found = compare(op, cross(a.value, a, b), cross(b.value, b, a))
        else:
            found = compare(op, a.value, b.value)
        if a.closed is None and b.closed is None:
            return found
        return case([(either([a.shut, b.shut]), boolean(op == "ne"))], found)

    def _compare_ranges(self, op: str, a: Val, b: Val) -> Exp:
        al, ah, bl, bh = cross(a.value, a, b), cross(a.top, a, b), cross(b.value, b, a), cross(b.top, b, a)
        below, most = compare("lt", ah, bl), compare("le", ah, bl)
        above, least_ = compare("gt", al, bh), compare("ge", al, bh)
        apart = either([below, above])
        same = both([compare("eq", al, ah), compare("eq", bl, bh), compare("eq", al, bl)])
        yes, no = {"lt": (below, least_), "le": (most, above), "gt": (above, most), "ge": (least_, below),
                   "eq": (same, apart), "ne": (apart, same)}[op]  # fmt: skip
        return case([(yes, boolean(True)), (no, boolean(False))], null("yes_no"))

    def within(self, val: Val, members: Sequence[object]) -> Exp:
        """Return whether a value is one of some constants; closed is no."""
        if val.kind == "number":
            val = sole(plain(val))
            found = inside(val.value, [product(whole(int(m)), val.bottom) for m in members])  # type: ignore[call-overload]
        else:
            found = inside(val.value, [text(str(m)) for m in members])
        return found if val.closed is None else case([(val.closed, boolean(False))], found)

    # -- rounding ------------------------------------------------------------------------------------------------
    def rounded(self, val: Val, rounding: Rounding) -> Val:
        """Return a number (or both ends of a range) rounded to a multiple of the step."""
        if val.known is not None:
            return number(round_number(val.known, rounding.mode, rounding.step))
        val = self.held(plain(val))
        step = Fraction(rounding.step)
        bottom = self.keep(product(val.bottom, whole(step.numerator)))

        def one(part: Exp) -> Exp:
            top = self.keep(product(part, whole(step.denominator)))
            return self.keep(wide(product(self._multiple(top, bottom, rounding.mode), whole(step.numerator))))

        return replace(
            val, value=one(val.value), den=step.denominator, high=None if val.high is None else one(val.high)
        )

    def _multiple(self, top: Exp, bottom: Exp, mode: str) -> Exp:
        floor = self.keep(self.dialect.floor(top, bottom))
        if mode == "down":
            return floor
        rest = self.keep(minus(top, product(floor, bottom)))
        if mode == "up":
            more = compare("gt", rest, whole(0))
        else:
            twice = self.keep(product(rest, whole(2)))
            odd = compare("ne", minus(floor, product(self.dialect.cut(floor, whole(2)), whole(2))), whole(0))
            tie = compare("gt", top, whole(0)) if mode == "half_up" else odd
            more = either([compare("gt", twice, bottom), both([compare("eq", twice, bottom), tie])])
        return case([(more, plus(floor, whole(1)))], floor)

    def never_below_zero(self, val: Val) -> Val:
        """Return the number, or 0 where it is below."""
        if val.known is not None:
            return number(max(val.known, Fraction(0)))
        val = self.held(plain(val))

        def one(part: Exp) -> Exp:
            return case([(compare("lt", part, whole(0)), whole(0))], part)

        return replace(val, value=one(val.value), high=None if val.high is None else one(val.high))


__all__ = ["Maths", "is_range"]
