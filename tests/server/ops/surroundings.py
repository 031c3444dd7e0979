"""A fresh installation for tests that start real processes: its own home, and its own database on either kind.

What costs much and is not the point is spared: a demonstration is small, and the packed static files, which are the same
in every home, pass from the first home of a test process to the others (a start that finds them does not make them anew).
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.conftest import ROOT

_made = Path(tempfile.mkdtemp(prefix="bangfu-static-"))
atexit.register(shutil.rmtree, _made, ignore_errors=True)
QUICK_PASSWORDS = """
from django.conf import settings
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
"""
"""For scripts that make accounts with which nobody signs in."""
STAMP = Path("run") / "static.stamp"


def hand_over(source: Path, target: Path) -> None:
    """Copy the static files of a home to another one, once there are any."""
    if (source / STAMP).is_file() and not (target / STAMP).exists():
        shutil.copytree(source / "static", target / "static")
        (target / STAMP).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / STAMP, target / STAMP)


@contextmanager
def fresh(home: Path, name: str = "bangfu_ops", *, bare: bool = False, **more: str) -> Iterator[dict[str, str]]:
    """Yield the environment of a new installation; on PostgreSQL a database of its own, dropped at the end.

    A ``bare`` one has no home yet.
    """
    if not bare:
        hand_over(_made, home)
    with _environment(home, name, **more) as env:
        yield env
    hand_over(home, _made)


@contextmanager
def _environment(home: Path, name: str = "bangfu_ops", **more: str) -> Iterator[dict[str, str]]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("BANGFU_", "DJANGO_", "DATABASE_URL"))}
    env |= {"BANGFU_HOME": str(home), "BANGFU_KEYS": str(home / "keys"), "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "bangfu.server.settings", "BANGFU_DEMO_PEOPLE": "60", **more}
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield env
        return
    import psycopg

    parts = urlsplit(url)
    admin = f"host={unquote(parts.hostname or '')} user={parts.username} dbname={parts.path.strip('/')}"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield env | {"DATABASE_URL": url.rsplit("/", 1)[0] + f"/{name}"}
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def python(env: dict[str, str], *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run Python with some words and return what it said."""
    done = subprocess.run([sys.executable, *words], env=env, cwd=ROOT, text=True, capture_output=True, check=False, timeout=900)
    if check and done.returncode:
        raise AssertionError(f"{words} → {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def bangfu(env: dict[str, str], *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the command line."""
    return python(env, "-m", "bangfu.cli", *words, check=check)
