"""Whether help is being received, as far as the record says; the record is read, nothing is worked out anew."""

from __future__ import annotations

import datetime as dt

from bangfu.rules.assess import Answer
from bangfu.rules.household import Given
from bangfu.rules.record_row import RecordRow

LAST_DAYS = {"month": 62, "quarter": 184, "half_year": 366, "year": 366}
"""How long after a payment the next one may come before it counts as ended: the period and one more, at most a year."""
ONCE_DAYS = 36_600


def received(given: Given, answer: Answer, on: dt.date) -> bool | None:
    """Tell whether the help of an answer is received on a day; None where nobody has stated the record."""
    if given.record is None:
        return None
    return any(_counts(row, answer, on) for row in given.record if row.entry == answer.entry)


def _counts(row: RecordRow, answer: Answer, on: dt.date) -> bool:
    if row.claim is not None:
        if row.claim != answer.row:
            return False
    elif row.of not in (answer.row, answer.owner):
        return False
    if row.since is not None:
        return row.since <= on and (row.until is None or row.until >= on)
    if row.paid_on is None or row.paid_on > on:
        return False
    return row.claim is not None or (on - row.paid_on).days <= LAST_DAYS.get(answer.every or "", ONCE_DAYS)
