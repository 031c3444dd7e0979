"""Cells whose value Excel did not leave in the file: formulas never worked out, and errors such as ``#REF!``.

The reader gives both as empty cells, and an empty cell means "not known": so they are looked for in the sheet itself.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

_CELL = re.compile(rb'<c\b([^>]*?)(?:/>|>(.*?)</c>)', re.DOTALL)
_PLACE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_VALUE = re.compile(rb"<v>([^<]+)</v>")
_NAME, _REL = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}sheet", "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_CHUNK = 4_000_000


def cells_without_value(path: Path, titles: tuple[str, ...]) -> Iterator[tuple[str, int, int, str]]:
    """Yield (sheet, row, column, error) of such cells in the sheets named; ``error`` is empty for a formula. Other formats than .xlsx have none."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as packed:
        for title, part in _parts(packed):
            if title in titles and part in packed.namelist():
                for row, column, error in _cells(packed, part):
                    yield title, row, column, error


def _parts(packed: zipfile.ZipFile) -> list[tuple[str, str]]:
    """Return (sheet's title, its part of the package)."""
    try:
        book = ElementTree.fromstring(packed.read("xl/workbook.xml"))
        rels = ElementTree.fromstring(packed.read("xl/_rels/workbook.xml.rels"))
    except (KeyError, ElementTree.ParseError):
        return []
    targets = {rel.get("Id"): str(rel.get("Target")) for rel in rels}
    found = []
    for sheet in book.iter(_NAME):
        target = targets.get(sheet.get(_REL), "")
        found.append((str(sheet.get("name")), target.lstrip("/") if target.startswith("/") else f"xl/{target}"))
    return found


def _cells(packed: zipfile.ZipFile, part: str) -> Iterator[tuple[int, int, str]]:
    rest = b""
    with packed.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            text = rest + chunk
            end = text.rfind(b"</c>") + 4 if b"</c>" in text else 0
            if b"<f" in text or b't="e"' in text:
                yield from _found(text[:end])
            rest = text[end:][-_CHUNK:]


def _found(text: bytes) -> Iterator[tuple[int, int, str]]:
    for head, body in _CELL.findall(text):
        error = b't="e"' in head
        value = _VALUE.search(body)
        place = _PLACE.search(head)
        if place is not None and (error or (b"<f" in body and value is None and b"<is>" not in body)):
            yield int(place[2]), _column(place[1].decode()), value[1].decode("utf-8", "replace") if error and value is not None else "#" if error else ""


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
