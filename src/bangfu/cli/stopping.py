"""Ctrl-C while Spark works: one sentence, and the end.

PySpark's own way asks the JVM to cancel what it does, over a line that may be busy with the question it interrupts: it
prints pages of errors, and hangs where the session is only just being opened. Nothing needs to be tidied up: a partition
counts once it is whole, the manifest is written last, and the JVM ends by itself when this process does.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from bangfu.cli.context import Context
from bangfu.rules.population.on_spark import OnSpark

INTERRUPTED = 130
SHOW_CURSOR = "\x1b[?25h"


def stopped(ctx: Context) -> str:
    """Return what is said of a run that was stopped."""
    return ctx.say("已停止；加 --resume 可继续。", "Stopped; --resume goes on from here.")


@contextmanager
def stops_at_once(ctx: Context, carrier: OnSpark) -> Iterator[None]:
    """End the process on Ctrl-C, before, while and after the session is opened."""

    def stop(number: int, frame: FrameType | None) -> None:
        shown = SHOW_CURSOR if sys.stderr.isatty() else ""
        os.write(2, f"{shown}{stopped(ctx)}\n".encode(sys.stderr.encoding or "utf-8", "replace"))
        os._exit(INTERRUPTED)

    start = carrier.start

    def started() -> Any:
        session = start()
        signal.signal(signal.SIGINT, stop)  # opening it put PySpark's own in this place
        return session

    before = signal.signal(signal.SIGINT, stop)
    carrier.start = started
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
