"""Lines of an argument: what each says in both languages, how it came out, what lies below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bangfu.rules.values import CLOSED, Unknown

MOST_DEPTH = 4
MOST_LINES = 40


@dataclass(slots=True, init=False)
class Reason:
    """One line of the argument. ``verdict``: yes, no, unknown or info; ``code`` says what kind of line it is.

    ``size`` counts the line and all below it. A line is never changed once it is made: arguments share lines.
    """

    code: str
    zh: str
    en: str
    verdict: str
    children: Sequence[Reason]
    article: str | None
    size: int

    def __init__(self, code: str, zh: str, en: str, verdict: str, children: Sequence[Reason] = (), article: str | None = None) -> None:
        self.code, self.zh, self.en, self.verdict, self.children, self.article = code, zh, en, verdict, children, article
        size = 1
        for child in children:
            size += child.size
        self.size = size

    def text(self, lang: str) -> str:
        """Return the line in a language."""
        return self.zh if lang == "zh" else self.en

    def lines(self, depth: int = 0) -> Iterator[tuple[int, Reason]]:
        """Yield (depth, line) from the top down."""
        yield depth, self
        for child in self.children:
            yield from child.lines(depth + 1)

    def about(self, name: str) -> Reason:
        """Return the line said of a named row."""
        return Reason(self.code, f"{name}：{self.zh}", f"{name}: {self.en}", self.verdict, self.children, self.article)

    def cut(self, depth: int) -> Reason:
        """Return the line without what lies more than ``depth`` below it."""
        if not self.children:
            return self
        children = [] if depth <= 1 else [child.cut(depth - 1) for child in self.children]
        return Reason(self.code, self.zh, self.en, self.verdict, children, self.article)


def verdict_of(value: Any) -> str:
    """Return yes, no or unknown."""
    if value.__class__ is Unknown:
        return "unknown"
    return "yes" if value is not CLOSED and value else "no"


def shortened(reasons: list[Reason]) -> list[Reason]:
    """Keep an argument to tens of lines: the deepest lines give way first."""
    for depth in range(MOST_DEPTH + 2, 0, -1):
        if sum(reason.size for reason in reasons) <= MOST_LINES:
            break
        reasons = [reason.cut(depth) for reason in reasons]
    return reasons
