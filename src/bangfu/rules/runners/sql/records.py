"""Reading the record: what is held on a day, what was paid in a year; grouped once for all that read it."""

from __future__ import annotations

from collections.abc import Sequence

from bangfu.rules.language.nodes import RecordRead
from bangfu.rules.runners.sql import dates
from bangfu.rules.runners.sql.columns import NEVER_NULL, RECORD
from bangfu.rules.runners.sql.frames import Frame, Join, Path, below
from bangfu.rules.runners.sql.stages import Stages
from bangfu.rules.runners.sql.tree import (
    Exp,
    absent,
    aggregate,
    boolean,
    both,
    case,
    coalesce,
    column,
    compare,
    either,
    first_of,
    is_const,
    is_false,
    null,
    opposite,
    present,
    text,
    whole,
)
from bangfu.rules.runners.sql.vals import Val

TABLES = ("p", "paid row")


def rec(name: str) -> Exp:
    """Return a column of the record."""
    return column("p", name, RECORD[name], sure=name in NEVER_NULL)


class Rows:
    """The record rows of one entry whose ``by`` (row or owner) is a key of the frame, and that pass some tests."""

    def __init__(self, stages: Stages, frame: Frame, by: str, key: Exp, tests: Sequence[Exp]) -> None:
        self.stages = stages
        self.frame = frame
        self.by = by
        self.key = key
        self.tests = list(tests)

    @property
    def none(self) -> bool:
        """Tell whether there can be none."""
        return any(is_false(test) for test in self.tests)

    def where(self, *tests: Exp) -> Rows:
        """Return those that pass more tests."""
        return Rows(self.stages, self.frame, self.by, self.key, [*self.tests, *tests])

    def count(self) -> Exp:
        """Return how many there are."""
        return coalesce(self._read(aggregate("count", None, both(self.tests))), whole(0))

    def some(self) -> Exp:
        """Return whether there is one."""
        return compare("gt", self.count(), whole(0))

    def distinct(self, what: Exp) -> Exp:
        """Return how many different values a part has."""
        return coalesce(self._read(aggregate("count_distinct", what, both(self.tests))), whole(0))

    def total(self, what: Exp) -> Exp:
        """Return the sum of a part, 0 where there is none."""
        return coalesce(self._read(aggregate("sum", what, both(self.tests))), whole(0))

    def earliest(self) -> Exp:
        """Return the earliest day from which one is held."""
        return self._read(aggregate("min", rec("since"), both(self.tests)))

    def first(self, what: Exp, *order: Exp) -> Exp:
        """Return a part of the first in an order."""
        return self._read(first_of(what, order, both(self.tests)))

    def _read(self, part: Exp) -> Exp:
        if self.none:
            return null(part.kind)
        tables = {p.data[0] for p in below([part]) if p.op == "column"}
        source, keys = self._apart(tables) if tables - {"p"} else self._alone()
        name = next((n for n, p in source.outputs.items() if p is part), f"a{len(source.outputs) + 1}")
        return self.frame.read(self.frame.join_groups(source, keys), name, part)

    def _alone(self) -> tuple[Frame, list[Exp]]:
        """Return the record grouped by row or owner, and the key that reads it."""
        source = self.stages.made(("record", self.by), f"record by {self.by}", "record_rows", "p")
        source.group = [rec(self.by)]
        return source, [self.key]

    def _apart(self, tables: set[str]) -> tuple[Frame, list[Exp]]:
        """Return the record joined to the frame's rows and grouped by them: the tests read columns of both."""
        frame = self.frame
        name = f"record by {self.by} for {frame.table}"
        source = self.stages.made(("record", self.by, frame.table, self.key), name, "record_rows", "p")
        source.joins = {**{a: j for a, j in frame.joins.items() if a not in TABLES}, **{a: j for a, j in source.joins.items() if a in TABLES}}
        source.root = frame.root
        source.joins["p"] = Join("record_rows", [(self.by, self.key)], there=True, inner=True)
        if "paid row" in tables:
            source.joins["paid row"] = Join(f"rows_{frame.entity}", [("id", rec("row"))], there=False)
        source.group = frame.ids
        return source, frame.ids


class Records:
    """Record reads for the rows of one frame."""

    def __init__(self, stages: Stages, frame: Frame) -> None:
        self.stages = stages
        self.pack = stages.pack
        self.frame = frame

    @property
    def known(self) -> Exp:
        """Return whether the record was stated at all; never NULL."""
        start = "r" if "r" in self.frame.joins else "m"
        self.frame.join("run", "runs", "id", self.frame.column(start, "run"))
        return self.frame.column("run", "record")

    def of_row(self, entry: str, path: Path, *, in_loop: bool) -> Rows:
        """Return the record rows of an entry for the row a path leads to."""
        return self._of(entry, "row", self.frame.key(path, in_loop=in_loop))

    def _of(self, entry: str, by: str, key: Exp) -> Rows:
        listed = self.stages.columns.known.on_record
        known = listed is None or entry in listed
        return Rows(self.stages, self.frame, by, key, [compare("eq", rec("entry"), text(entry)) if known else boolean(False)])

    def of_owner(self, entry: str, path: Path = (), *, in_loop: bool = False) -> Rows:
        """Return the record rows of an entry for the owner of the row a path leads to."""
        owner = self.frame.column(self.frame.row(path, in_loop=in_loop), "owner")
        return self._of(entry, "owner", owner)

    def current(self, entry: str, on: Exp, path: Path, *, in_loop: bool) -> Rows:
        """Return the record rows held on a day."""
        until = either([absent(rec("until")), compare("le", on, rec("until"))])
        return self.of_row(entry, path, in_loop=in_loop).where(compare("le", rec("since"), on), until)

    def holding(self, entry: str, on: Exp, path: Path = (), *, in_loop: bool = False) -> Exp:
        """Return whether the record holds an entry: what is stated of the row, else what the record says, else NULL."""
        some = self.current(entry, on, path, in_loop=in_loop).some()
        rows = [(opposite(self.known), null("yes_no"))]
        if not is_const(on):
            ever = self.of_row(entry, path, in_loop=in_loop).some()
            rows.append((absent(on), case([(ever, null("yes_no"))], boolean(False))))
        found = case(rows, some)
        if self.pack.entries[entry].kind == "recognition":
            said = self.frame.column(self.frame.row(path, in_loop=in_loop), f"said {entry}")
            found = case([(present(said), said)], found)
        return self._there(found, path, in_loop=in_loop)

    def _there(self, part: Exp, path: Path, *, in_loop: bool) -> Exp:
        return case([(present(self.frame.key(path, in_loop=in_loop)), part)]) if path else part

    def read(self, read: RecordRead, on: Exp) -> Val:
        """Return held, held_since, held_amount, paid_this_year or times_this_year."""
        entry, path, in_loop = read.ref.name, read.ref.path, read.ref.in_loop
        if read.call == "held":
            return Val("yes_no", self.holding(entry, on, path, in_loop=in_loop))
        sure = both([self.known, present(on), present(self.frame.key(path, in_loop=in_loop))])
        if read.call in ("held_since", "held_amount"):
            return self._held(read.call, self.current(entry, on, path, in_loop=in_loop), sure)
        paid = self.of_owner(entry, path, in_loop=in_loop)
        paid = paid.where(compare("eq", dates.year(rec("paid_on")), dates.year(on)))
        if read.call == "times_this_year":
            return Val("number", case([(sure, paid.count())]))
        open_rows = paid.where(absent(rec("amount"))).some()
        return Val("number", case([(both([sure, opposite(open_rows)]), paid.total(rec("amount")))]))

    def _held(self, call: str, held: Rows, sure: Exp) -> Val:
        if call == "held_since":
            since = held.earliest()
            return Val("date", case([(sure, since)]), closed=both([sure, absent(since)]))
        amount = held.first(rec("amount"), rec("since"), rec("place"))
        return Val("number", case([(both([sure, held.some()]), amount), (sure, whole(0))]))
