"""One table of a ledger, whatever it is read from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bangfu.rules.errors import UsageError

LINE = "~line"
"""The column that numbers the rows of a file; it is added on the way in."""


@dataclass(frozen=True, slots=True)
class LedgerTable:
    """One table: where it comes from, its columns (name → Arrow type), its rows if known, and how to read it.

    ``batches`` yields Arrow record batches of the columns asked for, with ``LINE`` where the rows know their number
    themselves; else the first row has ``first_line``. ``skipped`` collects (number, text) of rows that are no rows.
    """

    name: str
    source: str
    columns: dict[str, Any]
    batches: Callable[[list[str]], Iterator[Any]]
    rows: int | None = None
    first_line: int = 1
    skipped: list[tuple[int, str]] = field(default_factory=list)


def once(names: list[str], source: str) -> None:
    """Refuse a column that stands there twice."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"{source}：列“{'、'.join(twice)}”出现两次", f'{source}: the column "{", ".join(twice)}" appears twice')
