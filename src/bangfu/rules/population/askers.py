"""The reference runner in several processes: each makes its own engine from the pack and answers batches.

A process that is started afresh (spawn) holds nothing of the database, and all it knows comes through its own pipe.
That pipe ends with the process that asks, however that ends: no asker outlives it by more than the batch in its hands.
"""

from __future__ import annotations

import datetime as dt
import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any

from bangfu.rules.engine import Engine
from bangfu.rules.errors import BangfuError
from bangfu.rules.pack.model import Pack
from bangfu.rules.population.asking import Asker, Batch, DisagreementError, Open, Shape


class AskerLostError(BangfuError):
    """A process of the reference ended before its answer."""

    code = "RUN"


@dataclass(frozen=True, slots=True)
class Question:
    """All that a process needs to make its ``Asker``: it is sent once."""

    pack: Pack
    day: dt.date
    basis: str
    entries: tuple[str, ...]
    shape: Shape

    def asker(self) -> Asker:
        """Return the asker, with an engine of its own."""
        return Asker(Engine(self.pack), self.day, self.basis, [self.pack.entries[name] for name in self.entries], self.shape)


class Askers:
    """Processes that answer batches; ``close`` ends them."""

    def __init__(self, question: Question, processes: int) -> None:
        context = get_context("spawn")
        self.processes: list[Any] = []
        self.idle: list[Connection] = []
        self.all: list[Connection] = []
        with _interrupt_ignored():
            for _ in range(processes):
                ours, theirs = context.Pipe()
                process = context.Process(target=_answer, args=(theirs, question), daemon=True)
                process.start()
                theirs.close()  # what is left open here would keep the asker from seeing an end
                self.processes.append(process)
                self.all.append(ours)
        self.idle = list(self.all)

    def answers(self, batches: Iterable[Batch]) -> Iterator[list[Open]]:
        """Yield what is open in each batch, in no order; the next batch is read while the others are answered.

        Raises:
            DisagreementError: SQL answered otherwise than the reference.
            AskerLostError: A process ended before its answer.
        """
        asked = 0
        for batch in batches:
            if not self.idle:
                yield self._next()
                asked -= 1
            self._send(self.idle.pop(), batch)
            asked += 1
        for _ in range(asked):
            yield self._next()

    def _send(self, asker: Connection, batch: Batch) -> None:
        try:
            asker.send(batch)
        except OSError:
            raise _lost() from None

    def _next(self) -> list[Open]:
        """Return the answer that comes first."""
        busy = [each for each in self.all if each not in self.idle]
        asker: Any = wait(busy)[0]
        try:
            told: list[Open] | tuple[str, str] = asker.recv()
        except (EOFError, OSError):
            raise _lost() from None
        self.idle.append(asker)
        if isinstance(told, tuple):
            raise DisagreementError(*told)
        return told

    def close(self) -> None:
        """End the processes: what they hold in hand is not wanted any more."""
        for process in self.processes:
            process.terminate()
        for process, asker in zip(self.processes, self.all, strict=True):
            process.join()
            asker.close()
        self.processes, self.all, self.idle = [], [], []


def _lost() -> AskerLostError:
    return AskerLostError(
        "一个复算进程意外结束，多半是内存不够。已完成的部分已保留：加 --resume 和较小的 --threads 再运行。",
        "a process of the reference ended before its answer, most likely for lack of memory. What is finished is kept: run again with --resume and fewer --threads.",
    )


def _answer(asked: Connection, question: Question) -> None:
    """Answer batches until the pipe ends."""
    asker = question.asker()
    while True:
        try:
            batch: Batch = asked.recv()
            try:
                told: list[Open] | tuple[str, str] = asker.open_answers(batch)
            except DisagreementError as error:
                told = (error.zh, error.en)
            asked.send(told)
        except (EOFError, OSError):
            return


@contextmanager
def _interrupt_ignored() -> Iterator[None]:
    """Let what is started ignore Ctrl-C, which a terminal sends to all: the one that asks says what becomes of it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


__all__ = ["AskerLostError", "Askers", "Question"]
