"""The interview asks what settles most, never twice, and takes answers back."""

from __future__ import annotations

import datetime as dt

from bangfu.rules.household import read_given
from bangfu.rules.household_out import household_text
from bangfu.rules.interview import Interview, Question, blank
from bangfu.rules.yaml_source import read_yaml
from tests.rules.engines import engine

ON = dt.date(2024, 6, 30)


def truth(interview: Interview, question: Question) -> object:
    """Return a plain answer: no to every yes/no, the first code but one for oneself, small numbers, an adult's dates."""
    if question.kind == "choose":
        return {part for part in question.parts if truth(interview, part) is True}
    if question.kind == "each":
        return {part: truth(interview, part) for part in question.parts}
    if question.kind != "fact":
        return False
    fact = interview.engine.pack.vocabulary.facts[question.name]
    if fact.type == "yes_no":
        return False
    if fact.type == "code":
        return next(code for code in interview.engine.pack.vocabulary.codes[fact.codes or ""].codes if code != "self")
    return {"date": dt.date(1980, 1, 1), "codes": frozenset()}.get(fact.type, fact.low)


def test_no_question_is_asked_twice_and_the_end_is_reached() -> None:
    """The interview ends, and no answer is asked for again."""
    interview = Interview(engine("honghuagang"), ON, blank(1))
    asked: list[Question] = []
    for _ in range(150):
        question = interview.next_question()
        if question is None:
            break
        asked.append(question)
        interview.answer(question, truth(interview, question))

    assert interview.next_question() is None
    assert len(asked) == len(set(asked)) > 3


def test_declining_everything_also_ends() -> None:
    """What a person does not know is not asked again."""
    interview = Interview(engine("county"), ON, blank(1))
    for _ in range(300):
        question = interview.next_question()
        if question is None:
            break
        interview.answer(question, None)

    assert interview.next_question() is None


def test_a_gate_is_asked_before_what_hangs_on_it() -> None:
    """The level of a disability is not asked before whether there is one."""
    interview = Interview(engine("wuchang"), dt.date(2023, 6, 30), blank(1))
    facts = interview.engine.pack.vocabulary.facts
    for _ in range(40):
        question = interview.next_question()
        if question is None:
            break
        for part in question.parts or (question,):
            if part.kind == "fact" and facts[part.name].gate:
                row = next(r for r in interview.given.rows if r.id == part.row and r.entity == part.entity)
                assert row.facts.get(facts[part.name].gate or "") is True
        interview.answer(question, truth(interview, question))


def test_back_takes_the_last_answer_away() -> None:
    """After going back the same question comes again."""
    interview = Interview(engine("county"), ON, blank(2))
    first = interview.next_question()
    assert first is not None
    interview.answer(first, truth(interview, first))

    assert interview.back() == first
    assert interview.next_question() == first
    assert interview.back() is None


def test_answers_can_be_saved_and_gone_on_with() -> None:
    """The file written is a household file that states the same."""
    interview = Interview(engine("county"), ON, blank(2, ["甲", "乙"]))
    for _ in range(6):
        question = interview.next_question()
        assert question is not None
        interview.answer(question, truth(interview, question))

    text = household_text(interview.engine.pack, interview.given, "county", ON)
    again = read_given(interview.engine.pack, read_yaml(text, "f", []))

    assert [(r.entity, r.id, r.facts, r.stated, r.name) for r in again.rows if r.entity != "place"] == [
        (r.entity, r.id, r.facts, r.stated, r.name) for r in interview.given.rows if r.entity != "place"
    ]
    assert again.collections == interview.given.collections


def until(interview: Interview, wanted: str) -> Question:
    """Answer on until a question of that kind comes."""
    for _ in range(60):
        question = interview.next_question()
        assert question is not None
        if question.kind == wanted:
            return question
        interview.answer(question, truth(interview, question))
    raise AssertionError(f"no question of kind {wanted}")


def test_the_same_of_several_people_is_one_question_and_one_may_be_left_open() -> None:
    """Each has a value of their own; who is left out has declined and is not asked again."""
    interview = Interview(engine("county"), ON, blank(3))
    question = until(interview, "each")
    first, second, *_ = question.parts
    interview.answer(question, {first: truth(interview, first)})

    rows = {r.id: r.facts for r in interview.given.of_entity("person")}
    assert first.name == second.name
    assert first.name in rows[first.row]
    assert first.name not in rows[second.row]
    assert second in interview.declined
    assert interview.back() == question
    assert first.name not in {r.id: r.facts for r in interview.given.of_entity("person")}[first.row]
    assert second not in interview.declined


def test_no_decision_yet_refuses_nobody_whose_conditions_an_office_has_still_to_look_at() -> None:
    """The poorest household that knows of no decision on dibao is not told that it gets none.

    Every fact that the family can state is stated (no income at all, nothing received before), the finding on property is the office's.
    """
    interview = Interview(engine("wuchang"), dt.date(2023, 6, 30), blank(1))
    for _ in range(80):
        question = interview.next_question()
        if question is None:
            break
        interview.answer(question, truth(interview, question))

    interview.answer(Question("record", "record", "place", "place"), False)
    interview.answer(Question("recognition", "dibao_household", "household", "household"), False)
    answers = {s.entry.id: s for s in interview.outlook().standings}
    assert answers["dibao_household"].computed == "unknown"
    assert answers["dibao_household"].needs == {"accepted_deductions", "property_within_rule"}
    assert answers["dibao_payment"].computed == "unknown"


def test_no_decision_is_a_no_where_only_a_decision_could_say_yes() -> None:
    """Nothing is written about who is a low-income family here: not named, not one."""
    interview = Interview(engine("wuchang"), dt.date(2023, 6, 30), blank(1))
    assert not interview.engine.pack.entries["low_income_family"].when
    interview.answer(Question("recognition", "low_income_family", "household", "household"), False)

    assert interview.given.of_entity("household")[0].stated == {"low_income_family": False}
