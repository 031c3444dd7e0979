"""What is left out of a program for a sum's least value: only tests that no row can pass."""

from __future__ import annotations

import pytest

from bangfu.rules.runners.sql import tree

YES_NO = tree.column("r", "works", "yes_no")
SUM = tree.column("r", "wages", "number")
COUNT = tree.column("r", "members", "number", sure=True, natural=True)
FEE = tree.case([(YES_NO, tree.whole(80_000))], tree.whole(60_000))  # 800 元, else 600
OPEN = tree.case([(YES_NO, tree.whole(80_000))])  # 800 元, else unknown


@pytest.mark.parametrize(
    ("part", "end"),
    [
        (tree.whole(-5), -5), (FEE, 60_000), (OPEN, 80_000), (SUM, None), (COUNT, 0),
        (tree.least([FEE, SUM]), None), (tree.least([FEE, COUNT]), 0), (tree.greatest([OPEN, tree.whole(100)]), 100),
        (tree.case([(YES_NO, SUM)], tree.whole(1)), None), (tree.coalesce(OPEN, tree.whole(-1)), -1), (tree.null("number"), None),
    ],
)  # fmt: skip
def test_a_part_never_falls_below_the_least_of_its_branches(part: tree.Part, end: int | None) -> None:
    assert tree.lowest(part) == end


def test_a_sum_that_is_always_above_nothing_is_not_tested_for_nothing() -> None:
    assert tree.never(tree.compare("le", FEE, tree.whole(0)))
    assert tree.never(tree.compare("lt", FEE, tree.whole(60_000)))
    assert not tree.never(tree.compare("le", FEE, tree.whole(60_000)))
    assert not tree.never(tree.compare("le", SUM, tree.whole(0)))
    assert tree.never(tree.both([YES_NO, tree.compare("le", FEE, tree.whole(0))]))


def test_a_status_with_nothing_left_to_test_is_the_status_itself() -> None:
    with tree.one_of_each():
        none = tree.compare("le", OPEN, tree.whole(0))
        inner = tree.case([(tree.absent(OPEN), tree.boolean(True)), (none, tree.boolean(False))], tree.boolean(True))
        assert tree.is_true(inner)
        assert tree.case([(YES_NO, inner)], YES_NO) is YES_NO


def test_a_test_that_an_earlier_branch_made_is_not_made_again() -> None:
    none = tree.compare("le", SUM, tree.whole(0))
    made = tree.case([(none, tree.boolean(False)), (none, tree.null("yes_no"))], YES_NO)
    assert made.op != "case" or len(made.args) == 3, made
