"""The order of work: which definition, entry or stacking group is worked out after which. A circle is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from bangfu.rules.errors import Fault
from bangfu.rules.language.nodes import Node
from bangfu.rules.pack.model import BENEFIT_KINDS, Entry, Pack, Stacking
from bangfu.rules.sure_sums import sums_that_may_be_nothing

WORKED_KINDS = (*BENEFIT_KINDS, "definition", "recognition", "duty", "signal", "target")


@dataclass(frozen=True, slots=True)
class Step:
    """One step: an entry over its rows, a group over its members, or the ceiling of one member (``place``)."""

    kind: str
    name: str
    place: int = 0


def nodes_of(entry: Entry) -> Iterator[Node]:
    """Yield every expression of an entry (roots)."""
    yield from entry.when
    yield from entry.unless
    yield from (node for widening in entry.widened for node in widening.tests)
    yield from (node for node, _ in entry.conditions_added)
    for part in (entry.amount, entry.quantity, entry.rate, entry.share, entry.base, entry.value, entry.threshold, entry.measure):
        if part is not None:
            yield part
    yield from entry.target.values()
    if entry.lasts is not None:
        yield from (node for node in entry.lasts if node is not None)
    yield from (limit.amount for limit in entry.limits)
    for tier in entry.tiers:
        for part in (tier.when, tier.amount, tier.quantity, tier.rate, tier.share, tier.value):
            if part is not None:
                yield part


def names_read(roots: Iterable[Node]) -> Iterator[str]:
    """Yield the entries whose results are read (the record makes no edge)."""
    for root in roots:
        for node in root.walk():
            if node.op in ("result", "receives"):
                yield node.data.name


class Plan:
    """The steps of one pack in an order in which every name is worked out before it is read."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.faults: list[Fault] = []
        self.final: dict[str, Step] = {}
        self.needs: dict[Step, list[Step | str]] = {}
        self._entries()
        self._groups()
        self.steps = self._ordered()

    @cached_property
    def receives(self) -> frozenset[str]:
        """Return the benefits whose being met is read by name (``receives`` or a policy)."""
        found = set()
        for entry in self.pack.entries.values():
            found |= {n.data.name for root in nodes_of(entry) for n in root.walk() if n.op == "receives"}
            if entry.policy and self.pack.entries[entry.policy].is_benefit:
                found.add(entry.policy)
        return frozenset(found)

    @cached_property
    def open_sums(self) -> frozenset[str]:
        """Return the benefits that are not yet received for sure while their sum is unknown."""
        return sums_that_may_be_nothing(self.pack)

    def _entries(self) -> None:
        for entry in self.pack.entries.values():
            if entry.kind not in WORKED_KINDS:
                continue
            step = Step("entry", entry.id)
            self.needs[step] = list(names_read(nodes_of(entry)))
            if entry.policy:
                self.needs[step].append(entry.policy)
            self.final[entry.id] = step

    def _groups(self) -> None:
        for group in self.pack.stackings.values():
            members = [m for m in group.entries if m in self.final]
            if group.mode in ("highest", "first"):
                step = Step("group", group.id)
                self.needs[step] = [self.final[m] for m in members]
                for member in members:
                    self.final[member] = step
            if group.at_most is not None:
                self._ceilings(group, members)

    def _ceilings(self, group: Stacking, members: list[str]) -> None:
        assert group.at_most is not None
        before: list[Step | str] = []
        for place, member in enumerate(members):
            step = Step("ceiling", group.id, place)
            reads: list[Step | str] = [n for n in names_read([group.at_most]) if n not in members]
            self.needs[step] = [self.final[member], *before, *reads]
            self.final[member] = step
            before = [*before, step]

    def _ordered(self) -> list[Step]:
        order: list[Step] = []
        state: dict[Step, int] = {}

        def visit(step: Step, trail: list[Step]) -> None:
            if state.get(step) == 2:
                return
            if state.get(step) == 1:
                self._circle([*trail[trail.index(step):], step])
                return
            state[step] = 1
            for need in self.needs[step]:
                target = self.final.get(need) if isinstance(need, str) else need
                if target is not None and target != step:
                    visit(target, [*trail, step])
                elif target == step:
                    self._circle([step, step])
            state[step] = 2
            order.append(step)

        for step in list(self.needs):
            visit(step, [])
        return order

    def steps_for(self, names: frozenset[str] | None) -> list[Step]:
        """Return the steps that some entries need, in order; all steps for None."""
        if names is None:
            return self.steps
        wanted: set[Step] = set()
        queue: list[Step] = [self.final[name] for name in names if name in self.final]
        while queue:
            step = queue.pop()
            if step in wanted:
                continue
            wanted.add(step)
            if step.kind == "ceiling":
                queue += [s for s in self.needs if s.kind == "ceiling" and s.name == step.name]
            for need in self.needs[step]:
                target = self.final.get(need) if isinstance(need, str) else need
                if target is not None:
                    queue.append(target)
        return [step for step in self.steps if step in wanted]

    def _circle(self, trail: list[Step]) -> None:
        names = " → ".join(step.name for step in trail)
        entry = self.pack.entries.get(trail[0].name)
        file, line = (entry.file, entry.line) if entry else ("", 0)
        self.faults.append(Fault(file, line, 1, "CIRCLE", f"名称互相依赖成环：{names}", f"names depend on each other in a circle: {names}"))
