"""What differs between back ends, and nothing else: how a few operations are written. All else prints alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

DUCKDB_CONFIG = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
}

Tree = Any
"""A sqlglot expression; the library is not typed here."""


class Dialect:
    """DuckDB: ``//`` cuts towards zero, date - date are days, date + whole number is a date."""

    name = "duckdb"
    layers_most: int | None = None
    """How many layers of columns a statement may have; None: any number."""
    copies = True
    """Whether a wide table is joined by a narrow copy."""
    types = {"number": "BIGINT", "yes_no": "BOOLEAN", "date": "DATE", "code": "VARCHAR", "codes": "VARCHAR[]"}

    def cut(self, top: Tree, bottom: Tree) -> Tree:
        """Return the whole quotient towards zero; ``bottom`` is above 0."""
        return exp.IntDiv(this=top, expression=bottom)

    def days_between(self, later: Tree, earlier: Tree) -> Tree:
        """Return later - earlier in days."""
        return exp.cast(exp.Sub(this=later, expression=earlier), "BIGINT")

    def add_days(self, date: Tree, days: Tree) -> Tree:
        """Return a date so many days on."""
        return exp.Paren(this=exp.Add(this=date, expression=exp.cast(days, "INTEGER")))

    def add_months(self, date: Tree, months: Tree) -> Tree:
        """Return a date so many months on, held to the end of the month."""
        moved = exp.Anonymous(this="to_months", expressions=[exp.cast(months, "INTEGER")])
        return exp.cast(exp.Add(this=date, expression=moved), "DATE")

    def week(self, date: Tree) -> Tree:
        """Return the Monday of a date's week."""
        return exp.cast(exp.Anonymous(this="date_trunc", expressions=[exp.Literal.string("week"), date]), "DATE")

    def has_code(self, codes: Tree, code: str) -> Tree:
        """Return whether a list of codes holds one."""
        return exp.Anonymous(this="list_contains", expressions=[codes, exp.Literal.string(code)])

    def part_of_date(self, part: str, date: Tree) -> Tree:
        """Return year, month or day of a date as int64."""
        return exp.Anonymous(this=part, expressions=[date])

    def month_end(self, date: Tree) -> Tree:
        """Return the last day of the month."""
        return exp.LastDay(this=date)

    def first_of(self, order: list[Tree], what: Tree, test: Tree) -> Tree:
        """Return a value of the row that passes with the smallest order."""
        if len(order) == 1:
            # Holding a number against a number is four times as fast as holding structs against each other.
            return exp.Anonymous(this="arg_min_null", expressions=[what, exp.Case().when(test, order[0], copy=False)])
        return self._first_struct(order, what, test)

    def _first_struct(self, order: list[Tree], what: Tree, test: Tree) -> Tree:
        fields = [exp.PropertyEQ(this=exp.to_identifier(f"f{n}"), expression=part) for n, part in enumerate([*order, what])]
        found = exp.Min(this=exp.Case().when(test, exp.Struct(expressions=fields), copy=False))
        return self.field(found, f"f{len(order)}")

    def field(self, struct: Tree, name: str) -> Tree:
        """Return one field of a struct."""
        return exp.Anonymous(this="struct_extract", expressions=[struct, exp.Literal.string(name)])

    @property
    def writes(self) -> dict[str, Callable[..., Tree]]:
        """Return operation → how it is written."""
        return {
            "cut": self.cut, "days_between": self.days_between, "add_days": self.add_days, "add_months": self.add_months,
            "week": self.week, "month_end": self.month_end,
            **{part: lambda date, name=part: self.part_of_date(name, date) for part in ("year", "month", "day")},
        }  # fmt: skip


class Spark(Dialect):
    """Spark, ANSI mode on: ``DIV`` cuts towards zero, years and days are int32, structs are read by a dot."""

    name = "spark"
    copies = False  # files are read by column anyway
    layers_most = 10  # its analyzer goes over all layers again for each; 53 of them took half a minute

    def days_between(self, later: Tree, earlier: Tree) -> Tree:
        """Return later - earlier in days: date - date is an interval there."""
        return exp.cast(exp.Anonymous(this="DATEDIFF", expressions=[later, earlier]), "BIGINT")

    def add_days(self, date: Tree, days: Tree) -> Tree:
        """Return a date so many days on."""
        return exp.Anonymous(this="DATE_ADD", expressions=[date, exp.cast(days, "INTEGER")])

    def add_months(self, date: Tree, months: Tree) -> Tree:
        """Return a date so many months on, held to the end of the month."""
        return exp.Anonymous(this="ADD_MONTHS", expressions=[date, exp.cast(months, "INTEGER")])

    def week(self, date: Tree) -> Tree:
        """Return the Monday of a date's week; DATE_TRUNC would be a moment in a time zone."""
        return exp.Anonymous(this="TRUNC", expressions=[date, exp.Literal.string("WEEK")])

    def has_code(self, codes: Tree, code: str) -> Tree:
        """Return whether a list of codes holds one."""
        return exp.Anonymous(this="ARRAY_CONTAINS", expressions=[codes, exp.Literal.string(code)])

    def part_of_date(self, part: str, date: Tree) -> Tree:
        """Return year, month or day of a date as int64."""
        return exp.cast(exp.Anonymous(this=part.upper(), expressions=[date]), "BIGINT")

    def first_of(self, order: list[Tree], what: Tree, test: Tree) -> Tree:
        """Return a value of the row that passes with the smallest order."""
        return self._first_struct(order, what, test)

    def field(self, struct: Tree, name: str) -> Tree:
        """Return one field of a struct."""
        return exp.Dot(this=struct, expression=exp.to_identifier(name))


DIALECTS: dict[str, Dialect] = {each.name: each for each in (Dialect(), Spark())}
"""Back ends by name."""
