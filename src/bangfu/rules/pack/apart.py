"""Whether two entries or rows can never hold together, as far as their own tests prove it.

The proof is plain: both test one fact (or definition, or reading) for other codes, or one asks what the other denies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bangfu.rules.language.nodes import Node
from bangfu.rules.pack.model import Entry, Tier

Tests = dict[str, frozenset[object]]


def apart(one: Entry, two: Entry) -> bool:
    """Tell whether the conditions of two entries exclude one another."""
    return _exclude(_tests(one.when, one.unless), _tests(two.when, two.unless))


def rows_apart(one: Tier, two: Tier) -> bool:
    """Tell whether the tests of two rows exclude one another."""
    if one.when is None or two.when is None:
        return False
    return _exclude(_tests((one.when,), ()), _tests((two.when,), ()))


def _exclude(a: Tests, b: Tests) -> bool:
    return any(name in b and not (codes & b[name]) for name, codes in a.items())


def _tests(when: Iterable[Node], unless: Iterable[Node]) -> Tests:
    found: Tests = {}
    for node in _conjuncts(when):
        name, codes = _test(node)
        if name:
            found[name] = codes
    for node in unless:
        if node.op in ("fact", "result") and node.kind == "yes_no":
            found[node.data.name] = frozenset([False])
    return found


def _test(node: Node) -> tuple[str, frozenset[object]]:
    """Return the name that a test reads and the codes that it lets pass; an empty name where the test is of another form."""
    first = node.args[0] if node.args else node
    named = first.op in ("fact", "result", "reading")
    name = str(first.data if first.op == "reading" else first.data.name) if named else ""
    if node.op == "eq" and named and node.args[1].op == "const":
        return name, frozenset([node.args[1].data])
    if node.op == "in" and named:
        return name, frozenset(node.data)
    if node.op == "not" and named:
        return name, frozenset([False])
    if node is first and named and node.kind == "yes_no":
        return name, frozenset([True])
    return "", frozenset()


def _conjuncts(nodes: Iterable[Node]) -> Iterator[Node]:
    for node in nodes:
        if node.op == "and":
            yield from _conjuncts(node.args)
        else:
            yield node
