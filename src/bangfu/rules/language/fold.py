"""An expression under the readings taken: tests of readings answered, branches not taken left out.

The runners fold while they compile; this is for words and arguments, which must not speak of a branch that is not the law here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bangfu.rules.language.nodes import Node, const


def folded(node: Node, choice: Mapping[str, str]) -> Node:
    """Return the node under the readings taken (name → code); the same node where nothing changes."""
    if node.op in ("eq", "ne") and node.args[0].op == "reading":
        same = choice[node.args[0].data] == node.args[1].data
        return const(same if node.op == "eq" else not same, "yes_no")
    args = tuple(folded(arg, choice) for arg in node.args)
    if node.op == "if" and _settled(args[0]):
        return args[1] if args[0].data else args[2]
    if node.op in ("and", "or"):
        return _joined(node, args)
    if node.op == "not" and _settled(args[0]):
        return const(not args[0].data, "yes_no")
    return node if all(new is old for new, old in zip(args, node.args, strict=True)) else replace(node, args=args)


def _settled(node: Node) -> bool:
    return node.op == "const" and isinstance(node.data, bool)


def _joined(node: Node, args: tuple[Node, ...]) -> Node:
    deciding = node.op == "or"
    if any(_settled(arg) and arg.data is deciding for arg in args):
        return const(deciding, "yes_no")
    left = tuple(arg for arg in args if not _settled(arg))
    if not left:
        return const(not deciding, "yes_no")
    if len(left) == 1:
        return left[0]
    return node if left == node.args else replace(node, args=left)
