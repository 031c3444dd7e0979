"""``audit``: seal the chain, prove it, keep its head outside the database."""

from __future__ import annotations

from pathlib import Path

import click

from bangfu.cli.context import Context
from bangfu.cli.setting_up import set_up, setup_faults
from bangfu.rules.errors import UsageError, os_reason


@click.group()
def audit() -> None:
    """审计链：封存、验证、留存摘要 | The audit's chain: seal it, prove it, keep its head elsewhere."""


@audit.command()
@click.pass_obj
def seal(ctx: Context) -> int:
    """把新记录封进链里 | Link the new entries."""
    set_up()
    from bangfu.server.audit.seal import seal as link

    with setup_faults():
        number = link()
    click.echo(ctx.say(f"封存了 {number} 条记录。", f"{number} entries sealed."))
    return 0


@audit.command()
@click.option("--head", "file", type=click.Path(path_type=Path), help="库外留存的摘要文件 | The file of heads kept outside the database.")
@click.pass_obj
def verify(ctx: Context, file: Path | None) -> int:
    """重算整条链；有改动则退出码 1 | Work the whole chain out again; exit code 1 if anything was changed."""
    set_up()
    from bangfu.server.audit.heads import kept_heads
    from bangfu.server.audit.seal import verify as prove

    try:
        kept = kept_heads(file) if file else []
    except OSError as error:
        raise UsageError(f"读不到 {file}：{os_reason(error)}", f"cannot read {file}: {error.strerror}") from None
    except ValueError as error:
        zh, _, en = str(error).partition(" | ")
        raise UsageError(zh, en) from None
    with setup_faults():
        proof = prove(kept=kept)
    for fault in proof.faults:
        zh, _, en = fault.partition(" | ")
        click.echo(ctx.say(zh, f"{zh.split(':')[0]}: {en}"))
    if proof.faults:
        click.echo(ctx.say(f"审计链有 {len(proof.faults)} 处不对。", f"{len(proof.faults)} faults in the chain."))
    else:
        click.echo(ctx.say(f"{proof.links} 环全部相符，与 {len(kept)} 个留存摘要一致；未封存 {proof.unsealed} 条。", f"{proof.links} links hold, {len(kept)} kept heads agree; {proof.unsealed} entries not sealed yet."))
    return 1 if proof.faults else 0


@audit.command()
@click.option("--to", "file", type=click.Path(path_type=Path), help="追加到文件，如另一台机器的文件夹 | Append to a file, best on another machine.")
@click.pass_obj
def head(ctx: Context, file: Path | None) -> int:
    """链的最后一环 | The last link of the chain."""
    set_up()
    from bangfu.server.audit.heads import keep_head, line

    with setup_faults():
        if file is None:
            click.echo(line())
        else:
            keep_head(file)
            click.echo(ctx.say(f"已追加到 {file}", f"appended to {file}"))
    return 0
