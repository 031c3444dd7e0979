"""What happened to a household, in plain sentences: changes of its make-up, and what staff did."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _, ngettext

from bangfu.rules.pack.model import Pack
from bangfu.server.areas.scope import Scope
from bangfu.server.audit.labels import label_of
from bangfu.server.audit.models import Entry
from bangfu.server.audit.selectors import Sought, actor_names, entries
from bangfu.server.calendar.clock import HERE
from bangfu.server.desk.words import entity_text, fact_label, joined, relation_text
from bangfu.server.registry.enums import EventKind, Source
from bangfu.server.registry.models import Event, Household
from bangfu.server.registry.selectors import timeline

MOST, NAMED = 40, 6
TOLD_BY_EVENTS = ("household.opened", "household.moved", "household.split", "household.merged", "household.closed", "household.related",
                  "person.joined", "person.left", "person.died")  # fmt: skip
"""Acts of which an event of the register says more."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One line: the day it counts from, who did it, what."""

    on: dt.date
    who: str
    text: str
    reason: str
    at: dt.datetime


def happenings(scope: Scope, household: Household, pack: Pack) -> list[Happening]:
    """Return what happened to a household, newest first; two queries and one for names."""
    events = list(timeline(household)[:MOST])
    acts = list(entries(scope, Sought(households=[household.pk])).exclude(action__in=TOLD_BY_EVENTS)[:MOST])
    names = actor_names({event.actor_id for event in events})
    found = [Happening(e.on, names.get(e.actor_id, ""), _event(e, pack), str(e.details.get("reason", "")), e.at) for e in events]
    found += [Happening(act.at.astimezone(HERE).date(), act.actor_name, _act(act, pack), act.reason, act.at) for act in acts]
    return sorted(found, key=lambda one: (one.on, one.at), reverse=True)[:MOST]


def _event(event: Event, pack: Pack) -> str:
    name = "" if event.person is None else event.person.name
    other = "" if event.other is None else event.other.number
    said: dict[str, str] = {
        EventKind.OPENED: _("建档"),
        EventKind.JOINED: _("%(name)s 加入本户") % {"name": name},
        EventKind.LEFT: _("%(name)s 离开本户") % {"name": name},
        EventKind.SPLIT: _("分户，另一户 %(other)s") % {"other": other},
        EventKind.MERGED: _("并户，另一户 %(other)s") % {"other": other},
        EventKind.MOVED: _("从“%(before)s”迁到“%(now)s”") % {"before": event.details.get("from_address", ""), "now": event.details.get("to_address", "")},
        EventKind.RELATED: _("%(name)s 与户主的关系改为“%(relation)s”") % {"name": name, "relation": relation_text(pack, str(event.details.get("relation", "")))},
        EventKind.DIED: _("%(name)s 死亡") % {"name": name},
        EventKind.CLOSED: _("注销"),
    }
    return said[event.kind]


def _act(act: Entry, pack: Pack) -> str:
    say = _SAYINGS.get(act.action)
    return say(act.details, pack) if say is not None else label_of(act.action)


def _stated(details: dict[str, Any], pack: Pack) -> str:
    order = {name: place for place, name in enumerate(pack.vocabulary.facts)}
    names = sorted(details.get("facts", []), key=lambda name: order.get(name, len(order)))
    shown = joined(fact_label(pack, name) for name in names[:NAMED]) + (" …" if len(names) > NAMED else "")
    source = Source(details["source"]).label if details.get("source") in Source.values else ""
    said = ngettext("记录了 %(number)d 项情况（%(source)s）：%(facts)s", "记录了 %(number)d 项情况（%(source)s）：%(facts)s", len(names))
    return said % {"number": len(names), "source": source, "facts": shown}


def _item(details: dict[str, Any], pack: Pack) -> str:
    return _("添加了“%(what)s”") % {"what": entity_text(pack, str(details.get("entity", "")))}


def _withdrawn(details: dict[str, Any], pack: Pack) -> str:
    return _("撤销了“%(what)s”") % {"what": entity_text(pack, str(details.get("entity", "")))}


def _listed(details: dict[str, Any], pack: Pack) -> str:
    kinds = {entity.collection: entity.id for entity in pack.vocabulary.entities.values()}
    return _("说明这些已列全：%(what)s") % {"what": joined(entity_text(pack, kinds.get(name, name)) for name in details.get("collections", []))}


def _made_up(details: dict[str, Any], pack: Pack) -> str:
    return _("放入演示用的虚构资料：%(people)d 人，%(facts)d 项情况") % {"people": details.get("people", 0), "facts": details.get("facts", 0)}


_SAYINGS: dict[str, Callable[[dict[str, Any], Pack], str]] = {"facts.stated": _stated, "item.added": _item, "item.withdrawn": _withdrawn, "collections.stated": _listed, "household.made_up": _made_up}
