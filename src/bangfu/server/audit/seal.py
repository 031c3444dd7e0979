"""The sealed chain: one sealer links entries in the order of their ids; anybody can work the digests out again."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.hashes import SM3, Hash
from django.db import connection, transaction

from bangfu.server.audit.acting import acting_as, system_actor
from bangfu.server.audit.models import Entry, Link

_UTC = dt.UTC
BATCH = 1000
START = "0" * 64
LOCK = 73_012_026
"""The advisory lock that lets one sealer work at a time (PostgreSQL); SQLite has one writer anyway."""


def digest_of(before: str, entry: Entry) -> str:
    """Return the SM3 digest over the link before and the entry as canonical JSON."""
    content: dict[str, Any] = {f.attname: getattr(entry, f.attname) for f in Entry._meta.concrete_fields}
    content["at"] = entry.at.astimezone(_UTC).isoformat(timespec="microseconds")
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    made = Hash(SM3())
    made.update(f"{before}\n{text}".encode())
    return made.finalize().hex()


def seal() -> int:
    """Link all entries that are committed and not linked yet; return how many."""
    linked = 0
    while True:
        with acting_as(system_actor("审计封存")):
            _one_sealer()
            last = Link.objects.order_by("-number").first()
            number, before = (last.number, last.digest) if last else (0, START)
            waiting = list(Entry.objects.exclude(pk__in=Link.objects.values("entry_id")).order_by("pk")[:BATCH])
            links = []
            for entry in waiting:
                number += 1
                before = digest_of(before, entry)
                links.append(Link(number=number, entry_id=entry.pk, digest=before))
            Link.objects.bulk_create(links)
        linked += len(links)
        if len(waiting) < BATCH:
            return linked


def _one_sealer() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


@dataclass(frozen=True, slots=True)
class Proof:
    """What a verification found: links that hold, faults by link number, entries not sealed yet, the last digest."""

    links: int
    faults: tuple[str, ...]
    unsealed: int
    head: str


def verify(expected_head: tuple[int, str] | None = None, kept: Sequence[tuple[int, str]] = ()) -> Proof:
    """Work the whole chain out again; ``expected_head`` and ``kept`` are (number, digest) kept outside the database."""
    faults: list[str] = []
    before, expected, seen = START, 1, 0
    heads = dict([*kept, expected_head] if expected_head else kept)
    with transaction.atomic():
        for link, entry in _pairs():
            if link.number != expected:
                faults.append(f"{expected}: 缺少这一环 | this link is missing")
                expected = link.number
            if entry is None:
                faults.append(f"{link.number}: 审计记录 {link.entry_id} 已不在 | entry {link.entry_id} is gone")
            elif digest_of(before, entry) != link.digest:
                faults.append(f"{link.number}: 摘要不符，记录 {link.entry_id} 被改动 | the digest differs, entry {link.entry_id} was changed")
            if heads.get(link.number, link.digest) != link.digest:
                faults.append(f"{link.number}: 与库外留存的摘要不符 | differs from the digest kept outside")
            before, expected, seen = link.digest, expected + 1, seen + 1
        faults += [f"{number}: 库外留存的环已不在 | the link kept outside is gone" for number in sorted(heads) if number >= expected]
        waiting = unsealed()
    return Proof(seen, tuple(faults), waiting, before)


def unsealed() -> int:
    """Return how many entries are not linked yet."""
    return Entry.objects.count() - Link.objects.count()


def _pairs() -> Iterator[tuple[Link, Entry | None]]:
    last = 0
    while True:
        links = list(Link.objects.filter(number__gt=last).order_by("number")[:BATCH])
        if not links:
            return
        entries = Entry.objects.in_bulk([link.entry_id for link in links])
        for link in links:
            yield link, entries.get(link.entry_id)
        last = links[-1].number
