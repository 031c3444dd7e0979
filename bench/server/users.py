"""The users of the load test: officers at the desk and residents at the self-check, each thinking four seconds on average.

Run by ``measure.py`` through locust. What is asked for comes from the server's own ``reverse`` by way of a file, so that no
address is written twice.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import re
from pathlib import Path
from typing import Any

import pyotp
from locust import HttpUser, task
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

GIVEN: dict[str, Any] = json.loads(Path(os.environ["BENCH_GIVEN"]).read_text(encoding="utf-8"))
THINK = float(os.environ.get("BENCH_THINK", "4"))
URLS: dict[str, str] = GIVEN["urls"]
_officers = itertools.cycle(GIVEN["officers"])
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_MARK = re.compile(r'name="mark" value="([0-9a-f]+)"')
_ROW = re.compile(rf'href="{re.escape(URLS["households"])}(\d+)/"')


class User(HttpUser):
    """Somebody who reads a page, thinks, and reads the next."""

    abstract = True
    host = GIVEN["host"]

    def wait_time(self) -> float:  # type: ignore[override]
        """Return how long to think: exponential, so that requests come as if nobody knew of the others."""
        return random.expovariate(1 / THINK) if THINK else 0.0

    def on_start(self) -> None:
        """Open the browser, which asks once more where the server had just closed a connection that lay idle."""
        self.client.headers["Referer"] = self.host
        self.client.mount("http://", HTTPAdapter(max_retries=Retry(total=1, allowed_methods=["GET"])))

    def sent(self, address: str, page: str, request: str, /, **said: Any) -> Any:
        """Send a form with the token of the page it stands on; the answer is not followed."""
        token = _TOKEN.search(page)
        data = {"csrfmiddlewaretoken": token[1] if token else "", **said}
        return self.client.post(address, data=data, name=request, allow_redirects=False)


class Officer(User):
    """Opens households, narrows lists down, searches by name."""

    weight = 14

    def on_start(self) -> None:
        """Sign in with password and second factor."""
        super().on_start()
        self.random, mine = random.Random(), next(_officers)
        page = self.client.get(URLS["login"], name="sign in").text
        self.sent(URLS["login"], page, "sign in", login=mine["username"], password=GIVEN["password"])
        page = self.client.get(URLS["second"], name="sign in").text
        answer = self.sent(URLS["second"], page, "sign in", code=pyotp.TOTP(mine["secret"]).now())
        if answer.status_code != 302:
            raise RuntimeError(f"{mine['username']} could not sign in: {answer.status_code}")
        listed = self.client.get(URLS["households"], name="list").text
        self.seen = _ROW.findall(listed) or ["0"]

    @task(5)
    def household(self) -> None:
        """Open one of the households that a list showed."""
        self.client.get(f"{URLS['households']}{self.random.choice(self.seen)}/", name="household page")

    @task(3)
    def narrowed(self) -> None:
        """Open a list with some filters, on some page."""
        query = self.random.choice(GIVEN["filters"])
        page = self.client.get(f"{URLS['households']}?{query}&page={self.random.randint(1, 3)}", name="list with filters").text
        self.seen = list(dict.fromkeys(_ROW.findall(page))) or self.seen

    @task(2)
    def searched(self) -> None:
        """Search by a name, or by how it sounds."""
        self.client.get(URLS["households"], params={"q": self.random.choice(GIVEN["names"])}, name="search by name")


class Resident(User):
    """Answers the self-check to the end, and begins again."""

    weight = 6

    def on_start(self) -> None:
        """Say who lives together."""
        super().on_start()
        self._begin()

    def _begin(self) -> None:
        self.client.cookies.clear()
        page = self.client.get(URLS["people"], name="self-check: people").text
        people = random.randint(1, 6)
        answer = self.sent(URLS["people"], page, "self-check: people", name=["甲乙丙丁戊己"[n] for n in range(people)], was=["-1"] * people, go="1")
        self.next = answer.headers["Location"]

    @task
    def step(self) -> None:
        """Read the question and answer it: two requests, timed apart, the page and the answer."""
        if self.next.endswith(URLS["result"]):
            self.client.get(self.next, name="self-check: result")
            self._begin()
            return
        page = self.client.get(self.next, name="self-check step: page").text
        said = _answers(page)
        answer = self.sent(self.next, page, "self-check step: answer", mark=_MARK.search(page)[1], **said)  # type: ignore[index]
        if answer.status_code != 302:
            answer = self.sent(self.next, page, "self-check step: answer", mark=_MARK.search(page)[1], unsure="1")  # type: ignore[index]
        self.next = answer.headers["Location"]


def _answers(page: str) -> dict[str, Any]:
    """Return an answer for every field of a question: the last choice, a date, a number."""
    said: dict[str, Any] = {}
    for name, value in re.findall(r'<input type="(?:radio|checkbox)" name="(f\d+)"[^>]* value="([^"]*)"', page):
        said[name] = value
    for name, options in re.findall(r'<select[^>]* name="(f\d+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        said[name] = re.findall(r'value="([^"]+)"', options)[-1]
    for n, name in enumerate(re.findall(r'name="(f\d+)y"', page)):
        said |= {f"{name}y": str(1940 + 13 * n % 75), f"{name}m": "3", f"{name}d": "8"}
    for name in re.findall(r'<input class="form-control" id="(f\d+)" name="f\d+"', page):
        said[name] = "600"
    return said


class Reader(User):
    """Asks for one address without thinking: how many requests a second the server bears."""

    abstract = "BENCH_ONE" not in os.environ
    weight = 1

    def wait_time(self) -> float:  # type: ignore[override]
        """Return nothing: the next request at once."""
        return 0.0

    @task
    def one(self) -> None:
        """Ask."""
        self.client.get(os.environ["BENCH_ONE"], name="one")


if "BENCH_ONE" in os.environ:
    del Officer, Resident
