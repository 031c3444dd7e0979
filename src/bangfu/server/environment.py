"""What the server reads from its surroundings: folders, database, keys, mode. Nothing here has a secret default.

``BANGFU_HOME``   folder of database, files and overlays (default ``var/bangfu`` in the working folder)
``BANGFU_KEYS``   folder of keys, kept apart from the database (default ``<home>/keys``)
``DATABASE_URL``  ``sqlite:///path`` or ``postgresql://user:password@host:port/name`` (default SQLite in the home)
``BANGFU_HOSTS``  names under which the server may be called, with commas
``BANGFU_DEMO``   ``1`` in a demonstration: made-up people, a business date, weak transport allowed
``BANGFU_DEMO_PEOPLE``  how many people a demonstration's first district gets when it is made (default 1500)
``BANGFU_RESTORING``  set by ``bangfu restore`` for itself: make no key, one comes with the backup
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

DEMO_PEOPLE, DEMO_PEOPLE_MOST = 1500, 100_000
DEMO_PREFIX = "demo-"
"""How a secret key of a demonstration begins; production refuses it."""


class SetupError(Exception):
    """The surroundings do not allow a start; the text says what to set."""


@dataclass(frozen=True, slots=True)
class Environment:
    """The surroundings of one process."""

    home: Path
    keys: Path
    database: dict[str, Any]
    hosts: tuple[str, ...]
    demo: bool
    demo_people: int = DEMO_PEOPLE

    @property
    def files(self) -> Path:
        """Return the private folder of documents and photos."""
        return self.home / "files"


def environment(values: dict[str, str] | None = None) -> Environment:
    """Return the surroundings as environment variables give them.

    Raises:
        SetupError: A value cannot be read.
    """
    given = os.environ if values is None else values
    home = Path(given.get("BANGFU_HOME") or "var/bangfu").absolute()
    keys = Path(given.get("BANGFU_KEYS") or home / "keys").absolute()
    hosts = tuple(h.strip() for h in given.get("BANGFU_HOSTS", "localhost,127.0.0.1").split(",") if h.strip())
    return Environment(home, keys, database(given.get("DATABASE_URL") or "", home), hosts, given.get("BANGFU_DEMO") == "1", demo_people(given.get("BANGFU_DEMO_PEOPLE") or ""))


def demo_people(text: str) -> int:
    """Return how many people a demonstration gets.

    Raises:
        SetupError: It is no number, or out of range.
    """
    if not text:
        return DEMO_PEOPLE
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= DEMO_PEOPLE_MOST:
        raise SetupError(f"BANGFU_DEMO_PEOPLE 请写 1 到 {DEMO_PEOPLE_MOST} 的整数，不是“{text}” | write BANGFU_DEMO_PEOPLE as a whole number from 1 to {DEMO_PEOPLE_MOST}, not {text!r}")
    return int(text)


def database(url: str, home: Path) -> dict[str, Any]:
    """Return Django's settings for a database URL; none given: SQLite in the home.

    Raises:
        SetupError: The URL names another kind of database or no name.
    """
    parts = urlsplit(url or f"sqlite:///{home / 'bangfu.sqlite3'}")
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path.removeprefix("/") if parts.path.startswith("//") else parts.path),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON",
            },
        }
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise SetupError("DATABASE_URL 请写 sqlite:///路径 或 postgresql://用户:密码@主机:端口/库名 | write DATABASE_URL as sqlite:///path or postgresql://user:password@host:port/name")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def secret_key(env: Environment) -> str:
    """Return the key that signs sessions, made once in the folder of keys; a demonstration's begins with ``demo-``.

    Raises:
        SetupError: Production was given a demonstration's key.
    """
    path = env.keys / "secret_key"
    if not path.is_file() and os.environ.get("BANGFU_RESTORING") == "1":
        return secrets.token_urlsafe(48)  # for this process alone: the key comes with the backup
    if not path.is_file():
        env.keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = (DEMO_PREFIX if env.demo else "") + secrets.token_urlsafe(48)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(made)
    key = path.read_text(encoding="utf-8").strip()
    if key.startswith(DEMO_PREFIX) and not env.demo:
        raise SetupError(f"{path} 是演示用的密钥，正式运行请换一个钥匙文件夹（BANGFU_KEYS）| {path} is a demonstration's key: give production its own folder of keys (BANGFU_KEYS)")
    return key
