"""An intake form over facts: made from the vocabulary, merged with what others changed meanwhile, saved as statements.

Three states meet: what the form was opened on (``base``), what was typed, and what the register says now. Only what
somebody changed is stated, so that another's change of another fact is never overwritten; where both changed one fact,
nothing is saved until the person has seen both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from bangfu.rules.errors import HouseholdError
from bangfu.rules.pack.model import Pack
from bangfu.server.assessment.engines import engine_for
from bangfu.server.assessment.reading import given_of
from bangfu.server.audit.selectors import actor_names
from bangfu.server.desk.fact_fields import FactField, flat, nested, read_typed, shown
from bangfu.server.desk.words import joined, value_text
from bangfu.server.portal.words import language
from bangfu.server.registry import current
from bangfu.server.registry.actions import Provenance, StaleError, Statement, state_facts
from bangfu.server.registry.current import Subject, facts_now
from bangfu.server.registry.models import Household, Item, Observation, Person


@dataclass(slots=True)
class Section:
    """Fields under one heading."""

    title: str
    fields: list[FactField]


@dataclass(slots=True)
class Asked:
    """Which facts a form asks, of whom: subject key → person or item; None is the household."""

    sections: list[tuple[str, list[FactField]]]
    about: dict[str, Person | Item | None]


@dataclass(slots=True)
class Outcome:
    """What became of a posted form."""

    saved: int = 0
    outweighed: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


class ClashError(Exception):
    """Somebody else changed the same facts; nothing was saved, and the fields say how."""


class FaultyError(Exception):
    """Something typed cannot be kept; the fields or ``faults`` say what."""


class FactForm:
    """One form of one household."""

    def __init__(self, household: Household, asked: Asked, today: dt.date) -> None:
        self.household, self.about, self.today = household, asked.about, today
        self.pack: Pack = engine_for(household.area_code, today).pack
        self.log = current.log_of(household)
        self.seen = max((o.pk for rows in self.log.values() for o in rows), default=0)
        self.sections = [Section(title, nested(fields)) for title, fields in asked.sections if fields]
        self.faults: list[str] = []
        self.now = {key: self._facts(key, self.seen) for key in self.about}
        for one in self.fields:
            one.typed = shown(one, self.now[one.subject].get(one.name))

    @property
    def fields(self) -> list[FactField]:
        """Return every field in the order of the page."""
        return [one for section in self.sections for one in flat(section.fields)]

    @property
    def errors(self) -> list[FactField]:
        """Return the fields with a fault."""
        return [one for one in self.fields if one.error]

    @property
    def clashes(self) -> list[FactField]:
        """Return the fields that somebody else changed too."""
        return [one for one in self.fields if one.other]

    def subject(self, key: str) -> Subject:
        """Return the subject of a key."""
        about = self.about[key]
        if isinstance(about, Item):
            return None, about.pk
        return (None if about is None else about.pk), None

    def _facts(self, key: str, seen: int) -> dict[str, Any]:
        rows = [o for o in self.log.get(self.subject(key), []) if o.pk <= seen]
        return facts_now(rows, self.today)[0]

    # -- reading -------------------------------------------------------------------------------------------------
    def fill(self, posted: QueryDict) -> dict[str, Any]:
        """Put what was typed into the fields; return the values by field."""
        found = {one.id: read_typed(self.pack, one, posted) for one in self.fields}
        for one in self.fields:
            gate = found.get(f"{one.subject}.{one.gate}") if one.gate else None
            if gate is False and found[one.id] not in (None, False, 0) and not one.error:
                label = self.pack.vocabulary.facts[one.gate].label.text(language())
                one.error = _("“%(gate)s”填了“否”，这一项请清空，或者把前面改回来。") % {"gate": label}
        return found

    def save(self, posted: QueryDict, origin: Provenance, seen: int) -> Outcome:
        """Save what the person changed since they opened the form.

        Raises:
            ClashError: Somebody else changed the same facts; nothing was saved.
            FaultyError: Something typed cannot be kept; nothing was saved.
        """
        typed, mine, others = self.compare(posted, seen)
        if mine:
            self._state([Statement(one.name, typed[one.id], *self._of(one.subject)) for one in mine], origin)
        return Outcome(len(mine), self._outweighed(mine, typed), [one.label for one in others])

    def compare(self, posted: QueryDict, seen: int) -> tuple[dict[str, Any], list[FactField], list[FactField]]:
        """Hold what was typed against what the form was opened on and what is there now; nothing is written.

        Return the values by field, the fields to state, and those that others changed and the person did not.

        Raises:
            ClashError: Somebody else changed the same facts.
            FaultyError: Something typed cannot be kept.
        """
        typed = self.fill(posted)
        if self.errors:
            raise FaultyError
        base = {key: self._facts(key, seen) for key in self.about}
        changed = [one for one in self.fields if typed[one.id] != base[one.subject].get(one.name)]
        moved = [one for one in self.fields if self.now[one.subject].get(one.name) != base[one.subject].get(one.name)]
        mine = [one for one in changed if typed[one.id] != self.now[one.subject].get(one.name)]
        self._note_others(moved)
        if any(one in moved for one in mine):
            raise ClashError
        for one in moved:
            one.other = ""
        return typed, mine, [one for one in moved if one not in changed]

    def _of(self, key: str) -> tuple[Person | None, Item | None]:
        about = self.about[key]
        return (None, about) if isinstance(about, Item) else (about, None)

    def _state(self, statements: list[Statement], origin: Provenance) -> None:
        try:
            with transaction.atomic():
                state_facts(self.household, statements, origin, version=self.household.version)
                given_of(self.household, engine_for(self.household.area_code, self.today))
        except StaleError:
            raise ClashError from None
        except HouseholdError as error:
            lang = "zh" if language() == "zh" else "en"
            self.faults = [fault.zh if lang == "zh" else fault.en for fault in error.faults]
            raise FaultyError from None

    def _note_others(self, moved: Iterable[FactField]) -> None:
        """Write beside each field what somebody else made of it, and who."""
        last = {(key, o.fact): o for key in self.about for o in self.log.get(self.subject(key), [])}
        names = actor_names({o.actor_id for o in last.values()})
        for one in moved:
            said: Observation | None = last.get((one.subject, one.name))
            who = names.get(said.actor_id, "") if said is not None else ""
            value = value_text(self.pack, one.name, self.now[one.subject].get(one.name))
            one.other = _("%(who)s 改成了“%(value)s”") % {"who": who, "value": value}

    def _outweighed(self, mine: list[FactField], typed: dict[str, Any]) -> list[str]:
        """Return the labels of what was stated and does not count, since a stronger source says otherwise."""
        if not mine:
            return []
        log = current.log_of(self.household)
        facts = {key: facts_now(log.get(self.subject(key), []), self.today)[0] for key in self.about}
        return [one.label for one in mine if facts[one.subject].get(one.name) != typed[one.id]]


def sentences(outcome: Outcome) -> Iterator[str]:
    """Yield what to tell the person about a saved form."""
    yield _("已保存 %(number)d 项。") % {"number": outcome.saved} if outcome.saved else _("没有改动，什么也没有保存。")
    if outcome.others:
        yield _("您填写期间别人改了：%(labels)s。都保留着。") % {"labels": joined(outcome.others)}
    if outcome.outweighed:
        yield _("这些与更可靠的来源不同，先记为“来源不一致”，暂不采用：%(labels)s。") % {"labels": joined(outcome.outweighed)}
