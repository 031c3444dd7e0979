"""Hold modules and tests to 600 lines; a written list of exceptions may only shrink.

``scripts/file_length.txt`` holds one ``path lines`` a row: a file that is longer, and how long it may be. A listed
file that grows fails. One that got shorter fails too, until its row says so: that is how the list shrinks.
"""

from __future__ import annotations

import sys
from pathlib import Path

LINES_MAX = 600
FOLDERS = ("src", "tests", "scripts", "bench")
LIST_NAME = "scripts/file_length.txt"


def lengths(root: Path) -> dict[str, int]:
    """Return the number of lines of every Python file, by path from ``root``."""
    return {
        path.relative_to(root).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for folder in FOLDERS
        for path in sorted((root / folder).rglob("*.py"))
    }


def exceptions(root: Path) -> dict[str, int]:
    """Return the written exceptions: path and lines allowed."""
    rows = (root / LIST_NAME).read_text(encoding="utf-8").splitlines()
    pairs = [row.split() for row in rows if row.strip() and not row.startswith("#")]
    return {path: int(lines) for path, lines in pairs}


def complaints(found: dict[str, int], allowed: dict[str, int]) -> list[str]:
    """Return what is wrong, a sentence a file, with what to do."""
    said = []
    for path, lines in found.items():
        most = allowed.get(path, LINES_MAX)
        if lines > most:
            said.append(f"{path}: {lines} lines, at most {most}: split it by concept")
        elif path in allowed and lines <= LINES_MAX:
            said.append(f"{path}: {lines} lines, no exception is needed any more: take its row out of {LIST_NAME}")
        elif path in allowed and lines < most:
            said.append(f"{path}: {lines} lines, its row says {most}: write {lines} in {LIST_NAME}")
    said += [f"{path}: there is no such file: take its row out of {LIST_NAME}" for path in allowed if path not in found]
    return said


def main() -> int:
    """Print the complaints; exit 1 if there are any."""
    root = Path(__file__).resolve().parents[1]
    found = lengths(root)
    said = complaints(found, exceptions(root))
    print("\n".join(said) if said else f"file lengths: {len(found)} files, none over its limit")
    return 1 if said or not found else 0


if __name__ == "__main__":
    sys.exit(main())
