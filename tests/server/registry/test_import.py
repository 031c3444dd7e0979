"""The ledger import: every fault by row and column first, then each household whole or not at all, safe to repeat."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bangfu.server.audit.acting import acting_as, actor_of
from bangfu.server.audit.models import Actor, Entry
from bangfu.server.files.kinds import FileRefusedError
from bangfu.server.jobs import running
from bangfu.server.jobs.models import Job
from bangfu.server.registry import current, import_actions, tasks
from bangfu.server.registry.actions import RefusedError
from bangfu.server.registry.duplicate_models import Sighting
from bangfu.server.registry.enums import Source
from bangfu.server.registry.import_models import ImportRun, LedgerKey
from bangfu.server.registry.models import CurrentFacts, Household, Item, Membership, Observation, Person
from bangfu.server.registry.search import people_with_card
from bangfu.server.registry.selectors import household_on
from tests.server.conftest import World
from tests.server.registry.conftest import DAY as BEFORE, NUMBER
from tests.server.registry.ledgers import Rows, id_number, ledger

DAY = dt.date(2023, 9, 20)
HERE = "420106001001"
CHANGED_QUERIES = 24
MORE_QUERIES = 4
HOMES: Rows = [
    {"id": "H1", "area_code": HERE, "address": "铁机路5号", "residence": "城市", "has_rigid_spending": "是", "self_paid_medical_12m": 1234.5},
    {"id": "H2", "area_code": "420106001002", "address": "和平大道3号", "residence": "城市"},
]
PEOPLE: Rows = [
    {"of": "H1", "id": "P1", "name": "欧阳春", "id_card": id_number(1), "card_number": "6222 0202 0011 2233", "relation": "本人", "has_disability": "否", "works": "是", "wage_income": 2100},
    {"of": "H1", "id": "P2", "name": "欧阳夏", "relation": "子女", "birth_date": dt.date(1999, 2, 28)},
    {"of": "H2", "id": "P3", "name": "秦秋", "relation": "本人"},
]
OTHERS: Rows = [
    {"collection": "医疗费用", "id": "B1", "of": "P1", "fact": "billed_on", "value": "2023-08-01"},
    {"collection": "医疗费用", "id": "B1", "of": "P1", "fact": "at", "value": "O1"},
]


def upload(world: World, content: bytes, who: str = "street", area: str = "杨园街道", day: dt.date = DAY) -> ImportRun:
    """Upload a ledger and run its dry run."""
    with acting_as(actor_of(world.users[who])):
        made = import_actions.upload(import_actions.Upload(world.areas[area], "九月台账.xlsx", content, day, Source.DECLARED))
    assert made.check_job
    running.run(made.check_job)
    made.refresh_from_db()
    return made


def take_in(world: World, content: bytes, **more: Any) -> ImportRun:
    """Upload, confirm and import a ledger."""
    made = upload(world, content, **more)
    with acting_as(actor_of(world.users[more.get("who", "street")])):
        job = import_actions.confirm(made)
        assert import_actions.confirm(ImportRun.objects.get(pk=made.pk)).pk == job.pk
    running.run(job.pk)
    job.refresh_from_db()
    assert job.status == "done", job.reason
    made.refresh_from_db()
    return made


def faults(run: ImportRun) -> set[tuple[Any, ...]]:
    """Return sheet, row and column of each fault."""
    return {tuple(f[:3]) for f in run.faults}


def test_a_ledger_becomes_households(world: World, tmp_path: Path) -> None:
    """Facts, items, numbers and history are there as if entered by hand; one entry in the audit a household, by the officer."""
    run = take_in(world, ledger(tmp_path, HOMES, PEOPLE, OTHERS))
    assert (run.status, run.outcome["new"], run.outcome["refused"], run.path) == ("done", 2, [], "")
    first, second = Household.objects.order_by("number")
    assert (first.number, first.address, first.area_code) == ("420106-2023-000001", "铁机路5号", int(HERE))
    assert [(m.person.name, m.relation) for m in household_on(first, DAY).members] == [("欧阳春", "self"), ("欧阳夏", "child")]
    assert CurrentFacts.objects.get(household=first, person=None, item=None).facts == {"residence": "urban", "has_rigid_spending": True, "self_paid_medical_12m": 1234.5}
    head = Person.objects.get(name="欧阳春")
    assert CurrentFacts.objects.get(person=head).facts == {"birth_date": "1960-01-01", "has_disability": False, "works": True, "wage_income": 2100}
    assert (head.id_last4, head.pinyin, head.birth_date) == (id_number(1)[-4:], "ouyangchun", dt.date(1960, 1, 1))
    assert people_with_card.__doc__
    assert head.card_last4 == "2233"
    assert CurrentFacts.objects.get(item=Item.objects.get(household=first)).facts == {"billed_on": "2023-08-01"}
    assert current.differences(first, DAY) == current.differences(second, DAY) == []
    told = Entry.objects.filter(action="household.imported")
    assert sorted(told.values_list("household_id", flat=True)) == [first.pk, second.pk]
    officer = Actor.objects.get(user_id=world.users["street"].pk)
    assert set(told.values_list("actor_id", flat=True)) == set(Observation.objects.values_list("actor_id", flat=True)) == {officer.pk}
    assert Observation.objects.filter(fact="wage_income", evidence__contains="九月台账", true_on=DAY).count() == 1


def test_the_same_ledger_again_changes_nothing(world: World, tmp_path: Path) -> None:
    """Every household is the same: no row anywhere, but the two runs and jobs."""
    content = ledger(tmp_path, HOMES, PEOPLE, OTHERS)
    take_in(world, content)
    before = (Observation.objects.count(), Membership.objects.count(), Entry.objects.filter(action="household.imported").count())
    run = upload(world, content)
    assert (run.report["same"], run.report["ready"]) == (2, 0)
    with pytest.raises(RefusedError), acting_as(actor_of(world.users["street"])):
        import_actions.confirm(run)
    assert before == (Observation.objects.count(), Membership.objects.count(), Entry.objects.filter(action="household.imported").count())


@pytest.mark.parametrize("people", [1, 5])
def test_known_households_are_brought_up_to_date_together(people: int, world: World, tmp_path: Path) -> None:
    """Fifty that changed cost hardly more queries than ten, however many people they have: it was some twenty for each."""
    content = {changed: _homes(people, changed, tmp_path) for changed in (0, 10, 50)}
    take_in(world, content[0])
    spent = []
    for changed in (10, 50):
        run = upload(world, content[changed])
        assert run.report["changed"] == changed
        with acting_as(actor_of(world.users["street"])):
            job = import_actions.confirm(run)
        with CaptureQueriesContext(connection) as found:
            running.run(job.pk)
        assert ImportRun.objects.get(pk=run.pk).outcome["changed"] == changed
        assert [found for home in Household.objects.order_by("pk")[:3] for found in current.differences(home, DAY)] == []
        assert CurrentFacts.objects.filter(facts__wage_income=2100).count() == changed * people
        assert Entry.objects.filter(action="household.imported", details__import=run.pk, details__facts=people).count() == changed
        take_in(world, content[0])
        spent.append(len(found.captured_queries))
    assert spent[1] - spent[0] <= MORE_QUERIES
    assert spent[1] < 50 * 2


@pytest.mark.parametrize("people", [1, 5])
def test_a_household_that_goes_alone_costs_few_queries(people: int, world: World, tmp_path: Path) -> None:
    """One that moved goes alone: however many people it has and however many numbers the ledger gives them."""
    content = {changed: _homes(people, changed, tmp_path, households=5, address=changed) for changed in (0, 1, 5)}
    take_in(world, content[0])
    spent = []
    for changed in (1, 5):
        run = upload(world, content[changed])
        with acting_as(actor_of(world.users["street"])):
            job = import_actions.confirm(run)
        with CaptureQueriesContext(connection) as found:
            running.run(job.pk)
        assert ImportRun.objects.get(pk=run.pk).outcome["changed"] == changed
        take_in(world, content[0])
        spent.append(len(found.captured_queries))
    assert (spent[1] - spent[0]) / 4 <= CHANGED_QUERIES


def _homes(people: int, changed: int, folder: Path, *, households: int = 50, address: int = 0) -> bytes:
    """Return a ledger of households of so many people; in the first ones people earn more, and the first ones live elsewhere."""
    homes: Rows = [{"id": f"H{n}", "area_code": HERE, "residence": "城市", "address": f"铁机路{1 + (n < address)}号"} for n in range(households)]
    wages = {n: 2000 + 100 * (n < changed) for n in range(households)}
    rows: Rows = [
        {"of": f"H{n}", "id": f"P{n}-{p}", "name": f"欧阳{n}{p}", "relation": "子女" if p else "本人", "works": "是", "wage_income": wages[n]} for n in range(households) for p in range(people)
    ]  # fmt: skip
    return ledger(folder, homes, rows)


def test_a_later_ledger_brings_what_is_new(world: World, tmp_path: Path) -> None:
    """Changed values are stated, blank ones stay, somebody new joins, somebody missing stays and is told."""
    take_in(world, ledger(tmp_path, HOMES, PEOPLE, OTHERS))
    homes = [{**HOMES[0], "self_paid_medical_12m": None, "address": "铁机路6号"}, HOMES[1]]
    people = [{**PEOPLE[0], "wage_income": 0}, {"of": "H1", "id": "P9", "name": "欧阳冬", "relation": "子女"}, PEOPLE[2]]
    run = take_in(world, ledger(tmp_path, homes, people, OTHERS), day=DAY + dt.timedelta(days=30))
    assert {k: run.outcome[k] for k in ("new", "changed", "same", "refused")} == {"new": 0, "changed": 1, "same": 1, "refused": []}
    assert [note[0] for note in run.outcome["notes"]] == ["H1"]
    assert "欧阳夏" in run.outcome["notes"][0][1]
    home = Household.objects.get(number__endswith="1")
    assert [m.person.name for m in household_on(home, DAY + dt.timedelta(days=30)).members] == ["欧阳春", "欧阳夏", "欧阳冬"]
    assert len(household_on(home, DAY + dt.timedelta(days=29)).members) == 2
    assert household_on(home, DAY).address == "铁机路5号"
    assert CurrentFacts.objects.get(person__name="欧阳春").facts["wage_income"] == 0
    assert CurrentFacts.objects.get(household=home, person=None, item=None).facts["self_paid_medical_12m"] == 1234.5
    assert Observation.objects.filter(fact="wage_income").count() == 2
    assert Observation.objects.filter(fact="residence", household=home).count() == 1
    assert current.differences(home, DAY) == []


def test_every_fault_is_named_by_row_and_column(world: World, tmp_path: Path) -> None:
    """All at once; the households without faults may go in, the others stay out whole."""
    homes = [*HOMES, {"id": "H3", "area_code": "520302001001", "residence": "火星"}, {"id": "H4", "area_code": HERE}, {"id": "H1", "area_code": HERE}, {"area_code": HERE}]
    people = [
        *PEOPLE, {"of": "H3", "id": "P4", "name": "甲", "relation": "本人", "id_card": id_number(1)}, {"of": "H3", "id": "P5", "name": "", "relation": "配偶", "wage_income": "很多"},
        {"of": "H9", "id": "P6", "name": "乙"},
    ]  # fmt: skip
    run = upload(world, ledger(tmp_path, homes, people))
    assert run.status == "refused"
    assert {("户", 7, "A"), ("户", 8, "A"), ("人员", 8, "A"), ("户", 5, "D"), ("户", 6, ""), ("户", 5, "B"), ("人员", 7, "V")} == faults(run)
    assert run.path == ""
    run = upload(world, ledger(tmp_path, homes[:4], people[:5]))
    assert (run.status, run.report["ready"], run.report["faulty"]) == ("checked", 2, 2)
    assert {f[5] for f in run.faults} == {"H3", "H4"}
    assert [tuple(f[:3]) for f in run.faults if f[5] == "H3"] == [("人员", 7, "V"), ("户", 5, "D"), ("户", 5, "B")]
    done = take_in(world, ledger(tmp_path, homes[:4], people[:5]))
    assert (done.outcome["new"], len(done.outcome["refused"]), Household.objects.count()) == (2, 2, 2)


def test_a_number_of_another_household_keeps_the_whole_household_out(world: World, family: Household, neighbour: Household, tmp_path: Path) -> None:
    """Nothing of it is written; who is above both places gets a sighting, once."""
    people = [{**PEOPLE[0], "id_card": NUMBER}, PEOPLE[1], PEOPLE[2]]
    for _ in range(2):
        run = take_in(world, ledger(tmp_path, [HOMES[0], {**HOMES[1], "address": f"{_}号"}], people))
        assert "另一户" in run.outcome["refused"][0][1]
    assert not Person.objects.filter(name__in=["欧阳春", "欧阳夏"]).exists()
    assert [(s.person.name, s.area_code) for s in Sighting.objects.all()] == [("欧阳明", int(HERE))]


def test_a_household_is_known_by_its_number_too(world: World, family: Household, tmp_path: Path) -> None:
    """What an export wrote can be read back: the register's own number finds the household, its people by ID number or name."""
    people: Rows = [
        {"of": family.number, "id": "1", "name": "欧阳明", "id_card": NUMBER, "relation": "本人", "works": "否"},
        {"of": family.number, "id": "2", "name": "单大川", "birth_date": dt.date(1950, 5, 1), "relation": "配偶", "works": "否"},
        {"of": family.number, "id": "3", "name": "单小川", "birth_date": dt.date(1980, 5, 1), "relation": "子女"},
    ]
    run = take_in(world, ledger(tmp_path, [{"id": family.number, "area_code": HERE}], people))
    assert (run.outcome["changed"], run.outcome["notes"], Person.objects.count()) == (1, [], 3)
    assert CurrentFacts.objects.get(person__name="单大川").facts["works"] is False
    assert LedgerKey.objects.count() == 4
    assert household_on(family, BEFORE).address == "铁机路1号"


def test_a_second_head_keeps_the_household_out(world: World, family: Household, tmp_path: Path) -> None:
    """The database refuses it; nothing of the household is written."""
    people: Rows = [{"of": family.number, "id": "1", "name": "某人", "relation": "本人"}]
    run = take_in(world, ledger(tmp_path, [{"id": family.number, "area_code": HERE, "address": "别处", "residence": "城市"}], people))
    assert (run.outcome["changed"], len(run.outcome["refused"])) == (0, 1)
    family.refresh_from_db()
    assert (family.address, Person.objects.count(), CurrentFacts.objects.filter(household=family).count()) == ("铁机路1号", 3, 0)


def test_an_import_goes_on_where_it_stood(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped after the first batch, taken up again: every household once."""
    monkeypatch.setattr(tasks, "BATCH", 1)
    made = upload(world, ledger(tmp_path, HOMES, PEOPLE, OTHERS))
    with acting_as(actor_of(world.users["street"])):
        job = import_actions.confirm(made)
    whole = import_actions.import_batch
    seen: list[str] = []

    def stops(run: Any, register: Any, batch: Any) -> Any:
        seen.append(batch[0].key)
        if seen == ["H1", "H2"]:
            raise ConnectionError("power cut")
        return whole(run, register, batch)

    monkeypatch.setattr(import_actions, "import_batch", stops)
    running.run(job.pk)
    assert Household.objects.count() == 1
    with acting_as(actor_of(world.users["street"])):
        from bangfu.server.jobs.actions import retry

        retry(Job.objects.get(pk=job.pk), "再试")
    running.run(job.pk)
    made.refresh_from_db()
    assert (seen, made.outcome["new"], Household.objects.count(), Person.objects.count()) == (["H1", "H2", "H2"], 2, 2, 3)


BAD = {"空": b"", "不是表格": b"hello", "exe": b"MZ\0\0", "pdf": b"%PDF-1.4", "半个": b"PK\x03\x04" + b"\0" * 50}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_workbook_is_refused_at_once(name: str, world: World) -> None:
    """With what to do; no row and no file is left."""
    with pytest.raises(FileRefusedError) as error:
        upload(world, BAD[name])
    assert "xlsx" in error.value.zh
    assert ImportRun.objects.count() == 0


def test_a_dropped_ledger_is_deleted(world: World, tmp_path: Path, django_capture_on_commit_callbacks: Any) -> None:
    """The file goes; it cannot be confirmed any more, and one forgotten for two weeks goes by itself."""
    run = upload(world, ledger(tmp_path, HOMES, PEOPLE))
    assert default_storage.exists(run.path)
    with acting_as(actor_of(world.users["street"])), django_capture_on_commit_callbacks(execute=True):
        import_actions.drop(run)
        with pytest.raises(RefusedError):
            import_actions.drop(run)
    assert not default_storage.exists(run.path)
    run = upload(world, ledger(tmp_path, HOMES, PEOPLE))
    with acting_as(actor_of(world.users["street"])):
        assert import_actions.forget_old_ledgers() == 0
        ImportRun.objects.filter(pk=run.pk).update(uploaded_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        assert import_actions.forget_old_ledgers() == 1
