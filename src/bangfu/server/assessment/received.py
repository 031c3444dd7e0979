"""Who receives what, as far as record and decisions say; read, not worked out. The night asks the same of tables.

Held for the time being: a row of the record with its first day and no last one before today, or a recognition that
somebody stated as decided. Else a payment shows it, as long as its cadence lasts; a help without cadence by one payment.
"""

from __future__ import annotations

import datetime as dt

from bangfu.rules.engine import Engine
from bangfu.rules.household import Given
from bangfu.rules.pack.model import Entry
from bangfu.rules.record_row import RecordRow
from bangfu.server.assessment.nightly_findings import FRESH_DAYS


def received(engine: Engine, given: Given, day: dt.date) -> dict[tuple[str, str], bool]:
    """Return (row, entry) of what is received on a day, with whether it is held for the time being."""
    homes = {row.id: row.of for row in given.of_entity("person")}
    found: dict[tuple[str, str], bool] = {}
    for record in given.record or ():
        entry = engine.pack.entries.get(record.entry)
        row = None if entry is None else _row(entry, record, homes)
        if entry is not None and row is not None and (held := _standing(entry, record, day)) is not None:
            found[row, entry.id] = found.get((row, entry.id), False) or held
    for stated in given.rows:
        found |= {(stated.id, name): True for name, said in stated.stated.items() if said}
    return found


def _row(entry: Entry, record: RecordRow, homes: dict[str, str | None]) -> str | None:
    """Return whom or what a row of the record is about: for a help of the household its household, of a claim the claim."""
    if entry.per == "person":
        return record.of
    if entry.per == "household":
        return homes.get(record.of or "") or record.of
    return record.claim


def _standing(entry: Entry, record: RecordRow, day: dt.date) -> bool | None:
    """Return True while it is held, False while a payment shows it, None after that."""
    if record.since is not None and record.since <= day and (record.until is None or record.until >= day):
        return True
    fresh = FRESH_DAYS.get(entry.every or "")
    paid = record.paid_on is not None and record.paid_on <= day and (fresh is None or (day - record.paid_on).days <= fresh)
    return False if paid else None
