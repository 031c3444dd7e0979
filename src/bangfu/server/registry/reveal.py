"""The whole ID number of somebody, for a reason that stays in the audit."""

from __future__ import annotations

from bangfu.server.audit.actions import record
from bangfu.server.registry.identity import reveal_id_number
from bangfu.server.registry.models import Household, Person


def reveal(household: Household, person: Person, reason: str) -> str:
    """Return the ID number of a member; the audit says who asked, whose it was and why. Empty if none is kept.

    Raises:
        NoActorError: Nobody acts.
    """
    record("id.revealed", of=person, household_id=household.pk, area_code=household.area_code, reason=reason)
    return reveal_id_number(person)
