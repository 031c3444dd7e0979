"""What a step costs: showing a question works nothing out, an answer one run of the rules, also after questions on decisions."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from bangfu.rules.engine import Engine
from bangfu.rules.interview import Question
from bangfu.server.portal.asking import form_of
from bangfu.server.portal.places import engine_at
from bangfu.server.portal.words import everyday_unit
from bangfu.server.selfcheck.sitting import Sitting, as_data, from_data
from tests.server.portal.conftest import PLACE, mark

CHECK = f"/p/{PLACE}/check"
DAY = dt.date(2023, 9, 15)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows by one with each run of the rules."""
    found: list[str] = []
    run = Engine.run

    def counted(engine: Engine, *args: Any, **options: Any) -> Any:
        found.append(engine.pack.place)
        return run(engine, *args, **options)

    monkeypatch.setattr(Engine, "run", counted)
    return found


def decisions(sitting: Sitting) -> int:
    """Return how many of the answers are on decisions."""
    return sum(q.parts[0].kind == "recognition" if q.parts else q.kind == "recognition" for q, _ in sitting.answers)


def test_a_step_is_one_run_of_the_rules(begun: Client, runs: list[str]) -> None:
    """To the end of the self-check, a list of decisions among the questions."""
    address, kinds = f"{CHECK}/1/", []
    for _ in range(60):
        runs.clear()
        page = begun.get(address)
        if address.endswith("/result/"):
            break
        assert runs == []
        kinds.append(page.context["form"].question.parts[0].kind if page.context["form"].question.parts else "")
        said: dict[str, Any] = {"mark": mark(page)}
        fields = page.context["form"].fields
        said |= {"f0": "none"} if fields[0].kind == "checks" else {"unsure": "1"}
        address = begun.post(address, said)["Location"]
        assert runs == [PLACE]
    assert "recognition" in kinds[:-1]


def begin() -> tuple[Engine, Sitting]:
    """Return a sitting of two in which the first question on decisions was answered with none."""
    engine = engine_at(PLACE)
    sitting = Sitting(PLACE, ["", ""])
    sitting.look_ahead(sitting.interview(engine, DAY))
    while not decisions(sitting):
        assert sitting.pending is not None
        nobody = sitting.pending.kind == "choose"
        sitting.put(sitting.pending, set() if nobody else None)
        sitting.look_ahead(sitting.interview(engine, DAY))
    return engine, sitting


def anew(engine: Engine, sitting: Sitting) -> tuple[set[Question], list[Any]]:
    """Return what an interview without any memory says of the same answers: what counts as declined, and the rows."""
    bare = Sitting(sitting.place, sitting.names, list(sitting.answers)).interview(engine, DAY)
    return bare.declined, bare.given.rows


def test_what_stood_open_is_remembered_with_the_answers(runs: list[str]) -> None:
    """Going through them again, also from the cookie's data, works nothing out and says the same as without memory."""
    engine, sitting = begin()
    again = from_data(as_data(sitting), engine.pack)
    runs.clear()
    made = again.interview(engine, DAY)
    assert runs == []
    assert any(q.kind == "recognition" for q in made.declined)
    assert (made.declined, made.given.rows) == anew(engine, sitting)


def test_an_earlier_answer_changed_asks_the_rules_anew() -> None:
    """What stood open may have closed: the memory of it is gone with the answer it rested on."""
    engine, sitting = begin()
    place = next(q for q, _ in sitting.answers)
    sitting.put(place, {part: dt.date(2020, 1, 1) for part in place.parts} if place.kind == "each" else None)
    asked = next(q for q, _ in sitting.answers if (q.parts or (q,))[0].kind == "recognition")
    assert asked not in sitting.open
    made = sitting.interview(engine, DAY)
    assert (made.declined, made.given.rows) == anew(engine, sitting)


def test_another_policy_or_day_asks_the_rules_anew(runs: list[str]) -> None:
    """The memory holds for the pack and the day it was made under."""
    engine, sitting = begin()
    data = as_data(sitting)
    assert from_data({**data, "b": f"00000000 {DAY}"}, engine.pack).open == {}
    later = from_data(data, engine.pack)
    runs.clear()
    later.interview(engine, DAY + dt.timedelta(days=1))
    assert len(runs) == 1


def test_nobody_is_asked_for_a_decision_that_the_facts_have_settled() -> None:
    """A grandmother is no orphan: only her grandchild is asked about."""
    engine = engine_at(PLACE)
    sitting = Sitting(PLACE, ["", ""])
    sitting.look_ahead(sitting.interview(engine, DAY))
    assert sitting.pending is not None
    born = {"P1": dt.date(1949, 3, 8), "P2": dt.date(2015, 6, 1)}
    while (sitting.pending.parts or (sitting.pending,))[0].kind != "recognition":
        known = {part: born[part.row] for part in sitting.pending.parts} if sitting.pending.name == "birth_date" else None
        sitting.put(sitting.pending, known)
        sitting.look_ahead(sitting.interview(engine, DAY))
        assert sitting.pending is not None
    asked = {(part.name, part.row) for part in sitting.pending.parts}
    assert ("orphan", "P2") in asked
    assert ("orphan", "P1") not in asked


def test_decisions_stand_under_their_name() -> None:
    """Those of the whole family first, then each decision with the people it may be about."""
    engine, people = engine_at(PLACE), ["", "老伴"]
    parts = [Question("recognition", "orphan", "person", "P2"), Question("recognition", "tekun_person", "person", "P1"),
             Question("recognition", "tekun_person", "person", "P2"), Question("recognition", "dibao_household", "household", "household")]  # fmt: skip
    with translation.override("zh-hans"):  # other tests leave their language behind
        form = form_of(engine, Sitting(PLACE, people), Question("choose", "orphan", "person", "", tuple(parts)), {parts[2]})
    shown = [(o.group, o.text, o.value, o.chosen) for o in form.fields[0].options]
    assert shown == [
        ("全家", "最低生活保障家庭", "3", False), ("孤儿", "老伴", "0", False), ("特困人员", "本人", "1", False), ("特困人员", "老伴", "2", True), ("", "以上都没有", "none", False),
    ]  # fmt: skip


@pytest.mark.parametrize(("unit", "shown"), [("元/户·月", "元/月"), ("元/人·年", "元/年"), ("月/人", "个月"), ("元", "元"), ("平方米/户", "平方米")])
def test_a_unit_is_written_as_one_fills_it_in(unit: str, shown: str) -> None:
    """Whose it is, the question has said."""
    assert everyday_unit(unit) == shown


def test_people_refused_for_the_same_reason_stand_together(begun: Client) -> None:
    """One line for both."""
    page = begun.post(f"{CHECK}/1/", {"mark": mark(begun.get(f"{CHECK}/1/")), "f0y": "1949", "f0m": "3", "f0d": "8", "f1y": "1949", "f1m": "3", "f1d": "8"})
    assert page.status_code == 302
    groups = begun.get(f"{CHECK}/result/not/").context["groups"]
    assert any(card.who == "本人、老伴" for group in groups for card in group)


def test_what_is_missing_says_whose(begun: Client) -> None:
    """Two people wait for their own decision: two links, two names."""
    result = begun.get(f"{CHECK}/result/").context["result"]
    words = {need.text for card in result.open for need in card.needs}
    assert {"出生日期（本人）", "出生日期（老伴）"} <= words


@pytest.mark.django_db
def test_a_switch_of_the_packs_is_a_yes_or_no(visitor: Client) -> None:
    """And its mark is not shown."""
    values = visitor.get(f"/p/{PLACE}/help/dibao_payment/").context["measure"].values
    shown = {value.label: value.lines for value in values}
    assert shown["家庭成员按试行办法认定"] == ("不是",)
