"""What the log of observations says now: the strongest source in force, then the newest; differing ones are conflicts."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from bangfu.server.registry.enums import Source
from bangfu.server.registry.models import CurrentFacts, Household, Observation

STRENGTH = {source: place for place, source in enumerate(Source.values)}
Subject = tuple[int | None, int | None]
"""Person and item that statements are about; (None, None) is the household."""


def facts_now(statements: Iterable[Observation], today: dt.date) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the facts of one subject and the conflicts among its sources.

    A statement without value takes back its own source's and weaker ones' statements. One whose validity has ended
    does not count.
    """
    latest: dict[str, dict[str, Observation]] = defaultdict(dict)
    for said in statements:
        held = latest[said.fact]
        if said.value is None:
            for source in [s for s in held if STRENGTH[s] <= STRENGTH[said.source]]:
                del held[source]
        else:
            held[said.source] = said
    facts: dict[str, Any] = {}
    conflicts: list[dict[str, Any]] = []
    for fact, held in latest.items():
        valid = [o for o in held.values() if o.valid_until is None or o.valid_until >= today]
        if not valid:
            continue
        best = max(valid, key=lambda o: STRENGTH[o.source])
        facts[fact] = best.value
        others = [{"source": o.source, "value": o.value} for o in valid if o.value != best.value]
        if others:
            conflicts.append({"fact": fact, "source": best.source, "value": best.value, "others": others})
    return facts, conflicts


def worked_out(household: Household, today: dt.date) -> dict[Subject, tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Return what the whole log of a household says now, by subject."""
    said: dict[Subject, list[Observation]] = defaultdict(list)
    for observation in Observation.objects.filter(household=household).order_by("pk"):
        person = None if observation.item_id else observation.person_id
        said[person, observation.item_id].append(observation)
    return {subject: facts_now(rows, today) for subject, rows in said.items()}


def refresh(household: Household, today: dt.date, only: set[Subject] | None = None) -> None:
    """Write ``CurrentFacts`` anew from the log, for all subjects or some, in the caller's transaction."""
    for (person, item), (facts, conflicts) in worked_out(household, today).items():
        if only is not None and (person, item) not in only:
            continue
        key: dict[str, Any] = {"household": household, "person_id": person, "item_id": item}
        CurrentFacts.objects.update_or_create(**key, defaults={"facts": facts, "conflicts": conflicts})


def differences(household: Household, today: dt.date) -> list[str]:
    """Return where the table differs from the log, for the nightly comparison."""
    kept = {(c.person_id, c.item_id): (c.facts, c.conflicts) for c in CurrentFacts.objects.filter(household=household)}
    wanted = worked_out(household, today)
    return [f"{household.number} {subject}" for subject in sorted(set(kept) | set(wanted), key=str) if kept.get(subject) != wanted.get(subject)]
