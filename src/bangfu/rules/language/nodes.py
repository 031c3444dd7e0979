"""The typed tree of an expression. One node class; ``op`` says what it is, ``args`` hold the parts.

op           args                data
const                            a number, bool, code or date
fact                             Ref                          a fact of the row or of what it belongs to
result                           Ref                          value of a definition, recognition, duty, signal or benefit
receives                         Ref                          whether a benefit is met, by the basis
record                           RecordRead                   held and paid, from the record alone
param        key nodes           Parameter                    dated value by the governing date
reading                          Reading name                 folded when the pack is compiled
at           date                Parameter                    value of a parameter on another date (args: keys…, date)
last_year    key nodes           Parameter                    value of the year before
today                                                         the date asked; in a claim entry still the date asked
and or not
eq ne lt le gt ge   a, b
in           x                   frozenset of codes or numbers
in_list      x                   Parameter (a list of codes)
has          codes               code
add sub mul div neg if min max flat
scale        x                   Fraction (monthly, yearly)
band marginal x                  Parameter with bands
rounded      x                   Parameter of type rounding
add_days add_months   d, n
year_of      d
days_between a, b                (a - b, in days)
months_between years_between  a, b
loop         body, test          LoopSpec
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bangfu.rules.units import NO_UNIT, Unit
from bangfu.rules.values import Number


@dataclass(frozen=True, slots=True)
class Ref:
    """Where a name's value stands: a name of ``entity``, ``path`` steps up from the row (or from the loop's row)."""

    name: str
    entity: str
    path: tuple[str, ...]
    in_loop: bool


@dataclass(frozen=True, slots=True)
class RecordRead:
    """A look into the record: ``call`` is held, held_since, held_amount, paid_this_year or times_this_year."""

    call: str
    ref: Ref


@dataclass(frozen=True, slots=True)
class LoopSpec:
    """A loop over one collection: ``owner`` is the entity whose rows are gathered, ``path`` leads to it.

    ``window`` is None, ``this_year`` or ``last_12_months``; ``date`` is the row's date fact.
    """

    call: str
    entity: str
    collection: str
    owner: str
    path: tuple[str, ...]
    variable: str
    window: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One typed node. ``low`` and ``high`` bound a number (None is unbounded); ``literal`` marks a bare whole number."""

    op: str
    args: tuple[Node, ...]
    data: Any
    kind: str
    unit: Unit = NO_UNIT
    codes: str | None = None
    low: Number | None = None
    high: Number | None = None
    literal: bool = False

    def walk(self) -> Iterator[Node]:
        """Yield the node and all below it, parts before wholes."""
        for arg in self.args:
            yield from arg.walk()
        yield self


def const(value: Any, kind: str, **more: Any) -> Node:
    """Return a constant."""
    return Node("const", (), value, kind, **more)
