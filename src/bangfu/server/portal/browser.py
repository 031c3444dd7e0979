"""The sitting in the visitor's browser: sealed cookies of one place, gone when the browser closes, cleared by a button."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from bangfu.rules.engine import Engine
from bangfu.server.selfcheck.sealed import opened, sealed_text
from bangfu.server.selfcheck.sitting import Sitting

COOKIES = ("check", "check2")
MOST_SIGNS = 3600
"""Signs in one cookie; browsers keep 4,096 bytes with name and attributes, web servers 8,190 in all."""
PLACE = "place"
A_YEAR = 365 * 24 * 3600


class TooLongError(Exception):
    """The answers do not fit into what a browser carries."""


def sitting_of(request: HttpRequest, place: str, engine: Engine) -> Sitting | None:
    """Return the visitor's sitting for a place, or None."""
    text = "".join(request.COOKIES.get(name, "") for name in COOKIES)
    return opened(text, place, engine.pack) if text else None


def put(response: HttpResponse, sitting: Sitting) -> None:
    """Give the browser the sitting to carry.

    Raises:
        TooLongError: It is too long.
    """
    text = sealed_text(sitting)
    parts = [text[:MOST_SIGNS], text[MOST_SIGNS:]]
    if len(parts[1]) > MOST_SIGNS:
        raise TooLongError
    for name, part in zip(COOKIES, parts, strict=True):
        if part:
            response.set_cookie(name, part, path=_path(sitting.place), samesite="Lax", secure=settings.SESSION_COOKIE_SECURE, httponly=True)
        else:
            response.delete_cookie(name, path=_path(sitting.place), samesite="Lax")


def clear(response: HttpResponse, place: str) -> None:
    """Take the sitting out of the browser."""
    for name in COOKIES:
        response.delete_cookie(name, path=_path(place), samesite="Lax")


def remember_place(response: HttpResponse, place: str) -> None:
    """Remember which place was chosen; nothing else is in that cookie."""
    response.set_cookie(PLACE, place, max_age=A_YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE, httponly=True)


def _path(place: str) -> str:
    return f"/p/{place}/"
