"""Mutation: the worked cases against every mutant of the rules.

A mutant that no worked case notices survives. The rules are only as sure as their cases; this says where they are not.
"""

from __future__ import annotations

from collections.abc import Iterator

from bangfu.rules import mutants
from bangfu.rules.casebook import Case, CaseRunner
from bangfu.rules.engine import Engine
from bangfu.rules.mutants import Mutant
from bangfu.rules.pack.model import Entry, Parameter
from bangfu.rules.plan import Plan, names_read, nodes_of


def readers(engine: Engine) -> dict[str, set[str]]:
    """Return entry → the entries that read it, directly or through others, itself included."""
    direct: dict[str, set[str]] = {name: {name} for name in engine.pack.entries}
    for entry in engine.pack.entries.values():
        for name in names_read(nodes_of(entry)):
            direct[name].add(entry.id)
    for group in engine.pack.stackings.values():
        for name in group.entries:
            direct.setdefault(name, {name}).update(group.entries)
    found: dict[str, set[str]] = {}
    for name in direct:
        seen: set[str] = set()
        queue = [name]
        while queue:
            for user in direct.get(queue.pop(), ()):
                if user not in seen:
                    seen.add(user)
                    queue.append(user)
        found[name] = seen | {name}
    return found


def parameter_readers(engine: Engine) -> dict[str, set[str]]:
    """Return parameter → the entries whose expressions, roundings or ceilings read it."""
    found: dict[str, set[str]] = {}
    for entry in engine.pack.entries.values():
        roots = list(nodes_of(entry))
        group = engine.pack.stackings.get(entry.id)
        roots += [group.at_most] if group is not None and group.at_most is not None else []
        read = [node.data for root in roots for node in root.walk()] + [entry.round]
        for parameter in read:
            if isinstance(parameter, Parameter):
                found.setdefault(parameter.id, set()).update(group.entries if group is not None else [entry.id])
    return found


class Mutation:
    """The mutants of one place and the cases that may notice each."""

    def __init__(self, engine: Engine, cases: list[Case], place: str) -> None:
        self.engine, self.place = engine, place
        self.runner = CaseRunner(engine, always_fresh=True)
        self.who_reads = readers(engine)
        self.cases = [case for case in cases if not self.runner.run(case)]  # one that differs anyway notices nothing
        self.by_entry: dict[str, list[Case]] = {}
        for case in self.cases:
            for name in {str(row.get("entry")) for row in case.expect}:
                self.by_entry.setdefault(name, []).append(case)

    def pairs(self) -> Iterator[tuple[Mutant, list[Case]]]:
        """Yield each mutant with the cases whose answer it may change."""
        pack = self.engine.pack
        for entry in pack.entries.values():
            if entry.place == self.place and entry.kind != "stacking":
                telling = self.telling([entry.id])
                yield from ((mutant, telling) for mutant in mutants.of_entry(entry))
        for group in pack.stackings.values():
            if group.entry.place == self.place:
                telling = self.telling(group.entries)
                members = [pack.entries[name] for name in group.entries]
                yield from ((mutant, telling) for mutant in (*mutants.of_stacking(group, members), *_values_of(group.entry)))
        read_by = parameter_readers(self.engine)
        for parameter in pack.parameters.values():
            if parameter.home[0].startswith(f"{self.place}/") and parameter.id in read_by:
                telling = self.telling(sorted(read_by[parameter.id]))
                yield from ((mutant, telling) for mutant in mutants.of_value(parameter, parameter.id, "values"))
        if self.place in pack.documents:
            yield from ((mutant, self.cases) for mutant in mutants.of_document(pack.documents[self.place]))

    def telling(self, entries: list[str] | tuple[str, ...]) -> list[Case]:
        """Return the cases that expect something of these entries, then of those that read them; each once."""
        users = [*entries, *sorted(set().union(*(self.who_reads[name] for name in entries)) - set(entries))]
        return list({id(case): case for user in users for case in self.by_entry.get(user, [])}.values())

    def killed(self, mutant: Mutant, cases: list[Case]) -> bool:
        """Tell whether some case notices the mutant."""
        plan = self.engine.plan
        mutant.apply()
        try:
            if mutant.replan:
                self.engine.plan = Plan(self.engine.pack)
                if self.engine.plan.faults:
                    return True  # the check refuses it: one member reads the other
            return any(self.runner.run(case) for case in cases)
        except Exception:
            return True  # a mutant that cannot even be carried out is noticed
        finally:
            mutant.undo()
            self.engine.plan = plan


def _values_of(entry: Entry) -> Iterator[Mutant]:
    for figure in entry.figures.values():
        yield from mutants.of_value(figure, entry.id, figure.id.removeprefix(f"{entry.id}."))


def survivors(engine: Engine, cases: list[Case], place: str) -> tuple[int, list[str]]:
    """Return how many mutants of a place's entries were made, and those that no case noticed (``entry: change``)."""
    mutation = Mutation(engine, cases, place)
    made, found = 0, []
    for mutant, telling in mutation.pairs():
        made += 1
        if not mutation.killed(mutant, telling):
            found.append(f"{mutant.entry}: {mutant.text}")
    return made, found
