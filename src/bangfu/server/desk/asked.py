"""Which facts a form asks: the core of the household, of a member, all of an item, or what settles most next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.utils.translation import gettext as _

from bangfu.rules.engine import Engine
from bangfu.rules.interview import Interview, Question
from bangfu.rules.pack.model import Pack
from bangfu.rules.vocabulary import Fact
from bangfu.server.assessment.engines import engine_for
from bangfu.server.assessment.reading import given_of
from bangfu.server.desk.fact_fields import FactField, field_of
from bangfu.server.desk.fact_form import Asked
from bangfu.server.desk.words import item_text
from bangfu.server.registry.models import Household, Item, Person
from bangfu.server.registry.selectors import items_of, members_of

HOUSEHOLD, NEXT = "H", "next"
QUESTIONS_MOST = 12
OWN = ("birth_date", "relation", "full_name", "id_card")
"""Kept with the person, changed on their own pages."""


def asked_of(household: Household, key: str, known: dict[str, set[str]], today: dt.date) -> Asked | None:
    """Return what a form of a household asks; None where the key is of nobody there.

    Args:
        household: The household.
        key: ``H``, ``P12``, ``I5`` or ``next``.
        known: The facts that the register has, by key.
        today: The day the rules are asked for.
    """
    engine = engine_for(household.area_code, today)
    about: dict[str, Person | Item | None] = {HOUSEHOLD: None}
    about |= {f"P{m.person.pk}": m.person for m in members_of(household)}
    about |= {f"I{item.pk}": item for item in items_of(household)}
    if key == NEXT:
        return _next(engine, household, about, today)
    if key not in about:
        return None
    subject = about[key]
    entity = "household" if subject is None else subject.entity if isinstance(subject, Item) else "person"
    return Asked(list(_sections(engine.pack, key, entity, known.get(key, set()))), {key: subject})


def _sections(pack: Pack, key: str, entity: str, known: set[str]) -> Iterator[tuple[str, list[FactField]]]:
    facts = [f for f in pack.vocabulary.facts_of(entity) if f.id not in OWN and f.kind != "text" and f.given_by in ("person", "officer", "decision")]
    core = [f for f in facts if f.core or (entity not in ("household", "person"))]
    more = [f for f in facts if f not in core and f.id in known]
    yield _("基本情况"), [field_of(pack, key, f.id) for f in with_gates(core, pack)]
    held = {f.id for f in with_gates(core, pack)}
    yield _("还登记了"), [field_of(pack, key, f.id) for f in with_gates(more, pack) if f.id not in held]
    yield _("认定"), [field_of(pack, key, e.id) for e in pack.entries.values() if e.kind == "recognition" and e.per == entity and ("ask" in e.raw or e.id in known)]


def with_gates(facts: list[Fact], pack: Pack) -> list[Fact]:
    """Return facts with the gates before them, each once."""
    found: dict[str, Fact] = {}
    for fact in facts:
        chain = [fact]
        while chain[0].gate:
            chain.insert(0, pack.vocabulary.facts[chain[0].gate])
        found.update((f.id, f) for f in chain)
    return list(found.values())


def _next(engine: Engine, household: Household, about: dict[str, Person | Item | None], today: dt.date) -> Asked:
    """Return the questions that settle most, grouped by whom they are about."""
    by_subject: dict[str, list[FactField]] = {}
    for question in questions(engine, household, today):
        key = HOUSEHOLD if question.entity == "household" else question.row
        if key in about:
            by_subject.setdefault(key, []).append(field_of(engine.pack, key, question.name))
    titles = {key: _title(engine.pack, subject) for key, subject in about.items()}
    return Asked([(titles[key], fields) for key, fields in by_subject.items()], {key: about[key] for key in by_subject})


def _title(pack: Pack, subject: Person | Item | None) -> str:
    if subject is None:
        return _("全户")
    return subject.name if isinstance(subject, Person) else item_text(pack, subject, {}, {})


def questions(engine: Engine, household: Household, today: dt.date) -> list[Question]:
    """Return the single questions that would settle most, in order: facts and recognitions only."""
    interview = Interview(engine, today, given_of(household, engine))
    found, asked = interview.outlook(), []
    for _number in range(QUESTIONS_MOST):
        question = interview.next_question(found)
        if question is None:
            break
        parts = question.parts or (question,)
        asked += [part for part in parts if part.kind in ("fact", "recognition")]
        interview.declined.update(parts)
        found = found.without(interview.declined)
    return asked
