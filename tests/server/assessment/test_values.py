"""A value is entered by one, signed by another who saw what it does, and counts from its day by itself."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from bangfu.rules.pack.load import load_pack
from bangfu.rules.policies_folder import policies_folder
from bangfu.server.accounts.enums import Role
from bangfu.server.accounts.models import User
from bangfu.server.accounts.selectors import scope_for
from bangfu.server.areas.scope import Scope
from bangfu.server.assessment import values, whatif
from bangfu.server.assessment.actions import assess_household
from bangfu.server.assessment.engines import engine_at_place
from bangfu.server.assessment.live import assess_now
from bangfu.server.assessment.models import PolicyValue, Signature, WhatIfHousehold, WhatIfRun
from bangfu.server.assessment.overlays import overlay_of
from bangfu.server.assessment.replaying import replay
from bangfu.server.assessment.standing import districts_over, values_over
from bangfu.server.assessment.values import NewValue, ValueRefusedError
from bangfu.server.assessment.whatif import ask_for_changes, ask_for_value
from bangfu.server.audit.acting import acting_as, actor_of, system_actor
from bangfu.server.audit.models import Entry
from bangfu.server.calendar.published import set_business_date
from bangfu.server.jobs.models import Job, JobStatus
from bangfu.server.jobs.running import run as run_job
from tests.server.assessment.conftest import Family, make_family
from tests.server.conftest import World, make_user

DAY = dt.date(2024, 6, 30)
JULY, MAY = dt.date(2024, 7, 1), dt.date(2024, 5, 1)
PUBLISHED = "https://example.com/dibao-2024"


class Office:
    """The policy officers of 红花岗区 and a family of two with a wage of 1000 元 between them."""

    def __init__(self, world: World) -> None:
        self.world, self.district = world, world.areas["红花岗区"]
        with acting_as(system_actor("安装")):
            self.officer = make_user("hongpolicy", "示例政策", Role.POLICY_OFFICER, self.district)
            self.approver = make_user("hongapprover", "示例审批", Role.APPROVER, self.district)
            set_business_date(DAY)
        self.family = make_family(world, "杨柳社区", by="foreign", births=(dt.date(1980, 3, 1), dt.date(1982, 5, 1)))
        self.family.say(residence="urban", property_within_rule=True, members_away=False, has_rigid_spending=False, support_paid=0)
        self.family.say(0, works=True, wage_income=1000, work_costs=0, work_costs_proved=0, draws_pension=False, has_other_income=False)
        self.family.say(1, works=False, draws_pension=False, has_other_income=False, relation="spouse")

    def scope(self, user: User, action: str) -> Scope:
        """Return where somebody may do something."""
        return scope_for(user, action, DAY)

    def enter(self, since: dt.date = JULY, value: str = "{urban: 850, rural: 600}", address: str = "dibao_standard", kind: str = "value") -> PolicyValue:
        """Enter a value as the policy officer."""
        with acting_as(actor_of(self.officer)):
            return values.propose(self.scope(self.officer, "policy.propose"), self.district, NewValue(kind, address, value, since, "示例文〔2024〕1号", "虚构", PUBLISHED))

    def try_it(self, value: PolicyValue) -> WhatIfRun:
        """Let the worker carry the what-if of a value out."""
        with acting_as(actor_of(self.officer)):
            asked = ask_for_value(self.scope(self.officer, "policy.whatif"), value)
        run_job(asked.job_id or 0)
        done = WhatIfRun.objects.get(pk=asked.pk)
        assert done.finished_at is not None, Job.objects.get(pk=asked.job_id).reason
        return done

    def seen(self, value: PolicyValue) -> WhatIfRun:
        """Note a what-if as carried out, for tests that are not about it."""
        with acting_as(actor_of(self.officer)):
            return WhatIfRun.objects.create(district=self.district, value=value, day=value.since, asked_by=1, asked_at=values.clock.now(), data={"classes": {}}, finished_at=values.clock.now())

    def sign(self, value: PolicyValue, by: User | None = None, *, agreed: bool = True, reason: str = "", digest: str | None = None) -> Signature:
        """Sign a value as the approver."""
        by, seen = by or self.approver, values.seen_of(value)
        with acting_as(actor_of(by)):
            return values.sign(self.scope(by, "policy.sign"), value, agreed=agreed, reason=reason, digest=digest if digest is not None else values.digest_of(value, seen) if seen else "")

    def amount(self, day: dt.date) -> str | None:
        """Return what the family gets on a day."""
        found = next(a for a in assess_now(self.family.household, day, reasons=False).assessment.answers if a.entry == "dibao_payment")
        return None if found.amount is None or found.computed != "met" else found.amount.low


@pytest.fixture
def office(world: World) -> Office:
    """Return the office."""
    return Office(world)


def refused(act: Any) -> str:
    """Return why something was refused."""
    with pytest.raises(ValueRefusedError) as told:
        act()
    return "；".join(told.value.faults)


def test_a_standard_of_next_month_takes_effect_by_itself(office: Office) -> None:
    """Entered and signed today; today's answer stays 808 x 2 - 1000 = 616, on the first it is 850 x 2 - 1000 = 700."""
    value = office.enter()
    office.seen(value)
    assert (office.amount(DAY), office.amount(JULY)) == ("616", "616")
    office.sign(value)
    assert (office.amount(DAY), office.amount(JULY)) == ("616", "700")
    with acting_as(system_actor("演示")):
        set_business_date(JULY)
    assert (office.amount(DAY), office.amount(JULY)) == ("616", "700")
    assert Entry.objects.get(action="value.signed").details["set"] == "dibao_standard"


def test_residents_are_told_by_the_signed_value_too(office: Office) -> None:
    """The portal's measure shows the new standard from its day on, and the district's alone."""
    value = office.enter()
    office.seen(value)
    office.sign(value)
    shown = {p.since: p.value for p in engine_at_place("honghuagang", DAY).pack.parameters["dibao_standard"].versions}
    assert JULY in shown
    assert JULY not in {p.since for p in engine_at_place("wuchang", DAY).pack.parameters["dibao_standard"].versions}
    assert Client().get("/p/honghuagang/").status_code == 200


def test_nobody_signs_what_they_entered(office: Office) -> None:
    """The action says so, and the database refuses it whoever writes."""
    value = office.enter()
    office.seen(value)
    assert refused(lambda: office.sign(value, office.officer)) == "自己录入的取值要由另一个人签署"
    with pytest.raises(DatabaseError, match="nobody signs"), acting_as(actor_of(office.officer)), transaction.atomic():
        Signature.objects.create(value=value, signed=True, digest="0" * 64, actor_id=value.entered_by, at=values.clock.now())
    assert overlay_of(office.district, JULY) == ""


def test_what_was_not_seen_is_not_signed(office: Office) -> None:
    """No what-if, no signature; a newer what-if than the page showed is none either."""
    value = office.enter()
    assert refused(lambda: office.sign(value)) == "先做一次试算，看过影响再签署"
    seen = office.seen(value)
    shown = values.digest_of(value, seen)
    with acting_as(system_actor("任务")):
        WhatIfRun.objects.filter(pk=seen.pk).update(data={"classes": {"lose": 9}})
    assert refused(lambda: office.sign(value, digest=shown)).startswith("试算结果在您查看之后变了")


def test_a_value_is_decided_once(office: Office) -> None:
    """A refusal needs its reason and ends it; a second word is refused."""
    value = office.enter()
    office.seen(value)
    assert refused(lambda: office.sign(value, agreed=False)) == "不同意请写明理由"
    office.sign(value, agreed=False, reason="文号不对")
    assert refused(lambda: office.sign(value)) == "这个取值已经有人签署或退回"
    assert overlay_of(office.district, JULY) == ""


def test_nothing_signed_is_ever_changed(office: Office) -> None:
    """Values and signatures are append-only on both databases."""
    value = office.enter()
    office.seen(value)
    made = office.sign(value)
    for change in (lambda: PolicyValue.objects.filter(pk=value.pk).update(value="1"), lambda: Signature.objects.filter(pk=made.pk).delete()):
        with pytest.raises(DatabaseError, match="append-only"), acting_as(actor_of(office.approver)):
            change()


def test_a_withdrawal_needs_two_as_well(office: Office) -> None:
    """Signed, the value is gone as if it had never stood; a value that does not stand cannot be withdrawn."""
    value = office.enter()
    office.seen(value)
    scope = office.scope(office.officer, "policy.propose")
    with acting_as(actor_of(office.officer)):
        assert refused(lambda: values.withdraw(scope, value, "示例文〔2024〕2号", "虚构", published=PUBLISHED)) == "这个取值没有生效，不用撤回"
    office.sign(value)
    with acting_as(actor_of(office.officer)):
        back = values.withdraw(scope, value, "示例文〔2024〕2号", "虚构", published=PUBLISHED)
        assert values.withdraw(scope, value, "示例文〔2024〕2号", "虚构", published=PUBLISHED).pk == back.pk
    assert office.amount(JULY) == "700"
    office.seen(back)
    office.sign(back)
    assert office.amount(JULY) == "616"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"address": "dibao_standart"}, "没有可设置的“dibao_standart”；是不是 dibao_standard"),
        ({"value": "很多"}, "须按 residence 分列，写成 {urban: 1, rural: 2}"),
        ({"value": "{urban: 很多, rural: 600}"}, "很多"),
        ({"value": "{city: 850}"}, "city"),
        ({"value": "{urban: 850 公里, rural: 600}"}, "公里"),
        ({"since": dt.date(1900, 1, 1)}, "起始日期应在 1990 年到 2029 年之间"),
        ({"kind": "reading", "address": "single_amount", "value": "half"}, "读法“single_amount”可取"),
        ({"kind": "condition", "address": "spending_aid", "value": "no_such_fact > 3"}, "no_such_fact"),
        ({"value": "{urban: 850, rural: *x}"}, "须按 residence 分列"),
        ({"address": "条目" * 50}, "没有可设置的"),
    ],
)
def test_what_the_pack_does_not_take_is_refused_in_words(office: Office, given: dict[str, Any], said: str) -> None:
    """Before anything is stored, with what would be right."""
    assert said in refused(lambda: office.enter(**given))
    assert PolicyValue.objects.count() == 0


def test_a_double_click_enters_once(office: Office) -> None:
    """The same value while it waits is the one that is there."""
    assert office.enter().pk == office.enter().pk


def test_what_is_exported_is_the_overlay_that_answers(office: Office) -> None:
    """The text reads back as a pack with the same hash as the district's; a reading enters on its day, a condition with its day."""
    for given in ({}, {"kind": "reading", "address": "single_amount", "value": "full_standard"}, {"kind": "condition", "address": "spending_aid", "value": "residence in {'urban', 'rural'}"}):
        value = office.enter(**given)  # type: ignore[arg-type]
        office.seen(value)
        office.sign(value)
    before, after = (overlay_of(office.district, day) for day in (DAY, JULY))
    assert "readings" not in before
    pack = load_pack(policies_folder(), "honghuagang", [("overlay.yaml", after)])
    assert pack.reading_choice["single_amount"] == "full_standard"
    assert pack.content_hash == assess_now(office.family.household, JULY).assessment.pack_hash
    assert pack.entries["spending_aid"].conditions_added[0][1] == JULY


def test_an_answer_names_the_pack_with_what_was_signed(office: Office) -> None:
    """Stored with its overlay, it comes out again after the value was withdrawn."""
    value = office.enter()
    office.seen(value)
    office.sign(value)
    with acting_as(actor_of(office.world.users["foreign"])):
        stored = assess_household(office.family.household, JULY, "核对")
    with acting_as(actor_of(office.officer)):
        back = values.withdraw(office.scope(office.officer, "policy.propose"), value, "示例文〔2024〕2号", "虚构", published=PUBLISHED)
    office.seen(back)
    office.sign(back)
    assert replay(stored).proved
    assert any(a["amount"] == {"low": "700", "high": "700", "unit": "元/户·月"} for a in stored.data["answers"] if a["entry"] == "dibao_payment")


def test_another_district_neither_sets_nor_sees(office: Office) -> None:
    """A policy officer of 武昌区 is refused; staff below a district see its values, others none."""
    value = office.enter()
    office.seen(value)
    foreign = office.world.users["policy_officer"]
    with acting_as(actor_of(foreign)):
        assert "不在您管的辖区内" in refused(lambda: values.propose(office.scope(foreign, "policy.propose"), office.district, NewValue("value", "dibao_standard", "1", JULY, "x", "x")))
        assert "不在您管的辖区内" in refused(lambda: values.sign(office.scope(foreign, "policy.sign"), value, agreed=True, reason="", digest=""))
    assert list(values_over(office.scope(foreign, "policy.view"))) == []
    assert list(values_over(office.scope(office.officer, "policy.view"))) == [value]
    worker = office.world.users["worker"]
    assert [d.code for d in districts_over(office.scope(worker, "policy.view"))] == ["420106"]
    assert list(districts_over(Scope())) == []


def test_a_what_if_says_who_gains_and_what_is_owed(office: Office) -> None:
    """830 x 2 - 1000 = 660 from May on, 44 more a month; on record since 10 April: the firsts of May and June are owed, 88."""
    office.family.item("record", "R1", None, entry="dibao_payment", amount=616, **{"from": "2024-04-10"})
    office.family.item("record", "R2", None, entry="dibao_household", **{"from": "2024-04-10"})
    value = office.enter(since=MAY, value="{urban: 830, rural: 590}")
    done = office.try_it(value)
    assert done.data["classes"]["gain"] == 1
    row = WhatIfHousehold.objects.get(run=done)
    assert (row.household_id, row.area_code, row.kind) == (office.family.household.pk, 520302001001, "gain")
    assert (row.regular_fen, row.back_fen) == (44_00 * 12, 88_00)
    assert (done.data["back_fen"], done.data["back_households"]) == (88_00, 1)
    assert "808" in done.data["differences"][0]["before_zh"]
    office.sign(value)
    assert office.amount(DAY) == "660"


def test_a_change_only_tried_enters_nothing(office: Office) -> None:
    """``+100`` on the standard of today: 908 x 2 - 1000 = 816; what cannot be read or names files is refused before any job."""
    scope = office.scope(office.officer, "policy.whatif")
    with acting_as(actor_of(office.officer)):
        for text, said in (("policies", "看不懂改动"), ("/etc/passwd", "看不懂改动"), ("nothing=+1", "nothing"), ("dibao_standard=+0", ""), ("", "请写 1 到 10 处改动")):
            assert said in refused(lambda text=text: ask_for_changes(scope, office.district, [text], DAY))
        assert WhatIfRun.objects.count() == 0
        asked = ask_for_changes(scope, office.district, ["dibao_standard=+100"], DAY)
        assert ask_for_changes(scope, office.district, ["dibao_standard=+100"], DAY).pk == asked.pk
    run_job(asked.job_id or 0)
    assert WhatIfRun.objects.get().data["regular"]["after"] - WhatIfRun.objects.get().data["regular"]["before"] == (816 - 616) * 100 * 12
    assert PolicyValue.objects.count() == 0


def test_a_what_if_cut_off_goes_on(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped before its rows are written, it ends with them once."""
    from bangfu.server.jobs.actions import retry

    value = office.enter()
    real = whatif._finish
    monkeypatch.setattr(whatif, "_finish", lambda *given: 1 / 0)
    with acting_as(actor_of(office.officer)):
        asked = ask_for_value(office.scope(office.officer, "policy.whatif"), value)
        assert ask_for_value(office.scope(office.officer, "policy.whatif"), value).pk == asked.pk
    run_job(asked.job_id or 0)
    assert Job.objects.get(pk=asked.job_id).status == JobStatus.FAILED
    monkeypatch.setattr(whatif, "_finish", real)
    with acting_as(system_actor("任务")):
        retry(Job.objects.get(pk=asked.job_id), "再试")
    run_job(asked.job_id or 0)
    assert WhatIfRun.objects.get(pk=asked.pk).finished_at is not None
    assert WhatIfHousehold.objects.filter(run=asked).count() == 1


def test_the_family_is_the_worked_case(office: Office) -> None:
    """What the tests stand on: a family of the pack's own case."""
    assert isinstance(office.family, Family)
    assert office.amount(DAY) == "616"
