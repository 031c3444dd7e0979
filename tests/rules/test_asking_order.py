"""The self-check asks like a sensible social worker: who there is first, topic by topic, what is unlikely late and together.

What is expected here follows from who the family is, not from what the program did: an old woman is not asked about
school as if she were a pupil, parents are not asked whether they are orphans, the income is asked in one go.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from bangfu.rules.household import GivenRow
from bangfu.rules.interview import Interview, Question, blank
from tests.rules.engines import PLACES, engine

DAYS = {"wuchang": dt.date(2023, 6, 30)}
ON = dt.date(2024, 6, 30)
HERE = {"hukou_here": True, "resident_here": True, "hukou_in_city": True, "shares_living": True, "resident_insured": True, "self_care": "able"}
ASSURED = {"food_clothing_assured": True, "schooling_assured": True, "medical_care_assured": True, "safe_home_assured": True}


def person(year: int, **facts: Any) -> dict[str, Any]:
    """Return a member born in a year who lives and is registered here."""
    return {"birth_date": dt.date(year, 3, 1), **HERE, **facts}


OLD_WOMAN = [person(1945, sex="female", lives_alone=True, draws_pension=True, pension_income=18_000, has_illness=True, chronic_illness=True, has_supporter=True, hard_to_move=True)]
FAMILY = [
    person(1985, works=True, work_form="employed", wage_income=400_000, able_to_work=True), person(1986, relation="spouse", able_to_work=True, wants_work=True),
    person(2012, relation="child", in_school=True, school_stage="primary"), person(2008, relation="child", in_school=True, school_stage="senior", boards=True),
]  # fmt: skip
DISABLED = [person(1980, has_disability=True, disability_kind="physical", disability_level=2, self_care="partial"), person(1955, relation="parent", draws_pension=True, pension_income=200_000)]
CANCER = [person(1972, has_illness=True, is_ill_seriously=True, illness="cancer"), person(1974, relation="spouse", works=True, work_form="employed", wage_income=350_000, able_to_work=True)]
MIGRANT = [
    person(1990, works=True, work_form="flexible", wage_income=300_000, able_to_work=True, hukou_here=False, hukou_in_city=False, farm_migrant=True),
    person(2015, relation="child", in_school=True, school_stage="primary", hukou_here=False, hukou_in_city=False),
]
JOBLESS = [person(1988, able_to_work=True, wants_work=True, unemployment_registered=True, lost_job_unwillingly=True, employment_card_held=True)]
HOMES = {"old woman": OLD_WOMAN, "family": FAMILY, "disabled": DISABLED, "cancer": CANCER, "migrant": MIGRANT, "jobless": JOBLESS}
EVERYWHERE = pytest.mark.parametrize("place", PLACES)
EACH_HOME = pytest.mark.parametrize("home", list(HOMES))


def said(interview: Interview, people: list[dict[str, Any]], question: Question) -> Any:
    """Return what the family answers: what is written of it, else no, nothing, an ordinary urban home."""
    if question.kind == "choose":
        return {part for part in question.parts if said(interview, people, part) is True}
    if question.kind == "each":
        return {part: said(interview, people, part) for part in question.parts}
    fact = interview.engine.pack.vocabulary.facts.get(question.name) if question.kind == "fact" else None
    if fact is None:
        return False
    known = people[int(question.row[1:]) - 1] if question.entity == "person" else {"residence": "urban", **ASSURED}
    usual = {"yes_no": False, "number": 0, "codes": frozenset()}
    return known.get(question.name, usual.get(fact.kind if fact.type != "level" else fact.type))


def asked(place: str, people: list[dict[str, Any]]) -> Iterator[tuple[Interview, Question]]:
    """Yield the questions of a self-check to its end, each before it is answered."""
    interview = Interview(engine(place), DAYS.get(place, ON), blank(len(people)))
    while (question := interview.next_question()) is not None:
        yield interview, question
        interview.answer(question, said(interview, people, question))


def parts_of(question: Question) -> tuple[Question, ...]:
    """Return the single questions in one."""
    return question.parts or (question,)


def places_of(place: str, people: list[dict[str, Any]]) -> dict[str, int]:
    """Return for each fact, and for ``decisions``, at which place it was first asked."""
    found: dict[str, int] = {}
    for number, (_, question) in enumerate(asked(place, people)):
        for part in parts_of(question):
            found.setdefault("decisions" if part.kind == "recognition" else part.name, number)
    return found


@EVERYWHERE
@EACH_HOME
def test_who_lives_there_is_asked_first(place: str, home: str) -> None:
    """How old everybody is comes first, and with others in the home who they are: most other questions hang on that."""
    first, second = [question.name for _, question in asked(place, HOMES[home])][:2]

    assert first == "birth_date"
    assert len(HOMES[home]) == 1 or second == "relation"


@EVERYWHERE
def test_an_old_woman_alone_is_asked_what_concerns_her_first(place: str) -> None:
    """Health, decisions and disability come before school and looking for work; those she ticks on one page, if at all."""
    alone = [q.name for _, q in asked(place, OLD_WOMAN) if not q.parts]
    found = places_of(place, OLD_WOMAN)
    of_the_young = [found[name] for name in ("in_school", "wants_work", "unemployment_registered") if name in found]

    assert max(found[name] for name in ("birth_date", "decisions", "has_disability", "has_illness")) < min(of_the_young, default=99)
    assert not {"in_school", "school_stage", "wants_work", "new_to_work", "chose_orphan_care"} & set(alone)


@EVERYWHERE
@EACH_HOME
def test_nobody_grown_up_is_asked_whether_they_are_an_orphan(place: str, home: str) -> None:
    """No question about orphans and children in hardship names an adult."""
    people = HOMES[home]
    adults = {f"P{n}" for n, one in enumerate(people, start=1) if one["birth_date"].year < 2000}
    of_adults = [part for _, question in asked(place, people) for part in parts_of(question) if part.entity == "person" and part.row in adults]

    assert of_adults
    assert not [part for part in of_adults if part.name in ("orphan", "unsupported_child", "hardship_child", "chose_orphan_care", "cannot_attend_school")]


def test_pupils_are_asked_about_school_and_their_parents_only_on_the_page_of_unlikely_things() -> None:
    """The plain question about school names the two children alone."""
    questions = [q for _, q in asked("wuchang", FAMILY) if any(p.name == "in_school" for p in parts_of(q))]

    assert {p.row for p in questions[0].parts} == {"P3", "P4"}
    assert [q.is_mixed for q in questions] == [False, True]


@EVERYWHERE
@EACH_HOME
def test_the_income_is_asked_in_one_go(place: str, home: str) -> None:
    """Once the income is begun nothing else comes between its questions; whether somebody works is asked before what it pays."""
    topics = [topic.id if (topic := question.topic(interview.engine)) is not None else "" for interview, question in asked(place, HOMES[home])]
    first, last = topics.index("income"), len(topics) - topics[::-1].index("income")

    assert set(topics[first:last]) == {"income"}
    assert last - first > 2
    found = places_of(place, HOMES[home])
    assert found["works"] < found.get("wage_income", 99)


@EVERYWHERE
@EACH_HOME
def test_a_topic_is_come_back_to_for_details_alone(place: str, home: str) -> None:
    """What a topic declares as its first questions is asked in one run, but for what the page of unlikely things opened."""
    runs: list[str] = []
    for interview, question in asked(place, HOMES[home]):
        vocabulary = interview.engine.pack.vocabulary
        place_of = interview.order().place(*(getattr(parts_of(question)[0], key) for key in ("kind", "name", "entity", "row")))
        topic = question.topic(interview.engine)
        if place_of.stage == 0 and topic is not None and (not runs or runs[-1] != topic.id):
            runs.append(topic.id)
        assert topic is None or topic.id in vocabulary.topics.topics
    after = runs[runs.index("unlikely") + 1 :] if "unlikely" in runs else []
    before = runs[: len(runs) - len(after)]

    assert len(before) == len(set(before))
    assert [t for t in after if t in before and t != "unlikely"] in ([], ["work"])


@EVERYWHERE
@EACH_HOME
def test_nothing_is_stated_that_was_not_asked(place: str, home: str) -> None:
    """At the end the household states what was asked and nothing else: no answer is taken for granted."""
    were_asked = {("relation", "P1")}
    rows: list[GivenRow] = []
    for interview, question in asked(place, HOMES[home]):
        were_asked |= {(part.name, part.row) for part in parts_of(question)}
        rows = interview.given.rows

    stated = {(name, row.id) for row in rows for name in (*row.facts, *row.stated)}
    assert len(stated) > 10
    assert stated <= were_asked


def test_the_page_of_unlikely_things_opens_what_is_ticked() -> None:
    """A woman of 78 who does go to school is asked what school it is."""
    student = [OLD_WOMAN[0] | {"in_school": True, "school_stage": "university"}]
    names = [question.name for _, question in asked("wuchang", student)]

    assert "school_stage" in names
    assert "school_stage" not in [question.name for _, question in asked("wuchang", OLD_WOMAN)]


def test_what_is_not_known_of_somebody_makes_nothing_unlikely() -> None:
    """Who does not give the date of birth is asked about school plainly."""
    unknown = [{key: value for key, value in OLD_WOMAN[0].items() if key != "birth_date"}]
    plain = [question.name for _, question in asked("wuchang", unknown) if not question.parts]

    assert "in_school" in plain
    assert "in_school" not in [question.name for _, question in asked("wuchang", OLD_WOMAN) if not question.parts]


@EVERYWHERE
def test_only_somebody_with_a_card_or_in_old_age_is_asked_about_moving_about_first(place: str) -> None:
    """Whether an adult in good health needs a wheelchair does not come before the work and the income of the family."""
    found = places_of(place, FAMILY)
    late = [found[name] for name in ("needs_device", "frail", "hard_to_move", "self_care", "in_care_home") if name in found]

    assert found["wage_income"] < min(late, default=99)


def test_the_details_of_a_topic_are_ticked_on_one_page_with_its_name() -> None:
    """The questions about a disability that are yes or no come as one, and say what they are about in both languages."""
    pages = [(i, q) for i, q in asked("wuchang", DISABLED) if q.is_mixed and {"needs_device", "lower_limb_disability"} <= {p.name for p in q.parts}]
    (interview, page), *others = pages

    assert others == []
    assert page.text(interview.engine, "zh") == "残疾：下面哪些符合？"
    assert page.text(interview.engine, "en") == "Disability: which of these apply?"


@EACH_HOME
def test_a_self_check_is_no_longer_than_an_afternoon(home: str) -> None:
    """Forty pages at most settle all that can be settled in Wuchang, where there is most to ask."""
    assert len(list(asked("wuchang", HOMES[home]))) <= 40
