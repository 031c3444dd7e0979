"""``keys``: shares of two custodians, new keys from them, rotation; and ``audit``: seal, verify, head."""

from __future__ import annotations

from pathlib import Path

import click

from bangfu.cli.context import Context
from bangfu.cli.setting_up import needs_server, set_up, setup_faults
from bangfu.rules.errors import UsageError

FILE = click.Path(path_type=Path)
TWO = click.argument("shares", nargs=2, type=click.Path(path_type=Path))


@click.group()
def keys() -> None:
    """密钥：两人各持一个分量，合起来才有密钥 | Keys of the register: two custodians, neither of whom can make one alone.

    \b
    bangfu keys share 甲.share             保管人各自做一个分量，各设口令 | each custodian makes a share
    bangfu keys new 甲.share 乙.share      两人到场，生成第一套密钥 | both present: the first keys
    bangfu keys rotate 丙.share 丁.share   换密钥并重新加密 | a new version; values are re-encrypted
    bangfu keys list                       版本和用量 | versions and what uses them
    """


@keys.command()
@click.argument("file", type=FILE)
@click.pass_obj
def share(ctx: Context, file: Path) -> int:
    """做一个分量 | Make a share, closed by a passphrase."""
    needs_server()
    from bangfu.server.shares import make_share

    # nothing of an installation is read: custodians do this on computers of their own
    with setup_faults():
        make_share(file, _new_passphrase(ctx))
    click.echo(ctx.say(f"已写入 {file}。请另存一份在别处；口令丢了就打不开。", f"Written to {file}. Keep a copy elsewhere; without the passphrase it cannot be opened."))
    return 0


@keys.command()
@TWO
@click.option("--version", "version", type=click.IntRange(1, 255), help="找回某一版时写版本号 | The version, to bring a lost one back.")
@click.pass_obj
def new(ctx: Context, shares: tuple[Path, Path], version: int | None) -> int:
    """由两个分量生成密钥；同样的分量再来一次得到同样的密钥 | Make the keys of two shares; the same shares give the same keys."""
    set_up()
    from django.conf import settings

    from bangfu.server.keys import KeyRing, write_key
    from bangfu.server.shares import fingerprint

    ring = KeyRing(settings.ENVIRONMENT.keys)
    wanted = version or 1
    if wanted in ring.versions:
        raise UsageError(f"第 {wanted} 版密钥已经有了；要换密钥用 bangfu keys rotate", f"version {wanted} of the key is there already; bangfu keys rotate makes a new one")
    cipher, index = _joined(ctx, shares)
    with setup_faults():
        write_key(ring.folder / f"id-v{wanted}.key", cipher)
        if wanted == 1 and not (ring.folder / "index.key").is_file():
            write_key(ring.folder / "index.key", index)
    click.echo(ctx.say(f"第 {wanted} 版密钥已生成，指纹 {fingerprint(cipher)}，请写进仪式记录。", f"Version {wanted} is made, fingerprint {fingerprint(cipher)}: note it in the minutes."))
    return 0


@keys.command()
@click.argument("shares", nargs=-1, type=FILE)
@click.option("--resume", is_flag=True, help="接着重新加密，不再生成新版 | Go on re-encrypting, make no new version.")
@click.pass_obj
def rotate(ctx: Context, shares: tuple[Path, ...], resume: bool) -> int:
    """由两个新分量生成新一版密钥，分批重新加密；中断后用 --resume 接着做 | A new version, values re-encrypted in batches; resumable."""
    if len(shares) != (0 if resume else 2):
        raise UsageError("请写两个分量文件；接着做时只写 --resume", "name two files of shares; to go on, --resume alone")
    set_up()
    from django.conf import settings

    from bangfu.server.keys import KeyRing, write_key
    from bangfu.server.rotation import re_encrypt
    from bangfu.server.shares import fingerprint

    ring = KeyRing(settings.ENVIRONMENT.keys)
    with setup_faults():
        newest = ring.newest
        if not resume:
            cipher, _ = _joined(ctx, (shares[0], shares[1]))
            if any(cipher == (ring.folder / f"id-v{v}.key").read_bytes() for v in ring.versions):
                raise UsageError("这两个分量就是现在的密钥，换密钥要做两个新分量", "these shares are a key in use: make two new ones")
            newest += 1
            write_key(ring.folder / f"id-v{newest}.key", cipher)
            click.echo(ctx.say(f"第 {newest} 版密钥已生成，指纹 {fingerprint(cipher)}，请写进仪式记录。", f"Version {newest} is made, fingerprint {fingerprint(cipher)}: note it in the minutes."))
        moved = 0
        for number in re_encrypt():
            moved += number
            click.echo(ctx.say(f"已重新加密 {moved} 项", f"{moved} values re-encrypted"))
    click.echo(ctx.say("完成。旧版密钥留着：旧备份还要用它；bangfu keys list 看谁还在用。", "Done. Keep the old version: older backups need it; bangfu keys list tells what still uses it."))
    return 0


@keys.command("list")
@click.pass_obj
def list_(ctx: Context) -> int:
    """版本、指纹和用量 | Versions, fingerprints and how many values use each."""
    set_up()
    from django.conf import settings

    from bangfu.server.keys import KeyRing
    from bangfu.server.rotation import versions_in_use
    from bangfu.server.shares import fingerprint

    ring = KeyRing(settings.ENVIRONMENT.keys)
    with setup_faults():
        used, newest = versions_in_use(), ring.newest
    for version in sorted({*ring.versions, *used}):
        path = ring.folder / f"id-v{version}.key"
        mark = fingerprint(path.read_bytes()) if path.is_file() else ctx.say("密钥不在！", "the key is missing!")
        note = ctx.say("（现用）", " (newest)") if version == newest else "" if used[version] else ctx.say("（已不用，旧备份可能还要）", " (unused; older backups may need it)")
        click.echo(ctx.say(f"第 {version} 版  {mark}  {used[version]} 项{note}", f"version {version}  {mark}  {used[version]} values{note}"))
    return 0 if set(used) <= set(ring.versions) else 1


def _new_passphrase(ctx: Context) -> str:
    while True:
        said: str = click.prompt(ctx.say("口令（至少 12 个字，只有保管人知道）", "Passphrase (at least 12 characters)"), hide_input=True)
        if said == click.prompt(ctx.say("再输一次", "Again"), hide_input=True):
            return said
        click.echo(ctx.say("两次输入的口令不一样，请重新输入。", "The two differ; once more, please."), err=True)


def _joined(ctx: Context, shares: tuple[Path, Path]) -> tuple[bytes, bytes]:
    from bangfu.server.shares import join, open_share

    with setup_faults():
        opened = [open_share(path, click.prompt(ctx.say(f"{path.name} 的口令", f"Passphrase of {path.name}"), hide_input=True)) for path in shares]
        return join(*opened)
