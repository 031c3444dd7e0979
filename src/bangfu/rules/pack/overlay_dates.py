"""The first days that rows of an overlay name: none at all, before there is anything to change, after its end.

None of these is an error: history is entered late, and a list that holds "always" has no day. Each is told by name,
because a slip in a year looks the same and changes nothing in silence.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from bangfu.rules.errors import Fault
from bangfu.rules.pack.model import MISSING, Entry, Pack, Parameter
from bangfu.rules.yaml_source import Map


def day_warnings(pack: Pack, row: Map, name: str, since: dt.date | None, changed: Parameter | Entry) -> Iterator[Fault]:
    """Yield what is to be said of the day from which a row changes a value or an entry."""
    if "from" not in row:
        yield _warning(
            row, row.mark, "OVERLAY-ALWAYS",
            f"“{name}”没有写 from：对所有日期都算数，它施行以前的日子也照它算。请写 from: 起始日期",
            f'"{name}" has no from and holds for all time, days before it was in force included: write from: and its first day',
        )  # fmt: skip
    if since is None:
        return
    entry = changed if isinstance(changed, Entry) else pack.entries.get(changed.entry or "")
    if entry is not None:
        yield from _of_entry(pack, row, name, since, entry)
    if isinstance(changed, Parameter):
        yield from _of_parameter(row, name, since, changed)


def _of_entry(pack: Pack, row: Map, name: str, since: dt.date, entry: Entry) -> Iterator[Fault]:
    document = pack.documents.get(entry.place)
    begins = entry.since or (document.since if document else None)
    ends = entry.until or (document.until if document else None)
    if begins is not None and since < begins:
        yield _warning(
            row, row.at("from"), "OVERLAY-EARLY",
            f"“{name}”自 {begins} 起施行，from 写的是 {since}：那以前没有这一条，早写的日子不起作用。年份写错了请改；没有错请写 from: {begins}",
            f'"{name}" is in force from {begins}, and from says {since}: before that day there is no such entry and the row does nothing. Mend the year, or write from: {begins}',
        )  # fmt: skip
    elif ends is not None and since > ends:
        yield _warning(
            row, row.at("from"), "OVERLAY-LATE",
            f"“{name}”已于 {ends} 失效，from 写的是 {since}：这一行只改变失效以后的推算，不会新批",
            f'"{name}" lapsed on {ends}, and from says {since}: the row only changes what is shown after that, and nothing new is granted',
        )  # fmt: skip


def _of_parameter(row: Map, name: str, since: dt.date, parameter: Parameter) -> Iterator[Fault]:
    """Warn of a value before the first one that is known: it is history, or a slip in the year."""
    known = [version.since for version in parameter.versions if version.value is not MISSING]
    first = min((day for day in known if day is not None), default=None)
    if first is not None and None not in known and since < first and not parameter.series:
        yield _warning(
            row, row.at("from"), "OVERLAY-EARLY",
            f"“{name}”已有的第一个值自 {first} 起，from 写的是 {since}：这一行只管 {first} 以前的日子，现行的值不变。要改现行的值，from 写 {first} 以后的日期",
            f'the first value of "{name}" is from {first}, and from says {since}: the row only holds before {first} and changes no later value. To change the value in force write a day after {first}',
        )  # fmt: skip


def _warning(row: Map, mark: tuple[int, int], code: str, zh: str, en: str) -> Fault:
    return Fault(row.file, *mark, code, zh, en, "warning")
