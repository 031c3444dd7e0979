"""Who belongs or belonged to a household and what is told of beside people, read once for a page that needs both many times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bangfu.server.registry.models import Household, Item, Membership


@dataclass(frozen=True, slots=True)
class Roll:
    """The memberships of a household, ended ones too, each with its person; its items, withdrawn ones too."""

    memberships: tuple[Membership, ...]
    items: tuple[Item, ...]

    @property
    def now(self) -> list[Membership]:
        """Return the memberships that last, who came first on top."""
        return [m for m in self.memberships if m.until is None]

    @property
    def standing(self) -> list[Item]:
        """Return the items that were not withdrawn, by kind."""
        return [item for item in self.items if not item.withdrawn]

    @property
    def counting(self) -> list[Item]:
        """Return the standing items of the household and of who belongs to it: those of somebody who died or left speak of nobody here."""
        here = {m.person_id for m in self.now}
        kept = [item for item in self.standing if item.of_id is None or item.of_id in here]
        there = {item.pk for item in kept}
        return [item for item in kept if item.at_id is None or item.at_id in there]


def roll_of(household: Household) -> Roll:
    """Return the roll of a household, in two queries."""
    people = Membership.objects.filter(household=household).select_related("person").order_by("since", "pk")
    return Roll(tuple(people), tuple(Item.objects.filter(household=household).order_by("entity", "pk")))


def rolls_of(households: Sequence[Household]) -> dict[int, Roll]:
    """Return the rolls of some households by key, in two queries."""
    people: dict[int, list[Membership]] = defaultdict(list)
    items: dict[int, list[Item]] = defaultdict(list)
    for member in Membership.objects.filter(household__in=households).select_related("person").order_by("since", "pk"):
        people[member.household_id].append(member)
    for item in Item.objects.filter(household__in=households).order_by("entity", "pk"):
        items[item.household_id].append(item)
    return {home.pk: Roll(tuple(people[home.pk]), tuple(items[home.pk])) for home in households}
