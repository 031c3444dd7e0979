"""What differs between back ends, and nothing else. The tree is built once; these few parts are built for each."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from bangfu.rules.runners.sql.tree import Exp, case, compare, minus, plus, product, whole

DUCKDB_CONFIG = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """One back end. DuckDB: ``//`` cuts towards zero, date - date are days, date + whole number is a date."""

    name: str

    def cut(self, top: Exp, bottom: Exp) -> Exp:
        """Return the whole quotient towards zero; ``bottom`` is above 0."""
        return exp.IntDiv(this=_paren(top), expression=_paren(bottom))

    def floor(self, top: Exp, bottom: Exp) -> Exp:
        """Return the whole quotient downwards; ``bottom`` is above 0."""
        below = exp.Neg(this=exp.Paren(this=self.cut(minus(plus(exp.Neg(this=_paren(top)), bottom), whole(1)), bottom)))
        return case([(compare("ge", top, whole(0)), self.cut(top, bottom))], below)

    def days_between(self, later: Exp, earlier: Exp) -> Exp:
        """Return later - earlier in days."""
        return exp.cast(minus(later, earlier), "BIGINT")

    def add_days(self, date: Exp, days: Exp) -> Exp:
        """Return a date so many days on."""
        return exp.cast(plus(date, exp.cast(days.copy(), "INTEGER")), "DATE")

    def add_months(self, date: Exp, months: Exp) -> Exp:
        """Return a date so many months on, held to the end of the month."""
        moved = exp.Anonymous(this="to_months", expressions=[exp.cast(months.copy(), "INTEGER")])
        return exp.cast(plus(date, moved), "DATE")

    def week(self, date: Exp) -> Exp:
        """Return the Monday of a date's week."""
        return exp.cast(exp.Anonymous(this="date_trunc", expressions=[exp.Literal.string("week"), date.copy()]), "DATE")

    def has_code(self, codes: Exp, code: str) -> Exp:
        """Return whether a list of codes holds one."""
        return exp.Anonymous(this="list_contains", expressions=[codes.copy(), exp.Literal.string(code)])

    def year(self, date: Exp) -> Exp:
        """Return the year."""
        return exp.cast(exp.Year(this=date.copy()), "BIGINT")

    def month(self, date: Exp) -> Exp:
        """Return the month, 1 to 12."""
        return exp.cast(exp.Month(this=date.copy()), "BIGINT")

    def day_of_month(self, date: Exp) -> Exp:
        """Return the day of the month."""
        return exp.cast(exp.Day(this=date.copy()), "BIGINT")

    def month_end(self, date: Exp) -> Exp:
        """Return the last day of the month."""
        return exp.LastDay(this=date.copy())

    def months_between(self, start: Exp, end: Exp) -> Exp:
        """Return the largest n with start + n months <= end."""
        months = plus(
            product(minus(self.year(end), self.year(start)), whole(12)), minus(self.month(end), self.month(start))
        )
        short = exp.And(
            this=compare("lt", self.day_of_month(end), self.day_of_month(start)),
            expression=compare("ne", end, self.month_end(end)),
        )
        return minus(months, case([(short, whole(1))], whole(0)))

    def years_between(self, start: Exp, end: Exp) -> Exp:
        """Return full years: the difference of yyyymmdd over 10000, downwards."""
        return self.floor(minus(self.number_of(end), self.number_of(start)), whole(10000))

    def number_of(self, date: Exp) -> Exp:
        """Return yyyymmdd."""
        years = plus(product(self.year(date), whole(10000)), product(self.month(date), whole(100)))
        return plus(years, self.day_of_month(date))


def _paren(part: Exp) -> Exp:
    part = part.copy()
    return exp.Paren(this=part) if isinstance(part, exp.Binary) else part


DIALECTS = {"duckdb": Dialect("duckdb")}
"""Back ends by name. Spark joins by overriding the parts that stack.md §3 lists."""
