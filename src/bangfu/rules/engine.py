"""One pack ready to answer: the plan once, a compiled program for each stretch of days, assessments as plain data."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bangfu.rules.errors import PackError
from bangfu.rules.household import Given
from bangfu.rules.outline import Outline
from bangfu.rules.pack.model import Entry, Pack, Parameter
from bangfu.rules.plan import Plan
from bangfu.rules.render import Renderer
from bangfu.rules.runners.python.build import Layout
from bangfu.rules.runners.python.rows import Run
from bangfu.rules.runners.python.run import Program

if TYPE_CHECKING:
    from bangfu.rules.tellers import Tellers

SEMANTICS_VERSION = 1
"""Raised when the same facts under the same pack would be answered differently; replays keep the old path."""


class Engine:
    """Answers for one pack. Compiled programs are kept by stretch of days, so a date costs nothing twice."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.plan = Plan(pack)
        if self.plan.faults:
            raise PackError(self.plan.faults)
        self.layout = Layout(pack, self.plan.receives)
        # of the pack as it was loaded: a case that sets other values for itself has a program of its own
        self.breakpoints = self._breakpoints()
        self.programs: dict[tuple[int, frozenset[str] | None], Program] = {}
        self._cited: dict[tuple[str, int | None, int | None], tuple[tuple[str, ...], tuple[str, ...]]] = {}

    def _breakpoints(self) -> list[dt.date]:
        days: set[dt.date] = set()
        for parameter in self.parameters():
            for version in parameter.versions:
                if version.since is not None:
                    days.add(version.since)
                    if parameter.series:
                        days.add(_next_period(version.since, parameter.series))
        for document in self.pack.documents.values():
            days |= _force_days(document.since, document.until)
        for entry in self.pack.entries.values():
            days |= _force_days(entry.since, entry.until)
            days |= {widening.since for widening in entry.widened if widening.since is not None}
        return sorted(days)

    def parameters(self) -> list[Parameter]:
        """Return every parameter and figure of the pack."""
        found = list(self.pack.parameters.values())
        for entry in self.pack.entries.values():
            found += entry.figures.values()
        return found

    @cached_property
    def words(self) -> dict[str, Renderer]:
        """Return the renderers of both languages; texts of nodes are kept."""
        return {lang: Renderer(self.pack, lang) for lang in ("zh", "en")}

    @cached_property
    def articles(self) -> dict[str, tuple[str, ...]]:
        """Return the articles that each entry rests on."""
        return {entry.id: tuple(self.pack.articles(entry)) for entry in self.pack.entries.values()}

    def cited(self, entry: Entry, tier: int | None, day: dt.date | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the articles and the clauses that an answer rests on: not those of the tiers that did not answer, nor
        those of an instrument that was not in force on the day (where one of the others was)."""
        key = (entry.id, tier, None if day is None else bisect_right(self._clause_days, day))
        found = self._cited.get(key)
        if found is None:
            clauses = [clause for clause, address in entry.covers.items() if tier is None or not _of_another_tier(address, tier)]
            known = self.pack.clauses
            held = clauses if day is None else [clause for clause in clauses if clause not in known or known[clause].holds(day)]
            clauses = held or clauses
            found = self._cited[key] = (tuple(self.pack.articles(entry, clauses)), tuple(clauses))
        return found

    @cached_property
    def fact_order(self) -> dict[str, int]:
        """Return the place of each fact in the vocabulary."""
        return {name: place for place, name in enumerate(self.pack.vocabulary.facts)}

    @cached_property
    def _clause_days(self) -> list[dt.date]:
        """Return the days on which another instrument is in force, in order."""
        days: set[dt.date] = set()
        for clause in self.pack.clauses.values():
            days |= _force_days(clause.since, clause.until)
        return sorted(days)

    @cached_property
    def outline(self) -> Outline:
        """Return what arguments share whatever the household."""
        return Outline(self.words)

    def program(self, day: dt.date, only: frozenset[str] | None = None) -> Program:
        """Return the program for a day; ``only`` limits it to some entries and what they read."""
        key = (bisect_right(self.breakpoints, day), only)
        found = self.programs.get(key)
        if found is None:
            found = self.programs[key] = Program(self.pack, self.plan, self.layout, day, only)
        return found

    def tellers(self, program: Program) -> Tellers:
        """Return how the tests of a program are told (made once a program)."""
        from bangfu.rules.tellers import Tellers

        if program.tellers is None:
            program.tellers = Tellers(self, program)
        found: Tellers = program.tellers
        return found

    def run(self, given: Given, on: dt.date, basis: str | None = None, only: frozenset[str] | None = None) -> Run:
        """Work every entry out for the stated facts on a day (results stand in the rows)."""
        return self.program(on, only).run(given, on, basis or default_basis(given))

    def result(self, row: Any, entry: Entry) -> Any:
        """Return the ``Result`` (or a definition's value) of one entry for one row."""
        return row.v[self.layout.answers[entry.id]]


def default_basis(given: Given) -> str:
    """Return ``recorded`` where something is on record or a recognition is stated, else ``met``."""
    if given.basis:
        return given.basis
    return "recorded" if given.record else "met"


def _of_another_tier(address: str | None, tier: int) -> bool:
    """Tell whether an address inside an entry lies in a tier other than the one that answered."""
    parts = (address or "").split(".")
    return len(parts) > 1 and parts[0] == "tiers" and parts[1].isdigit() and int(parts[1]) != tier


def _next_period(day: dt.date, series: str) -> dt.date:
    if series == "year":
        return dt.date(day.year + 1, 1, 1)
    return dt.date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _force_days(since: dt.date | None, until: dt.date | None) -> set[dt.date]:
    return {d for d in (since, until + dt.timedelta(days=1) if until else None) if d is not None}
