"""From parts to sqlglot's tree, in the way of one back end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from sqlglot import exp

from bangfu.rules.runners.sql.dialects import Dialect, Tree
from bangfu.rules.runners.sql.tree import Part

COMPARISONS = {"eq": exp.EQ, "ne": exp.NEQ, "lt": exp.LT, "le": exp.LTE, "gt": exp.GT, "ge": exp.GTE}
SUMS = {"add": exp.Add, "sub": exp.Sub, "mul": exp.Mul}
FUNCTIONS = {"coalesce": "COALESCE", "least": "LEAST", "greatest": "GREATEST"}
AGGREGATES = {"count": "COUNT", "sum": "SUM", "min": "MIN", "max": "MAX"}


def name(of: str) -> Tree:
    """Return a quoted name."""
    return exp.to_identifier(of, quoted=True)


def column(of: str, table: str | None = None) -> Tree:
    """Return a quoted column."""
    return exp.Column(this=name(of), table=None if table is None else name(table))


@cache
def _type(of: str) -> Tree:
    return exp.DataType.build(of, dialect="duckdb")


def typed(part: Tree, of: str) -> Tree:
    """Return a cast."""
    return exp.Cast(this=part, to=_type(of).copy())


class Printer:
    """Prints parts; ``columns`` names those that stand in a column of the table that is read."""

    def __init__(self, dialect: Dialect, columns: Mapping[Part, str]) -> None:
        self.dialect = dialect
        self.columns = columns
        self.writes = dialect.writes

    def tree(self, part: Part) -> Tree:
        """Return a part, a column where it has one."""
        held = self.columns.get(part)
        return self.made(part) if held is None else column(held)

    def made(self, part: Part) -> Tree:
        """Return a part written out; only what stands below it may be columns."""
        op = part.op
        if op in self.writes:
            return self.writes[op](*(self.tree(a) for a in part.args))
        if op in COMPARISONS or op in SUMS:
            kind = COMPARISONS.get(op) or SUMS[op]
            return exp.Paren(this=kind(this=self.tree(part.args[0]), expression=self.tree(part.args[1])))
        if op == "coalesce" and part.args[1].op == "const" and part.args[1].data in (True, False) and part.kind == "yes_no":
            return self._settled(part)
        if op in FUNCTIONS:
            return exp.Anonymous(this=FUNCTIONS[op], expressions=[self.tree(a) for a in part.args])
        write: Callable[[Part], Tree] = getattr(self, f"_{op}")
        return write(part)

    def _const(self, part: Part) -> Tree:
        value = part.data
        if value is None:
            return typed(exp.null(), self.dialect.types[part.kind])
        if isinstance(value, bool):
            return exp.true() if value else exp.false()
        if isinstance(value, int):
            return exp.Literal.number(value) if value >= 0 else exp.Paren(this=exp.Neg(this=exp.Literal.number(-value)))
        if isinstance(value, str):
            return exp.Literal.string(value)
        return typed(exp.Literal.string(value.isoformat()), "DATE")

    def _logic(self, part: Part) -> Tree:
        kind = exp.And if part.op == "and" else exp.Or
        found = self.tree(part.args[0])
        for arg in part.args[1:]:
            found = kind(this=found, expression=self.tree(arg))
        return exp.Paren(this=found)

    _and = _or = _logic

    def _settled(self, part: Part) -> Tree:
        """Return IS TRUE or IS NOT FALSE, which cost DuckDB half of what COALESCE does."""
        other = part.args[1].data
        found = exp.Is(this=self.tree(part.args[0]), expression=exp.false() if other else exp.true())
        return exp.Paren(this=exp.Not(this=found) if other else found)

    def _not(self, part: Part) -> Tree:
        return exp.Paren(this=exp.Not(this=self.tree(part.args[0])))

    def _absent(self, part: Part) -> Tree:
        return exp.Paren(this=exp.Is(this=self.tree(part.args[0]), expression=exp.null()))

    def _in(self, part: Part) -> Tree:
        return exp.Paren(this=exp.In(this=self.tree(part.args[0]), expressions=[self.tree(a) for a in part.args[1:]]))

    def _wide(self, part: Part) -> Tree:
        return typed(self.tree(part.args[0]), "BIGINT")

    def _has_code(self, part: Part) -> Tree:
        return self.dialect.has_code(self.tree(part.args[0]), part.data)

    def _case(self, part: Part) -> Tree:
        found = exp.Case()
        for place in range(0, len(part.args) - 1, 2):
            found = found.when(self.tree(part.args[place]), self.tree(part.args[place + 1]), copy=False)
        other = part.args[-1]
        return found if other.op == "const" and other.data is None else found.else_(self.tree(other), copy=False)

    def _aggregate(self, part: Part) -> Tree:
        test, what = self.tree(part.args[0]), [self.tree(a) for a in part.args[1:]]
        if part.data == "first":
            return self.dialect.first_of(what[1:], what[0], test)
        # A test that is NULL for every row passes none: only a constant yes needs no CASE.
        always = part.args[0].op == "const" and part.args[0].data is True
        value = what[0] if what else exp.Literal.number(1)
        passing = value if always else exp.Case().when(test, value, copy=False)
        if part.data == "count_distinct":
            return exp.Count(this=exp.Distinct(expressions=[passing]))
        found = exp.Anonymous(this=AGGREGATES[part.data], expressions=[passing])
        return typed(found, "BIGINT") if part.data == "sum" else found

    def _running(self, part: Part) -> Tree:
        call, width = part.data
        what, partition, order = part.args[0], part.args[1 : 1 + width], part.args[1 + width :]
        value = exp.Case().when(self.tree(what), exp.Literal.number(1), copy=False) if call == "count" else self.tree(what)
        by = exp.Order(expressions=[exp.Ordered(this=self.tree(p), nulls_first=False) for p in order])
        spec = exp.WindowSpec(kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end=exp.Literal.number(1), end_side="PRECEDING")
        found = exp.Anonymous(this=AGGREGATES[call], expressions=[value])
        window = exp.Window(this=found, partition_by=[self.tree(p) for p in partition], order=by, spec=spec)
        return typed(window, "BIGINT")
