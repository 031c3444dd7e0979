"""Pages of the self-check by topic: what is ticked says whose it is, and one recognition has one name."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from bangfu.rules.assess import Answer
from bangfu.rules.interview import Question
from bangfu.server.portal.asking import form_of, said_text
from bangfu.server.portal.places import engine_at
from bangfu.server.portal.result import Teller
from bangfu.server.selfcheck.sitting import Sitting, as_data, from_data
from tests.server.portal.conftest import PLACE, mark

CHECK = f"/p/{PLACE}/check"
UNLIKELY = tuple(Question("fact", name, "person", row) for row in ("P1", "P2") for name in ("in_school", "wants_work"))
PAGE = Question("choose", "in_school", "person", "", UNLIKELY)


def test_a_page_of_unlikely_things_asks_each_question_with_the_names_below() -> None:
    """Two people: each question is a heading with both names; one person: each thing is a choice of its own."""
    two, one = Sitting(PLACE, ["外婆", "外公"]), Sitting(PLACE, [""])
    engine = engine_at(PLACE)
    with translation.override("zh-hans"):
        form = form_of(engine, two, PAGE)
        alone = form_of(engine, one, Question("choose", "in_school", "person", "", UNLIKELY[:2]))

    assert form.heading == "下面这些比较少见，有符合的吗？"
    assert [(o.group, o.text) for o in form.fields[0].options][:2] == [("现在上学吗？（幼儿园到大学都算）", "外婆"), ("现在上学吗？（幼儿园到大学都算）", "外公")]
    assert [o.text for o in alone.fields[0].options] == ["在校", "有就业愿望", "以上都没有"]


@pytest.mark.parametrize(("lang", "said"), [("zh-hans", "外公：有就业愿望"), ("en", "外公: Wishes to work")])
def test_what_was_ticked_is_said_back_with_its_name(lang: str, said: str) -> None:
    """The list of answers tells who it was and what; and it survives being carried by the browser."""
    sitting = Sitting(PLACE, ["外婆", "外公"], [(PAGE, {UNLIKELY[3]})])
    engine = engine_at(PLACE)
    again = from_data(as_data(sitting), engine.pack)

    with translation.override(lang):
        assert said_text(engine, again, *again.answers[0]) == [said]


def test_nobody_but_the_first_is_the_applicant(begun: Client) -> None:
    """The second question asks who the others are, and oneself is not among the choices."""
    page = begun.get(f"{CHECK}/1/")
    begun.post(f"{CHECK}/1/", {"mark": mark(page), "f0y": "1949", "f0m": "3", "f0d": "8", "f1y": "1951", "f1m": "1", "f1d": "2"})
    shown = begun.get(f"{CHECK}/2/").content.decode()

    assert 'value="spouse"' in shown
    assert 'value="self"' not in shown


def test_every_question_names_its_topic_and_leads_to_the_result_so_far(begun: Client) -> None:
    """The person sees what is asked about, and can stop at the first question as at any other."""
    shown = begun.get(f"{CHECK}/1/").content.decode()

    assert re.search(r"<strong>家里的人</strong> · 第 1 题", shown)
    assert f'href="{CHECK}/result/"' in shown


def recognised(entry: str) -> Answer:
    """Return the answer that a household of Bengbu meets a recognition."""
    from bangfu.rules.assess import assess
    from bangfu.rules.household import read_given, to_marked

    engine = engine_at("bengbu")
    given = read_given(engine.pack, to_marked({"household": {entry: True, "residence": "urban"}, "members": [{"id": "P1", "relation": "self"}], "record": []}, "made up"))
    found = assess(engine, given, dt.date(2024, 6, 30), basis="recorded")
    return next(answer for answer in found.answers if answer.entry == entry)


def teller() -> Teller:
    """Return the teller of a sitting in Bengbu."""
    interview: Any = None
    return Teller(engine_at("bengbu"), Sitting("bengbu", [""]), interview)


def test_a_recognition_and_its_local_name_stand_once() -> None:
    """The national name stands, and says how the local document calls it; alone, the local one says what it is."""
    national, local = recognised("dibao_household"), recognised("urban_dibao")
    pack = engine_at("bengbu").pack

    with translation.override("zh-hans"):
        made = teller()
        assert made.under_one_name([national, local]) == [national]
        assert made.under_one_name([local]) == [local]
        assert "当地文件里叫“城区最低生活保障对象”" in made.plainly(pack.entries["dibao_household"])
        assert made.plainly(pack.entries["urban_dibao"]) == "就是“最低生活保障家庭”在当地文件里的叫法"


@pytest.mark.parametrize("place", ["wuchang", "jiaxing", "bengbu", "county", "honghuagang"])
def test_recognitions_of_much_the_same_name_say_what_they_are(place: str) -> None:
    """Those on dibao, near dibao or tekun that can be worked out are explained, or are but another's local name."""
    alike = [e for e in engine_at(place).pack.entries.values() if e.kind == "recognition" and e.when and re.search("低保|最低生活|特困|低收入|刚性支出|支出型", e.label.zh)]

    assert len(alike) >= 5
    assert [e.id for e in alike if e.plainly is None and e.local_name_of is None] == []
