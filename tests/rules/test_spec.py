"""The specification of the rule language: every table and every worked example holds on every runner."""

from __future__ import annotations

from functools import cache

import pytest

from tests.conftest import SPARK
from tests.rules.spec.harness import RUNNERS, Runner, Suite

each_runner = pytest.mark.parametrize("runner", [pytest.param(r, marks=SPARK if r.name == "spark" else (), id=r.name) for r in RUNNERS])


@cache
def suite() -> Suite:
    """Return the suite, loaded once."""
    return Suite()


@each_runner
def test_every_table_holds(runner: Runner) -> None:
    """Each row gives what the table says."""
    assert suite().table_faults(runner) == []


@each_runner
def test_every_case_holds(runner: Runner) -> None:
    """Each expectation of a worked case is met."""
    assert suite().case_faults(runner) == []


def test_the_casebook_agrees() -> None:
    """Reasons, needs, tiers, quantities and force, which the reference alone answers."""
    assert suite().words_faults() == []
