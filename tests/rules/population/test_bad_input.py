"""A ledger that is off: what, where and why is said in both languages, and no folder is mistaken for a result."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bangfu.rules.errors import BangfuError, HouseholdError, UsageError
from tests.rules.engines import engine
from tests.rules.population.ledgers import Tables, write_csv, write_excel, write_parquet
from tests.rules.population.runs import DAY, answered, bangfu, finished, rows_of, spec, spec_tables
from tests.rules.random_households import on


@pytest.fixture
def tables() -> Tables:
    """Return a small ledger that a test may spoil."""
    return spec_tables(12)


def refused(tables: Tables, folder: Path, kind: type[BangfuError] = HouseholdError) -> BangfuError:
    """Return the error of a CSV ledger; nothing is left in the folder."""
    with pytest.raises(kind) as raised:
        answered(spec(), write_csv(tables, folder / "ledger"), folder / "out")
    assert not (folder / "out").exists()
    return raised.value


@pytest.mark.parametrize(("table", "column"), [("person", "of"), ("household", "id"), ("bill", "of"), ("record", "entry")])
def test_a_column_without_which_no_row_has_a_household_is_named(tables: Tables, tmp_path: Path, table: str, column: str) -> None:
    """The table, the column and what it is for."""
    for row in tables[table]:
        row.pop(column, None)

    error = refused(tables, tmp_path)

    assert f"{table}.csv 缺少列“{column}”" in error.zh
    assert f'{table}.csv the column "{column}" is missing: it says' in error.en


def test_a_column_that_rules_read_is_named_with_what_it_is_used_for(tables: Tables, tmp_path: Path) -> None:
    """Without it the answers are undecided: the manifest and the summary say which rules wait for it."""
    for row in tables["household"]:
        row.pop("p", None)

    manifest = answered(spec(), write_csv(tables, tmp_path / "ledger"), tmp_path / "out", undecided=True)

    readers = manifest["missing_columns"]["p"]
    assert "plain_grant" in readers
    assert "（`p`）：用于" in (tmp_path / "out" / "summary.zh.md").read_text(encoding="utf-8")
    assert not [row for row in rows_of(tmp_path / "out") if row[3] == "plain_grant" and row[4] == "yes"]


def test_a_column_of_no_meaning_is_refused_with_the_near_one(tables: Tables, tmp_path: Path) -> None:
    """A slip in a heading would be a column of unknowns: it is refused, and so is a fact of another table."""
    tables["household"][0] |= {"loan_somme": 1, "born": dt.date(2000, 1, 1)}

    error = refused(tables, tmp_path)

    assert "不认识的列“loan_somme”；是不是 loan_sum" in error.zh
    assert '"born" is a fact of person' in error.en


def test_a_table_of_no_entity_and_a_missing_one_are_refused(tables: Tables, tmp_path: Path) -> None:
    """A misspelt file name is met with the near one; a ledger has households and members."""
    more = {**tables, "persons": tables["person"]}
    assert "person" in refused(more, tmp_path / "a", UsageError).zh
    less = {name: rows for name, rows in tables.items() if name != "person"}
    assert "person" in refused(less, tmp_path / "b", UsageError).zh
    with pytest.raises(UsageError, match="no ledger"):
        answered(spec(), tmp_path / "nowhere", tmp_path / "out")


def test_wrong_types_of_parquet_are_refused_all_at_once(tables: Tables, tmp_path: Path) -> None:
    """Money as a binary float and a date as text of a number: each column with the type it must have."""
    folder = write_parquet(spec().pack, tables, tmp_path / "ledger")
    table = pq.read_table(folder / "household.parquet")
    for name, kind in (("x", pa.float64()), ("d", pa.int64())):
        place = table.schema.names.index(name)
        table = table.set_column(place, name, pa.nulls(table.num_rows, kind))
    pq.write_table(table, folder / "household.parquet")

    with pytest.raises(HouseholdError) as raised:
        answered(spec(), folder, tmp_path / "out")

    assert "列“x”的类型是 double，应为 DECIMAL(18,2)" in raised.value.zh
    assert "列“d”的类型是 int64，应为 DATE" in raised.value.zh
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_no_table_is_refused(tables: Tables, tmp_path: Path) -> None:
    """A text named .parquet, and a database address of an unknown kind."""
    folder = write_csv(tables, tmp_path / "ledger")
    (folder / "post.csv").unlink()
    (folder / "post.parquet").write_text("no parquet", encoding="utf-8")

    with pytest.raises(UsageError, match=r"post\.parquet is no readable Parquet file"):
        answered(spec(), folder, tmp_path / "out")
    with pytest.raises(UsageError, match="unknown kind of database"):
        answered(spec(), "mysql://db/ledger", tmp_path / "out")
    with pytest.raises(UsageError, match="there is no such file"):
        answered(spec(), "sqlite:///nowhere.db", tmp_path / "out")


Break = Callable[[Tables], None]


def _set(table: str, place: int, **cells: Any) -> Break:
    return lambda tables: tables[table][place].update(cells)


def _person_of(tables: Tables, household: int) -> dict[str, Any]:
    return next(row for row in tables["person"] if row["of"] == f"household-{household}")


BROKEN: list[tuple[str, Break, tuple[str, str, str], set[str]]] = [
    ("a text for money", _set("household", 3, x="viel"), ("household", "x", "number"), {"household-3"}),
    ("more than the fen", _set("household", 3, x="1.234"), ("household", "x", "decimals"), {"household-3"}),
    ("out of bounds", _set("household", 3, x="-1"), ("household", "x", "bounds"), {"household-3"}),
    ("a number no column holds", _set("household", 3, x="9" * 15), ("household", "x", "bounds"), {"household-3"}),
    ("no date of the calendar", _set("household", 3, d="2023-02-30"), ("household", "d", "date"), {"household-3"}),
    ("neither yes nor no", _set("household", 3, p="vielleicht"), ("household", "p", "yes_no"), {"household-3"}),
    ("the same id twice", _set("household", 3, id="household-5"), ("household", "id", "id_twice"), {"household-5"}),
    ("a person in two households", lambda t: _person_of(t, 3).update(id=_person_of(t, 5)["id"]), ("person", "id", "id_twice"), {"household-3", "household-5"}),
    ("no id", lambda t: _person_of(t, 3).update(id=""), ("person", "id", "id"), {"household-3"}),
    ("an organisation that is not there", lambda t: t["post"].append({"id": "new", "of": _person_of(t, 3)["id"], "at": "nowhere"}), ("post", "at", "at"), {"household-3"}),
    ("an unknown entry on record", lambda t: t["record"].append({"entry": "plain_grand", "of": "household-3"}), ("record", "entry", "entry"), {"household-3"}),
    ("a sum below zero on record", lambda t: t["record"].append({"entry": "plain_grant", "of": "household-3", "paid_on": DAY, "amount": "-5"}), ("record", "amount", "bounds"), {"household-3"}),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "fault", "homes"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_a_bad_row_leaves_its_whole_household_out(tables: Tables, tmp_path: Path, spoil: Break, fault: tuple[str, str, str], homes: set[str]) -> None:
    """The reject file names table, column and reason; the household has no answers, the others keep theirs."""
    spoil(tables)

    manifest = answered(spec(), write_csv(tables, tmp_path / "ledger"), tmp_path / "out", undecided=True)

    rejects = pq.read_table(tmp_path / "out" / "rejects.parquet").to_pylist()
    assert fault in {(row["table"], row["column"], row["code"]) for row in rejects}
    assert {row["household"] for row in rejects} - {None} == homes
    assert all(row["reason_zh"] and row["reason_en"] and row["source"] == f"{row['table']}.csv" for row in rejects)
    answered_homes = {row[0] for row in rows_of(tmp_path / "out")}
    assert not answered_homes & homes
    assert len(answered_homes) >= 9
    assert manifest["counts"]["rows_rejected"] > 0


def test_a_member_without_household_is_named_and_rejects_nobody(tables: Tables, tmp_path: Path) -> None:
    """There is no household to leave out; what belongs to the member goes with it."""
    tables["person"].append({"id": "stray", "of": "nobody"})
    tables["bill"].append({"id": "bill-of-stray", "of": "stray"})

    manifest = answered(spec(), write_csv(tables, tmp_path / "ledger"), tmp_path / "out")

    rejects = pq.read_table(tmp_path / "out" / "rejects.parquet").to_pylist()
    assert [(r["table"], r["code"], r["value"]) for r in rejects] == [("bill", "owner", "stray"), ("person", "of", "nobody")]
    assert manifest["counts"]["households_rejected"] == 0
    assert manifest["counts"]["rows_without_household"] == 2


def test_two_heads_are_a_fault_of_the_household(tmp_path: Path) -> None:
    """As when one household is read: the shipped vocabulary knows the relation to the head."""
    tables: Tables = {"household": [{"id": "A"}, {"id": "B"}], "person": [{"id": f"P{n}", "of": "A", "relation": "self"} for n in range(2)]}

    answered(engine("county"), write_csv(tables, tmp_path / "ledger"), tmp_path / "out", on=on("county"))

    rejects = pq.read_table(tmp_path / "out" / "rejects.parquet").to_pylist()
    assert [(r["table"], r["line"], r["code"], r["household"]) for r in rejects] == [("household", 2, "heads", "A")]


def test_codes_and_gates_of_the_shipped_vocabulary_are_held_up(tmp_path: Path) -> None:
    """A code of no list, in a column of one and in a column of many; a sum stated behind a no."""
    tables: Tables = {
        "household": [{"id": "A", "residence": "mond"}, {"id": "B", "relief_causes": "illness;mond"}, {"id": "C", "has_rigid_spending": "否", "self_paid_medical_12m": "5"}, {"id": "D", "residence": "农村"}],
        "person": [{"id": f"P{home}", "of": home} for home in "ABCD"],
    }  # fmt: skip

    answered(engine("county", "county.yaml"), write_csv(tables, tmp_path / "ledger"), tmp_path / "out", on=on("county"), undecided=True)

    rejects = pq.read_table(tmp_path / "out" / "rejects.parquet").to_pylist()
    assert [(r["household"], r["column"], r["value"], r["code"]) for r in rejects] == [
        ("A", "residence", "mond", "code"), ("B", "relief_causes", "illness;mond", "code"), ("C", "self_paid_medical_12m", "5", "gate"),
    ]  # fmt: skip
    assert {row[0] for row in rows_of(tmp_path / "out")} == {"D"}


def test_a_day_before_the_standard_exists_leaves_the_standard_missing(tmp_path: Path) -> None:
    """The made-up overlay sets the standard from 2020: a day earlier it is a parameter to ask the place for, not 0."""
    tables: Tables = {"household": [{"id": "A", "residence": "urban", "property_within_rule": True}], "person": [{"id": "P", "of": "A"}]}
    ledger = write_csv(tables, tmp_path / "ledger")
    needs = {}
    for day in (dt.date(2019, 12, 31), dt.date(2020, 1, 1)):
        answered(engine("county", "county.yaml"), ledger, tmp_path / day.isoformat(), on=day, undecided=True)
        plan = pq.read_table(tmp_path / day.isoformat() / "data_plan.parquet").to_pylist()
        needs[day.isoformat()] = {(line["need"], line["what"], line["given_by"]) for line in plan}

    wanted = ("dibao_standard", "parameter", "place")
    assert wanted in needs["2019-12-31"]
    assert wanted not in needs["2020-01-01"]


def test_an_excel_reject_names_sheet_and_row(tmp_path: Path) -> None:
    """Two rows of headings come first: the third household stands in row 5; a bad workbook is refused as a whole."""
    tables: Tables = {"household": [{"id": f"H{n}", **({"x": "viel"} if n == 2 else {})} for n in range(3)], "person": [{"id": f"P{n}", "of": f"H{n}"} for n in range(3)]}

    manifest = answered(spec(), write_excel(spec().pack, tables, tmp_path / "ledger.xlsx"), tmp_path / "out")

    rejects = pq.read_table(tmp_path / "out" / "rejects.parquet").to_pylist()
    assert [(r["household"], r["column"], r["value"], r["code"]) for r in rejects] == [("H2", "x", "viel", "number")]
    assert [(r["source"], r["line"]) for r in rejects] == [("ledger.xlsx[户]", 5)]
    assert manifest["counts"]["households"] == 2
    (tmp_path / "broken.xlsx").write_text("no workbook", encoding="utf-8")
    with pytest.raises(HouseholdError, match="not a readable Excel file"):
        answered(spec(), tmp_path / "broken.xlsx", tmp_path / "b")


def test_lines_of_a_csv_are_those_one_sees(tables: Tables, tmp_path: Path) -> None:
    """A row with too few columns is left out with its household, and later rows keep their line."""
    folder = write_csv(tables, tmp_path / "ledger")
    lines = (folder / "person.csv").read_text(encoding="utf-8").splitlines()
    place = next(n for n, line in enumerate(lines) if line.split(",")[1] == "household-2")
    lines[place] = ",".join(lines[place].split(",")[:3])
    later = next(n for n, line in enumerate(lines) if line.split(",")[1] == "household-9")
    column = lines[0].split(",").index("need")
    cells = lines[later].split(",")
    cells[column] = "vielleicht"
    lines[later] = ",".join(cells)
    (folder / "person.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    answered(spec(), folder, tmp_path / "out")

    rejects = [(r["line"], r["column"], r["code"], r["household"]) for r in pq.read_table(tmp_path / "out" / "rejects.parquet").to_pylist() if r["table"] == "person"]
    assert rejects == [(place + 1, None, "columns", "household-2"), (later + 1, "need", "yes_no", "household-9")]


def test_three_in_a_hundred_broken_rows_are_all_found(tmp_path: Path) -> None:
    """Every 33rd row of households is spoilt: exactly those are named, and everybody else is answered as before."""
    tables = spec_tables(132)
    answered(spec(), write_csv(tables, tmp_path / "good"), tmp_path / "a", undecided=True)
    broken = {f"household-{n}" for n in range(0, 132, 33)}
    for place in range(0, 132, 33):
        tables["household"][place]["x"] = "??"
    process = bangfu("run", str(write_csv(tables, tmp_path / "bad")), "--place", "spec", "--on", DAY.isoformat(), "--out", str(tmp_path / "b"), "--undecided")

    code, said, wrong = finished(process)

    assert code == 3, wrong
    assert "退回 4 户（有错的 4 行见" in said
    rejects = pq.read_table(tmp_path / "b" / "rejects.parquet").to_pylist()
    assert [(r["line"], r["value"]) for r in rejects] == [(n + 2, "??") for n in range(0, 132, 33)]
    assert rows_of(tmp_path / "b") == {row for row in rows_of(tmp_path / "a") if row[0] not in broken}


def test_two_places_in_one_ledger_are_refused(tables: Tables, tmp_path: Path) -> None:
    """What is wrong with the place is wrong for everybody."""
    tables["place"] = [{"area_open": True}, {"area_open": False}]

    with pytest.raises(HouseholdError, match="the place has one row, not 2"):
        answered(spec(), write_csv(tables, tmp_path / "ledger"), tmp_path / "out")

    assert not (tmp_path / "out" / "manifest.json").exists()


def test_an_overlay_before_the_standard_and_a_pack_with_an_error_are_refused_first(tables: Tables, tmp_path: Path) -> None:
    """Nothing is read and no folder is made."""
    import shutil

    from tests.rules.population.runs import SPEC

    folder = write_csv(tables, tmp_path / "ledger")
    call = ("run", str(folder), "--place", "spec", "--on", DAY.isoformat(), "--out", str(tmp_path / "out"))
    overlay = tmp_path / "early.yaml"
    overlay.write_text("place: spec\nvalues: [{set: no_such_value, value: 5 元/户·月, from: 1900-01-01, source: made up}]\n", encoding="utf-8")
    early = finished(bangfu(*call, "--with", str(overlay)))
    shutil.copytree(SPEC, tmp_path / "policies")
    (tmp_path / "policies" / "spec" / "03-broken.yaml").write_text("entries:\n  - id: broken\n    kind: cash\n    per: nobody\n", encoding="utf-8")
    broken = finished(bangfu("--policies", str(tmp_path / "policies"), *call))

    assert early[0] == 1
    assert "no_such_value" in early[2]
    assert broken[0] == 1
    assert "03-broken.yaml:" in broken[2]
    assert not (tmp_path / "out").exists()
    assert "Traceback" not in early[2] + broken[2]


@pytest.mark.parametrize(
    ("content", "zh", "en"),
    [
        (b"", "household.csv 是空的：没有这类资料就删去这个文件", "household.csv is empty: delete it"),
        (b"\xef\xbb\xbf\r\n", "household.csv 是空的", "is empty"),
        ("id,x\nH,1\n".encode("utf-16"), "既不是 UTF-8 也不是 GB 18030：请在 Excel 里另存为", "neither UTF-8 nor GB 18030: save it as CSV UTF-8"),
        (b"id,x\nH,\xff\xff\n", "既不是 UTF-8 也不是 GB 18030", "neither UTF-8 nor GB 18030"),
        (b"id;x;p\nH;1;true\n", "列之间用的是分号：请在 Excel 里另存为“CSV UTF-8（逗号分隔）”", "separated by semicolons: save it as CSV UTF-8"),
        (b"id\tx\tp\nH\t1\ttrue\n", "列之间用的是制表符", "separated by tabs"),
        (b'"id";"x"\n"H";"1"\n', "列之间用的是分号", "separated by semicolons"),
        ("id，x\nH，1\n".encode("gb18030"), "列之间用的是全角逗号", "separated by full-width commas"),
    ],
)
def test_a_csv_that_is_none_says_how_to_save_it(tables: Tables, tmp_path: Path, content: bytes, zh: str, en: str) -> None:
    """Empty, in another encoding, or with something else than commas between the columns."""
    folder = write_csv(tables, tmp_path / "ledger")
    (folder / "household.csv").write_bytes(content)

    with pytest.raises(UsageError) as refused:
        answered(spec(), folder, tmp_path / "out")
    assert zh in refused.value.zh
    assert en in refused.value.en
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_what_excel_writes_in_china_is_read(tables: Tables, tmp_path: Path, encoding: str) -> None:
    """With a mark at its start, or in GB 18030: the same answers."""
    plain = write_csv(tables, tmp_path / "plain")
    other = write_csv(tables, tmp_path / "other")
    for file in other.glob("*.csv"):
        file.write_bytes(file.read_text(encoding="utf-8").encode(encoding))

    assert answered(spec(), other, tmp_path / "out")["content_hash"] == answered(spec(), plain, tmp_path / "out2")["content_hash"]


def test_one_table_is_no_ledger(tables: Tables, tmp_path: Path) -> None:
    """A file of the folder, given instead of the folder, is not taken for a broken workbook."""
    folder = write_csv(tables, tmp_path / "ledger")

    with pytest.raises(UsageError) as refused:
        answered(spec(), folder / "household.csv", tmp_path / "out")
    assert "只是一个表：台账是装着各表的文件夹" in refused.value.zh
    assert "name that folder" in refused.value.en


def test_a_reject_says_what_would_be_right(tmp_path: Path) -> None:
    """Thousands separators, days as Excel counts them, a code that is none and a sum out of bounds: each with what to write."""
    tables = spec_tables(20)
    households = tables["household"]
    for place, (name, value) in enumerate([("x", "4,707.00"), ("d", "36526"), ("p", "maybe"), ("x", "-1")]):
        households[place][name] = value
    tables["person"][-1]["need"] = "maybe"

    answered(spec(), write_csv(tables, tmp_path / "ledger"), tmp_path / "out")

    said = {(r["value"], r["code"]): (r["reason_zh"], r["reason_en"]) for r in pq.read_table(tmp_path / "out" / "rejects.parquet").to_pylist()}
    assert "不写千分位逗号" in said["4,707.00", "number"][0]
    assert "without thousands separators" in said["4,707.00", "number"][1]
    assert "36526 这样的数是 Excel 的日期序号" in said["36526", "date"][0]
    assert "写 是/否" in said["maybe", "yes_no"][0]
    fact = spec().pack.vocabulary.facts["x"]
    assert said["-1", "bounds"][0].startswith("超出该事实允许的范围：0 到 ")
    assert fact.low == 0
