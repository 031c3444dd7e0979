"""What a loaded policy folder consists of. Plain data; loading is in ``load``, rules about it in ``checks``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from bangfu.rules.language.nodes import Node
from bangfu.rules.units import NO_UNIT, YEARS_OLD, Quantity, Unit, power_of, unit_text
from bangfu.rules.values import Number
from bangfu.rules.vocabulary import Label, Vocabulary
from bangfu.rules.yaml_source import Map

BENEFIT_KINDS = ("cash", "service", "goods", "waiver", "insurance", "loan")
COMPUTED_KINDS = (*BENEFIT_KINDS, "definition", "recognition", "duty", "signal", "target")
KINDS = (*COMPUTED_KINDS, "stacking", "fund", "procedure", "feed", "responsibility", "principle")
PERIODS = {
    "once": None, "day": "日", "week": "周", "month": "月", "quarter": "季", "half_year": "半年", "year": "年",
    "school_year": "学年", "policy_year": "保单年", "spell": None, "standing": None, "missing": None,
}  # fmt: skip


class Missing:
    """The document does not give it; a place owes it (one instance: ``MISSING``)."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"

    def __reduce__(self) -> str:
        return "MISSING"


MISSING = Missing()


@dataclass(frozen=True, slots=True)
class Rounding:
    """Round to a multiple of ``step`` (money in fen): ``up``, ``down``, ``half_up`` or ``half_even``."""

    mode: str
    step: Number


@dataclass(frozen=True, slots=True)
class Band:
    """One row of a bracket table: up to ``upper`` (None: the rest), the bound included or not."""

    upper: Number | None
    included: bool
    value: Any


@dataclass(frozen=True, slots=True)
class Version:
    """A value from a date on. ``value``: Quantity, MISSING, mapping code → value, bands, codes or Rounding."""

    since: dt.date | None
    value: Any
    source: str | None = None
    checked: dt.date | None = None
    said_by: str | None = None


@dataclass(slots=True)
class Parameter:
    """A named, dated value: a parameter of the place or a figure of an entry (``entry.figure``). ``of_age``: written in 岁."""

    id: str
    label: Label | None
    kind: str
    unit: Unit
    versions: tuple[Version, ...]
    keyed_by: tuple[str, ...] = ()
    bands: bool = False
    series: str | None = None
    low: Number | None = None
    high: Number | None = None
    open_place: bool = False
    note: Label | None = None
    codes: str | None = None
    unit_given: bool = True
    home: tuple[str, int, int] = ("", 0, 0)
    entry: str | None = None
    band_unit: Unit = NO_UNIT
    given_by_place: bool = False
    of_age: bool = False

    @property
    def unit_written(self) -> str:
        """Return the unit as the pack writes it."""
        return YEARS_OLD if self.of_age else unit_text(self.unit)

    def version_on(self, date: dt.date) -> Version | None:
        """Return the version in force on a date (``series`` values hold for their own period only)."""
        found: Version | None = None
        for version in self.versions:
            if version.since is None or version.since <= date:
                found = version
        if found is not None and self.series and found.since is not None:
            same_year = found.since.year == date.year
            if not same_year or (self.series == "month" and found.since.month != date.month):
                return None
        return found

    def values(self) -> list[Any]:
        """Return every single value over versions, keys and bands (MISSING included)."""
        found: list[Any] = []

        def gather(value: Any) -> None:
            if isinstance(value, dict):
                for child in value.values():
                    gather(child)
            elif isinstance(value, tuple):
                for band in value:
                    gather(band.value)
            else:
                found.append(value)

        for version in self.versions:
            gather(version.value)
        return found


@dataclass(frozen=True, slots=True)
class Reading:
    """How an unclear passage is read: the code taken, why, and what else could be meant."""

    id: str
    entry: str | None
    asks: Label
    takes: str
    because: Label | None
    options: dict[str, Label]
    home: tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Limit:
    """A bound on what is granted.

    ``measure``: money, count, quantity or months. ``window``: claim, day, week, month, year, policy_year, school_year,
    rolling or life. ``each`` is a code fact counted apart.
    """

    amount: Node
    measure: str
    window: str
    months: int
    each: str | None
    address: str
    written: str


@dataclass(slots=True)
class Tier:
    """One row of a graduated entry; ``when`` None is "otherwise"."""

    label: Label | None
    covers: tuple[str, ...]
    when: Node | None
    amount: Node | None = None
    quantity: Node | None = None
    rate: Node | None = None
    share: Node | None = None
    value: Node | None = None
    every: str | None = None
    content: Label | None = None


@dataclass(frozen=True, slots=True)
class Widening:
    """A group that an overlay adds to an ``open_list``: all of ``tests`` must hold, from ``since`` on (None: always)."""

    tests: tuple[Node, ...]
    since: dt.date | None


@dataclass(slots=True)
class Entry:
    """One entry of a pack. Expressions are typed nodes; other keys stay in ``raw`` for the server and the pages."""

    id: str
    kind: str
    label: Label
    place: str
    raw: Map
    file: str
    line: int
    chapter: Label | None
    covers: dict[str, str | None] = field(default_factory=dict)
    office: str | None = None
    joins: tuple[str, ...] = ()
    inferred: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()
    since: dt.date | None = None
    until: dt.date | None = None
    per: str | None = None
    when: tuple[Node, ...] = ()
    unless: tuple[Node, ...] = ()
    open_condition: Label | None = None
    open_list: Label | None = None
    amount: Node | None = None
    quantity: Node | None = None
    rate: Node | None = None
    share: Node | None = None
    base: Node | None = None
    value: Node | None = None
    threshold: Node | None = None
    tiers: list[Tier] = field(default_factory=list)
    take: str = "first"
    limits: tuple[Limit, ...] = ()
    lasts: tuple[Node, Node | None] | None = None
    round: Rounding | Parameter | None = None
    every: str | None = None
    purpose: str | None = None
    payee: str | None = None
    policy: str | None = None
    unit: Unit = NO_UNIT
    value_kind: str = "number"
    codes: str | None = None
    low: Number | None = None
    high: Number | None = None
    measure: Node | None = None
    target: dict[str, Node] = field(default_factory=dict)
    between: Quantity | None = None
    figures: dict[str, Parameter] = field(default_factory=dict)
    readings: dict[str, Reading] = field(default_factory=dict)
    widened: tuple[Widening, ...] = ()
    conditions_added: tuple[tuple[Node, dt.date | None], ...] = ()
    same_as: str | None = None
    local_name_of: str | None = None
    plainly: Label | None = None
    typed: bool = False
    gives_money: bool | None = field(default=None, repr=False)  # worked out when asked for: no part of what is written

    @property
    def is_benefit(self) -> bool:
        """Tell whether the entry gives something."""
        return self.kind in BENEFIT_KINDS

    def widened_on(self, day: dt.date) -> tuple[Widening, ...]:
        """Return the groups that have been added by a day."""
        return tuple(widening for widening in self.widened if widening.since is None or widening.since <= day)

    @property
    def content(self) -> Label | None:
        """Return what is given besides money, as the document words it."""
        said = self.raw.get("content")
        if not isinstance(said, str):
            return None
        zh, _, en = said.partition(" | ")
        return Label(zh.strip(), (en or zh).strip())

    @property
    def nobody_decides(self) -> bool:
        """Tell whether a recognition is worked out only: no office decides it and nothing would put it on record."""
        return self.kind == "recognition" and "decided_by" not in self.raw and "procedure" not in self.raw and bool(self.when or self.tiers)

    @property
    def has_money(self) -> bool:
        """Tell whether the entry answers with a sum of money."""
        if self.gives_money is None:
            self.gives_money = self.is_benefit and any(_money_keys(part) for part in (self.raw, *self._tier_maps()))
        return self.gives_money

    def _tier_maps(self) -> list[dict[str, Any]]:
        tiers = self.raw.get("tiers")
        rows = [row for row in tiers if isinstance(row, dict)] if isinstance(tiers, list) else []
        return [{**self.raw, **row} for row in rows]


def _money_keys(part: dict[str, Any]) -> bool:
    return "amount" in part or ("quantity" in part and "rate" in part) or ("share" in part and "base" in part)


@dataclass(slots=True)
class Stacking:
    """How entries stand together: ``highest first together sequence top_up``."""

    id: str
    mode: str
    entries: tuple[str, ...]
    at_most: Node | None
    entry: Entry


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of the document as the outline names it."""

    id: str
    article: str
    label: str
    figures: tuple[Quantity | dt.date, ...]
    written: tuple[str, ...]
    file: str
    line: int
    since: dt.date | None = None
    until: dt.date | None = None

    def holds(self, day: dt.date) -> bool:
        """Tell whether its instrument was in force on a day, as far as the outline dates it."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)

    def numbers(self) -> list[set[Fraction]]:
        """Return, for each figure, the numbers that must be found (money in 元; a date by its year, month, day)."""
        found: list[set[Fraction]] = []
        for figure in self.figures:
            if isinstance(figure, dt.date):
                found.append({Fraction(figure.year), Fraction(figure.month), Fraction(figure.day)})
            else:
                scale = Fraction(100) ** power_of(figure.unit, "元")
                found.append({Fraction(end) / scale for end in (figure.low, figure.high) if end is not None})
        return found


@dataclass(slots=True)
class Document:
    """A policy document: title, force, offices."""

    id: str
    title: Label
    area: str | None
    under: tuple[str, ...]
    since: dt.date | None
    until: dt.date | None
    raise_to_higher: bool
    offices: dict[str, dict[str, Any]]
    covers: tuple[str, ...]
    raw: Map


@dataclass(slots=True)
class Pack:
    """A place's policy with everything it stands under (``documents`` from the nation down)."""

    place: str
    documents: dict[str, Document]
    vocabulary: Vocabulary
    parameters: dict[str, Parameter]
    entries: dict[str, Entry]
    stackings: dict[str, Stacking]
    readings: dict[str, Reading]
    reading_choice: dict[str, str]
    clauses: dict[str, Clause]
    files: dict[str, bytes]
    content_hash: str = ""

    @property
    def document(self) -> Document:
        """Return the place's own document."""
        return self.documents[self.place]

    def own_offices(self, office: str) -> list[str]:
        """Return the place's own offices for a name of a higher level or a role (县级民政部门, civil_affairs); the name itself if there is none."""
        own = self.document.offices if self.place in self.documents else {}
        if office in own:
            return [office]
        rows = [document.offices[office] for document in self.documents.values() if office in document.offices]
        role = rows[0].get("role") if rows else office
        return [name for name, row in own.items() if role and row.get("role") == role] or [office]

    def office_text(self, office: str | None, lang: str) -> str:
        """Return an office's name in a language: the place's own office where a higher level names only what it does."""
        if office is None:
            return ""
        return "、".join(self._office_text(name, lang) for name in self.own_offices(office))

    def _office_text(self, office: str, lang: str) -> str:
        if lang == "en":
            for document in self.documents.values():
                if office in document.offices:
                    return str(document.offices[office].get("en", office))
            if office in self.vocabulary.words:
                return self.vocabulary.words[office].en
            return office.split("|")[-1].strip()
        if office in self.vocabulary.words:
            return self.vocabulary.words[office].zh
        return office.split("|")[0].strip()

    def articles(self, entry: Entry, clauses: Iterable[str] | None = None) -> list[str]:
        """Return the articles that an entry (or some of its clauses) rests on, in order, each once."""
        return list(dict.fromkeys(self.clauses[c].article for c in (entry.covers if clauses is None else clauses) if c in self.clauses))
