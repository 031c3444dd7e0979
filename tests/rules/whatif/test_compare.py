"""Two results held against each other: what each kind of change counts as, on rows small enough to read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bangfu.rules.whatif.compare import by_group, classes, compare_results, most_changed, spread, unsure

SCHEMA = pa.schema([
    *((name, pa.string()) for name in ("household", "street", "community", "entity", "row", "owner", "entry", "kind", "status")),
    ("low_fen", pa.int64()), ("high_fen", pa.int64()), ("share_low", pa.decimal128(18, 6)), ("unit", pa.string()), ("every", pa.string()),
])  # fmt: skip
Rows = list[tuple[Any, ...]]


def month(low: int | None, high: int | None = None, status: str = "yes") -> dict[str, Any]:
    """Return a monthly sum in fen."""
    return {"entry": "relief", "kind": "cash", "status": status, "low_fen": low, "high_fen": low if high is None else high, "unit": "元/户·月", "every": "month"}


def claim(low: int) -> dict[str, Any]:
    """Return what is paid for a claim."""
    return {"entry": "bill", "kind": "waiver", "status": "yes", "low_fen": low, "high_fen": low, "unit": "元/次", "every": None}


SERVICE = {"entry": "meals", "kind": "service", "status": "yes", "unit": "", "every": "standing"}
GROUP = {"entry": "dibao", "kind": "recognition", "status": "yes", "unit": "", "every": None}
CASES: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]], str, int, int]] = {
    # household: (before, after, class, regular a year, event)
    "same": ([month(900_00), GROUP], [month(900_00), GROUP], "none", 0, 0),
    "more": ([month(900_00), GROUP], [month(930_00), GROUP], "gain", 30_00 * 12, 0),
    "new": ([], [month(100_00), GROUP], "gain", 100_00 * 12, 0),
    "less": ([month(900_00)], [month(890_00)], "lose", -10_00 * 12, 0),
    "gone": ([month(900_00), claim(50_00)], [], "lose", -900_00 * 12, -50_00),
    "both": ([month(900_00), claim(50_00)], [month(930_00)], "mixed", 30_00 * 12, -50_00),
    "claim": ([claim(50_00)], [claim(60_00)], "gain", 0, 10_00),
    "meals": ([], [SERVICE], "kind_gain", 0, 0),
    "no_meals": ([SERVICE], [], "kind_lose", 0, 0),
    "undecided": ([], [month(100_00, status="undecided")], "open", 0, 0),
    "settled": ([month(100_00, status="undecided")], [month(100_00)], "gain", 100_00 * 12, 0),
    "unknown": ([month(900_00)], [{**month(None), "high_fen": None}], "lose", -900_00 * 12, 0),
    "range": ([month(100_00, 800_00)], [month(100_00, 900_00)], "gain", 0, 0),
    "group": ([], [GROUP], "none", 0, 0),
}  # fmt: skip


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Return a connection after the comparison; households are dealt out over two partitions."""
    out = tmp_path_factory.mktemp("whatif")
    parts = [f"part-{place:05}" for place in range(2)]
    for side, at in (("base", 0), ("variant", 1)):
        (out / side / "entitlements").mkdir(parents=True)
        for place, part in enumerate(parts):
            rows = [
                {"household": name, "street": "甲街", "entity": "household", "row": name, "owner": name, **row}
                for number, (name, case) in enumerate(CASES.items()) if number % 2 == place for row in case[at]
            ]  # fmt: skip
            pq.write_table(pa.Table.from_pylist(rows, SCHEMA), out / side / "entitlements" / f"{part}.parquet")
    connection = duckdb.connect()
    compare_results(connection, out, parts)
    yield connection
    connection.close()


@pytest.mark.parametrize("name", CASES)
def test_a_household_is_of_one_class(name: str, compared: Any) -> None:
    """More, less, both, only help in kind, only open answers; a household without a line is not there."""
    found = compared.execute("SELECT class, regular, event FROM home WHERE household = ?", [name]).fetchone()

    *_, kind, regular, event = CASES[name]
    assert (found or ("none", 0, 0)) == (kind, regular, event)
    assert (found is None) == (name == "same")


def test_classes_add_up_to_all_households(compared: Any) -> None:
    """A hundred households of which fourteen stand in the results: the others are unchanged."""
    found = classes(compared, 100)

    expected = [case[2] for case in CASES.values()]
    assert sum(found.values()) == 100
    assert {name: count for name, count in found.items() if name != "none"} == {name: expected.count(name) for name in found if name != "none"}
    assert found["none"] == 100 - sum(name != "none" for name in expected)


def test_groups_are_those_of_before_or_after(compared: Any) -> None:
    """Four households hold the recognition before or after: two gain; ten do not, and eighty-six have no row."""
    found = {row["group"]: row for row in by_group(compared, 100)}

    assert found["dibao"] | {"households": 4, "gain": 2, "lose": 0, "regular": (30_00 + 100_00) * 12} == found["dibao"]
    assert found[""] | {"households": 96, "gain": 3, "lose": 3, "mixed": 1} == found[""]
    assert sum(row["households"] for row in found.values()) == 100


def test_the_spread_counts_both_directions(compared: Any) -> None:
    """360 元 a year more twice, 1,200 twice; 120 less once, 10,800 less twice."""
    found = {(row["above"], row["to"]): row["households"] for row in spread(compared) if row["households"]}

    assert found == {(100, 500): 2, (1_000, 2_000): 2, (-500, -100): 1, (None, -10_000): 2}
    assert [row["to"] for row in spread(compared)][-1] is None
    assert unsure(compared) == 2  # settled, unknown


def test_the_most_changed_come_with_their_lines(compared: Any) -> None:
    """Largest first, by what repeats or by the event; a tie goes by the id."""
    found = most_changed(compared, 3)

    assert [home["household"] for home in found] == ["gone", "unknown", "new"]
    assert [(line["entry"], line["low_before"], line["low_after"]) for line in found[0]["lines"]] == [("bill", 50_00, None), ("relief", 900_00, None)]
    assert most_changed(compared, 0) == []


def test_a_side_without_a_partition_has_nothing_in_it(tmp_path: Path) -> None:
    """An organisation's partition that only one pack has counts as all gained."""
    for side in ("base", "variant"):
        (tmp_path / side / "entitlements").mkdir(parents=True)
    row = {"household": None, "entity": "organisation", "row": "F", "owner": "F", **claim(10_00)}
    pq.write_table(pa.Table.from_pylist([row], SCHEMA), tmp_path / "variant" / "entitlements" / "organisations.parquet")
    connection = duckdb.connect()

    compare_results(connection, tmp_path, ["organisations"])

    assert connection.execute("SELECT status_before, status_after, low_after FROM line").fetchall() == [("no", "yes", 10_00)]
    assert connection.execute("SELECT count(*) FROM home").fetchone() == (0,)
