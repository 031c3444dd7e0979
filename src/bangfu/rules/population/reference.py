"""Ask the reference runner about some households of a partition: what each open answer needs, and whether SQL agrees.

SQL says that an answer is open; what would settle it is the reference's to say. Every household that is asked about is
compared too, so that a run proves on its own ledger that both runners answer alike.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from bangfu.rules.answers import needs_of_result
from bangfu.rules.engine import Engine
from bangfu.rules.household import Given, GivenRow
from bangfu.rules.pack.model import Entry
from bangfu.rules.population.answers import SHARE_STEPS
from bangfu.rules.population.columns import LedgerPlan
from bangfu.rules.population.database import RunError, quoted
from bangfu.rules.population.ledger import RECORD
from bangfu.rules.population.links import rows
from bangfu.rules.record_row import RecordRow
from bangfu.rules.runners.sql.columns import FACT_DEN
from bangfu.rules.values import CLOSED, Range, Unknown, tidy

Key = tuple[int, str, str]
"""(place of the entry, entity, id of the row)."""


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


class Reference:
    """The reference runner over rows of the stage."""

    def __init__(self, engine: Engine, day: dt.date, plan: LedgerPlan, entries: list[Entry], basis: str) -> None:
        self.engine = engine
        self.day = day
        self.plan = plan
        self.entries = entries
        self.only = frozenset(entry.id for entry in entries)
        self.basis = basis
        self.stated = {e.collection for e in engine.pack.vocabulary.entities.values() if e.collection and e.id in plan.tables}
        self.facts = {name: self._facts(name) for name in plan.tables if name != RECORD}

    def _facts(self, entity: str) -> tuple[list[tuple[str, str, int]], list[str]]:
        """Return (facts with kind and steps, recognitions) that the stage holds of an entity."""
        vocabulary = self.engine.pack.vocabulary
        names = [cell.name for cell in self.plan.tables[entity].cells]
        facts = [vocabulary.facts[n] for n in names if n in vocabulary.facts and vocabulary.facts[n].kind != "text"]
        said = [n for n in names if n in self.engine.pack.entries and n not in vocabulary.facts]
        return [(f.id, f.kind, FACT_DEN if f.type == "number" else 1) for f in facts], said

    def ask(self, connection: Any, hhs: list[int], tick: Callable[[int], None]) -> list[Open]:
        """Return what is open in some households.

        Raises:
            RunError: SQL answered otherwise than the reference.
        """
        expected = self._expected(connection, hhs)
        found: list[Open] = []
        for hh, given in self.givens(connection, hhs):
            found += self._compare(hh, given, expected.pop(hh, {}))
            tick(1)
        return found

    # -- what SQL said -------------------------------------------------------------------------------------------
    def _expected(self, connection: Any, hhs: list[int]) -> dict[int, dict[Key, tuple[Any, ...]]]:
        connection.execute("CREATE OR REPLACE TEMP TABLE asked AS SELECT unnest(?::BIGINT[]) AS hh", [hhs])
        found: dict[int, dict[Key, tuple[Any, ...]]] = defaultdict(dict)
        cursor = connection.execute(
            "SELECT w.hh, f.entry, w.entity, w.name, f.status, coalesce(f.low, f.share_low), coalesce(f.high, f.share_high) "
            "FROM found AS f JOIN people AS w ON w.id = f.id WHERE w.hh IN (SELECT hh FROM asked)"
        )
        for hh, place, entity, name, *rest in cursor.fetchall():
            found[hh][place, entity, name] = tuple(rest)
        return found

    def _compare(self, hh: int, given: Given, expected: dict[Key, tuple[Any, ...]]) -> list[Open]:
        run = self.engine.run(given, self.day, self.basis, only=self.only)
        found = []
        for place, entry in enumerate(self.entries):
            for row in run.rows[entry.per or ""]:
                result = self.engine.result(row, entry)
                status = None if result.status.__class__ is Unknown else bool(result.status)
                said = expected.pop((place, row.entity, row.id), (False, None, None))
                own = (False, None, None) if status is False else (status, *_ends(result.amount, entry))
                if said != own:
                    self._disagree(entry, row, own, said)
                if status is None or (status and result.amount.__class__ in (Unknown, Range)):
                    found.append(Open(place, row.entity, row.id, hh, status is None, own[1], own[2], tuple(sorted(needs_of_result(result)))))
        for (place, entity, name), said in expected.items():
            self._disagree(self.entries[place], GivenRow(entity, name), None, said)
        return found

    def _disagree(self, entry: Entry, row: Any, own: Any, said: Any) -> None:
        raise RunError(
            f"两种算法对 {entry.id}（{row.entity} {row.id}）的答案不同：参照 {own}，SQL {said}。这是程序错误，请报告。",
            f"the two runners answer {entry.id} for {row.entity} {row.id} differently: reference {own}, SQL {said}. This is a fault of the program, please report it.",
        )

    # -- what is stated ------------------------------------------------------------------------------------------
    def givens(self, connection: Any, hhs: list[int]) -> Iterator[tuple[int, Given]]:
        """Yield each household as it would be stated alone, with the organisations that its rows are at."""
        connection.execute("CREATE OR REPLACE TEMP TABLE asked AS SELECT unnest(?::BIGINT[]) AS hh", [hhs])
        firms = {line: row for line, row, _, _ in self._read(connection, "organisation", "true")} if "organisation" in self.plan.tables else {}
        homes: dict[int, list[GivenRow]] = {hh: [] for hh in hhs}
        at: dict[int, set[int]] = defaultdict(set)
        for entity in (name for name in self.facts if name not in ("place", "organisation")):
            for _, row, hh, firm in self._read(connection, entity, "hh IN (SELECT hh FROM asked)"):
                homes[hh].append(row)
                if firm is not None:
                    row.at = firms[firm].id
                    at[hh].add(firm)
        record, stated = self._record(connection), self._stated(connection)
        place = next((row for _, row, _, _ in self._read(connection, "place", "true")), None) if "place" in self.facts else None
        for hh, listed in homes.items():
            own = [place or GivenRow("place", "place"), *(firms[line] for line in sorted(at[hh])), *listed]
            said = self.stated if stated is None else stated[hh]
            known = record is not None if stated is None else RECORD in said
            yield hh, Given(own, (said - {RECORD}) | {"households"}, (record or {}).get(hh, []) if known else None)

    def _stated(self, connection: Any) -> dict[int, set[str]] | None:
        """Return what each household asked about says is stated of it; None where the ledger says it for all."""
        if not self.plan.by_household:
            return None
        query = "SELECT hh, names FROM stage.home_run JOIN stage.signatures USING (run) WHERE hh IN (SELECT hh FROM asked)"
        return {hh: set(names) for hh, names in connection.execute(query).fetchall()}

    def _read(self, connection: Any, entity: str, where: str) -> Iterator[tuple[int, GivenRow, int, int | None]]:
        facts, said = self.facts[entity]
        owner = self.engine.pack.vocabulary.entities[entity].belongs_to
        of = "'place'" if owner == "place" else "NULL" if entity == "place" else "said_of"
        columns = ", ".join(quoted(name) for name in [*(f for f, _, _ in facts), *said])
        cursor = connection.execute(f"SELECT line, name, {of}, hh, at_line{', ' + columns if columns else ''} FROM {rows(entity)} WHERE {where} ORDER BY hh, line")
        while True:
            batch = cursor.fetchmany(10_000)
            if not batch:
                return
            for line, name, of_name, hh, firm, *values in batch:
                stated = {f: _value(v, kind, steps) for (f, kind, steps), v in zip(facts, values, strict=False) if v is not None}
                decided = {n: v for n, v in zip(said, values[len(facts) :], strict=True) if v is not None}
                yield line, GivenRow(entity, name, of_name, None, stated, decided), hh, firm

    def _record(self, connection: Any) -> dict[int, list[RecordRow]] | None:
        if RECORD not in self.plan.tables:
            return None
        found: dict[int, list[RecordRow]] = defaultdict(list)
        cursor = connection.execute(
            'SELECT hh, entry, of, claim, "from", "until", paid_on, amount, quantity FROM stage.rows_record WHERE hh IN (SELECT hh FROM asked) ORDER BY line'
        )
        for hh, entry, of, claim, since, until, paid_on, amount, quantity in cursor.fetchall():
            steps = None if quantity is None else tidy(Fraction(quantity, FACT_DEN))
            found[hh].append(RecordRow(entry, of, claim, since, until, paid_on, amount, steps))
        return found


def _value(value: Any, kind: str, steps: int) -> Any:
    if kind == "number":
        return tidy(Fraction(value, steps))
    return frozenset(value) if kind == "codes" else value


def _ends(value: Any, entry: Entry) -> tuple[int | None, int | None]:
    steps = 1 if entry.has_money else SHARE_STEPS
    if value is None or value.__class__ is Unknown:
        return None, None
    if value is CLOSED:
        return 0, 0
    low, high = (value.low, value.high) if value.__class__ is Range else (value, value)
    return int(low * steps), None if high is None else int(high * steps)
