"""What the arguments of an entry share whatever the row: words of a formula in both languages, what it reads, its forms.

Everything here follows from the pack alone, is worked out on first use and kept with the engine. Nothing here knows a
household, so nothing of one household can show in the argument of another.
"""

from __future__ import annotations

from bangfu.rules.language.fold import folded
from bangfu.rules.language.nodes import Node
from bangfu.rules.needs import need_label
from bangfu.rules.pack.model import Entry
from bangfu.rules.reasons import Reason
from bangfu.rules.render import Renderer

Pair = tuple[str, str]
Results = tuple[tuple[tuple[str, ...], bool, Entry], ...]
LONGEST_FORMULA = 120
_VERDICTS = ("yes", "no", "unknown")
NEGATED = ("result", "receives", "and", "or", "record", "fact")
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
_SHOWS_MORE = ("and", "or", "loop", "in", "in_list", "has")


class Outline:
    """The fixed parts of the arguments of one pack."""

    def __init__(self, words: dict[str, Renderer]) -> None:
        self.words = words
        self._said: dict[Node, Pair] = {}
        self._results: dict[Node, Results] = {}
        self._fixed: dict[Node, dict[str, Reason] | None] = {}
        self._inputs: dict[Node, tuple[Node, ...]] = {}
        self._needs: dict[str, Pair] = {}
        self._conditions: dict[str, dict[str, Node]] = {}
        self._amounts: dict[tuple[str, int | None], Node | None] = {}
        self._definitions: dict[str, Pair] = {}
        self._values: dict[str, Node | None] = {}
        pack = words["zh"].pack
        self._choice = {} if pack is None else pack.reading_choice
        self.entries = {} if pack is None else pack.entries

    def said(self, node: Node) -> Pair:
        """Return the words of a node in Chinese and English."""
        found = self._said.get(node)
        if found is None:
            found = self._said[node] = (self.words["zh"].text(node), self.words["en"].text(node))
        return found

    def results(self, node: Node) -> Results:
        """Return (path, from the loop's row, entry) of the recognitions and definitions that a node reads, each name once,
        up to its first loop (whose rows have lines of their own)."""
        found = self._results.get(node)
        if found is None:
            read = [(part.data, self.entries[part.data.name]) for part in _results_of(node)]
            found = self._results[node] = tuple((ref.path, ref.in_loop, entry) for ref, entry in read if not entry.is_benefit)
        return found

    def inputs(self, node: Node) -> tuple[Node, ...]:
        """Return the facts, dated values and tables that a formula uses, each name once, up to its first loop."""
        found = self._inputs.get(node)
        if found is None:
            found = self._inputs[node] = _inputs_of(node)
        return found

    def fixed(self, node: Node) -> dict[str, Reason] | None:
        """Return the line of a test by its verdict, where nothing else of a household shows in it; None for other tests."""
        if node in self._fixed:
            return self._fixed[node]
        found = self._fixed[node] = self._fixed_lines(node)
        return found

    def _fixed_lines(self, node: Node) -> dict[str, Reason] | None:
        if node.op == "not" and node.args[0].op in NEGATED:
            inner = self.fixed(node.args[0])
            if inner is None:
                return None
            zh, en = self.said(node.args[0])
            zh, en = f"不得有此情形：{zh}", f"must not be the case: {en}"
            return {verdict: Reason("not", zh, en, verdict) for verdict in _VERDICTS}
        shows = node.op in _SHOWS_MORE or (node.op in COMPARISONS and node.args[0].op != "reading")
        if shows or self.results(node):
            return None
        zh, en = self.said(node)
        return {verdict: Reason("test", zh, en, verdict) for verdict in _VERDICTS}

    def need(self, name: str) -> Pair:
        """Return what a missing name is called in Chinese and English."""
        found = self._needs.get(name)
        if found is None:
            pack = self.words["zh"].pack
            found = self._needs[name] = (name, name) if pack is None else (need_label(pack, name, "zh"), need_label(pack, name, "en"))
        return found

    def conditions(self, entry: Entry) -> dict[str, Node]:
        """Return the node that each condition's address stands for; an exclusion stands as what must not be the case."""
        found = self._conditions.get(entry.id)
        if found is None:
            found = {f"when.{place}": node for place, node in enumerate(entry.when)}
            found |= {f"unless.{place}": Node("not", (node,), None, "yes_no") for place, node in enumerate(entry.unless)}
            found = {address: self._taken(node) for address, node in found.items()}
            self._conditions[entry.id] = found
        return found

    def amount(self, entry: Entry, tier: int | None) -> Node | None:
        """Return the formula of an entry's sum, or of one of its tiers; None where there is none."""
        key = (entry.id, tier)
        if key not in self._amounts:
            node = _amount_of(entry, tier)
            self._amounts[key] = None if node is None else folded(node, self._choice)
        return self._amounts[key]

    def value(self, entry: Entry) -> Node | None:
        """Return a definition's expression under the readings taken; None where it has tiers."""
        if entry.id not in self._values:
            self._values[entry.id] = None if entry.value is None else folded(entry.value, self._choice)
        return self._values[entry.id]

    def _taken(self, node: Node) -> Node:
        """Return a condition under the readings taken; one that a reading settles alone stays as written."""
        found = folded(node, self._choice)
        return node if found.op == "const" else found

    def formula(self, entry: Entry) -> Pair:
        """Return what stands behind a definition's value: its formula, unless that is too long to help."""
        found = self._definitions.get(entry.id)
        if found is None:
            node = self.value(entry)
            said = self.said(node) if node is not None else ("", "")
            zh, en = (f" ← {text}" if text and len(text) < LONGEST_FORMULA else "" for text in said)
            found = self._definitions[entry.id] = (zh, en)
        return found


def _results_of(node: Node) -> tuple[Node, ...]:
    found: dict[str, Node] = {}
    for part in node.walk():
        if part.op == "loop":
            break
        if part.op == "result":
            found.setdefault(part.data.name, part)
    return tuple(found.values())


def _inputs_of(node: Node) -> tuple[Node, ...]:
    found: dict[str, Node] = {}
    for part in node.walk():
        if part.op == "loop":
            break
        shown = part.op in ("fact", "param") and part.kind in ("number", "code", "date") and not (part.op == "param" and part.data.label is None)
        if part.op == "band" or shown:
            found[part.data.name if part.op == "fact" else part.data.id] = part
    return tuple(found.values())


def _amount_of(entry: Entry, place: int | None) -> Node | None:
    tier = entry.tiers[place] if place is not None and entry.tiers else None

    def part(name: str) -> Node | None:
        return (getattr(tier, name, None) if tier is not None else None) or getattr(entry, name, None)

    amount, quantity, rate, share, base = (part(n) for n in ("amount", "quantity", "rate", "share", "base"))
    if amount is not None:
        return amount
    if quantity is not None and rate is not None:
        return Node("mul", (quantity, rate), None, "number", entry.unit)
    if share is not None:
        return share if base is None else Node("mul", (share, base), None, "number", entry.unit)
    return None
