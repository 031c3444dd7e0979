"""Dates of a pack: ends after beginnings, entries inside their document's force, versions and series without gap or overlap."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from bangfu.rules.errors import Fault
from bangfu.rules.pack.model import Entry, Pack, Parameter

DAY = dt.timedelta(days=1)


def date_faults(pack: Pack, place: str, today: dt.date) -> Iterable[Fault]:
    """Yield the faults in the dates of a place's document, entries and series."""
    document = pack.documents.get(place)
    if document is not None and document.since and document.until and document.until < document.since:
        yield Fault(f"{place}/document.yaml", *document.raw.at("until"), "DATES", f"until（{document.until}）早于 from（{document.since}）", f"until ({document.until}) is before from ({document.since})")
    for entry in pack.entries.values():
        if entry.place == place:
            yield from _entry(pack, entry)
            yield from _versions(pack, entry)
    for parameter in pack.parameters.values():
        if parameter.series and parameter.home[0].startswith(f"{place}/"):
            yield from _series(parameter)


def _entry(pack: Pack, entry: Entry) -> Iterable[Fault]:
    if entry.since and entry.until and entry.until < entry.since:
        yield Fault(entry.file, *entry.raw.at("until"), "DATES", f"“{entry.id}”的 until（{entry.until}）早于 from（{entry.since}），永远不会生效", f'until ({entry.until}) of "{entry.id}" is before from ({entry.since}): it is never in force')
    document = pack.documents.get(entry.place)
    if document is None:
        return
    if entry.since and document.until and entry.since > document.until:
        yield Fault(entry.file, *entry.raw.at("from"), "DATES", f"“{entry.id}”自 {entry.since} 起，文件已于 {document.until} 失效", f'"{entry.id}" begins on {entry.since}, after the document\'s last day {document.until}')
    if entry.until and document.since and entry.until < document.since:
        yield Fault(entry.file, *entry.raw.at("until"), "DATES", f"“{entry.id}”止于 {entry.until}，文件自 {document.since} 才施行", f'"{entry.id}" ends on {entry.until}, before the document\'s first day {document.since}')


def _versions(pack: Pack, entry: Entry) -> Iterable[Fault]:
    """Versions of a procedure follow one another day by day: on each day of acceptance exactly one holds."""
    named = entry.raw.get("procedure")
    names = named if isinstance(named, list) else []
    found = sorted((pack.entries[n] for n in names if isinstance(n, str) and n in pack.entries), key=lambda e: e.since or dt.date.min)
    for earlier, later in zip(found, found[1:], strict=False):
        ends, begins = earlier.until, later.since
        if ends is None or begins is None or begins <= ends:
            yield Fault(entry.file, *entry.raw.at("procedure"), "DATES-OVERLAP", f"“{earlier.id}”（到 {ends or '未写 until'}）与“{later.id}”（自 {begins or '未写 from'} 起）日期重叠：请在前一版写 until、后一版写 from", f'"{earlier.id}" (until {ends}) and "{later.id}" (from {begins}) overlap: give the one an until, the other a from')
        elif begins > ends + DAY:
            yield Fault(entry.file, *entry.raw.at("procedure"), "DATES-GAP", f"“{earlier.id}”止于 {ends}，“{later.id}”自 {begins} 起，中间没有程序：后一版应自 {ends + DAY} 起", f'"{earlier.id}" ends on {ends} and "{later.id}" begins on {begins}: no procedure holds between; begin it on {ends + DAY}')


def _series(parameter: Parameter) -> Iterable[Fault]:
    """A value for each month or year: a period left out between two others is a slip, or is written ``missing``."""
    days = [version.since for version in parameter.versions if version.since is not None]
    for earlier, later in zip(days, days[1:], strict=False):
        apart = later.year - earlier.year if parameter.series == "year" else (later.year - earlier.year) * 12 + later.month - earlier.month
        if apart > 1:
            what, en = ("年", "year") if parameter.series == "year" else ("月", "month")
            yield Fault(*parameter.home, "DATES-GAP", f"“{parameter.id}”逐{what}取值，{earlier} 与 {later} 之间缺 {apart - 1} 个{what}；不知道就写 value: missing", f'"{parameter.id}" has a value for each {en}; {apart - 1} lack between {earlier} and {later}: write value: missing if not known', "warning")
        elif apart == 0:
            yield Fault(*parameter.home, "DATES-OVERLAP", f"“{parameter.id}”同一期写了两个值（{earlier}、{later}）", f'"{parameter.id}" has two values for one period ({earlier}, {later})')
