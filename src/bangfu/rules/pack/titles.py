"""The places of a policies folder with their titles, read without loading the packs."""

from __future__ import annotations

from pathlib import Path

from bangfu.rules.errors import Fault
from bangfu.rules.yaml_source import Map, read_yaml_file


def place_titles(folder: Path) -> dict[str, tuple[str, str]]:
    """Return place → (title in Chinese and English, area code)."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted(folder.glob("*/document.yaml")):
        faults: list[Fault] = []
        content = read_yaml_file(path, path.name, faults)
        if isinstance(content, Map) and path.parent.name != "cn":
            found[path.parent.name] = (str(content.get("title", path.parent.name)), str(content.get("area", "")))
    return found
