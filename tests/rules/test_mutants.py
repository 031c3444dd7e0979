"""The mutants of a pack: each kind of change is made, taken back, and noticed by the cases; without its cases it survives."""

from __future__ import annotations

import pytest

from bangfu.rules.casebook import read_cases
from bangfu.rules.errors import Fault
from bangfu.rules.mutation import Mutation
from tests.rules.engines import POLICIES, ROOT, engine


@pytest.fixture(scope="module")
def county() -> Mutation:
    """Return the mutants of the county with its cases."""
    faults: list[Fault] = []
    return Mutation(engine("county"), read_cases(POLICIES, "county", faults), "county")


@pytest.mark.parametrize(
    "text",
    [
        "bed_fee_reduction: when.0: dropped",
        "bed_fee_reduction: rates: bands.1 edge +1",
        "bed_fee_reduction: rates: bands.1 edge left out",
        "bed_fee_reduction: rates: bands.3 gives +1",
        "bed_fee_reduction: limits.1: year->life",
        "bed_fee_reduction: limits.1: +1",
        "reduction_before_aid: at_most: dropped",
        "relief_beside_dibao: mode: together->highest",
        "refusal_blocks: value: any->all",
        "flexible_pension_subsidy: subsidy_months: +1",
    ],
)
def test_each_kind_of_change_is_made_noticed_and_taken_back(county: Mutation, text: str) -> None:
    """Some case tells the mutant from the rule; afterwards all cases hold again."""
    mutant, telling = next(pair for pair in county.pairs() if f"{pair[0].entry}: {pair[0].text}" == text)

    assert county.killed(mutant, telling)
    assert not county.killed(mutant, [])
    assert [said for case in telling for said in county.runner.run(case)] == []


def test_a_change_that_no_case_looks_at_survives(county: Mutation) -> None:
    """Without the cases that expect something of the entry its mutants live: the guard can fail."""
    mutant, telling = next(pair for pair in county.pairs() if pair[0].text == "rates: bands.1 edge +1")
    blind = [case for case in telling if all(row["entry"] not in ("bed_fee_reduction", "major_illness_aid") for row in case.expect)]

    assert not county.killed(mutant, blind)


def test_dates_move_by_a_day() -> None:
    """First and last days of entries, documents and values each have a day earlier and a day later."""
    found = {f"{mutant.entry}: {mutant.text}" for mutant, _ in Mutation(engine("wuchang"), [], "wuchang").pairs()}

    assert {"wuchang/document.yaml: until: a day later", "wuchang/document.yaml: until: a day earlier", "wuchang/document.yaml: since: a day later"} <= found
    assert {"dibao_standard: values from 2022-04-01: a day earlier", "dibao_standard: values from 2022-04-01: urban +1"} <= found


def test_every_equivalent_mutant_has_its_reason() -> None:
    """A line of the list names a place's mutant and says why no household tells it."""
    rows = [row for row in (ROOT / "scripts" / "mutants_equivalent.txt").read_text(encoding="utf-8").splitlines() if not row.startswith("#")]

    assert rows == sorted(rows)
    assert all(len(row.partition(" | ")[2]) > 20 for row in rows)
