"""Backup and restore: database, files, policy packs and overlays in one folder; keys apart in another.

The manifest, with a hash of every file, is written last: a folder without one is no backup. Restore checks every hash
before it writes anything, and refuses a target that holds anything.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from bangfu import __version__
from bangfu.rules.errors import no_folder
from bangfu.rules.policies_folder import policies_folder
from bangfu.server.audit.heads import head
from bangfu.server.calendar import clock
from bangfu.server.environment import SetupError

MANIFEST = "manifest.json"
SQLITE, DUMP = "database.sqlite3", "database.dump"
FOLDERS = ("files", "policies", "overlays")


def back_up(target: Path, keys: Path) -> dict[str, Any]:
    """Write a backup into an empty folder and the keys into another; return the manifest. The server may run meanwhile.

    Raises:
        SetupError: A folder is not empty, or the keys would lie beside what they open.
    """
    target, keys = target.absolute(), keys.absolute()
    if keys.is_relative_to(target) or target.is_relative_to(keys):
        raise SetupError("密钥要放在另一个文件夹，不能和数据放在一起：谁拿到备份都不该同时拿到密钥 | the keys go into a folder apart: whoever gets the backup must not get them as well")
    for folder in (target, keys):
        if folder.exists() and not folder.is_dir():
            raise SetupError(f"{folder} 是文件，不是文件夹，请换一个新文件夹 | {folder} is a file, not a folder: name a new folder")
        if folder.exists() and any(folder.iterdir()):
            raise SetupError(f"{folder} 不是空的，请换一个新文件夹 | {folder} is not empty: name a new folder")
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    last = head()
    _dump(target)
    # after the database: a file is stored before the row that names it, so every row's file is there
    _copy(settings.ENVIRONMENT.files, target / "files")
    _copy(policies_folder(None), target / "policies")
    _copy(settings.ENVIRONMENT.home / "overlays", target / "overlays")
    _copy(settings.ENVIRONMENT.keys, keys)
    manifest = {
        "bangfu": __version__,
        "taken_at": clock.moment().isoformat(timespec="seconds"),
        "database": connection.vendor,
        "migrations": sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()),
        "audit_head": list(last),
        "files": _hashes(target),
        "keys": _hashes(keys),
    }
    part = target / (MANIFEST + ".part")
    part.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
    part.replace(target / MANIFEST)
    return manifest


def restore(source: Path, keys: Path) -> dict[str, Any]:
    """Bring a backup into an empty installation; return its manifest.

    Raises:
        SetupError: The backup is incomplete or changed, of the other kind of database, or the target holds something.
    """
    manifest = read_manifest(source, keys)
    if manifest["database"] != connection.vendor:
        raise SetupError(f"备份是 {manifest['database']} 的，这里是 {connection.vendor} | the backup is of {manifest['database']}, this installation uses {connection.vendor}")
    _refuse_what_is_there()
    env = settings.ENVIRONMENT
    env.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    _copy(keys, env.keys)
    for path in env.keys.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    _copy(source / "files", env.files)
    _copy(source / "overlays", env.home / "overlays")
    _load(source)
    return manifest


def read_manifest(source: Path, keys: Path) -> dict[str, Any]:
    """Return a backup's manifest after holding every file against it.

    Raises:
        SetupError: Something is missing, changed or too much.
    """
    for folder in (source, keys):
        if not folder.is_dir():
            zh, en = no_folder(folder)
            raise SetupError(f"读不到 {folder}：{zh} | cannot read {folder}: {en}")
    try:
        manifest: dict[str, Any] = json.loads((source / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise SetupError(f"{source} 里没有可用的 {MANIFEST}：备份没做完，或不是备份 | no {MANIFEST} in {source}: the backup was not finished, or is none") from None
    for folder, wanted in ((source, manifest["files"]), (keys, manifest["keys"])):
        found = _hashes(folder)
        wrong = sorted(name for name in set(found) | set(wanted) if found.get(name) != wanted.get(name))
        if wrong:
            raise SetupError(f"{folder} 与清单不符：{'、'.join(wrong[:5])} | {folder} differs from the manifest: {', '.join(wrong[:5])}")
    return manifest


def _refuse_what_is_there() -> None:
    env = settings.ENVIRONMENT
    held = [str(folder) for folder in (env.files, env.keys, env.home / "overlays") if folder.is_dir() and any(folder.iterdir())]
    if connection.vendor == "sqlite":
        if Path(connection.settings_dict["NAME"]).exists():
            held.append(str(connection.settings_dict["NAME"]))
    elif connection.introspection.table_names():
        held.append(str(connection.settings_dict["NAME"]))
    if held:
        raise SetupError(f"只能恢复到空的安装，这里已经有：{'、'.join(held)} | restore needs an empty installation; here is already: {', '.join(held)}")


def _dump(target: Path) -> None:
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(settings.DATABASES["default"]["NAME"])) as live, closing(sqlite3.connect(target / SQLITE)) as copy:
            live.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
        return
    _postgresql("pg_dump", "--format=custom", "--no-owner", f"--file={target / DUMP}")


def _load(source: Path) -> None:
    if connection.vendor == "sqlite":
        target = Path(settings.DATABASES["default"]["NAME"])
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name + ".part")
        shutil.copyfile(source / SQLITE, part)
        part.replace(target)
        return
    _postgresql("pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={settings.DATABASES['default']['NAME']}", str(source / DUMP))


def _postgresql(program: str, *words: str) -> None:
    """Run one of PostgreSQL's programs on this installation's database; the password goes by the environment."""
    where = settings.DATABASES["default"]
    env = {**os.environ, "PGHOST": where["HOST"], "PGPORT": str(where["PORT"] or 5432), "PGUSER": where["USER"], "PGPASSWORD": where["PASSWORD"], "PGDATABASE": where["NAME"]}
    try:
        done = subprocess.run([program, *words], env=env, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise SetupError(f"没有 {program}，请安装 postgresql-client | there is no {program}: install postgresql-client") from None
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["?"])[0]
        raise SetupError(f"{program} 失败：{said} | {program} failed: {said}")


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)


def _hashes(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        if path.is_file() and path.name not in (MANIFEST, MANIFEST + ".part"):
            with path.open("rb") as file:
                found[path.relative_to(folder).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    return found
