"""A ledger answered by partition gives what the reference gives household by household, whatever the ledger is kept in."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bangfu.rules.engine import Engine
from bangfu.rules.population.answers import compiled, split_entries
from bangfu.rules.population.asking import Asker
from bangfu.rules.population.database import RunError
from bangfu.rules.runners.sql.columns import Known
from tests.rules.engines import ROOT, engine
from tests.rules.population.ledgers import (
    Tables,
    as_cell,
    district,
    heads,
    tables_of,
    together,
    write_csv,
    write_excel,
    write_parquet,
)
from tests.rules.population.runs import DAY, answered, one_by_one, rows_of, spec, spec_tables
from tests.rules.random_households import on


@pytest.mark.slow
@pytest.mark.parametrize(("place", "count"), [("county", 200), ("wuchang", 40)])
def test_a_ledger_is_answered_as_its_households_one_by_one(place: str, count: int, tmp_path: Path) -> None:
    """Status, sum, range and needs of every entitlement, over partitions that cut the ledger in three."""
    rules = engine(place, f"{place}.yaml")
    givens = district(rules, count, on(place))
    ledger = write_parquet(rules.pack, tables_of(rules.pack, givens), tmp_path / "ledger")

    manifest = answered(rules, ledger, tmp_path / "out", on=on(place), undecided=True, part_size=count // 3 + 1)

    expected, needs = one_by_one(rules, givens, on(place), "recorded")
    heads_twice = {row["household"] for row in pq.read_table(tmp_path / "out" / "rejects.parquet").to_pylist()}
    # An organisation is in the ledger even if the household that names it is left out; its own answer stands alone.
    expected = {row for row in expected if row[0] not in heads_twice and row[0] is not None}
    found = {row for row in rows_of(tmp_path / "out") if row[0] is not None}
    assert found == expected
    assert len(found) > 5 * count
    assert {row[4] for row in found} == {"yes", "undecided"}
    said = {(r["entity"], r["row"], r["entry"]): tuple(r["needs"]) for r in pq.read_table(tmp_path / "out" / "entitlements").to_pylist() if r["needs"]}
    assert len(said) > count
    assert {key: needs[key] for key in said} == said
    assert manifest["counts"]["households_asked"] == manifest["counts"]["households"] == count - len(heads_twice)


def test_organisations_are_answered_over_all_their_jobs(tmp_path: Path) -> None:
    """Everybody works at one firm: its loan counts three needy people or more, who live in several partitions."""
    rules = engine("county", "county.yaml")
    givens = district(rules, 12, on("county"), stated=(0.97,), record=False)
    firm = givens[0].of_entity("organisation")[0]
    firm.facts |= {"organisation_kind": "enterprise", "employees": 3}
    for given in givens:
        for row in given.rows:
            row.at = firm.id if row.at else None
            row.facts.pop("relation", None)
            row.facts |= {"household": {"urban_needy_family": True}, "job": {"job_ended": False}}.get(row.entity, {})
            row.facts = {k: v for k, v in row.facts.items() if row.entity != "job" or k in ("started_on", "job_ended")}
        given.rows = [row for row in given.rows if row.entity != "organisation"]
    givens[0].rows.append(firm)
    ledger = write_parquet(rules.pack, tables_of(rules.pack, givens), tmp_path / "ledger")

    manifest = answered(rules, ledger, tmp_path / "out", on=on("county"), undecided=True, part_size=4)

    assert manifest["parts"] == ["organisations", "part-00000", "part-00001", "part-00002"]
    expected, _ = one_by_one(rules, [together(givens)], on("county"), "met")
    assert rows_of(tmp_path / "out") == expected
    assert (None, "organisation", firm.id, "hiring_loan", "yes") in {row[:5] for row in expected}
    assert len(givens) == manifest["counts"]["households"]


@pytest.fixture(scope="module")
def tables() -> Tables:
    """Return a ledger of the small pack."""
    return spec_tables(30)


@pytest.fixture(scope="module")
def plain(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the result of the ledger out of Parquet."""
    folder = tmp_path_factory.mktemp("plain")
    answered(spec(), write_parquet(spec().pack, tables, folder / "ledger"), folder / "out", undecided=True)
    return folder / "out"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_as_parquet_is(tables: Tables, plain: Path, tmp_path: Path, encoding: str) -> None:
    """Dates, yes and no, lists and sums as text, also as Excel writes them on a Chinese computer."""
    answered(spec(), write_csv(tables, tmp_path / "ledger", encoding), tmp_path / "out", undecided=True)

    assert rows_of(tmp_path / "out") == rows_of(plain)
    assert len(rows_of(plain)) > 100


def test_excel_is_read_as_parquet_is(tables: Tables, tmp_path: Path) -> None:
    """The Excel ledger has no sheet for the place, no "at", no empty list and no claim of which nothing is stated: without
    these the answers are the same."""
    less = {name: [{k: v for k, v in row.items() if k != "at" and v != []} for row in rows] for name, rows in tables.items() if name != "place"}
    less = {name: [row for row in rows if name in ("household", "person") or row.keys() - {"id", "of"}] for name, rows in less.items()}
    answered(spec(), write_parquet(spec().pack, less, tmp_path / "ledger"), tmp_path / "a", undecided=True)

    answered(spec(), write_excel(spec().pack, less, tmp_path / "ledger.xlsx"), tmp_path / "b", undecided=True)

    assert rows_of(tmp_path / "b") == rows_of(tmp_path / "a")


def test_sqlite_is_read_as_parquet_is(tables: Tables, plain: Path, tmp_path: Path) -> None:
    """Sums stand as binary numbers, dates as texts, yes and no as 0 and 1; the first rows of a column are often empty."""
    path = tmp_path / "ledger.db"
    with sqlite3.connect(path) as database:
        for name, rows in tables.items():
            columns = heads(rows, name)
            database.execute(f'CREATE TABLE "{name}" ({", ".join(_quoted(c) for c in columns)})')
            database.executemany(f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(columns))})', [[_sqlite(row.get(c)) for c in columns] for row in rows])
        database.execute("CREATE TABLE something_else (id)")
    database.close()

    manifest = answered(spec(), f"sqlite:///{path}", tmp_path / "out", undecided=True)

    assert rows_of(tmp_path / "out") == rows_of(plain)
    assert len(manifest["ledger_fingerprint"]) == 64


def _quoted(name: str) -> str:
    return f'"{name}"'


def _sqlite(value: Any) -> Any:
    if isinstance(value, Fraction):
        return float(value)
    return int(value) if isinstance(value, bool) else as_cell(value) or None


def test_the_same_answers_whatever_the_partitions(tables: Tables, plain: Path, tmp_path: Path) -> None:
    """Partition size and threads leave the content hash alone; a fact changed does not."""
    from bangfu.rules.population.database import Means

    ledger = write_parquet(spec().pack, tables, tmp_path / "ledger")
    cut = answered(spec(), ledger, tmp_path / "cut", undecided=True, part_size=7, means=Means("1GB", 1))
    whole = answered(spec(), ledger, tmp_path / "whole", undecided=True)

    assert cut["content_hash"] == whole["content_hash"]
    assert len(cut["parts"]) > 4
    tables = {**tables, "household": [{**row, "x": Fraction(1)} for row in tables["household"]]}
    other = answered(spec(), write_parquet(spec().pack, tables, tmp_path / "other"), tmp_path / "o", undecided=True)
    assert other["content_hash"] != whole["content_hash"]


def test_totals_add_up_to_the_rows(plain: Path) -> None:
    """By rule and by street the answers and sums are those of the rows; only "yes" and "undecided" are ever written."""
    rows = pq.read_table(plain / "entitlements").to_pylist()

    for name in ("rule", "street"):
        totals = pq.read_table(plain / f"totals_by_{name}.parquet").to_pylist()
        for status in ("yes", "undecided"):
            own = [r for r in rows if r["status"] == status]
            kept = [t for t in totals if t["status"] == status]
            assert sum(t["answers"] for t in kept) == len(own) > 0
            assert sum(t["low_fen"] or 0 for t in kept) == sum(r["low_fen"] or 0 for r in own)
    assert {r["status"] for r in rows} == {"yes", "undecided"}


def test_open_answers_are_written_for_who_is_named(tables: Tables, plain: Path, tmp_path: Path) -> None:
    """All that is granted and, of the undecided answers, those of a table of (row, entry) alone; without totals nothing is added up."""
    every = rows_of(plain)
    some = sorted((row[2], row[3]) for row in every if row[4] == "undecided")[::3]
    pq.write_table(pa.table({"row": [*(row for row, _ in some), "nobody"], "entry": [*(entry for _, entry in some), some[0][1]]}), tmp_path / "named.parquet")
    ledger = write_parquet(spec().pack, tables, tmp_path / "ledger")

    manifest = answered(spec(), ledger, tmp_path / "out", open_of=tmp_path / "named.parquet", totals=False, part_size=7)

    expected = {row for row in every if row[4] == "yes" or (row[2], row[3]) in set(some)}
    assert rows_of(tmp_path / "out") == expected
    assert {row for row in every if row[4] == "undecided"} - expected
    assert "yes" not in manifest["counts"]
    assert not (tmp_path / "out" / "totals_by_rule.parquet").exists()
    assert (tmp_path / "out" / "rejects.parquet").exists()


def test_the_plan_counts_what_each_missing_fact_holds_up(plain: Path) -> None:
    """Answers by need are those of the rows that list it; all households were asked, so the estimate is the count."""
    rows = [r for r in pq.read_table(plain / "entitlements").to_pylist() if r["needs"]]
    plan = pq.read_table(plain / "data_plan.parquet").to_pylist()

    needs = sorted({need for row in rows for need in row["needs"]})
    assert len(needs) > 5
    for need in needs:
        said = [line for line in plan if line["need"] == need]
        assert sum(line["answers"] for line in said) == sum(need in row["needs"] for row in rows)
    assert [line["answers"] for line in plan] == [line["answers_estimated"] for line in plan]


def test_a_plan_over_some_households_says_so(tables: Tables, plain: Path, tmp_path: Path) -> None:
    """With --asked fewer are asked; the estimate is the count times the share."""
    manifest = answered(spec(), write_parquet(spec().pack, tables, tmp_path / "ledger"), tmp_path / "out", asked=10)

    asked, share = manifest["counts"]["households_asked"], manifest["asked_share"]
    assert 0 < asked < 30
    assert share == 333334
    for line in pq.read_table(tmp_path / "out" / "data_plan.parquet").to_pylist():
        assert line["answers_estimated"] == (line["answers"] * 1_000_000 + share // 2) // share
    assert {row[4] for row in rows_of(tmp_path / "out")} == {"yes"}
    summary = (tmp_path / "out" / "summary.zh.md").read_text(encoding="utf-8")
    assert f"问了按编号抽出的 {asked} 户，下面是推算到全部的数" in summary


def test_the_summary_parts_what_households_are_asked_from_what_the_place_owes(plain: Path) -> None:
    """Each missing thing stands in one of two tables with who gives it; what a gate may settle names the gate; numbers are those of the plan."""
    plan = pq.read_table(plain / "data_plan.parquet").to_pylist()
    text = (plain / "summary.zh.md").read_text(encoding="utf-8")
    asked, owed = (part.split("\n## ")[0] for part in text.split("### 要向住户和有关部门收集的")[1].split("### 要本地定的"))

    def rows(part: str) -> dict[str, list[str]]:
        cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("| ") and "`" in line]
        return {row[1].strip("`"): row for row in cells}

    givers = {line["need"]: line["given_by"] for line in plan}
    assert rows(asked)
    assert rows(owed)
    assert {givers[name] == "place" for name in rows(asked)} == {False}
    assert {givers[name] for name in rows(owed)} == {"place"}
    for name, row in (rows(asked) | rows(owed)).items():
        assert row[4] == f"{sum(line['answers'] for line in plan if line['need'] == name):,}"
    facts = spec().pack.vocabulary.facts
    gated = [name for name in rows(asked) if name in facts and facts[name].gate]
    assert all("先问“" in rows(asked)[name][0] for name in gated)
    assert "抽出" not in text


def test_a_difference_between_the_runners_stops_the_run(tables: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fen of difference is a fault of the program, named with entry and row; no result is left."""
    ends = Asker._ends
    monkeypatch.setattr(Asker, "_ends", lambda self, value, entry: tuple(None if e is None else e + 1 for e in ends(self, value, entry)))

    with pytest.raises(RunError, match="differently: reference"):
        answered(spec(), write_parquet(spec().pack, tables, tmp_path / "ledger"), tmp_path / "out")

    assert not (tmp_path / "out" / "manifest.json").exists()


def test_a_lapsed_document_grants_nothing_new(tmp_path: Path) -> None:
    """After the last day the rows are marked as not in force, and the manifest says since when."""
    rules: Engine = engine("wuchang", "wuchang.yaml")
    givens = district(rules, 3, on("wuchang"))
    ledger = write_parquet(rules.pack, tables_of(rules.pack, givens), tmp_path / "ledger")

    import datetime as dt

    manifest = answered(rules, ledger, tmp_path / "out", on=dt.date(2024, 10, 8))

    rows = pq.read_table(tmp_path / "out" / "entitlements").to_pylist()
    own = {e.id for e in rules.pack.entries.values() if e.place == "wuchang"}
    marks = {r["in_force"] for r in rows if r["entry"] in own and r["entity"] in ("person", "household")}
    assert marks == {False}
    assert manifest["lapsed_since"] == "2024-10-07"


def test_the_page_of_tables_names_every_table_and_column(plain: Path) -> None:
    """Every entity of the shipped vocabulary, every column of every file of a result, every key of the counts' file."""
    import re

    page = (ROOT / "docs" / "analyst" / "tables.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+)`", page))
    columns = {name for file in plain.rglob("*.parquet") for name in pq.read_schema(file).names}

    assert len(columns) > 40
    # Labels, the plan's two estimates and a total's keys stand in the page as words or under their stem.
    assert {c for c in columns - named if not c.startswith(("label_", "group_"))} == set()
    assert set(engine("county").pack.vocabulary.entities) - named == set()


@pytest.fixture
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of a throw-away PostgreSQL."""
    from tests.rules.population.postgres import cluster

    with cluster() as address:
        yield address


@pytest.mark.slow
@pytest.mark.needs("postgresql")
def test_postgres_is_read_as_parquet_is(tables: Tables, plain: Path, tmp_path: Path, postgres: str) -> None:
    """Numeric, date, boolean and text[] columns."""
    from tests.rules.population.postgres import load

    load(spec().pack, tables, postgres)

    manifest = answered(spec(), postgres, tmp_path / "out", undecided=True)

    assert rows_of(tmp_path / "out") == rows_of(plain)
    assert manifest["ledger"].startswith("postgresql://")




def partly_stated(rules: Engine, place: str, count: int) -> tuple[list[Any], Tables]:
    """Return households of which each tells of some collections only, and their ledger with the column that says which."""
    givens = district(rules, count, on(place))
    tables = tables_of(rules.pack, givens)
    owners = {e.collection: e.id for e in rules.pack.vocabulary.entities.values() if e.collection and e.id not in ("household", "person", "organisation")}
    for number, given in enumerate(givens):
        dropped = {name for bit, name in enumerate(sorted(owners)) if (number >> bit % 3) & 1 and not any(row.entity == owners[name] for row in given.rows)}
        given.collections = set(given.collections) - dropped
        if number % 4 == 0 and not given.record:
            given.record = None
        names = sorted(given.collections - {"households"}) + (["record"] if given.record is not None else [])
        home = given.of_entity("household")[0].id
        next(row for row in tables["household"] if row["id"] == home)["stated"] = ";".join(names)
    tables.setdefault("record", [])
    return givens, tables


@pytest.mark.slow
def test_each_household_may_say_what_is_stated_of_it(tmp_path: Path) -> None:
    """What one household listed and another did not is none here and unknown there, in SQL as in the reference."""
    rules = engine("county", "county.yaml")
    givens, tables = partly_stated(rules, "county", 120)
    ledger = write_parquet(rules.pack, tables, tmp_path / "ledger")

    manifest = answered(rules, ledger, tmp_path / "out", on=on("county"), undecided=True, part_size=50, basis="met")

    expected, _ = one_by_one(rules, givens, on("county"), "met")
    left_out = {row["household"] for row in pq.read_table(tmp_path / "out" / "rejects.parquet").to_pylist()}
    found = {row for row in rows_of(tmp_path / "out") if row[0] is not None}
    assert found == {row for row in expected if row[0] not in left_out and row[0] is not None}
    assert manifest["counts"]["households_asked"] == 120 - len(left_out)
    assert len({row.get("stated") for row in tables["household"]}) > 8


def test_a_collection_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    """A household that lists what is no collection is left out, with the word it wrote."""
    tables = spec_tables(4)
    tables["household"][0]["stated"] = "members;no_such_thing"
    ledger = write_parquet(spec().pack, tables, tmp_path / "ledger")

    answered(spec(), ledger, tmp_path / "out")

    rejects = pq.read_table(tmp_path / "out" / "rejects.parquet").to_pylist()
    assert [(r["column"], r["value"]) for r in rejects if r["code"] == "code"] == [("stated", "no_such_thing")]


def test_a_program_is_compiled_once_for_the_same_content() -> None:
    """Two loads of one pack share it; another day, basis or ledger has its own."""
    one, two = spec(), Engine(spec().pack)
    names = split_entries(one).homes
    known = Known(frozenset(), frozenset(), {})

    first = compiled(one, DAY, names, "met", known, set())

    assert compiled(two, DAY, names, "met", Known(frozenset(), frozenset(), {}), set()) is first
    assert compiled(one, DAY.replace(year=2023), names, "met", known, set()) is not first
    assert compiled(one, DAY, names, "recorded", known, set()) is not first
    assert compiled(one, DAY, names, "met", known, set(), dialect="spark") is not first
    assert compiled(one, DAY, names, "met", Known(frozenset({("rows_person", "up")}), frozenset(), {}), set()) is not first
