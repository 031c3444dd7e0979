"""The browser of the tests waits where a person would."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.server.chromium import started

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow, pytest.mark.one_database]


class Slow(BaseHTTPRequestHandler):
    """Answers with a link; the page behind it comes in two halves."""

    def do_GET(self) -> None:
        """Send a page."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        if self.path == "/":
            self.wfile.write(b"<a href='/next'>next</a>")
            return
        self.wfile.write(b"<p>one half</p>")
        self.wfile.flush()
        threading.Event().wait(0.5)
        self.wfile.write(b"<p id='end'>the other</p>")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def slow() -> Iterator[str]:
    """Return the address of a server that takes its time."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_a_click_ends_when_the_page_it_leads_to_is_whole(slow: str) -> None:
    """What is looked at after a click is the whole page, not the half that has come in."""
    with started() as browser:
        page = browser.new_page()
        page.goto(slow)
        page.get_by_text("next").click()
        assert page.locator("#end").is_visible()
