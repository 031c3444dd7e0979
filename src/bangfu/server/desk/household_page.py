"""One household on one page: who, what is known and from where, where sources differ, what it is entitled to, what happened."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from bangfu.rules.errors import BangfuError
from bangfu.rules.pack.model import Pack
from bangfu.server.areas.scope import Scope
from bangfu.server.assessment.engines import engine_for
from bangfu.server.assessment.live import Answered, assess_now
from bangfu.server.desk.answers import Answers, answers_of
from bangfu.server.desk.timeline import Happening, happenings
from bangfu.server.desk.words import age_on, fact_label, item_text, relation_text, value_text
from bangfu.server.files.models import StoredFile
from bangfu.server.files.selectors import files_of
from bangfu.server.portal.words import language
from bangfu.server.registry.current import Subject
from bangfu.server.registry.enums import Source
from bangfu.server.registry.identity import masked
from bangfu.server.registry.models import Household, Person
from bangfu.server.registry.packs import papers_of
from bangfu.server.registry.roll import Roll, roll_of
from bangfu.server.registry.selectors import FactLine, MemberOn, facts_with_sources, members_among

HOUSEHOLD: Subject = (None, None)


@dataclass(frozen=True, slots=True)
class Line:
    """One fact in words with its source; ``others`` are (source, value, day) of what other sources say."""

    name: str
    label: str
    value: str
    source: str
    on: dt.date
    until: dt.date | None
    evidence: str
    core: bool
    others: tuple[tuple[str, str, dt.date], ...]


@dataclass(slots=True)
class Block:
    """What is known of one subject."""

    key: str
    title: str
    lines: list[Line]

    @property
    def number(self) -> int:
        """Return the primary key of the subject."""
        return int(self.key[1:])

    @property
    def conflicts(self) -> list[Line]:
        """Return the lines on which sources differ."""
        return [line for line in self.lines if line.others]


@dataclass(slots=True)
class Member:
    """Somebody of the household."""

    person: Person
    relation: str
    age: int | None
    masked: str
    since: dt.date
    head: bool


@dataclass(slots=True)
class HouseholdPage:
    """What the page shows. ``answers`` is None where ``faults`` say why the rules cannot read the household."""

    household: Household
    on: dt.date
    members: list[Member]
    blocks: list[Block]
    documents: list[tuple[StoredFile, str]]
    happened: list[Happening]
    answers: Answers | None = None
    faults: list[str] = field(default_factory=list)

    @property
    def conflicts(self) -> list[tuple[Block, Line]]:
        """Return every line on which sources differ, with the block it stands in."""
        return [(block, line) for block in self.blocks for line in block.conflicts]


def household_page(scope: Scope, household: Household, today: dt.date) -> HouseholdPage:
    """Return a household as the page shows it on a day; the number of queries is the same for every household."""
    roll = roll_of(household)
    found, faults = _answered(household, today, roll)
    pack = found.engine.pack if found is not None else engine_for(household.area_code, today).pack
    people = members_among(roll.now)
    names = {m.person.pk: m.person.name for m in people}
    blocks = blocks_of(household, pack, names, today, roll)
    page = HouseholdPage(
        household, today, [_member(m, pack, today) for m in people], blocks, _documents(scope, household, pack), happenings(scope, household, pack),
        faults=faults,
    )  # fmt: skip
    if found is not None:
        rows = {f"H{household.pk}": household.number, **{f"P{pk}": name for pk, name in names.items()}, **{block.key: block.title for block in blocks if block.key.startswith("I")}}
        page.answers = answers_of(found, rows)
    return page


def _documents(scope: Scope, household: Household, pack: Pack) -> list[tuple[StoredFile, str]]:
    """Return the documents, each with what kind of paper it is."""
    papers = papers_of(pack)
    return [(file, papers[file.word].text(language()) if file.word in papers else "") for file in files_of(scope, household.pk)]


def _answered(household: Household, today: dt.date, roll: Roll) -> tuple[Answered | None, list[str]]:
    try:
        return assess_now(household, today, basis="met", roll=roll), []
    except BangfuError as error:
        return None, error.text("zh" if language() == "zh" else "en").splitlines()


def _member(member: MemberOn, pack: Pack, today: dt.date) -> Member:
    person = member.person
    return Member(person, relation_text(pack, member.relation), age_on(person.birth_date, today), masked(person), member.since, member.relation == "self")


def blocks_of(household: Household, pack: Pack, names: dict[int, str], today: dt.date, roll: Roll | None = None) -> list[Block]:
    """Return what is known of the household, of each member, of each item."""
    roll = roll or roll_of(household)
    known = facts_with_sources(household, today, roll)
    order = {name: place for place, name in enumerate(pack.vocabulary.facts)}

    def block(key: str, title: str, subject: Subject) -> Block:
        lines = [_line(line, pack) for line in known.get(subject, [])]
        return Block(key, title, sorted(lines, key=lambda line: (not line.core, order.get(line.name, len(order)))))

    found = [block(f"H{household.pk}", "", HOUSEHOLD), *(block(f"P{pk}", name, (pk, None)) for pk, name in names.items())]
    for item in roll.standing:
        said = {line.fact: line.value for line in known.get((None, item.pk), [])}
        found.append(block(f"I{item.pk}", item_text(pack, item, said, names), (None, item.pk)))
    return found


def _line(line: FactLine, pack: Pack) -> Line:
    fact = pack.vocabulary.facts.get(line.fact)
    others = tuple((str(Source(o.source).label), _said(pack, o.fact, o.value), o.true_on) for o in line.others)
    return Line(
        line.fact, fact_label(pack, line.fact), _said(pack, line.fact, line.value), str(Source(line.source).label), line.true_on,
        line.valid_until, line.evidence, fact is not None and fact.core, others,
    )  # fmt: skip


def _said(pack: Pack, name: str, value: Any) -> str:
    if name == "entry":
        return fact_label(pack, str(value))
    return value_text(pack, name, value)

