"""Limits and yearly thresholds as running windows over the claims of one owner, in the order of (date, id).

For known sums what is paid is least(L, S) - least(L, S before). With ranges the lowest end is held against the highest
that earlier claims may have used and the other way round; both are running sums, so no claim waits for another.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bangfu.rules.language.nodes import Node
from bangfu.rules.pack.model import Limit
from bangfu.rules.runners.python.limits import quantity_is_months
from bangfu.rules.runners.python.rows import OWNER_ENTITIES
from bangfu.rules.runners.sql import dates, maths, periods
from bangfu.rules.runners.sql.records import Rows, rec
from bangfu.rules.runners.sql.stages import FACT_DEN, Answer
from bangfu.rules.runners.sql.support import gap
from bangfu.rules.runners.sql.tree import (
    Exp,
    absent,
    boolean,
    both,
    case,
    coalesce,
    column,
    compare,
    either,
    greatest,
    least,
    minus,
    null,
    opposite,
    plus,
    possibly,
    present,
    product,
    running,
    surely,
    whole,
)
from bangfu.rules.runners.sql.vals import Val, is_range, number, over, pick, plain

if TYPE_CHECKING:
    from bangfu.rules.runners.sql.entries import EntrySql


class Limits:
    """The limits of one entry; ``settled`` marks claims whose payment is on record, which none of them touches."""

    def __init__(self, work: EntrySql, settled: Exp) -> None:
        self.work = work
        self.entry = work.entry
        self.frame = work.frame
        self.settled = settled
        self.alone = work.entry.per in OWNER_ENTITIES
        self.on = self.frame.date() if work.has_date else self.frame.day()

    # -- windows -------------------------------------------------------------------------------------------------
    def live(self, status: Exp) -> Exp:
        """Return whether a row takes part: not refused and not settled; never NULL."""
        return both([opposite(surely(opposite(status))), opposite(self.settled)])

    def _order(self) -> list[Exp]:
        """Return the order of claims; a date that is unknown comes last."""
        return [self.frame.date(), self.frame.column("r", "name")]

    def summed(self, part: Exp, partition: list[Exp]) -> Exp:
        """Return the sum of a part over the earlier rows, NULLs left out, 0 where there is none."""
        if self.alone:
            return whole(0)
        return coalesce(running("sum", part, partition, self._order()), whole(0))

    def tally(self, test: Exp, partition: list[Exp]) -> Exp:
        """Return how many earlier rows pass."""
        return whole(0) if self.alone else running("count", test, partition, self._order())

    def partition(self, limit: Limit) -> list[Exp]:
        """Return what divides the rows: owner, the limit's period, its code.

        Rows that take no part are left out of what is summed, not divided off: so all limits of one period need the rows
        in one order, and are one window. What such a row itself is told is read by nobody.
        """
        found = [self.frame.column("r", "owner"), *periods.keys(limit.window, self.on)]
        return found + ([] if limit.each is None else [self.frame.column("r", limit.each)])

    # -- limits --------------------------------------------------------------------------------------------------
    def apply(self, answer: Answer) -> Answer:
        """Return the answer within its limits: quantity first, then number, then money."""
        self._check()
        for limit in self._of("quantity"):
            answer = self._quantity(limit, answer)
        if self._of("quantity"):
            answer = self._pay(answer)
        for limit in [*self._of("count"), *self._of("months")]:
            answer = self._count(limit, answer)
        for limit in self._of("money"):
            if answer.amount is not None:
                answer = self._money(limit, answer)
        return answer

    def _of(self, measure: str) -> list[Limit]:
        return [limit for limit in self.entry.limits if limit.measure == measure]

    def _check(self) -> None:
        if self.alone:
            return
        where = self.entry.id
        running = [limit for limit in self.entry.limits if limit.window != "claim"]
        measures = [limit.measure for limit in running]
        if len(set(measures)) < len(measures):
            gap("several running limits", where)
        if "quantity" in measures and ("count" in measures or "money" in measures):
            gap("quantity limit beside a count", where)
        for limit in running:
            assert limit.window != "rolling" or limit.measure == "count", "the loader takes rolling limits as numbers of times"
            if self._differs(limit.amount):
                gap("limit that differs by claim", where)

    def _differs(self, node: Node) -> bool:
        """Tell whether a limit may differ between the claims of one owner."""
        for part in node.walk():
            if part.op in ("fact", "result", "receives") and not part.data.path:
                return True
            if self.work.claim and part.op in ("param", "last_year") and len(part.data.versions) > 1:
                return True
        return any(part.op in ("record", "loop", "at") for part in node.walk())

    def _most(self, limit: Limit) -> Val:
        most = plain(self.work.compiler.val(limit.amount))
        if not isinstance(most.den, int):
            gap("limit over quotients", self.entry.id)
        if most.high is not None and not self.alone and limit.window != "claim":
            gap("limit that is a range", self.entry.id)
        return most

    # -- what is used --------------------------------------------------------------------------------------------
    def _recorded(self, limit: Limit) -> tuple[Exp, Exp]:
        """Return (lowest, highest) that the record uses of a limit; the highest is NULL where nobody knows.

        Quantities, and months where payments say how many, come in steps of ``FACT_DEN``.
        """
        paid = self.work.records.of_owner(self.entry.id).where(opposite(surely(self._own(limit))))
        day = coalesce(rec("paid_on"), rec("since"))
        paid = paid.where(present(day), periods.same(limit, day, self.on))
        known = self.work.records.known
        sure, maybe = self._of_code(limit, paid)
        if limit.measure == "count":
            return case([(known, sure.count())], whole(0)), case([(both([known, present(self.on)]), maybe.count())])
        if limit.measure == "months":
            used = self._months(paid)
            return case([(known, used)], whole(0)), case([(both([known, present(self.on)]), used)])
        part = rec("amount" if limit.measure == "money" else "quantity")
        full = both([known, present(self.on), opposite(maybe.where(absent(part)).some())])
        return case([(full, sure.total(part))], whole(0)), case([(full, maybe.total(part))])

    def _of_code(self, limit: Limit, paid: Rows) -> tuple[Rows, Rows]:
        """Return what surely and what perhaps counts against a limit held for each code."""
        if limit.each is None:
            return paid, paid
        code = column("paid row", limit.each, "code")
        same = compare("eq", code, self.frame.column("r", limit.each))
        return paid.where(surely(same)), paid.where(possibly(same))

    def _months(self, paid: Rows) -> Exp:
        """Return the months used: as many as a payment says, else its calendar month once; without any, the months held."""
        day = coalesce(rec("paid_on"), rec("since"))
        month = plus(product(dates.year(day), whole(12)), dates.month(day))
        by_months = quantity_is_months(self.entry)
        silent = paid.where(absent(rec("quantity"))) if by_months else paid
        months = product(silent.distinct(month), whole(self._step("months")))
        if by_months:
            months = plus(months, paid.where(present(rec("quantity"))).total(rec("quantity")))
        end = case([(compare("lt", rec("until"), self.on), rec("until"))], self.on)
        span = greatest([whole(0), dates.months_between(rec("since"), end)])
        owned = self.work.records.of_owner(self.entry.id).where(present(rec("since")))
        return case([(compare("gt", months, whole(0)), months)], product(owned.total(span), whole(self._step("months"))))

    def _step(self, measure: str) -> int:
        """Return how many steps one unit of a measure has as the record counts it."""
        return FACT_DEN if measure == "quantity" or (measure == "months" and quantity_is_months(self.entry)) else 1

    def _own(self, limit: Limit) -> Exp:
        """Return whether a record row is this very claim, grant or period."""
        if not self.alone:
            name = self.frame.column("r", "name")
            return either([surely(compare("eq", rec("claim"), name)), surely(compare("eq", rec("of"), name))])
        if limit.measure == "count":
            if limit.window == "rolling":
                return boolean(False)
            return both([absent(rec("paid_on")), absent(rec("until")), compare("eq", rec("since"), self.on)])
        every = self.entry.every or ""
        if every in ("once", "spell", "standing", "missing", ""):
            return absent(rec("paid_on"))
        return either(
            [absent(rec("paid_on")), both([*periods.matching(every, rec("paid_on"), self.on)])]
        )

    # -- measures ------------------------------------------------------------------------------------------------
    def _count(self, limit: Limit, answer: Answer) -> Answer:
        step = self._step(limit.measure)
        most = self._most(limit)
        most = over(most, _lcm(most.den, step))
        status = answer.status
        if limit.window == "claim":
            left_low, left_high = most.value, most.top
        else:
            used_low, used_high = (u for u in self._recorded(limit))
            running = limit.window == "rolling"
            if not self.alone and not running:
                used_low, used_high = self._counted_before(limit, most, status, used_low, used_high)
            scale = whole(most.den // step)
            left_high = minus(most.top, product(used_low, scale))
            left_low = case(
                [
                    (
                        present(used_high),
                        minus(most.value, product(used_high, scale)),
                    )
                ],
                whole(0),
            )
            if not self.alone and running:
                left_low, left_high = self._one_at_a_time(limit, most, status, left_low, left_high)
        live = self.live(status)
        unsettled = opposite(self.settled)
        refused = both([live, present(most.value), compare("lt", left_high, most.bottom)])
        opened = both([unsettled, opposite(surely(compare("ge", left_low, most.bottom)))])
        if limit.each is not None:
            lost = absent(self.frame.column("r", limit.each))
            refused = both([refused, opposite(lost)])
            opened = either([both([unsettled, lost]), opened])
        after = case([(refused, boolean(False)), (both([opened, surely(status)]), null("yes_no"))], status)
        if answer.amount is None:
            return replace(answer, status=after)
        return Answer(
            after,
            pick([(surely(refused), number(0)), (boolean(True), answer.amount)], "number"),
            answer.quantity,
        )

    def _counted_before(self, limit: Limit, most: Val, status: Exp, low: Exp, high: Exp) -> tuple[Exp, Exp]:
        """Return what record and earlier claims use: the first claims pass, later ones are held against those that surely did."""
        live = self.live(status)
        division = self.partition(limit)
        rank = self.tally(live, division)
        step = self._step(limit.measure)
        rank = product(rank, whole(step))
        used = product(plus(rank, high), whole(most.den // step))
        passes = surely(compare("ge", minus(most.value, used), most.bottom))
        sure = product(self.tally(both([live, passes, surely(status)]), division), whole(step))
        dated = present(self.on)
        used_high = case([(dated, plus(high, rank))])
        return case([(dated, plus(low, sure))], whole(0)), used_high

    def _one_at_a_time(self, limit: Limit, most: Val, status: Exp, low: Exp, high: Exp) -> tuple[Exp, Exp]:
        """Return what a rolling limit leaves: nothing after a row that surely takes it, perhaps nothing after one that may."""
        live, one = self.live(status), most.bottom
        division = self.partition(limit)
        may = both([live, opposite(surely(compare("lt", high, one)))])
        maybe_before = self.tally(may, division)
        takes = both([live, surely(status), surely(compare("ge", low, one)), compare("eq", maybe_before, whole(0))])
        taken = compare("gt", self.tally(takes, division), whole(0))
        opened = compare("gt", maybe_before, whole(0))
        dated = present(self.on)
        return (
            case([(both([dated, opened]), whole(0))], low),
            case([(both([dated, taken]), whole(0))], high),
        )

    def _left(self, limit: Limit, most: Val, value: Val, status: Exp) -> Val:
        """Return what is left of a limit for each row; unknown where the limit itself is."""
        if limit.window == "claim":
            return most
        den = FACT_DEN if limit.measure == "quantity" else 1
        used_low, used_high = (Val("number", u, den) for u in self._recorded(limit))
        top = over(most, _lcm(most.den, value.den, den))
        low, high = over(used_low, top.den).value, over(used_high, top.den).value
        if not self.alone:
            low, high = self._drawn_before(limit, top, over(value, top.den), status, low, high)
        floor = case(
            [(absent(top.value), null("number")), (present(high), greatest([minus(top.value, high), whole(0)]))],
            whole(0),
        )
        return Val(
            "number",
            floor,
            top.den,
            case([(present(top.top), greatest([minus(top.top, low), whole(0)]))]),
        )

    def _drawn_before(self, limit: Limit, most: Val, value: Val, status: Exp, low: Exp, high: Exp) -> tuple[Exp, Exp]:
        live = self.live(status)
        division = self.partition(limit)
        dated = present(self.on)
        open_rows = self.tally(both([live, absent(value.top)]), division)
        high = case([(both([dated, compare("eq", open_rows, whole(0))]), plus(high, self.summed(case([(live, value.top)]), division)))])
        floor = case([(present(high), greatest([minus(most.value, high), whole(0)]))], whole(0))
        mine = case(
                    [(both([live, surely(status), present(value.value)]), least([value.value, floor]))]
                )
        low = case([(dated, plus(low, self.summed(mine, division)))], whole(0))
        return low, high

    def _reduced(self, limit: Limit, value: Val, status: Exp) -> Val:
        """Return a sum or quantity within one limit."""
        if not isinstance(value.den, int):
            gap("limit over quotients", self.entry.id)
        most = self._most(limit)
        value = plain(value)
        left = self._left(limit, most, value, status)
        reduced = at_most(self, value, left)
        kept = self.settled
        if limit.each is not None:
            kept = either([kept, absent(self.frame.column("r", limit.each))])
        return pick([(kept, value), (boolean(True), reduced)], "number")

    def _money(self, limit: Limit, answer: Answer) -> Answer:
        assert answer.amount is not None
        status = answer.status
        if limit.each is not None:
            lost = absent(self.frame.column("r", limit.each))
            status = case([(both([surely(status), lost, opposite(self.settled)]), null("yes_no"))], status)
        return Answer(status, self._reduced(limit, answer.amount, answer.status), answer.quantity)

    def _quantity(self, limit: Limit, answer: Answer) -> Answer:
        if self.entry.tiers or answer.quantity is None:
            gap("quantity limit of tiers", self.entry.id)
        quantity = self._reduced(limit, answer.quantity, answer.status)
        none = both([compare("le", quantity.top, whole(0)), opposite(self.settled)])
        return Answer(case([(none, boolean(False))], answer.status), answer.amount, quantity)

    def _pay(self, answer: Answer) -> Answer:
        if self.entry.rate is None or answer.quantity is None:
            return answer
        amount = maths.mul(answer.quantity, self.work.compiler.val(self.entry.rate))
        return replace(answer, amount=self.work.round(amount) if self.entry.has_money else amount)

    # -- thresholds ----------------------------------------------------------------------------------------------
    def threshold(self, answer: Answer) -> Answer:
        """Return the answer with the yearly threshold drawn from its base: the quantity where there is a rate, else the sum."""
        assert self.entry.threshold is not None
        by_rate = self.entry.rate is not None
        if self.entry.tiers:
            gap("quantity limit of tiers", self.entry.id)
        base = answer.quantity if by_rate else answer.amount
        assert base is not None
        most = plain(self.work.compiler.val(self.entry.threshold))
        if base.high is not None or most.high is not None:
            gap("threshold over ranges", self.entry.id)
        if not isinstance(base.den, int) or not isinstance(most.den, int):
            gap("limit over quotients", self.entry.id)
        rest = self._above(
            over(base, _lcm(base.den, most.den)), over(most, _lcm(base.den, most.den)), answer.status
        )
        if not by_rate:
            return replace(answer, amount=rest)
        assert self.entry.rate is not None
        return replace(answer, quantity=rest, amount=maths.mul(rest, self.work.compiler.val(self.entry.rate)))

    def _above(self, base: Val, most: Val, status: Exp) -> Val:
        live = self.live(status)
        year = dates.year(self.frame.date()) if self.work.claim else dates.year(self.frame.day())
        division = [self.frame.column("r", "owner"), year]
        before = self.summed(case([(live, base.value)]), division)
        open_rows = self.tally(both([live, absent(base.value)]), division)
        start = self._start(most, year)
        left = case(
            [(both([present(start), compare("eq", open_rows, whole(0))]), greatest([minus(start, before), whole(0)]))]
        )
        rest = case(
            [
                (
                    both([present(left), present(base.value)]),
                    minus(base.value, least([base.value, left])),
                )
            ]
        )
        return Val("number", rest, base.den)

    def _start(self, most: Val, year: Exp) -> Exp:
        """Return the threshold before the first unsettled row: nothing where a settled claim of the year was paid above it."""
        if not self.work.claim:
            return greatest([most.value, whole(0)])
        owned = self.work.records.of_owner(self.entry.id)
        paid = owned.where(compare("eq", dates.year(rec("paid_on")), year)).some()
        return case(
            [(opposite(self.work.records.known), null("number")), (paid, case([(present(most.value), whole(0))]))],
            most.value,
        )


def at_most(limits: Limits, value: Val, left: Val) -> Val:
    """Return a value held under what is left; an unknown limit leaves a known value between nothing and itself."""
    den = _lcm(value.den, left.den)
    value, left = over(value, den), over(left, den)
    single, exact = opposite(is_range(value)), opposite(is_range(left))
    known, limited = present(value.value), present(left.value)
    used_up = both([limited, exact, compare("eq", left.value, whole(0))])
    low = case([
        (both([opposite(limited), known, single]), whole(0)),
        (both([opposite(known), used_up]), whole(0)),
        (both([known, limited]), least([value.value, left.value])),
    ])  # fmt: skip
    high = case([
        (both([opposite(limited), known, single]), value.value),
        (both([opposite(known), used_up]), whole(0)),
        (both([known, limited]), least([value.top, left.top])),
    ])  # fmt: skip
    return Val("number", low, den, high)


def _lcm(*numbers: int) -> int:
    from math import lcm

    return lcm(*numbers)
