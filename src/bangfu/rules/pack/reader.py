"""Typed reading of one mapping's keys, with a fault for everything that is not as it should be."""

from __future__ import annotations

import datetime as dt
import keyword
import re
from collections.abc import Iterable
from typing import Any

from bangfu.rules.errors import Fault, near_names
from bangfu.rules.vocabulary import Label
from bangfu.rules.yaml_source import List, Map, Mark

_ID = re.compile(r"^[a-z][a-z0-9_]*$")
_MONTH = re.compile(r"^(\d{4})-(\d{2})$")


class Reader:
    """Collects faults while keys of a mapping are read."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults

    def fault(self, file: str, mark: Mark, code: str, zh: str, en: str, level: str = "error") -> None:
        """Note one fault."""
        self.faults.append(Fault(file, mark[0], mark[1], code, zh, en, level))

    def at(self, where: Map, key: str, code: str, zh: str, en: str) -> None:
        """Note a fault at the value of a key."""
        self.fault(where.file, where.at(key), code, zh, en)

    def known_keys(self, where: Map, allowed: Iterable[str], what_zh: str, what_en: str) -> None:
        """Refuse keys that mean nothing here."""
        keys = list(allowed)
        for key in where:
            if key not in keys:
                near = near_names(key, keys)
                self.fault(
                    where.file,
                    where.key_marks.get(key, where.mark),
                    "KEY",
                    f"{what_zh}没有“{key}”这个键" + (f"；是不是 {'、'.join(near)}" if near else f"；可用：{' '.join(keys)}"),
                    f'{what_en} has no key "{key}"' + (f"; did you mean {', '.join(near)}?" if near else f"; known: {' '.join(keys)}"),
                )

    def mapping(self, value: Any, file: str, mark: Mark, what: str) -> Map | None:
        """Return the value if it is a mapping."""
        if isinstance(value, Map):
            return value
        self.fault(file, mark, "SHAPE", f"{what} 应为键值对", f"{what} must be a mapping")
        return None

    def identifier(self, name: str, file: str, mark: Mark) -> bool:
        """Check that a name is snake_case English and no word of the expression language."""
        if _ID.match(name) and not keyword.iskeyword(name):
            return True
        self.fault(
            file,
            mark,
            "ID",
            f"名称“{name}”须为小写英文加下划线，且不是保留字",
            f'the id "{name}" must be snake_case English and no keyword',
        )
        return False

    def label(self, where: Map, key: str, *, required: bool = False) -> Label | None:
        """Return a bilingual text ``中文 | English``."""
        if key not in where:
            if required:
                self.fault(where.file, where.mark, "TEXT", f"缺少“{key}”（中文 | English）", f'"{key}" is missing (中文 | English)')
            return None
        return self.text(where[key], where.file, where.at(key))

    def text(self, value: Any, file: str, mark: Mark) -> Label | None:
        """Return a bilingual text, both sides required."""
        zh, bar, en = str(value).partition("|")
        if isinstance(value, str) and bar and zh.strip() and en.strip():
            return Label(zh.strip(), en.strip())
        self.fault(
            file,
            mark,
            "TEXT",
            f"“{value}”须写成 中文 | English，两边都要有",
            f'"{value}" must be written 中文 | English, both sides filled',
        )
        return None

    def date(self, where: Map, key: str) -> dt.date | None:
        """Return a day; a month stands for its first day."""
        if key not in where:
            return None
        value = where[key]
        if isinstance(value, dt.date):
            return value
        month = _MONTH.match(value) if isinstance(value, str) else None
        if month and 1 <= int(month[2]) <= 12:
            return dt.date(int(month[1]), int(month[2]), 1)
        self.at(where, key, "DATE", f"“{value}”须为日期，如 2021-10-08 或 2022-04", f'"{value}" must be a date such as 2021-10-08 or 2022-04')
        return None

    def word(self, where: Map, key: str, known: Iterable[str] | None = None, *, required: bool = False) -> str | None:
        """Return a single word, out of a closed list if there is one."""
        if key not in where:
            if required:
                self.fault(where.file, where.mark, "KEY-NEEDED", f"缺少“{key}”", f'"{key}" is missing')
            return None
        value = where[key]
        if not isinstance(value, str):
            self.at(where, key, "SHAPE", f"“{key}”应为一个词", f'"{key}" must be a word')
            return None
        if known is not None:
            words = list(known)
            if value not in words:
                near = near_names(value, words) or words[:14]
                self.at(where, key, "WORD", f"“{key}”没有“{value}”；可用：{'、'.join(near)}", f'"{key}" has no "{value}"; known: {", ".join(near)}')
                return None
        return value

    def words(self, where: Map, key: str) -> list[str]:
        """Return a list of words; one word stands for a list of one."""
        if key not in where:
            return []
        value = where[key]
        if isinstance(value, str):
            return [value]
        if isinstance(value, List) and all(isinstance(item, str) for item in value):
            return [str(item) for item in value]
        self.at(where, key, "SHAPE", f"“{key}”应为一列名称", f'"{key}" must be a list of names')
        return []

    def flag(self, where: Map, key: str) -> bool:
        """Return true or false; absent is false."""
        value = where.get(key, False)
        if isinstance(value, bool):
            return value
        self.at(where, key, "SHAPE", f"“{key}”应为 true 或 false", f'"{key}" must be true or false')
        return False
