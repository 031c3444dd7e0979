"""A made-up district as plain rows, household by household: what ``bangfu synth`` writes, read back."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from bangfu.rules.engine import Engine
from bangfu.rules.synthetic.load import distributions
from bangfu.rules.synthetic.write import Order, district_of, write_district
from bangfu.rules.vocabulary import Fact

Row = dict[str, Any]
LINKS = ("id", "of", "at")
UNSTATED = ("birth_date", "relation", "full_name", "died_on", "street", "community")
"""Kept by the register itself, not as statements."""
PLAIN: tuple[Any, ...] = (False, 0, [], "none", "own", "able", "caring", "home")
"""Answers that say that nothing is out of the ordinary."""


@dataclass(slots=True)
class Drawn:
    """One household: its row, its people, what belongs to either by kind, the record, and what other offices sent by row id."""

    household: Row
    people: list[Row] = field(default_factory=list)
    claims: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    record: list[Row] = field(default_factory=list)
    sent: dict[str, Row] = field(default_factory=dict)


def draw(engine: Engine, people: int, seed: int, day: dt.date) -> tuple[list[Drawn], dict[str, Row]]:
    """Return the households of a made-up district, and its organisations by id."""
    import pyarrow.parquet as parquet

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "district"
        write_district(engine, district_of(engine, seed, day), Order(people), out)
        sheets = {path.relative_to(out).with_suffix("").as_posix(): parquet.read_table(path).to_pylist() for path in out.rglob("*.parquet")}
    return list(_gathered(sheets)), {row["id"]: row for row in sheets["organisation"]}


def _gathered(sheets: dict[str, list[Row]]) -> Iterator[Drawn]:
    found = {row["id"]: Drawn(row) for row in sheets["household"]}
    homes = {row["id"]: found[row["id"]] for row in sheets["household"]}
    for row in sheets["person"]:
        homes[row["id"]] = homes[row["of"]]
        homes[row["id"]].people.append(row)
    for name in distributions().counts:
        for row in sheets.get(name, []):
            homes[row["id"]] = homes[row["of"]]
            homes[row["id"]].claims[name].append(row)
    for row in sheets["record"]:
        homes[row["of"]].record.append(row)
    for name in distributions().files["feeds"]["feeds"]:
        for row in sheets.get(f"feeds/{name}", []):
            sent = homes[row["id"]].sent.setdefault(row["id"], {})
            sent.update((key, value) for key, value in row.items() if key != "id" and value is not None)
    yield from found.values()


def plain(value: Any) -> Any:
    """Return a drawn value as JSON holds it: whole numbers whole, days as text."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(str(value.normalize()))
    if isinstance(value, dt.date):
        return value.isoformat()
    return value


def facts_of(row: Row, facts: dict[str, Fact], *, thorough: bool) -> Row:
    """Return what a register would know of a drawn row: the core, whatever says something, and all of it where somebody asked on.

    Args:
        row: The drawn row.
        facts: The facts of its entity by name.
        thorough: Whether also every plain answer beside the core was written down.
    """
    found = {}
    for name, value in row.items():
        fact = facts.get(name)
        if value is None or fact is None or name in UNSTATED or fact.kind == "text" or fact.given_by in ("server", "feed"):
            continue
        asked = fact.ask is not None and fact.given_by == "person"
        if fact.core or (asked and (thorough or value not in PLAIN)):
            found[name] = plain(value)
    return _opened(found, row, facts)


def _opened(found: Row, row: Row, facts: dict[str, Fact]) -> Row:
    """Return facts with the gates before them, which alone give them a sense."""
    for name in list(found):
        gate = facts[name].gate
        while gate and gate in facts and row.get(gate) is not None:
            found.setdefault(gate, plain(row[gate]))
            gate = facts[gate].gate
    return found


def sent_facts(sent: Row, facts: dict[str, Fact]) -> Row:
    """Return what another office sent, with a yes at the gates before it."""
    found = {name: plain(value) for name, value in sent.items() if name in facts}
    for name in list(found):
        gate = facts[name].gate
        while gate and gate in facts:
            found.setdefault(gate, True)
            gate = facts[gate].gate
    return found
