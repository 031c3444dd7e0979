"""The wheel carries policies and examples, and answers outside the checkout without network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command in a bare environment and return what it prints."""
    env = {"PATH": os.defpath, "HOME": str(cwd), "LANG": "C.UTF-8", "PIP_CONFIG_FILE": os.devnull}
    done = subprocess.run([str(word) for word in command], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=root)
    return next(folder.glob("bangfu-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel outside the checkout, its dependencies lent by this environment; return the bin folder."""
    home = tmp_path_factory.mktemp("elsewhere")
    run(sys.executable, "-m", "venv", "env", cwd=home)
    site = next((home / "env" / "lib").glob("python*/site-packages"))
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    pip = [home / "env/bin/python", "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--ignore-installed"]
    run(*pip, "--find-links", wheel.parent, "bangfu", cwd=home)
    return home / "env" / "bin"


def test_wheel_carries_every_policy_file(root: Path, wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("policies", "examples"):
        expected = {f"bangfu/{path.relative_to(root).as_posix()}" for path in (root / folder).rglob("*.yaml")}
        assert expected, folder
        assert expected - inside == set()
    assert any(name.endswith("licenses/LICENSE") for name in inside)
    assert [name for name in inside if name.startswith(("tests/", "scripts/"))] == []


def test_operators_install_by_lines_that_pip_takes(root: Path) -> None:
    """With ``--require-hashes`` pip refuses a file that has no hash, as a wheel of one's own has none: two lines, not one."""
    lines = [line for page in ("install.md", "upgrade.md") for line in (root / "docs/operate" / page).read_text(encoding="utf-8").splitlines() if "bin/pip install" in line]
    assert [("--require-hashes -r server.txt" in line, "bangfu-*.whl" in line and "--no-deps" in line) for line in lines] == 2 * [(True, False), (False, True)]


def test_installed_command_says_its_version(installed: Path, tmp_path: Path) -> None:
    assert run(installed / "bangfu", "--version", cwd=tmp_path).startswith("bangfu, version ")


def test_installed_package_reads_its_own_policies(installed: Path, tmp_path: Path) -> None:
    code = "from bangfu.rules.policies_folder import policies_folder; print(policies_folder())"
    found = Path(run(installed / "python", "-c", code, cwd=tmp_path).strip())
    assert found.is_relative_to(installed.parent)
    assert found.parts[-2:] == ("bangfu", "policies")


def test_installed_command_answers_as_the_checkout_does(installed: Path, root: Path, tmp_path: Path) -> None:
    example = sorted((root / "examples").glob("*.yaml"))[0]
    (tmp_path / "household.yaml").write_bytes(example.read_bytes())
    command = ["assess", "household.yaml", "--on", "2022-06-30", "--json"]
    here = run(Path(sys.executable).parent / "bangfu", *command, cwd=tmp_path)
    assert len(json.loads(here)) > 1
    assert run(installed / "bangfu", *command, cwd=tmp_path) == here
