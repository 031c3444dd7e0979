"""A visitor on the portal: the English catalogue compiled, templates that refuse a variable they do not have."""

from __future__ import annotations

import re
import shutil
import subprocess
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

PORTAL = Path(__file__).resolve().parents[3] / "src/bangfu/server/portal"
CATALOGUE = PORTAL / "locale/en/LC_MESSAGES/django.po"
PLACE = "honghuagang"


class Refusing(str):
    """What stands for a variable that a template does not have: it raises."""

    def __contains__(self, part: object) -> bool:
        return part == "%s"

    def __mod__(self, name: object) -> str:
        raise AssertionError(f"the template has no variable {name}")


@pytest.fixture(scope="session", autouse=True)
def catalogue() -> None:
    """Compile the English catalogue where it is newer than what was compiled."""
    made = CATALOGUE.with_suffix(".mo")
    if made.is_file() and made.stat().st_mtime >= CATALOGUE.stat().st_mtime:
        return
    tool = shutil.which("msgfmt")
    if tool is None:
        pytest.skip("no compiled catalogue and no msgfmt: run make setup")
    subprocess.run([tool, "-o", str(made), str(CATALOGUE)], check=True)


@pytest.fixture(autouse=True)
def database(db: Any) -> None:
    """Let every test ask what the district of a place has signed."""


@pytest.fixture(autouse=True)
def strict_templates(settings: Any) -> None:
    """Let every page of these tests refuse a variable that does not exist."""
    templates = deepcopy(settings.TEMPLATES)
    templates[0]["OPTIONS"]["string_if_invalid"] = Refusing("%s")
    settings.TEMPLATES = templates


@pytest.fixture
def visitor(db: Any) -> Client:
    """Return a browser of nobody."""
    return Client()


def mark(page: Any) -> str:
    """Return the mark of the question on a page."""
    found = re.search(r'name="mark" value="([0-9a-f]+)"', page.content.decode())
    assert found, page.content.decode()[:2000]
    return found[1]


@pytest.fixture
def begun(visitor: Client) -> Client:
    """Return a visitor who has said that two live together."""
    answer = visitor.post(f"/p/{PLACE}/check/people/", {"name": ["", "老伴"], "was": ["-1", "-1"], "go": "1"})
    assert answer.status_code == 302, answer.content.decode()
    return visitor
