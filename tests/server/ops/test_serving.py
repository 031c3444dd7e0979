"""``bangfu serve``: it comes up, says so when the port is taken, ends without leftovers; production refuses what is made up."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from bangfu.server.environment import SetupError, environment
from bangfu.server.keys import make_first_keys
from tests.conftest import ROOT
from tests.server.ops.surroundings import bangfu, fresh, python

PATIENCE = 120
"""Seconds after which a start or stop counts as failed; no measure of speed."""


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def processes_of(home: Path) -> list[int]:
    """Return the processes whose surroundings name a home."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state = (folder / "stat").read_text().rsplit(")", 1)[1].split()[0]
            if state != "Z" and f"BANGFU_HOME={home}\0".encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def get(url: str) -> int:
    """Return the status of a page; 0 while nobody listens."""
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def wait_for(condition: object) -> None:
    """Wait until something holds."""
    for _ in range(PATIENCE * 5):
        if condition():  # type: ignore[operator]
            return
        time.sleep(0.2)
    raise AssertionError("waited in vain")


@pytest.mark.slow
def test_a_demonstration_comes_up_and_leaves_nothing(tmp_path: Path) -> None:
    """First start ended by SIGTERM, second by Ctrl-C; a second server on the port is told so; production refuses both key and database."""
    home = tmp_path / "home"
    with fresh(home, "bangfu_serve", bare=True) as env:
        for ending in (signal.SIGTERM, signal.SIGINT):
            port = free_port()
            words = [sys.executable, "-m", "bangfu.cli", "serve", "--demo", "--port", str(port)]
            server = subprocess.Popen(words, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True)
            try:
                wait_for(lambda port=port: get(f"http://127.0.0.1:{port}/accounts/login/") == 200)
                wait_for(lambda: (home / "run" / "worker").exists())
                taken = bangfu(env, "serve", "--demo", "--port", str(port), check=False)
                assert taken.returncode == 2
                assert "Traceback" not in taken.stderr
                assert str(port + 1) in taken.stderr
                assert len(processes_of(home)) >= 4
            finally:
                server.send_signal(ending)
                said = server.communicate(timeout=PATIENCE)[0]
            assert server.returncode == 0
            assert processes_of(home) == []
            assert "sysadmin" in said
            assert "TOTP" in said
        key = bangfu(env, "serve", "--port", str(free_port()), check=False)
        assert (key.returncode, "demo-" in key.stderr, "secret_key" in key.stderr) == (2, False, True)
        make_first_keys(tmp_path / "own")
        data = bangfu(env | {"BANGFU_KEYS": str(tmp_path / "own")}, "serve", "--port", str(free_port()), check=False)
        assert data.returncode == 2
        assert "DATABASE_URL" in data.stderr
        direct = python(env | {"BANGFU_KEYS": str(tmp_path / "own")}, "-c", "import bangfu.server.wsgi", check=False)
        assert "SetupError" in direct.stderr


def test_production_settings_are_clean(tmp_path: Path) -> None:
    """Django's own check of a deployment finds nothing, warnings included."""
    with fresh(tmp_path / "home", "bangfu_check", bare=True) as env:
        done = python(env, "-m", "django", "check", "--deploy", "--fail-level", "WARNING")
        assert "no issues" in done.stdout


def test_a_wrong_database_address_is_a_sentence(tmp_path: Path) -> None:
    """No traceback, and what to write instead."""
    with fresh(tmp_path / "home", "bangfu_url", bare=True) as env:
        done = bangfu(env | {"DATABASE_URL": "mysql://x"}, "serve", "--port", str(free_port()), check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "postgresql://" in done.stderr
    assert os.listdir(tmp_path) in ([], ["home"])


def test_a_demonstration_of_no_size_is_refused() -> None:
    """The number of people is a whole one within bounds; unset is the usual size."""
    assert environment({"BANGFU_DEMO_PEOPLE": "60"}).demo_people == 60
    assert environment({}).demo_people == 1500
    for text in ("many", "0", "100001", "-5", "1.5", "３"):
        with pytest.raises(SetupError, match="BANGFU_DEMO_PEOPLE"):
            environment({"BANGFU_DEMO_PEOPLE": text})
