"""Backup and restore, the doctor, the first accounts and the key ceremony: what an operator types, typed."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bangfu.cli.setting_up import setup_faults
from bangfu.rules.errors import UsageError
from bangfu.server.keys import KeyProblemError
from bangfu.server.shares import fingerprint, join, make_share, open_share
from tests.conftest import PROOFS, ROOT
from tests.server.ops.surroundings import QUICK_PASSWORDS, bangfu, fresh, python

FILL = """
import datetime as dt, sys, django; django.setup()
""" + QUICK_PASSWORDS + """
from bangfu.server.calendar.published import set_business_date
from bangfu.server.demonstration.staff import make_areas, make_staff
from bangfu.server.installation import bring_up_to_date
from bangfu.server.audit.acting import acting_as, system_actor
from bangfu.server.areas.models import Area
from bangfu.server.registry.actions import NewPerson, add_person, open_household
from django.conf import settings
bring_up_to_date(demo=True)
with acting_as(system_actor("演示")):
    set_business_date(dt.date(2023, 9, 15))
    areas = make_areas()
    make_staff(areas)
    area = areas["柴东社区"]
    for n in range(int(sys.argv[1])):
        household = open_household(area, f"测试路{n}号", dt.date(2023, 9, 15))
        add_person(household, NewPerson(f"人{n}", "self", "11010519491231002X" if n == 0 else "", dt.date(1949, 12, 31)), dt.date(2023, 9, 15))
(settings.ENVIRONMENT.files / "aa").mkdir()
(settings.ENVIRONMENT.files / "aa" / "scan.pdf").write_bytes(b"%PDF-1.7 made up")
"""
WRITE = """
import django, time; django.setup()
from bangfu.server.audit.acting import acting_as, system_actor
from bangfu.server.audit.actions import record
from bangfu.server.areas.models import Area
area, n = Area.objects.first(), 0
while True:
    with acting_as(system_actor("演示")):
        record("drill.row", of=area, details={"n": n})
    print(n, flush=True)
    n += 1
    time.sleep(0.01)
"""
TELL = """
import django, json; django.setup()
from django.apps import apps
from django.conf import settings
from bangfu.server.audit.models import Entry
from bangfu.server.registry.identity import reveal_id_number
from bangfu.server.registry.models import Person
rows = {m._meta.label: m.objects.count() for c in apps.get_app_configs() if c.name in settings.DOMAIN_APPS for m in c.get_models()}
drill = list(Entry.objects.filter(action="drill.row").order_by("pk").values_list("details", flat=True))
number = reveal_id_number(Person.objects.exclude(id_cipher=None).get(name="人0"))
print(json.dumps({"rows": rows, "drill": [d["n"] for d in drill], "number": number}))
"""


def said(env: dict[str, str], script: str, *words: str) -> Any:
    """Return what a script prints as JSON."""
    out = python(env, "-c", script, *words).stdout
    return json.loads(out) if out.strip() else None


@pytest.mark.slow
@pytest.mark.proof
def test_a_backup_under_writes_comes_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """While somebody writes: back up, lose the machine, restore elsewhere. All that was committed before the backup is there."""
    count = 5000 if PROOFS else 20
    with fresh(tmp_path / "home", "bangfu_drill", BANGFU_DEMO="1") as env, fresh(tmp_path / "new", "bangfu_drill2", bare=True, BANGFU_DEMO="1") as new:
        said(env, FILL, str(count))
        writer = subprocess.Popen([sys.executable, "-c", WRITE], env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        committed = [int(writer.stdout.readline()) for _ in range(30)][-1]
        start = time.monotonic()
        bangfu(env, "backup", str(tmp_path / "b"), "--keys", str(tmp_path / "k"))
        backed_up = time.monotonic() - start
        writer.kill()
        last = max(int(line) for line in writer.communicate()[0].splitlines() or [committed])
        before = said(env, TELL)
        shutil.rmtree(tmp_path / "home")
        start = time.monotonic()
        restored = bangfu(new, "restore", str(tmp_path / "b"), "--keys", str(tmp_path / "k"))
        took = time.monotonic() - start
        after = said(new, TELL)
        assert "0 " in restored.stdout
        assert (tmp_path / "new" / "static" / "staticfiles.json").is_file()
        assert after["drill"][: committed + 1] == list(range(committed + 1))
        assert after["drill"] == list(range(len(after["drill"])))
        grows = {"audit.Entry"}
        assert {k: v for k, v in after["rows"].items() if k not in grows} == {k: v for k, v in before["rows"].items() if k not in grows}
        assert after["number"] == "11010519491231002X"
        assert (tmp_path / "new" / "files" / "aa" / "scan.pdf").read_bytes() == b"%PDF-1.7 made up"
        again = bangfu(new, "restore", str(tmp_path / "b"), "--keys", str(tmp_path / "k"), check=False)
        assert (again.returncode, "Traceback" in again.stderr) == (2, False)
        with capsys.disabled():
            lost = last + 1 - len(after["drill"])
            print(f"\ndrill: {count} households; backup {backed_up:.1f} s, restore {took:.1f} s; lost: {lost} rows written after the backup began, 0 before")


def test_a_damaged_backup_is_refused(tmp_path: Path) -> None:
    """A changed byte, a missing manifest, keys beside the data: each is a sentence, and nothing is written."""
    with fresh(tmp_path / "home", "bangfu_damage", BANGFU_DEMO="1") as env, fresh(tmp_path / "new", "bangfu_damage2", bare=True, BANGFU_DEMO="1") as new:
        said(env, FILL, "1")
        beside = bangfu(env, "backup", str(tmp_path / "b"), "--keys", str(tmp_path / "b" / "keys"), check=False)
        assert beside.returncode == 2
        bangfu(env, "backup", str(tmp_path / "b"), "--keys", str(tmp_path / "k"))
        assert bangfu(env, "backup", str(tmp_path / "b"), "--keys", str(tmp_path / "k2"), check=False).returncode == 2
        assert not list((tmp_path / "b").rglob("*.key"))
        scan = tmp_path / "b" / "files" / "aa" / "scan.pdf"
        scan.write_bytes(b"changed")
        changed = bangfu(new, "restore", str(tmp_path / "b"), "--keys", str(tmp_path / "k"), check=False)
        assert (changed.returncode, "scan.pdf" in changed.stderr, "Traceback" in changed.stderr) == (2, True, False)
        (tmp_path / "b" / "manifest.json").unlink()
        cut = bangfu(new, "restore", str(tmp_path / "b"), "--keys", str(tmp_path / "k"), check=False)
        assert (cut.returncode, "manifest.json" in cut.stderr) == (2, True)
        assert not (tmp_path / "new").exists()


@pytest.mark.slow
def test_a_new_installation_from_ceremony_to_doctor(tmp_path: Path) -> None:
    """Production without keys does not start; after the ceremony and the first accounts the doctor finds nothing wrong but the processes."""
    with fresh(tmp_path / "home", "bangfu_new") as env:
        refused = bangfu(env, "serve", "--port", "8999", check=False)
        assert (refused.returncode, "bangfu keys share" in refused.stderr) == (2, True)
        for name in ("a", "b"):
            make_share(tmp_path / name, f"custodian {name} says so")
        script = "import sys; from click.testing import CliRunner; from bangfu.cli import cli; r = CliRunner().invoke(cli, sys.argv[2:], input=sys.argv[1], standalone_mode=False); print(r.output); sys.exit(1 if r.exception else 0)"
        both = "custodian a says so\ncustodian b says so\n"
        python(env, "-c", script, both, "--lang", "en", "keys", "new", str(tmp_path / "a"), str(tmp_path / "b"))
        bangfu(env, "upgrade")
        bad = bangfu(env, "doctor", check=False)
        assert bad.returncode == 1
        assert "accounts first" in bad.stdout
        made = bangfu(env, "accounts", "first", "--code", "420106", "--name", "武昌区", "--place", "wuchang").stdout
        assert all(name in made for name in ("sysadmin", "secadmin", "auditadmin"))
        assert bangfu(env, "accounts", "first", "--code", "420106", "--name", "武昌区", "--place", "wuchang", check=False).returncode == 2
        good = bangfu(env, "doctor", "--lang", "en")
        assert "Nothing is wrong" in good.stdout
        assert "the worker gives no sign of life" in good.stdout
        if "DATABASE_URL" not in env:
            with sqlite3.connect(tmp_path / "home" / "bangfu.sqlite3") as raw:
                raw.execute("DROP TRIGGER bangfu_guard_delete_areas_area")
            assert "areas_area" in bangfu(env, "doctor", check=False).stdout
        bangfu(env, "audit", "seal")
        bangfu(env, "audit", "head", "--to", str(tmp_path / "heads"))
        assert "0" in bangfu(env, "audit", "verify", "--head", str(tmp_path / "heads")).stdout
        (tmp_path / "heads").write_text((tmp_path / "heads").read_text().replace('"sm3": "', '"sm3": "0'), encoding="utf-8")
        assert bangfu(env, "audit", "verify", "--head", str(tmp_path / "heads"), check=False).returncode == 1
        assert bangfu(env, "demo", "advance", "3", "--home", str(tmp_path / "home"), check=False).returncode == 2


def test_one_share_alone_makes_no_key(tmp_path: Path) -> None:
    """Both are needed, with their passphrases; the same two always make the same keys; a share is not overwritten."""
    first, second, third = tmp_path / "1", tmp_path / "2", tmp_path / "3"
    for path in (first, second, third):
        make_share(path, f"a long passphrase {path.name}")
    one, two, three = (open_share(path, f"a long passphrase {path.name}") for path in (first, second, third))
    assert join(one, two) == join(two, one)
    assert join(one, two) != join(one, three)
    assert len({fingerprint(key) for key in (*join(one, two), *join(one, three))}) == 4
    with pytest.raises(KeyProblemError, match="wrong passphrase"):
        open_share(first, "a long passphrase 2")
    with pytest.raises(KeyProblemError, match="same"):
        join(one, one)
    with pytest.raises(KeyProblemError, match="not overwritten"):
        make_share(first, "another long passphrase")
    with pytest.raises(KeyProblemError, match="at least 12"):
        make_share(tmp_path / "4", "short")
    first.write_text("{}", encoding="utf-8")
    with pytest.raises(KeyProblemError, match="no share"):
        open_share(first, "a long passphrase 1")
    assert oct(os.stat(second).st_mode)[-3:] == "600"


SHARE = "import sys; from click.testing import CliRunner; from bangfu.cli import cli; r = CliRunner().invoke(cli, ['keys', 'share', sys.argv[1]], input=sys.argv[2], standalone_mode=False); print(r.output, r.exception)"


def test_a_custodian_needs_no_installation(tmp_path: Path) -> None:
    """A share is made on any computer and leaves nothing else; two different passphrases are asked for again; no folder is a sentence."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("BANGFU_", "DJANGO_", "DATABASE_URL"))}

    def share(where: str, *typed: str) -> str:
        return subprocess.run([sys.executable, "-c", SHARE, where, "".join(f"{text}\n" for text in typed)], env=env, cwd=tmp_path, text=True, capture_output=True, check=True).stdout

    one, other = "custodian one says so", "custodian one says no"
    assert "两次输入的口令不一样" in share("a.share", one, other, one, one)
    assert [path.name for path in tmp_path.iterdir()] == ["a.share"]
    assert open_share(tmp_path / "a.share", one)
    assert "make it, or plug the drive in" in share("drive/b.share", one, one)


def test_a_refused_right_names_the_user_it_lacks() -> None:
    """Commands run as the user of the service: the message says who must be let in, and where."""
    with pytest.raises(UsageError, match=r"user \S+ may not read or write /backup/1: give it") as refused, setup_faults():
        raise PermissionError(13, "denied", "/backup/1")
    assert "属主" in refused.value.zh


def test_demo_stays_a_command_of_its_own() -> None:
    """Without a further word it assesses the examples as before."""
    from bangfu.cli import cli

    done = CliRunner().invoke(cli, ["demo", "--place", "wuchang"], standalone_mode=False)
    assert (done.exit_code, done.exception) == (0, None)
    assert len(done.output) > 200
