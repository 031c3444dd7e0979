"""All that is kept about one person, for the person: to look at, and as a file to take along."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import xlsxwriter
from django.utils.translation import get_language, gettext as _

from bangfu.rules.pack.model import Pack
from bangfu.rules.units import unit_text
from bangfu.server.calendar.clock import HERE
from bangfu.server.files.models import StoredFile
from bangfu.server.registry import current
from bangfu.server.registry.identity import masked
from bangfu.server.registry.marked import RISKY, Mark
from bangfu.server.registry.models import Household, Item, Person
from bangfu.server.registry.selectors import FactLine, facts_with_sources, households_of

Units = Callable[[str], str]
"""How a unit is said in the language of the page."""


@dataclass(frozen=True, slots=True)
class Section:
    """One part of what is kept: its title, headings and rows of texts."""

    title: str
    heads: tuple[str, ...]
    rows: list[tuple[str, ...]]


def dossier(pack: Pack, person: Person, today: dt.date, units: Units = str) -> list[Section]:
    """Return what is kept about somebody, units as ``units`` says them. What other members stated about themselves is theirs and left out."""
    home = Household.objects.filter(pk__in=current.homes_of([person.pk]).values()).first()
    lines = facts_with_sources(home, today) if home is not None else {}
    items = {i.pk: i for i in Item.objects.filter(of=person)}
    facts = [_fact(pack, "", line, units) for line in lines.get((person.pk, None), [])]
    facts += [_fact(pack, f"{_entity(pack, item.entity)} {item.key}", line, units) for pk, item in items.items() for line in lines.get((None, pk), [])]
    files = StoredFile.objects.filter(person_id=person.pk, withdrawn=False)
    return [
        Section(_("基本信息"), (_("姓名"), _("身份证号"), _("出生日期"), _("卡号后四位")), [(person.name, masked(person), _day(person.birth_date), person.card_last4)]),
        Section(_("所在户"), (_("户编号"), _("社区"), _("住址"), _("与户主关系"), _("起"), _("止")), [
            (m.household.number, m.household.area.name, m.household.address, _code(pack, "relation", m.relation), _day(m.since), _day(m.until)) for m in households_of(person)
        ]),
        Section(_("登记的事实"), (_("事项"), _("事实"), _("内容"), _("来源"), _("依据"), _("属实日期"), _("有效至")), facts),
        Section(_("材料"), (_("文件"), _("上传时间")), [(f.name, f"{f.added_at.astimezone(HERE):%Y-%m-%d}") for f in files]),
        Section(_("同意"), (_("用途"), _("日期"), _("监护人"), _("撤回")), [(c.get_purpose_display(), _day(c.given_on), c.guardian, _day(c.until)) for c in person.consents.all()]),
        Section(_("请求"), (_("请求"), _("提出日期"), _("状态"), _("答复")), [(r.get_kind_display(), _day(r.asked_on), r.get_status_display(), r.answer) for r in person.requests.all()]),
    ]  # fmt: skip


def workbook(sections: list[Section], mark: Mark) -> bytes:
    """Return the sections as an Excel file, one sheet each, marked with who gave it out and when."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
    book.set_properties({"author": mark.who, "comments": mark.line, "created": mark.when.replace(tzinfo=None)})
    head = book.add_format({"bold": True, "bg_color": "#DCE6F1", "border": 1})
    plain, risky = book.add_format({"num_format": "@"}), book.add_format({"num_format": "@", "quote_prefix": True})
    for section in sections:
        sheet = book.add_worksheet(section.title)
        sheet.set_column(0, len(section.heads) - 1, 22)
        sheet.set_footer(f"&L&9{mark.line}&R&9&P / &N")
        for line, row in enumerate([section.heads, *section.rows]):
            for place, text in enumerate(row):
                sheet.write_string(line, place, text, head if line == 0 else risky if RISKY.match(text) else plain)
    book.close()
    return made.getvalue()


def shown(pack: Pack, fact: str, value: Any, units: Units = str) -> str:
    """Return a value in words of the page's language: yes and no, the labels of codes, units behind numbers."""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list):
        return ("、" if _lang() == "zh" else ", ").join(_code(pack, fact, v) for v in value)
    if isinstance(value, int | float):
        known = pack.vocabulary.facts.get(fact)
        return f"{value:,} {units(unit_text(known.unit)) if known is not None else ''}".strip()
    return _code(pack, fact, value)


def label(pack: Pack, fact: str) -> str:
    """Return what a fact or recognition is called."""
    if fact in pack.vocabulary.facts:
        return pack.vocabulary.facts[fact].label.text(_lang())
    return pack.entries[fact].label.text(_lang()) if fact in pack.entries else fact


def _fact(pack: Pack, item: str, line: FactLine, units: Units) -> tuple[str, ...]:
    return item, label(pack, line.fact), shown(pack, line.fact, line.value, units), str(line.source.label), line.evidence, _day(line.true_on), _day(line.valid_until)


def _code(pack: Pack, fact: str, value: Any) -> str:
    known = pack.vocabulary.facts.get(fact)
    codes = pack.vocabulary.codes[known.codes].codes if known is not None and known.codes else {}
    return codes[value].text(_lang()) if isinstance(value, str) and value in codes else str(value)


def _entity(pack: Pack, entity: str) -> str:
    found = pack.vocabulary.entities.get(entity)
    return found.label.text(_lang()) if found is not None else entity


def _lang() -> str:
    return "en" if get_language() == "en" else "zh"


def _day(day: dt.date | None) -> str:
    return day.isoformat() if day is not None else ""
