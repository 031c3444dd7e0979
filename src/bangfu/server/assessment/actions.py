"""Writes of assessments: what was answered is kept with all that it rests on."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from bangfu.rules.engine import Engine
from bangfu.server.assessment.live import assess_now
from bangfu.server.assessment.models import PackContent, StoredAssessment
from bangfu.server.audit.acting import current_actor
from bangfu.server.audit.actions import record
from bangfu.server.calendar import clock
from bangfu.server.registry.models import Household


def assess_household(household: Household, day: dt.date, reason: str = "") -> StoredAssessment:
    """Answer for a household on a day and keep it: result with reasons, facts, pack files, hashes, who and why.

    Raises:
        NoActorError: Nobody acts.
        HouseholdError: The register holds something that the vocabulary does not accept.
        PackError: A signed value does not fit the pack of this version.
    """
    actor, found = current_actor(), assess_now(household, day)
    answered = found.assessment
    keep_pack(found.engine)
    stored = StoredAssessment(
        household=household, on=day, basis=answered.basis, pack_hash=answered.pack_hash, facts_hash=answered.facts_hash,
        engine_version=answered.engine_version, semantics_version=answered.semantics_version, given=_nameless(found.content),
        reason=reason, actor_id=actor.pk, at=clock.now(),
    )  # fmt: skip
    stored.keep(answered.canonical_json())
    stored.save()
    record(
        "assessment.stored", of=stored, household_id=household.pk, area_code=household.area_code, reason=reason,
        details={"on": day.isoformat(), "pack": answered.pack_hash, "facts": answered.facts_hash, "result": stored.result_hash},
    )  # fmt: skip
    return stored


def keep_pack(engine: Engine) -> PackContent:
    """Keep the files of a pack, overlay included, under the pack's hash; once."""
    pack = engine.pack
    files = {name: content.decode("utf-8") for name, content in pack.files.items()}
    kept, _ = PackContent.objects.get_or_create(pack_hash=pack.content_hash, defaults={"place": pack.place, "files": files})
    return kept


def _nameless(content: dict[str, Any]) -> dict[str, Any]:
    """Return what was stated as JSON has it, without names: no rule reads them."""
    plain: dict[str, Any] = json.loads(json.dumps(content, default=str))
    for member in plain.get("members", ()):
        member.pop("name", None)
    return plain
