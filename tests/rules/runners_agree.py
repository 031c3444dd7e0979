"""What two runners answer, brought to one form so that it can be held side by side."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from bangfu.rules.engine import Engine
from bangfu.rules.household import Given
from bangfu.rules.pack.model import Entry
from bangfu.rules.runners.sql.back_ends import BackEnd
from bangfu.rules.runners.sql.program import SqlAnswer, SqlProgram
from bangfu.rules.values import CLOSED, Range, Unknown

Form = tuple[Any, ...]
"""("not_met",), ("unknown"|"met", lowest, highest) of an entry; ("closed",), ("unknown",) or ("met", value…) of a definition."""


def of_python(entry: Entry, found: Any) -> Form:
    """Return what the reference runner found for one row."""
    if entry.kind == "definition":
        return _definition(entry, found)
    status = "unknown" if found.status.__class__ is Unknown else "met" if found.status else "not_met"
    return (status,) if status == "not_met" else (status, *_ends(found.amount))


def _definition(entry: Entry, value: Any) -> Form:
    if value is CLOSED:
        return ("closed",)
    if value.__class__ is Unknown:
        return ("unknown",)
    return ("met", *_ends(value)) if entry.value_kind == "number" else ("met", value)


def _ends(value: Any) -> tuple[Fraction | None, Fraction | None]:
    if value is None or value.__class__ is Unknown:
        return None, None
    if value is CLOSED:
        return Fraction(0), Fraction(0)
    if value.__class__ is Range:
        return Fraction(value.low), None if value.high is None else Fraction(value.high)
    return Fraction(value), Fraction(value)


def of_sql(entry: Entry, found: SqlAnswer) -> Form:
    """Return what the SQL runner found for one row."""
    if entry.kind == "definition":
        if found.closed or found.status == "unknown":
            return ("closed",) if found.closed else ("unknown",)
        return ("met", found.low, found.high) if entry.value_kind == "number" else ("met", found.value)
    return ("not_met",) if found.status == "not_met" else (found.status, found.low, found.high)


def differences(engine: Engine, program: SqlProgram, givens: list[Given], back_end: BackEnd | None = None) -> tuple[int, int, list[str]]:
    """Return (rows compared, of them met with a sum, what differs) over every result of the SQL program."""
    found = program.run(givens, back_end)
    same, paid, said = 0, 0, []
    for number, given in enumerate(givens):
        run = engine.run(given, program.day, program.basis, only=program.only)
        for name in program.results:
            entry = engine.pack.entries[name]
            for row in run.rows[entry.per or ""]:
                python = of_python(entry, engine.result(row, entry))
                sql = of_sql(entry, found[number, name, row.entity, row.id])
                same += python == sql
                paid += entry.has_money and python[0] == "met" and len(python) == 3 and bool(python[1])
                if python != sql:
                    said.append(f"{name} [household {number}, {row.id}]: python {python}, {program.dialect.name} {sql}")
    return same, paid, said
