"""SQL that reads one cell of a ledger: its value as rules compute with it, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from bangfu.rules.pack.model import Pack
from bangfu.rules.population.database import listed, literal, quoted
from bangfu.rules.runners.sql.columns import FACT_DEN
from bangfu.rules.units import power_of
from bangfu.rules.vocabulary import Fact

YES = ("true", "t", "yes", "y", "1", "是", "有")
NO = ("false", "f", "no", "n", "0", "否", "无")
ITEM = '"~~item"'
"""An item of a list in a lambda: DuckDB takes the name for a column where there is one, so no column may have it."""
DECIMAL = "DECIMAL(28,10)"
"""Wide enough for every bound, with more decimals than any fact may carry, so that too many are seen."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One column on its way in: ``typed`` is its first reading, ``value`` what is kept, ``fault`` a code or NULL.

    ``value`` and ``fault`` read the columns ``name`` (as it came) and ``~name`` (``typed``).
    """

    name: str
    typed: str
    value: str
    fault: str


def raw(name: str) -> str:
    """Return the column as it came."""
    return quoted(name)


def typed(name: str) -> str:
    """Return the column after its first reading."""
    return quoted(f"~{name}")


def fact_cell(fact: Fact, form: str, pack: Pack) -> Cell:
    """Return the cell of a fact; ``form`` is how the file holds it: text, whole, decimal, yes_no, date or list."""
    if fact.kind == "number":
        return _number(fact.id, form, *steps_of(fact), low=_bound(fact.low, fact), high=_bound(fact.high, fact))
    if fact.kind == "yes_no":
        return yes_no_cell(fact.id, form)
    if fact.kind == "date":
        return date_cell(fact.id, form)
    codes = pack.vocabulary.codes[fact.codes or ""].codes if fact.codes else {}
    by_label = {label: code for code, both in reversed(codes.items()) for label in (both.en, both.zh) if label not in codes}
    if fact.kind == "code":
        return _code(fact.id, list(codes), by_label)
    if fact.kind == "codes":
        return _codes(fact.id, form, list(codes), by_label)
    return text_cell(fact.id)


def steps_of(fact: Fact) -> tuple[int, int]:
    """Return (what a stated number is multiplied by to be whole, decimals allowed)."""
    power = power_of(fact.unit, "元")
    scale = 100**power if power > 0 else 1
    if fact.type == "number":
        return scale * FACT_DEN, 4
    return scale, 2 if scale > 1 else 0


def _bound(value: object, fact: Fact) -> int | None:
    """Return a bound in steps (money is in fen already)."""
    if value is None:
        return None
    den = FACT_DEN if fact.type == "number" else 1
    return int(value * den)  # type: ignore[operator]


def text_cell(name: str) -> Cell:
    """Return the cell of a text: blanks around it are cut, an empty one is not stated."""
    return Cell(name, f"nullif(trim(CAST({raw(name)} AS VARCHAR)), '')", typed(name), "NULL")


def yes_no_cell(name: str, form: str) -> Cell:
    """Return the cell of a yes or no."""
    if form == "yes_no":
        return Cell(name, raw(name), typed(name), "NULL")
    said = f"lower(trim({raw(name)}))"
    read = f"CASE WHEN {said} IN ({listed(YES)}) THEN true WHEN {said} IN ({listed(NO)}) THEN false END"
    return Cell(name, read, typed(name), _unread(name, "yes_no"))


def date_cell(name: str, form: str) -> Cell:
    """Return the cell of a date."""
    if form == "date":
        return Cell(name, raw(name), typed(name), "NULL")
    text = f"trim({raw(name)})"
    read = f"CASE WHEN regexp_full_match({text}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') THEN TRY_CAST({text} AS DATE) END"
    return Cell(name, read, typed(name), _unread(name, "date"))


def money_cell(name: str, form: str) -> Cell:
    """Return the cell of a sum in 元 that is kept in fen and not below 0."""
    return _number(name, form, 100, 2, low=0, high=None)


def quantity_cell(name: str, form: str) -> Cell:
    """Return the cell of a quantity with at most four decimals."""
    return _number(name, form, FACT_DEN, 4, low=0, high=None)


def _number(name: str, form: str, steps: int, decimals: int, *, low: int | None, high: int | None) -> Cell:
    source = raw(name)
    if form == "text":
        text = f"trim({source})"
        source = f"CASE WHEN regexp_full_match({text}, '-?[0-9]{{1,15}}([.][0-9]{{1,10}})?') THEN {text} END"
    number = f"(TRY_CAST({source} AS {DECIMAL}) * CAST({steps} AS DECIMAL(9,0)))"
    whole = f"TRY_CAST({typed(name)} AS BIGINT)"
    faults = [(f"{typed(name)} IS NULL", "number"), (f"{whole} IS NULL", "bounds")]
    faults += [(f"{typed(name)} <> {whole}", "decimals" if decimals else "whole")]
    faults += [] if low is None else [(f"{typed(name)} < {low}", "bounds")]
    faults += [] if high is None else [(f"{typed(name)} > {high}", "bounds")]
    cases = " ".join(f"WHEN {test} THEN {literal(code)}" for test, code in faults)
    return Cell(name, number, whole, f"CASE WHEN {_stated(name)} THEN CASE {cases} END END")


def _code(name: str, codes: list[str], by_label: dict[str, str]) -> Cell:
    said = f"trim(CAST({raw(name)} AS VARCHAR))"
    labels = "".join(f" WHEN {said} = {literal(label)} THEN {literal(code)}" for label, code in by_label.items())
    read = f"CASE WHEN {said} IN ({listed(codes)}) THEN {said}{labels} END"
    return Cell(name, read, typed(name), _unread(name, "code"))


def _codes(name: str, form: str, codes: list[str], by_label: dict[str, str]) -> Cell:
    items = raw(name) if form == "list" else f"string_split_regex(nullif(trim({raw(name)}), ''), '[;；、]')"
    labels = "".join(f" WHEN trim({ITEM}) = {literal(label)} THEN {literal(code)}" for label, code in by_label.items())
    said = f"CASE WHEN trim({ITEM}) = '' THEN NULL{labels} ELSE trim({ITEM}) END"
    read = f"list_sort(list_distinct(list_filter(list_transform({items}, lambda {ITEM}: {said}), lambda {ITEM}: {ITEM} IS NOT NULL)))"
    bad = f"NOT list_has_all([{listed(codes)}], {typed(name)})"
    return Cell(name, read, typed(name), f"CASE WHEN {typed(name)} IS NOT NULL AND {bad} THEN 'code' END")


def _stated(name: str) -> str:
    """Tell whether a cell holds anything (an empty text is nothing)."""
    return f"nullif(trim(CAST({raw(name)} AS VARCHAR)), '') IS NOT NULL"


def _unread(name: str, code: str) -> str:
    return f"CASE WHEN {_stated(name)} AND {typed(name)} IS NULL THEN {literal(code)} END"


def gate_fault(fact: Fact, gate: str) -> str:
    """Return the code where a fact is stated behind a gate that is answered no (0 and no say the same as the gate)."""
    said = f"{quoted(fact.id)} IS NOT NULL"
    if fact.kind == "number":
        said = f"{quoted(fact.id)} <> 0"
    elif fact.kind == "yes_no":
        said = quoted(fact.id)
    return f"CASE WHEN NOT {quoted(gate)} AND {said} THEN 'gate' END"
