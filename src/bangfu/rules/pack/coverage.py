"""Coverage: every clause has an entry, every entry names its clause, every figure of a clause stands in what covers it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from bangfu.rules.errors import Fault
from bangfu.rules.pack.model import Band, Clause, Entry, Pack, Parameter, Rounding
from bangfu.rules.plan import names_read, nodes_of
from bangfu.rules.units import Quantity, power_of
from bangfu.rules.yaml_source import List, Map, read_yaml_file

_NUMBER = re.compile(r"(?<![\w.\-])(\d+/\d+|\d+(?:\.\d+)?)\s*(%|万元|万)?")
_TEXT_KEYS = frozenset({"label", "note", "because", "says", "asks", "open_condition", "open_list", "chapter", "id", "covers", "office", "source"})


@dataclass(slots=True)
class Coverage:
    """What a place's document names and what carries it out."""

    place: str
    clauses: int = 0
    covered: dict[str, list[str]] = field(default_factory=dict)
    uncovered: list[str] = field(default_factory=list)
    figures: int = 0
    lost: list[tuple[str, str]] = field(default_factory=list)
    excused: list[tuple[str, str, str]] = field(default_factory=list)


def numbers_in_text(text: str) -> set[Fraction]:
    """Return every number written in a text, percentages and 万 worked out.

    >>> sorted(numbers_in_text("5..10% by place")), numbers_in_text("1.5 万元/次")
    ([Fraction(1, 10), Fraction(5, 1)], {Fraction(15000, 1)})
    """
    found: set[Fraction] = set()
    for number, mark in _NUMBER.findall(text.replace("..", " ")):
        value = Fraction(number)
        found.add(value / 100 if mark == "%" else value * 10000 if mark else value)
    return found


def numbers_in_raw(value: Any, key: str = "") -> set[Fraction]:
    """Return the numbers written under the keys of an entry, labels and other texts left out."""
    if key in _TEXT_KEYS:
        return set()
    if isinstance(value, bool) or value is None:
        return set()
    if isinstance(value, int | Fraction):
        return {Fraction(value)}
    if isinstance(value, dt.date):
        return {Fraction(value.year), Fraction(value.month), Fraction(value.day)}
    if isinstance(value, str):
        return set() if " | " in value else numbers_in_text(value)
    found: set[Fraction] = set()
    if isinstance(value, Map):
        for name, child in value.items():
            found |= numbers_in_raw(child, name)
    elif isinstance(value, List):
        for child in value:
            found |= numbers_in_raw(child, key)
    return found


def numbers_in_parameter(parameter: Parameter) -> set[Fraction]:
    """Return every number of a parameter's values, in 元 where they are money."""
    found: set[Fraction] = set()
    for version in parameter.versions:
        found |= _numbers_in_value(version.value, parameter)
        if version.since is not None:
            found.add(Fraction(version.since.year))
    return found


def _numbers_in_value(value: Any, parameter: Parameter) -> set[Fraction]:
    if isinstance(value, dict):
        return set().union(*(_numbers_in_value(child, parameter) for child in value.values()))
    if isinstance(value, tuple):
        found: set[Fraction] = set()
        for band in value:
            assert isinstance(band, Band)
            found |= _numbers_in_value(band.value, parameter)
            if band.upper is not None:
                found.add(Fraction(band.upper) / Fraction(100) ** power_of(parameter.band_unit, "元"))
        return found
    if isinstance(value, Quantity):
        return quantity_numbers(value)
    if isinstance(value, Rounding):
        return {Fraction(value.step), Fraction(value.step) / 100}
    return set()


def quantity_numbers(quantity: Quantity) -> set[Fraction]:
    """Return the ends of a quantity in the unit written (money in 元)."""
    scale = Fraction(100) ** power_of(quantity.unit, "元")
    return {Fraction(end) / scale for end in (quantity.low, quantity.high) if end is not None}


def values_of(pack: Pack, entry: Entry, seen: set[str] | None = None) -> set[Fraction]:
    """Return every number that an entry or what it reads carries."""
    seen = set() if seen is None else seen
    if entry.id in seen:
        return set()
    seen.add(entry.id)
    found = numbers_in_raw(entry.raw)
    parameters = {id(p): p for p in entry.figures.values()}
    roots = list(nodes_of(entry))
    group = pack.stackings.get(entry.id)
    if group is not None and group.at_most is not None:
        roots.append(group.at_most)
    for root in roots:
        for node in root.walk():
            if isinstance(node.data, Parameter):
                parameters[id(node.data)] = node.data
    if isinstance(entry.round, Parameter):
        parameters[id(entry.round)] = entry.round
    for name in _texts(entry.raw):
        if name in pack.parameters:
            parameters[id(pack.parameters[name])] = pack.parameters[name]
    for parameter in parameters.values():
        found |= numbers_in_parameter(parameter)
    related = [*names_read(roots), *(entry.raw.get("entries") or [] if isinstance(entry.raw.get("entries"), List) else [])]
    for key in ("procedure", "paid_from", "feed", "policy"):
        related += [n for n in _texts(entry.raw.get(key)) if n in pack.entries]
    for name in related:
        if name in pack.entries:
            found |= values_of(pack, pack.entries[name], seen)
    return found


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Map):
        return [t for child in value.values() for t in _texts(child)]
    if isinstance(value, List):
        return [t for child in value for t in _texts(child)]
    return []


def covering(pack: Pack) -> dict[str, list[str]]:
    """Return clause → entries that name it (a document's own clauses name the document)."""
    found: dict[str, list[str]] = {}
    for entry in pack.entries.values():
        for clause in entry.covers:
            found.setdefault(clause, []).append(entry.id)
    for document in pack.documents.values():
        for clause in document.covers:
            found.setdefault(clause, []).append(f"{document.id}/document.yaml")
    return found


def read_exceptions(folder: Path, place: str, faults: list[Fault]) -> dict[tuple[str, str], str]:
    """Return (clause, figure) → reason, out of the place's ``exceptions.yaml``."""
    path = folder / place / "exceptions.yaml"
    found: dict[tuple[str, str], str] = {}
    content = read_yaml_file(path, f"{place}/exceptions.yaml", faults) if path.is_file() else None
    for row in content if isinstance(content, List) else ():
        if isinstance(row, Map) and all(key in row for key in ("clause", "figure", "reason")):
            found[str(row["clause"]), str(row["figure"])] = str(row["reason"])
        else:
            faults.append(Fault(f"{place}/exceptions.yaml", 1, 1, "EXCEPTIONS", "每行须有 clause、figure、reason", "each row needs clause, figure and reason"))
    return found


def coverage(pack: Pack, place: str, exceptions: dict[tuple[str, str], str] | None = None) -> Coverage:
    """Return how a place's outline is covered."""
    named = covering(pack)
    result = Coverage(place)
    excused = exceptions or {}
    document_values = numbers_in_raw(pack.documents[place].raw) if place in pack.documents else set()
    for clause in pack.clauses.values():
        if not clause.file.startswith(f"{place}/"):
            continue
        result.clauses += 1
        entries = named.get(clause.id, [])
        if not entries:
            result.uncovered.append(clause.id)
            continue
        result.covered[clause.id] = entries
        values: set[Fraction] = set()
        for name in entries:
            values |= values_of(pack, pack.entries[name]) if name in pack.entries else document_values
        _figures(clause, values, excused, result)
    return result


def _figures(clause: Clause, values: set[Fraction], excused: dict[tuple[str, str], str], result: Coverage) -> None:
    for written, wanted in zip(clause.written, clause.numbers(), strict=True):
        result.figures += 1
        months = {number * 12 for number in wanted} if written.rstrip().endswith("年") else wanted
        if wanted <= values or months <= values:
            continue
        reason = excused.get((clause.id, written))
        if reason is None:
            result.lost.append((clause.id, written))
        else:
            result.excused.append((clause.id, written, reason))


def coverage_faults(pack: Pack, place: str, exceptions: dict[tuple[str, str], str]) -> Iterable[Fault]:
    """Yield a fault for every clause without entry, entry with a clause unknown, and figure that is nowhere."""
    result = coverage(pack, place, exceptions)
    for clause_id in result.uncovered:
        clause = pack.clauses[clause_id]
        yield Fault(clause.file, clause.line, 1, "COVER-CLAUSE", f"条款“{clause_id}”（{clause.article} {clause.label}）没有条目", f'the clause "{clause_id}" has no entry')
    for clause_id, figure in result.lost:
        clause = pack.clauses[clause_id]
        entries = ", ".join(result.covered[clause_id])
        yield Fault(clause.file, clause.line, 1, "COVER-FIGURE", f"条款“{clause_id}”的数字 {figure} 不在条目 {entries} 里", f'the figure {figure} of "{clause_id}" is not found in {entries}')
    needed = {(clause_id, figure) for clause_id, figure, _ in result.excused}
    for clause_id, figure in exceptions:
        if (clause_id, figure) not in needed:
            yield Fault(f"{place}/exceptions.yaml", 1, 1, "EXCEPTION-STALE", f"例外“{clause_id} {figure}”已用不着，请删去该行", f'the exception "{clause_id} {figure}" is not needed any more: delete its row')
    for entry in pack.entries.values():
        if entry.place != place:
            continue
        for name in entry.covers:
            if name not in pack.clauses:
                yield Fault(entry.file, *entry.raw.at("covers"), "COVER-UNKNOWN", f"提纲里没有条款“{name}”", f'the outline has no clause "{name}"')
        if not entry.covers and entry.kind != "definition":
            yield Fault(entry.file, *entry.raw.mark, "COVER-NONE", f"条目“{entry.id}”没有写 covers（它出自哪一条？）", f'the entry "{entry.id}" names no clause in covers')
