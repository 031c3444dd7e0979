"""Random rules in the language of the packs: well-typed by construction, every operation may come up.

A rule set is an overlay on the county's pack: figures of every shape, definitions, monthly benefits of a person, benefits
of a medical bill with limits, recognitions, stacking groups. Same seed, same text.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

FIGURES = """\
      line: 1200 元/人·月
      top: 30000 元/人·月
      share: 2/3
      part: 12.5%
      open_part: 10%..30% by place
      lost: missing 元/人·月
      bill_line: 5000 元/次
      bill_open: 800..2000 元/次 by case
"""
BANDS = """\
      rates: {bands: [{up_to: 1000 元/次, gives: 50%}, {below: 50000 元/次, gives: 60%}, {rest: 2/3}]}
      month_rates: {bands: [{below: 500 元/人·月, gives: 100%}, {up_to: 3000 元/人·月, gives: 1/3}, {rest: 0%}]}
"""
PERSON_MONEY = ("wage_income", "work_costs", "business_income", "pension_income", "support_received", "other_income")
BILL_MONEY = ("total_cost", "self_funded", "in_scope_cost", "deductible", "paid_basic", "paid_serious", "bed_fee", "medicine_cost")
PERSON_YES = ("hukou_here", "resident_here", "works", "has_other_income", "draws_pension", "has_supporter", "has_disability")
BILL_YES = ("in_designated_hospital",)
DATES = ("birth_date", "resident_since", "licence_gained_on", "unemployed_on")
CODES = (("relation", ("self", "spouse", "child")), ("disability_kind", ("mental", "intellectual")), ("sex", ("male", "female")))
LIMITS = ("20000 元/次", "60000 元/年", "150000 元", "2 次/年", "3 次", "1 次/月", "1 次/24月")
ROUNDINGS = ("up 1 元", "down 0.1 元", "half_even 1 元", "half_up 0.05 元")


@dataclass
class Writer:
    """Writes expressions for one entity; ``names`` are earlier definitions and benefits by kind."""

    dice: random.Random
    bill: bool
    names: dict[str, list[str]] = field(default_factory=dict)

    def one(self, *choices: str) -> str:
        """Return one of several texts."""
        return self.dice.choice(choices)

    def fact(self) -> str:
        """Return a money fact of the entity."""
        return self.one(*(BILL_MONEY if self.bill else PERSON_MONEY))

    def figure(self) -> str:
        """Return a money figure of the entity's unit; ranges and missing ones among them."""
        return self.one("bill_line", "bill_line", "bill_open") if self.bill else self.one("line", "line", "top", "lost")

    def share(self) -> str:
        """Return a share."""
        return self.one("share", "share", "part", "open_part")

    def money(self, depth: int) -> str:
        """Return an expression in the entity's money unit."""
        if depth <= 0:
            return self.one(self.fact(), self.fact(), self.figure(), *self.names.get("money", ()))
        a, b = self.money(depth - 1), self.money(depth - 1)
        forms = [
            f"({a} + {b})", f"({a} - {b})", f"min({a}, {b})", f"max({a}, {b})", f"({self.share()} * {a})",
            f"({a} if {self.yes_no(depth - 1)} else {b})", f"({a} / 3)", f"max({a} - {self.fact()}, 0)", f"-({a})",
        ]  # fmt: skip
        forms += [f"marginal({a}, rates)", f"(band({a}, rates) * {b})"] if self.bill else [f"(band({a}, month_rates) * {b})", f"monthly(yearly({a}))"]
        if not self.bill:
            forms.append(f"flat_monthly_{self.one('sum', 'most')}")
            forms[-1] = self.one(f"marginal({a}, month_rates)", f"min(max({a}, line), top)")
        return self.dice.choice(forms)

    def yes_no(self, depth: int) -> str:
        """Return a condition."""
        if depth <= 0:
            yes = self.one(*PERSON_YES, *(BILL_YES if self.bill else ()), *self.names.get("yes_no", ()))
            return self.one(yes, yes, self.code(), self.date())
        a, b = self.yes_no(depth - 1), self.yes_no(depth - 1)
        compare = f"{self.money(depth - 1)} {self.one('<', '<=', '>', '>=', '==', '!=')} {self.money(depth - 1)}"
        forms = [f"({a} and {b})", f"({a} or {b})", f"(not {a})", f"({compare})", f"({compare})", f"({a} if {b} else {self.yes_no(0)})"]
        if not self.bill:
            forms.append(self.loop(depth))
        if self.names.get("benefit"):
            forms.append(f"receives({self.one(*self.names['benefit'])})")
        return self.dice.choice(forms)

    def code(self) -> str:
        """Return a test of a code, a closed one among them."""
        name, codes = self.dice.choice(CODES)
        listed = ", ".join(f"'{c}'" for c in codes)
        return self.one(f"({name} == '{codes[0]}')", f"({name} != '{codes[0]}')", f"({name} in {{{listed}}})", f"({name} not in {{{listed}}})", "(disability_level <= 2)", "(disability_level in {1, 3})")

    def date(self) -> str:
        """Return a test of a date."""
        day = self.one(*DATES)
        number = self.dice.choice([0, 1, 6, 18, 60])
        return self.one(
            f"({day} <= today)", f"(years_between({day}, today) >= {number})", f"(months_between({day}, today) < {number})",
            f"(add_months({day}, {number}) > today)", f"(add_days({day}, {number}) <= today)", f"(today - {day} > {number})",
            f"(year_of({day}) == {2000 + number})", f"(age < {number})",
        )  # fmt: skip

    def loop(self, depth: int) -> str:
        """Return a test over a person's medical bills."""
        test = Writer(self.dice, bill=True).dotted("b")
        window = self.one("medical_bills", "this_year(medical_bills)", "last_12_months(medical_bills)")
        over = f"for b in {window} if {test}"
        return self.one(
            f"any(b.in_designated_hospital {over})", f"all(b.total_cost > bill_line {over})", f"(count(b {over}) > 1)",
            f"(sum(b.total_cost {over}) > bill_sum)" if window != "medical_bills" else f"(count(b {over}) == 0)",
        )  # fmt: skip

    def dotted(self, variable: str) -> str:
        """Return a test of the loop's row."""
        fact = f"{variable}.{self.one(*BILL_MONEY)}"
        return self.one(f"{fact} > bill_line", f"{variable}.in_designated_hospital", f"{fact} > {variable}.deductible", "true or false").replace("true or false", f"{fact} >= 0")


def _entry(lines: list[str]) -> str:
    return "  - " + "\n    ".join(lines)


def rule_set(seed: int) -> tuple[str, frozenset[str]]:
    """Return (overlay text, names of its entries)."""
    dice = random.Random(seed)
    person, bill = Writer(dice, bill=False), Writer(dice, bill=True)
    entries: list[str] = []
    names: list[str] = []

    def add(name: str, per: str, kind: str, *lines: str) -> None:
        figures = [f"figures:\n{FIGURES}{BANDS}      bill_sum: 20000 元/人·年".rstrip()]
        entries.append(_entry([f"id: {name}", f"kind: {kind}", f"label: 随机 | {name}", "because: 随机生成的检验条目 | made at random for a test", f"per: {per}", *figures, *lines]))
        names.append(name)

    for number in range(4):
        for writer, per, word in ((person, "person", "p"), (bill, "medical_bill", "b")):
            unit = "元/人·月" if word == "p" else "元/次"
            add(f"{word}_money{number}", per, "definition", f"unit: {unit}", "bounds: -1000000000..1000000000", f'value: "{writer.money(2)}"')
            writer.names.setdefault("money", []).append(names[-1])
            add(f"{word}_yes{number}", per, "definition", f'value: "{writer.yes_no(3)}"')
            writer.names.setdefault("yes_no", []).append(names[-1])
            if word == "p":
                bill.names.setdefault("yes_no", []).append(names[-1])
    _benefits(dice, person, bill, add)
    groups = _groups(dice)
    return "place: county\nentries:\n" + "\n".join([*entries, *groups]) + "\n", frozenset(names)


def _benefits(dice: random.Random, person: Writer, bill: Writer, add: object) -> None:
    assert callable(add)
    for number in range(5):
        lines = ["every: month", "purpose: living", f'when: "{person.yes_no(2)}"']
        if dice.random() < 0.4:
            lines.append(f'unless: "{person.yes_no(1)}"')
        lines += _sums(dice, person)
        if dice.random() < 0.4:
            lines.append(f"round: {dice.choice(ROUNDINGS)}")
        if dice.random() < 0.3:
            lines.append(f"limits: [{dice.choice(['9000 元/人·年', '3 次/年', '6 月'])}]")
        add(f"p_cash{number}", "person", "cash", *lines)
        if number:  # the first two stand in one group: neither may read the other
            known = ["p_cash0", "p_cash1"] if number == 1 else [f"p_cash{number}"]
            person.names.setdefault("benefit", []).extend(known)
            bill.names.setdefault("benefit", []).extend(known)
    for number in range(5):
        lines = ["purpose: medical", f'when: "{bill.yes_no(2)}"', *_sums(dice, bill)]
        if dice.random() < 0.7:
            lines.append(f"limits: [{', '.join(dice.sample(LIMITS, 1))}]")
        add(f"b_cash{number}", "medical_bill", "cash", *lines)
        bill.names.setdefault("benefit", []).append(f"b_cash{number}")


def _sums(dice: random.Random, writer: Writer) -> list[str]:
    if dice.random() < 0.5:
        return [f'amount: "{writer.money(2)}"']
    tiers = [f'      - {{when: "{writer.yes_no(1)}", amount: "{writer.money(1)}"}}' for _ in range(2)]
    tiers.append(f'      - {{amount: "{writer.money(1)}"}}')
    return [f"take: {dice.choice(['first', 'highest', 'sum'])}", "tiers:\n" + "\n".join(tiers)]


def _groups(dice: random.Random) -> list[str]:
    mode = dice.choice(["highest", "first"])
    found = [_entry(["id: p_group", "kind: stacking", "label: 随机组 | p_group", f"mode: {mode}", "entries: [p_cash0, p_cash1]", "because: 随机 | random"])]
    found.append(_entry(["id: b_group", "kind: stacking", "label: 随机上限 | b_group", "mode: together", "entries: [b_cash3, b_cash4]", "at_most: total_cost", "because: 随机 | random"]))
    return found
