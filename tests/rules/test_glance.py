"""A glance refuses what the conditions would refuse, and leaves a row to them otherwise."""

from __future__ import annotations

import pytest

from bangfu.rules.runners.python.run import Program
from bangfu.rules.runners.python.work import EntryWork
from tests.rules.engines import PLACES, engine
from tests.rules.random_households import household, on


def works(program: Program) -> list[EntryWork]:
    """Return the works of a program's entries that are refused at a glance."""
    found = [getattr(work, "__self__", None) for work in program.works]
    return [work for work in found if isinstance(work, EntryWork) and work.plain and not work.unconditional]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("stated", [0.5, 1.0])
def test_what_a_glance_refuses_the_conditions_refuse(place: str, stated: float) -> None:
    """Over random households: each row that a glance leaves out comes out as no when its conditions are worked out."""
    rules, day = engine(place), on(place)
    program = rules.program(day)
    looked = refused = 0
    for seed in range(6):
        run = rules.run(household(rules.pack, seed, stated=stated), day, "met")
        for work in works(program):
            rows = run.rows[work.entity]
            left = {id(row) for row in work.glance.left(rows)}
            for row in rows:
                looked += 1
                if id(row) not in left:
                    refused += 1
                    assert work.fits(row, None) is False, (work.entry.id, row.id)

    assert looked > 300
    assert refused > looked / 20
