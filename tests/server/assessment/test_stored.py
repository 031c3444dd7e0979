"""What is answered for a household is kept with all that it rests on, and comes out again from it."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.db import connection

from bangfu.rules.errors import HouseholdError
from bangfu.server.assessment import replaying
from bangfu.server.assessment.actions import assess_household
from bangfu.server.assessment.live import assess_now
from bangfu.server.assessment.models import PackContent, StoredAssessment
from bangfu.server.assessment.replaying import replay, replay_stored
from bangfu.server.audit.acting import NoActorError, acting_as, actor_of
from bangfu.server.audit.models import Entry
from bangfu.server.audit.triggers import PREFIX, install
from bangfu.server.registry import change_actions as change
from bangfu.server.registry.actions import add_item
from tests.server.assessment.conftest import DAY, Family, make_family
from tests.server.conftest import World


def stored_by_worker(family: Family, day: dt.date = DAY) -> StoredAssessment:
    """Store an assessment as her community worker."""
    with acting_as(actor_of(family.world.users["worker"])):
        return assess_household(family.household, day, "入户后测算")


def tampered(stored: StoredAssessment, **columns: Any) -> StoredAssessment:
    """Change a stored row as somebody could who holds the database, and read it again."""
    model = PackContent if "files" in columns else StoredAssessment
    table = model._meta.db_table
    name = f"{PREFIX}_update" if connection.vendor == "postgresql" else f"{PREFIX}_update_{table}"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP TRIGGER "{name}"' + (f' ON "{table}"' if connection.vendor == "postgresql" else ""))
    model.objects.filter(pk=stored.pack_hash if model is PackContent else stored.pk).update(**columns)
    install()
    replaying.engine_of_content.cache_clear()
    return StoredAssessment.objects.get(pk=stored.pk)


def test_an_assessment_is_kept_with_what_it_rests_on(family: Family) -> None:
    """Result with reasons, facts without names, pack files under their hash, who and why, and one entry in the audit."""
    family.say(0, has_disability=True, disability_level=1)
    stored = stored_by_worker(family)
    again = StoredAssessment.objects.get(pk=stored.pk)
    assert again.data["on"] == "2023-09-15"
    assert any(answer["reasons"] for answer in again.data["answers"])
    assert again.given["members"][0]["disability_level"] == 1
    assert "示例1" not in json.dumps(again.given, ensure_ascii=False) + again.text
    assert PackContent.objects.get(pk=again.pack_hash).place == "wuchang"
    entry = Entry.objects.get(action="assessment.stored")
    assert (entry.reason, entry.household_id, entry.details["result"]) == ("入户后测算", family.household.pk, again.result_hash)


def test_nobody_stores_without_acting(family: Family) -> None:
    """The answer itself needs no actor, keeping it does."""
    assert assess_now(family.household, DAY).assessment.answers
    with pytest.raises(NoActorError):
        assess_household(family.household, DAY)
    assert StoredAssessment.objects.count() == 0


def test_a_stored_answer_comes_out_again(family: Family) -> None:
    """Also after the facts changed, and word for word with the version that wrote it."""
    family.say(0, has_disability=True, disability_level=1)
    first = stored_by_worker(family)
    family.say(0, disability_level=2)
    second = stored_by_worker(family)
    assert first.facts_hash != second.facts_hash
    for stored in (first, second):
        found = replay(StoredAssessment.objects.get(pk=stored.pk))
        assert (found.faults, found.same_text) == ((), True)


def test_a_replay_opens_the_stored_files_not_the_folder(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    """The policies folder may be gone."""
    stored = stored_by_worker(family)
    replaying.engine_of_content.cache_clear()
    monkeypatch.setenv("BANGFU_POLICIES", "/nowhere")
    assert replay(stored).proved


def test_a_changed_answer_is_found(family: Family) -> None:
    """A result, its hash, a fact and a pack file changed beside us are each named."""
    stored = stored_by_worker(family)
    text = stored.text.replace('"status":"unknown"', '"status":"met"', 1)
    assert text != stored.text
    probe = StoredAssessment()
    probe.keep(text)
    assert replay(tampered(stored, packed=probe.packed)).faults == ("存下的结果与结果摘要不符",)
    assert replay(tampered(stored, packed=probe.packed, result_hash=probe.result_hash)).faults == ("重算的结论与存下的结论不同",)
    given = {**stored.given, "household": {**stored.given["household"], "residence": "rural"}}
    assert "存下的事实与事实摘要不符" in replay(tampered(stored, given=given)).faults
    files = {**PackContent.objects.get(pk=stored.pack_hash).files, "wuchang/parameters.yaml": ""}
    assert replay(tampered(stored, files=files)).faults[-1] == "政策包存档与政策包摘要不符"


def test_all_that_is_stored_is_replayed(family: Family) -> None:
    """All, the newest, or by number; a changed one among them is named."""
    first, second = stored_by_worker(family), stored_by_worker(family)
    assert [(found.pk, found.proved) for found in replay_stored()] == [(first.pk, True), (second.pk, True)]
    assert [found.pk for found in replay_stored(last=1)] == [second.pk]
    assert [found.pk for found in replay_stored([first.pk])] == [first.pk]
    tampered(first, result_hash="0" * 64)
    assert {found.pk: found.proved for found in replay_stored()} == {first.pk: False, second.pk: True}


def test_what_is_on_record_is_read(family: Family) -> None:
    """A row of the record makes the entry held; an entry that the pack does not know is left out."""
    engine = assess_now(family.household, DAY).engine
    recognition = next(e for e in engine.pack.entries.values() if e.kind == "recognition" and e.per == "household")
    family.item("record", "R1", None, entry=recognition.id, **{"from": "2023-01-01", "amount": 300})
    family.item("record", "R2", None, entry="no_such_entry", **{"from": "2023-01-01"})
    found = assess_now(family.household, DAY)
    held = {a.entry for a in found.assessment.answers if a.held}
    assert recognition.id in held
    assert len(found.content["record"]) == 1


def test_what_was_stated_of_the_dead_leaves_the_others_answered(world: World) -> None:
    """A job, a bill and a payment of somebody who died go with them: the widow's household is assessed as if they had never been listed."""
    family = make_family(world, births=(dt.date(1950, 3, 1), dt.date(1951, 4, 2)))
    employer = family.item("organisation", "O1")
    with acting_as(actor_of(world.users["worker"])):
        add_item(family.household, "job", "J1", family.people[1], employer)
        visit = add_item(family.household, "care_visit", "V1", family.people[1])
        row = add_item(family.household, "record", "R1", None, visit)
    entry = next(e.id for e in assess_now(family.household, DAY).engine.pack.entries.values() if e.per == "person")
    family.item("record", "R2", 1, entry=entry, **{"from": "2023-01-01"})
    family.say(item=row, entry=entry, **{"from": "2023-02-01"})
    before = assess_now(family.household, DAY).content
    with acting_as(actor_of(world.users["worker"])):
        change.die(family.household, family.people[1], DAY, {family.people[0].pk: "self"})
    after = assess_now(family.household, DAY).content
    assert [len(before[kind]) for kind in ("jobs", "care_visits", "record")] == [1, 1, 2]
    assert [len(after.get(kind, [])) for kind in ("organisations", "jobs", "care_visits", "record")] == [1, 0, 0, 0]


def test_what_the_register_holds_wrongly_is_named(family: Family) -> None:
    """A value that the vocabulary does not accept is a sentence, not a traceback, and nothing is stored."""
    family.say(0, disability_level="no_such_level")
    with pytest.raises(HouseholdError) as told:
        stored_by_worker(family)
    assert "no_such_level" in told.value.text("zh")
    assert StoredAssessment.objects.count() == 0


def test_the_page_waits_for_few_queries(family: Family, django_assert_max_num_queries: Any) -> None:
    """District, values in force, facts, collections, members, items."""
    assess_now(family.household, DAY)
    with django_assert_max_num_queries(8):
        assess_now(family.household, DAY)
