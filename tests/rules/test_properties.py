"""What must hold for every household: order does not matter, caps hold, withholding never turns unknown into an answer."""

from __future__ import annotations

import copy
import datetime as dt
import random
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given as with_random, settings, strategies as st

from bangfu.rules.assess import Assessment, assess
from bangfu.rules.household import Given, GivenRow
from bangfu.rules.pack.model import Pack
from bangfu.rules.runners.python.rows import owner_of
from bangfu.rules.values import Range, Unknown
from tests.rules.engines import PLACES, engine
from tests.rules.random_households import household, on

pytestmark = pytest.mark.hypothesis


def answers(found: Assessment) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Return (entry, row) → status, amount, quantity, needs."""
    return {(a.entry, a.row): (a.status, a.would_be, a.amount, a.quantity, a.needs) for a in found.answers}


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=15)
@with_random(st.integers(0, 10**9))
def test_the_order_of_rows_does_not_matter(place: str, seed: int) -> None:
    """Members, claims and organisations may stand in any order."""
    stated = household(engine(place).pack, seed, stated=0.8)
    turned = copy.deepcopy(stated)
    random.Random(seed + 1).shuffle(turned.rows)

    assert answers(assess(engine(place), stated, on(place), reasons=False)) == answers(assess(engine(place), turned, on(place), reasons=False))


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=15)
@with_random(st.integers(0, 10**9))
def test_withholding_a_fact_never_makes_another_answer_sure(place: str, seed: int) -> None:
    """An answer that is yes or no without a fact is the same with it: unknown never becomes sure by knowing less."""
    full = household(engine(place).pack, seed, stated=0.9)
    dice = random.Random(seed + 2)
    less = copy.deepcopy(full)
    for row in dice.sample(less.rows, min(3, len(less.rows))):
        for name in dice.sample(sorted(row.facts), min(2, len(row.facts))):
            if not any(engine(place).pack.vocabulary.facts[other].gate == name for other in row.facts):
                del row.facts[name]

    known, withheld = (answers(assess(engine(place), g, on(place), basis="met", reasons=False)) for g in (full, less))

    for key, answer in withheld.items():
        status = answer[1] or answer[0]
        if answer[4] == () and (known[key][1] or known[key][0]) in ("met", "not_met"):
            stated_no = _hangs_on_a_statement(engine(place).pack, full, key)
            assert stated_no or status == (known[key][1] or known[key][0]), key


def _hangs_on_a_statement(pack: Pack, given: Given, key: tuple[str, str]) -> bool:
    """A recognition stated "no" on its row decides where the conditions are open (ADR on unknown): leave those out."""
    return any(value is False for row in given.rows for value in row.stated.values())


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=20)
@with_random(st.integers(0, 10**9))
def test_withholding_without_statements_keeps_every_sure_answer(place: str, seed: int) -> None:
    """With nothing but facts, what is sure with less is exactly what comes out with more."""
    full = household(engine(place).pack, seed, stated=0.9)
    for row in full.rows:
        row.stated.clear()
    full.record = []
    less = copy.deepcopy(full)
    dice = random.Random(seed + 3)
    for row in less.rows:
        for name in [n for n in sorted(row.facts) if dice.random() < 0.1]:
            if not any(engine(place).pack.vocabulary.facts[other].gate == name for other in row.facts):
                del row.facts[name]

    known, withheld = (answers(assess(engine(place), g, on(place), basis="met", reasons=False)) for g in (full, less))

    for key, answer in withheld.items():
        status = answer[1] or answer[0]
        # met with an open sum is half an answer: the sum may still come to nothing, which is not met
        if status == "not_met" or (status == "met" and not answer[4]):
            assert status == (known[key][1] or known[key][0]), (key, known[key], answer)


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=20)
@with_random(st.integers(0, 10**9))
def test_a_yearly_cap_is_never_passed(place: str, seed: int) -> None:
    """What claims of one year and one owner come to together stays under the yearly limit."""
    stated = household(engine(place).pack, seed, stated=0.95)
    stated.record = []
    run = engine(place).run(stated, on(place))
    for entry in engine(place).pack.entries.values():
        caps = [limit for limit in entry.limits if limit.measure == "money" and limit.window == "year"]
        if not caps or entry.per is None:
            continue
        most = caps[0].amount.high
        totals: dict[Any, Fraction] = {}
        for row in run.rows[entry.per]:
            amount = engine(place).result(row, entry).amount
            if isinstance(row.date, Unknown) or amount is None or isinstance(amount, Unknown | Range) or engine(place).result(row, entry).status is not True:
                continue
            owner = (owner_of(row).id, row.date.year if row.date is not None else None)
            totals[owner] = totals.get(owner, Fraction(0)) + Fraction(amount)
        assert all(total <= most for total in totals.values()), entry.id


@settings(max_examples=60)
@with_random(st.integers(0, 200_000), st.integers(0, 200_000), st.integers(1, 5))
def test_more_income_never_gives_more_dibao(first: int, second: int, size: int) -> None:
    """The dibao payment falls as income rises, to the fen."""
    amounts = []
    for income in sorted((first, second)):
        rows = [GivenRow("place", "place"), GivenRow("household", "household", "place", facts={
            "residence": "urban", "members_away": False, "has_rigid_spending": False, "support_paid": 0, "property_within_rule": True,
        }, stated={"dibao_household": True})]  # fmt: skip
        for number in range(size):
            rows.append(GivenRow("person", f"P{number}", "household", facts={
                "relation": "self" if number == 0 else "spouse", "works": number == 0, "has_other_income": False, "draws_pension": False,
                **({"wage_income": income, "work_costs": 0, "work_costs_proved": 0} if number == 0 else {}),
            }))  # fmt: skip
        given = Given(rows, {"members", "households", "jobs"}, None, basis="recorded")
        found = assess(engine("honghuagang"), given, dt.date(2024, 6, 30), reasons=False)
        payment = next(a for a in found.answers if a.entry == "dibao_payment")
        amounts.append(Fraction(payment.amount.low) if payment.amount else Fraction(0))

    assert amounts[0] >= amounts[1]
    assert amounts[0] == max(Fraction(808 * size) - Fraction(min(first, second), 100), 0)


INCOME = ("wage_income", "business_income", "pension_income", "property_income", "support_received", "other_income")
CLIFFS = ("dibao_household", "dibao_edge_household", "rigid_spending_household", "tekun_person", "dibao_single")
"""Declared cliffs: above its line a family or person leaves one recognition and may enter the next, with what hangs on it.

Who is 特困 draws no allowance for the disabled beside it; who no longer is may draw one.
"""


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=150)
@with_random(st.integers(0, 10**9), st.sampled_from((100, 10_000, 100_000)))
def test_more_income_never_gives_more_aid_outside_declared_cliffs(place: str, seed: int, more: int) -> None:
    """Raising one member's income raises no benefit and grants nothing new, unless the family crosses a declared line."""
    rules = engine(place, f"{place}.yaml")
    poorer = household(rules.pack, seed, stated=0.98)
    poorer.record = []
    for row in poorer.rows:
        row.stated.clear()
    richer = copy.deepcopy(poorer)
    dice = random.Random(seed)
    member = dice.choice([row for row in richer.rows if row.entity == "person"])
    name = dice.choice([n for n in INCOME if n in member.facts] or [None])
    if name is None:
        return
    member.facts[name] = min(member.facts[name] + more, rules.pack.vocabulary.facts[name].high)
    before, after = (rules.run(given, on(place), "met") for given in (poorer, richer))
    crossed = [c for c in CLIFFS if _status(rules, before, c) != _status(rules, after, c)]

    for entry in rules.pack.entries.values():
        if entry.per is None or not entry.is_benefit or crossed:
            continue
        for one, two in zip(before.rows[entry.per], after.rows[entry.per], strict=True):
            low, high = _worth(rules.result(one, entry)), _worth(rules.result(two, entry))
            assert low is None or high is None or high <= low, (entry.id, one.id, name, low, high)


def _status(rules: Any, run: Any, recognition: str) -> Any:
    entry = rules.pack.entries[recognition]
    return [rules.result(row, entry).status for row in run.rows[entry.per or ""]]


def _worth(result: Any) -> Any:
    """Return the sum, 1 for a service, 0 if refused; None where anything is open."""
    if result.status is False:
        return 0
    if result.status is not True or result.amount.__class__ in (Unknown, Range):
        return None
    return 1 if result.amount is None else result.amount
