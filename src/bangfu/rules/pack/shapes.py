"""The shape of every key that is read as it stands: texts in both languages, names, lists of rows; nothing where nothing may be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from bangfu.rules.errors import Fault
from bangfu.rules.pack.model import Entry, Pack
from bangfu.rules.yaml_source import List, Map

TEXTS = ("ask", "because", "content", "does", "says", "note", "open_condition", "open_list", "plainly")
NAMES = (
    "after", "applied_by", "entries", "evidence", "fee", "feed", "from_whom", "gives", "inferred", "joins", "leads", "members",
    "match_on", "office", "papers", "paid_from", "payee", "policy", "procedure", "purpose", "queue", "tell", "decided_by", "who",
)  # fmt: skip
FILLED = ("when", "unless", "tiers", "entries", "steps", "sources", "parts", "limits", "figures", "readings", "leads", "tell", "papers")
ROWS = ("tiers", "steps", "sources", "parts")
STEP_NAMES = ("id", "who", "forms", "reasons", "shows")


def shape_faults(pack: Pack, place: str, today: dt.date) -> Iterable[Fault]:
    """Yield the keys of a place's document and entries whose value has another shape than the key asks for."""
    document = pack.documents.get(place)
    if document is not None:
        yield from _offices(document.raw)
        yield from _texts(document.raw, ("note",))
    for entry in pack.entries.values():
        if entry.place == place or (place == "cn" and entry.place == "vocabulary"):
            yield from _entry(entry)


def _entry(entry: Entry) -> Iterable[Fault]:
    yield from _texts(entry.raw, TEXTS)
    yield from _names(entry.raw, NAMES)
    for key in FILLED:
        if key in entry.raw and entry.raw[key] in ([], {}, ""):
            yield _fault(entry.raw, key, f"“{key}”是空的：请填写，或删去这个键", f'"{key}" is empty: fill it or leave the key out')
    for key in ROWS:
        yield from _rows(entry.raw, key)


def _rows(raw: Map, key: str) -> Iterable[Fault]:
    rows = raw.get(key)
    if rows is None:
        return
    if not isinstance(rows, List) or not all(isinstance(row, Map) for row in rows):
        yield _fault(raw, key, f"“{key}”应为一列键值对：- {{…}}", f'"{key}" must be a list of mappings: - {{…}}')
        return
    for row in rows:
        if key == "steps":
            yield from _names(row, STEP_NAMES)
        if key in ("steps", "parts"):
            yield from _texts(row, ("label",))


def _offices(raw: Map) -> Iterable[Fault]:
    offices = raw.get("offices")
    if offices is None:
        return
    if not isinstance(offices, Map):
        yield _fault(raw, "offices", "offices 应为 {单位: {en: English, role: 角色}}", "offices is written {office: {en: English, role: role}}")
        return
    for name, row in offices.items():
        filled = isinstance(row, Map) and isinstance(row.get("en"), str) and row["en"].strip() and set(row) <= {"en", "role"} and isinstance(row.get("role", ""), str)
        if not filled:
            yield _fault(offices, name, f"单位“{name}”应写成 {{en: English, role: 角色}}（role 可不写）", f'the office "{name}" is written {{en: English, role: role}} (role may be left out)')


def _texts(raw: Map, keys: Iterable[str]) -> Iterable[Fault]:
    for key in keys:
        value = raw.get(key)
        if value is None:
            continue
        zh, bar, en = str(value).partition("|")
        if not (isinstance(value, str) and bar and zh.strip() and en.strip()):
            yield _fault(raw, key, f"“{key}”须写成 中文 | English，两边都要有", f'"{key}" must be written 中文 | English, both sides filled')


def _names(raw: Map, keys: Iterable[str]) -> Iterable[Fault]:
    for key in keys:
        value: Any = raw.get(key)
        if value is None:
            continue
        parts = value if isinstance(value, List) else [value]
        if not all(isinstance(part, str) and part.strip() for part in parts):
            yield _fault(raw, key, f"“{key}”应为名称，或一列名称 [甲, 乙]", f'"{key}" must be a name or a list of names [a, b]')


def _fault(where: Map, key: str, zh: str, en: str) -> Fault:
    return Fault(where.file, *where.at(key), "SHAPE", zh, en)
