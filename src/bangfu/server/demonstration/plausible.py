"""What a made-up household receives must be possible for who it is: the drawn record is held against the rules themselves.

The district that is drawn (``bangfu synth``) disagrees with the rules on purpose, so that a runner has all sorts of rows to
answer. People who look at one household see an orphan of 76 and stop believing the rest.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from typing import Any

from bangfu.rules.assess import Answer, assess
from bangfu.rules.engine import Engine
from bangfu.rules.household import Given, read_given
from bangfu.server.demonstration.drawn import Row, plain

MEANS = ("dibao_household", "dibao_payment", "dibao_edge_household")
"""Held by whose means were less when they asked: that they no longer qualify is what the nights are to find."""
OF_CHILDREN = ("hardship_child",)
"""Decided by an office without a rule that could be asked, for children alone."""
COMING_OF_AGE = 18
WORKING_AGE = 16
OF_GROWN_UPS = (
    "accepts_any_post", "months_without_income", "owes_support", "widowed_or_lonely", "lives_independently", "has_other_income", "business_income", "property_income",
    "other_income", "employment_card_held", "wants_work", "unemployment_registered", "training_needed", "fresh_graduate", "resident_pension_member", "pays_flexible_insurance",
)  # fmt: skip
"""What nobody would have asked of a child."""
RECORD_KEYS = ("entry", "of", "claim", "from", "until", "paid_on", "amount", "quantity")


def age_on(born: dt.date | None, day: dt.date) -> int | None:
    """Return the full years somebody has on a day."""
    return None if born is None else day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def may_be_decided(entry: str, born: dt.date | None, day: dt.date) -> bool:
    """Tell whether an office could have decided so about somebody."""
    age = age_on(born, day)
    return entry not in OF_CHILDREN or (age is not None and age < COMING_OF_AGE)


def sensible(said: Row, age: int | None, relation: str, company: set[str]) -> Row:
    """Return what was drawn of a person without what does not go with age and family; it stays unknown, as if nobody had asked.

    Args:
        said: Fact → value.
        age: In full years, None if not known.
        relation: To the head.
        company: The relations of the others.
    """
    found = dict(said)
    if age is not None and age < WORKING_AGE:
        for name in OF_GROWN_UPS:
            found.pop(name, None)
    if relation == "spouse" or (relation == "self" and "spouse" in company):
        found.pop("widowed_or_lonely", None)
    if company:
        found.pop("lives_alone", None)
    return found


class Possible:
    """What is possible for one household, by the ids of its drawn rows."""

    def __init__(self, engine: Engine, content: Row, drawn: list[Row], day: dt.date) -> None:
        held = [{name: plain(row[name]) for name in RECORD_KEYS if row[name] is not None} for row in drawn if row["entry"] in MEANS]
        self.engine, self.content, self.day = engine, {**content, "record": [_days(row) for row in held]}, day
        self.homes = {row["id"]: row["of"] for row in content["members"]}
        self._answers: dict[dt.date, dict[tuple[str, str], Answer]] = {}

    def record(self, drawn: list[Row]) -> list[Row]:
        """Return the drawn rows that could be: possible today, or on the day they began, or held since means were less."""
        return [self._with_sum(row) for row in drawn if row["entry"] in MEANS or self._could_be(row)]

    def _could_be(self, row: Row) -> bool:
        return any(self._is_possible(self._answer(row, day)) for day in (self.day, row["from"] or row["paid_on"] or self.day))

    def _is_possible(self, found: Answer | None) -> bool:
        """Tell whether an answer is yes, or open for nothing that is known of the people: what is on record, a value of the place."""
        if found is None or found.computed == "not_met":
            return False
        return found.computed == "met" or not set(found.needs) & set(self.engine.pack.vocabulary.facts)

    def _with_sum(self, row: Row) -> Row:
        """Return a row of a sum with the sum that the rules give, where they give one."""
        found = self._answer(row, self.day)
        known = row["amount"] is not None and found is not None and found.amount is not None and found.amount.exact and found.computed == "met"
        if not known or found is None or found.amount is None or "/" in found.amount.low or not self.engine.pack.entries[row["entry"]].has_money:
            return row
        return {**row, "amount": Decimal(found.amount.low)}

    def _answer(self, row: Row, day: dt.date) -> Answer | None:
        per = self.engine.pack.entries[row["entry"]].per
        key = row["of"] if per == "person" else self.homes.get(row["of"], row["of"]) if per == "household" else row["claim"]
        return self._on(day).get((str(key), row["entry"]))

    def _on(self, day: dt.date) -> dict[tuple[str, str], Answer]:
        if day not in self._answers:
            found = assess(self.engine, self._given(), day, basis="met", reasons=False)
            self._answers[day] = {(a.row, a.entry): a for a in found.answers}
        return self._answers[day]

    def _given(self) -> Given:
        return read_given(self.engine.pack, self.content)


def _days(row: Row) -> Row:
    return {name: dt.date.fromisoformat(value) if name in ("from", "until", "paid_on") else value for name, value in row.items()}


def content_of(home: str, said: list[tuple[str, str, str, Any]], links: dict[tuple[str, str], Row], collections: dict[str, str]) -> Row:
    """Return a household as a file would say it.

    Args:
        home: The id of its row.
        said: Entity, id of the row, fact and value of each statement, stronger ones later.
        links: Entity and id → what a row is linked to, of every row but the household's.
        collections: Entity → the name of its list.
    """
    facts: dict[tuple[str, str], Row] = defaultdict(dict)
    for entity, key, fact, value in said:
        facts[entity, key][fact] = value
    found: Row = {"household": {"id": home, **facts["household", home]}, "members": [], **{name: [] for name in collections.values()}}
    for (entity, key), more in links.items():
        found["members" if entity == "person" else collections[entity]].append({"id": key, **more, **facts[entity, key]})
    return found
