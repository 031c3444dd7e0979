"""The scope proof: every address × every role × a foreign area. Nobody reads, counts or finds what lies in another place.

Two questions are asked of each page. Does it give an object of 红花岗 to staff of 武昌? And does it read the same before
and after 红花岗's objects are made? The second finds what a search for names cannot: counts, choices, page numbers.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from bangfu.server.accounts.enums import Role
from tests.server.conftest import World
from tests.server.scope_examples import EXAMPLES, NOISY, PUBLIC, QUERIES, Objects, objects_in
from tests.server.test_ground import OTHERS

REFUSED = (302, 401, 403, 404, 405, 410)
ANY_QUERY = (lambda o: {"q": o.mark}, lambda o: {"area": o.area.code}, lambda o: {"household": o.household.pk})
VOLATILE = re.compile(r'((?:csrfmiddlewaretoken|slip|mark)" value="|csrf-token" content="|X-CSRFToken": ?"|nonce[-=]"?)[\w+/=-]+|\b\d{1,2}:\d{2}(:\d{2})?\b')


def addresses(patterns: list[Any], space: str = "", arguments: frozenset[str] = frozenset()) -> Iterator[tuple[str, frozenset[str], Any]]:
    """Yield name with namespace, names of arguments, and view of each address that is ours."""
    for pattern in patterns:
        here = arguments | frozenset(pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, space + (f"{pattern.namespace}:" if pattern.namespace else ""), here)
        elif isinstance(pattern, URLPattern) and not getattr(pattern.callback, "__module__", "").startswith(OTHERS):
            yield space + (pattern.name or f"(no name) {pattern.pattern}"), here, pattern.callback


def walk() -> list[tuple[str, frozenset[str], str]]:
    """Return name, arguments and guard of every address of ours outside the login library."""
    found = []
    for name, arguments, view in addresses(get_resolver().url_patterns):
        if not name.startswith(("account_", "mfa_", "usersessions_")):
            found.append((name, arguments, getattr(view, "guard", ("", ""))[0]))
    return found


def without_example() -> list[str]:
    """Return the addresses with arguments that the tables do not name, and those without a name."""
    lacking = []
    for name, arguments, guard in walk():
        known = PUBLIC if guard == "public" else EXAMPLES
        if name.startswith("(") or (arguments and name not in known):
            lacking.append(name)
    return lacking


def body(response: HttpResponseBase) -> str:
    """Return what a response says, also from inside a workbook."""
    raw = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    if raw[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return "\n".join(archive.read(n).decode("utf-8", "replace") for n in archive.namelist() if n.endswith(".xml"))
    return raw.decode("utf-8", "replace")


def status(response: HttpResponseBase) -> int:
    """Return how a page answers; a file that it streams is read to its end, which closes it."""
    if response.streaming:
        body(response)
    return response.status_code


def texts(client: Client, target: Objects | None, own: Objects) -> dict[str, str]:
    """Return what each page without arguments says, by name and query."""
    found = {}
    for name, arguments, guard in walk():
        if guard != "staff" or arguments:
            continue
        of = target or own
        queries: list[dict[str, Any]] = [{}, *(q(of) for q in ANY_QUERY), *(q(of) for q in QUERIES.get(name, []))]
        for number, query in enumerate(queries):
            response = client.get(reverse(name), query)
            assert response.status_code < 500, (name, query)
            found[f"{name} {number}"] = VOLATILE.sub("…", body(response))
    return found


def leaks(client: Client, own: Objects, foreign: Objects) -> list[str]:
    """Return the addresses that give a foreign object away when asked for it."""
    found = []
    for name, arguments, guard in walk():
        if guard != "staff":
            continue
        if arguments:
            url = reverse(name, kwargs=EXAMPLES[name](foreign))
            for response in (client.get(url), client.post(url, {})):
                if response.status_code not in REFUSED or foreign.mark in body(response):
                    found.append(f"{name}: {response.status_code}")
        else:
            for query in ({}, *(q(foreign) for q in ANY_QUERY), *(q(foreign) for q in QUERIES.get(name, []))):
                said = body(client.get(reverse(name), query))
                if foreign.mark in _without_echo(said, foreign.mark):
                    found.append(f"{name} {query}")
    return found


def _without_echo(said: str, mark: str) -> str:
    """Return a page without the searched word where the page only repeats it: as typed, or in the language switch."""
    from urllib.parse import quote

    return said.replace(f'value="{mark}"', "").replace(f"“{mark}”", "").replace(quote(mark), "")


def sets_of_pages(world: World, role: str) -> tuple[list[str], list[str]]:
    """Return the leaks and the pages that changed when another place's objects were made, for somebody of a role."""
    own = objects_in(world, "柴东社区")
    client = world.client(role)
    before = texts(client, None, own)
    foreign = objects_in(world, "杨柳社区")
    after = texts(client, None, own)
    changed = [key for key in before if key.split()[0] not in NOISY and before[key] != after[key]]
    return leaks(client, own, foreign), changed


PEOPLE = ["worker", "street", *(role.value for role in Role)]


def test_every_address_with_arguments_has_an_example() -> None:
    """A new address fails here until somebody says which object it shows (tests/server/scope_examples.py)."""
    assert without_example() == []


def test_every_example_is_of_an_address() -> None:
    """An example of an address that is gone is removed."""
    names = {name for name, _, _ in walk()}
    assert sorted((set(EXAMPLES) | set(QUERIES) | set(PUBLIC) | NOISY) - names) == []


@pytest.mark.parametrize("role", PEOPLE)
def test_nobody_sees_another_place(role: str, world: World) -> None:
    """Staff of 武昌 ask for everything of 红花岗 by its address, by search and by list."""
    assert sets_of_pages(world, role) == ([], [])


def test_the_examples_open_for_somebody_at_home(world: World) -> None:
    """An example that leads nowhere would prove nothing: each opens its own place's object for one role at least."""
    own = objects_in(world, "柴东社区")
    clients = [world.client(role) for role in PEOPLE]
    shut = []
    for name, arguments, guard in walk():
        if guard != "staff" or not arguments:
            continue
        url = reverse(name, kwargs=EXAMPLES[name](own))
        if not any(status(c.get(url)) in (200, 302) or status(c.post(url, {})) in (200, 302, 303, 400, 422) for c in clients):
            shut.append(name)
    assert shut == []


def test_visitors_are_sent_to_the_login(world: World) -> None:
    """Without an account no page of the desk opens, whatever it is asked for."""
    own = objects_in(world, "柴东社区")
    client = world.client(None)
    for name, arguments, guard in walk():
        if guard == "staff":
            response = client.get(reverse(name, kwargs=EXAMPLES[name](own) if arguments else {}))
            assert response.status_code in (302, 401), name
            assert own.mark not in body(response)


@pytest.mark.urls("tests.server.leaky_urls")
def test_the_proof_finds_leaks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that shows any household, one that counts all, one whose search forgets the scope, one without example."""
    assert without_example() == ["leaky:any", "leaky:unnamed_kind"]
    monkeypatch.setitem(EXAMPLES, "leaky:any", lambda o: {"pk": o.household.pk})
    monkeypatch.setitem(EXAMPLES, "leaky:unnamed_kind", lambda o: {"pk": o.household.pk})
    found, changed = sets_of_pages(world, "district_officer")
    assert sorted({leak.split(":")[1].split()[0] for leak in found}) == ["any", "search", "unnamed_kind"]
    assert {key.split()[0] for key in changed} == {"leaky:count"}
