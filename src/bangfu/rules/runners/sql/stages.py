"""The statements of a program in order, and where each name's value stands."""

from __future__ import annotations

from dataclasses import dataclass

from bangfu.rules.language.nodes import Ref
from bangfu.rules.pack.model import Entry, Pack
from bangfu.rules.runners.sql.frames import Frame, Stored, parts, stored
from bangfu.rules.runners.sql.tree import Exp, boolean, case, col, opposite
from bangfu.rules.runners.sql.vals import Val, number, pick, unclosed
from bangfu.rules.values import NUMBER_STEPS

FACT_DEN = NUMBER_STEPS
"""Stated numbers that are not money are held in ten-thousandths."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Where an entry's answer stands: its table, the shape of its sum or value (None: no sum), whether it may be closed."""

    table: str
    entry: Entry
    amount: Stored | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What an entry answers in a frame: ``status`` yes, no or NULL; ``amount`` None where it gives none."""

    status: Exp
    amount: Val | None
    quantity: Val | None = None


def fact_shapes(pack: Pack) -> dict[str, Stored]:
    """Return the shape of every fact: numbers in steps of four decimals, closed where a gate shuts what is no sum."""
    found: dict[str, Stored] = {}
    for fact in pack.vocabulary.facts.values():
        den = FACT_DEN if fact.type == "number" else 1
        found[fact.id] = Stored(
            fact.kind, den, closed=bool(fact.gate) and fact.type not in ("money", "number", "yes_no")
        )
    return found


class Stages:
    """Statements in order; each makes one table with the id of the row."""

    def __init__(self, pack: Pack) -> None:
        self.facts = fact_shapes(pack)
        self.statements: list[tuple[str, Exp]] = []
        self.shapes: dict[str, Shape] = {}
        self.names: set[str] = set()

    def fresh(self, name: str) -> str:
        """Return a table name not used yet."""
        found, count = name, 1
        while found in self.names:
            count += 1
            found = f"{name} {count}"
        self.names.add(found)
        return found

    def add(self, name: str, statement: Exp) -> None:
        """Add a statement."""
        self.names.add(name)
        self.statements.append((name, statement))

    def finish(self, frame: Frame, entry: Entry, answer: Answer, received: Exp | None) -> None:
        """Add the stage of an entry; later ones read this table."""
        table = self.fresh(entry.id)
        columns = [("id", col("id")), ("status", answer.status)]
        columns += [] if answer.amount is None else parts("amount", answer.amount)
        columns += [] if received is None else [("receives", received)]
        self.add(table, frame.statement(columns))
        self.shapes[entry.id] = Shape(table, entry, None if answer.amount is None else stored(answer.amount))

    def define(self, frame: Frame, entry: Entry, value: Val) -> None:
        """Add the stage of a definition."""
        table = self.fresh(entry.id)
        self.add(table, frame.statement([("id", col("id")), *parts("value", value)]))
        self.shapes[entry.id] = Shape(table, entry, stored(value))

    def answer(self, frame: Frame, entry: str) -> Answer:
        """Return an entry's answer so far for the frame's own row."""
        shape = self.shapes[entry]
        alias = frame.stage(shape.table, (), in_loop=False)
        amount = None if shape.amount is None else frame.stored(alias, "amount", shape.amount)
        return Answer(frame.column(alias, "status"), amount)

    def read(self, frame: Frame, ref: Ref) -> Val:
        """Return what other entries read: a definition's value, a benefit's final amount (0 if not met), else yes or no."""
        shape = self.shapes[ref.name]
        alias = frame.stage(shape.table, ref.path, in_loop=ref.in_loop)
        if shape.entry.kind == "definition":
            assert shape.amount is not None
            return frame.stored(alias, "value", shape.amount)
        status = frame.column(alias, "status")
        if not shape.entry.is_benefit:
            return Val("yes_no", status)
        amount = number(0) if shape.amount is None else unclosed(frame.stored(alias, "amount", shape.amount), number(0))
        return pick([(status, amount), (opposite(status), number(0))], "number")

    def received(self, frame: Frame, ref: Ref) -> Exp:
        """Return whether a benefit is received, by the basis."""
        alias = frame.stage(self.shapes[ref.name].table, ref.path, in_loop=ref.in_loop)
        return frame.column(alias, "receives")


__all__ = ["Answer", "Shape", "Stages", "boolean", "case"]
