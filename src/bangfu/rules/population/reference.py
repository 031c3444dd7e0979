"""Ask the reference runner about some households of a partition: what each open answer needs, and whether SQL agrees.

SQL says that an answer is open; what would settle it is the reference's to say. Every household that is asked about is
compared too, so that a run proves on its own ledger that both runners answer alike.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from bangfu.rules.engine import Engine
from bangfu.rules.household import Given
from bangfu.rules.pack.model import Entry
from bangfu.rules.population.answers import SHARE_STEPS
from bangfu.rules.population.askers import AskerLostError, Askers, Question
from bangfu.rules.population.asking import ORGANISATION, PLACE, Asker, Batch, DisagreementError, Key, Open, Said, Shape
from bangfu.rules.population.columns import LedgerPlan
from bangfu.rules.population.database import RunError, quoted
from bangfu.rules.population.ledger import RECORD
from bangfu.rules.population.links import rows
from bangfu.rules.runners.sql.columns import FACT_DEN

BATCH = 500
"""Households in one question: about half a second of work."""
OF_ASKED = "hh IN (SELECT hh FROM asked)"


class Reference:
    """The reference runner over rows of the stage; with more than one of ``processes`` it answers in as many beside this one."""

    def __init__(self, engine: Engine, day: dt.date, plan: LedgerPlan, entries: list[Entry], basis: str, processes: int = 1) -> None:  # noqa: PLR0913 - what a run was ordered with
        self.engine, self.plan = engine, plan
        self.facts = {name: self._facts(name) for name in plan.tables if name != RECORD}
        stated = frozenset(e.collection for e in engine.pack.vocabulary.entities.values() if e.collection and e.id in plan.tables)
        shape = Shape(self.facts, stated, FACT_DEN, SHARE_STEPS, RECORD)
        self.asker = Asker(engine, day, basis, entries, shape)
        question = Question(engine.pack, day, basis, tuple(entry.id for entry in entries), shape)
        self.askers = Askers(question, processes) if processes > 1 else None

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
            RunError: SQL answered otherwise than the reference, or a process of the reference ended.
        """
        batches = (self._batch(connection, hhs[start : start + BATCH], expected=True) for start in range(0, len(hhs), BATCH))
        found: list[Open] = []
        try:
            for opened in map(self.asker.open_answers, batches) if self.askers is None else self.askers.answers(batches):
                found += opened
                tick(BATCH)
        except (DisagreementError, AskerLostError) as error:
            raise RunError(error.zh, error.en) from None
        return found

    def givens(self, connection: Any, hhs: list[int]) -> Iterator[tuple[int, Given]]:
        """Yield each household as it would be stated alone, with the organisations that its rows are at."""
        return self.asker.givens(self._batch(connection, hhs, expected=False))

    def close(self) -> None:
        """End the processes, if there are any."""
        if self.askers is not None:
            self.askers.close()
            self.askers = None

    # -- a batch -------------------------------------------------------------------------------------------------
    def _batch(self, connection: Any, hhs: list[int], *, expected: bool) -> Batch:
        connection.execute("CREATE OR REPLACE TEMP TABLE asked AS SELECT unnest(?::BIGINT[]) AS hh", [hhs])
        found = {name: self._read(connection, name, OF_ASKED) for name in self.facts if name not in (PLACE, ORGANISATION)}
        if ORGANISATION in self.facts:
            firms = {row[4] for read in found.values() for row in read if row[4] is not None}
            found[ORGANISATION] = self._read(connection, ORGANISATION, "line IN (SELECT unnest(?::BIGINT[]))", [sorted(firms)])
        if PLACE in self.facts:
            found[PLACE] = self._read(connection, PLACE, "true")
        return Batch(hhs, found, self._record(connection), self._stated(connection), self._expected(connection) if expected else {})

    def _expected(self, connection: Any) -> dict[int, dict[Key, Said]]:
        found: dict[int, dict[Key, Said]] = defaultdict(dict)
        cursor = connection.execute(
            "SELECT w.hh, f.entry, w.entity, w.name, f.status, coalesce(f.low, f.share_low), coalesce(f.high, f.share_high) "
            f"FROM found AS f JOIN people AS w ON w.id = f.id WHERE w.{OF_ASKED}"
        )
        for hh, place, entity, name, *rest in cursor.fetchall():
            found[hh][place, entity, name] = tuple(rest)
        return dict(found)

    def _stated(self, connection: Any) -> dict[int, set[str]] | None:
        """Return what each household asked about says is stated of it; None where the ledger says it for all."""
        if not self.plan.by_household:
            return None
        query = f"SELECT hh, names FROM stage.home_run JOIN stage.signatures USING (run) WHERE {OF_ASKED}"
        return {hh: set(names) for hh, names in connection.execute(query).fetchall()}

    def _read(self, connection: Any, entity: str, where: str, given: list[Any] | None = None) -> list[tuple[Any, ...]]:
        facts, said = self.facts[entity]
        owner = self.engine.pack.vocabulary.entities[entity].belongs_to
        of = "'place'" if owner == PLACE else "NULL" if entity == PLACE else "said_of"
        columns = ", ".join(quoted(name) for name in [*(f for f, _, _ in facts), *said])
        found: list[tuple[Any, ...]] = connection.execute(
            f"SELECT line, name, {of}, hh, at_line{', ' + columns if columns else ''} FROM {rows(entity)} WHERE {where} ORDER BY hh, line", given
        ).fetchall()
        return found

    def _record(self, connection: Any) -> list[tuple[Any, ...]] | None:
        if RECORD not in self.plan.tables:
            return None
        found: list[tuple[Any, ...]] = connection.execute(
            f'SELECT hh, entry, of, claim, "from", "until", paid_on, amount, quantity FROM stage.rows_record WHERE {OF_ASKED} ORDER BY line'
        ).fetchall()
        return found


__all__ = ["Open", "Reference"]
