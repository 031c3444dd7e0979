"""The repository agrees with itself: licence, pins, file lengths, directions, targets."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from scripts import file_length

BIN = Path(sys.executable).parent
PINS = ("runtime", "dev", "spark", "bench")


def run(*command: str | Path, cwd: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command and keep what it says."""
    return subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False, **options)


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, Any]:
    """Return what ``pyproject.toml`` holds."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def pinned(root: Path, name: str) -> dict[str, set[str]]:
    """Return the versions that a requirements file pins, by name; several where markers differ."""
    rows = re.findall(r"^([\w.-]+)==(\S+)", (root / f"requirements/{name}.txt").read_text(encoding="utf-8"), re.MULTILINE)
    found: dict[str, set[str]] = {}
    for package, version in rows:
        found.setdefault(plain(package), set()).add(version)
    return found


def plain(requirement: str) -> str:
    """Return a requirement's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[<>=!~\[; ]", requirement)[0]).lower()


def test_licence_is_apache(root: Path, project: dict[str, Any]) -> None:
    text = (root / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert project["project"]["license"] == "Apache-2.0"


@pytest.mark.parametrize("name", PINS)
def test_pins_are_hashed_and_name_no_host(name: str, root: Path) -> None:
    """A pin without host works behind any mirror and from a folder of wheels."""
    text = (root / f"requirements/{name}.txt").read_text(encoding="utf-8")
    assert not re.search(r"://|index-url|find-links|trusted-host|@ file", text)
    requirements = re.split(r"\n(?=\S)", text.strip())
    assert requirements
    assert [part.split()[0] for part in requirements if "--hash=sha256:" not in part] == []


def test_pins_hold_what_pyproject_asks_for(root: Path, project: dict[str, Any]) -> None:
    runtime = {plain(each) for each in project["project"]["dependencies"]}
    dev = {plain(each) for each in project["dependency-groups"]["dev"]}
    assert runtime - pinned(root, "runtime").keys() == set()
    assert dev - pinned(root, "dev").keys() == set()


@pytest.mark.parametrize("name", ["dev", "spark", "bench"])
def test_environments_hold_the_same_versions_as_the_runtime(name: str, root: Path) -> None:
    runtime, other = pinned(root, "runtime"), pinned(root, name)
    assert {package: other.get(package) for package in runtime} == runtime


def test_agpl_peer_stays_in_the_bench(root: Path) -> None:
    assert "openfisca-core" in pinned(root, "bench")
    assert "openfisca-core" not in {**pinned(root, "dev"), **pinned(root, "runtime")}


def test_every_dependency_says_why(root: Path) -> None:
    lines = (root / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    dependencies = [line for line in lines if re.match(r'    "[\w.-]+[<>=]', line)]
    assert len(dependencies) > 10
    assert [line for line in dependencies if "  # " not in line] == []


def test_no_file_is_over_its_length(root: Path) -> None:
    found = file_length.lengths(root)
    assert len(found) > 50
    assert file_length.complaints(found, file_length.exceptions(root)) == []


@pytest.mark.parametrize(
    ("found", "allowed", "said"),
    [
        ({"a.py": 600}, {}, ""),
        ({"a.py": 601}, {}, "a.py: 601 lines, at most 600: split it by concept"),
        ({"a.py": 700}, {"a.py": 700}, ""),
        ({"a.py": 701}, {"a.py": 700}, "a.py: 701 lines, at most 700: split it by concept"),
        ({"a.py": 699}, {"a.py": 700}, "a.py: 699 lines, its row says 700: write 699"),
        ({"a.py": 600}, {"a.py": 700}, "a.py: 600 lines, no exception is needed any more"),
        ({}, {"a.py": 700}, "a.py: there is no such file"),
    ],
)
def test_length_list_may_only_shrink(found: dict[str, int], allowed: dict[str, int], said: str) -> None:
    complaints = file_length.complaints(found, allowed)
    assert len(complaints) == bool(said)
    assert "".join(complaints).startswith(said)


def test_rules_that_ask_the_clock_are_refused(root: Path) -> None:
    source = "import datetime as dt\n\nNOW = dt.datetime.now(dt.UTC)\n"
    check = [BIN / "ruff", "check", "--no-cache", "--output-format=concise", "--select=TID251", "--stdin-filename"]
    refused = run(*check, "src/bangfu/rules/x.py", "-", cwd=root, input=source)
    assert refused.returncode == 1
    assert "take the date asked as an argument" in refused.stdout
    assert run(*check, "src/bangfu/cli/x.py", "-", cwd=root, input=source).returncode == 0


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("rules/values.py", "import bangfu.cli", "The rules know nothing of the command line or the server"),
        ("rules/values.py", "import django", "The rules know no web framework"),
        ("rules/language/nodes.py", "import bangfu.rules.runners.python.run", "The language knows no runner"),
    ],
)
def test_import_in_the_wrong_direction_is_refused(module: str, line: str, contract: str, root: Path, tmp_path: Path) -> None:
    """One deliberate violation of each contract, in a copy."""
    shutil.copytree(root / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "pyproject.toml", tmp_path)
    with (tmp_path / "src/bangfu" / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    lint = run(BIN / "lint-imports", "--no-cache", cwd=tmp_path, env={"PYTHONPATH": str(tmp_path / "src")})
    assert lint.returncode == 1
    assert f"{contract} BROKEN" in lint.stdout


@pytest.mark.needs("make")
def test_every_target_is_explained(root: Path) -> None:
    targets = re.search(r"^\.PHONY: (.*)$", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert targets is not None
    said = run("make", "--no-print-directory", "help", cwd=root).stdout
    assert [name for name in targets[1].split() if f"make {name} " not in said] == []


def test_shell_scripts_can_be_run(root: Path) -> None:
    for name in (".ci/run", "bench/run.sh"):
        assert (root / name).stat().st_mode & 0o100, name
        assert run("bash", "-n", root / name, cwd=root).returncode == 0, name


@pytest.mark.xdist_group("repository")
def test_tests_of_one_group_run_in_one_process(request: pytest.FixtureRequest) -> None:
    """xdist shares tests out by the end of their names: a group that is not there is no group."""
    assert request.node.nodeid.endswith("@repository") == getattr(request.config.option, "loadgroup", False)


def test_connections_that_leave_the_machine_are_refused() -> None:
    with socket.socket() as outward, pytest.raises(AssertionError, match="must not reach the network"):
        outward.connect(("192.0.2.1", 80))  # an address kept for documentation
