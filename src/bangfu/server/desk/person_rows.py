"""Rows of people on a form: name, relation, birth, ID number; read and checked as a whole family."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from bangfu.rules.household import MOST_MEMBERS
from bangfu.rules.identity import identity_fault
from bangfu.server.calendar import clock
from bangfu.server.portal.asking import plain
from bangfu.server.portal.words import language
from bangfu.server.registry.actions import NewPerson

NAME_MOST = 60
OLDEST = 130
HEAD = "self"


@dataclass(slots=True)
class PersonRow:
    """One row as typed. ``errors`` by column: name, relation, birth, number."""

    name: str = ""
    relation: str = ""
    birth: str = ""
    number: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    born: dt.date | None = None

    @property
    def new(self) -> NewPerson:
        """Return the person of a row without fault."""
        return NewPerson(self.name, self.relation, self.number, self.born)

    @property
    def sex(self) -> str | None:
        """Return the sex that the ID number tells, or None without one."""
        return None if not self.number else "male" if int(self.number[16]) % 2 else "female"


def posted_rows(posted: QueryDict) -> list[PersonRow]:
    """Return the rows as typed, changed by the button that was pressed; at least one."""
    columns = [[plain(text) for text in posted.getlist(name)[: MOST_MEMBERS + 1]] for name in ("name", "relation", "birth", "number")]
    rows = [PersonRow(name, relation, birth, number) for name, relation, birth, number in zip_longest(*columns, fillvalue="")]
    drop = posted.get("drop", "")
    if drop.isascii() and drop.isdigit() and len(drop) < 3 and int(drop) < len(rows):
        del rows[int(drop)]
    if "add" in posted and len(rows) < MOST_MEMBERS:
        rows.append(PersonRow())
    return rows or [PersonRow(relation=HEAD)]


def check_rows(rows: list[PersonRow], relations: set[str], *, with_head: bool = True) -> list[str]:
    """Read the rows; put what is wrong beside each, and return what is wrong with the family as a whole."""
    for row in rows:
        _check(row, relations)
    faults = []
    heads = sum(row.relation == HEAD for row in rows)
    if with_head and heads != 1:
        faults.append(_("一户要有一个户主：请把一个人、也只把一个人的关系选成“本人”。"))
    if not with_head and heads:
        faults.append(_("这一户已经有户主，请选与户主的关系。"))
    numbers = [row.number for row in rows if row.number]
    if len(set(numbers)) < len(numbers):
        faults.append(_("两个人填了同一个身份证号，请核对。"))
    return faults


def _check(row: PersonRow, relations: set[str]) -> None:
    if not row.name:
        row.errors["name"] = _("请填姓名")
    elif len(row.name) > NAME_MOST:
        row.errors["name"] = _("姓名最多 %(most)s 个字") % {"most": NAME_MOST}
    if row.relation not in relations:
        row.errors["relation"] = _("请选与户主的关系")
    row.number = row.number.replace(" ", "").upper()
    fault = identity_fault(row.number) if row.number else None
    if fault is not None:
        row.errors["number"] = fault[language() == "en"]
    row.born = _born(row)
    if fault is None and row.number and "birth" not in row.errors:
        on_card = dt.date.fromisoformat(f"{row.number[6:10]}-{row.number[10:12]}-{row.number[12:14]}")
        if row.born is not None and row.born != on_card:
            row.errors["birth"] = _("与身份证号上的 %(day)s 不一致，请核对") % {"day": on_card}
        row.born = on_card


def _born(row: PersonRow) -> dt.date | None:
    if not row.birth:
        return None
    today = clock.today()
    try:
        born = dt.date.fromisoformat(row.birth)
    except ValueError:
        row.errors["birth"] = _("请写成 1950-01-31 这样的日期")
        return None
    if born > today or today.year - born.year > OLDEST:
        row.errors["birth"] = _("出生日期要在今天以前、%(most)s 年以内") % {"most": OLDEST}
        return None
    return born


def wrong_of(rows: list[PersonRow], forms: Iterable[Any], faults: list[str]) -> list[tuple[str, str]]:
    """Return (id of the control, sentence) of everything that is wrong on a page, in its order."""
    found = [("", fault) for fault in faults]
    found += [(bound[name].id_for_label, f"{bound[name].label}：{error}") for bound in forms for name, errors in bound.errors.items() for error in errors]
    found += [(f"{column}-{number}", _("第 %(number)s 人：%(fault)s") % {"number": number, "fault": fault}) for number, row in enumerate(rows, 1) for column, fault in row.errors.items()]
    return found
