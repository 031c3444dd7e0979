"""A short legal argument for each answer: the fact, the line it is held against, the verdict, the margin.

Not a trace: conditions that decide are shown, the others are left out; a refusal names the failing condition and how
far away it is; an unknown names the question to ask. Chinese and English come from the same tree.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bangfu.rules.engine import Engine
from bangfu.rules.language.nodes import Node
from bangfu.rules.needs import settled_by, settled_texts
from bangfu.rules.notes import force_texts, note_texts
from bangfu.rules.outline import Results
from bangfu.rules.pack.model import Entry
from bangfu.rules.reasons import MOST_DEPTH, MOST_LINES, Reason, shortened, verdict_of
from bangfu.rules.render import entry_unit, number_text, shown_pair, shown_value, value_pair
from bangfu.rules.runners.python.nodes import Compiler
from bangfu.rules.tellers import reached
from bangfu.rules.units import Unit, unit_text
from bangfu.rules.values import CLOSED, Range, Unknown, needs_of

_REFUSES = frozenset(("limit_count", "stacking_highest", "stacking_first", "no_tier", "not_in_force"))
_NOTHING: tuple[Reason, ...] = ()


class Explainer:
    """Explains the answers of one run."""

    def __init__(self, engine: Engine, run: Any) -> None:
        self.engine = engine
        self.run = run
        self.program = engine.program(run.today)
        self.words = engine.words
        self.outline = engine.outline
        self._drawn: dict[tuple[str, Any, int], Sequence[Reason]] = {}
        self._defined: dict[tuple[str, Any], tuple[str, str, str, Node | None]] = {}
        self._needed: dict[frozenset[str], Reason] = {}
        self.tested: dict[tuple[str, Any, int], Reason] = {}
        self.tellers = engine.tellers(self.program)

    def explain(self, entry: Entry, row: Any) -> list[Reason]:
        """Return the argument for one entry and one row."""
        if entry.kind == "definition":
            return [self.definition(entry, row, 0)]
        result = self.engine.result(row, entry)
        found = self.conditions(entry, row, 0)
        if entry.kind == "recognition":
            found += self.basis(entry, result)
        if result.amount is not None and (result.status is not False or result.before is not None):
            found += self.amount(entry, row, result)
        if result.notes:
            found += [self.note(entry, code, data) for code, data in result.notes]
        return found if len(found) == 1 and found[0].size <= MOST_LINES else shortened(found)

    # -- conditions ----------------------------------------------------------------------------------------------
    def conditions(self, entry: Entry, row: Any, depth: int) -> list[Reason]:
        """Return a line per condition; once one refuses, only those that refuse are shown."""
        conditions = self.tellers.conditions(entry)
        if len(conditions) == 1:
            _, closure, only = conditions[0]
            if only is not None:
                return [only(self, closure(row, None), row, None, depth)]
        values = [(address, closure(row, None), teller) for address, closure, teller in conditions]
        refusing = [item for item in values if item[1] is False or item[1] is CLOSED]
        return [
            self.condition(entry, address, value) if teller is None else teller(self, value, row, None, depth)
            for address, value, teller in refusing or values
        ]

    def condition(self, entry: Entry, address: str, value: Any) -> Reason:
        """Return the line of a condition that is no expression."""
        return Reason(address, self._special(entry, address, "zh"), self._special(entry, address, "en"), verdict_of(value))

    def _special(self, entry: Entry, key: str, lang: str) -> str:
        """Return the words of a condition that is no expression."""
        zh = lang == "zh"
        if key == "policy":
            return ("须已参加：" if zh else "must be covered by: ") + self._label(entry.policy, lang)
        if key == "open_condition":
            return ("文件未写明的条件：" if zh else "condition the document does not give: ") + _side(entry.open_condition, lang)
        if key == "lasts":
            return ("期限：" if zh else "term: ") + self._lasts(entry, lang)
        return "符合条件或属于已扩大到的对象" if zh else "meets the condition or belongs to a group added"

    def _lasts(self, entry: Entry, lang: str) -> str:
        assert entry.lasts is not None
        length, since = entry.lasts
        tail = "" if since is None else (f"（自{self.words[lang].text(since)}）" if lang == "zh" else f" (from {self.words[lang].text(since)})")
        return self.words[lang].text(length) + tail

    def _label(self, name: str | None, lang: str) -> str:
        return self.words[lang].label(name or "")

    def below(self, results: Results, row: Any, loop: Any, depth: int) -> Sequence[Reason]:
        """Return lines for the results (definitions, recognitions) that a node reads."""
        if not results or depth >= MOST_DEPTH:
            return _NOTHING
        found: list[Reason] = []
        for path, in_loop, entry in results:
            start = loop if in_loop else row
            target = reached(path, start) if path else start
            if target is not None:
                drawn = self._drawn.get((entry.id, target, depth))
                found += self._result_lines(entry, target, depth) if drawn is None else drawn
        return found

    def _result_lines(self, entry: Entry, row: Any, depth: int) -> Sequence[Reason]:
        """Return the lines of one result for one row; many entries read it, so they are drawn up once in a run."""
        definition = entry.kind == "definition"
        found = [self.definition(entry, row, depth + 1)] if definition else self._recognition(entry, row, depth + 1)
        self._drawn[entry.id, row, depth] = found
        return found

    def _recognition(self, entry: Entry, row: Any, depth: int) -> list[Reason]:
        result = self.engine.result(row, entry)
        if result is None:
            return []
        stated = self.basis(entry, result)
        by_facts = row.run.basis == "met" and result.met.__class__ is not Unknown
        if stated and not by_facts and (result.held is True or result.held is False):
            return stated
        return self.conditions(entry, row, depth) + ([] if by_facts else stated)

    def definition(self, entry: Entry, row: Any, depth: int) -> Reason:
        """Return the line of a definition: its value and how it came about."""
        zh, en, verdict, node = self._definition(entry, row)
        children = self.below(self.outline.results(node), row, None, depth + 1) if node is not None and depth < MOST_DEPTH else _NOTHING
        return Reason("definition", zh, en, verdict, children)

    def _definition(self, entry: Entry, row: Any) -> tuple[str, str, str, Node | None]:
        """Return the words of a definition's line, its verdict and its expression (worked out once a row)."""
        key = (entry.id, row)
        found = self._defined.get(key)
        if found is None:
            value = self.engine.result(row, entry)
            label, (zh, en), (tail_zh, tail_en) = entry.label, self._value_pair(entry, value), self._tail(entry, row, value)
            verdict = verdict_of(value) if entry.value_kind == "yes_no" else "unknown" if value.__class__ is Unknown else "info"
            found = self._defined[key] = (f"{label.zh} = {zh}{tail_zh}", f"{label.en} = {en}{tail_en}", verdict, self.outline.value(entry))
        return found

    def _tail(self, entry: Entry, row: Any, value: Any) -> tuple[str, str]:
        """Return what follows a definition's value: its formula, or from when on the document gives it."""
        if value.__class__ is Unknown and entry.id in value.needs and (entry.since or entry.until):
            zh, en = force_texts(entry)
            return f"（{zh}）", f" ({en})"
        return self.outline.formula(entry)

    def _value_pair(self, entry: Entry, value: Any) -> tuple[str, str]:
        return value_pair(value, entry.value_kind, entry_unit(entry), entry.codes, self.engine.pack)

    # -- amount, notes -------------------------------------------------------------------------------------------
    def basis(self, entry: Entry, result: Any) -> list[Reason]:
        """Return the line that says what is on record, where that decides."""
        if entry.kind != "recognition":
            return []
        if self.run.basis == "met" and result.met.__class__ is not Unknown and result.held is not True:
            return []
        if result.held is True:
            return [Reason("held", f"在册或已申明：{entry.label.zh}", f"on record or stated: {entry.label.en}", "yes")]
        if result.held is False:
            return [Reason("held", f"不在册：{entry.label.zh}", f"not on record: {entry.label.en}", "no")]
        return [self.unknown(frozenset({entry.id}))] if result.status.__class__ is Unknown else []

    def amount(self, entry: Entry, row: Any, result: Any) -> list[Reason]:
        """Return how the sum came about: tier, formula, formula with values."""
        node = self.outline.amount(entry, result.tier)
        if result.amount is None or node is None:
            return []
        compiler = self.program.compiler(entry)
        found = []
        if result.tier is not None and entry.tiers and entry.tiers[result.tier].label is not None:
            label = entry.tiers[result.tier].label
            assert label is not None
            found.append(Reason("tier", f"适用档：{label.zh}", f"tier: {label.en}", "info"))
        value = result.before if result.before is not None and result.before.__class__ is not Unknown else result.amount
        zh, en = self._sum_texts(entry, node, value)
        below = [*self._inputs(node, row, compiler), *self.below(self.outline.results(node), row, None, 1)]
        found.append(Reason("amount", zh, en, "unknown" if value.__class__ is Unknown else "info", below))
        if result.amount.__class__ in (Unknown, Range):
            found += self._open_sum(entry, result.amount)
        return found

    def _sum_texts(self, entry: Entry, node: Node, value: Any) -> tuple[str, str]:
        """Return the formula of a sum with what it comes to; a waiver of the whole says so."""
        if entry.kind == "waiver" and not entry.has_money and value.__class__ is int and value == 1:
            return "减免 = 全免", "waived = in full"
        (zh, en), said_zh, said_en = self.outline.said(node), amount_text(value, entry.unit, "zh"), amount_text(value, entry.unit, "en")
        return (
            f"金额 = {zh}" if zh == said_zh else f"金额 = {zh} = {said_zh}",
            f"amount = {en}" if en == said_en else f"amount = {en} = {said_en}",
        )

    def _open_sum(self, entry: Entry, amount: Any) -> list[Reason]:
        """Return what would fix a sum that is unknown or between bounds; who settles what the document leaves to be settled."""
        pack, needs = self.engine.pack, needs_of(amount)
        left = {name for name in needs if settled_by(pack, name)} if amount.__class__ is Range else set()
        found = [self.unknown(needs - left)] if needs - left else []
        if left:
            zh, en = ("；".join(settled_texts(pack, entry, sorted(left), "zh")), "; ".join(settled_texts(pack, entry, sorted(left), "en")))
            found.append(Reason("settles", zh, en, "unknown"))
        return found

    def _inputs(self, node: Node, row: Any, compiler: Compiler) -> list[Reason]:
        """Return the facts and dated values that a formula uses."""
        found: list[Reason] = []
        for part in self.outline.inputs(node):
            if part.op == "band":
                found.append(self._band(part, row, compiler))
                continue
            value = compiler.closure(part)(row, None)
            (zh, en), shown = self.outline.said(part), shown_pair(value, part, self.engine.pack)
            zh, en = f"{zh} = {shown[0]}", f"{en} = {shown[1]}"
            source = _source(part, self.run.today) if part.op == "param" else None
            if source:
                zh, en = f"{zh}（{source}）", f"{en} ({source})"
            found.append(Reason("input", zh, en, "unknown" if value.__class__ is Unknown else "info"))
        return found

    def _band(self, node: Node, row: Any, compiler: Compiler) -> Reason:
        """Return the line that says which rate a table gives, and the table."""
        value = compiler.closure(node)(row, None)
        zh, en = (
            f"{start} {shown_value(value, 'number', node.data.unit, None, self.engine.pack, lang)}{_brackets(self.words[lang].parameter(node.data, node), lang)}"
            for lang, start in (("zh", "按档取"), ("en", "the band gives"))
        )
        return Reason("band", zh, en, "unknown" if value.__class__ is Unknown else "info")

    def unknown(self, needs: frozenset[str]) -> Reason:
        """Return the line that says what is not known."""
        found = self._needed.get(needs)
        if found is None:
            names = [self.outline.need(name) for name in sorted(needs)]
            zh, en = "、".join(dict.fromkeys(zh for zh, _ in names)), ", ".join(dict.fromkeys(en for _, en in names))
            found = self._needed[needs] = Reason("needs", f"还需要知道：{zh}", f"still needed: {en}", "unknown")
        return found

    def note(self, entry: Entry, code: str, data: Any) -> Reason:
        """Return the line of what happened on the way: limits, stacking, settled claims."""
        zh, en = note_texts(self.engine, entry, code, data)
        return Reason(code, zh, en, "no" if code in _REFUSES else "info")


def _brackets(text: str, lang: str) -> str:
    return f"（{text}）" if lang == "zh" else f" ({text})"


def amount_text(value: Any, unit: Unit, lang: str) -> str:
    """Return a sum of money (or a share) with its unit."""
    if value.__class__ is Unknown:
        return "未知" if lang == "zh" else "unknown"
    return number_text(0 if value is CLOSED else value, unit, lang)


def _side(label: Any, lang: str) -> str:
    return "" if label is None else str(label.text(lang))


def _source(node: Node, today: Any) -> str | None:
    version = node.data.version_on(today)
    if version is None or version.source is None:
        return None
    since = f"{version.since} 起，" if version.since else ""
    return f"{since}{version.source}"


__all__ = ["Explainer", "Reason", "amount_text", "note_texts", "unit_text"]
