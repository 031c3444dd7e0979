"""``serve``: the server with its worker; ``--demo`` with a made-up district, its logins printed."""

from __future__ import annotations

import datetime as dt
import errno
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

import click

from bangfu.cli.context import Context
from bangfu.cli.setting_up import set_up, setup_faults
from bangfu.rules.errors import UsageError

WAIT_SECONDS = 15
REASONS = {
    errno.EADDRINUSE: ("别的程序正占着", "another program holds it"),
    errno.EACCES: ("没有权限（1024 以下的端口要管理员）", "no permission (ports below 1024 need an administrator)"),
    errno.EADDRNOTAVAIL: ("本机没有这个地址", "this machine has no such address"),
}


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
    bangfu serve --port 9000            正式运行（先设好 BANGFU_HOME、BANGFU_KEYS、DATABASE_URL） | in earnest (first set BANGFU_HOME, BANGFU_KEYS, DATABASE_URL)
    """
    if home is not None:
        os.environ["BANGFU_HOME"] = str(home)
    if demo:
        os.environ["BANGFU_DEMO"] = "1"
        os.environ.setdefault("BANGFU_HOME", "var/demo")
    refuse_taken_port(host, port)
    prepare(ctx, demo=demo)
    click.echo(ctx.say(f"网址 http://{host}:{port}/  （Ctrl-C 停止）", f"open http://{host}:{port}/  (Ctrl-C stops)"))
    return _run_all(host, port)


def prepare(ctx: Context, *, demo: bool) -> None:
    """Bring the installation up to date: keys, tables, calendar, static files; a demonstration's district.

    Raises:
        UsageError: The surroundings do not allow a start.
    """
    set_up(demo=demo)
    from bangfu.server.installation import bring_up_to_date, make_demonstration

    with setup_faults():
        bring_up_to_date(demo=demo)
    if demo:
        click.echo(ctx.say("正在准备演示：第一次要建虚构的一个区，约一分钟……", "Preparing the demonstration: the first time a district is made up, about a minute …"))
        logins, made = make_demonstration(dt.date(2023, 9, 15))
        if made:
            click.echo(ctx.say("已建好虚构的武昌区。", "The made-up district is ready."))
        click.echo(ctx.say("工作人员从 /desk/ 登录；密码都是：", "Staff sign in under /desk/; everybody's password: ") + logins[0].password)
        for login in logins:
            click.echo(f"  {login.username:<11} {login.name}　{login.role}　TOTP {login.secret}")
        click.echo(ctx.say(
            "动态口令：把 TOTP 后面那一串填进手机的验证器应用，登录时填它显示的 6 位数；没有应用就另开一个窗口运行 .venv/bin/bangfu demo code worker",
            "Six digits: put the text after TOTP into an authenticator app; without one, run in another terminal: .venv/bin/bangfu demo code worker",
        ))


def refuse_taken_port(host: str, port: int) -> None:
    """Say so before anything else is done if another program listens there.

    Raises:
        UsageError: The port is taken, or may not be opened.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            zh, en = REASONS.get(error.errno or 0, ("系统不允许", error.strerror or "refused by the system"))
            other = port + 1 if port < 65535 else 8000
            raise UsageError(
                f"端口 {host}:{port} 用不了：{zh}。换一个：bangfu serve --port {other}（或 make run PORT={other}）",
                f"port {host}:{port} cannot be opened: {en}. Take another: bangfu serve --port {other} (or make run PORT={other})",
            ) from None


class StoppedError(Exception):
    """A signal asked to stop."""


def _stop(number: int, frame: FrameType | None) -> None:
    raise StoppedError


def _run_all(host: str, port: int) -> int:
    """Run web, worker and what recurs until one ends or a signal comes; then end all and leave no process behind."""
    web = [
        sys.executable, "-m", "gunicorn", "bangfu.server.wsgi:application", "--bind", f"{host}:{port}", "--workers", "2", "--threads", "8",
        "--keep-alive", "0", "--no-control-socket", "--log-level", "warning",
    ]  # fmt: skip
    worker = [sys.executable, "-m", "django", "db_worker", "--queue-name", "*", "--verbosity", "0"]  # our own log tells of jobs that fail
    recurring = [sys.executable, "-m", "bangfu.server.recurring"]
    for name in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(name, _stop)
    running: list[subprocess.Popen[bytes]] = []
    code = 0
    try:
        # sessions of their own: Ctrl-C reaches this process alone, which then ends each of them once
        running += (subprocess.Popen(command, start_new_session=True) for command in (web, worker, recurring))
        while all(process.poll() is None for process in running):
            time.sleep(0.2)
        code = 1
    except StoppedError:
        code = 0
    finally:
        _end(running)
    return code


def _end(running: list[subprocess.Popen[bytes]]) -> None:
    for name in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(name, signal.SIG_IGN)
    for process in running:
        process.terminate()
    for process in running:
        try:
            process.wait(WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
