"""A ledger's columns held against the vocabulary: what is read, what is wrong, what is missing and what it holds up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bangfu.rules.engine import Engine
from bangfu.rules.errors import Fault, HouseholdError, near_names
from bangfu.rules.pack.model import Pack
from bangfu.rules.plan import nodes_of
from bangfu.rules.population.cells import (
    Cell,
    date_cell,
    fact_cell,
    gate_fault,
    money_cell,
    quantity_cell,
    text_cell,
    yes_no_cell,
)
from bangfu.rules.population.ledger import RECORD, Ledger, LedgerTable
from bangfu.rules.vocabulary import Fact

LINKS = ("id", "of", "at")
SHOWN = {"household": ("street", "community")}
"""Texts that no rule reads and that results are sorted by."""
STATED = "stated"
"""A household's own list of what is stated of it (collections, ``record``); without the column a table that is there
states its collection for every household."""
RECORD_CELLS = {
    "entry": text_cell, "of": text_cell, "claim": text_cell, "from": date_cell, "until": date_cell, "paid_on": date_cell,
    "amount": money_cell, "quantity": quantity_cell,
}  # fmt: skip
FORMS = {"number": ("text", "whole", "decimal"), "yes_no": ("text", "yes_no"), "date": ("text", "date"), "code": ("text",), "codes": ("text", "list"), "text": ("text", "whole")}
WRITE = {"number": "DECIMAL", "yes_no": "BOOLEAN", "date": "DATE", "code": "VARCHAR", "codes": "VARCHAR[]", "text": "VARCHAR"}


@dataclass(frozen=True, slots=True)
class TablePlan:
    """What is read of one table: its cells, the gates to hold it against, links that are there."""

    table: LedgerTable
    cells: list[Cell]
    gates: list[tuple[str, str]]
    links: list[str]

    @property
    def names(self) -> set[str]:
        """Return the columns that are read, the links apart."""
        return {cell.name for cell in self.cells if cell.name != STATED}


@dataclass(slots=True)
class LedgerPlan:
    """What is read of a ledger, what is not read by any rule, and what is missing with the rules it holds up."""

    tables: dict[str, TablePlan]
    unread: dict[str, list[str]] = field(default_factory=dict)
    missing: dict[str, list[str]] = field(default_factory=dict)

    @property
    def by_household(self) -> bool:
        """Tell whether each household says for itself what is stated of it."""
        return any(cell.name == STATED for cell in self.tables["household"].cells)


def plan_columns(ledger: Ledger, engine: Engine, wanted: dict[str, set[str]]) -> LedgerPlan:
    """Return what is read of a ledger; ``wanted`` names the columns that rules read, by entity.

    Raises:
        HouseholdError: With every column that is unknown, of a wrong type, or needed and not there.
    """
    faults: list[Fault] = []
    found = LedgerPlan({})
    for name, table in ledger.tables.items():
        known = _known(engine.pack, name)
        _links(name, table, engine.pack, faults)
        _names(name, table, known, engine.pack, faults)
        if name == RECORD:
            found.tables[name] = TablePlan(table, _record(table, faults), [], [])
            continue
        read = with_gates(engine.pack, wanted.get(name, set())) | set(SHOWN.get(name, ()))
        cells = [cell for column in known if column in table.columns and column in read for cell in _cell(column, table, engine.pack, faults)]
        if name == "household" and STATED in table.columns:
            cells.append(text_cell(STATED))
        here = {cell.name for cell in cells}
        gates = [(fact.id, gate_fault(fact, fact.gate)) for fact in engine.pack.vocabulary.facts_of(name) if fact.gate in here and fact.id in here]
        found.tables[name] = TablePlan(table, cells, gates, [link for link in LINKS if link in table.columns])
        found.unread[name] = [column for column in known if column in table.columns and column not in read]
    if faults:
        raise HouseholdError(faults)
    _missing(found, engine, wanted)
    return found


def with_gates(pack: Pack, names: set[str]) -> set[str]:
    """Return names with every gate before them."""
    found = set(names)
    queue = list(names)
    while queue:
        fact = pack.vocabulary.facts.get(queue.pop())
        if fact is not None and fact.gate and fact.gate not in found:
            found.add(fact.gate)
            queue.append(fact.gate)
    return found


def form_of(kind: Any) -> str | None:
    """Return how a file holds a column: text, whole, decimal, yes_no, date or list; None for what is never read."""
    import pyarrow as pa

    types = pa.types
    if types.is_dictionary(kind):
        kind = kind.value_type
    for test, form in (
        (types.is_null, "text"), (types.is_string, "text"), (types.is_large_string, "text"), (types.is_boolean, "yes_no"),
        (types.is_integer, "whole"), (types.is_decimal, "decimal"), (types.is_date, "date"), (types.is_list, "list"), (types.is_large_list, "list"),
    ):  # fmt: skip
        if test(kind):
            return form
    return None


def _known(pack: Pack, name: str) -> list[str]:
    if name == RECORD:
        return list(RECORD_CELLS)
    facts = [fact.id for fact in pack.vocabulary.facts_of(name)]
    return facts + [e.id for e in pack.entries.values() if e.kind == "recognition" and e.per == name]


def _links(name: str, table: LedgerTable, pack: Pack, faults: list[Fault]) -> None:
    entity = pack.vocabulary.entities.get(name)
    needed = {"entry": ("哪一项", "which benefit it is"), "of": ("属于谁", "whom it belongs to")} if entity is None else {"id": ("每一行的编号", "the number of each row")}
    if entity is not None and entity.belongs_to not in (None, "place"):
        owner = pack.vocabulary.entities[entity.belongs_to or ""].label
        needed["of"] = (f"属于哪个{owner.zh}", f"which {entity.belongs_to} a row belongs to")
    if name == "place":
        needed = {}
    for column, (zh, en) in needed.items():
        if column not in table.columns:
            faults.append(Fault(table.source, 0, 0, "LEDGER-COLUMN", f"缺少列“{column}”：{zh}，没有它无法归户", f'the column "{column}" is missing: it says {en}'))
        elif form_of(table.columns[column]) not in FORMS["text"]:
            faults.append(_type(table, column, "VARCHAR"))


def _names(name: str, table: LedgerTable, known: list[str], pack: Pack, faults: list[Fault]) -> None:
    links = () if name == RECORD else LINKS
    for column in table.columns:
        if column in known or column in links or (name == "person" and column == "name") or (name == "household" and column == STATED):
            continue
        fact = pack.vocabulary.facts.get(column)
        near = near_names(column, known)
        if fact is not None:
            zh, en = f"“{column}”是{pack.vocabulary.entities[fact.entity].label.zh}的事实，应写在 {fact.entity} 表", f'"{column}" is a fact of {fact.entity}; it belongs in that table'
        elif near:
            zh, en = f"不认识的列“{column}”；是不是 {'、'.join(near)}", f'unknown column "{column}"; did you mean {", ".join(near)}?'
        else:
            zh, en = f"不认识的列“{column}”；不需要就请删去", f'unknown column "{column}"; leave it out if it is not needed'
        faults.append(Fault(table.source, 0, 0, "LEDGER-COLUMN", zh, en))


def _type(table: LedgerTable, column: str, wanted: str) -> Fault:
    kind = table.columns[column]
    return Fault(table.source, 0, 0, "LEDGER-TYPE", f"列“{column}”的类型是 {kind}，应为 {wanted}", f'the column "{column}" is {kind}; it must be {wanted}')


def _cell(column: str, table: LedgerTable, pack: Pack, faults: list[Fault]) -> list[Cell]:
    fact = pack.vocabulary.facts.get(column)
    kind = "yes_no" if fact is None else fact.kind
    form = form_of(table.columns[column])
    if form not in FORMS[kind]:
        faults.append(_type(table, column, _written(fact, kind)))
        return []
    return [yes_no_cell(column, form) if fact is None else fact_cell(fact, form, pack)]


def _written(fact: Fact | None, kind: str) -> str:
    if fact is None or kind != "number":
        return WRITE[kind]
    return {"money": "DECIMAL(18,2)", "level": "BIGINT"}.get(fact.type, "DECIMAL(18,4)")


def _record(table: LedgerTable, faults: list[Fault]) -> list[Cell]:
    found = []
    for column, make in RECORD_CELLS.items():
        if column not in table.columns:
            continue
        form = form_of(table.columns[column])
        kind = {"from": "date", "until": "date", "paid_on": "date", "amount": "number", "quantity": "number"}.get(column, "text")
        if form not in FORMS[kind]:
            faults.append(_type(table, column, {"amount": "DECIMAL(18,2)", "quantity": "DECIMAL(18,4)"}.get(column, WRITE[kind])))
        else:
            found.append(text_cell(column) if kind == "text" else make(column, form))  # type: ignore[operator]
    return found


def _missing(found: LedgerPlan, engine: Engine, wanted: dict[str, set[str]]) -> None:
    """List the facts that rules read and the ledger lacks, each with the rules that read it by name."""
    lacking = {name for entity, names in wanted.items() for name in names if entity not in found.tables or name not in {c.name for c in found.tables[entity].cells}}
    lacking = {name for name in lacking if name in engine.pack.vocabulary.facts}
    readers: dict[str, list[str]] = {name: [] for name in sorted(lacking)}
    for entry in engine.pack.entries.values():
        read = {n.data.name for root in nodes_of(entry) for n in root.walk() if n.op == "fact"} if entry.per else set()
        for name in read & lacking:
            readers[name].append(entry.id)
    found.missing = {name: entries for name, entries in readers.items() if entries}
