"""What a household is entitled to, now: from the register through the rules, nothing stored."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from bangfu.rules.assess import Assessment, assess
from bangfu.rules.engine import Engine
from bangfu.rules.household import Given, read_given
from bangfu.server.assessment.engines import engine_for
from bangfu.server.assessment.reading import content_of
from bangfu.server.registry.models import Household
from bangfu.server.registry.roll import Roll


@dataclass(frozen=True, slots=True)
class Answered:
    """A household's assessment with what it was made from: the engine, the stated facts as plain data, as the rules read them."""

    engine: Engine
    content: dict[str, Any]
    given: Given
    assessment: Assessment


def assess_now(household: Household, day: dt.date, *, basis: str | None = None, reasons: bool = True, roll: Roll | None = None) -> Answered:
    """Answer for a household on a day; ``basis`` as of ``assess``, ``roll`` as of ``content_of``.

    Raises:
        HouseholdError: The register holds something that the vocabulary does not accept; the message names each thing.
        PackError: A signed value does not fit the pack of this version.
    """
    engine = engine_for(household.area_code, day)
    content = content_of(household, engine, roll)
    given = read_given(engine.pack, content, household.number)
    return Answered(engine, content, given, assess(engine, given, day, basis=basis, reasons=reasons))
