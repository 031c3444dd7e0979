"""The statements of a program, and where each name's answer stands.

A stage is one statement over all rows of an entity. It holds every entry of the entity that reads nothing of later
stages: an entry that reads another entity, or other rows of its own, stands in a stage after theirs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from bangfu.rules.language.nodes import Ref
from bangfu.rules.pack.model import Entry, Pack
from bangfu.rules.runners.sql.columns import FACT_DEN, Columns
from bangfu.rules.runners.sql.frames import Frame
from bangfu.rules.runners.sql.tree import Exp, opposite
from bangfu.rules.runners.sql.vals import Val, number, pick, unclosed


@dataclass(frozen=True, slots=True)
class Answer:
    """What an entry answers in a frame: ``status`` yes, no or NULL; ``amount`` None where it gives none."""

    status: Exp
    amount: Val | None
    quantity: Val | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """An entry worked out: its stage, its answer (a definition's value is its amount), whether it is received."""

    frame: Frame
    entry: Entry
    answer: Answer
    received: Exp | None = None


class Stages:
    """All statements; ``level`` is the stage under way."""

    def __init__(self, columns: Columns, today: dt.date) -> None:
        self.pack: Pack = columns.pack
        self.columns = columns
        self.today = today
        self.level = 0
        self.frames: dict[tuple[object, ...], Frame] = {}
        self.found: dict[str, Found] = {}

    # -- frames --------------------------------------------------------------------------------------------------
    def frame(self, entity: str) -> Frame:
        """Return the stage under way over an entity's rows."""
        frame = self.made((entity, self.level), f"{entity} {self.level + 1}", f"rows_{entity}")
        frame.outputs.setdefault("id", frame.column("r", "id"))
        return frame

    def made(self, key: tuple[object, ...], table: str, source: str, root: str = "r") -> Frame:
        """Return the statement of a key, a new one with a name of its own where there is none."""
        if key not in self.frames:
            taken = {frame.table for frame in self.frames.values()}
            names = [table, *(f"{table}, {n}" for n in range(2, len(taken) + 3))]
            self.frames[key] = Frame(self.columns, self.today, next(n for n in names if n not in taken), source, root)
        return self.frames[key]

    def ordered(self, wanted: Iterable[Frame]) -> list[Frame]:
        """Return some statements and all that these read, what is read first."""
        order: dict[Frame, None] = {}

        def visit(frame: Frame) -> None:
            if frame not in order:
                for join in frame.used().values():
                    if isinstance(join.source, Frame):
                        visit(join.source)
                order[frame] = None

        for frame in wanted:
            visit(frame)
        return list(order)

    # -- answers -------------------------------------------------------------------------------------------------
    def finish(self, frame: Frame, entry: Entry, answer: Answer, received: Exp | None = None) -> None:
        """Set what an entry answers; later readers take this."""
        self.found[entry.id] = Found(frame, entry, answer, received)

    def answer(self, frame: Frame, entry: str) -> Answer:
        """Return an entry's answer so far for the frame's own row."""
        found = self.found[entry]
        if found.frame is frame:
            return found.answer
        alias = frame.stage(found.frame, (), in_loop=False)
        status = frame.read(alias, entry, found.answer.status)
        amount = found.answer.amount
        return Answer(status, None if amount is None else frame.value(alias, f"{entry} sum", amount))

    def read(self, frame: Frame, ref: Ref) -> Val:
        """Return what other entries read: a definition's value, a benefit's final amount (0 if not met), else yes or no."""
        found = self.found[ref.name]
        own = found.frame is frame and not ref.path and not ref.in_loop
        alias = "" if own else frame.stage(found.frame, ref.path, in_loop=ref.in_loop)
        amount = found.answer.amount
        if found.entry.kind == "definition":
            assert amount is not None
            return amount if own else frame.value(alias, ref.name, amount)
        status = found.answer.status if own else frame.read(alias, ref.name, found.answer.status)
        if not found.entry.is_benefit:
            return Val("yes_no", status)
        if amount is not None and not own:
            amount = frame.value(alias, f"{ref.name} sum", amount)
        sum_ = number(0) if amount is None else unclosed(amount, number(0))
        return pick([(status, sum_), (opposite(status), number(0))], "number")

    def received(self, frame: Frame, ref: Ref) -> Exp:
        """Return whether a benefit is received, by the basis."""
        found = self.found[ref.name]
        assert found.received is not None
        if found.frame is frame and not ref.path and not ref.in_loop:
            return found.received
        alias = frame.stage(found.frame, ref.path, in_loop=ref.in_loop)
        return frame.read(alias, f"{ref.name} received", found.received)


__all__ = ["FACT_DEN", "Answer", "Found", "Stages"]
