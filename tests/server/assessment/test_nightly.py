"""Each night: who qualifies and does not receive, who receives and no longer qualifies; held against the household page."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import Any

import pytest

from bangfu.rules.assess import assess
from bangfu.rules.engine import Engine
from bangfu.rules.errors import UsageError
from bangfu.rules.household import Given
from bangfu.rules.population.answers import GIVEN
from bangfu.rules.units import unit_text
from bangfu.server import recurring
from bangfu.server.assessment import nightly, nightly_findings
from bangfu.server.assessment.engines import engine_for
from bangfu.server.assessment.models import NightlyRow, NightlyRun, NightlyTotal
from bangfu.server.assessment.nightly import ask_nightly, ask_tonight
from bangfu.server.assessment.nightly_findings import PERSONAL
from bangfu.server.assessment.reading import given_of
from bangfu.server.audit.acting import acting_as, actor_of, system_actor
from bangfu.server.audit.models import Entry
from bangfu.server.calendar.published import set_business_date
from bangfu.server.jobs.actions import retry
from bangfu.server.jobs.models import Job, JobStatus
from bangfu.server.jobs.running import run as run_job
from bangfu.server.registry.actions import Provenance, Statement, state_facts
from bangfu.server.registry.enums import Source
from bangfu.server.registry.models import Household, Membership
from tests.rules.population.ledgers import district
from tests.server.assessment.conftest import DAY, in_register, make_family
from tests.server.conftest import World


def night(world: World, day: dt.date = DAY, again: int = 0) -> Job:
    """Ask for a night and carry it out."""
    with acting_as(system_actor("夜间测算")):
        asked = ask_nightly(world.areas["红花岗区"], day, again=again)
    run_job(asked.pk)
    return Job.objects.get(pk=asked.pk)


def rules() -> Engine:
    """Return the engine of 红花岗区."""
    return engine_for(520302001001, DAY)


@pytest.fixture
def homes(world: World, today: dt.date) -> list[Household]:
    """Return households that tell much or little of themselves, every second with a record."""
    pack = rules().pack
    return [in_register(world, "杨柳社区", partly(given, number), pack, "foreign") for number, given in enumerate(district(rules(), 6, DAY, stated=(0.97, 0.6)))]


def partly(given: Given, number: int) -> Given:
    """Take back what some households say about collections that they have no rows of."""
    there = {row.entity for row in given.rows}
    for row in given.of_entity("person")[1:]:
        row.facts["relation"] = "child"
    given.of_entity("person")[0].facts["relation"] = "self"
    if number % 3 == 0:
        given.collections = {name for name in given.collections if (e := rules().pack.vocabulary.collection_entity(name)) and (e.id in there or e.id < "h")} | {"members"}
    return given


def by_reference(homes: list[Household]) -> dict[tuple[int, str, str], str]:
    """Return household, entry and row of each answer of the reference that is no "no": ``met`` or ``unknown``."""
    found = {}
    for household in homes:
        for answer in assess(rules(), given_of(household, rules()), DAY, basis="met", reasons=False).answers:
            if answer.computed != "not_met" and answer.kind in GIVEN and answer.entity != "organisation":
                found[household.pk, answer.entry, answer.row] = answer.computed
    return found


def received(homes: list[Household]) -> tuple[set[tuple[int, str, str]], set[tuple[int, str, str]]]:
    """Return what is held, and what is held or was paid lately, said once more in plain Python."""
    held, paid = set(), set()
    for household in homes:
        given = given_of(household, rules())
        above = {row.id: row.of for row in given.of_entity("person")}
        for row in given.rows:
            for name, yes in row.stated.items():
                if yes and row.entity in ("person", "household"):
                    held.add((household.pk, name, row.id))
        for line in given.record or []:
            entry = rules().pack.entries[line.entry]
            target = {"person": line.of, "household": above.get(line.of or "", line.of)}.get(entry.per or "", line.claim)
            key = (household.pk, line.entry, str(target))
            if line.since and line.since <= DAY and (line.until is None or line.until >= DAY):
                held.add(key)
            days = nightly_findings.FRESH_DAYS.get(entry.every or "")
            if line.paid_on and line.paid_on <= DAY and (days is None or line.paid_on >= DAY - dt.timedelta(days=days)):
                paid.add(key)
    return held, held | paid


def rows(finding: str) -> set[tuple[int, str, str]]:
    """Return the findings of a kind."""
    return set(NightlyRow.objects.filter(finding=finding).values_list("household", "entry", "row"))


def test_a_night_finds_what_the_household_page_says(world: World, homes: list[Household]) -> None:
    """Each "yes" is counted, each that is granted by name and not received is found; held ones that are "no" are found too, open ones not."""
    job = night(world)
    assert (job.status, job.reason, job.done) == (JobStatus.DONE, "", 100)
    answers, (held, has) = by_reference(homes), received(homes)
    met = {key for key, status in answers.items() if status == "met"}
    personal = {name for name, entry in rules().pack.entries.items() if entry.kind in PERSONAL and entry.per in ("person", "household")}
    claims = {name for name, entry in rules().pack.entries.items() if entry.kind in PERSONAL and entry.per not in ("person", "household")}
    assert rows("missed") == {key for key in met - has if key[1] in personal | claims}
    assert rows("ended") == {key for key in held if key not in answers and key[1] in personal}
    assert len(rows("missed")) > 10
    assert len(rows("ended")) > 5
    assert any(key in held and status == "unknown" for key, status in answers.items())
    assert sum(NightlyTotal.objects.values_list("answers", flat=True)) == len(met)
    assert sum(NightlyTotal.objects.values_list("received", flat=True)) == len(met & has)
    run = NightlyRun.objects.get()
    assert (run.households, run.left_out) == (6, [])
    assert run.people == Membership.objects.count()
    assert run.finished_at is not None
    assert Entry.objects.filter(action="nightly.done").count() == 1


def test_sums_are_those_of_the_reference(world: World, homes: list[Household]) -> None:
    """To the fen."""
    night(world)
    expected: dict[str, int] = {}
    for household in homes:
        for answer in assess(rules(), given_of(household, rules()), DAY, basis="met", reasons=False).answers:
            if answer.computed == "met" and answer.kind == "cash" and answer.amount is not None and answer.entity != "organisation":
                expected[answer.entry] = expected.get(answer.entry, 0) + int(Fraction(answer.amount.low) * 100)
    found = {row.entry: row.low_fen for row in NightlyTotal.objects.all() if row.entry in expected}
    assert found == expected
    assert any(found.values())


def test_the_same_night_twice_is_one(world: World, homes: list[Household]) -> None:
    """Asked twice it is one job; done again it replaces what was there."""
    first = night(world)
    before = rows("missed") | rows("ended")
    assert night(world).pk == first.pk
    night(world, again=1)
    assert rows("missed") | rows("ended") == before
    assert NightlyRow.objects.count() == len(before)
    assert NightlyRun.objects.count() == 1


@pytest.mark.parametrize("where", ["_row", *(pytest.param(name, marks=pytest.mark.slow) for name in ("write_register", "run_population", "find", "_total", "_finish"))])
def test_a_night_cut_off_goes_on(world: World, homes: list[Household], monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """Stopped at each of its stages, it ends with the rows of an unbroken night; until then it does not count."""
    real, calls = getattr(nightly, where), []

    def dies(*given: Any, **more: Any) -> Any:
        calls.append(1)
        if len(calls) == (7 if where in ("_row", "_total") else 1):
            raise MemoryError("cut off")
        return real(*given, **more)

    monkeypatch.setattr(nightly, "ROWS_A_STEP", 5)
    monkeypatch.setattr(nightly, where, dies)
    job = night(world)
    assert job.status == JobStatus.FAILED
    assert NightlyRun.objects.get().finished_at is None
    with acting_as(system_actor("任务")):
        retry(job, "再试")
    run_job(job.pk)
    assert Job.objects.get(pk=job.pk).status == JobStatus.DONE
    answers, (_, has) = by_reference(homes), received(homes)
    met = {key for key, status in answers.items() if status == "met"}
    assert rows("missed") == {key for key in met - has if rules().pack.entries[key[1]].kind in PERSONAL}
    assert NightlyRow.objects.count() == len(rows("missed")) + len(rows("ended"))
    assert sum(NightlyTotal.objects.values_list("answers", flat=True)) == len(met)


def test_what_the_tables_cannot_carry_is_answered_by_hand(world: World, homes: list[Household]) -> None:
    """A sum written with its unit is read by the household's reader; what no reader accepts is named, and nobody else is left out."""
    money = next(f for f in rules().pack.vocabulary.facts.values() if f.entity == "person" and f.type == "money" and f.gate is None)
    unit = unit_text(money.unit)
    with acting_as(actor_of(world.users["foreign"])):
        for household, fact, value in ((homes[1], money.id, f"0 {unit}"), (homes[2], "disability_level", "no_such_level")):
            person = household.memberships.first()
            assert person is not None
            state_facts(household, [Statement(fact, value, person.person)], Provenance(Source.VERIFIED))
    readable = [home for home in homes if home != homes[2]]
    job = night(world)
    run = NightlyRun.objects.get()
    assert job.result["left_out"] == 1
    assert [each["household"] for each in run.left_out] == [homes[2].pk]
    assert "no_such_level" in run.left_out[0]["reason"]
    assert sum(NightlyTotal.objects.values_list("answers", flat=True)) == list(by_reference(readable).values()).count("met")
    assert run.households == 5
    assert not NightlyRow.objects.filter(household=homes[2]).exists()


def test_another_district_is_no_part_of_it(world: World, homes: list[Household]) -> None:
    """A night reads its own district."""
    foreign = make_family(world)
    night(world)
    assert not NightlyRow.objects.filter(household=foreign.household).exists()
    assert NightlyRun.objects.get().households == 6


def test_findings_of_long_ago_are_forgotten(world: World, homes: list[Household], monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of the last nights stay, the totals of all."""
    monkeypatch.setattr(nightly, "KEPT_NIGHTS", 1)
    night(world)
    night(world, DAY + dt.timedelta(days=1))
    assert set(NightlyRow.objects.values_list("run__on", flat=True)) == {DAY + dt.timedelta(days=1)}
    assert NightlyTotal.objects.values("run").distinct().count() == 2


def test_an_order_that_cannot_be_done_is_a_sentence(world: World, homes: list[Household], monkeypatch: pytest.MonkeyPatch) -> None:
    """The officer reads why in the job, not a name of a Python error."""

    def refuses(*given: Any) -> Any:
        raise UsageError("磁盘已满", "the disk is full")

    monkeypatch.setattr(nightly, "run_population", refuses)
    job = night(world)
    assert (job.status, job.reason) == (JobStatus.FAILED, "磁盘已满")


def test_the_clock_asks_for_the_night(world: World, today: dt.date, monkeypatch: pytest.MonkeyPatch) -> None:
    """From one o'clock on, once a day for each district; the next day again."""
    hour = [0]
    monkeypatch.setattr(nightly.clock, "now", lambda: dt.datetime(2023, 9, 15, hour[0], 30, tzinfo=dt.UTC))
    assert ask_tonight() == 0
    hour[0] = 1
    assert ask_tonight() == 2
    assert ask_tonight() == 0
    with acting_as(system_actor("演示")):
        set_business_date(DAY + dt.timedelta(days=1))
    hour[0] = 0
    assert (ask_tonight(), ask_tonight(at_once=True)) == (0, 2)  # a demonstration that was moved on does not wait
    assert {job.given["day"] for job in Job.objects.all()} == {"2023-09-15", "2023-09-16"}
    assert any(entry.act is ask_tonight for entry in recurring.table())
