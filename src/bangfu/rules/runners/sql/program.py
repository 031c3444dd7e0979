"""A pack compiled to SQL for one day, and run over stated facts of many households at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlglot import exp

from bangfu.rules.engine import Engine
from bangfu.rules.household import Given
from bangfu.rules.pack.model import Entry
from bangfu.rules.plan import Plan, Step
from bangfu.rules.runners.python.build import build_run
from bangfu.rules.runners.sql import copies, stacking, tiers
from bangfu.rules.runners.sql.back_ends import BackEnd, OnDuckDb
from bangfu.rules.runners.sql.columns import Columns, Known
from bangfu.rules.runners.sql.dialects import DIALECTS
from bangfu.rules.runners.sql.entries import EntrySql, in_force, received, settle
from bangfu.rules.runners.sql.frames import Frame
from bangfu.rules.runners.sql.levels import levels
from bangfu.rules.runners.sql.nodes import SqlCompiler
from bangfu.rules.runners.sql.stages import Answer, Found, Stages
from bangfu.rules.runners.sql.tables import Table, Tables
from bangfu.rules.runners.sql.targets import target
from bangfu.rules.runners.sql.tree import is_const, is_false, one_of_each
from bangfu.rules.runners.sql.vals import Val, pick

Key = tuple[int, str, str, str]
Inputs = dict[str, dict[str, str]]
STATUS = {True: "met", False: "not_met", None: "unknown"}


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


@dataclass(frozen=True, slots=True)
class Amount:
    """The columns of a sum or value: its lower end over ``den`` (a number, or the column of it), its upper end, its gate.

    ``high`` is None where there is never a range; a known value with ``high`` NULL is open above.
    """

    kind: str
    low: str
    den: int | str = 1
    high: str | None = None
    closed: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """Where an entry's answer stands: ``table`` has one row for each row of the entry's entity, by ``id``.

    ``status`` is a yes/no column (NULL: undecided); None for a definition, whose value is ``amount``, and where the status
    is the same for every row: then ``fixed`` says which ("met", "not_met", "unknown"; else "").
    """

    entry: Entry
    table: str
    status: str | None
    amount: Amount | None
    fixed: str = ""


class SqlProgram:
    """The plan of an engine as SQL of one back end, for one day and one basis; ``only`` limits it to some entries.

    ``inputs`` are the tables it reads, with the columns that they must have and their types (see ``columns``: what each
    holds); ``statements()`` the stages as (table, SELECT) in an order in which each can be created from those before;
    ``results`` where each entry's answer then stands. Nothing is read row by row: totals are an aggregate over a
    result's table, entitlements a SELECT of it. ``known`` says what holds of the input beforehand (see ``Known``):
    the program is then shorter, and right for such input alone.
    """

    def __init__(
        self, engine: Engine, day: dt.date, basis: str = "met", *, only: frozenset[str] | None = None,
        dialect: str = "duckdb", known: Known | None = None,
    ) -> None:  # fmt: skip
        self.engine = engine
        self.pack = engine.pack
        self.plan: Plan = engine.plan
        self.day = day
        self.basis = basis
        self.only = only
        self.dialect = DIALECTS[dialect]
        self.reads: dict[str, frozenset[str]] = {}
        """Table made → tables that its statement reads."""
        self.scanned: frozenset[str] = frozenset()
        """Wide tables, those that come in too, that are read row after row and never joined."""
        with one_of_each():
            self.stages = Stages(Columns(engine.pack, known or Known()), day)
            for level, step in levels(self.plan, self.plan.steps_for(only)):
                self.stages.level = level
                self._step(step)
            self.results = {name: self._result(found) for name, found in self.stages.found.items() if only is None or name in only}
            self.frames = self.stages.ordered(dict.fromkeys(self.stages.found[name].frame for name in self.results))
            self.inputs = self._inputs()
            self.trees = list(self._trees())
        self._texts: list[tuple[str, str]] = []

    # -- compiling -----------------------------------------------------------------------------------------------
    def _compiler(self, frame: Frame, entry: Entry) -> SqlCompiler:
        claim = self.pack.vocabulary.entities[entry.per or ""].claim
        return SqlCompiler(self.pack, self.stages, frame, self.pack.documents.get(entry.place), by_claim=claim, basis=self.basis)

    def _step(self, step: Step) -> None:
        if step.kind != "entry":
            self._stacked(step)
            return
        entry = self.pack.entries[step.name]
        if entry.per is None or (entry.kind == "target" and entry.measure is None):
            return
        frame = self.stages.frame(entry.per)
        if entry.kind == "definition":
            compiler = self._compiler(frame, entry)
            inside = in_force(frame, entry, self.pack.documents.get(entry.place), by_claim=compiler.by_claim)
            value = tiers.definition(compiler, entry)
            if entry.since or entry.until:
                value = pick([(inside, value)], value.kind)  # outside its force a definition is missing
            self.stages.finish(frame, entry, Answer(value.value, value))
        elif entry.kind == "target":
            self.stages.finish(frame, entry, target(self._compiler(frame, entry), entry))
        else:
            EntrySql(self.pack, self.plan, self.stages, entry, self.basis).build()

    def _stacked(self, step: Step) -> None:
        """Act a group out over its members' answers."""
        group = self.pack.stackings[step.name]
        members = [self.pack.entries[name] for name in group.entries if name in self.plan.final]
        if step.kind == "ceiling":
            members = members[: step.place + 1]
        frame = self.stages.frame(members[0].per or "")
        compiler = self._compiler(frame, members[0])
        answers = [self.stages.answer(frame, m.id) for m in members]
        if step.kind == "group":
            act = stacking.highest if group.mode == "highest" else stacking.first
            for member, answer in zip(members, act(compiler, answers), strict=True):
                self._hold(frame, member, answer)
            return
        assert group.at_most is not None
        answer = stacking.ceiling(answers, compiler.val(group.at_most), step.place)
        self._hold(frame, members[step.place], settle(answer) if answer.amount is not None else answer)

    def _hold(self, frame: Frame, member: Entry, answer: Answer) -> None:
        work = EntrySql(self.pack, self.plan, self.stages, member, self.basis)
        self.stages.finish(frame, member, answer, received(work, answer) if member.id in self.plan.receives else None)

    def _result(self, found: Found) -> Result:
        """Give an entry's answer its columns."""
        name, answer, outputs = found.entry.id, found.answer, found.frame.outputs
        definition = found.entry.kind == "definition"
        refused = is_false(answer.status) and not definition
        amount = None if answer.amount is None or refused else _amount(found.frame, name if definition else f"{name} sum", answer.amount)
        if definition:
            return Result(found.entry, found.frame.table, None, amount)
        if is_const(answer.status):
            return Result(found.entry, found.frame.table, None, amount, STATUS[answer.status.data])
        outputs.setdefault(name, answer.status)
        return Result(found.entry, found.frame.table, name, amount)

    def _inputs(self) -> Inputs:
        found: Inputs = {}
        kinds, types = self.stages.columns.kinds, self.dialect.types
        for frame in self.frames:
            for table, name in frame.reads():
                found.setdefault(table, {})[name] = types[kinds[table][name]]
        return found

    def _trees(self) -> Iterator[tuple[str, Any]]:
        """Yield (table, SELECT) of every statement, the copies of a table after it."""
        answers = {result.table for result in self.results.values()}
        copied = copies.copied(self.frames, self.inputs, answers) if self.dialect.copies else {}
        names = {table: copies.copy_of(table) for table in copied}
        self.scanned = copies.scanned(self.frames, answers, copied)
        self.reads = {names[table]: frozenset([table]) for table in copied}
        for table in self.inputs:
            if table in copied:
                yield names[table], copies.select(table, copied[table])
        for frame in self.frames:
            joined = {table for table, _ in frame.joined()}
            self.reads[frame.table] = frozenset([frame.source, *(names.get(table, table) for table in joined)])
            yield from frame.statements(self.dialect, names)
            if frame.table in copied:
                yield names[frame.table], copies.select(frame.table, copied[frame.table])

    # -- running -------------------------------------------------------------------------------------------------
    def statements(self) -> list[tuple[str, str]]:
        """Return (table, SELECT) of every stage in order."""
        if not self._texts:
            self._texts = [(name, query.sql(dialect=self.dialect.name, copy=False)) for name, query in self.trees]
        return self._texts

    def sql(self) -> str:
        """Return the whole program as text, one statement for each stage."""
        created = [_create(name, query).sql(dialect=self.dialect.name, pretty=True) for name, query in self.trees]
        return ";\n\n".join(created) + ";\n"

    def tables(self, givens: list[Given]) -> Iterator[Table]:
        """Yield the input tables of stated households."""
        runs = [(build_run(self.engine.layout, given, self.day, self.basis), given.collections) for given in givens]
        names = {"id": "number", "run": "number", "name": "code"}
        inputs = {table: dict(columns) for table, columns in self.inputs.items()}
        for result in self.results.values():
            inputs.setdefault(f"rows_{result.entry.per}", {}).update(names)
        return Tables(self.engine, inputs).made(runs)

    def run(self, givens: list[Given], back_end: BackEnd | None = None) -> dict[Key, SqlAnswer]:
        """Return the answer of every entry for every row: (place in ``givens``, entry, entity, row id) → answer.

        ``back_end`` speaks the program's dialect; a DuckDB of its own where none is given. It is closed.
        """
        end = OnDuckDb() if back_end is None else back_end
        try:
            for table in self.tables(givens):
                end.load(table, self.stages.columns.kinds[table[0]])
            for name, select in self.statements():
                end.make(name, select)
            return dict(self.answers(end.rows))
        finally:
            end.close()

    def answers(self, fetch: Any) -> Iterator[tuple[Key, SqlAnswer]]:
        """Yield every answer; ``fetch`` returns the rows of a query as dicts."""
        tables: dict[str, list[Result]] = {}
        for result in self.results.values():
            tables.setdefault(result.table, []).append(result)
        for table, results in tables.items():
            entity = results[0].entry.per or ""
            query = f'SELECT r.run AS "run", r.name AS "name", s.* FROM "{table}" AS s JOIN "rows_{entity}" AS r ON r.id = s.id'
            for row in fetch(exp.maybe_parse(query, dialect="duckdb").sql(dialect=self.dialect.name)):
                for result in results:
                    yield (row["run"], result.entry.id, entity, row["name"]), answer_of(result, row)


def _create(name: str, query: Any) -> Any:
    return exp.Create(this=exp.Table(this=exp.to_identifier(name, quoted=True)), kind="TABLE", expression=query)


def _amount(frame: Frame, name: str, val: Val) -> Amount:
    parts = {"": val.value, "/": None if isinstance(val.den, int) else val.den, "^": val.high, "!": val.closed}
    for sign, part in parts.items():
        if part is not None:
            frame.outputs.setdefault(f"{name}{sign}", part)
    given = {sign: f"{name}{sign}" if part is not None else None for sign, part in parts.items()}
    return Amount(val.kind, name, given["/"] or val.den, given["^"], given["!"])


def _ends(row: dict[str, Any], amount: Amount) -> tuple[Fraction | None, Fraction | None]:
    low = row[amount.low]
    if low is None:
        return None, None
    den = amount.den if isinstance(amount.den, int) else row[amount.den]
    high = low if amount.high is None else row[amount.high]
    return Fraction(low, den), None if high is None else Fraction(high, den)


def answer_of(result: Result, row: dict[str, Any]) -> SqlAnswer:
    """Return what a row of a result's table answers."""
    amount = result.amount
    closed = amount is not None and amount.closed is not None and bool(row[amount.closed])
    if result.entry.kind == "definition":
        assert amount is not None
        value = row[amount.low]
        status = "unknown" if value is None and not closed else "met"
        if amount.kind == "number":
            return SqlAnswer(status, *_ends(row, amount), closed=closed)
        return SqlAnswer(status, value=value, closed=closed)
    status = result.fixed or STATUS[row[result.status or ""]]
    if amount is None:
        return SqlAnswer(status)
    if status == "not_met" or closed:
        return SqlAnswer(status, Fraction(0), Fraction(0), closed=closed)
    return SqlAnswer(status, *_ends(row, amount))
