"""The tables of one partition: made side by side, in the work database or beside it.

A table that is only read row after row is held as Arrow's batches: DuckDB writes them at half the cost of a table (which
notes the least and the greatest of every column) and shares them out among threads in small pieces (a table only by
122,880 rows, so that the second thread of a small one has nothing to do).

Statements that do not read each other are carried out at the same time: many of them keep one thread busy alone.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from bangfu.rules.population.database import quoted

BATCH = 20_480
"""Rows of a batch: ten of DuckDB's vectors."""


@dataclass(frozen=True, slots=True)
class Task:
    """A table to make of a query, after the tables that it reads; ``adds``: its rows are added to a table that is there."""

    name: str
    select: str
    reads: frozenset[str] = frozenset()
    adds: str = ""


class Held:
    """Makes the tables of one partition and drops them; ``scanned``: those that are never joined.

    ``hands``: how many statements are carried out at a time, each on a connection of its own to the same database.
    """

    def __init__(self, connection: Any, scanned: Set[str], hands: int = 1) -> None:
        self.connection = connection
        self.scanned = scanned
        self.hands = [Hand(self, connection.cursor()) for _ in range(hands)]
        self.tables: list[str] = []
        self.batches: dict[str, Any] = {}

    def make(self, tasks: Sequence[Task]) -> None:
        """Carry tasks out; a task stands after those that it waits for."""
        if len(self.hands) == 1:
            for task in tasks:
                self.hands[0].carry_out(task)
            return
        busy: dict[Future[None], tuple[Hand, Task]] = {}
        with ThreadPoolExecutor(len(self.hands)) as pool:
            try:
                self._share_out(list(tasks), pool, busy)
            except BaseException:
                _stop(busy)
                raise

    def _share_out(self, waiting: list[Task], pool: ThreadPoolExecutor, busy: dict[Future[None], tuple[Hand, Task]]) -> None:
        open_names = {task.name for task in waiting}
        idle = list(self.hands)
        while waiting or busy:
            for task in [task for task in waiting if not task.reads & open_names][: len(idle)]:
                waiting.remove(task)
                hand = idle.pop()
                busy[pool.submit(hand.carry_out, task)] = hand, task
            for future in wait(busy, return_when=FIRST_COMPLETED).done:
                hand, task = busy.pop(future)
                future.result()
                open_names.discard(task.name)
                idle.append(hand)

    def drop(self) -> None:
        """Drop all that was made."""
        for name in reversed(self.tables):
            self.connection.execute(f"DROP TABLE IF EXISTS {quoted(name)}")
        for hand in self.hands:
            hand.connection.close()
        self.tables, self.batches, self.hands = [], {}, []


class Hand:
    """One connection that carries statements out, one after the other."""

    def __init__(self, held: Held, connection: Any) -> None:
        self.held = held
        self.connection = connection
        self.known: set[str] = set()

    def carry_out(self, task: Task) -> None:
        """Make the table of a task; batches that it reads are shown to this connection first."""
        batches = self.held.batches
        for name in task.reads & batches.keys() - self.known:
            self.connection.register(name, batches[name])
            self.known.add(name)
        if task.adds:
            self.connection.execute(f"INSERT INTO {quoted(task.adds)} {task.select}")
        elif task.name in self.held.scanned:
            batches[task.name] = self.connection.sql(task.select).to_arrow_table(batch_size=BATCH)
        else:
            self.connection.execute(f"CREATE OR REPLACE TABLE {quoted(task.name)} AS {task.select}")
            self.held.tables.append(task.name)


def _stop(busy: dict[Future[None], tuple[Hand, Task]]) -> None:
    """Interrupt statements until all have ended; one that has not begun yet does not notice the first time."""
    while busy and wait(busy, timeout=0.02).not_done:
        for hand, _ in busy.values():
            hand.connection.interrupt()


__all__ = ["Hand", "Held", "Task"]
