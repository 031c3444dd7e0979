"""An ordinary page reads the account once and writes nothing; the list of sessions stays true within minutes."""

from __future__ import annotations

import datetime as dt

import pytest
from allauth.usersessions.models import UserSession
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bangfu.server.accounts.seen import EVERY
from bangfu.server.calendar import clock
from tests.server.conftest import World

PAGE = "/desk/admin/jobs/"
READS = ("SELECT", "SAVEPOINT", "RELEASE")


def queries(client: Client, **headers: str) -> list[str]:
    """Return what one call of a page asks the database."""
    with CaptureQueriesContext(connection) as caught:
        assert client.get(PAGE, headers=headers).status_code == 200
    return [query["sql"] for query in caught.captured_queries]


def writes(said: list[str]) -> list[str]:
    """Return the queries that write."""
    return [sql for sql in said if not sql.startswith(READS)]


def of(said: list[str], table: str) -> int:
    """Return how many queries read a table by itself."""
    return sum(1 for sql in said if sql.startswith("SELECT") and f'FROM "{table}"' in sql)


@pytest.fixture
def client(world: World) -> Client:
    """Return the browser of somebody whose session was seen a moment ago."""
    made = world.client("district_officer")
    queries(made)
    return made


def test_an_ordinary_page_reads_the_account_once_and_writes_nothing(client: Client) -> None:
    """Neither the session nor the list of sessions is written anew for each request."""
    said = queries(client)
    assert (of(said, "accounts_user"), of(said, "django_session"), of(said, "usersessions_usersession")) == (1, 1, 1)
    assert writes(said) == []


def test_after_some_minutes_it_is_seen_again(client: Client) -> None:
    """One write, and still one read of the account."""
    before = clock.moment() - EVERY
    UserSession.objects.update(last_seen_at=before)
    said = queries(client)
    assert (len(writes(said)), of(said, "accounts_user")) == (1, 1)
    assert UserSession.objects.get().last_seen_at > before + dt.timedelta(minutes=1)


def test_another_browser_or_a_lost_row_is_written_at_once(client: Client) -> None:
    """What an administrator reads before ending a session is from where it is used now."""
    queries(client, **{"User-Agent": "another browser"})
    assert UserSession.objects.get().user_agent == "another browser"
    UserSession.objects.all().delete()
    queries(client)
    assert UserSession.objects.count() == 1


def test_the_session_ends_as_before(client: Client) -> None:
    """Being seen does not lengthen it, and one that was ended is over at the next page."""
    expires = client.session.get_expiry_date()
    UserSession.objects.update(last_seen_at=clock.moment() - EVERY)
    queries(client)
    assert client.session.get_expiry_date() - expires < dt.timedelta(minutes=1)
    UserSession.objects.get().end()
    assert client.get(PAGE).status_code == 302
