"""A question of the interview as a form, and a posted form as an answer. Nothing is guessed: what cannot be read is said."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from bangfu.rules.engine import Engine
from bangfu.rules.household import read_fact
from bangfu.rules.interview import Question
from bangfu.rules.units import QuantityError, power_of, unit_text
from bangfu.rules.values import decimal_text
from bangfu.rules.vocabulary import Fact
from bangfu.server.portal.words import everyday_unit, language, unit_words, yes_no_words
from bangfu.server.selfcheck.sitting import Sitting

MOST_SIGNS = 40
RADIOS_AT_MOST = 16
NONE_OF_THEM = "none"


@dataclass(slots=True)
class Option:
    """One choice: the value posted, its words, whether it is chosen, under which heading it stands, what it means."""

    value: str
    text: str
    chosen: bool = False
    group: str = ""
    hint: str = ""
    group_hint: bool = False


@dataclass(slots=True)
class Field:
    """One field. ``kind``: radios, checks, select, number or date; ``values`` are year, month, day of a date."""

    name: str
    kind: str
    legend: str
    options: list[Option] = field(default_factory=list)
    unit: str = ""
    hint: str = ""
    values: list[str] = field(default_factory=lambda: ["", "", ""])
    error: str = ""

    @property
    def target(self) -> str:
        """Return the id of the control that an error links to."""
        if self.kind in ("radios", "checks"):
            return f"{self.name}-1"
        return f"{self.name}-y" if self.kind == "date" else self.name


@dataclass(slots=True)
class Form:
    """A question on a page."""

    question: Question
    heading: str
    fields: list[Field]
    mark: str
    hint: str = ""

    @property
    def errors(self) -> list[Field]:
        """Return the fields with a fault, in order."""
        return [f for f in self.fields if f.error]


def mark_of(question: Question) -> str:
    """Return a short mark of a question, by which a stale page is noticed."""
    return hashlib.sha256(repr(question).encode()).hexdigest()[:12]


def person_name(sitting: Sitting, row: str) -> str:
    """Return how a member is called on the page."""
    place = int(row[1:]) - 1 if row[1:].isdigit() else -1
    named = sitting.names[place] if 0 <= place < len(sitting.names) else ""
    if named:
        return named
    return _("本人") if place == 0 else _("第 %(number)s 人") % {"number": place + 1}


def whom(engine: Engine, sitting: Sitting, question: Question) -> str:
    """Return whom a single question is about; empty for the household, and for the only member."""
    if question.entity == "person":
        return person_name(sitting, question.row) if len(sitting.names) > 1 else ""
    if question.entity in ("household", "place") or question.kind == "collection":
        return ""
    return engine.pack.vocabulary.entities[question.entity].label.text(language())


def form_of(engine: Engine, sitting: Sitting, question: Question, said: Any = None) -> Form:
    """Return the form of a question, filled with what was said before."""
    mark, lang = mark_of(question), language()
    if question.kind == "each":
        values = said if isinstance(said, dict) else {}
        fields = [_field(engine, sitting, part, f"f{n}", values.get(part), person_name(sitting, part.row)) for n, part in enumerate(question.parts)]
        hints = [_("请逐人回答。不清楚的人可以空着。"), *dict.fromkeys(f.hint for f in fields if f.hint)]
        for one in fields:
            one.hint = ""
        return Form(question, question.parts[0].text(engine, lang), fields, mark, " ".join(hints))
    if question.kind == "choose":
        of_people = question.parts[0].kind == "fact" and not question.is_mixed
        heading = question.parts[0].text(engine, lang) if of_people else question.text(engine, lang)
        hint = _("是的就勾上，可以勾几个人。") if of_people else _("有的就勾上，可以勾几项。")
        return Form(question, heading, [_checks(engine, sitting, question, said)], mark, hint)
    about = whom(engine, sitting, question)
    heading = question.text(engine, lang)
    return Form(question, _("%(person)s：%(question)s") % {"person": about, "question": heading} if about else heading, [_field(engine, sitting, question, "f0", said, heading)], mark)


def _checks(engine: Engine, sitting: Sitting, question: Question, said: Any) -> Field:
    ticked = [said is not None and part in said for part in question.parts]
    several = question.is_mixed or question.parts[0].kind == "recognition"
    if several and len(sitting.names) > 1 and any(part.entity == "person" for part in question.parts):
        options = _by_name(engine, sitting, question, ticked)
    else:
        shown = _mixed_text if question.is_mixed else part_text
        options = [Option(str(n), shown(engine, sitting, part), ticked[n], hint=_plainly(engine, part)) for n, part in enumerate(question.parts)]
    options.append(Option(NONE_OF_THEM, _("以上都没有"), said is not None and not said))
    return Field("f0", "checks", question.text(engine, language()), options)


def _by_name(engine: Engine, sitting: Sitting, question: Question, ticked: list[bool]) -> list[Option]:
    """Return the choices with those of people under the name of the decision or under the question, after those of the whole family."""
    family, people = [], dict[str, list[Option]]()
    for n, part in enumerate(question.parts):
        name = part.text(engine, language()) if part.kind == "fact" else engine.pack.entries[part.name].label.text(language())
        if part.entity == "person":
            people.setdefault(name, []).append(Option(str(n), person_name(sitting, part.row), ticked[n], name, _plainly(engine, part), group_hint=True))
        else:
            shown = _mixed_text if question.is_mixed else part_text
            family.append(Option(str(n), shown(engine, sitting, part), ticked[n], _("全家"), _plainly(engine, part)))
    return [*family, *(option for options in people.values() for option in options)]


def part_text(engine: Engine, sitting: Sitting, part: Question) -> str:
    """Return one part of a question that asks several decisions or events at once, or the same of several people."""
    pack, lang = engine.pack, language()
    if part.kind == "collection":
        return pack.vocabulary.entities[part.entity].label.text(lang)
    about = whom(engine, sitting, part)
    if part.kind == "recognition":
        label = pack.entries[part.name].label.text(lang)
        return _("%(person)s：%(question)s") % {"person": about, "question": label} if about else label
    return person_name(sitting, part.row) if part.entity == "person" else part.row


def _plainly(engine: Engine, part: Question) -> str:
    """Return what a decision means in plain words; empty where that is not said, and for anything else."""
    said = engine.pack.entries[part.name].plainly if part.kind == "recognition" else None
    return said.text(language()) if said is not None else ""


def _mixed_text(engine: Engine, sitting: Sitting, part: Question) -> str:
    """Return one of several different facts that are ticked on one page."""
    label = engine.pack.vocabulary.facts[part.name].label.text(language())
    about = whom(engine, sitting, part)
    return _("%(person)s：%(question)s") % {"person": about, "question": label} if about else label


def _field(engine: Engine, sitting: Sitting, question: Question, name: str, said: Any, legend: str) -> Field:
    fact = engine.pack.vocabulary.facts.get(question.name) if question.kind == "fact" else None
    if question.kind == "record":
        return Field(name, "radios", legend, [Option("no", _("从来没有领过"), said is False), Option("yes", _("领过，或者正在领"), False)])
    if fact is None or fact.type == "yes_no":
        yes, no = yes_no_words(question.text(engine, "zh"))
        return Field(name, "radios", legend, [Option("yes", yes, said is True), Option("no", no, said is False)])
    if fact.kind in ("code", "codes"):
        codes = engine.pack.vocabulary.codes[fact.codes or ""].codes
        chosen = said if isinstance(said, frozenset) else {said}
        # the first of the members is the applicant, so nobody else is
        options = [Option(code, label.text(language()), code in chosen) for code, label in codes.items() if (fact.id, code) != ("relation", "self")]
        if fact.kind == "codes":
            return Field(name, "checks", legend, [*options, Option(NONE_OF_THEM, _("以上都没有"), isinstance(said, frozenset) and not said)])
        return Field(name, "radios" if len(options) <= RADIOS_AT_MOST else "select", legend, options)
    if fact.kind == "date":
        values = [str(said.year), str(said.month), str(said.day)] if isinstance(said, dt.date) else ["", "", ""]
        return Field(name, "date", legend, hint=_("例如 1950 年 1 月 31 日，按公历"), values=values)
    return _number_field(fact, name, legend, said)


def _number_field(fact: Fact, name: str, legend: str, said: Any) -> Field:
    low, high = fact.low, fact.high
    if fact.type == "level" and low is not None and high is not None and high - low <= RADIOS_AT_MOST:
        options = [Option(str(n), _("%(level)s 级") % {"level": n}, said == n) for n in range(int(low), int(high) + 1)]
        return Field(name, "radios", legend, options)
    scale = 100 if power_of(fact.unit, "元") > 0 else 1
    shown = "" if said is None else decimal_text(said / scale if scale == 1 else _divided(said, scale))
    hint = _("填数字，没有就填 0") if scale == 100 else _("填数字")
    return Field(name, "number", legend, unit=unit_words(everyday_unit(unit_text(fact.unit))), hint=hint, values=[shown, "", ""])


def _divided(value: Any, scale: int) -> Fraction:
    return Fraction(value) / scale


# -- reading -----------------------------------------------------------------------------------------------------
def read(engine: Engine, form: Form, posted: Mapping[str, Any]) -> Any:
    """Return the answer of a posted form; faults are put into its fields, and then the answer means nothing."""
    question = form.question
    if question.kind == "each":
        found = {part: _read_field(engine, part, one, posted) for part, one in zip(question.parts, form.fields, strict=True)}
        if not form.errors and all(value is None for value in found.values()):
            form.fields[0].error = _("还没有填。请至少填一个人，或者点“不清楚”。")
        return found
    if question.kind == "choose":
        return _read_checks(form.fields[0], posted, {str(n): part for n, part in enumerate(question.parts)})
    value = _read_field(engine, question, form.fields[0], posted)
    if value is None and not form.errors and not (question.kind == "record" and posted.get("f0") == "yes"):
        form.fields[0].error = _("还没有回答。请选一项或填上，不知道就点“不清楚”。")
    return value


def _read_checks(one: Field, posted: Mapping[str, Any], meaning: Mapping[str, Any]) -> set[Any]:
    ticked = [v for v in posted.getlist(one.name) if v in meaning or v == NONE_OF_THEM]  # type: ignore[attr-defined]
    for option in one.options:
        option.chosen = option.value in ticked
    if not ticked:
        one.error = _("还没有勾选。都没有就勾“以上都没有”，不知道就点“不清楚”。")
    elif NONE_OF_THEM in ticked and len(ticked) > 1:
        one.error = _("勾了“以上都没有”，又勾了别的。请只留一种。")
    return {meaning[v] for v in ticked if v != NONE_OF_THEM}


def _read_field(engine: Engine, question: Question, one: Field, posted: Mapping[str, Any]) -> Any:
    fact = engine.pack.vocabulary.facts.get(question.name) if question.kind == "fact" else None
    if one.kind == "checks":
        return frozenset(_read_checks(one, posted, {o.value: o.value for o in one.options if o.value != NONE_OF_THEM}))
    if one.kind == "date":
        return _read_date(engine, fact, one, posted)
    said = plain(posted.get(one.name, ""))
    if one.kind in ("radios", "select"):
        return _read_choice(fact, one, said)
    one.values[0] = said[:MOST_SIGNS]
    return _read_number(engine, fact, one, said) if said else None


def _read_choice(fact: Fact | None, one: Field, said: str) -> Any:
    if not said:
        return None
    for option in one.options:
        option.chosen = option.value == said
    if not any(option.chosen for option in one.options):
        one.error = _("请在列出的几项里选一项。")
        return None
    if fact is None:
        # a decision or an event: yes or no; of the record only "never" says something
        return None if len(one.options) == 2 and one.options[0].value == "no" and said == "yes" else said == "yes"
    if fact.type == "yes_no":
        return said == "yes"
    return int(said) if fact.kind == "number" else said


def _read_number(engine: Engine, fact: Fact | None, one: Field, said: str) -> Any:
    number = re.sub(r"[,，\s]", "", said).removesuffix("元")
    if len(said) > MOST_SIGNS or not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,4})?", number):
        one.error = _("请只填数字，例如 1200 或 1200.5。不要写别的字。")
        return None
    exact = Fraction(number)
    try:
        return read_fact(fact, exact.numerator if exact.denominator == 1 else exact, engine.pack)  # type: ignore[arg-type]
    except QuantityError as error:
        one.error = _fault(error)
        return None


def _read_date(engine: Engine, fact: Fact | None, one: Field, posted: Mapping[str, Any]) -> Any:
    parts = [plain(posted.get(f"{one.name}{part}", ""))[:MOST_SIGNS] for part in ("y", "m", "d")]
    one.values = parts
    if not any(parts):
        return None
    numbers = [part.rstrip("年月日号") for part in parts]
    if not all(re.fullmatch(r"[0-9]{1,4}", n) for n in numbers) or len(numbers[0]) != 4:
        one.error = _("请把年、月、日都填上，年份四位数，例如 1950 年 1 月 31 日。")
        return None
    try:
        day = dt.date(*(int(n) for n in numbers))
        return read_fact(fact, day, engine.pack)  # type: ignore[arg-type]
    except ValueError:
        one.error = _("没有这一天，请查一查月份和日子。")
    except QuantityError as error:
        one.error = _fault(error)
    return None


def _fault(error: QuantityError) -> str:
    return error.zh if language() == "zh" else error.en


def plain(text: Any) -> str:
    """Return typed text with full-width signs made ordinary and no control signs; long text stays long, to be refused."""
    shown = unicodedata.normalize("NFKC", str(text)[:20_000])
    return "".join(sign for sign in shown if unicodedata.category(sign)[0] != "C").strip()


# -- saying back -------------------------------------------------------------------------------------------------
def said_text(engine: Engine, sitting: Sitting, question: Question, value: Any) -> list[str]:
    """Return what was answered, in lines as a reader sees it."""
    if value is None:
        return [_("领过，或者正在领（先按不清楚算）")] if question.kind == "record" else [_("不清楚")]
    if question.kind == "choose":
        shown = _mixed_text if question.is_mixed else part_text
        chosen = [shown(engine, sitting, part) for part in question.parts if part in value]
        return chosen or [_("都没有")]
    if question.kind == "each":
        return [_("%(person)s：%(question)s") % {"person": person_name(sitting, p.row), "question": _single_text(engine, p, value.get(p))} for p in question.parts]
    return [_single_text(engine, question, value)]


def _single_text(engine: Engine, question: Question, value: Any) -> str:
    if value is None:
        return _("不清楚")
    if question.kind == "record":
        return _("从来没有领过")
    if isinstance(value, bool):
        yes, no = yes_no_words(question.text(engine, "zh"))
        return yes if value else no
    if isinstance(value, dt.date):
        return value.isoformat()
    fact = engine.pack.vocabulary.facts[question.name]
    if isinstance(value, str | frozenset):
        codes = engine.pack.vocabulary.codes[fact.codes or ""].codes
        listed = sorted(value) if isinstance(value, frozenset) else [value]
        return "、".join(codes[code].text(language()) for code in listed if code in codes) or _("都没有")
    if fact.type == "level":
        return _("%(level)s 级") % {"level": value}
    scale = 100 if power_of(fact.unit, "元") > 0 else 1
    return f"{decimal_text(_divided(value, scale))} {unit_words(everyday_unit(unit_text(fact.unit)))}".strip()
