"""The ledger's record of what was received: its faults by row and column, on the register as the rules read it, out again as it came in."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from bangfu.rules.record_row import RecordRow
from bangfu.server.assessment.engines import engine_for
from bangfu.server.assessment.reading import given_of
from bangfu.server.audit.acting import acting_as, actor_of
from bangfu.server.registry.actions import Provenance, Statement, state_facts
from bangfu.server.registry.enums import Source
from bangfu.server.registry.import_models import ImportRun
from bangfu.server.registry.item_actions import Held, add_to_record, withdraw_item
from bangfu.server.registry.models import CurrentFacts, Household, Item, Observation, Person, StatedCollection
from tests.server.conftest import World
from tests.server.registry.ledgers import Rows, ledger
from tests.server.registry.test_import import DAY, HOMES, OTHERS, PEOPLE, faults, take_in, upload

SINCE = dt.date(2023, 1, 1)
RECORD: Rows = [
    {"entry": "最低生活保障家庭", "of": "H1", "from": "2023-01-01"},
    {"entry": "特困人员基本生活费", "of": "P2", "paid_on": dt.date(2023, 8, 15), "amount": 1300.5},
    {"entry": "inpatient_supplement", "of": "P1", "claim": "B1", "paid_on": "2023-08-20", "amount": 2000, "quantity": 1},
    {"entry": "无", "of": "H2"},
]


def record_of(household: Household) -> list[RecordRow] | None:
    """Return what the rules read of a household's record."""
    return given_of(household, engine_for(household.area_code, DAY)).record


def homes() -> tuple[Household, Household]:
    """Return the two households."""
    first, second = Household.objects.order_by("number")
    return first, second


def taken_in(world: World, folder: Path, record: Rows, **more: Any) -> ImportRun:
    """Import the two households with a record."""
    return take_in(world, ledger(folder, HOMES, PEOPLE, OTHERS, record), **more)


def test_the_record_is_read_by_the_rules(world: World, tmp_path: Path) -> None:
    """Held, paid to a person, paid for a bill; of the other household it is known that there is none."""
    run = taken_in(world, tmp_path, RECORD)
    first, second = homes()
    people = {p.name: f"P{p.pk}" for p in Person.objects.all()}
    bill = Item.objects.get(entity="medical_bill")

    assert [said for said in run.report["notices"] if "领取记录" in said] == []
    assert record_of(first) == [
        RecordRow("dibao_household", f"H{first.pk}", since=SINCE),
        RecordRow("tekun_living", people["欧阳夏"], paid_on=dt.date(2023, 8, 15), amount=130050),
        RecordRow("inpatient_supplement", people["欧阳春"], f"I{bill.pk}", paid_on=dt.date(2023, 8, 20), amount=200000, quantity=1),
    ]
    assert record_of(second) == []
    assert Observation.objects.filter(fact="entry", evidence__contains="九月台账").count() == 3


@pytest.mark.parametrize(("record", "known"), [([], [None, None]), ([{"entry": "无"}], [[], []]), (RECORD[:1], [1, None])])
def test_blank_is_not_none(record: Rows, known: list[Any], world: World, tmp_path: Path) -> None:
    """An empty sheet says nothing of anybody, 无 alone says so of all; who is not named stays unknown and is told of."""
    run = taken_in(world, tmp_path, record)
    found = [record_of(home) for home in homes()]

    assert [len(rows) if rows and isinstance(wanted, int) else rows for rows, wanted in zip(found, known, strict=True)] == known
    told = [said for said in run.report["notices"] if "领取记录" in said]
    assert bool(told) is (len(record) == 1 and "of" in record[0])
    if told:
        assert "没有提到 1 户：这些户的领取记录不变" in told[0]


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        ({"entry": "最低生活保障金家庭", "of": "H1", "from": "2023-01-01"}, "A", "没有待遇“最低生活保障金家庭”"),
        ({"entry": "最低生活保障家庭", "of": "H1"}, "D", "起始日期和发放日期至少填一个"),
        ({"entry": "最低生活保障家庭", "of": "H1", "from": "去年"}, "D", "应为日期"),
        ({"entry": "最低生活保障家庭", "of": "H1", "from": "2023-02-01", "until": "2023-01-31"}, "E", "截止日期不能早于起始日期"),
        ({"entry": "最低生活保障家庭", "of": "H1", "from": "2031-02-01"}, "D", "晚于今天"),
        ({"entry": "低保金", "of": "H1", "paid_on": "2023-02-01", "amount": "一千"}, "G", "应为不小于 0 的数"),
        ({"entry": "低保金", "of": "H1", "paid_on": "2023-02-01", "amount": 10.005}, "G", "金额最多到分"),
        ({"entry": "低保金", "of": "H1", "paid_on": "2023-02-01", "amount": 10_000_001}, "G", "超过一千万元"),
        ({"entry": "特困人员", "of": "H1", "from": "2023-02-01"}, "B", "这一项是给个人的"),
        ({"entry": "大病补充住院赔付", "of": "P1", "paid_on": "2023-02-01"}, "C", "请填事项编号"),
        ({"entry": "大病补充住院赔付", "of": "P1", "claim": "B9", "paid_on": "2023-02-01"}, "C", "没有事项“B9”"),
        ({"entry": "is_elder", "of": "P1", "from": "2023-02-01"}, "A", "不是待遇"),
    ],
)
def test_each_fault_is_named_by_row_and_column(row: dict[str, Any], column: str, said: str, world: World, tmp_path: Path) -> None:
    """It keeps its household out, whole; the other one may go in."""
    run = upload(world, ledger(tmp_path, HOMES, PEOPLE, OTHERS, [row, RECORD[3]]))

    assert faults(run) == {("领取记录", 3, column)}
    assert said in run.faults[0][3]
    assert run.faults[0][5] == "H1"
    assert (run.report["ready"], run.report["faulty"]) == (1, 1)
    assert not Household.objects.exists()


@pytest.mark.parametrize(("of", "said"), [("H9", "户或人员编号“H9”在主表里没有"), (None, "请填写是哪一户或哪一人的")])
def test_a_row_of_nobody_stops_the_whole_ledger(of: str | None, said: str, world: World, tmp_path: Path) -> None:
    """As on the other sheets: whose it was cannot be guessed."""
    run = upload(world, ledger(tmp_path, HOMES, PEOPLE, OTHERS, [{**RECORD[0], "of": of}]))

    assert (run.status, faults(run)) == ("refused", {("领取记录", 3, "B")})
    assert said in run.faults[0][3]


def test_the_same_again_changes_nothing_and_an_end_is_added(world: World, tmp_path: Path) -> None:
    """A later ledger that says until when brings that alone; a row left out stays, two alike stay two."""
    twice = [*RECORD, {**RECORD[1]}]
    taken_in(world, tmp_path, twice)
    before = (Item.objects.count(), Observation.objects.count())
    again = upload(world, ledger(tmp_path, HOMES, PEOPLE, OTHERS, twice))
    assert (again.report["same"], again.report["ready"]) == (2, 0)

    run = taken_in(world, tmp_path, [{**RECORD[0], "until": "2023-08-31"}, RECORD[1], RECORD[3]], day=DAY + dt.timedelta(days=30))
    assert (run.outcome["changed"], run.outcome["same"]) == (1, 1)
    assert (Item.objects.count(), Observation.objects.count()) == (before[0], before[1] + 1)
    assert Observation.objects.latest("pk").fact == "until"


def test_what_was_entered_by_hand_is_not_doubled(world: World, tmp_path: Path) -> None:
    """The same help since the same day is one row, whoever entered it first; what an officer took back stays so, and that is told."""
    take_in(world, ledger(tmp_path, HOMES, PEOPLE, OTHERS))
    first, _ = homes()
    origin = Provenance(Source.VERIFIED, "核实", DAY)
    with acting_as(actor_of(world.users["worker"])):
        kept = add_to_record(first, None, Held("dibao_household", since=SINCE), origin)
        wrong = add_to_record(first, Person.objects.get(name="欧阳夏"), Held("tekun_living", paid_on=dt.date(2023, 8, 15)), origin)
        withdraw_item(Household.objects.get(pk=first.pk), wrong, "录错了")
    run = taken_in(world, tmp_path, RECORD[:2])

    assert set(Item.objects.filter(entity="record").values_list("pk", flat=True)) == {kept.pk, wrong.pk}
    assert record_of(first) == [RecordRow("dibao_household", f"H{first.pk}", since=SINCE)]
    assert [note for _, note in run.outcome["notes"]] == ["领取记录里有一行已在户页面撤销，没有再记"]


def test_what_goes_out_comes_in_again(world: World, tmp_path: Path) -> None:
    """Exported and imported: the same record, no row twice, and who has none still has none."""
    taken_in(world, tmp_path, RECORD)
    first, second = homes()
    before = (record_of(first), Item.objects.count(), Observation.objects.count())
    client = world.client("street")
    answer = client.post("/desk/register/export/", {"area": world.areas["杨园街道"].pk, "reason": "核对"})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content))["领取记录"]
    rows = [[cell.value for cell in row[:8]] for row in sheet.iter_rows(min_row=3)]
    ids = {p.name: f"P{p.pk}" for p in Person.objects.all()}

    assert rows == [
        ["最低生活保障家庭", first.number, None, "2023-01-01", None, None, None, None],
        ["特困人员基本生活费", ids["欧阳夏"], None, None, None, "2023-08-15", 1300.5, None],
        ["大病补充住院赔付", ids["欧阳春"], "B1", None, None, "2023-08-20", 2000, 1],
        ["无", second.number, None, None, None, None, None, None],
    ]
    run = take_in(world, answer.content)
    assert (run.outcome["refused"], run.outcome["new"]) == ([], 0)
    assert (record_of(first), Item.objects.count(), Observation.objects.count()) == before
    assert record_of(second) == []
    assert StatedCollection.objects.filter(collection="record").count() == 2


def test_none_of_several_goes_out_as_none_and_comes_in_again(world: World, tmp_path: Path) -> None:
    """An answer that nothing of a list applies is no blank, which would be unknown and stop the ledger."""
    taken_in(world, tmp_path, RECORD)
    person = Person.objects.get(name="欧阳夏")
    with acting_as(actor_of(world.users["street"])):
        state_facts(homes()[0], [Statement("honour", [], person)], Provenance(Source.VERIFIED, true_on=DAY))
    client = world.client("street")
    answer = client.post("/desk/register/export/", {"area": world.areas["杨园街道"].pk, "reason": "核对"})
    run = take_in(world, answer.content)
    assert (run.outcome["refused"], run.outcome["new"]) == ([], 0)
    assert CurrentFacts.objects.get(person=person, item=None).facts["honour"] == []


def test_another_street_does_not_see_it_in_its_export(world: World, tmp_path: Path) -> None:
    """The record goes through the same door as the household."""
    taken_in(world, tmp_path, RECORD)
    answer = world.client("foreign").post("/desk/register/export/", {"area": world.areas["红花岗区"].pk, "reason": "核对"})
    assert answer.status_code == 422
