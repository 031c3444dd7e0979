"""``serve``: the server with its worker; ``--demo`` with a made-up district, its logins printed."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

import click

from bangfu.cli.context import Context
from bangfu.rules.errors import UsageError

WAIT_SECONDS = 15


@click.command()
@click.option("--demo", is_flag=True, help="虚构的一个区，打印各角色的登录名和动态口令密钥 | A made-up district; logins are printed.")
@click.option("--home", type=click.Path(path_type=Path), help="数据文件夹（BANGFU_HOME）| The folder of data.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="端口 | The port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址 | The address to listen on.")
@click.pass_obj
def serve(ctx: Context, demo: bool, home: Path | None, port: int, host: str) -> int:
    """打开服务：网页和后台任务 | Start the web server and the worker; Ctrl-C stops both.

    \b
    bangfu serve --demo                 演示 | a demonstration
    bangfu serve --port 9000            正式运行（先设好 BANGFU_HOME、BANGFU_KEYS、DATABASE_URL）
    """
    if home is not None:
        os.environ["BANGFU_HOME"] = str(home)
    if demo:
        os.environ["BANGFU_DEMO"] = "1"
        os.environ.setdefault("BANGFU_HOME", "var/demo")
    os.environ["DJANGO_SETTINGS_MODULE"] = "bangfu.server.settings"
    prepare(ctx, demo=demo)
    click.echo(ctx.say(f"网址 http://{host}:{port}/  （Ctrl-C 停止）", f"open http://{host}:{port}/  (Ctrl-C stops)"))
    return _run_both(host, port)


def prepare(ctx: Context, *, demo: bool) -> None:
    """Bring the installation up to date: keys, tables, calendar, static files; a demonstration's district.

    Raises:
        UsageError: The surroundings do not allow a start.
    """
    try:
        import django

        from bangfu.server.environment import SetupError
    except ImportError:
        raise UsageError("没有安装服务端：pip install 'bangfu[server]'", "the server is not installed: pip install 'bangfu[server]'") from None
    try:
        django.setup()
    except SetupError as error:
        zh, _, en = str(error).partition(" | ")
        raise UsageError(zh, en or zh) from None
    from bangfu.server.installation import bring_up_to_date, make_demonstration

    bring_up_to_date(demo=demo)
    if demo:
        logins, made = make_demonstration(dt.date(2023, 9, 15))
        if made:
            click.echo(ctx.say("已建好虚构的武昌区。", "The made-up district is ready."))
        click.echo(ctx.say("登录网址后加 /desk/；密码都是：", "Staff sign in under /desk/; everybody's password: ") + logins[0].password)
        for login in logins:
            click.echo(f"  {login.username:<11} {login.name}　{login.role}　TOTP {login.secret}")


def _run_both(host: str, port: int) -> int:
    """Run web and worker until one ends or a signal comes; then end both and leave no process behind."""
    web = [
        sys.executable, "-m", "gunicorn", "bangfu.server.wsgi:application", "--bind", f"{host}:{port}", "--workers", "2", "--threads", "8",
        "--keep-alive", "0", "--no-control-socket", "--log-level", "warning",
    ]  # fmt: skip
    worker = [sys.executable, "-m", "django", "db_worker", "--queue-name", "*"]
    running = [subprocess.Popen(command) for command in (web, worker)]

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, stop)
    code = 0
    try:
        while all(process.poll() is None for process in running):
            try:
                running[0].wait(1)
            except subprocess.TimeoutExpired:
                continue
        code = 1
    except KeyboardInterrupt:
        code = 0
    finally:
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(WAIT_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
    return code
