"""Targets: a measure held against its bounds; it warns and never refuses anyone."""

from __future__ import annotations

from bangfu.rules.pack.model import Entry
from bangfu.rules.runners.sql import maths
from bangfu.rules.runners.sql.nodes import SqlCompiler
from bangfu.rules.runners.sql.stages import Answer
from bangfu.rules.runners.sql.tree import boolean, both, case
from bangfu.rules.runners.sql.vals import number

SIGNS = {"at_least": "ge", "at_most": "le", "exactly": "eq"}


def target(compiler: SqlCompiler, entry: Entry) -> Answer:
    """Return the measure and whether it keeps its bounds; nothing to count keeps them."""
    assert entry.measure is not None
    value = compiler.val(entry.measure)
    tests = [maths.compare(SIGNS[key], value, compiler.val(node)) for key, node in entry.target.items()]
    between = entry.between
    if between is not None and between.low is not None:
        tests.append(maths.compare("gt" if between.above else "ge", value, number(between.low)))
    if between is not None and between.high is not None:
        tests.append(maths.compare("le", value, number(between.high)))
    return Answer(case([(value.shut, boolean(True))], both(tests)), value)
