"""What a place still owes: missing values, ranges to settle, conditions, cadences; each with the rules it holds up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bangfu.rules.answers import names_in
from bangfu.rules.language.fold import folded
from bangfu.rules.language.nodes import Node
from bangfu.rules.needs import need_label
from bangfu.rules.pack.model import MISSING, Entry, Pack, Parameter
from bangfu.rules.pack.open_settings import open_settings
from bangfu.rules.plan import nodes_of
from bangfu.rules.units import Quantity
from bangfu.rules.vocabulary import Label

_CLOCK = ("clock", Label("时限", "time limit"))
_SETTINGS = {
    "every": ("cadence", Label("周期", "cadence")),
    "renews": ("cadence", Label("续补周期", "renewal")),
    **dict.fromkeys(("within", "runs", "due", "whole", "longer", "start_within", "finish_within"), _CLOCK),
    "term": ("clock", Label("贷款期限", "term of the loan")),
    "rate": ("value", Label("年利率", "interest a year")),
    "share": ("value", Label("贴息比例", "share of the interest")),
}


@dataclass(frozen=True, slots=True)
class MissingRow:
    """One thing that is missing. ``kind``: value, range, list, condition, cadence or clock; ``name`` is what an overlay sets."""

    name: str
    kind: str
    label: Label
    unit: str
    holds_up: tuple[str, ...]


def lacks(parameter: Parameter) -> str | None:
    """Return how a parameter is open: ``value``, ``range`` (a place must settle it) or None."""
    newest = parameter.versions[-1].value if parameter.versions else MISSING
    values: list[object] = []

    def gather(value: object) -> None:
        if isinstance(value, dict):
            for child in value.values():
                gather(child)
        elif isinstance(value, tuple):
            for band in value:
                gather(band.value)
        else:
            values.append(value)

    gather(newest)
    if any(v is MISSING or (isinstance(v, Quantity) and v.missing) for v in values):
        return "list" if parameter.kind == "list" else "value"
    if any(isinstance(v, Quantity) and v.is_range and v.settled_by == "place" for v in values):
        return "range"
    return None


def users(pack: Pack) -> dict[str, set[str]]:
    """Return name → entries that read it, through definitions and recognitions too."""
    direct: dict[str, set[str]] = {}
    for entry in pack.entries.values():
        for root in roots_taken(pack, entry):
            for name in names_in(root):
                direct.setdefault(name, set()).add(entry.id)
    return direct


def roots_taken(pack: Pack, entry: Entry) -> list[Node]:
    """Return the expressions of an entry under the readings taken; rows that no reading taken reaches are left out."""
    closed: set[int] = set()
    settled = False
    for tier in entry.tiers:
        test = None if tier.when is None else folded(tier.when, pack.reading_choice)
        never = test is not None and test.op == "const" and test.data is False
        if settled or never:
            closed |= {id(node) for node in (tier.when, tier.amount, tier.quantity, tier.rate, tier.share, tier.value) if node is not None}
        settled = settled or (entry.take == "first" and test is not None and test.op == "const" and test.data is True)
    return [folded(root, pack.reading_choice) for root in nodes_of(entry) if id(root) not in closed]


def held_up(pack: Pack, name: str, direct: dict[str, set[str]]) -> tuple[str, ...]:
    """Return the benefits and recognitions that a missing name reaches."""
    found: set[str] = set()
    queue = [name]
    while queue:
        for user in direct.get(queue.pop(), ()):
            if user not in found:
                found.add(user)
                queue.append(user)
    return tuple(e for e in pack.entries if e in found and pack.entries[e].kind != "definition")


def missing_rows(pack: Pack) -> list[MissingRow]:
    """Return all that is missing, in the order of the pack; unused national terms are left out."""
    direct = users(pack)
    rows: list[MissingRow] = []
    for parameter in pack.parameters.values():
        kind = lacks(parameter)
        holding = held_up(pack, parameter.id, direct)
        if kind and holding:
            rows.append(MissingRow(parameter.id, kind, _label(pack, parameter.id), parameter.unit_written, holding))
    for entry in pack.entries.values():
        rows += _entry_rows(pack, entry, direct)
    return rows


def _entry_rows(pack: Pack, entry: Entry, direct: dict[str, set[str]]) -> list[MissingRow]:
    rows: list[MissingRow] = []
    written, read = (_figures_in(roots) for roots in (nodes_of(entry), roots_taken(pack, entry)))
    for figure in entry.figures.values():
        kind = lacks(figure)
        if kind and not (figure.id in written and figure.id not in read):
            rows.append(MissingRow(figure.id, kind, _label(pack, figure.id), figure.unit_written, (entry.id, *held_up(pack, entry.id, direct))))
    if entry.open_condition is not None and not entry.conditions_added:
        rows.append(MissingRow(f"{entry.id}.open_condition", "condition", entry.open_condition, "", (entry.id,)))
    for setting in open_settings(entry).values():
        kind, label = _SETTINGS.get(setting.key, ("value", Label("数额", "sum")))
        rows.append(MissingRow(f"{entry.id}.{setting.address}", kind, label, setting.unit, (entry.id,)))
    return rows


def _figures_in(roots: Iterable[Node]) -> set[str]:
    """Return the ids of the figures and parameters that expressions read."""
    return {node.data.id for root in roots for node in root.walk() if isinstance(node.data, Parameter)}


def _label(pack: Pack, name: str) -> Label:
    return Label(need_label(pack, name, "zh"), need_label(pack, name, "en"))
