"""A made-up district: the same rows from the same seed, documented lines, files that nobody mistakes for a result."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import duckdb
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


PARTS = {
    "what is inside and outside the catalogue": ("self_funded", "in_scope_cost"),
    "who pays": ("paid_basic", "paid_serious", "paid_medical_aid", "paid_other_cover"),
    "what the patient pays": ("self_funded", "in_scope_own_share"),
    "fees": ("treatment_fee", "registration_fee", "bed_fee", "nursing_fee", "surgery_fee", "observation_fee", "medicine_cost", "test_cost"),
    "items of the scheme": ("scheme_free_items", "scheme_half_items"),
    "the pooled fund's part": ("eligible_inpatient_cost",),
}


@pytest.mark.parametrize("testing", [False, True])
@pytest.mark.parametrize("seed", [1, 7])
def test_the_parts_of_a_bill_are_no_more_than_the_whole(seed: int, testing: bool, tmp_path: Path) -> None:
    """However it is taken apart; nobody pays more of their own than their household does, and what an insurer sends fits too."""
    place = engine("wuchang")
    write_district(place, district_of(place, seed, DAY, testing=testing), Order(6000), tmp_path / "d")
    read = {name: f"read_parquet('{tmp_path}/d/{name}.parquet')" for name in ("medical_bill", "person", "household", "feeds/insurance")}
    found = duckdb.connect()
    count = found.execute(f"SELECT count(*) FROM {read['medical_bill']} WHERE total_cost IS NOT NULL").fetchone()
    assert count is not None
    assert count[0] > 1000
    for name, parts in PARTS.items():
        total = " + ".join(f"coalesce({part}, 0)" for part in parts)
        assert found.execute(f"SELECT id, total_cost, {total} FROM {read['medical_bill']} WHERE {total} > total_cost").fetchall() == [], name
    assert found.execute(f"SELECT * FROM {read['feeds/insurance']} WHERE paid_basic > total_cost").fetchall() == []
    own = f"SELECT \"of\" AS id, sum(self_paid_medical_year) AS own FROM {read['person']} GROUP BY 1"
    assert found.execute(f"SELECT * FROM {read['household']} JOIN ({own}) USING (id) WHERE own > self_paid_medical_12m").fetchall() == []


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
