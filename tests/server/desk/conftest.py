"""A family on the desk, a business date on which 武昌's document is in force, templates that refuse what they do not have."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from bangfu.server.audit.acting import acting_as, system_actor
from bangfu.server.calendar.published import set_business_date
from tests.server.assessment.conftest import DAY, Family, make_family
from tests.server.conftest import World
from tests.server.portal.conftest import catalogue, strict_templates

__all__ = ["catalogue", "strict_templates"]


@pytest.fixture
def today(world: World) -> dt.date:
    """Let the installation live on a day of 2023."""
    with acting_as(system_actor("演示")):
        set_business_date(DAY)
    return DAY


@pytest.fixture
def family(world: World, today: dt.date) -> Family:
    """Return a couple with a child in 柴东社区."""
    return make_family(world, births=(dt.date(1950, 3, 1), dt.date(1988, 5, 2), dt.date(2015, 6, 3)))


@pytest.fixture
def foreign(world: World, today: dt.date) -> Family:
    """Return a family of the other district."""
    return make_family(world, "杨柳社区", by="foreign")


def text(response: Any) -> str:
    """Return a page as text."""
    body: str = response.content.decode()
    return body


def came_back(client: Client, url: str, sent: dict[str, Any]) -> Any:
    """Post a form that is not taken; return the page it leads to, which Back and Reload may ask for as often as they like."""
    answer = client.post(url, sent)
    assert answer.status_code == 303
    shown = client.get(answer.headers["Location"])
    assert shown.status_code == 200
    return shown
