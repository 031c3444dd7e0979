"""Which values stand: signed, not withdrawn by a signed withdrawal; and which wait for their second person."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from bangfu.server.areas.models import Area
from bangfu.server.areas.scope import Scope
from bangfu.server.assessment.models import PolicyValue


def standing_values(district: Area) -> QuerySet[PolicyValue]:
    """Return the values that count in a district, oldest first: signed, and not taken back by a signed withdrawal."""
    withdrawn = PolicyValue.objects.filter(withdraws=OuterRef("pk"), signature__signed=True)
    signed = PolicyValue.objects.filter(district=district, signature__signed=True, withdraws=None)
    return signed.filter(~Exists(withdrawn)).order_by("pk")


def districts_over(scope: Scope) -> QuerySet[Area]:
    """Return the districts that somebody's areas lie in: what holds there holds for them."""
    found = Q(pk__in=[])
    for low, high in scope.ranges:
        found |= Q(low__lte=high, high__gte=low)
    return Area.objects.filter(found, level="district").order_by("low")


def values_over(scope: Scope) -> QuerySet[PolicyValue]:
    """Return the values of the districts that somebody's areas lie in, newest first."""
    return PolicyValue.objects.filter(district__in=districts_over(scope)).select_related("district", "signature", "withdraws", "scan").order_by("-pk")
