"""What SQL does not carry out is refused by its name when the program is made, in every dialect; the reference carries it out."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import pytest

from bangfu.rules.engine import Engine
from bangfu.rules.household import GivenRow
from bangfu.rules.pack.load import load_pack
from bangfu.rules.runners.sql.dialects import DIALECTS
from bangfu.rules.runners.sql.program import SqlProgram
from bangfu.rules.runners.sql.support import GAPS, NotSupportedInSql
from tests.rules.engines import POLICIES
from tests.rules.random_households import household, on

NOT_REFUSED = {"needs", "number with more than four decimals"}
"""What is no matter of a rule: the reference names needs; a number is refused when rows are loaded."""


@dataclass(frozen=True)
class Rule:
    """A rule that runs into a gap: its keys beyond those that every rule of its kind has."""

    per: str
    lines: str

    def entry(self, name: str) -> str:
        """Return the entry as it is written in an overlay."""
        kind = "definition" if "value:" in self.lines else "cash"
        head = [f"id: {name}", f"kind: {kind}", "label: 检验 | Test", "because: 虚构的检验条目 | made up for a test", f"per: {self.per}"]
        if kind == "cash":
            head += ["purpose: medical" if self.per == "medical_bill" else "purpose: living"]
        return "  - " + "\n    ".join([*head, *self.lines.strip().splitlines()])


BILL, PERSON = "medical_bill", "person"
RULES = {
    "loop over quotients": Rule(PERSON, """
unit: 元/年
bounds: 0..100000000
figures: {one: 1 元/次}
value: "sum(b.total_cost * (b.paid_basic / max(b.in_scope_cost, one)) for b in this_year(medical_bills))"
"""),
    "tiers over quotients": Rule(BILL, """
figures: {one: 1 元/次}
tiers:
  - {when: in_designated_hospital, amount: "total_cost * (paid_basic / max(in_scope_cost, one))"}
  - {amount: total_cost}
"""),
    "tiers with and without a sum": Rule(BILL, """
tiers:
  - {when: in_designated_hospital, amount: total_cost}
  - {content: 另定 | decided apart}
"""),
    "several running limits": Rule(BILL, "amount: total_cost\nlimits: [60000 元/年, 150000 元]"),
    "quantity limit beside a count": Rule(BILL, "quantity: hospital_days\nrate: 100 元/日\nlimits: [60 日/年, 2 次/年]"),
    "quantity limit of tiers": Rule(BILL, """
tiers:
  - {when: in_designated_hospital, quantity: hospital_days, rate: 100 元/日}
  - {quantity: hospital_days, rate: 50 元/日}
limits: [60 日/年]
"""),
    "limit that differs by claim": Rule(BILL, "amount: total_cost\nlimits: [most]\nfigures: {most: {unit: 元/年, keyed_by: care_setting, values: {inpatient: 1000, else: 2000}}}"),
    "limit that is a range": Rule(BILL, "amount: total_cost\nlimits: [most]\nfigures: {most: 1000..2000 元/年 by place}"),
    "threshold over ranges": Rule(BILL, "amount: total_cost * share\nthreshold: 1000 元/年\nfigures: {share: 10%..30% by place}"),
    "limit over quotients": Rule(BILL, "quantity: hospital_days * (paid_basic / max(in_scope_cost, one))\nrate: 100 元/日\nlimits: [60 日/年]\nfigures: {one: 1 元/次}"),
}


@cache
def rules() -> Engine:
    """Return the county with every rule, loaded once."""
    entries = [rule.entry(f"gap{number}") for number, rule in enumerate(RULES.values())]
    return Engine(load_pack(POLICIES, "county", [("gaps.yaml", "place: county\nentries:\n" + "\n".join(entries) + "\n")]))


def test_every_gap_has_its_rule() -> None:
    """No feature of the list is left without a rule that runs into it."""
    assert {*RULES, *NOT_REFUSED} == {*GAPS}


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@pytest.mark.parametrize(("number", "feature"), list(enumerate(RULES)), ids=list(RULES))
def test_a_gap_is_refused_by_its_name(number: int, feature: str, dialect: str) -> None:
    """The error names feature, reason and entry; the reference answers."""
    with pytest.raises(NotSupportedInSql) as refused:
        SqlProgram(rules(), on("county"), only=frozenset({f"gap{number}"}), dialect=dialect)

    assert refused.value.feature == feature
    assert GAPS[feature] in refused.value.en
    assert f"SQL 运行器尚不支持：{feature}" in refused.value.zh
    run = rules().run(household(rules().pack, 1, stated=0.9), on("county"), "met", only=frozenset({f"gap{number}"}))
    assert run.rows["person"]


def test_a_number_that_is_too_fine_is_refused_when_it_is_loaded() -> None:
    """Five decimals do not fit ten-thousandths: nothing is cut off in silence."""
    pack = rules().pack
    reader = next(e.id for e in pack.entries.values() if e.per == BILL and e.is_benefit and e.id not in {f"gap{n}" for n in range(len(RULES))})
    program = SqlProgram(rules(), on("county"), only=frozenset({reader}))
    program.inputs[f"rows_{BILL}"]["hospital_days"] = "BIGINT"
    given = household(pack, 3, stated=1.0)
    given.rows.append(GivenRow(BILL, "fine", given.of_entity(PERSON)[0].id, facts={"hospital_days": Fraction(1, 100_000)}))

    with pytest.raises(NotSupportedInSql, match="number with more than four decimals"):
        list(program.tables([given]))
