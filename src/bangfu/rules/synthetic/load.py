"""The distributions: read from the files beside this module, each line with its source or marked assumed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

FORMS = ("yes", "pick", "even", "bands", "days_ago", "among", "is")
GROUNDS = ("source", "assumed", "derived")


@dataclass(frozen=True, slots=True)
class Line:
    """How one column is drawn: its cases in order (the first that fits wins), what it rests on, share left unknown."""

    name: str
    cases: tuple[dict[str, Any], ...]
    ground: str
    words: str
    drawn: bool = False
    number: bool = False
    unknown: float | None = None


@dataclass(frozen=True, slots=True)
class Distributions:
    """Lines by table, rows per owner of claims, and the plain settings of each file."""

    lines: dict[str, dict[str, Line]]
    counts: dict[str, Line]
    files: dict[str, dict[str, Any]]

    def __iter__(self) -> Iterator[tuple[str, Line]]:
        return ((table, line) for table, lines in self.lines.items() for line in lines.values())


@cache
def distributions() -> Distributions:
    """Return every distribution.

    Raises:
        ValueError: A line says neither source nor assumed, or has no known form. The files are ours, so this is ours to mend.
    """
    read = {name: _file(name) for name in ("sources", "settings", "household", "person", "place", "organisation", "claims", "record", "feeds")}
    lines = {name: {f: _line(f, spec) for f, spec in read[name]["fields"].items()} for name in ("household", "person", "place", "organisation")}
    counts = {}
    for name, table in read["claims"]["tables"].items():
        lines[name] = {f: _line(f, spec) for f, spec in table["fields"].items()}
        counts[name] = _line("count", table["count"])
    known = read["sources"]["sources"]
    for table, found in lines.items():
        wrong = [line.name for line in found.values() if line.ground == "source" and line.words.split(" · ")[0] not in known]
        if wrong:
            raise ValueError(f"{table}: no such source: {wrong}")
    return Distributions(lines, counts, read)


def _file(name: str) -> dict[str, Any]:
    found = yaml.safe_load((files(__package__) / "distributions" / f"{name}.yaml").read_text(encoding="utf-8"))
    plain: dict[str, Any] = _plain(found)
    return plain


def _plain(value: Any) -> Any:
    """Return YAML content with ``yes`` as a name again where it is a key."""
    if isinstance(value, dict):
        return {"yes" if key is True else key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list) else value


def line_of(name: str, spec: dict[str, Any]) -> Line:
    """Return a line out of its written form."""
    return _line(name, spec)


def _line(name: str, spec: dict[str, Any]) -> Line:
    grounds = [key for key in GROUNDS if key in spec]
    if len(grounds) != 1:
        raise ValueError(f"{name}: write one of {GROUNDS}")
    words = " · ".join(str(part) for part in (spec[grounds[0]], spec.get("how")) if part is not None and part is not True)
    shared = {key: spec[key] for key in ("number",) if key in spec}
    cases = [{**shared, **case} for case in spec.get("cases", [spec])]
    for case in cases:
        if len([form for form in FORMS if form in case]) != 1:
            raise ValueError(f"{name}: write one of {FORMS} in {case}")
    if not any("if" not in case for case in cases):
        cases.append({"is": "NULL"})
    return Line(name, tuple(cases), grounds[0], words, bool(spec.get("drawn")), any(c.get("number") for c in cases), spec.get("unknown"))
