"""Known households brought up to date together: the same comes of it as of each alone."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from bangfu.server.audit.acting import acting_as, actor_of
from bangfu.server.registry import current, import_actions, import_known
from bangfu.server.registry.actions import Provenance, StaleError, Statement, state_facts
from bangfu.server.registry.enums import Source
from bangfu.server.registry.import_models import LedgerKey
from bangfu.server.registry.models import CurrentFacts, Household, Observation, Person, StatedCollection
from tests.server.conftest import World
from tests.server.registry.ledgers import ledger
from tests.server.registry.test_import import DAY, HOMES, OTHERS, PEOPLE, take_in

LATER = DAY + dt.timedelta(days=30)


def alone(run: Any, checked: Any) -> dict[str, Any]:
    """Bring nobody up to date together."""
    return {}


def what_came_of_it(world: World, content: bytes) -> dict[str, Any]:
    """Import a ledger, look at everything it left, and take it back."""
    with transaction.atomic():
        run = take_in(world, content, day=LATER)
        said = [(o.household_id, o.person_id, o.item_id, o.fact, o.value, o.source, o.evidence, o.true_on) for o in Observation.objects.filter(true_on=LATER)]
        found = {
            "outcome": run.outcome, "said": sorted(said, key=str), "versions": list(Household.objects.order_by("pk").values_list("version", flat=True)),
            "facts": sorted(CurrentFacts.objects.values_list("household", "person", "item", "facts", "conflicts"), key=str),
            "keys": sorted(LedgerKey.objects.values_list("area_code", "key", "person_key", "household", "person", "digest"), key=str),
            "stated": sorted(StatedCollection.objects.values_list("household", "collection")),
            "differing": [line for home in Household.objects.all() for line in current.differences(home, DAY)],
        }  # fmt: skip
        transaction.set_rollback(True)
    return found


def test_together_is_as_alone(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts, conflicts with a stronger source, bills, numbers of the ledger, the note on who is missing."""
    take_in(world, ledger(tmp_path, HOMES, PEOPLE, OTHERS))
    with acting_as(actor_of(world.users["worker"])):
        head = Person.objects.get(name="欧阳春")
        state_facts(Household.objects.get(number__endswith="1"), [Statement("wage_income", 2500, head)], Provenance(Source.VERIFIED))
    homes = [{**HOMES[0], "self_paid_medical_12m": 99}, {**HOMES[1], "has_rigid_spending": "否"}]
    people = [{**PEOPLE[0], "wage_income": 2200}, {**PEOPLE[2], "works": "否"}]
    others = [{**OTHERS[0], "value": "2023-08-02"}, {"collection": "医疗费用", "id": "无", "of": "H2"}]
    content = ledger(tmp_path, homes, people, others)
    together = what_came_of_it(world, content)
    monkeypatch.setattr(import_actions, "bring_many_up_to_date", alone)
    assert what_came_of_it(world, content) == together
    assert together["outcome"]["changed"] == 2
    assert together["differing"] == []
    assert ["H1", "台账里没有 欧阳夏，仍留在户内；离户请在户页面办理"] in together["outcome"]["notes"]
    assert len(together["said"]) == 5


def test_a_batch_that_somebody_else_changed_goes_one_by_one(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the batch stays; each household then succeeds or is refused by itself."""
    take_in(world, ledger(tmp_path, HOMES, PEOPLE))

    def closed(run: Any, plain: Any) -> None:
        Household.objects.filter(pk=plain[0].home.pk).update(version=99)
        raise StaleError

    monkeypatch.setattr(import_known, "_write", closed)
    run = take_in(world, ledger(tmp_path, [{**HOMES[0], "self_paid_medical_12m": 99}, HOMES[1]], PEOPLE), day=LATER)
    assert (run.outcome["changed"], run.outcome["refused"]) == (1, [])
    assert not Household.objects.filter(version=99).exists()
