"""The head of the chain, kept outside the database: whoever cuts off or rewrites the chain is found out by it."""

from __future__ import annotations

import json
from pathlib import Path

from django.conf import settings

from bangfu.server.audit.actions import record
from bangfu.server.audit.models import Link
from bangfu.server.audit.seal import START
from bangfu.server.calendar import clock


def head() -> tuple[int, str]:
    """Return number and digest of the last link."""
    last = Link.objects.order_by("-number").first()
    return (last.number, last.digest) if last else (0, START)


def line() -> str:
    """Return the head as one line of JSON, with the moment it was read."""
    number, digest = head()
    return json.dumps({"read_at": clock.moment().isoformat(timespec="seconds"), "number": number, "sm3": digest})


def export_head() -> str:
    """Return the head for whoever keeps it elsewhere, and record that it was taken."""
    last = Link.objects.order_by("-number").first()
    if last is not None:
        record("audit.exported", of=last)
    return line()


def keep_head(path: Path | None = None) -> Path:
    """Append the head to a file outside the database; default ``audit-heads.jsonl`` beside the keys."""
    target = path or settings.ENVIRONMENT.keys / "audit-heads.jsonl"
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("a", encoding="utf-8") as file:
        file.write(line() + "\n")
    return target


def kept_heads(path: Path) -> list[tuple[int, str]]:
    """Return the heads of a file, oldest first.

    Raises:
        ValueError: A line is not a head.
    """
    found = []
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            read = json.loads(text)
            found.append((int(read["number"]), str(read["sm3"])))
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"{path}:{number}: 不是审计链摘要 | not a head of the audit chain") from None
    return [head for head in found if head[0] > 0]
