"""What is wrong with a ledger, in the words of its sheets: labels in place of the names that a household file uses.

The rules read a ledger as they read a household file, and say of both "wage_income" and "urban（城市）". Whoever fills in
the sheets sees headings and choices. What somebody typed stands in quotes and stays as it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property

from bangfu.rules.ledger import layout
from bangfu.rules.pack.model import Pack
from bangfu.rules.vocabulary import Label

NAME = r"[a-z][a-z0-9_]*"
_BESIDE_LABEL = re.compile(rf"（({NAME})）|\b({NAME})（([^（）]*)）")
_QUOTED = re.compile(r"(“[^”]*”|\"[^\"]*\")")
_NAME = re.compile(rf"(?<![A-Za-z0-9_.]){NAME}(?![A-Za-z0-9_.])")
_CHOICES = re.compile(r"(.*?)((?:known: |did you mean ))(.*)$", re.DOTALL)
"""In English a word of the sentence itself may read like a code; codes are named among choices alone."""
_FRACTION = re.compile(r"(?<=[“\"])-?\d+/\d+(?=[”\"])")
PHRASES = {
    "zh": [
        (re.compile(rf"^{NAME} 的第 \d+ 行缺少 id$"), "编号要填"),
        (re.compile(r"要写 of：属于哪个(.+)（.*）$"), r"要填“属于”：是哪个\1的编号"),
        (re.compile(r"的 of(“[^”]*”)不存在；有："), r"属于的编号\1不存在；这一户有："),
        (re.compile(r"^record 的 of(“[^”]*”)不存在；有："), r"编号\1不存在；这一户有："),
        (re.compile(r"的单位(“[^”]*”)不在 organisations 里$"), rf"的单位\1没有写明，请在“{layout.OTHERS.zh}”里写这个单位"),
        (re.compile(r"应为 true（是）或 false（否）"), "应填“是”或“否”"),
        (re.compile(r"应为 true 或 false$"), "应填“是”或“否”"),
        (re.compile(r"应为列表，如 \[代码, 代码\]"), "有几项就用顿号隔开"),
        (re.compile(r"超出范围 (\S+)\.\.(\S.*)$"), r"超出范围，应在 \1 到 \2之间"),
        (re.compile(r"请用 bangfu template 生成的表头"), "请用下载的模板的表头"),
        (re.compile(r"没有条目"), "没有待遇"),
        (re.compile(rf"^({NAME}) 的?(?=[一-鿿])"), r"\1："),
        (re.compile(r"(没有“[^”]*”这一项)；可用："), r"\1，请改填："),
    ],
    "en": [
        (re.compile(rf"^row \d+ of {NAME} has no id$"), "the number is needed"),
        (re.compile(r"needs of: which (\w+) it belongs to \(.*\)$"), r"needs the number of the \1 it belongs to"),
        (re.compile(r"must be true or false"), "must be 是 (yes) or 否 (no)"),
        (re.compile(r"^of (\"[^\"]*\") in the record does not exist"), r"the number \1 does not exist"),
        (re.compile(r"use the headings of bangfu template"), "use the headings of the template"),
    ],
}  # fmt: skip


def _decimal(found: re.Match[str]) -> str:
    """Return a number as the sheet shows it, where it is one of finitely many decimals."""
    value = Fraction(found[0]) if not found[0].endswith("/0") else Fraction(1, 3)
    return str(float(value)) if 10**20 % value.denominator == 0 else found[0]


class SheetWords:
    """The words of the ledger of one place."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack

    def text(self, said: str, lang: str) -> str:
        """Return what a fault says, in Chinese (``zh``) or English (``en``), with labels for names."""
        for pattern, words in PHRASES[lang]:
            said = pattern.sub(words, said)
        said = _BESIDE_LABEL.sub(self._label_alone, _FRACTION.sub(_decimal, said))
        match = _CHOICES.match(said)
        head, choices, tail = ("", "", said) if lang == "zh" else match.groups() if match else (said, "", "")
        return self._named_in(head, lang, self.labels) + choices + self._named_in(tail, lang, self.labels | self.columns | self.codes)

    def _label_alone(self, found: re.Match[str]) -> str:
        """Leave out a name that stands beside its label: 工资收入（wage_income） and urban（城市）."""
        behind, before, label = found.groups()
        if behind is not None:
            return "" if behind in self.labels or behind in self.columns else found[0]
        return label if label and (before in self.labels or before in self.codes) else found[0]

    def _named_in(self, said: str, lang: str, known: Mapping[str, Label | None]) -> str:
        """Put labels for names but inside quotes."""

        def named(found: re.Match[str]) -> str:
            label = known.get(found[0])
            return label.text(lang) if label else found[0]

        return "".join(part if place % 2 else _NAME.sub(named, part) for place, part in enumerate(_QUOTED.split(said)))

    @cached_property
    def columns(self) -> dict[str, Label]:
        """Return the label of each column that is no fact."""
        columns = (*layout.LINKS["household"], *layout.LINKS["person"], *layout.OTHER_COLUMNS, *layout.RECORD_COLUMNS)
        return {column.key: column.label for column in columns if column.key not in ("of", "value")}

    @cached_property
    def labels(self) -> dict[str, Label]:
        """Return the label of each fact, entry and kind."""
        vocabulary = self.pack.vocabulary
        found = {entity.collection or entity.id: entity.label for entity in vocabulary.entities.values()}
        return found | {entry.id: entry.label for entry in self.pack.entries.values()} | {fact.id: fact.label for fact in vocabulary.facts.values()}

    @cached_property
    def codes(self) -> dict[str, Label | None]:
        """Return the label of each code; None for one that means different things in different lists."""
        found: dict[str, Label | None] = {}
        for table in self.pack.vocabulary.codes.values():
            for code, label in table.codes.items():
                found[code] = label if found.get(code, label) == label else None
        return found
