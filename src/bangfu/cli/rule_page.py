"""One rule as a page in the terminal: what, for whom, how much, where, under which readings, with which worked cases.

The page speaks under the readings taken; what only another reading would need is named with the reading, not as the rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rich.markup import escape
from rich.padding import Padding

from bangfu.cli.context import Context
from bangfu.rules.casebook import read_cases
from bangfu.rules.language.fold import folded
from bangfu.rules.language.nodes import Node
from bangfu.rules.ledger.write import EVERY, STATUS
from bangfu.rules.missing import roots_taken
from bangfu.rules.needs import need_label
from bangfu.rules.pack.model import MISSING, Entry, Pack, Parameter, Tier
from bangfu.rules.phrases import KIND_NAMES
from bangfu.rules.render import Renderer, bands_text, value_text
from bangfu.rules.vocabulary import Label

PARTS = {
    "value": Label("值", "value"), "amount": Label("金额", "amount"), "quantity": Label("数量", "quantity"), "rate": Label("单价", "rate"),
    "share": Label("比例", "share"), "base": Label("基数", "base"), "threshold": Label("起付线", "threshold"), "measure": Label("指标", "measure"),
}  # fmt: skip
CLOCKS = {
    "start_within": Label("起办时限", "start within"), "finish_within": Label("办结时限", "finish within"), "runs": Label("公示", "runs"),
}  # fmt: skip
ENDS = {
    "granted": Label("通过", "granted"), "refused": Label("不予通过", "refused"), "withdrawn": Label("撤回", "withdrawn"), "ended": Label("结束", "ended"),
}  # fmt: skip
OPENED_MOST = 8


class RulePage:
    """Prints one entry of a pack."""

    def __init__(self, ctx: Context, pack: Pack, entry: Entry, out: Any) -> None:
        self.ctx, self.pack, self.entry, self.out = ctx, pack, entry, out
        self.words = Renderer(pack, ctx.lang)

    def show(self) -> None:
        """Print the page."""
        entry = self.entry
        self.out.rule(f"[bold]{escape(entry.label.text(self.ctx.lang))}[/]")
        self.out.print(f"[cyan]{entry.id}[/]  {self.ctx.say(*KIND_NAMES[entry.kind])}  {self._title()}")
        self._head()
        self._conditions()
        for part, label in PARTS.items():
            node = getattr(entry, part)
            if node is not None:
                self._bold(label, self._text(node))
        self._tiers(entry.tiers, entry.take)
        self._bands()
        self._opened()
        if entry.limits:
            self._bold(Label("限额", "limits"), "、".join(self._limit(limit.written) for limit in entry.limits))
        self._texts()
        self._steps()
        self._figures()
        self._parameters()
        self._readings()
        self._cases()

    # -- lines -----------------------------------------------------------------------------------------------------
    def _bold(self, label: Label, text: str) -> None:
        self.out.print(f"[bold]{label.text(self.ctx.lang)}[/] {escape(text)}")

    def _in(self, text: str, left: int = 2) -> None:
        self.out.print(Padding(text, (0, 0, 0, left)))

    def _text(self, node: Node) -> str:
        return self.words.text(folded(node, self.pack.reading_choice))

    def _title(self) -> str:
        document = self.pack.documents.get(self.entry.place)
        return escape(document.title.text(self.ctx.lang)) if document is not None else ""

    def _head(self) -> None:
        entry, pack, lang = self.entry, self.pack, self.ctx.lang
        joins = "、".join(pack.office_text(name, lang) for name in entry.joins)
        beside = self.ctx.say(f"（会同 {joins}）", f" (with {joins})") if joins else ""
        papers = "、".join(pack.vocabulary.words[p].text(lang) for p in entry.papers if p in pack.vocabulary.words)
        rows = (
            (Label("依据", "article"), "、".join(f"{pack.clauses[c].article} {pack.clauses[c].label}" for c in entry.covers if c in pack.clauses)),
            (Label("受理单位", "office"), pack.office_text(entry.office, lang) + beside),
            (Label("对象", "per"), pack.vocabulary.entities[entry.per].label.text(lang) if entry.per else ""),
            (Label("周期", "how often"), EVERY[entry.every].text(lang) if entry.every else ""),
            (Label("带上", "bring"), papers),
        )  # fmt: skip
        for label, text in rows:
            if text:
                self._bold(label, text)

    def _conditions(self) -> None:
        entry, choice = self.entry, self.pack.reading_choice
        for key, pair in (("when", ("须", "must")), ("unless", ("除非", "unless"))):
            for node in getattr(entry, key):
                test = folded(node, choice)
                if test.op == "const" and test.data is (key == "when"):
                    continue  # the reading taken leaves nothing to ask
                if not (test.op == "const" and key == "unless"):
                    self._in(f"{self.ctx.say(*pair)}: {escape(self.words.text(test))}")
        if entry.open_condition:
            self._in(f"{self.ctx.say('另须（文件未写明）', 'also (not given)')}: {escape(entry.open_condition.text(self.ctx.lang))}")

    def _tiers(self, tiers: list[Tier], take: str, left: int = 2) -> None:
        choice = self.pack.reading_choice
        for tier in tiers:
            test = None if tier.when is None else folded(tier.when, choice)
            if test is not None and test.op == "const" and not test.data:
                continue  # a row of another reading
            what = next((getattr(tier, k) for k in ("amount", "value", "rate", "share", "quantity") if getattr(tier, k) is not None), None)
            said = self._text(what) if what is not None else EVERY[tier.every].text(self.ctx.lang) if tier.every else ""
            asked = self.words.text(test) if test is not None and test.op != "const" else self.ctx.say("其余", "otherwise")
            label = f"{tier.label.text(self.ctx.lang)}: " if tier.label else ""
            self._in(f"· {escape(label)}{escape(asked)} → {escape(said)}", left)
            if test is not None and test.op == "const" and take == "first":
                return

    def _bands(self) -> None:
        """The tables that the expressions read, row by row; one inside a sum by slices is written there already."""
        tables = {id(n.data): n.data for root in roots_taken(self.pack, self.entry) for n in root.walk() if isinstance(n.data, Parameter) and n.data.bands and n.op == "band"}
        for table in tables.values():
            self._bold(Label("分档", "bands"), bands_text(table, self.ctx.lang))

    def _opened(self) -> None:
        """The definitions that the sum rests on, each with its own formula, those first that the sum names itself."""
        found = list(self._definitions(self._sums()))
        for place, definition in enumerate(found[:OPENED_MOST]):
            head = self.ctx.say("其中", "where") if place == 0 else "    "
            formula = f" = {self._text(definition.value)}" if definition.value is not None else self.ctx.say("：", ":")
            self.out.print(f"[bold]{head}[/] {escape(definition.label.text(self.ctx.lang))}{escape(formula)}")
            if definition.value is None:
                self._tiers(definition.tiers, definition.take, 6)

    def _sums(self) -> list[Node]:
        entry = self.entry
        roots = [entry.amount, entry.quantity, entry.rate, entry.share, entry.base, entry.value]
        roots += [n for t in entry.tiers for n in (t.amount, t.quantity, t.rate, t.share, t.value)]
        return [node for node in roots if node is not None]

    def _definitions(self, roots: Iterable[Node]) -> Iterator[Entry]:
        seen: set[str] = set()
        queue = [folded(root, self.pack.reading_choice) for root in roots]
        while queue:
            for node in queue.pop(0).walk():
                named = self.pack.entries.get(node.data.name) if node.op == "result" else None
                if named is None or named.id in seen or named.kind != "definition" or named.value_kind != "number":
                    continue
                seen.add(named.id)
                yield named
                queue += [folded(n, self.pack.reading_choice) for n in (named.value, *(t.value for t in named.tiers)) if n is not None]

    def _limit(self, written: str) -> str:
        figure = self.entry.figures.get(written) or self.pack.parameters.get(written)
        if figure is None or not figure.versions or isinstance(figure.versions[-1].value, dict | tuple):
            return written
        return value_text(figure.versions[-1].value, figure.unit, self.ctx.lang)

    def _texts(self) -> None:
        for key in ("content", "does", "says", "note", "because"):
            value = self.entry.raw.get(key)
            if isinstance(value, str) and "|" in value:
                self.out.print(f"[dim]{escape(self._side(value))}[/]")

    def _side(self, text: str) -> str:
        return text.split("|")[0 if self.ctx.lang == "zh" else -1].strip()

    def _steps(self) -> None:
        steps = self.entry.raw.get("steps")
        rows = steps if isinstance(steps, list) else []
        names = {str(step.get("id")): self._side(str(step.get("label", ""))) for step in rows}
        for number, step in enumerate(rows, start=1):
            clocks = "，".join(f"{label.text(self.ctx.lang)} {self._clock(str(step[key]), names)}" for key, label in CLOCKS.items() if key in step)
            goals = dict.fromkeys(str(goal) for goal in dict(step.get("outcomes", {})).values())
            ways = "、".join(ENDS[goal].text(self.ctx.lang) if goal in ENDS else names.get(goal, goal) for goal in goals)
            who = self.pack.office_text(str(step.get("who")), self.ctx.lang)
            self._in(f"{number}. {escape(names[str(step.get('id'))])} [dim]{escape(who)} {escape(clocks)} → {escape(ways)}[/]")

    def _clock(self, written: str, names: dict[str, str]) -> str:
        """Return a time limit in words: how long, after which step."""
        length, _, start = written.partition(" after ")
        length = length.replace("missing", self.ctx.say("未定", "not set"))
        begun = names.get(start, start)
        return length + (self.ctx.say(f"（自“{begun}”起）", f' (after "{begun}")') if start else "")

    def _figures(self) -> None:
        read = {n.data.id for root in roots_taken(self.pack, self.entry) for n in root.walk() if isinstance(n.data, Parameter)}
        for name, figure in self.entry.figures.items():
            if "." in name or name in ("amount", "share", "value") or not figure.versions or figure.id not in read:
                continue
            newest = figure.versions[-1]
            if isinstance(newest.value, dict | tuple | frozenset):
                continue
            label = f"{figure.label.text(self.ctx.lang)}（{name}）" if figure.label else name
            source = f"（{newest.source}）" if newest.source else ""
            self._in(f"[dim]{escape(label)} = {escape(value_text(newest.value, figure.unit, self.ctx.lang))}{escape(source)}[/]")

    def _parameters(self) -> None:
        """The shared values that the rule and the definitions behind it read: name, newest value, where it is written."""
        roots = [root for entry in (self.entry, *self._definitions(self._sums())) for root in roots_taken(self.pack, entry)]
        read = {n.data.id: n.data for root in roots for n in root.walk() if isinstance(n.data, Parameter) and n.data.entry is None}
        for parameter in read.values():
            newest = parameter.versions[-1]
            since = self.ctx.say(f"（{newest.since} 起）", f" (from {newest.since})") if newest.since else ""
            label = parameter.label.text(self.ctx.lang) if parameter.label else parameter.id
            self._bold(Label("参数", "value"), f"{label}（{parameter.id}）= {self._value(newest.value, parameter)}{since}  {parameter.home[0]}:{parameter.home[1]}")

    def _value(self, value: Any, parameter: Parameter) -> str:
        """Return a value of any shape in one line."""
        lang = self.ctx.lang
        if parameter.bands:
            return bands_text(parameter, lang)
        if isinstance(value, dict):
            fact = self.pack.vocabulary.facts.get(parameter.keyed_by[0]) if parameter.keyed_by else None
            codes = self.pack.vocabulary.codes.get(fact.codes or "") if fact is not None else None
            named = {key: codes.codes[key].text(lang) if codes is not None and key in codes.codes else key for key in value}
            return "、".join(f"{named[key]} {self._value(child, parameter)}" for key, child in value.items())
        if isinstance(value, frozenset):
            return "、".join(sorted(value))
        if value is MISSING:
            return self.ctx.say("未给", "not given")
        return value_text(value, parameter.unit, lang)

    def _readings(self) -> None:
        for reading in self.entry.readings.values():
            lang = self.ctx.lang
            taken = reading.options[self.pack.reading_choice.get(reading.id, reading.takes)].text(lang)
            others = "、".join(text.text(lang) for code, text in reading.options.items() if code != reading.takes)
            because = f"（{reading.because.text(lang)}）" if reading.because else ""
            other = self.ctx.say(f"；另一读法：{others}", f"; else: {others}") if others else ""
            self._bold(Label("读法", "reading"), f"{reading.asks.text(lang)} → {taken}{because}{other}")

    def _cases(self) -> None:
        faults: list[Any] = []
        entry = self.entry
        cases = read_cases(self.ctx.folder, entry.place, faults) if entry.place in self.pack.documents else []
        found = [c for c in cases if any(r.get("entry") == entry.id for r in c.expect)]
        if found:
            self.out.print(f"[bold]{self.ctx.say(f'案例 {len(found)} 个', f'{len(found)} worked cases')}[/]")
        for case in found[:OPENED_MOST]:
            wanted = next(r for r in case.expect if r.get("entry") == entry.id)
            self._in(f"[dim]{escape(self._side(case.name))} → {escape(self._expected(wanted))}  {case.file}:{case.line}[/]")

    def _expected(self, wanted: dict[str, Any]) -> str:
        """Return what a case expects, in words."""
        lang = self.ctx.lang
        status = str(wanted.get("status", ""))
        parts = [STATUS[status].text(lang)] if status in STATUS else []
        parts += [str(wanted[key]) for key in ("amount", "range", "quantity") if key in wanted]
        value = wanted.get("value")
        if value is not None:
            parts.append(self.ctx.say("是" if value else "否", "yes" if value else "no") if isinstance(value, bool) else str(value))
        needs = wanted.get("needs")
        if needs:
            named = "、".join(need_label(self.pack, str(n), lang) for n in (needs if isinstance(needs, list) else [needs]))
            parts.append(self.ctx.say(f"还需知道 {named}", f"needs {named}"))
        return self.ctx.say("，", ", ").join(parts)


def show_rule(ctx: Context, pack: Pack, entry: Entry, out: Any) -> None:
    """Print one rule as a page."""
    RulePage(ctx, pack, entry, out).show()
