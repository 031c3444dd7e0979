"""The policies folder: the one named, else the variable's, else the checkout's, else the installed one."""

from pathlib import Path

import pytest

from bangfu.rules import policies_folder as module
from bangfu.rules.errors import UsageError
from bangfu.rules.policies_folder import policies_folder, shipped


@pytest.fixture(autouse=True)
def no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start without the variable."""
    monkeypatch.delenv("BANGFU_POLICIES", raising=False)


def made(folder: Path) -> Path:
    """Make a folder that passes for a policies folder."""
    (folder / "vocabulary").mkdir(parents=True)
    return folder


def test_checkout_is_used_when_nothing_is_named(root: Path) -> None:
    assert policies_folder() == root / "policies"


def test_named_folder_wins_over_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named, other = made(tmp_path / "named"), made(tmp_path / "other")
    monkeypatch.setenv("BANGFU_POLICIES", str(other))
    assert policies_folder() == other
    assert policies_folder(named) == named


@pytest.mark.parametrize("by_variable", [True, False])
def test_folder_without_vocabulary_is_refused_and_never_replaced(
    by_variable: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong name must not fall back to another folder in silence."""
    monkeypatch.setenv("BANGFU_POLICIES", str(tmp_path) if by_variable else "")
    with pytest.raises(UsageError) as caught:
        policies_folder(None if by_variable else tmp_path)
    assert caught.value.text("zh") == f"“{tmp_path}”不是政策文件夹：里面应有 vocabulary 和各地文件夹"
    assert caught.value.text("en").startswith(f'"{tmp_path}" is no policies folder')


def test_installed_package_uses_its_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project that installed bangfu may have a policies folder of its own: it is not ours."""
    (tmp_path / "pyproject.toml").touch()
    made(tmp_path / "policies")
    package = tmp_path / "site-packages" / "bangfu"
    own = made(package / "policies")
    monkeypatch.setattr(module, "__file__", str(package / "rules" / "policies_folder.py"))
    assert policies_folder() == own


def test_missing_folder_names_the_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "__file__", str(tmp_path / "bangfu" / "rules" / "policies_folder.py"))
    with pytest.raises(UsageError, match="--policies"):
        shipped("policies")
