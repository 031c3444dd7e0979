"""Reading the record: what is held on a day, what was paid in a year."""

from __future__ import annotations

from sqlglot import exp

from bangfu.rules.language.nodes import RecordRead
from bangfu.rules.pack.model import Pack
from bangfu.rules.runners.sql.frames import Frame, Path, named
from bangfu.rules.runners.sql.tree import (
    Exp,
    absent,
    boolean,
    both,
    case,
    col,
    compare,
    either,
    null,
    opposite,
    present,
    text,
    whole,
    wide,
)
from bangfu.rules.runners.sql.vals import Val


def rec(name: str) -> Exp:
    """Return a column of the record; its prefix keeps a subquery from taking a column of the row around it for its own."""
    return col(f"record.{name}", "p")


def of_record(what: Exp, where: list[Exp]) -> Exp:
    """Return a scalar subquery over the record rows that fit."""
    query = exp.Select(expressions=[what.copy()]).from_(named("record_rows", "p")).where(both(where))
    return exp.Subquery(this=query)


def counted(where: list[Exp]) -> Exp:
    """Return how many record rows fit."""
    return of_record(exp.Count(this=exp.Star()), where)


def totalled(what: Exp, where: list[Exp]) -> Exp:
    """Return the sum over the record rows that fit, 0 where there is none."""
    total = exp.func("COALESCE", exp.Sum(this=what.copy()), whole(0))
    return of_record(wide(total), where)


class Records:
    """Record reads for the rows of one frame."""

    def __init__(self, pack: Pack, frame: Frame) -> None:
        self.pack = pack
        self.frame = frame
        self.keep = frame.keep

    @property
    def known(self) -> Exp:
        """Return whether the record was stated at all; never NULL."""
        return self.frame.column(self.frame.run(), "record")

    def of_row(self, entry: str, path: Path, *, in_loop: bool) -> list[Exp]:
        """Return the tests that a record row is one of the entry for the row a path leads to."""
        key = self.frame.column(*self.frame.key(path, in_loop=in_loop))
        return [compare("eq", rec("entry"), text(entry)), compare("eq", rec("row"), key)]

    def of_owner(self, entry: str, path: Path = (), *, in_loop: bool = False) -> list[Exp]:
        """Return the tests that a record row is one of the entry for the owner of the row a path leads to."""
        owner = self.frame.column(self.frame.row(path, in_loop=in_loop), "owner")
        return [compare("eq", rec("entry"), text(entry)), compare("eq", rec("owner"), owner)]

    def current(self, entry: str, on: Exp, path: Path, *, in_loop: bool) -> list[Exp]:
        """Return the tests that a record row is held on a day."""
        until = either([absent(rec("until")), compare("le", on, rec("until"))])
        return [*self.of_row(entry, path, in_loop=in_loop), compare("le", rec("since"), on), until]

    def holding(self, entry: str, on: Exp, path: Path = (), *, in_loop: bool = False) -> Exp:
        """Return whether the record holds an entry: what is stated of the row, else what the record says, else NULL."""
        some = compare("gt", self.keep(counted(self.current(entry, on, path, in_loop=in_loop))), whole(0))
        rows = [(opposite(self.known), null("yes_no"))]
        if not isinstance(on, exp.Cast):
            ever = compare("gt", self.keep(counted(self.of_row(entry, path, in_loop=in_loop))), whole(0))
            rows.append((absent(on), case([(ever, null("yes_no"))], boolean(False))))
        found = case(rows, some)
        if self.pack.entries[entry].kind == "recognition":
            said = self.frame.column(self.frame.row(path, in_loop=in_loop), f"said {entry}")
            found = case([(present(said), said)], found)
        return self.keep(self._there(found, path, in_loop=in_loop))

    def _there(self, part: Exp, path: Path, *, in_loop: bool) -> Exp:
        if not path:
            return part
        return case([(present(self.frame.column(*self.frame.key(path, in_loop=in_loop))), part)])

    def read(self, read: RecordRead, on: Exp) -> Val:
        """Return held, held_since, held_amount, paid_this_year or times_this_year."""
        entry, path, in_loop = read.ref.name, read.ref.path, read.ref.in_loop
        if read.call == "held":
            return Val("yes_no", self.holding(entry, on, path, in_loop=in_loop))
        sure = [self.known, present(on)] if not isinstance(on, exp.Cast) else [self.known]
        if path:
            sure.append(present(self.frame.column(*self.frame.key(path, in_loop=in_loop))))
        if read.call in ("held_since", "held_amount"):
            return self._held(read.call, self.current(entry, on, path, in_loop=in_loop), both(sure))
        dialect = self.frame.dialect
        paid = [
            *self.of_owner(entry, path, in_loop=in_loop),
            compare("eq", dialect.year(rec("paid_on")), dialect.year(on)),
        ]
        if read.call == "times_this_year":
            return Val("number", case([(both(sure), counted(paid))]))
        open_rows = compare("eq", counted([*paid, absent(rec("amount"))]), whole(0))
        return Val("number", case([(both([*sure, open_rows]), totalled(rec("amount"), paid))]))

    def _held(self, call: str, held: list[Exp], sure: Exp) -> Val:
        if call == "held_since":
            since = self.keep(of_record(exp.Min(this=rec("since")), held))
            return Val("date", case([(sure, since)]), closed=self.keep(both([sure, absent(since)])))
        some = compare("gt", self.keep(counted(held)), whole(0))
        first = exp.Select(expressions=[rec("amount")]).from_(named("record_rows", "p")).where(both(held))
        first = first.order_by(rec("since"), rec("place")).limit(1)
        amount = self.keep(exp.Subquery(this=first))
        return Val("number", case([(both([sure, some]), amount), (sure, whole(0))]))
