"""Bracket tables: the value of the row a number falls in, and the sum of its slices."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bangfu.rules.runners.sql import maths
from bangfu.rules.runners.sql.tree import Exp, boolean, both, case, compare, present, whole
from bangfu.rules.runners.sql.vals import Val, constant, number, pick, unknown
from bangfu.rules.values import Unknown


def _inside(val: Val, upper: Any, included: bool) -> Exp:
    if upper is None:
        return present(val.value)
    return maths.compare("le" if included else "lt", replace(val, closed=None, high=None), number(upper))


def _rows(val: Val, table: Any) -> list[Exp]:
    tests = [_inside(val, upper, included) for upper, included, _ in table]
    tests[-1] = present(val.value)
    return tests


def band(val: Val, table: Any) -> Val:
    """Return the value of the row; a range is decided where both ends fall in one row."""
    if isinstance(table, Unknown):
        return unknown("number")
    assert not isinstance(table, dict), "the loader takes no bands by code"
    tests = _rows(val, table)
    values = [constant("number", row[2]) for row in table]
    if val.high is None:
        return replace(pick(list(zip(tests, values, strict=True)), "number"), closed=val.closed)
    places = [whole(place) for place in range(len(table))]
    low = case(list(zip(tests, places, strict=True)))
    tops = _rows(replace(val, value=val.top, high=None), table)
    high = case(list(zip(tops, places, strict=True)))
    rows = [
        (both([compare("eq", low, place), compare("eq", high, place)]), value)
        for place, value in zip(places, values, strict=True)
    ]
    return replace(pick(rows, "number"), closed=val.closed)


def marginal(val: Val, table: Any) -> Val:
    """Return the sum over the rows of slice × the row's value."""
    if isinstance(table, Unknown):
        return unknown("number")
    assert not isinstance(table, dict), "the loader takes no bands by code"
    bare = replace(val, closed=None)
    rows: list[tuple[Exp, Val]] = [(maths.compare("le", bare, number(0)), number(0))]
    full, lower = number(0), number(0)
    for upper, _, share in table:
        worth = constant("number", share)
        part = maths.add(full, maths.mul(maths.sub(bare, lower), worth))
        test = present(val.value) if upper is None else maths.compare("le", bare, number(upper))
        rows.append((test, part))
        if upper is None:
            break
        if upper > (lower.known or 0):
            full = maths.add(full, maths.mul(number(upper - (lower.known or 0)), worth))
        lower = number(upper)
    else:
        rows.append((boolean(True), full))
    rows = [(both([present(val.value), test]), part) for test, part in rows]
    return replace(pick(rows, "number"), closed=val.closed)
