"""A fresh installation for tests that start real processes: its own home, and its own database on either kind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.conftest import ROOT


@contextmanager
def fresh(home: Path, name: str = "bangfu_ops", **more: str) -> Iterator[dict[str, str]]:
    """Yield the environment of a new installation; on PostgreSQL a database of its own, dropped at the end."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("BANGFU_", "DJANGO_", "DATABASE_URL"))}
    env |= {"BANGFU_HOME": str(home), "BANGFU_KEYS": str(home / "keys"), "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "bangfu.server.settings", **more}
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
