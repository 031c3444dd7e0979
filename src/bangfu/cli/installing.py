"""``upgrade``; ``doctor``: what is missing or wrong; ``accounts first``: the first district with its three administrators."""

from __future__ import annotations

import click

from bangfu.cli.context import Context
from bangfu.cli.setting_up import set_up, setup_faults
from bangfu.rules.errors import UsageError

MARKS = {"good": ("好", "ok"), "warn": ("注意", "note"), "bad": ("不对", "wrong")}


@click.command()
@click.option("--demo", is_flag=True, help="查演示环境 | Look at a demonstration.")
@click.pass_obj
def doctor(ctx: Context, demo: bool) -> int:
    """查这套系统缺什么、哪里不对、怎么改；有不对的退出码 1 | What is missing or wrong in this installation, and how to mend it."""
    set_up(demo=demo)
    from bangfu.server.health import findings

    wrong = 0
    with setup_faults():
        for found in findings():
            wrong += found.level == "bad"
            mend = ctx.say(found.mend_zh, found.mend_en)
            click.echo(f"[{ctx.say(*MARKS[found.level])}] {ctx.say(found.zh, found.en)}" + (f"\n     → {mend}" if mend else ""))
    click.echo(ctx.say(f"{wrong} 处不对。", f"{wrong} wrong.") if wrong else ctx.say("没有不对的。", "Nothing is wrong."))
    return 1 if wrong else 0


@click.command()
@click.pass_obj
def upgrade(ctx: Context) -> int:
    """新装或升级后：更新表结构、触发器、放假安排、网页文件；重复运行无害 | After installing or upgrading: tables, guards, calendar, files."""
    set_up()
    from bangfu.server.installation import bring_up_to_date

    with setup_faults():
        bring_up_to_date(demo=False)
    click.echo(ctx.say("已是最新。", "Up to date."))
    return 0


@click.group()
def accounts() -> None:
    """账号 | Accounts of a new installation."""


@accounts.command()
@click.option("--code", required=True, help="区县代码 6 位（GB/T 2260）| The district's code.")
@click.option("--name", required=True, help="区县名称 | The district's name.")
@click.option("--place", required=True, help="政策包文件夹名，如 wuchang | The folder of its pack.")
@click.pass_obj
def first(ctx: Context, code: str, name: str, place: str) -> int:
    """新装：建第一个区县和三员账号，首次密码只显示一次 | A new installation: the first district and its three administrators."""
    ctx.place(place)
    set_up()
    from bangfu.server.installation import make_first_accounts

    with setup_faults():
        try:
            made = make_first_accounts(code, name, place)
        except ValueError as error:
            zh, _, en = str(error).partition(" | ")
            raise UsageError(zh, en or zh) from None
    click.echo(ctx.say("三个账号，请当面分别交给三个人；首次登录改密码、设动态口令：", "Three accounts for three people; at the first login they change the password and set up the second factor:"))
    for username, role, password in made:
        click.echo(f"  {username:<11} {role}  {password}")
    return 0
