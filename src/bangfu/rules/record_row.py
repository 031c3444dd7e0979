"""One row of the record: what is held, or what was paid."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from bangfu.rules.values import Number


@dataclass(frozen=True, slots=True)
class RecordRow:
    """Amounts in fen; ``since`` and ``until`` bound what is held, ``paid_on`` dates what was paid."""

    entry: str
    of: str | None
    claim: str | None = None
    since: dt.date | None = None
    until: dt.date | None = None
    paid_on: dt.date | None = None
    amount: Number | None = None
    quantity: Number | None = None
