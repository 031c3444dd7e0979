"""An Excel ledger of so many made-up households, in the register's own layout: what an officer would upload."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import xlsxwriter
from setting import DAY, DISTRICT, KEPT

SEED = 77
ALWAYS = ("birth_date", "relation", "residence")
"""What every officer fills in."""
PEOPLE_A_HOUSEHOLD = 2.8
COMMUNITIES = [f"{DISTRICT[0]}{s:03d}{c:03d}" for s in range(1, 13) for c in range(1, 13)]


def write_ledger(engine: Any, households: int, path: Path) -> int:
    """Write the ledger; return how many people are in it."""
    from bangfu.rules.ledger import layout
    from bangfu.server.demonstration.drawn import draw
    from bangfu.server.registry.ledger_file import more_columns

    drawn, _ = draw(engine, int(households * PEOPLE_A_HOUSEHOLD) + 1000, SEED, DAY)
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    homes = (_household(one.household, place) for place, one in enumerate(drawn[:households]))
    people = [person for one in drawn[:households] for person in _people(one)]
    more = more_columns(engine.pack)
    for title, entity, rows in ((layout.HOUSEHOLDS.zh, "household", homes), (layout.MEMBERS.zh, "person", people)):
        _sheet(book, day, title, engine.pack, layout.columns(engine.pack, entity, more[entity]), rows)
    for title, columns in ((layout.OTHERS.zh, layout.OTHER_COLUMNS), (layout.RECORD.zh, layout.RECORD_COLUMNS)):
        _sheet(book, day, title, engine.pack, list(columns), [])
    book.close()
    return len(people)


def _filled(row: dict[str, Any]) -> dict[str, Any]:
    """Return a drawn row with as many cells as the register has statements, under a number that the register does not have."""
    from bangfu.server.demonstration.names import share

    kept = {name: value for name, value in row.items() if name in (*ALWAYS, "full_name") or share("ledger", name, row["id"]) < KEPT}
    return {**kept, "id": f"T{row['id']}", **({"of": f"T{row['of']}"} if "of" in row else {})}


def _household(row: dict[str, Any], place: int) -> dict[str, Any]:
    return {**_filled(row), "area_code": COMMUNITIES[place % len(COMMUNITIES)], "address": f"示例路{place}号（虚构）"}


def _people(drawn: Any) -> list[dict[str, Any]]:
    """Return the members with a head, whom a ledger must name."""
    from bangfu.server.demonstration.names import name_of, surname_of

    relations = {row["relation"] for row in drawn.people}
    found = []
    for n, row in enumerate(drawn.people):
        relation = "self" if "self" not in relations and n == 0 else row["relation"] or "other"
        found.append({**_filled(row), "name": name_of(row["id"], surname_of(row["id"]), row["sex"], row["birth_date"], shares=False), "relation": relation})
    return found


def _sheet(book: Any, day: Any, title: str, pack: Any, columns: list[Any], rows: Any) -> None:
    sheet = book.add_worksheet(title)
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column.label.zh)
    for place, column in enumerate(columns):
        sheet.write_string(1, place, column.key)
    for line, row in enumerate(rows, 2):
        for place, column in enumerate(columns):
            value = _shown(row.get(column.key), column, pack)
            if isinstance(value, dt.date):
                sheet.write_datetime(line, place, dt.datetime.combine(value, dt.time()), day)
            elif isinstance(value, str):
                sheet.write_string(line, place, value)
            elif value is not None:
                sheet.write_number(line, place, value)


def _shown(value: Any, column: Any, pack: Any) -> Any:
    """Return a value as an officer writes it: yes or no, the label of a code, money in yuan."""
    if value is None or value == [] or isinstance(value, str | dt.date) and column.fact is None:
        return value or None
    if isinstance(value, bool):
        return "是" if value else "否"
    table = pack.vocabulary.codes.get(column.fact.codes or "") if column.fact is not None else None
    if table is not None:
        return "、".join(table.codes[code].zh for code in (value if isinstance(value, list) else [value]) if code in table.codes) or None
    return value if isinstance(value, str | dt.date) else float(value)
