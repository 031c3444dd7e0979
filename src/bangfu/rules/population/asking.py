"""What the reference runner says of a batch of households, and whether SQL said the same.

Nothing here reads a database or a file: a batch carries all that is stated, so it can be answered in another process.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from bangfu.rules.answers import needs_of_result
from bangfu.rules.engine import Engine
from bangfu.rules.errors import BangfuError
from bangfu.rules.household import Given, GivenRow
from bangfu.rules.pack.model import Entry
from bangfu.rules.record_row import RecordRow
from bangfu.rules.values import CLOSED, Range, Unknown, tidy

Key = tuple[int, str, str]
"""(place of the entry, entity, id of the row)."""
Said = tuple[Any, ...]
"""Status, lowest and highest sum of one answer; a refusal is ``REFUSED`` and has no row in SQL."""
REFUSED: Said = (False, None, None)
ORGANISATION, PLACE = "organisation", "place"


class DisagreementError(BangfuError):
    """The two runners answered one row differently: a fault of the program."""

    code = "RUN"


@dataclass(frozen=True, slots=True)
class Open:
    """One answer that is undecided, or granted with a sum that is not known: what would settle it."""

    place: int
    entity: str
    row: str
    hh: int
    undecided: bool
    low: int | None
    high: int | None
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """How rows of a batch are to be read.

    ``facts``: entity → (facts with kind and steps, recognitions), in the order of a row's values. ``collections``:
    what the ledger states of every household that does not say it of itself. ``share_steps``: steps of a share.
    """

    facts: dict[str, tuple[list[tuple[str, str, int]], list[str]]]
    collections: frozenset[str]
    number_steps: int
    share_steps: int
    record: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Some households as the stage holds them.

    ``rows``: entity → (line, id, owner, household, line of the organisation, values …). ``record``: (household, entry,
    of, claim, from, until, paid_on, amount, quantity), None where the ledger has none. ``stated``: household → what is
    stated of it, None where the ledger says it for all. ``expected``: household → what SQL answered.
    """

    hhs: list[int]
    rows: dict[str, list[tuple[Any, ...]]]
    record: list[tuple[Any, ...]] | None
    stated: dict[int, set[str]] | None
    expected: dict[int, dict[Key, Said]]


class Asker:
    """The reference runner over batches; ``entries`` in the order that answers are numbered by."""

    def __init__(self, engine: Engine, day: dt.date, basis: str, entries: list[Entry], shape: Shape) -> None:
        self.engine, self.day, self.basis, self.entries, self.shape = engine, day, basis, entries, shape
        self.only = frozenset(entry.id for entry in entries)

    def open_answers(self, batch: Batch) -> list[Open]:
        """Return what is open in the households of a batch.

        Raises:
            DisagreementError: SQL answered otherwise than the reference.
        """
        found: list[Open] = []
        for hh, given in self.givens(batch):
            found += self._compare(hh, given, batch.expected.pop(hh, {}))
        return found

    def _compare(self, hh: int, given: Given, expected: dict[Key, Said]) -> list[Open]:
        run = self.engine.run(given, self.day, self.basis, only=self.only)
        found = []
        for place, entry in enumerate(self.entries):
            for row in run.rows[entry.per or ""]:
                result = self.engine.result(row, entry)
                status = None if result.status.__class__ is Unknown else bool(result.status)
                said = expected.pop((place, row.entity, row.id), REFUSED)
                own = REFUSED if status is False else (status, *self._ends(result.amount, entry))
                if said != own:
                    _disagree(entry, row, own, said)
                if status is None or (status and result.amount.__class__ in (Unknown, Range)):
                    found.append(Open(place, row.entity, row.id, hh, status is None, own[1], own[2], tuple(sorted(needs_of_result(result)))))
        for (place, entity, name), said in expected.items():
            _disagree(self.entries[place], GivenRow(entity, name), None, said)
        return found

    def _ends(self, value: Any, entry: Entry) -> tuple[int | None, int | None]:
        steps = 1 if entry.has_money else self.shape.share_steps
        if value is None or value.__class__ is Unknown:
            return None, None
        if value is CLOSED:
            return 0, 0
        low, high = (value.low, value.high) if value.__class__ is Range else (value, value)
        return int(low * steps), None if high is None else int(high * steps)

    # -- what is stated ------------------------------------------------------------------------------------------
    def givens(self, batch: Batch) -> Iterator[tuple[int, Given]]:
        """Yield each household as it would be stated alone, with the organisations that its rows are at."""
        firms = {line: row for line, row, _, _ in self._rows(batch, ORGANISATION)}
        homes: dict[int, list[GivenRow]] = {hh: [] for hh in batch.hhs}
        at: dict[int, set[int]] = defaultdict(set)
        for entity in (name for name in batch.rows if name not in (PLACE, ORGANISATION)):
            for _, row, hh, firm in self._rows(batch, entity):
                homes[hh].append(row)
                if firm is not None:
                    row.at = firms[firm].id
                    at[hh].add(firm)
        place = next((row for _, row, _, _ in self._rows(batch, PLACE)), GivenRow(PLACE, PLACE))
        record = self._record(batch)
        for hh, listed in homes.items():
            own = [place, *(firms[line] for line in sorted(at[hh])), *listed]
            said = self.shape.collections if batch.stated is None else batch.stated[hh]
            known = record is not None if batch.stated is None else self.shape.record in said
            yield hh, Given(own, (set(said) - {self.shape.record}) | {"households"}, (record or {}).get(hh, []) if known else None)

    def _rows(self, batch: Batch, entity: str) -> Iterator[tuple[int, GivenRow, int, int | None]]:
        if entity not in batch.rows:
            return
        facts, said = self.shape.facts[entity]
        for line, name, of_name, hh, firm, *values in batch.rows[entity]:
            stated = {f: _value(v, kind, steps) for (f, kind, steps), v in zip(facts, values, strict=False) if v is not None}
            decided = {n: v for n, v in zip(said, values[len(facts) :], strict=True) if v is not None}
            yield line, GivenRow(entity, name, of_name, None, stated, decided), hh, firm

    def _record(self, batch: Batch) -> dict[int, list[RecordRow]] | None:
        if batch.record is None:
            return None
        found: dict[int, list[RecordRow]] = defaultdict(list)
        for hh, entry, of, claim, since, until, paid_on, amount, quantity in batch.record:
            steps = None if quantity is None else tidy(Fraction(quantity, self.shape.number_steps))
            found[hh].append(RecordRow(entry, of, claim, since, until, paid_on, amount, steps))
        return found


def _value(value: Any, kind: str, steps: int) -> Any:
    if kind == "number":
        return tidy(Fraction(value, steps))
    return frozenset(value) if kind == "codes" else value


def _disagree(entry: Entry, row: Any, own: Any, said: Any) -> None:
    raise DisagreementError(
        f"两种算法对 {entry.id}（{row.entity} {row.id}）的答案不同：参照 {own}，SQL {said}。这是程序错误，请报告。",
        f"the two runners answer {entry.id} for {row.entity} {row.id} differently: reference {own}, SQL {said}. This is a fault of the program, please report it.",
    )


__all__ = ["Asker", "Batch", "DisagreementError", "Key", "Open", "Said", "Shape"]
