"""The units of ``docs/operate/systemd``: systemd reads them, what they start is there, and the walls are the same for all."""

from __future__ import annotations

import configparser
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.one_database
SYSTEMD = ROOT / "docs" / "operate" / "systemd"
UNITS = sorted(SYSTEMD.glob("*.service"))


def unit(path: Path) -> configparser.ConfigParser:
    """Return a unit as systemd would read it: nothing in ours is stated twice."""
    read = configparser.ConfigParser(interpolation=None, strict=True)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read_string(path.read_text(encoding="utf-8"))
    return read


def command(path: Path) -> list[str]:
    """Return what a unit starts, in this environment instead of ``/opt/bangfu``."""
    words = shlex.split(unit(path)["Service"]["ExecStart"])
    return [words[0].replace("/opt/bangfu/bin", str(Path(sys.executable).parent)), *words[1:]]


def test_units_start_what_is_there() -> None:
    """Every command exists, every module can be found, and the target wants each unit."""
    assert len(UNITS) == 3
    target = unit(SYSTEMD / "bangfu.target")["Unit"]["Wants"].split()
    assert sorted(target) == [path.name for path in UNITS]
    for path in UNITS:
        words = command(path)
        assert Path(words[0]).is_file(), words[0]
        if "-m" in words:
            module = words[words.index("-m") + 1]
            assert find_spec(module) is not None, module
        assert unit(path)["Unit"]["PartOf"] == "bangfu.target"
        assert unit(path)["Service"]["EnvironmentFile"] == "/etc/bangfu.env"


def test_units_are_closed_in() -> None:
    """All three stand behind the same walls; none can write to the keys."""
    walls = [{k: v for k, v in unit(path)["Service"].items() if k not in ("ExecStart", "TimeoutStopSec")} for path in UNITS]
    assert walls[0] == walls[1] == walls[2]
    assert walls[0]["ReadWritePaths"] == "/var/lib/bangfu"
    assert (walls[0]["NoNewPrivileges"], walls[0]["ProtectSystem"], walls[0]["CapabilityBoundingSet"]) == ("yes", "strict", "")


@pytest.mark.needs("systemd")
def test_systemd_reads_the_units_without_a_word(tmp_path: Path) -> None:
    """Verified beneath a folder that stands in for a machine on which bangfu is installed; an unknown key is told."""
    system, programs = tmp_path / "etc/systemd/system", tmp_path / "opt/bangfu/bin"
    for folder in (system, programs, tmp_path / "usr/lib"):
        folder.mkdir(parents=True)
    shutil.copytree("/usr/lib/systemd/system", tmp_path / "usr/lib/systemd/system", symlinks=True)
    (tmp_path / "lib").symlink_to("usr/lib")
    (tmp_path / "etc/passwd").write_text("bangfu:x:990:990::/:/bin/false\n", encoding="utf-8")
    for name in ("python", "gunicorn"):
        shutil.copy("/bin/true", programs / name)
    shutil.copytree(SYSTEMD, system, dirs_exist_ok=True)
    verify = ["systemd-analyze", "verify", "--man=no", f"--root={tmp_path}", "bangfu.target", *(path.name for path in UNITS)]
    read = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert (read.returncode, read.stderr) == (0, "")
    web = system / "bangfu-web.service"
    web.write_text(web.read_text(encoding="utf-8").replace("PrivateTmp=", "PrivateTemp="), encoding="utf-8")
    assert "PrivateTemp" in subprocess.run(verify, capture_output=True, text=True, check=False).stderr
