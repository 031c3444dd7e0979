"""Input tables: their columns with types, and what is known of them beforehand.

``rows_<entity>`` holds the facts of one entity, ``record_rows`` what was paid and is held, ``runs`` what was stated at
all. ``id`` numbers the rows of all tables through; ``up``, ``at`` and ``owner`` are such numbers. NULL is unknown, a
closed gate is carried out already (``name!`` is yes where a fact is closed).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bangfu.rules.pack.model import Pack
from bangfu.rules.runners.sql.frames import Stored
from bangfu.rules.runners.sql.tree import Part, boolean, column, null
from bangfu.rules.values import NUMBER_STEPS

FACT_DEN = NUMBER_STEPS
"""Stated numbers that are not money are held in ten-thousandths."""

TYPES = {"number": "BIGINT", "yes_no": "BOOLEAN", "date": "DATE", "code": "VARCHAR", "codes": "VARCHAR[]"}
LINKS = {"id": "number", "run": "number", "name": "code", "up": "number", "at": "number", "owner": "number", "date": "date", "date!": "yes_no"}
RECORD = {
    "entry": "code", "row": "number", "owner": "number", "claim": "code", "of": "code", "own": "yes_no", "since": "date",
    "until": "date", "paid_on": "date", "amount": "number", "quantity": "number", "place": "number",
}  # fmt: skip
NEVER_NULL = {"id", "run", "name", "owner", "date!", "entry", "row", "own", "place", "record"}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the input: columns without NULL, columns that are NULL throughout, yes/no columns of one value.

    A program made for it is right for every input of which it holds. ``full`` of a link (``up``, ``at``) also says that
    each number names a row. Keys are (table, column). ``on_record`` are the entries that the record may hold (None: any).
    """

    full: frozenset[tuple[str, str]] = frozenset()
    empty: frozenset[tuple[str, str]] = frozenset()
    fixed: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    on_record: frozenset[str] | None = None

    @property
    def signature(self) -> tuple[object, ...]:
        """Return what makes two the same."""
        return (self.full, self.empty, frozenset(self.fixed.items()), self.on_record)


def fact_shapes(pack: Pack) -> dict[str, Stored]:
    """Return the shape of every fact: numbers in steps of four decimals, closed where a gate shuts what is no sum."""
    found: dict[str, Stored] = {}
    for fact in pack.vocabulary.facts.values():
        den = FACT_DEN if fact.type == "number" else 1
        closed = bool(fact.gate) and fact.type not in ("money", "number", "yes_no")
        found[fact.id] = Stored(fact.kind, den, closed=closed)
    return found


class Columns:
    """The columns of every input table of a pack, and the parts that read them."""

    def __init__(self, pack: Pack, known: Known) -> None:
        self.pack = pack
        self.known = known
        self.shapes = fact_shapes(pack)
        self.kinds: dict[str, dict[str, str]] = {f"rows_{entity}": self._of(entity) for entity in pack.vocabulary.entities}
        self.kinds["record_rows"] = dict(RECORD)
        collections = [e.collection for e in pack.vocabulary.entities.values() if e.collection]
        self.kinds["runs"] = {"id": "number", "record": "yes_no", **{f"has {c}": "yes_no" for c in collections}}

    def _of(self, entity: str) -> dict[str, str]:
        found = dict(LINKS)
        for fact in self.pack.vocabulary.facts_of(entity):
            if fact.kind == "text":
                continue
            found[fact.id] = self.shapes[fact.id].kind
            if self.shapes[fact.id].closed:
                found[f"{fact.id}!"] = "yes_no"
        for entry in self.pack.entries.values():
            if entry.kind == "recognition" and entry.per == entity:
                found[f"said {entry.id}"] = "yes_no"
        return found

    def part(self, alias: str, table: str, name: str, *, there: bool) -> Part:
        """Return what reads a column of a joined table; ``there``: the joined row is never missing."""
        kind = self.kinds[table][name]
        if (table, name) in self.known.empty:
            return null(kind)
        if there and (table, name) in self.known.fixed:
            return boolean(self.known.fixed[table, name])
        never = name in NEVER_NULL or name.startswith("has ") or name.endswith("!") or (table, name) in self.known.full
        fact = self.pack.vocabulary.facts.get(name) if table.startswith("rows_") else None
        natural = fact is not None and fact.low is not None and fact.low >= 0
        return column(alias, name, kind, sure=never and there, natural=natural)
