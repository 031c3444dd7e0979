"""Writes of the audit: an entry beside each act, and a line for each look at a household."""

from __future__ import annotations

from typing import Any

from bangfu.server.audit.acting import acting_as, actor_of, current_actor
from bangfu.server.audit.models import Entry, Reading
from bangfu.server.calendar import clock


def record(
    action: str, *, of: Any, household_id: int | None = None, area_code: int | None = None, reason: str = "",
    details: dict[str, Any] | None = None,
) -> Entry:  # fmt: skip
    """Write one entry in the transaction of the act it tells; ``of`` is the row that was acted on.

    Raises:
        NoActorError: Nobody acts.
    """
    actor = current_actor()
    return Entry.objects.create(
        at=clock.now(), actor_id=actor.pk, actor_name=actor.name, action=action, object_type=of._meta.label_lower,
        object_id=str(of.pk), household_id=household_id, area_code=area_code, reason=reason, details=details or {},
    )  # fmt: skip


def record_reading(user: Any, page: str, *, household_id: int | None = None, rows: int = 1, area_code: int | None = None) -> None:
    """Write that somebody looked at data of households; the one write that a GET makes."""
    actor = actor_of(user)
    with acting_as(actor):
        Reading.objects.create(at=clock.now(), actor_id=actor.pk, page=page, household_id=household_id, rows=rows, area_code=area_code)
