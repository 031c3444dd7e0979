"""A short legal argument for each answer: the fact, the line it is held against, the verdict, the margin.

Not a trace: conditions that decide are shown, the others are left out; a refusal names the failing condition and how
far away it is; an unknown names the question to ask. Chinese and English come from the same tree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from bangfu.rules.engine import Engine
from bangfu.rules.language.nodes import Node, Ref
from bangfu.rules.needs import need_label
from bangfu.rules.pack.model import Entry, Limit
from bangfu.rules.render import number_text, shown_pair, shown_value, value_pair
from bangfu.rules.runners.python.nodes import Compiler
from bangfu.rules.units import NO_UNIT, Unit, unit_text
from bangfu.rules.values import CLOSED, Range, Unknown, needs_of

MOST_DEPTH = 4
MOST_LINES = 40
_DECIDING = {("and", "no"): "no", ("or", "yes"): "yes", ("and", "unknown"): "unknown", ("or", "unknown"): "unknown"}
_JOINED = {"and": ("以下各项都要符合", "all of these are needed"), "or": ("以下有一项符合即可", "one of these is enough")}
_COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")


@dataclass(slots=True)
class Reason:
    """One line of the argument. ``verdict``: yes, no, unknown or info; ``code`` says what kind of line it is."""

    code: str
    zh: str
    en: str
    verdict: str
    children: list[Reason] = field(default_factory=list)
    article: str | None = None

    def text(self, lang: str) -> str:
        """Return the line in a language."""
        return self.zh if lang == "zh" else self.en

    def lines(self, depth: int = 0) -> Iterator[tuple[int, Reason]]:
        """Yield (depth, line) from the top down."""
        yield depth, self
        for child in self.children:
            yield from child.lines(depth + 1)


def verdict_of(value: Any) -> str:
    """Return yes, no or unknown."""
    if value.__class__ is Unknown:
        return "unknown"
    return "yes" if value is not CLOSED and value else "no"


class Explainer:
    """Explains the answers of one run."""

    def __init__(self, engine: Engine, run: Any) -> None:
        self.engine = engine
        self.run = run
        self.program = engine.program(run.today)
        self.words = engine.words
        self.outline = engine.outline
        self._drawn: dict[tuple[str, Any, int], list[Reason]] = {}

    def explain(self, entry: Entry, row: Any) -> list[Reason]:
        """Return the argument for one entry and one row."""
        if entry.kind == "definition":
            return [self.definition(entry, row, 0)]
        result = self.engine.result(row, entry)
        found = self.conditions(entry, row, 0) + self.basis(entry, result)
        if result.status is not False or result.before is not None:
            found += self.amount(entry, row, result)
        found += [self.note(entry, code, data) for code, data in result.notes]
        return _shortened(found)

    # -- conditions ----------------------------------------------------------------------------------------------
    def conditions(self, entry: Entry, row: Any, depth: int) -> list[Reason]:
        """Return a line per condition; once one refuses, only those that refuse are shown."""
        compiler = self.program.compiler(entry)
        values = [(address, closure(row, None)) for address, closure in self.program.conditions(entry)]
        refusing = [(address, value) for address, value in values if value is False or value is CLOSED]
        return [self.condition(entry, address, value, row, compiler, depth) for address, value in refusing or values]

    def condition(self, entry: Entry, address: str, value: Any, row: Any, compiler: Compiler, depth: int) -> Reason:
        """Return the line of one condition by its address."""
        node = self.outline.conditions(entry).get(address)
        if node is not None:
            return self.test(node, value, row, None, compiler, depth)
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

    def test(self, node: Node, value: Any, row: Any, loop: Any, compiler: Compiler, depth: int) -> Reason:
        """Return the line of a yes/no node that came out as ``value``, with the lines below it that decide."""
        verdict = verdict_of(value)
        if node.op in ("and", "or"):
            return self._joined(node, verdict, row, loop, compiler, depth)
        if node.op == "not" and node.args[0].op in ("result", "receives", "and", "or", "record", "fact"):
            return self._negated(node, verdict, row, loop, compiler, depth)
        if node.op in _COMPARISONS and node.args[0].op != "reading":
            return self._comparison(node, value, row, loop, compiler, depth)
        zh, en = self.outline.said(node)
        if node.op == "loop":
            return Reason("test", zh, en, verdict, self._loop_rows(node, row, compiler, depth))
        if node.op in ("in", "in_list", "has"):
            part = node.args[0]
            now = shown_pair(compiler.closure(part)(row, loop), part, self.engine.pack)
            return Reason("test", f"{zh}：现为 {now[0]}", f"{en}: it is {now[1]}", verdict, self._below(part, row, loop, depth))
        return Reason("test", zh, en, verdict, self._below(node, row, loop, depth))

    def _joined(self, node: Node, verdict: str, row: Any, loop: Any, compiler: Compiler, depth: int) -> Reason:
        values = [compiler.closure(a)(row, loop) for a in node.args]
        deciding = _DECIDING.get((node.op, verdict))
        telling = [(a, v) for a, v in zip(node.args, values, strict=True) if deciding is None or verdict_of(v) == deciding]
        shown = [self.test(a, value, row, loop, compiler, depth + 1) for a, value in telling]
        if len(shown) == 1 and deciding:
            return shown[0]
        zh, en = _JOINED[node.op]
        return Reason(node.op, zh, en, verdict, shown)

    def _negated(self, node: Node, verdict: str, row: Any, loop: Any, compiler: Compiler, depth: int) -> Reason:
        part = node.args[0]
        inner = self.test(part, compiler.closure(part)(row, loop), row, loop, compiler, depth)
        return Reason("not", f"不得有此情形：{inner.zh}", f"must not be the case: {inner.en}", verdict, inner.children)

    def _comparison(self, node: Node, value: Any, row: Any, loop: Any, compiler: Compiler, depth: int) -> Reason:
        a, b = node.args
        left, right = compiler.closure(a)(row, loop), compiler.closure(b)(row, loop)
        (zh, en), (shown_zh, shown_en) = self.outline.said(node), self._side(a, left, b)
        if b.op == "const":
            zh, en = f"{zh}：现为 {shown_zh}", f"{en}: it is {shown_en}"
        else:
            other_zh, other_en = self._side(b, right, a)
            zh, en = f"{zh}：{shown_zh} 对 {other_zh}", f"{en}: {shown_en} against {other_en}"
        if value is False:
            zh, en = zh + self._margin(node, value, left, right, "zh"), en + self._margin(node, value, left, right, "en")
        below = [*self._below(a, row, loop, depth), *self._below(b, row, loop, depth)]
        return Reason("comparison", zh, en, verdict_of(value), below)

    def _side(self, node: Node, value: Any, beside: Node) -> tuple[str, str]:
        return shown_pair(value, node, self.engine.pack, beside)

    def _margin(self, node: Node, value: Any, left: Any, right: Any, lang: str) -> str:
        """Return how far a refused comparison of numbers is from being met."""
        if value is not False or node.args[0].kind != "number" or node.op in ("ne", "eq"):
            return ""
        if not all(isinstance(side, int | Fraction) for side in (left, right)):
            return ""
        unit = node.args[0].unit if not node.args[0].literal else node.args[1].unit
        gap = number_text(abs(left - right), unit, lang)
        if left == right:
            return "（正好相等，须超过或低于此数）" if lang == "zh" else " (exactly equal; the line itself does not count)"
        if node.op in ("lt", "le"):
            return f"，高出 {gap}" if lang == "zh" else f", {gap} too high"
        return f"，还差 {gap}" if lang == "zh" else f", {gap} short"

    def _loop_rows(self, node: Node, row: Any, compiler: Compiler, depth: int) -> list[Reason]:
        """Return a line for each row that decides a loop (a few at most)."""
        from bangfu.rules.runners.python.loops import chain_to, loop_rows

        if depth >= MOST_DEPTH:
            return []
        spec = node.data
        owner = compiler.locate(spec.path, in_loop=False)(row, None)
        rows = loop_rows(owner, chain_to(self.engine.pack.vocabulary, spec.owner, spec.entity))
        if rows.__class__ is Unknown:
            return [self.unknown(rows.needs)]
        body = node.args[0] if node.data.call in ("any", "all") else node.args[1]
        found = []
        for item in rows[:4]:
            if body.op != "const":
                line = self.test(body, compiler.closure(body)(row, item), row, item, compiler, depth + 2)
                line.zh, line.en = f"{item.id}：{line.zh}", f"{item.id}: {line.en}"
                found.append(line)
        return found

    def _below(self, node: Node, row: Any, loop: Any, depth: int) -> list[Reason]:
        """Return lines for the results (definitions, recognitions) and unknown facts that a node reads."""
        if depth >= MOST_DEPTH:
            return []
        found: list[Reason] = []
        for part in self.outline.results(node):
            entry = self.engine.pack.entries[part.data.name]
            target = None if entry.is_benefit else _reached(part.data, row, loop)
            if target is not None:
                found += self._result_lines(entry, target, depth + 1)
        return found

    def _result_lines(self, entry: Entry, row: Any, depth: int) -> list[Reason]:
        """Return the lines of one result for one row; many entries read it, so they are drawn up once in a run."""
        key = (entry.id, row, depth)
        found = self._drawn.get(key)
        if found is None:
            definition = entry.kind == "definition"
            found = [self.definition(entry, row, depth)] if definition else self._recognition(entry, row, depth)
            self._drawn[key] = found
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
        value = self.engine.result(row, entry)
        (label, (zh, en)), (tail_zh, tail_en) = (entry.label, self._value_pair(entry, value)), self.outline.formula(entry)
        verdict = verdict_of(value) if entry.value_kind == "yes_no" else "unknown" if value.__class__ is Unknown else "info"
        node = self.outline.value(entry)
        children = self._below(node, row, None, depth + 1) if node is not None and depth < MOST_DEPTH else []
        return Reason("definition", f"{label.zh} = {zh}{tail_zh}", f"{label.en} = {en}{tail_en}", verdict, children)

    def _value_pair(self, entry: Entry, value: Any) -> tuple[str, str]:
        return value_pair(value, entry.value_kind, entry.unit, entry.codes, self.engine.pack)

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
        zh, en = self.outline.said(node)
        zh, en = f"金额 = {zh} = {amount_text(value, entry.unit, 'zh')}", f"amount = {en} = {amount_text(value, entry.unit, 'en')}"
        below = [*self._inputs(node, row, compiler), *self._below(node, row, None, 1)]
        found.append(Reason("amount", zh, en, "unknown" if value.__class__ is Unknown else "info", below))
        if result.amount.__class__ in (Unknown, Range):
            found.append(self.unknown(needs_of(result.amount)))
        return found

    def _inputs(self, node: Node, row: Any, compiler: Compiler) -> list[Reason]:
        """Return the facts and dated values that a formula uses."""
        found: dict[str, Reason] = {}
        for part in node.walk():
            if part.op == "loop":
                break
            if part.op == "band":
                found[part.data.id] = self._band(part, row, compiler)
                continue
            if part.op not in ("fact", "param") or part.kind not in ("number", "code", "date"):
                continue
            name = part.data.name if part.op == "fact" else part.data.id
            if part.op == "param" and part.data.label is None:
                continue
            value = compiler.closure(part)(row, None)
            (zh, en), shown = self.outline.said(part), shown_pair(value, part, self.engine.pack)
            zh, en = f"{zh} = {shown[0]}", f"{en} = {shown[1]}"
            source = _source(part, self.run.today) if part.op == "param" else None
            if source:
                zh, en = f"{zh}（{source}）", f"{en} ({source})"
            found[name] = Reason("input", zh, en, "unknown" if value.__class__ is Unknown else "info")
        return list(found.values())

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
        names = sorted(needs)
        zh = "、".join(dict.fromkeys(self.need_text(n, "zh") for n in names))
        en = ", ".join(dict.fromkeys(self.need_text(n, "en") for n in names))
        return Reason("needs", f"还需要知道：{zh}", f"still needed: {en}", "unknown")

    def need_text(self, name: str, lang: str) -> str:
        """Return what a missing name is called."""
        return need_label(self.engine.pack, name, lang)

    def note(self, entry: Entry, code: str, data: Any) -> Reason:
        """Return the line of what happened on the way: limits, stacking, settled claims."""
        zh, en = note_texts(self.engine, entry, code, data)
        verdict = "no" if code in ("limit_count", "stacking_highest", "stacking_first", "no_tier", "not_in_force") else "info"
        return Reason(code, zh, en, verdict)


def note_texts(engine: Engine, entry: Entry, code: str, data: Any) -> tuple[str, str]:
    """Return the Chinese and English sentence of a note."""
    if code in ("limit", "limit_quantity", "limit_count"):
        limit = next((item for item in entry.limits if item.address == data[0]), None)
        left = data[2] if len(data) > 2 else None
        unit = _limit_unit(limit)
        if code == "limit_count":
            return f"次数限额 {limit.written if limit else ''} 已用完", f"the limit {limit.written if limit else ''} is used up"
        shown = number_text(left, unit, "zh") if left.__class__ is not Unknown else "未知"
        return f"受限额 {limit.written if limit else ''} 约束，尚可 {shown}", f"held by the limit {limit.written if limit else ''}: {shown} left"
    if code in ("stacking_highest", "stacking_first"):
        group, name = data
        zh, en = engine.pack.entries[name].label.zh, engine.pack.entries[name].label.en
        if code == "stacking_highest":
            return f"就高不就低：改发“{zh}”", f'only the highest is paid: "{en}"'
        return f"只享受一项，已享受“{zh}”", f'only one is paid, and "{en}" comes first'
    if code == "stacking_open":
        return "与同组待遇就高，另一项尚未确定", "the highest is paid, and another of the group is still open"
    if code == "stacking_ceiling":
        return "与同组待遇合计不超过上限", "the group together stays under its ceiling"
    if code == "settled":
        return f"该事项已于 {data.paid_on} 支付", f"this claim was paid on {data.paid_on}"
    if code == "threshold":
        return "已扣除年度起付线", "the yearly threshold has been taken off"
    if code == "no_tier":
        return "各档条件都不符合", "no tier fits"
    if code == "not_in_force":
        since, until = entry.since or "", entry.until or ""
        return f"该条只在 {since} 至 {until} 有效", f"this entry is in force only from {since} to {until}"
    return code, code


def _brackets(text: str, lang: str) -> str:
    return f"（{text}）" if lang == "zh" else f" ({text})"


def _limit_unit(limit: Limit | None) -> Unit:
    return NO_UNIT if limit is None else limit.amount.unit


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


def _shortened(reasons: list[Reason]) -> list[Reason]:
    """Keep an argument to tens of lines: the deepest lines give way first."""
    for depth in range(MOST_DEPTH + 2, 0, -1):
        if _size(reasons) <= MOST_LINES:
            break
        reasons = [_cut(reason, depth) for reason in reasons]
    return reasons


def _size(reasons: list[Reason]) -> int:
    return len(reasons) + sum(_size(reason.children) for reason in reasons if reason.children)


def _cut(reason: Reason, depth: int) -> Reason:
    """Return a line without what lies deeper: a copy, for other arguments may hold the same lines."""
    if not reason.children:
        return reason
    return replace(reason, children=[] if depth <= 1 else [_cut(child, depth - 1) for child in reason.children])


def _reached(ref: Ref, row: Any, loop: Any) -> Any:
    """Return the row that a reference leads to, or None."""
    here = loop if ref.in_loop else row
    for step in ref.path:
        if here is None:
            return None
        here = getattr(here, step)
    return here


__all__ = ["Explainer", "Reason", "amount_text", "note_texts", "unit_text"]
