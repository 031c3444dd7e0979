"""What every page shows: the business date, the language, large type, what the signed-in person may open."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from bangfu.server.accounts.permissions import PERMISSIONS
from bangfu.server.accounts.selectors import roles_on
from bangfu.server.calendar import clock


def page(request: HttpRequest) -> dict[str, Any]:
    """Return the variables of the frame around every page."""
    today = clock.today()
    user = getattr(request, "user", None)
    roles = getattr(request, "roles", None)  # the guard of the page has read them, unless none let it in
    if roles is None:
        roles = roles_on(user, today) if user is not None and user.is_authenticated else set()
    return {
        "business_date": today,
        "demonstration": clock.is_demonstration(),
        "large_type": request.COOKIES.get("large") == "1",
        "may": {name for name, allowed in PERMISSIONS.items() if roles & allowed},
        "roles": sorted(roles),
    }
