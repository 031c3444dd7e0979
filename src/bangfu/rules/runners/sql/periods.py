"""Calendar periods of limits as SQL."""

from __future__ import annotations

from bangfu.rules.pack.model import Limit
from bangfu.rules.runners.sql import dates
from bangfu.rules.runners.sql.tree import Exp, both, case, compare, cut, minus, plus, product, whole


def keys(window: str, date: Exp) -> list[Exp]:
    """Return what two days share when they lie in one window; nothing for life."""
    year, month = dates.year(date), dates.month(date)
    months = plus(product(year, whole(12)), month)
    if window == "day":
        return [date]
    if window == "week":
        return [dates.week(date)]
    if window == "month":
        return [months]
    if window == "quarter":
        return [year, cut(minus(month, whole(1)), whole(3))]
    if window == "half_year":
        return [year, case([(compare("gt", month, whole(6)), whole(1))], whole(0))]
    if window == "school_year":
        return [case([(compare("ge", month, whole(9)), year)], minus(year, whole(1)))]
    return [year] if window in ("year", "policy_year") else []


def matching(window: str, a: Exp, b: Exp) -> list[Exp]:
    """Return the tests that two days lie in one window."""
    return [compare("eq", x, y) for x, y in zip(keys(window, a), keys(window, b), strict=True)]


def same(limit: Limit, paid: Exp, on: Exp) -> Exp:
    """Return whether a day of payment counts for a limit on a day."""
    if limit.window == "rolling":
        return both([compare("lt", dates.add_months(on, whole(-limit.months)), paid), compare("le", paid, on)])
    return both(matching(limit.window, paid, on))
