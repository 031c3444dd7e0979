"""Refused at a glance: most entries ask first for a fact that most people do not have.

A slot that holds no (or a closed gate) refuses an entry whose conditions all need it, and a slot that holds yes refuses
one that excludes it. Looking at these few slots costs a fraction of working the conditions out, and what they say is
what the conditions would say: a no in Kleene's and stays a no, whatever the rest is.
"""

from __future__ import annotations

from bangfu.rules.language.nodes import Node
from bangfu.rules.pack.model import Entry
from bangfu.rules.runners.python.logic import READS, parts_of, slot_name
from bangfu.rules.runners.python.rows import Row
from bangfu.rules.values import CLOSED

_CLOSED_IS_NO = ("eq", "lt", "le", "gt", "ge", "in", "in_list", "has")
Slots = dict[str, dict[str, int]]


class Glance:
    """The slots that refuse one entry: ``own`` and ``above`` (of the row it belongs to) by a no, ``barred`` by a yes."""

    __slots__ = ("above", "barred", "own")

    def __init__(self, entry: Entry, slots: Slots, *, widened: bool) -> None:
        needed: list[tuple[bool, int]] = []
        barred: list[int] = []
        if not widened:  # a row that the conditions refuse may belong to a group that was added
            parts = parts_of("and", entry.when)
            needed = [place for place in (_needed(part, slots) for part in parts) if place is not None]
            excluded = [*entry.unless, *(part.args[0] for part in parts if part.op == "not")]
            barred = [slots[n.data.entity][slot_name(n)] for part in excluded for n in parts_of("or", (part,)) if _is_read(n) and n.data.path == ()]
        self.own = tuple(place for above, place in needed if not above)
        self.above = tuple(place for above, place in needed if above)
        self.barred = tuple(barred)

    def left(self, rows: list[Row]) -> list[Row]:
        """Return the rows that are not refused at a glance."""
        own, barred, above = self.own, self.barred, self.above
        if not (barred or above):
            if not own:
                return rows
            if len(own) == 1:
                only = own[0]
                return [row for row in rows if (value := row.v[only]) is not False and value is not CLOSED]
        found = []
        for row in rows:
            v = row.v
            for place in own:
                value = v[place]
                if value is False or value is CLOSED:
                    break
            else:
                for place in barred:
                    if v[place] is True:
                        break
                else:
                    if not above or _allowed(row, above):
                        found.append(row)
        return found


def _allowed(row: Row, above: tuple[int, ...]) -> bool:
    assert row.up is not None
    v = row.up.v
    for place in above:
        value = v[place]
        if value is False or value is CLOSED:
            return False
    return True


def _is_read(node: Node) -> bool:
    return node.op in READS and not node.data.in_loop


def _needed(part: Node, slots: Slots) -> tuple[bool, int] | None:
    """Return (whether it stands in the row above, slot) of a condition that a no in that slot refuses."""
    node = part.args[0] if part.op in _CLOSED_IS_NO and part.args[0].kind != "yes_no" else part
    if not _is_read(node) or node.data.path not in ((), ("up",)):
        return None
    return node.data.path == ("up",), slots[node.data.entity][slot_name(node)]
