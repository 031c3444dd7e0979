"""The kinds of background work: each app registers a function under a name; nothing else can be asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bangfu.server.jobs.running import JobRun

Work = Callable[["JobRun"], "dict[str, Any] | None"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of work: its name, what an officer reads, and the function that does it."""

    name: str
    label: str
    work: Work


KINDS: dict[str, Kind] = {}


def job(name: str, label: str) -> Callable[[Work], Work]:
    """Register the function that carries out a kind of work.

    Raises:
        ValueError: The name is taken by another function.
    """

    def register(work: Work) -> Work:
        held = KINDS.get(name)
        if held is not None and held.work.__qualname__ != work.__qualname__:
            raise ValueError(f"two kinds of job are called {name!r}")
        KINDS[name] = Kind(name, label, work)
        return work

    return register


class JobRefusedError(Exception):
    """The work cannot be done as asked; ``zh`` is what the officer reads. It holds no personal data."""

    def __init__(self, zh: str) -> None:
        super().__init__(zh)
        self.zh = zh
