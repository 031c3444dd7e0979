"""The browser of this machine, for tests of pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, sync_playwright

ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@contextmanager
def started() -> Iterator[Browser]:
    """Start the browser; its own event loop makes Django ask for a word of consent."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as player:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        patch.setattr(Locator, "click", _until_loaded(Locator.click))
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=ARGS)
        yield browser
        browser.close()


def _until_loaded(click: Any) -> Any:
    """Return a click that ends when the page it leads to is whole.

    Playwright's own ends when the answer begins to come in: what is looked at next may be half a page, or none yet.
    """

    def clicked(self: Locator, **how: Any) -> None:
        click(self, **how)
        self.page.wait_for_load_state()

    return clicked
