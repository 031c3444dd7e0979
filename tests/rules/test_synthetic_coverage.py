"""In a made-up district of 20,000 people every rule of a place pays and refuses at least 200 households, or the generator is at fault."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from bangfu.rules.engine import Engine
from bangfu.rules.synthetic.write import Order, district_of, write_district
from tests.rules.district_answers import answers
from tests.rules.engines import PLACES, engine

DAY = dt.date(2024, 6, 30)
"""A day on which every overlay has its values and every document but 武昌's later lapse is in force."""
ENOUGH = 200
DISPLACED = {
    "honghuagang": {"dibao_top_up_of_family": "the branch of a reading that is not taken (top_up_unit)"},
    "jiaxing": {
        "price_subsidy": "the local subsidy stands in the same group and is never lower",
    },
}
"""Rules that declared stacking or a reading all but always displaces; any other rule below the line is a fault."""


def out_of_force(rules: Engine) -> set[str]:
    """Return the entries that are not in force on the day."""
    return {e.id for e in rules.pack.entries.values() if (e.since and e.since > DAY) or (e.until and e.until < DAY)}


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_every_rule_pays_and_refuses(place: str, tmp_path: Path) -> None:
    """Amounts above zero and refusals by every computable rule, services and recognitions included."""
    rules = engine(place, f"{place}.yaml")
    write_district(rules, district_of(rules, 7, DAY, testing=True), Order(20_000), tmp_path / "ledger")

    found = answers(rules, tmp_path / "ledger", DAY, tmp_path / "work")

    asked = {name: counts for name, counts in found.items() if name not in out_of_force(rules)}
    short = {name: counts for name, counts in asked.items() if min(counts) < ENOUGH}
    assert len(asked) > 30
    assert sorted(short) == sorted(DISPLACED.get(place, {}))
