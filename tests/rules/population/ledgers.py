"""Ledgers for tests: households as stated, put down as a folder of Parquet or CSV tables."""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bangfu.rules.engine import Engine
from bangfu.rules.household import Given, GivenRow
from bangfu.rules.pack.model import Pack
from bangfu.rules.record_row import RecordRow
from bangfu.rules.units import power_of
from bangfu.rules.values import decimal_text
from bangfu.rules.vocabulary import Fact
from tests.rules.random_households import household, with_record

Tables = dict[str, list[dict[str, Any]]]
STREETS = ("黄鹤楼街道", "粮道街道", "积玉桥街道")


def district(engine: Engine, count: int, day: dt.date, *, stated: Sequence[float] = (0.97, 0.8), record: bool = True) -> list[Given]:
    """Return random households of one place whose ids differ; all share the facts of the place."""
    pack, found = engine.pack, []
    shared = household(pack, 1, stated=0.9).of_entity("place")[0]
    for number in range(count):
        given = household(pack, number, stated=stated[number % len(stated)])
        given = with_record(pack, given, number, day) if record and number % 2 else given
        given.rows = [shared, *(_renamed(row, number) for row in given.rows if row.entity != "place")]
        lines = [_moved(row, number) for row in given.record or []]
        given.record = lines if record else None
        found.append(given)
    return found


def _renamed(row: GivenRow, number: int) -> GivenRow:
    of = row.of if row.of in (None, "place") else f"{row.of}-{number}"
    return GivenRow(row.entity, f"{row.id}-{number}", of, None if row.at is None else f"{row.at}-{number}", row.facts, row.stated)


def _moved(row: RecordRow, number: int) -> RecordRow:
    def name(text: str | None) -> str | None:
        return None if text is None else text if text == "place" else f"{text}-{number}"

    return RecordRow(row.entry, name(row.of), name(row.claim), row.since, row.until, row.paid_on, row.amount, row.quantity)


def together(givens: Sequence[Given]) -> Given:
    """Return all households as one statement."""
    rows = [row for place, given in enumerate(givens) for row in given.rows if row.entity != "place" or place == 0]
    record = None if givens[0].record is None else [line for given in givens for line in given.record or []]
    return Given(rows, givens[0].collections, record)


def tables_of(pack: Pack, givens: Sequence[Given]) -> Tables:
    """Return the tables of a ledger with values as people write them (元, yes or no, dates)."""
    whole = together(givens)
    found: Tables = {e.id: [] for e in pack.vocabulary.entities.values() if e.id == "place" or e.collection in whole.collections}
    for number, row in enumerate(whole.rows):
        cells: dict[str, Any] = {} if row.entity == "place" else {"id": row.id}
        cells |= {key: value for key, value in (("of", row.of), ("at", row.at)) if value not in (None, "place")}
        cells |= {name: _shown(pack.vocabulary.facts[name], value) for name, value in row.facts.items()}
        cells |= row.stated
        if row.entity == "household" and "street" in pack.vocabulary.facts:
            cells["street"] = STREETS[number % 3]
        found[row.entity].append(cells)
    if whole.record is not None:
        found["record"] = [_record(line) for line in whole.record]
    return found


def _shown(fact: Fact, value: Any) -> Any:
    if fact.kind != "number":
        return sorted(value) if fact.kind == "codes" else value
    return Fraction(value) / 100 ** max(0, power_of(fact.unit, "元"))


def _record(line: RecordRow) -> dict[str, Any]:
    amount = None if line.amount is None else Fraction(line.amount) / 100
    quantity = None if line.quantity is None else Fraction(line.quantity)
    return {"entry": line.entry, "of": line.of, "claim": line.claim, "from": line.since, "until": line.until, "paid_on": line.paid_on, "amount": amount, "quantity": quantity}


def heads(rows: list[dict[str, Any]], name: str) -> list[str]:
    """Return the columns of a table."""
    return list(dict.fromkeys(key for row in rows for key in row)) or (["entry", "of"] if name == "record" else ["id", "of"])


def write_parquet(pack: Pack, tables: Tables, folder: Path) -> Path:
    """Write a ledger as typed Parquet tables."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        columns = {}
        for head in heads(rows, name):
            kind = _kind(pack, head)
            values = [_decimal(row.get(head)) for row in rows]
            columns[head] = pa.array([int(v) if v is not None and pa.types.is_integer(kind) else v for v in values], kind)
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")
    return folder


def _decimal(value: Any) -> Any:
    return Decimal(value.numerator) / Decimal(value.denominator) if isinstance(value, Fraction) else value


def _kind(pack: Pack, head: str) -> Any:
    fact = pack.vocabulary.facts.get(head)
    if fact is None:
        dates = dict.fromkeys(("from", "until", "paid_on"), pa.date32())
        return {**dates, "amount": pa.decimal128(18, 2), "quantity": pa.decimal128(18, 4)}.get(head, pa.bool_() if head in pack.entries else pa.string())
    if fact.kind == "number":
        return {"money": pa.decimal128(18, 2), "level": pa.int64()}.get(fact.type, pa.decimal128(18, 4))
    return {"yes_no": pa.bool_(), "date": pa.date32(), "codes": pa.list_(pa.string())}.get(fact.kind, pa.string())


def write_csv(tables: Tables, folder: Path, encoding: str = "utf-8") -> Path:
    """Write a ledger as CSV tables."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding=encoding, newline="") as opened:
            columns = heads(rows, name)
            writer = csv.writer(opened)
            writer.writerow(columns)
            writer.writerows([as_cell(row.get(head)) for head in columns] for row in rows)
    return folder


def as_cell(value: Any) -> str:
    """Return a value as a CSV cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Fraction):
        return decimal_text(value)
    if isinstance(value, list):
        return ";".join(value)
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def by_household(givens: Sequence[Given]) -> dict[str, Given]:
    """Return household id → what is stated of it."""
    found: dict[str, Given] = defaultdict()
    for given in givens:
        found[given.of_entity("household")[0].id] = given
    return dict(found)


def write_excel(pack: Pack, tables: Tables, path: Path) -> Path:
    """Write a ledger as the Excel ledger: two main sheets, the long sheet, the record."""
    import xlsxwriter

    from bangfu.rules.ledger import layout

    book = xlsxwriter.Workbook(str(path))
    text = book.add_format({"num_format": "@"})
    others = []
    for entity, title in (("household", layout.HOUSEHOLDS), ("person", layout.MEMBERS)):
        columns = layout.columns(pack, entity)
        main = [column.key for column in columns]
        _sheet(book, text, title.zh, [(c.label.zh, c.key) for c in columns], [[_excel(pack, key, row.get(key)) for key in main] for row in tables[entity]])
        collection = pack.vocabulary.entities[entity].collection
        others += [[collection, row["id"], None, key, _excel(pack, key, value)] for row in tables[entity] for key, value in row.items() if key not in main]
    for entity, rows in tables.items():
        if entity in ("household", "person", "place", "record"):
            continue
        collection = pack.vocabulary.entities[entity].collection
        others += [[collection, "无", None, None, None]] if not rows else []
        for row in rows:
            facts = [key for key in row if key not in ("id", "of", "at")]
            others += [[collection, row["id"], row.get("of"), key, _excel(pack, key, row[key])] for key in facts]
    _sheet(book, text, layout.OTHERS.zh, [(c.label.zh, c.key) for c in layout.OTHER_COLUMNS], others)
    record = [[_excel(pack, c.key, row.get(c.key)) for c in layout.RECORD_COLUMNS] for row in tables.get("record", [])]
    _sheet(book, text, layout.RECORD.zh, [(c.label.zh, c.key) for c in layout.RECORD_COLUMNS], record or [["无"]])
    book.close()
    return path


def _sheet(book: Any, text: Any, title: str, columns: list[tuple[str, str]], rows: list[list[Any]]) -> None:
    sheet = book.add_worksheet(title)
    for place, (label, key) in enumerate(columns):
        sheet.write_string(0, place, label)
        sheet.write_string(1, place, key)
    for line, row in enumerate(rows, start=2):
        for place, value in enumerate(row):
            if isinstance(value, dt.date):
                sheet.write_datetime(line, place, dt.datetime(value.year, value.month, value.day), book.add_format({"num_format": "yyyy-mm-dd"}))
            elif isinstance(value, int | float) and not isinstance(value, bool):
                sheet.write_number(line, place, value)
            elif value is not None:
                sheet.write_string(line, place, str(value), text)


def _excel(pack: Pack, key: str, value: Any) -> Any:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Fraction):
        return float(value)
    return "、".join(value) if isinstance(value, list) else value
