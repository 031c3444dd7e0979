"""``backup`` and ``restore``."""

from __future__ import annotations

from pathlib import Path

import click

from bangfu.cli.context import Context
from bangfu.cli.setting_up import set_up, setup_faults

FOLDER = click.Path(path_type=Path)
"""Whether it is a folder is said in the language of the call, where it is opened."""
KEYS = click.option("--keys", "keys", required=True, type=FOLDER, help="密钥放哪里，要与数据分开保管 | The folder of keys, kept apart.")


@click.command()
@click.argument("folder", type=FOLDER)
@KEYS
@click.pass_obj
def backup(ctx: Context, folder: Path, keys: Path) -> int:
    """备份数据库、文件、政策包、补充件；密钥另放；服务不用停 | Back up database, files, packs, overlays; keys apart; the server may run.

    \b
    bangfu backup /backup/2026-11-25 --keys /other-disk/keys-2026-11-25
    """
    set_up()
    from bangfu.server.keeping import back_up

    with setup_faults():
        manifest = back_up(folder, keys)
    click.echo(ctx.say(f"已备份 {len(manifest['files'])} 个文件到 {folder}，密钥 {len(manifest['keys'])} 个文件到 {keys}。", f"{len(manifest['files'])} files are in {folder}, {len(manifest['keys'])} files of keys in {keys}."))
    return 0


@click.command()
@click.argument("folder", type=FOLDER)
@KEYS
@click.pass_obj
def restore(ctx: Context, folder: Path, keys: Path) -> int:
    """恢复到空的安装（BANGFU_HOME、BANGFU_KEYS、DATABASE_URL 指向新的地方）| Restore into an empty installation.

    \b
    bangfu restore /backup/2026-11-25 --keys /other-disk/keys-2026-11-25
    """
    import os

    from bangfu.rules.errors import UsageError
    from bangfu.server.environment import environment

    if (environment().keys / "secret_key").exists():
        raise UsageError(f"{environment().keys} 里已经有密钥，只能恢复到空的安装", f"{environment().keys} holds keys: restore needs an empty installation")
    os.environ["BANGFU_RESTORING"] = "1"
    set_up()
    from bangfu.server.audit.seal import verify
    from bangfu.server.audit.triggers import lacking
    from bangfu.server.installation import gather_static_files
    from bangfu.server.keeping import restore as bring_back

    with setup_faults():
        manifest = bring_back(folder, keys)
        number, digest = manifest["audit_head"]
        proof = verify((number, digest) if number else None)
        tables = lacking()
        gather_static_files()  # they belong to the version, not to the backup
    for fault in proof.faults:
        click.echo(ctx.say(*fault.split(" | ", 1)))
    click.echo(ctx.say(f"已恢复 {manifest['taken_at']} 的备份；审计链 {proof.links} 环，{len(proof.faults)} 处不对；缺触发器的表 {len(tables)} 张。", f"The backup of {manifest['taken_at']} is restored; {proof.links} links of the audit, {len(proof.faults)} faults; {len(tables)} tables lack guards."))
    return 1 if proof.faults or tables else 0
