"""Load the server inside a command: its settings from the surroundings, its faults as sentences."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from bangfu.rules.errors import UsageError


@contextmanager
def setup_faults() -> Iterator[None]:
    """Turn what the surroundings do not allow into a sentence for the terminal.

    Raises:
        UsageError: Something of the set-up is wrong; the text says what and how to mend it.
    """
    from django.db import DatabaseError, OperationalError

    from bangfu.server.environment import SetupError
    from bangfu.server.keys import KeyProblemError

    try:
        yield
    except (SetupError, KeyProblemError) as error:
        zh, _, en = str(error).partition(" | ")
        raise UsageError(zh, en or zh) from None
    except OperationalError as error:
        said = str(error).strip().splitlines()[0]
        raise UsageError(f"连不上数据库：{said}；请查 DATABASE_URL", f"the database cannot be reached: {said}; check DATABASE_URL") from None
    except DatabaseError as error:
        said = str(error).strip().splitlines()[0]
        raise UsageError(f"数据库不对：{said}；运行 bangfu doctor 看缺什么", f"the database is not right: {said}; bangfu doctor says what is missing") from None
    except PermissionError as error:
        user = _who_runs()
        raise UsageError(f"用户 {user} 没有权限读写 {error.filename}；请把它（还没有的话，把上一级文件夹）的属主改为 {user}，或换一个地方", f"user {user} may not read or write {error.filename}: give it, or the folder it goes into, to {user}, or name another place") from None


def set_up(*, demo: bool = False) -> None:
    """Load Django with the settings of the surroundings.

    Raises:
        UsageError: The server is not installed, or the surroundings are wrong.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bangfu.server.settings")
    if demo:
        os.environ["BANGFU_DEMO"] = "1"
    needs_server()
    import django

    with setup_faults():
        django.setup()


def needs_server() -> None:
    """Ask for the libraries of the server, without any installation.

    Raises:
        UsageError: They are not there.
    """
    try:
        import django  # noqa: F401
    except ImportError:
        raise UsageError("没有安装服务端：pip install 'bangfu[server]'", "the server is not installed: pip install 'bangfu[server]'") from None


def _who_runs() -> str:
    """Return whose rights count: the effective user, not who logged in."""
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
