"""Fields of an intake form made from the vocabulary: one for each fact, unknown being an answer; what is typed is read, never guessed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from bangfu.rules.household import read_fact
from bangfu.rules.pack.model import Pack
from bangfu.rules.units import QuantityError, unit_text
from bangfu.rules.values import decimal_text
from bangfu.rules.vocabulary import Fact
from bangfu.server.portal.asking import plain
from bangfu.server.portal.words import language, unit_words

NONE_OF_THEM = "none-of-them"
SIGNS_MOST = 60
RADIOS_MOST = 6
_NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,4})?")
_DAY = re.compile(r"(\d{4})\D{1,2}(\d{1,2})\D{1,2}(\d{1,2})\D?|(\d{4})(\d{2})(\d{2})")


@dataclass(slots=True)
class FactField:
    """One fact of one subject on a form.

    Attributes:
        subject: ``H`` (the household), ``P12`` (a person), ``I5`` (an item), ``new``.
        kind: ``choice`` (radios), ``select``, ``checks``, ``date`` or ``number``.
        typed: What stands in the controls: the values posted, or those of the register.
        mine: How the value differs from somebody else's change, in words; empty where it does not.
    """

    subject: str
    name: str
    label: str
    ask: str
    kind: str
    options: list[tuple[str, str]] = field(default_factory=list)
    unit: str = ""
    gate: str = ""
    typed: list[str] = field(default_factory=list)
    error: str = ""
    other: str = ""
    behind: list[FactField] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Return the name of the control."""
        return f"{self.subject}.{self.name}"

    @property
    def target(self) -> str:
        """Return the id that an error links to."""
        return f"{self.id}-1" if self.kind in ("choice", "checks") else self.id

    @property
    def text(self) -> str:
        """Return the one value typed, empty for unknown."""
        return self.typed[0] if self.typed else ""

    @property
    def open(self) -> bool:
        """Tell whether something here or further behind is typed, wrong, or changed by somebody else."""
        return bool(self.text or self.error or self.other) or any(one.open for one in self.behind)


def field_of(pack: Pack, subject: str, name: str) -> FactField:
    """Return the empty field of a fact, or of a recognition, which is a yes or a no."""
    lang, fact = language(), pack.vocabulary.facts.get(name)
    if fact is None:
        entry = pack.entries[name]
        return FactField(subject, name, entry.label.text(lang), "", "choice", _yes_no())
    made = FactField(subject, name, fact.label.text(lang), "" if fact.ask is None else fact.ask.text(lang), "number", gate=fact.gate or "")
    if fact.type == "yes_no":
        made.kind, made.options = "choice", _yes_no()
    elif fact.kind in ("code", "codes"):
        made.options = [(code, label.text(lang)) for code, label in pack.vocabulary.codes[fact.codes or ""].codes.items()]
        made.kind = "checks" if fact.kind == "codes" else "choice" if len(made.options) <= RADIOS_MOST else "select"
    elif fact.type == "level" and fact.low is not None and fact.high is not None:
        made.kind = "select"
        made.options = [(str(n), _("%(level)s 级") % {"level": n}) for n in range(int(fact.low), int(fact.high) + 1)]
    elif fact.kind == "date":
        made.kind = "date"
    else:
        made.unit = unit_words(unit_text(fact.unit))
    return made


def _yes_no() -> list[tuple[str, str]]:
    return [("yes", _("是")), ("no", _("否"))]


def shown(one: FactField, value: Any) -> list[str]:
    """Return a value of the register as the controls hold it."""
    if value is None:
        return []
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if isinstance(value, list):
        return [str(code) for code in value] or [NONE_OF_THEM]
    return [decimal_text(Fraction(str(value)))] if one.kind == "number" else [str(value)]


def read_typed(pack: Pack, one: FactField, posted: QueryDict) -> Any:
    """Return the value posted for a field, None for unknown; ``typed`` takes what was typed, ``error`` what is wrong with it."""
    one.typed = [text for raw in posted.getlist(one.id)[: len(one.options) + 1] if (text := plain(raw)[:SIGNS_MOST])]
    if not one.typed:
        return None
    known = {code for code, _label in one.options}
    if one.kind == "checks":
        return _checks(one, known)
    if one.kind in ("choice", "select") and one.text not in known:
        one.error = _("请在列出的几项里选一项。")
        return None
    fact = pack.vocabulary.facts.get(one.name)
    if fact is None or fact.type == "yes_no":
        return one.text == "yes"
    try:
        return _READERS.get(one.kind, _code)(pack, fact, one.text)
    except QuantityError as error:
        one.error = error.zh if language() == "zh" else error.en
    except ValueError as error:
        one.error = str(error)
    return None


def _checks(one: FactField, known: set[str]) -> list[str] | None:
    chosen = [code for code in one.typed if code in known]
    if NONE_OF_THEM in one.typed and chosen:
        one.error = _("勾了“都没有”，又勾了别的。请只留一种。")
        return None
    return chosen if chosen or NONE_OF_THEM in one.typed else None


def _code(pack: Pack, fact: Fact, text: str) -> Any:
    return int(text) if fact.type == "level" else text


def _number(pack: Pack, fact: Fact, text: str) -> int | float:
    digits = re.sub(r"[,，\s]", "", text).removesuffix("元")
    if not _NUMBER.fullmatch(digits):
        raise ValueError(_("请只填数字，例如 1200 或 1200.5。不知道就空着。"))
    exact = Fraction(digits)
    whole = exact.numerator if exact.denominator == 1 else None
    read_fact(fact, exact if whole is None else whole, pack)
    return float(digits) if whole is None else whole


def _date(pack: Pack, fact: Fact, text: str) -> str:
    found = _DAY.fullmatch(text)
    if found is None:
        raise ValueError(_("请写成 1950-01-31 这样的日期。不知道就空着。"))
    try:
        day = dt.date(*(int(part) for part in found.groups() if part))
    except ValueError:
        raise ValueError(_("没有这一天，请查一查月份和日子。")) from None
    read_fact(fact, day, pack)
    return day.isoformat()


_READERS: dict[str, Callable[[Pack, Fact, str], Any]] = {"number": _number, "date": _date}


def nested(fields: list[FactField]) -> list[FactField]:
    """Return fields with those that a gate opens placed behind it, where both are of one subject on the form."""
    by_id = {one.id: one for one in fields}
    top: list[FactField] = []
    for one in fields:
        gate = by_id.get(f"{one.subject}.{one.gate}") if one.gate else None
        (top if gate is None else gate.behind).append(one)
    return top


def flat(fields: list[FactField]) -> list[FactField]:
    """Return fields with all behind them, in the order of the page."""
    return [part for one in fields for part in (one, *flat(one.behind))]
