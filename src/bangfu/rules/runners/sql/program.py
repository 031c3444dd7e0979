"""A pack compiled to SQL for one day, and run over stated facts of many households at once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlglot import exp

from bangfu.rules.engine import Engine
from bangfu.rules.household import Given
from bangfu.rules.pack.model import Entry
from bangfu.rules.plan import Step
from bangfu.rules.runners.python.build import build_run
from bangfu.rules.runners.sql import stacking, tiers
from bangfu.rules.runners.sql.dialects import DIALECTS, DUCKDB_CONFIG
from bangfu.rules.runners.sql.entries import EntrySql, received, settle
from bangfu.rules.runners.sql.frames import Frame, Stored
from bangfu.rules.runners.sql.nodes import SqlCompiler
from bangfu.rules.runners.sql.stages import Answer, Stages
from bangfu.rules.runners.sql.tables import Table, Tables
from bangfu.rules.runners.sql.targets import target
from bangfu.rules.runners.sql.tree import Exp

Key = tuple[int, str, str, str]


@dataclass(frozen=True, slots=True)
class SqlAnswer:
    """One entry for one row: ``status`` met, not_met or unknown (a definition: met if its value is known).

    ``low`` and ``high`` are the sum (fen) or value; both None is unknown or none, ``high`` alone None is open above.
    ``value`` is a definition's yes/no, code or date; ``closed`` says that it stands behind a gate answered "no".
    """

    status: str
    low: Fraction | None = None
    high: Fraction | None = None
    value: Any = None
    closed: bool = False


class SqlProgram:
    """The plan of an engine as SQL of one back end; ``day`` is the date asked, ``only`` limits it to some entries."""

    def __init__(
        self, engine: Engine, day: dt.date, dialect: str = "duckdb", only: frozenset[str] | None = None
    ) -> None:
        self.engine = engine
        self.pack = engine.pack
        self.day = day
        self.only = only
        self.dialect = DIALECTS[dialect]
        self.stages = Stages(engine.pack)
        self.tables = Tables(engine)
        for step in engine.plan.steps_for(only):
            self._step(step)
        self.tables.only(query for _, query in self.stages.statements)
        self.outputs = {name: shape for name, shape in self.stages.shapes.items() if only is None or name in only}

    # -- compiling -----------------------------------------------------------------------------------------------
    def _frame(self, entry: Entry) -> Frame:
        assert entry.per is not None
        return Frame(self.pack.vocabulary, self.dialect, entry.per, self.day)

    def _compiler(self, frame: Frame, entry: Entry) -> SqlCompiler:
        claim = self.pack.vocabulary.entities[entry.per or ""].claim
        return SqlCompiler(self.pack, self.stages, frame, self.pack.documents.get(entry.place), by_claim=claim)

    def _step(self, step: Step) -> None:
        if step.kind != "entry":
            self._stacked(step)
            return
        entry = self.pack.entries[step.name]
        if entry.per is None or (entry.kind == "target" and entry.measure is None):
            return
        frame = self._frame(entry)
        if entry.kind == "definition":
            self.stages.define(frame, entry, tiers.definition(self._compiler(frame, entry), entry))
        elif entry.kind == "target":
            self.stages.finish(frame, entry, target(self._compiler(frame, entry), entry), None)
        else:
            EntrySql(self.pack, self.engine.plan, self.stages, frame, entry).build()

    def _stacked(self, step: Step) -> None:
        group = self.pack.stackings[step.name]
        members = [self.pack.entries[name] for name in group.entries if name in self.engine.plan.final]
        if step.kind == "group":
            act = stacking.highest if group.mode == "highest" else stacking.first
            for member, place in zip(members, range(len(members)), strict=True):
                self._hold(member, lambda compiler, answers, at=place: act(compiler, answers)[at], members)
            for member in members:
                self._publish(member)
            return
        most = group.at_most
        assert most is not None

        def held(compiler: SqlCompiler, answers: list[Answer]) -> Answer:
            found = stacking.ceiling(
                compiler, answers, self._compiler(compiler.frame, members[0]).val(most), step.place
            )
            return Answer(*settle(compiler, found)) if found.amount is not None else found

        self._hold(members[step.place], held, members[: step.place + 1])
        self._publish(members[step.place])

    def _hold(self, member: Entry, act: Any, members: list[Entry]) -> None:
        """Add the stage of one member after the group acted; the group's other members still read the stages before."""
        frame = self._frame(member)
        compiler = self._compiler(frame, member)
        answers = [self.stages.answer(frame, m.id) for m in members]
        answer = act(compiler, answers)
        work = EntrySql(self.pack, self.engine.plan, self.stages, frame, member)
        got = received(work, answer) if member.id in self.engine.plan.receives else None
        kept = self.stages.shapes[member.id]
        self.stages.finish(frame, member, answer, got)
        self.waiting = {**getattr(self, "waiting", {}), member.id: self.stages.shapes[member.id]}
        self.stages.shapes[member.id] = kept

    def _publish(self, member: Entry) -> None:
        self.stages.shapes[member.id] = self.waiting.pop(member.id)

    # -- running -------------------------------------------------------------------------------------------------
    def statements(self) -> list[tuple[str, str]]:
        """Return (table, SELECT) of every stage in order."""
        return [(name, query.sql(dialect=self.dialect.name)) for name, query in self.stages.statements]

    def sql(self) -> str:
        """Return the whole program as text, one statement for each stage."""
        created = [
            _create(name, query).sql(dialect=self.dialect.name, pretty=True) for name, query in self.stages.statements
        ]
        return ";\n\n".join(created) + ";\n"

    def run(self, givens: list[Given], basis: str) -> dict[Key, SqlAnswer]:
        """Return the answer of every entry for every row: (place in ``givens``, entry, entity, row id) → answer."""
        connection = connect()
        try:
            runs = [(build_run(self.engine.layout, given, self.day, basis), given.collections) for given in givens]
            for table in self.tables.made(runs):
                load(connection, table)
            for name, query in self.stages.statements:
                connection.execute(_create(name, query).sql(dialect=self.dialect.name))
            return {key: answer for name in self.outputs for key, answer in self._answers(connection, name)}
        finally:
            connection.close()

    def _answers(self, connection: Any, name: str) -> list[tuple[Key, SqlAnswer]]:
        shape = self.outputs[name]
        entity = shape.entry.per or ""
        definition = shape.entry.kind == "definition"
        query = f'SELECT r.run AS run, r.name AS name, s.* FROM "{shape.table}" AS s JOIN "rows_{entity}" AS r ON r.id = s.id ORDER BY r.id'
        cursor = connection.execute(query)
        columns = [d[0] for d in cursor.description][2:]
        found = []
        for row in cursor.fetchall():
            values = dict(zip(columns, row[2:], strict=True))
            answer = _value(values, shape.amount) if definition else _answer(values, shape.amount)
            found.append(((row[0], name, entity, row[1]), answer))
        return found


def connect() -> Any:
    """Return a DuckDB in memory that reads no file, loads no extension and lets nobody change that."""
    import duckdb

    connection = duckdb.connect(":memory:", config={**DUCKDB_CONFIG, "threads": 1})
    connection.execute("SET lock_configuration = true")
    return connection


def load(connection: Any, table: Table) -> None:
    """Create one table and fill it."""
    name, columns, rows = table
    connection.execute(f'CREATE TABLE "{name}" ({", ".join(f"{_quoted(c)} {kind}" for c, kind in columns.items())})')
    if rows:
        connection.executemany(f'INSERT INTO "{name}" VALUES ({", ".join("?" for _ in columns)})', rows)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _create(name: str, query: Exp) -> Exp:
    return exp.Create(this=exp.Table(this=exp.to_identifier(name, quoted=True)), kind="TABLE", expression=query)


def _ends(values: dict[str, Any], name: str, shape: Stored) -> tuple[Fraction | None, Fraction | None]:
    low = values[name]
    if low is None:
        return None, None
    den = values[f"{name}/"] if shape.den is None else shape.den
    high = values[f"{name}^"] if shape.high else low
    return Fraction(low, den), None if high is None else Fraction(high, den)


def _answer(values: dict[str, Any], shape: Stored | None) -> SqlAnswer:
    status = {True: "met", False: "not_met", None: "unknown"}[values["status"]]
    if shape is None:
        return SqlAnswer(status)
    closed = bool(values.get("amount!"))
    if status == "not_met" or closed:
        return SqlAnswer(status, Fraction(0), Fraction(0), closed=closed)
    return SqlAnswer(status, *_ends(values, "amount", shape))


def _value(values: dict[str, Any], shape: Stored | None) -> SqlAnswer:
    assert shape is not None
    closed = bool(values.get("value!"))
    status = "unknown" if values["value"] is None and not closed else "met"
    if shape.kind == "number":
        return SqlAnswer(status, *_ends(values, "value", shape), closed=closed)
    return SqlAnswer(status, value=values["value"], closed=closed)
