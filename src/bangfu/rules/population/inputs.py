"""From the stage to the tables that a SQL program reads: some households with all that belongs to them.

The program's own numbering is kept: a row's number is its line plus what its entity starts from, so that the numbers
of a partition are those of every other run over the same stage.
"""

from __future__ import annotations

from dataclasses import dataclass

from bangfu.rules.pack.model import Pack
from bangfu.rules.population.columns import LedgerPlan, with_gates
from bangfu.rules.population.database import literal, quoted
from bangfu.rules.population.held import Task
from bangfu.rules.population.ledger import RECORD
from bangfu.rules.population.links import offset, rows
from bangfu.rules.runners.python.rows import OWNER_ENTITIES
from bangfu.rules.runners.sql.columns import TYPES
from bangfu.rules.runners.sql.program import SqlProgram
from bangfu.rules.vocabulary import Fact

EVERYBODY = ("place", "organisation")
"""Rows that belong to no household: every partition has them all."""


@dataclass(frozen=True, slots=True)
class Some:
    """Which households: a test on ``hh`` as SQL; those that are rejected are never among them."""

    where: str

    def clause(self, entity: str) -> str:
        """Return the WHERE of an entity's rows."""
        if entity in EVERYBODY:
            bad = f"(SELECT line FROM stage.faults WHERE entity = {literal(entity)})"
            return f"line NOT IN {bad}"
        return f"({self.where}) AND hh NOT IN (SELECT hh FROM stage.rejected)"


class Inputs:
    """Makes the tables that a program reads for some households."""

    def __init__(self, program: SqlProgram, plan: LedgerPlan) -> None:
        self.program = program
        self.pack: Pack = program.pack
        self.plan = plan

    def tasks(self, some: Some) -> list[Task]:
        """Return what makes the tables."""
        return [Task(table, query) for table, query in self.queries(some).items()]

    def queries(self, some: Some) -> dict[str, str]:
        """Return each table as a query over the stage."""
        found = {}
        for table, columns in self.program.inputs.items():
            if table == "runs":
                query = self._runs(columns)
            elif table == "record_rows":
                query = self._record(columns, some)
            else:
                query = self._rows(table.removeprefix("rows_"), columns, some)
            found[table] = query
        return found

    # -- rows ----------------------------------------------------------------------------------------------------
    def _rows(self, entity: str, columns: dict[str, str], some: Some) -> str:
        if entity != "place" and entity not in self.plan.tables:
            return nothing(columns)
        facts = self._facts(entity, columns)
        query = self._stated(entity, facts, some)
        for place, (replaced, marks) in enumerate(self._gated(facts)):
            query = f"SELECT * REPLACE ({replaced}){marks} FROM ({query}) AS g{place}"
        listed = ", ".join(f"{self._column(entity, name, kind)} AS {quoted(name)}" for name, kind in columns.items())
        return f"SELECT {listed} FROM ({query}) AS s"

    def _facts(self, entity: str, columns: dict[str, str]) -> list[Fact]:
        """Return the facts that columns are made of, each with the gates before it."""
        date = self.pack.vocabulary.entities[entity].date
        wanted = with_gates(self.pack, {name.removesuffix("!") for name in columns} | ({date} if date else set()))
        return [fact for fact in self.pack.vocabulary.facts_of(entity) if fact.id in wanted and fact.kind != "text"]

    def _here(self, entity: str) -> set[str]:
        return {cell.name for cell in self.plan.tables[entity].cells} if entity in self.plan.tables else set()

    def _stated(self, entity: str, facts: list[Fact], some: Some) -> str:
        here = self._here(entity)
        listed = [f"{quoted(f.id)}" if f.id in here else f"NULL::{TYPES[f.kind]} AS {quoted(f.id)}" for f in facts]
        listed += [f"{quoted(e.id)} AS {quoted('said ' + e.id)}" for e in self.pack.entries.values() if e.kind == "recognition" and e.per == entity and e.id in here]
        run, join = "0::BIGINT", ""
        if self.plan.by_household and entity not in EVERYBODY:
            run, join = "coalesce(run, 0)", " LEFT JOIN stage.home_run USING (hh)"
        return f"SELECT {', '.join(['line', 'name', 'up', 'at_line', f'{run} AS run', *listed])} FROM {rows(entity)}{join} WHERE {some.clause(entity)}"

    def _gated(self, facts: list[Fact]) -> list[tuple[str, str]]:
        """Return (replaced columns, added marks) layer by layer: what a closed gate answers is filled in, outer gates first."""
        found = []
        done = {fact.id for fact in facts if not fact.gate}
        rest = [fact for fact in facts if fact.gate]
        while rest:
            now = [fact for fact in rest if fact.gate in done]
            replaced, marks = [], ""
            for fact in now:
                shut = f"{quoted(fact.id)} IS NULL AND {quoted(fact.gate or '')} IS FALSE"
                if fact.type in ("money", "number", "yes_no"):
                    value = "false" if fact.type == "yes_no" else "0::BIGINT"
                    replaced.append(f"CASE WHEN {shut} THEN {value} ELSE {quoted(fact.id)} END AS {quoted(fact.id)}")
                else:
                    marks += f", ({shut}) AS {quoted(fact.id + '!')}"
            found.append((", ".join(replaced) or "line AS line", marks))
            done |= {fact.id for fact in now}
            rest = [fact for fact in rest if fact not in now]
        return found

    def _column(self, entity: str, name: str, kind: str) -> str:
        shape = self.pack.vocabulary.entities[entity]
        links = {"id": f"line + {offset(self.pack, entity)}", "run": "run", "name": "name", "up": self._up(entity),
                 "at": f"at_line + {offset(self.pack, shape.at)}" if shape.at else "NULL::BIGINT", "owner": self._owner(entity)}  # fmt: skip
        if name in links:
            return links[name]
        if name == "date":
            return quoted(shape.date) if shape.date else "NULL::DATE"
        if name == "date!":
            return quoted(f"{shape.date}!") if shape.date and self.pack.vocabulary.facts[shape.date].gate else "false"
        if name.startswith("said ") and name[5:] not in self._here(entity):
            return f"NULL::{kind}"
        return quoted(name)

    def _up(self, entity: str) -> str:
        owner = self.pack.vocabulary.entities[entity].belongs_to
        if owner is None:
            return "NULL::BIGINT"
        return f"1 + {offset(self.pack, owner)}" if owner == "place" else f"up + {offset(self.pack, owner)}"

    def _owner(self, entity: str) -> str:
        return f"line + {offset(self.pack, entity)}" if entity in OWNER_ENTITIES else self._up(entity)

    # -- runs and record -----------------------------------------------------------------------------------------
    def _runs(self, columns: dict[str, str]) -> str:
        said = {name: str(value) for name, value in stated(self.pack, self.plan).items()} | {"id": "0"}
        if self.plan.by_household:
            said = {name: f"list_contains(names, {literal(name.removeprefix('has '))})" for name in said} | {"id": "run"}
            return "SELECT " + ", ".join(f"{said[name]}::{kind} AS {quoted(name)}" for name, kind in columns.items()) + " FROM stage.signatures"
        return "SELECT " + ", ".join(f"{said[name]}::{kind} AS {quoted(name)}" for name, kind in columns.items())

    def _record(self, columns: dict[str, str], some: Some) -> str:
        if RECORD not in self.plan.tables:
            return nothing(columns)
        starts = {name: offset(self.pack, name) for name in self.pack.vocabulary.entities}

        def number(entity: str, line: str) -> str:
            cases = " ".join(f"WHEN {literal(name)} THEN {start}" for name, start in starts.items())
            return f"{line} + CASE {entity} {cases} END"

        parts = {
            "row": number("entity", "row"), "owner": number("owner_entity", "owner"), "since": quoted("from"),
            "place": "row_number() OVER (PARTITION BY entry, entity, row ORDER BY line) - 1",
        }  # fmt: skip
        listed = ", ".join(f"({parts.get(name, quoted(name))})::{kind} AS {quoted(name)}" for name, kind in columns.items())
        return f"SELECT {listed} FROM stage.rows_record WHERE hh IS NULL OR ({some.clause('person')})"


def nothing(columns: dict[str, str]) -> str:
    """Return the query of a table without rows."""
    return "SELECT " + ", ".join(f"NULL::{kind} AS {quoted(name)}" for name, kind in columns.items()) + " WHERE false"


def stated(pack: Pack, plan: LedgerPlan) -> dict[str, bool]:
    """Return what the ledger states at all, by column of ``runs``: the record and each collection, if their table is there."""
    collections = {f"has {e.collection}": e.id in plan.tables for e in pack.vocabulary.entities.values() if e.collection}
    return {"record": RECORD in plan.tables, **collections}


__all__ = ["EVERYBODY", "Inputs", "Some", "nothing", "stated"]
