"""What is missing or wrong in an installation, and how to mend it: each check says one thing in plain words."""

from __future__ import annotations

import datetime as dt
import io
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from bangfu.rules.errors import BangfuError
from bangfu.rules.pack.load import load_pack, places
from bangfu.rules.policies_folder import policies_folder
from bangfu.server.accounts.enums import ADMINS
from bangfu.server.accounts.selectors import administrators_on
from bangfu.server.areas.selectors import districts
from bangfu.server.assessment.engines import OVERLAY
from bangfu.server.assessment.overlays import overlay_of
from bangfu.server.audit.seal import unsealed
from bangfu.server.audit.triggers import lacking
from bangfu.server.calendar import clock
from bangfu.server.calendar.working_days import published_years
from bangfu.server.jobs.selectors import label_of, oldest_waiting, standing_failures
from bangfu.server.keys import KeyRing

GIB = 1024**3
SILENT = dt.timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing: ``good``, ``warn`` or ``bad``; what it is, and what to do, in both languages."""

    level: str
    zh: str
    en: str
    mend_zh: str = ""
    mend_en: str = ""


Check = Callable[[], Iterator[Finding]]


def findings() -> Iterator[Finding]:
    """Yield what each check finds; what needs the database is left out when it cannot be reached."""
    yield from folders()
    yield from keys()
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        said = str(error).strip().splitlines()[0]
        yield Finding("bad", f"连不上数据库：{said}", f"the database cannot be reached: {said}", "查 DATABASE_URL，确认数据库已启动", "check DATABASE_URL and that the database runs")
        return
    pending = list(migrations())
    yield from pending
    if any(found.level == "bad" for found in pending):
        return
    for check in (demonstration, triggers, calendar, administrators, packs, processes, waiting_jobs, failed_jobs, audit, static_files, deployment):
        yield from check()


def folders() -> Iterator[Finding]:
    """Home and files can be written, keys are private, the disk has room."""
    env = settings.ENVIRONMENT
    for folder in (env.home, env.files):
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            yield Finding("bad", f"{folder} 不能写", f"{folder} cannot be written", f"mkdir -p {folder} 并把属主改为运行服务的用户", f"mkdir -p {folder} and give it to the user of the service")
        else:
            yield Finding("good", f"{folder} 可写", f"{folder} can be written")
    if env.keys.is_dir() and env.keys.stat().st_mode & 0o077:
        yield Finding("bad", f"密钥文件夹 {env.keys} 别人也能读", f"others can read the keys in {env.keys}", f"chmod -R go= {env.keys}", f"chmod -R go= {env.keys}")
    if env.home.is_dir():
        free = shutil.disk_usage(env.home).free
        level = "bad" if free < GIB else "warn" if free < 5 * GIB else "good"
        mend = ("清理或扩容", "make room") if level != "good" else ("", "")
        yield Finding(level, f"磁盘剩余 {free / GIB:.1f} GiB", f"{free / GIB:.1f} GiB of disk are free", *mend)


def keys() -> Iterator[Finding]:
    """The keys are there."""
    ring = KeyRing(settings.ENVIRONMENT.keys)
    if not ring.is_complete:
        yield Finding("bad", "缺少密钥", "keys are missing", "bangfu keys new 甲.share 乙.share", "bangfu keys new A.share B.share")
    else:
        yield Finding("good", f"密钥第 {ring.newest} 版", f"version {ring.newest} of the keys")


def migrations() -> Iterator[Finding]:
    """The tables are those of this version."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        yield Finding("bad", f"有 {len(plan)} 项表结构更新没做", f"{len(plan)} migrations are pending", "先 bangfu backup，再 bangfu upgrade", "bangfu backup, then bangfu upgrade")
    else:
        yield Finding("good", "表结构是最新的", "the tables are up to date")


def demonstration() -> Iterator[Finding]:
    """Production does not live on a made-up database."""
    if clock.is_demonstration() and not settings.DEMO:
        yield Finding("bad", "这是演示库", "this is a demonstration's database", "正式运行请换一个 DATABASE_URL", "give production a DATABASE_URL of its own")


def triggers() -> Iterator[Finding]:
    """Every table refuses writes without an actor."""
    tables = lacking()
    if tables:
        yield Finding("bad", f"{len(tables)} 张表缺少防护触发器：{'、'.join(tables[:5])}", f"{len(tables)} tables lack their guards: {', '.join(tables[:5])}", "bangfu upgrade 会重新装上；并查清是谁去掉的", "bangfu upgrade puts them back; find out who took them off")
    else:
        yield Finding("good", "每张表都有防护触发器", "every table has its guards")


def calendar() -> Iterator[Finding]:
    """This year's holidays are known, and from December on next year's."""
    today, known = clock.today(), published_years()
    wanted = [today.year] + ([today.year + 1] if today.month == 12 else [])
    for year in wanted:
        if year not in known:
            yield Finding("warn", f"没有 {year} 年的放假安排，涉及的期限都标为暂定", f"the holidays of {year} are not known: terms that touch it are provisional", "通知公布后升级 bangfu", "upgrade bangfu after the notice is out")
    if all(year in known for year in wanted):
        yield Finding("good", f"放假安排到 {max(known)} 年", f"holidays are known up to {max(known)}")


def administrators() -> Iterator[Finding]:
    """Somebody administers: three hats, on different heads."""
    held = administrators_on(clock.today())
    for role in ADMINS:
        if role not in held:
            yield Finding("bad", f"没有在任的{role.label}", f"nobody is {role.value} now", "新装用 bangfu accounts first；否则请安全管理员授予", "a new installation: bangfu accounts first; else the security administrator gives the role")


def packs() -> Iterator[Finding]:
    """Each district's pack is there and has no errors, with what the district has signed."""
    folder = policies_folder(None)
    for district in districts():
        if district.place not in places(folder):
            yield Finding("bad", f"{district} 的政策包 {district.place} 不在", f"the pack {district.place} of {district} is missing", "查 areas 的政策包名，或补上文件夹", "mend the name of the pack, or bring its folder")
            continue
        try:
            load_pack(folder, district.place, [(OVERLAY, text)] if (text := overlay_of(district, clock.today())) else [])
            yield Finding("good", f"{district} 的政策包 {district.place} 没有错误", f"the pack {district.place} of {district} has no errors")
        except BangfuError as error:
            first = error.text("zh").splitlines()[0]
            yield Finding("bad", f"政策包 {district.place}：{first}", f"the pack {district.place}: {error.text('en').splitlines()[0]}", "bangfu check 看全部", "bangfu check tells all")


def processes() -> Iterator[Finding]:
    """Worker and recurring work give signs of life."""
    for name, zh, en in (("worker", "后台任务进程", "the worker"), ("recurring", "定时进程", "the recurring process")):
        path = settings.ENVIRONMENT.home / "run" / name
        seen = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC) if path.is_file() else None
        if seen is None or clock.moment() - seen > SILENT:
            yield Finding("warn", f"{zh}没有动静", f"{en} gives no sign of life", "bangfu serve，或 systemctl status bangfu-worker bangfu-recurring", "bangfu serve, or systemctl status bangfu-worker bangfu-recurring")
        else:
            yield Finding("good", f"{zh}在运行", f"{en} runs")


def waiting_jobs() -> Iterator[Finding]:
    """No job waits for long."""
    since = oldest_waiting()
    if since is not None and clock.now() - since > SILENT:
        yield Finding("warn", f"有任务从 {since:%Y-%m-%d %H:%M} 等到现在", f"a job waits since {since:%Y-%m-%d %H:%M}", "看后台任务进程是否在运行", "see whether the worker runs")


def failed_jobs() -> Iterator[Finding]:
    """What the installation asks for by itself was done the last time."""
    for job in standing_failures():
        where = next((str(d) for d in districts() if d.low == job.area_code), "")
        label = f"{label_of(job.kind)}（{where or '全部辖区'}）"
        yield Finding(
            "warn", f"任务“{label}”失败：{job.reason}", f"the job {job.kind} ({where or 'all areas'}) failed: {job.reason}",
            f"系统管理员在“任务”页打开第 {job.pk} 号，看过说明后重试", f"the system administrator opens job {job.pk} on the page of jobs, reads why and tries again",
        )  # fmt: skip


def audit() -> Iterator[Finding]:
    """The sealer keeps up."""
    number = unsealed()
    if number > 10_000:
        yield Finding("warn", f"有 {number} 条审计记录未封存", f"{number} entries of the audit are not sealed", "bangfu audit seal", "bangfu audit seal")
    else:
        yield Finding("good", f"审计未封存 {number} 条", f"{number} entries of the audit not sealed")


def static_files() -> Iterator[Finding]:
    """The files that pages use are gathered."""
    if not (settings.STATIC_ROOT / "staticfiles.json").is_file():
        yield Finding("bad", "网页用的文件没有收集", "the files of the pages are not gathered", "bangfu upgrade", "bangfu upgrade")


def deployment() -> Iterator[Finding]:
    """Django's own check of a deployment finds nothing."""
    if settings.DEMO:
        return
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            call_command("check", deploy=True, fail_level="WARNING", stdout=said, stderr=said)
        yield Finding("good", "部署检查无问题", "the check of the deployment is clean")
    except CommandError as error:
        first = next((line for line in str(error).splitlines() if line.startswith("?") or "(" in line), str(error).splitlines()[0])
        yield Finding("bad", f"部署检查：{first}", f"check of the deployment: {first}", "python -m django check --deploy 看全部", "python -m django check --deploy tells all")
