"""The ledger's record of what is or was received: whose each row is, what the register asks of it, what it is known by.

A household that the sheet does not name stays as it is on the register: that others receive says nothing of it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from bangfu.rules.household import Given
from bangfu.rules.ledger import layout
from bangfu.rules.ledger.read import NONE_WORDS
from bangfu.rules.pack.model import Entry, Pack
from bangfu.rules.record_row import RecordRow
from bangfu.rules.values import Number
from bangfu.rules.yaml_source import List

if TYPE_CHECKING:
    from bangfu.server.registry.ledger_file import LedgerHousehold, LedgerItem

RECORD = "record"
AMOUNT_MOST_FEN = 1_000_000_000
"""Ten million yuan: more is a slip of the hand."""
Loose = Callable[[Any, str, str, str], None]


def sort_record(rows: List | None, parts: Mapping[str, Any], home: Mapping[str, str], loose: Loose) -> None:
    """Give each household its rows; one that says 无 says that this household has none. An empty list says so of all."""
    if rows is None:
        return
    if not rows:
        for part in parts.values():
            part.rows[RECORD] = List(rows.file, part.mark)
    for place, row in enumerate(rows):
        mark, of = rows.at(place), str(row.get("of", "")).strip()
        found = of if of in parts else home.get(of, "")
        if found not in parts:
            zh = f"户或人员编号“{of}”在主表里没有，请核对" if of else "请填写是哪一户或哪一人的（编号）"
            loose(row.at("of") if of else mark, zh, f'the number "{of}" is not on the main sheets' if of else "whose it is must be filled in (a number)", "of")
            continue
        held = parts[found].rows.setdefault(RECORD, List(rows.file, mark))
        if str(row.get("entry")) not in NONE_WORDS:
            held.append(row)
            held.marks.append(mark)


def record_items(pack: Pack, made: LedgerHousehold, given: Given, rows: List) -> list[LedgerItem]:
    """Return the rows of a household's record as items, with the faults of each noted by its cell."""
    from bangfu.server.registry.ledger_file import KEY_MOST, LedgerItem

    people = {row.id for row in given.of_entity("person")}
    things = {row.id: row.entity for row in given.rows if row.entity not in ("place", "household", "person")}
    found, seen = [], Counter[str]()
    for place, line in enumerate(given.record or []):
        number = rows.at(place)[0]
        for key, zh, en in _faults(pack, line, people, things):
            made.fault(layout.RECORD, number, zh, en, key)
        of = line.of if line.of in people else ""
        name = _name(line)
        seen[name] += 1
        key = name if seen[name] == 1 else f"{name}-{seen[name]}"
        found.append(LedgerItem(RECORD, key, of or "", (line.claim or "")[:KEY_MOST], _facts(line), things.get(line.claim or "", ""), number))
    return found


def _name(line: RecordRow) -> str:
    said = [line.entry, line.of, line.claim, str(line.since), str(line.paid_on)]
    return "R" + hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]


def _facts(line: RecordRow) -> dict[str, Any]:
    days = {"from": line.since, "until": line.until, "paid_on": line.paid_on}
    found: dict[str, Any] = {"entry": line.entry, **{name: day.isoformat() for name, day in days.items() if day is not None}}
    for name, value, scale in (("amount", line.amount, 100), ("quantity", line.quantity, 1)):
        if value is not None:
            found[name] = _plain(value, scale)
    return found


def _plain(value: Number, scale: int) -> int | float:
    exact = Fraction(value) / scale
    return exact.numerator if exact.denominator == 1 else float(exact)  # four decimals at most: reads back exactly


def _faults(pack: Pack, line: RecordRow, people: set[str], things: dict[str, str]) -> list[tuple[str, str, str]]:
    """Return (column, Chinese, English) of all that the register does not take."""
    entry = pack.entries[line.entry]
    found = [*_of_whom(pack, entry, line, people, things)]
    if line.since is None and line.paid_on is None:
        found.append(("from", "起始日期和发放日期至少填一个", "a first day or a day of payment is needed"))
    if line.since is not None and line.until is not None and line.until < line.since:
        found.append(("until", "截止日期不能早于起始日期", "the last day is before the first"))
    if line.amount is not None and line.amount > AMOUNT_MOST_FEN:
        found.append(("amount", "金额超过一千万元，请核对", "the amount is over ten million yuan: check it"))
    return found


def _of_whom(pack: Pack, entry: Entry, line: RecordRow, people: set[str], things: dict[str, str]) -> list[tuple[str, str, str]]:
    if not (entry.is_benefit or entry.kind == "recognition") or entry.per in (None, "place"):
        return [("entry", f"“{entry.label.zh}”不是待遇，不能记入领取记录", f'"{entry.label.en}" is no benefit and cannot be received')]
    if entry.per == "person" and line.of not in people:
        return [("of", "这一项是给个人的，请填人员编号", "this is given to a person: fill in the person's number")]
    if line.claim is not None and line.claim not in things:
        return [("claim", f"这一户没有事项“{line.claim}”，请在“{layout.OTHERS.zh}”里写明", f'the household has no item "{line.claim}": state it among the other facts')]
    if entry.per not in ("household", "person") and line.claim is None:
        label = pack.vocabulary.entities[entry.per or ""].label
        return [("claim", f"这一项按“{label.zh}”给，请填事项编号", f'this is given for each "{label.en}": fill in its number')]
    return []

