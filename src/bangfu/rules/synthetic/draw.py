"""Draws by a keyed hash of (seed, id, field), as integer SQL: the same row on every platform, version and chunk size.

The id is a whole number below 2^31. Each field has six constants out of MD5 of "seed/table/field"; three rounds of
"xor a constant, multiply, take the rest by the prime 2^31 - 1" stay inside int64 and use no state.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

PRIME = 2_147_483_647
MOST_KEY = 2**31


@dataclass(frozen=True, slots=True)
class Dice:
    """The draws of one table; ``key`` is the SQL of a row's number."""

    seed: int
    table: str
    key: str = "key"

    def roll(self, field: str) -> str:
        """Return the SQL of a number from 0 to 2^31 - 2."""
        found = f"({self.key})::BIGINT"
        for xor, times in _constants(f"{self.seed}/{self.table}/{field}"):
            found = f"(xor({found}, {xor}) * {times} % {PRIME})"
        return found

    def chance(self, field: str, percent: str | float) -> str:
        """Return the SQL of a yes with a probability in percent (to a millionth)."""
        return f"({self.roll(field)} < {_part(float(percent) / 100)})"

    def even(self, field: str, low: str | int, high: str | int, step: int = 1) -> str:
        """Return the SQL of a whole number from low to high in steps; both ends may be SQL, high below low gives low."""
        if isinstance(low, int) and isinstance(high, int):
            return f"({low} + {step} * ({self.roll(field)} % {(max(high - low, 0)) // step + 1}))"
        return f"(({low}) + {step} * ({self.roll(field)} % (greatest(({high}) - ({low}), 0) // {step} + 1)))"

    def pick(self, field: str, weights: dict[str, float]) -> str:
        """Return the SQL of one of some texts by weight."""
        roll, total, below, rows = self.roll(field), sum(weights.values()), 0.0, []
        names = list(weights)
        for name in names[:-1]:
            below += weights[name]
            rows.append(f"WHEN {roll} < {_part(below / total)} THEN {text(name)}")
        return f"(CASE {' '.join(rows)} ELSE {text(names[-1])} END)" if rows else text(names[-1])

    def bands(self, field: str, bands: list[list[int]], step: int = 1) -> str:
        """Return the SQL of a number out of [weight, low, high] bands, even inside each."""
        roll, total, below, rows = self.roll(field), sum(b[0] for b in bands), 0.0, []
        for weight, low, high in bands:
            below += weight
            inside = self.even(f"{field}/inside", low, high, step)
            rows.append(f"WHEN {roll} < {_part(below / total)} THEN {inside}" if below < total else f"ELSE {inside}")
        return f"(CASE {' '.join(rows)} END)" if len(rows) > 1 else inside


def text(value: str) -> str:
    """Return an SQL text literal."""
    return "'" + value.replace("'", "''") + "'"


def _part(share: float) -> int:
    """Return how many of the prime's numbers are a share; millionths decide, so that no platform rounds otherwise."""
    return round(share * 1_000_000) * PRIME // 1_000_000


def _constants(name: str) -> list[tuple[int, int]]:
    found = hashlib.md5(name.encode(), usedforsecurity=False).digest() + hashlib.md5(
        f"{name}/2".encode(), usedforsecurity=False
    ).digest()
    words = [int.from_bytes(found[at : at + 4], "big") >> 1 for at in range(0, 24, 4)]
    return [(words[at], words[at + 1] % (PRIME - 2**30) + 2**30) for at in (0, 2, 4)]
