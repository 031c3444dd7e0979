"""A made-up district: the same rows from the same seed, documented lines, files that nobody mistakes for a result."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from bangfu.rules.errors import UsageError
from bangfu.rules.runners.sql.back_ends import connect
from bangfu.rules.synthetic.draw import Dice
from bangfu.rules.synthetic.load import distributions
from bangfu.rules.synthetic.write import Order, district_of, write_district
from tests.rules.engines import engine

DAY = dt.date(2024, 6, 30)


def content(folder: Path) -> str:
    """Return a hash over all rows of all tables, whatever their order."""
    lines = sorted(f"{path.relative_to(folder)} {row}" for path in folder.rglob("*.parquet") for row in pq.read_table(path).to_pylist())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def made(folder: Path, seed: int, **more: int) -> Path:
    """Write a small district and return its folder."""
    write_district(engine("county"), district_of(engine("county"), seed, DAY), Order(300, **more), folder)  # type: ignore[arg-type]
    return folder


@pytest.mark.slow
def test_the_same_seed_gives_the_same_rows(tmp_path: Path) -> None:
    """Chunks and threads change nothing; another seed changes the rows."""
    first = content(made(tmp_path / "a", 3))

    assert content(made(tmp_path / "b", 3, chunk=37, threads=1)) == first
    assert content(made(tmp_path / "c", 4)) != first


def test_a_draw_is_fixed_for_ever() -> None:
    """The rolls of a known key, worked out here in plain Python: no platform or version may change them."""
    constants = hashlib.md5(b"5/person/works", usedforsecurity=False).digest() + hashlib.md5(b"5/person/works/2", usedforsecurity=False).digest()
    words = [int.from_bytes(constants[at : at + 4], "big") // 2 for at in range(0, 24, 4)]
    expected = 1234
    for xor, times in ((words[0], words[1]), (words[2], words[3]), (words[4], words[5])):
        expected = (expected ^ xor) * (times % (2**30 - 1) + 2**30) % (2**31 - 1)

    assert connect().execute(f"SELECT {Dice(5, 'person', '1234').roll('works')}").fetchone() == (expected,)


def test_draws_are_even_and_apart() -> None:
    """Over 100,000 rows a tenth is a tenth, and two fields know nothing of each other (bounds: five deviations)."""
    dice = Dice(1, "person", "n")
    both = connect().execute(
        f"SELECT count(*) FILTER (a), count(*) FILTER (a AND b) FROM (SELECT {dice.chance('a', 10)} AS a, {dice.chance('b', 50)} AS b FROM range(100000) AS r(n))"
    ).fetchone()

    assert abs(both[0] - 10_000) < 5 * 95
    assert abs(both[1] - 5_000) < 5 * 69


def test_every_fact_has_a_line() -> None:
    """What rules may read is drawn, but ID numbers: a made-up one with a right check digit may be somebody's."""
    lines = distributions().lines
    missing = {f.id for f in engine("county").pack.vocabulary.facts.values() if f.entity != "place" and f.id not in lines[f.entity]}

    assert missing == {"id_card"}


@pytest.mark.slow
def test_people_are_plausible(tmp_path: Path) -> None:
    """The census: mean household 2.62, 0-14 17.95 %, 60 and over 18.70 %, within 0.1 and three points."""
    said = write_district(engine("county"), district_of(engine("county"), 1, DAY), Order(20_000), tmp_path / "a")
    born = pq.read_table(tmp_path / "a" / "person.parquet", columns=["birth_date"]).column(0).drop_null().to_pylist()

    def share(low: int, high: int) -> float:
        return 100 * sum(low <= (DAY - day).days / 365.2425 < high for day in born) / len(born)

    assert abs(said["people"] / said["households"] - 2.62) < 0.1
    assert abs(share(0, 15) - 17.95) < 3
    assert abs(share(60, 150) - 18.70) < 3


@pytest.mark.parametrize("people", [0, 10**9])
def test_a_wrong_order_writes_nothing(people: int, tmp_path: Path) -> None:
    """Too few and too many people are refused before anything is made."""
    with pytest.raises(UsageError, match="--people"):
        write_district(engine("county"), district_of(engine("county"), 1, DAY), Order(people), tmp_path / "a")

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_is_kept(tmp_path: Path) -> None:
    """Nothing is overwritten."""
    (tmp_path / "mine.txt").write_text("mine")

    with pytest.raises(UsageError, match="not overwritten"):
        write_district(engine("county"), district_of(engine("county"), 1, DAY), Order(10), tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
