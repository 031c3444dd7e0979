"""Cadences, clocks, terms and sums that an entry leaves ``missing`` outside its figures: where they stand, what may be set.

An address is the path of keys inside the entry; a row of a list goes by its ``id`` (``relief_procedure.steps.publish.runs``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bangfu.rules.pack.model import PERIODS, Entry
from bangfu.rules.units import QuantityError, parse_quantity, parse_unit
from bangfu.rules.yaml_source import List, Map

_TEXTS = ("label", "note", "because", "asks", "takes", "other", "content", "does", "says", "figures", "readings")


@dataclass(frozen=True, slots=True)
class OpenSetting:
    """One missing value: its ``address`` inside the entry, its ``key``, the ``unit`` it is written in ("" for none)."""

    address: str
    key: str
    unit: str
    holder: Map

    def set(self, value: Any) -> None:
        """Put a value in.

        Raises:
            QuantityError: The value is no period, or has another unit.
        """
        self._fits(value)
        self.holder[self.key] = str(value)

    def _fits(self, value: Any) -> None:
        if self.key in ("every", "renews"):
            if value not in PERIODS or value == "missing":
                known = "、".join(p for p in PERIODS if p != "missing")
                raise QuantityError(f"“{value}”不是周期；可用 {known}", f'"{value}" is no period; known: {", ".join(PERIODS)}')
            return
        found = parse_quantity(str(value).split(" after ")[0])
        if self.unit and found.unit != parse_unit(self.unit)[0]:
            raise QuantityError(f"“{value}”的单位应为 {self.unit}", f'"{value}" must be in {self.unit}')


def address_exists(entry: Entry, address: str) -> bool:
    """Tell whether the path of an address stands in the entry (rows by their ``id`` or number; a last part may be a word of a value)."""
    here: object = entry.raw
    for part in address.split("."):
        if isinstance(here, Map):
            if part in here:
                here = here[part]
                continue
            return False
        if isinstance(here, List):
            named = [row for row in here if isinstance(row, Map) and row.get("id") == part]
            if named:
                here = named[0]
            elif part.isdigit() and int(part) < len(here):
                here = here[int(part)]
            else:
                return False
            continue
        return bool(here is not None and part in str(here))
    return True


def open_settings(entry: Entry) -> dict[str, OpenSetting]:
    """Return address → setting of all that an entry leaves open outside its figures, in the order of the file."""
    found = {s.address: s for s in _walk(entry.raw, ())}
    return {address: setting for address, setting in found.items() if address not in entry.figures}


def _walk(value: Any, path: tuple[str, ...]) -> Iterator[OpenSetting]:
    if isinstance(value, Map):
        for key, child in value.items():
            if key in _TEXTS:
                continue
            if isinstance(child, str) and (child == "missing" or child.startswith("missing ")):
                yield OpenSetting(".".join((*path, key)), key, child.removeprefix("missing").split(" after ")[0].strip(), value)
            else:
                yield from _walk(child, (*path, key))
    elif isinstance(value, List):
        for place, child in enumerate(value):
            named = isinstance(child, Map) and "id" in child
            yield from _walk(child, (*path, str(child["id"]) if named else str(place)))
