"""Loading: files that places share are read once, and nothing of one pack shows in another."""

from __future__ import annotations

import gc
import shutil
from pathlib import Path

import pytest

from bangfu.rules.errors import PackError
from bangfu.rules.pack.load import load_pack, read_pack
from tests.rules.engines import POLICIES

SPEC = Path(__file__).parent / "spec" / "policies"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Copy the example folder, to be changed."""
    return Path(shutil.copytree(SPEC, tmp_path / "policies"))


def figure(folder: Path) -> object:
    """Return the line of low income as a pack of the folder has it, in fen."""
    return load_pack(folder, "spec").entries["low_income"].figures["line"].versions[0].value.low


def test_a_changed_file_is_seen(folder: Path) -> None:
    """What is kept is kept by its text: the next load of a changed file reads it anew."""
    assert figure(folder) == 600 * 100
    path = folder / "spec" / "02-recognition.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("{line: 600 元", "{line: 610 元"), encoding="utf-8")
    assert figure(folder) == 610 * 100


def test_faults_are_found_at_every_load(folder: Path) -> None:
    """A file with a fault has it the second time too."""
    path = folder / "spec" / "02-recognition.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "chapter: twice | twice\n", encoding="utf-8")
    faults = [[fault for fault in read_pack(folder, "spec")[1] if fault.code == "YAML-REPEATED"] for _ in range(2)]
    assert len(faults[0]) == 1
    assert faults[0] == faults[1]


def test_what_an_overlay_sets_stays_in_its_pack() -> None:
    """A value that an overlay sets in a shared file is missing in the packs loaded before and after."""
    name = "place.yaml"
    overlay = "place: jiaxing\nvalues:\n  - {set: rebuilding_fund.sources.0.amount, value: 100 万元, from: 2022-01-01, source: 自拟（仅供测试）, said_by: 测试}\n"

    def source(*overlays: tuple[str, str]) -> object:
        return load_pack(POLICIES, "jiaxing", list(overlays)).entries["rebuilding_fund"].raw["sources"][0]["amount"]

    written = source()
    assert str(written).startswith("missing")
    assert source((name, overlay)) == "100 万元"
    assert source() == written
    assert source((name, overlay)) == "100 万元"


def test_a_shared_file_refuses_to_be_changed() -> None:
    """Who would change what several packs read is told so at once."""
    raw = load_pack(SPEC, "spec").entries["low_income"].raw
    for change in (lambda: raw.__setitem__("note", "x"), lambda: raw.update(note="x"), lambda: raw.pop("note")):
        with pytest.raises(TypeError, match="shared between packs"):
            change()


def test_the_collector_is_on_after_loading(folder: Path) -> None:
    """Loading leaves the collector as it was, faults or none."""
    assert gc.isenabled()
    load_pack(folder, "spec")
    assert gc.isenabled()
    (folder / "spec" / "02-recognition.yaml").write_text("chapter: [", encoding="utf-8")
    with pytest.raises(PackError):
        load_pack(folder, "spec")
    assert gc.isenabled()
    gc.disable()
    try:
        load_pack(SPEC, "spec")
        assert not gc.isenabled()
    finally:
        gc.enable()
