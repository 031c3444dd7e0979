"""Pages of errors are of the house: plain words, a way back, and what was typed is not lost."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.server.portal.conftest import PLACE


@pytest.fixture
def strict(db: None) -> Client:
    """Return a browser whose forms are checked like everybody's."""
    return Client(enforce_csrf_checks=True)


def test_an_old_form_is_offered_again(strict: Client) -> None:
    """From this very site: what was typed stands in the page, without the old token; sent again it is taken."""
    address = f"/p/{PLACE}/check/people/"
    page = strict.post(address, {"name": ["欧阳<奶奶>"], "was": ["-1"], "csrfmiddlewaretoken": "old"}, headers={"origin": "http://testserver"})
    text = page.content.decode()
    assert page.status_code == 403
    assert 'value="欧阳&lt;奶奶&gt;"' in text
    assert 'value="old"' not in text
    token = text.split('name="csrfmiddlewaretoken" value="')[-1].split('"')[0]
    again = strict.post(address, {"name": ["欧阳"], "was": ["-1"], "csrfmiddlewaretoken": token}, headers={"origin": "http://testserver"})
    assert again.status_code == 302


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
def test_another_sites_form_is_not_offered(origin: str, strict: Client) -> None:
    """Not one field of it."""
    headers = {"origin": origin} if origin else {}
    page = strict.post(f"/p/{PLACE}/check/people/", {"name": ["坏人"]}, headers=headers)
    assert page.status_code == 403
    assert "坏人" not in page.content.decode()
    assert "<form method=\"post\" action=\"/p/" not in page.content.decode()


def test_a_secret_is_never_written_back(strict: Client) -> None:
    """Passwords and codes are typed again."""
    page = strict.post("/accounts/login/", {"login": "wangfang", "password": "geheim-2026"}, headers={"origin": "http://testserver"})
    assert page.status_code == 403
    assert "geheim" not in page.content.decode()
    assert "wangfang" not in page.content.decode()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_error_has_a_page(language: str, visitor: Client) -> None:
    """404 by walking; 403, 400 and 500 by their templates."""
    from django.template.loader import render_to_string
    from django.test import RequestFactory

    visitor.cookies["django_language"] = language
    page = visitor.get("/nothing/")
    assert page.status_code == 404
    assert ("没有这一页" in page.content.decode()) == (language == "zh-hans")
    request = RequestFactory().get("/")
    for name in ("400.html", "403.html"):
        assert "<h1>" in render_to_string(name, request=request)
    assert "Something went wrong" in render_to_string("500.html")


def test_a_get_changes_nothing(visitor: Client) -> None:
    """Clear, keep and open act on a POST alone."""
    visitor.post(f"/p/{PLACE}/check/people/", {"name": [""], "was": ["-1"], "go": "1"})
    before = visitor.cookies["check"].value
    for page in ("keep/?last_four=1234", "open/?kept_code=1&delete=1", "people/?add=1", "answers/", "result/"):
        visitor.get(f"/p/{PLACE}/check/{page}")
    assert visitor.cookies["check"].value == before
    assert visitor.get("/large-type/").status_code == 405
