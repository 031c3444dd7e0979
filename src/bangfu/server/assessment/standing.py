"""Which values stand: signed, not withdrawn by a signed withdrawal."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from bangfu.server.areas.models import Area
from bangfu.server.assessment.models import PolicyValue


def standing_values(district: Area) -> QuerySet[PolicyValue]:
    """Return the values that count in a district, oldest first: signed, and not taken back by a signed withdrawal."""
    withdrawn = PolicyValue.objects.filter(withdraws=OuterRef("pk"), signature__signed=True)
    signed = PolicyValue.objects.filter(district=district, signature__signed=True, withdraws=None)
    return signed.filter(~Exists(withdrawn)).order_by("pk")
