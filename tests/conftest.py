"""What every test stands on: Hypothesis profiles, closed sockets, and what the machine may lack."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from _pytest.nodeid import coerce_node_id
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
IN_CI = os.environ.get("CI") == "true"
PROOFS = os.environ.get("BANGFU_PROOFS") == "1"


PROGRAMS = f"{os.environ.get('PATH', '')}:/usr/sbin"
"""Where programs are: an ordinary user's path leaves out what an administrator runs."""


class Need(NamedTuple):
    """Something of the machine that some tests need: is it there, what is it for, how to get it."""

    there: bool
    use: str
    get: str


NEEDS = {
    "chromium": Need(shutil.which("chromium") is not None, "drives the pages in a real browser", "apt-get install chromium fonts-noto-cjk"),
    "postgresql": Need(
        bool(list(Path("/usr/lib/postgresql").glob("*/bin/initdb"))) or "PG_BIN" in os.environ, "is the server's second database and holds a ledger to be read", "apt-get install postgresql"
    ),
    "spark": Need(
        shutil.which("java") is not None and find_spec("pyspark") is not None, "carries the rules out on a cluster", "apt-get install openjdk-17-jre-headless, then make setup"
    ),
    "nginx": Need(shutil.which("nginx", path=PROGRAMS) is not None, "stands before the web in production", "apt-get install nginx-light"),
    "systemd": Need(shutil.which("systemd-analyze") is not None, "reads the units that start the server", "apt-get install systemd"),
    "make": Need(shutil.which("make") is not None, "runs the Makefile", "apt-get install make"),
}

SPARK = (pytest.mark.slow, pytest.mark.needs("spark"), pytest.mark.xdist_group("spark"))
"""The marks of a test that needs Spark: all of them run in one process, which starts it once."""

settings.register_profile("test", derandomize=True, deadline=None, database=None)
settings.register_profile(
    "proofs", max_examples=2000, deadline=None, database=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("proofs" if PROOFS else "test")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let xdist's groups hold: xdist 3.8 notes a test's group in ``_nodeid``, which pytest 9.2 no longer reads.

    Without it each process starts a Spark of its own; ``test_tests_of_one_group_run_in_one_process`` looks.
    """
    for item in items:
        noted = getattr(item, "_nodeid", "")
        if "@" in noted.rsplit("]", 1)[-1] and item.nodeid != noted:
            item._id = coerce_node_id(noted)  # type: ignore[attr-defined]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose need the machine lacks; in CI fail it."""
    for mark in item.iter_markers("needs"):
        for name in mark.args:
            if NEEDS[name].there:
                continue
            if IN_CI:
                pytest.fail(f"CI must have {name}: {NEEDS[name].get}", pytrace=False)
            pytest.skip(f"this machine has no {name}: {NEEDS[name].get}")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: Any) -> Iterator[None]:
    """End, after all else, with a plain list of what this machine lacks and how to get it."""
    yield
    lacking = {name: need for name, need in NEEDS.items() if not need.there}
    terminalreporter.section("what this machine lacks")
    if not lacking:
        terminalreporter.write_line(f"nothing: {', '.join(NEEDS)} found")
    for name, need in lacking.items():
        terminalreporter.write_line(f"{name}: {need.use}; get it with: {need.get}")


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the folder of the checkout."""
    return ROOT


@pytest.fixture(scope="session", autouse=True)
def closed_sockets() -> Iterator[None]:
    """Refuse every connection that leaves this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        inside = self.family == socket.AF_UNIX or str(address[0]) in ("127.0.0.1", "::1", "localhost")
        if not inside:
            raise AssertionError(f"a test must not reach the network: {address}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield
