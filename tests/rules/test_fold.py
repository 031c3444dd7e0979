"""Words and arguments speak only of the readings taken."""

from __future__ import annotations

import datetime as dt

from bangfu.rules.assess import assess
from bangfu.rules.household import read_given
from bangfu.rules.language.fold import folded
from bangfu.rules.language.nodes import Node, const
from tests.rules.engines import PLACES, engine

YES, NO = const(True, "yes_no"), const(False, "yes_no")


def reading(code: str) -> Node:
    """Return a test of the reading ``r``."""
    return Node("eq", (Node("reading", (), "r", "code"), const(code, "code")), None, "yes_no")


def fact() -> Node:
    """Return some node that is no constant."""
    return Node("today", (), None, "date")


def test_a_branch_not_taken_is_left_out() -> None:
    """The whole is the branch; a joined test loses what the reading settles, or is settled by it."""
    a, b, choice = fact(), fact(), {"r": "one"}

    assert folded(Node("if", (reading("one"), a, b), None, "date"), choice) is a
    assert folded(Node("if", (reading("two"), a, b), None, "date"), choice) is b
    assert folded(Node("and", (reading("one"), a), None, "yes_no"), choice) is a
    assert folded(Node("and", (reading("two"), a), None, "yes_no"), choice).data is False
    assert folded(Node("or", (a, reading("two")), None, "yes_no"), choice) is a
    assert folded(Node("or", (a, reading("one")), None, "yes_no"), choice).data is True
    assert folded(Node("not", (reading("one"),), None, "yes_no"), choice).data is False


def test_an_expression_without_readings_is_the_same_node() -> None:
    """Nothing is built anew where nothing changes."""
    node = Node("and", (fact(), fact()), None, "yes_no")

    assert folded(node, {}) is node


def test_no_argument_shows_the_code_of_a_reading() -> None:
    """Over every entry of every place for a person of whom nothing is known: reasons name no code of a reading."""
    seen = 0
    for place in PLACES:
        own = engine(place)
        given = read_given(own.pack, {"household": {}, "members": [{"id": "A", "relation": "self"}]})
        codes = {code for reading in own.pack.readings.values() for code in reading.options if "_" in code}
        for answer in assess(own, given, dt.date(2023, 6, 1)).answers:
            for reason in answer.reasons:
                for _, line in reason.lines():
                    seen += 1
                    assert not [code for code in codes if code in line.zh], (answer.entry, line.zh)
    assert seen > 1000
