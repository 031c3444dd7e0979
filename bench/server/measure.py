"""Measure the server on a filled PostgreSQL: pages under load, requests a second beside a bare Django page, import, the night.

usage: bench/server/run.sh [--households 100000] [--seconds 120] [--out bench/results-server.md]
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import os
import platform
import resource
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from setting import DAY, OFFICERS, PASSWORD, ready

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
LOCUST = ROOT / ".venv-load/bin/locust"
USERS, THINK = 20, 4
GUNICORN = ["--workers", "2", "--threads", "8", "--keep-alive", "5", "--no-control-socket", "--log-level", "warning"]
BUDGETS = {"household page": 300, "list with filters": 300, "search by name": 300, "self-check step: page": 150, "self-check step: answer": 150}
FILTERS = ("age=old", "age=minor&size=4", "trait=has_disability", "size=1&age=very_old", "record=some", "record=unknown&trait=in_school", "trait=single_parent_family&size=2", "conflict=1", "")
WARM_SECONDS = 25
IMPORTED, IMPORT_BUDGET, NIGHT_BUDGET = int(os.environ.get("BENCH_IMPORT", "10000")), 60, 60
PLACE = "wuchang"


@dataclass(frozen=True, slots=True)
class Load:
    """What one run of the load tool gave."""

    rows: list[dict[str, str]]
    failures: list[dict[str, str]]
    cpu: float
    said: str

    def row(self, name: str) -> dict[str, str] | None:
        """Return the figures of one kind of request."""
        return next((row for row in self.rows if row["Name"] == name), None)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass(frozen=True, slots=True)
class Server:
    """A web server at work."""

    host: str
    pid: int

    def cpu(self) -> float:
        """Return the processor seconds of all its processes so far."""
        ticks = 0
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                name, _, rest = path.read_text().rpartition(")")
            except OSError:
                continue
            parts = rest.split()
            if self.pid in (int(name.split()[0]), int(parts[1])):
                ticks += int(parts[11]) + int(parts[12])
        return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(application: str, port: int, folder: Path) -> Iterator[Server]:
    """Serve a WSGI application with the flags of our units while the block lasts."""
    command = [sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}", *GUNICORN]
    with (folder / "gunicorn.log").open("w") as log:
        running = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{HERE}"})
        try:
            address = f"http://127.0.0.1:{port}"
            for _ in range(600):
                try:
                    urllib.request.urlopen(f"{address}/", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.2)
            yield Server(address, running.pid)
        finally:
            running.terminate()
            running.wait(30)


def load(folder: Path, users: int, seconds: int, **surroundings: str) -> Load:
    """Let the load tool run; return its figures and the share of one processor that it took itself."""
    stem, before, begun = folder / f"load-{time.monotonic_ns()}", resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [str(LOCUST), "-f", str(HERE / "users.py"), "--headless", "-u", str(users), "-r", "2", "-t", f"{seconds}s", "--csv", str(stem), "--only-summary",
               "--reset-stats", "--loglevel", "ERROR"]  # fmt: skip
    ended = subprocess.run(command, env={**os.environ, **surroundings}, capture_output=True, text=True, check=False)
    took, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    rows, failures = (list(csv.DictReader(Path(f"{stem}_{kind}.csv").read_text(encoding="utf-8").splitlines())) for kind in ("stats", "failures"))
    if not rows:
        raise RuntimeError(ended.stderr[-2000:])
    return Load(rows, failures, (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / took, ended.stderr[-2000:])


def given(folder: Path, host: str) -> Path:
    """Write down for the load tool what it asks for: addresses by ``reverse``, officers, names, filters."""
    from django.urls import reverse

    from bangfu.server.demonstration.staff import secret_for
    from bangfu.server.registry.models import Person

    people = list(Person.objects.order_by("pk").values_list("name", "pinyin", "initials")[: 4000 : 40])  # scope: the bench reads all
    names = [words for name, pinyin, initials in people for words in (name, name[:2], pinyin, initials) if len(words) > 1]
    urls = {
        "login": reverse("account_login"), "second": reverse("mfa_authenticate"), "households": reverse("desk:households"),
        "people": reverse("portal:people", args=[PLACE]), "result": reverse("portal:result", args=[PLACE]),
    }  # fmt: skip
    officers = [{"username": f"officer{n:02d}", "secret": secret_for(f"officer{n:02d}")} for n in range(1, OFFICERS + 1)]
    path = folder / "given.json"
    path.write_text(json.dumps({"host": host, "urls": urls, "officers": officers, "password": PASSWORD, "names": names, "filters": FILTERS}, ensure_ascii=False), encoding="utf-8")
    return path


def pages(folder: Path, seconds: int) -> Iterator[str]:
    """Yield the table of pages under twenty users, and of requests a second without thinking beside a bare page."""
    with served("bangfu.server.wsgi:application", free_port(), folder) as server:
        time.sleep(WARM_SECONDS)
        told = str(given(folder, server.host))
        load(folder, USERS, 45, BENCH_GIVEN=told, BENCH_THINK="1")
        before = server.cpu()
        found = load(folder, USERS, seconds, BENCH_GIVEN=told, BENCH_THINK=str(THINK))
        lacking = [name for name in BUDGETS if found.row(name) is None]
        if lacking:
            raise RuntimeError(f"nobody asked for {lacking}: {found.said}")
        each = 1000 * (server.cpu() - before) / max(1, int(found.rows[-1]["Request Count"]))
        yield f"{USERS} users, {THINK} s mean think time, {seconds} s. The web server took {each:.0f} ms of processor time a request, without the database's; the load tool itself took {found.cpu:.0%} of one processor.\n"
        yield from _table(found)
        ours = load(folder, 8, 20, BENCH_GIVEN=told, BENCH_ONE=f"/p/{PLACE}/check/")
    with served("bare:application", free_port(), folder) as server:
        bare = load(folder, 8, 20, BENCH_GIVEN=str(_moved(folder, server.host)), BENCH_ONE="/")
    rates = [float(run.row("one")["Requests/s"]) for run in (ours, bare)]  # type: ignore[index]
    yield f"\nRequests a second with 8 connections and no thinking: the first page of the self-check {rates[0]:.0f}, a bare Django page {rates[1]:.0f} (ratio {rates[1] / rates[0]:.1f}); the load tool took {ours.cpu:.0%} and {bare.cpu:.0%} of one processor.\n"


def _moved(folder: Path, host: str) -> Path:
    told = json.loads((folder / "given.json").read_text(encoding="utf-8"))
    path = folder / "bare.json"
    path.write_text(json.dumps({**told, "host": host}), encoding="utf-8")
    return path


def _table(found: Load) -> Iterator[str]:
    yield "| request | number | failures | median ms | p95 ms | p99 ms | budget p95 | |"
    yield "|---|--:|--:|--:|--:|--:|--:|---|"
    for row in found.rows:
        name, budget = row["Name"], BUDGETS.get(row["Name"])
        if name == "Aggregated":
            continue
        held = "" if budget is None else "held" if float(row["95%"]) < budget else "**missed**"
        yield f"| {name} | {row['Request Count']} | {row['Failure Count']} | {row['50%']} | {row['95%']} | {row['99%']} | {budget or ''} | {held} |"
    if found.failures:
        yield ""
        yield from (f"- failed {row['Occurrences']} times: {row['Name']}: {row['Error']}" for row in found.failures)


def imported(folder: Path) -> str:
    """Import a ledger of new households as its officer would; return the line for the table."""
    from ledger_book import write_ledger

    from bangfu.server.areas.models import Area
    from bangfu.server.assessment.engines import engine_of
    from bangfu.server.audit.acting import acting_as
    from bangfu.server.audit.models import Actor
    from bangfu.server.jobs import running
    from bangfu.server.jobs.models import Job
    from bangfu.server.registry import import_actions
    from bangfu.server.registry.enums import Source
    from bangfu.server.registry.import_models import ImportRun

    path = folder / "ledger.xlsx"
    people = write_ledger(engine_of(PLACE), IMPORTED, path)
    district, officer = Area.objects.get(code="420106"), Actor.objects.get(name="示例4")
    begun, busy = time.perf_counter(), time.process_time()
    with acting_as(officer):
        run = import_actions.upload(import_actions.Upload(district, "台账.xlsx", path.read_bytes(), DAY, Source.DECLARED))
    running.run(run.check_job or 0)
    run.refresh_from_db()
    checked = time.perf_counter()
    with acting_as(officer):
        job = import_actions.confirm(run)
    running.run(job.pk)
    done = time.perf_counter()
    told, kept = Job.objects.get(pk=job.pk).result, ImportRun.objects.get(pk=run.pk)
    took = done - checked
    return f"| import of {told.get('new', 0):,} households ({people:,} people; {kept.report['faulty']} kept out) | {took:.0f} s, dry run before {checked - begun:.0f} s; {time.process_time() - busy:.0f} s of processor time besides the database's | {IMPORT_BUDGET} s | {'held' if took < IMPORT_BUDGET else '**missed**'} |"


def night() -> str:
    """Answer the whole register as the night does; return the line for the table."""
    from bangfu.server.areas.models import Area
    from bangfu.server.assessment.models import NightlyRun
    from bangfu.server.assessment.nightly import ask_nightly
    from bangfu.server.audit.acting import acting_as, system_actor
    from bangfu.server.jobs import running
    from bangfu.server.jobs.models import Job

    district = Area.objects.get(code="420106")
    with acting_as(system_actor("夜间测算")):
        job = ask_nightly(district, DAY)
    begun, busy = time.perf_counter(), time.process_time()
    running.run(job.pk)
    took, spent, done = time.perf_counter() - begun, time.process_time() - busy, Job.objects.get(pk=job.pk)
    if done.status != "done":
        return f"| nightly run | failed: {done.reason} | {NIGHT_BUDGET} s | **missed** |"
    people = NightlyRun.objects.get(district=district, on=DAY).people
    return f"| nightly run of {people:,} people | {took:.0f} s; {spent:.0f} s of processor time besides the database's | {NIGHT_BUDGET} s | {'held' if took < NIGHT_BUDGET else '**missed**'} |"


def machine() -> str:
    """Return what was measured on."""
    import django
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        server = cursor.fetchone()[0].split()[0]
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), platform.machine())
    busy = os.getloadavg()[1]
    return f"{model}, {os.cpu_count()} processors (load average of the last 5 minutes: {busy:.1f}), Python {platform.python_version()}, Django {django.__version__}, PostgreSQL {server} without fsync"


def main() -> None:
    """Fill, measure, write the page."""
    said = argparse.ArgumentParser()
    said.add_argument("--households", type=int, default=100_000)
    said.add_argument("--seconds", type=int, default=120)
    said.add_argument("--out", type=Path, default=ROOT / "bench/results-server.md")
    said.add_argument("--filled", action="store_true", help="the database is filled already")
    said.add_argument("--parts", default="pages,import,night")
    asked = said.parse_args()
    lines = ["# The server under load", "", f"Measured on {dt.datetime.now(dt.UTC):%Y-%m-%d} by `bench/server/run.sh`. Figures of one run; a shared machine makes them worse, never better.", ""]
    if asked.filled:
        ready()
    else:
        from filling import fill

        rows = fill(asked.households)
        lines.append("Filled: " + ", ".join(f"{name} {count:,}" for name, count in rows.items()) + ".")
    lines += ["", machine() + ".", ""]
    with tempfile.TemporaryDirectory() as name:
        folder, parts = Path(name), asked.parts.split(",")
        if "pages" in parts:
            lines += list(pages(folder, asked.seconds))
        work = [line for part, line in (("import", lambda: imported(folder)), ("night", night)) if part in parts for line in [line()]]
        if work:
            lines += ["", "| work | took | budget | |", "|---|--:|--:|---|", *work]
    text = "\n".join(lines) + "\n"
    asked.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
