"""Compile the English catalogues: each ``.po`` of the server into the ``.mo`` that Django reads. Part of ``make setup``.

``--check`` names what would stand in the way of a release: entries without translation, fuzzy ones, and sentences whose
placeholders differ.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import polib

SERVER = Path(__file__).resolve().parents[1] / "src" / "bangfu" / "server"
PLACEHOLDER = re.compile(r"%\([^)]+\)[sd]|%[sd]|\{[^}]*\}")


def faults(path: Path, catalogue: polib.POFile) -> list[str]:
    """Return what is wrong with a catalogue, each with file and line."""
    found = []
    for entry in catalogue:
        said = f"{path.relative_to(SERVER)}:{entry.linenum} {entry.msgid[:40]!r}"
        forms = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        if entry.obsolete:
            continue
        if not all(forms):
            found.append(f"{said}: no translation")
        elif "fuzzy" in entry.flags:
            found.append(f"{said}: fuzzy")
        elif any(set(PLACEHOLDER.findall(form)) != set(PLACEHOLDER.findall(entry.msgid)) for form in forms):
            found.append(f"{said}: placeholders differ")
    return found


def main(arguments: list[str]) -> int:
    """Compile or check all catalogues; return the exit code."""
    wrong: list[str] = []
    for path in sorted(SERVER.glob("*/locale/*/LC_MESSAGES/*.po")):
        catalogue = polib.pofile(str(path))
        wrong += faults(path, catalogue)
        if "--check" not in arguments:
            catalogue.save_as_mofile(str(path.with_suffix(".mo")))
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
