"""The page of a household and the night over the whole register say the same: who misses what, who receives what has ended."""

from __future__ import annotations

import pytest

from bangfu.server.areas.scope import Scope
from bangfu.server.assessment.models import Finding, NightlyRow, NightlyRun
from bangfu.server.assessment.nightly import ask_nightly
from bangfu.server.audit.acting import acting_as, system_actor
from bangfu.server.calendar.published import set_business_date
from bangfu.server.demonstration.households import make_households
from bangfu.server.desk.household_page import household_page
from bangfu.server.jobs.running import run as run_job
from bangfu.server.registry.change_actions import die
from bangfu.server.registry.models import Household, Item
from bangfu.server.registry.roll import roll_of
from tests.server.assessment.conftest import DAY
from tests.server.conftest import World


@pytest.mark.slow
def test_page_and_night_find_the_same(world: World) -> None:
    """For each household of a made-up district, five of them with somebody dead of whom jobs or bills are told: entries and rows of both findings."""
    with acting_as(system_actor("演示")):
        set_business_date(DAY)
        make_households(world.areas["武昌区"], 160)
        gone = {item.of_id: item for item in Item.objects.exclude(of=None).filter(household__status="open").select_related("household", "of")}
        several = [item for item in gone.values() if len(roll_of(item.household).now) > 1 and item.of.memberships.get().relation != "self"][:5]
        for item in several:
            die(item.household, item.of, DAY, {})
    assert len(several) == 5
    with acting_as(system_actor("夜间测算")):
        asked = ask_nightly(world.areas["武昌区"], DAY)
    run_job(asked.pk)
    scope = Scope.of([world.areas["武昌区"]])
    by_night = {(row.household_id, row.finding, row.entry) for row in NightlyRow.objects.all()}
    by_page = set()
    for household in Household.objects.all():
        answers = household_page(scope, household, DAY).answers
        assert answers is not None
        by_page |= {(household.pk, finding, card.entry) for finding, cards in ((Finding.MISSED, answers.missing), (Finding.ENDED, answers.ended)) for card in cards}
    assert by_night == by_page
    assert NightlyRun.objects.get().left_out == []
    assert {finding for _, finding, _ in by_night} == {Finding.MISSED, Finding.ENDED}
