"""Read entries in two passes: first every name (shells), then every expression, typed in the names' scope."""

from __future__ import annotations

import datetime as dt
import re
from fractions import Fraction
from typing import Any

from bangfu.rules.errors import Fault, near_names
from bangfu.rules.language.bounds import parameter_bounds
from bangfu.rules.language.nodes import Node, const
from bangfu.rules.language.parse import (
    RESERVED,
    ExpressionError,
    Scope,
    benefit_unit,
    parse_expression,
)
from bangfu.rules.pack import keys
from bangfu.rules.pack.load_parameters import ParameterReader
from bangfu.rules.pack.model import (
    BENEFIT_KINDS,
    KINDS,
    PERIODS,
    Entry,
    Limit,
    Pack,
    Parameter,
    Reading,
    Stacking,
    Tier,
)
from bangfu.rules.pack.overlay_dates import day_warnings
from bangfu.rules.pack.reader import Reader
from bangfu.rules.pack.values_set import set_value
from bangfu.rules.units import (
    NO_UNIT,
    QuantityError,
    Unit,
    looks_like_quantity,
    parse_quantity,
    parse_unit,
    power_of,
    unit_text,
    without,
)
from bangfu.rules.vocabulary import Label
from bangfu.rules.yaml_source import List, Map, Mark

_ROLLING = re.compile(r"^(?P<count>\d+)\s*次/(?P<months>\d+)\s*月$")
_SINCE = re.compile(r"^(?P<length>.+?)(?:\s+since\s+(?P<date>.+))?$")
_WINDOWS = {"次": "claim", "日": "day", "周": "week", "月": "month", "年": "year", "保单年": "policy_year", "学年": "school_year", "季": "quarter", "半年": "half_year"}
STACK_MODES = ("highest", "first", "together", "sequence", "top_up")


class EntryReader(Reader):
    """Reads the entries of one pack; ``pack`` is filled as it goes."""

    def __init__(self, faults: list[Fault], pack: Pack) -> None:
        super().__init__(faults)
        self.pack = pack
        self.parameters = ParameterReader(faults, pack.vocabulary)
        self.in_work: list[str] = []
        self.pending: dict[str, list[Map]] = {}

    # -- first pass ----------------------------------------------------------------------------------------------
    def chapter(self, content: Any, file: str, place: str) -> list[Entry]:
        """Return the shells of a chapter's entries: id, kind, per, every, label and figures' names."""
        top = None if content is None else self.mapping(content, file, (1, 1), file)  # None: the fault of reading is noted
        if top is None:
            return []
        self.known_keys(top, ("chapter", "defaults", "entries"), "章节文件", "a chapter")
        defaults = top.get("defaults")
        if isinstance(defaults, Map):
            self.known_keys(defaults, ("office", "joins", "inferred", "papers", "procedure"), "defaults", "defaults")
        rows = top.get("entries")
        if not isinstance(rows, List):
            self.fault(file, top.mark, "SHAPE", "章节文件须有 entries 列表", "a chapter needs a list of entries")
            return []
        label = self.label(top, "chapter") if "chapter" in top else None
        found = []
        for place_in_list, raw in enumerate(rows):
            row = self.mapping(raw, file, rows.at(place_in_list), "entries")
            entry = self.shell(row, place, label, defaults if isinstance(defaults, Map) else None) if row is not None else None
            if entry is not None:
                found.append(entry)
        return found

    def shell(self, raw: Map, place: str, chapter: Label | None, defaults: Map | None) -> Entry | None:
        """Return an entry with everything that needs no other name."""
        kind = self.word(raw, "kind", KINDS, required=True)
        name = self.word(raw, "id", required=True)
        if kind is None or name is None:
            return None
        self.identifier(name, raw.file, raw.at("id"))
        if defaults is not None:
            raw = raw.filled(defaults, keys.KEYS[kind])
        self.known_keys(raw, keys.KEYS[kind], f"种类“{kind}”", f'kind "{kind}"')
        for key in keys.NEEDED.get(kind, ()):
            if key not in raw and not (key == "purpose" and not _has_sum(raw)):
                self.fault(raw.file, raw.at("id"), "KEY-NEEDED", f"条目“{name}”（{kind}）缺少“{key}”", f'the entry "{name}" ({kind}) lacks "{key}"')
        entry = Entry(
            id=name, kind=kind, label=self.label(raw, "label", required=True) or Label(name, name), place=place, raw=raw,
            file=raw.file, line=raw.mark[0], chapter=chapter, office=self.word(raw, "office"),
            joins=tuple(self.words(raw, "joins")), inferred=tuple(self.words(raw, "inferred")),
            papers=tuple(self.words(raw, "papers")), since=self.date(raw, "from"), until=self.date(raw, "until"),
        )  # fmt: skip
        entry.per = self.word(raw, "per", self.pack.vocabulary.entities)
        if kind in ("target", "fund") and entry.per is None:
            entry.per = "place"
        if kind == "duty" and entry.per is None:
            entry.per = "place"
        entry.every = self.word(raw, "every", PERIODS)
        entry.purpose = self.word(raw, "purpose")
        entry.payee = self.word(raw, "payee")
        entry.policy = self.word(raw, "policy")
        entry.same_as = self.word(raw, "same_as")
        entry.local_name_of = self.word(raw, "local_name_of")
        entry.plainly = self.label(raw, "plainly")
        entry.take = self.word(raw, "take", ("first", "highest", "sum")) or "first"
        entry.open_condition = self.label(raw, "open_condition")
        entry.open_list = self.label(raw, "open_list")
        entry.covers = self.covers(raw)
        self.label(raw, "because")
        self.figures(entry)
        self.readings(entry)
        return entry

    def covers(self, raw: Map) -> dict[str, str | None]:
        """Return clause → address inside the entry (None where the whole entry carries it out)."""
        value = raw.get("covers")
        found: dict[str, str | None] = {}
        if isinstance(value, Map):
            found = {clause: str(address) for clause, address in value.items()}
        elif value is not None:
            found = dict.fromkeys(self.words(raw, "covers"))
        tiers = raw.get("tiers")
        for place, tier in enumerate(tiers if isinstance(tiers, List) else ()):
            if isinstance(tier, Map):
                for clause in self.words(tier, "covers"):
                    found[clause] = f"tiers.{place}"
        return found

    def figures(self, entry: Entry) -> None:
        """Read the figures that are local to the entry."""
        rows = entry.raw.get("figures")
        if rows is None:
            return
        table = self.mapping(rows, entry.file, entry.raw.at("figures"), "figures")
        for name, value in (table or {}).items():
            assert table is not None
            self.identifier(name, entry.file, table.key_marks[name])
            found = self.parameters.figure(f"{entry.id}.{name}", value, entry.file, table.at(name), entry.id)
            if found is not None:
                entry.figures[name] = found

    def readings(self, entry: Entry) -> None:
        """Read the readings declared in the entry."""
        rows = entry.raw.get("readings")
        if rows is None:
            return
        table = self.mapping(rows, entry.file, entry.raw.at("readings"), "readings")
        for name, raw in (table or {}).items():
            assert table is not None
            row = self.mapping(raw, entry.file, table.at(name), name)
            found = self.reading(name, row, entry.id) if row is not None else None
            if found is not None:
                entry.readings[name] = found

    def reading(self, name: str, raw: Map, entry: str | None) -> Reading | None:
        """Return one reading: the question, the code taken, why, and the others."""
        self.known_keys(raw, ("asks", "takes", "because", "other"), "读法", "a reading")
        asks = self.label(raw, "asks", required=True)
        taken, others = raw.get("takes"), raw.get("other")
        options: dict[str, Label] = {}
        for part, key in ((taken, "takes"), (others, "other")):
            table = part if isinstance(part, Map) else Map(raw.file, raw.mark)
            for code, text in table.items():
                label = self.text(text, raw.file, table.at(code))
                if label:
                    options[code] = label
            if part is not None and not isinstance(part, Map):
                self.at(raw, key, "READING", f"{key} 应为 {{代码: 中文 | English}}", f"{key} must be {{code: 中文 | English}}")
        if not isinstance(taken, Map) or len(taken) != 1 or asks is None:
            self.fault(raw.file, raw.mark, "READING", f"读法“{name}”须有 asks 和恰好一个 takes", f'the reading "{name}" needs asks and exactly one takes')
            return None
        because = self.label(raw, "because")
        return Reading(name, entry, asks, next(iter(taken)), because, options, (raw.file, *raw.mark))

    # -- second pass ---------------------------------------------------------------------------------------------
    def scope(self, entry: Entry, *, zero_divisor: bool = False) -> Scope:
        """Return what names mean inside an entry."""
        return Scope(
            entity=entry.per or "place", vocabulary=self.pack.vocabulary, entries=self.pack.entries,
            parameters=self.pack.parameters, readings=self.pack.readings, figures=entry.figures,
            allow_zero_divisor=zero_divisor, ensure=self.type_entry,
        )  # fmt: skip

    def type_entry(self, entry: Entry) -> None:
        """Type all expressions of an entry, definitions it names first; a circle is a fault that prints itself."""
        if entry.typed:
            return
        if entry.id in self.in_work:
            circle = " → ".join([*self.in_work[self.in_work.index(entry.id):], entry.id])
            self.fault(entry.file, (entry.line, 1), "CIRCLE", f"名称互相依赖成环：{circle}", f"names depend on each other in a circle: {circle}")
            entry.typed = True
            return
        self.in_work.append(entry.id)
        try:
            self._type(entry)
        finally:
            self.in_work.pop()
            entry.typed = True

    def _type(self, entry: Entry) -> None:
        raw = entry.raw
        self._unit(entry)
        scope = self.scope(entry)
        if entry.kind == "stacking" or ("per" in raw and entry.per is None):  # a wrong per is noted; its names would all be out of reach
            return
        entry.when = self.conditions(raw, "when", scope)
        entry.unless = self.conditions(raw, "unless", scope)
        if entry.kind == "definition":
            self._definition(entry, scope)
            return
        if entry.kind == "target":
            self._target(entry)
            return
        if entry.kind == "fund":
            return
        for key in ("amount", "quantity", "rate", "share", "base", "threshold"):
            setattr(entry, key, self.value_of(raw, key, entry, scope, f"{entry.id}.{key}"))
        self._round(entry)
        self._tiers(entry, scope)
        self._limits(entry, scope)
        self._lasts(entry, scope)
        if entry.is_benefit and entry.per is not None and (entry.every is not None or "every" not in raw):
            self._benefit_units(entry)

    def _unit(self, entry: Entry) -> None:
        if "unit" in entry.raw:
            try:
                entry.unit = parse_unit(str(entry.raw["unit"]))[0]
            except QuantityError as error:
                self.at(entry.raw, "unit", "UNIT", error.zh, error.en)

    def conditions(self, raw: Map, key: str, scope: Scope) -> tuple[Node, ...]:
        """Return the conditions of ``when`` or ``unless`` as typed nodes."""
        if key not in raw:
            return ()
        value = raw[key]
        rows = [(value, raw.at(key))] if not isinstance(value, List) else list(zip(value, value.marks, strict=True))
        found = []
        for item, mark in rows:
            node = const(item, "yes_no") if isinstance(item, bool) else self.expression(item, raw.file, mark, scope)
            if node is None:
                continue
            if node.kind != "yes_no":
                self.fault(raw.file, mark, "EXPR-TYPE", f"条件须为是或否：{item}", f"a condition must be yes or no: {item}")
                continue
            found.append(node)
        return tuple(found)

    def expression(self, text: Any, file: str, mark: Mark, scope: Scope) -> Node | None:
        """Return a typed expression, or None after noting the fault."""
        if isinstance(text, List | Map):
            self.fault(file, mark, "EXPR", "这里要写一行表达式，不是列表或键值对；含逗号或冒号的表达式请单独成行并加引号", "an expression of one line is needed here, not a list or mapping; one with commas or colons stands alone, quoted")
            return None
        try:
            return parse_expression(str(text), scope)
        except ExpressionError as fault:
            self.fault(file, (mark[0], mark[1] + fault.offset), fault.code, fault.zh, fault.en)
            return None

    def value_of(self, raw: Map, key: str, entry: Entry, scope: Scope, address: str) -> Node | None:
        """Return a quantity (a parameter with its address) or an expression."""
        if key not in raw:
            return None
        value, mark = raw[key], raw.at(key)
        if isinstance(value, int | Fraction) and not isinstance(value, bool) or (isinstance(value, str) and looks_like_quantity(value)):
            found = self.parameters.plain(address, value, raw.file, mark, entry.id)
            if found is None:
                return None
            entry.figures[address.removeprefix(f"{entry.id}.")] = found
            self._set_what_waited(address, found)
            return parameter_node(found)
        return self.expression(value, raw.file, mark, scope)

    def _set_what_waited(self, address: str, parameter: Parameter) -> None:
        """Set the values that overlays hold for a plain quantity, which has its unit only now."""
        for row in self.pending.pop(address, []):
            since = self.date(row, "from")
            self.faults += day_warnings(self.pack, row, address, since, parameter)
            set_value(self.parameters, parameter, row, since)

    def _definition(self, entry: Entry, scope: Scope) -> None:
        node = self.value_of(entry.raw, "value", entry, scope, f"{entry.id}.value")
        self._tiers(entry, scope)
        parts = [node] if node is not None else [t.value for t in entry.tiers if t.value is not None]
        entry.value = node
        if not parts and not entry.when:
            if "value" not in entry.raw and not entry.raw.get("tiers"):
                self.fault(entry.file, (entry.line, 1), "KEY-NEEDED", f"定义“{entry.id}”缺少 value、tiers 或 when", f'the definition "{entry.id}" needs value, tiers or when')
            return
        if not parts:
            entry.value_kind = "yes_no"
            return
        first = next((p for p in parts if p is not None and not p.literal), parts[0])
        assert first is not None
        entry.value_kind, entry.codes = first.kind, first.codes
        self._definition_bounds(entry, [p for p in parts if p is not None], first)

    def _definition_bounds(self, entry: Entry, parts: list[Node], first: Node) -> None:
        from bangfu.rules.language import interval  # local: keeps the module's own names short

        low, high = interval.hull(*((p.low, p.high) for p in parts))
        if "unit" not in entry.raw:
            entry.unit = first.unit if not first.literal else NO_UNIT
        elif first.kind == "number" and not first.literal and not self._same(entry, entry.unit, first.unit):
            self.fault(entry.file, entry.raw.at("unit"), "EXPR-UNIT", f"“{entry.id}”声明为 {unit_text(entry.unit) or '纯数'}，算出来是 {unit_text(first.unit) or '纯数'}", f'"{entry.id}" is declared as {unit_text(entry.unit) or "a pure number"} but comes out in {unit_text(first.unit) or "a pure number"}')
        if "bounds" in entry.raw:
            try:
                found = parse_quantity(str(entry.raw["bounds"]))
                scale = 100 if power_of(entry.unit, "元") > 0 and not found.has_unit else 1
                low = low if found.low is None else found.low * scale
                high = high if found.high is None else found.high * scale
            except QuantityError as error:
                self.at(entry.raw, "bounds", "BOUNDS", error.zh, error.en)
        entry.low, entry.high = low, high

    def _same(self, entry: Entry, a: Unit, b: Unit) -> bool:
        if ("flat", 1) in a or ("flat", 1) in b:
            return True
        words = self.pack.vocabulary.unit_words(entry.per or "place")
        return without(a, words) == without(b, words)

    def _round(self, entry: Entry) -> None:
        if "round" not in entry.raw:
            return
        name = str(entry.raw["round"])
        found = entry.figures.get(name) or self.pack.parameters.get(name)
        if found is not None and found.kind == "rounding":
            entry.round = found
        else:
            rounding = self.parameters.rounding(entry.raw["round"], entry.file, entry.raw.at("round"))
            entry.round = rounding if hasattr(rounding, "mode") else None

    def _tiers(self, entry: Entry, scope: Scope) -> None:
        rows = entry.raw.get("tiers")
        if rows is None:
            return
        if not isinstance(rows, List):
            self.at(entry.raw, "tiers", "SHAPE", "tiers 应为列表", "tiers must be a list")
            return
        for place, raw in enumerate(rows):
            row = self.mapping(raw, entry.file, rows.at(place), "tiers")
            if row is not None:
                entry.tiers.append(self._tier(entry, row, place, scope, last=place == len(rows) - 1))

    def _tier(self, entry: Entry, row: Map, place: int, scope: Scope, *, last: bool) -> Tier:
        self.known_keys(row, keys.TIER, "档", "a tier")
        tests = self.conditions(row, "when", scope)
        if "when" not in row and not last:
            self.fault(entry.file, row.mark, "TIER", "只有最后一档可以没有 when（其余）", "only the last tier may lack when (otherwise)")
        when = None if not tests else tests[0] if len(tests) == 1 else Node("and", tests, None, "yes_no")
        tier = Tier(label=self.label(row, "label"), covers=tuple(self.words(row, "covers")), when=when)
        for key in ("amount", "quantity", "rate", "share", "value"):
            setattr(tier, key, self.value_of(row, key, entry, scope, f"{entry.id}.tiers.{place}.{key}"))
        tier.every = self.word(row, "every", PERIODS)
        tier.content = self.label(row, "content")
        return tier

    def _limits(self, entry: Entry, scope: Scope) -> None:
        value = entry.raw.get("limits")
        if value is None:
            return
        rows = value if isinstance(value, List) else [value]
        marks = value.marks if isinstance(value, List) else [entry.raw.at("limits")]
        found = [self._limit(entry, item, mark, place) for place, (item, mark) in enumerate(zip(rows, marks, strict=True))]
        order = ("claim", "day", "week", "month", "quarter", "half_year", "policy_year", "school_year", "year", "rolling", "life")
        entry.limits = tuple(sorted((f for f in found if f), key=lambda limit: order.index(limit.window)))

    def _limit(self, entry: Entry, item: Any, mark: Mark, place: int) -> Limit | None:
        each = None
        if isinstance(item, Map):
            self.known_keys(item, ("most", "each"), "limits", "limits")
            each, item = self.word(item, "each", self.pack.vocabulary.facts), item.get("most")
        address = f"limits.{place}"
        rolling = _ROLLING.match(str(item))
        if rolling:
            parameter = self.parameters.plain(f"{entry.id}.{address}", f"{rolling['count']} 次", entry.file, mark, entry.id)
            assert parameter is not None
            entry.figures[address] = parameter
            return Limit(parameter_node(parameter), "count", "rolling", int(rolling["months"]), each, address, str(item))
        known = entry.figures.get(str(item)) or self.pack.parameters.get(str(item))
        if known is None and str(item).isidentifier() and str(item).isascii():
            near = near_names(str(item), [*entry.figures, *self.pack.parameters])
            self.fault(entry.file, mark, "LIMIT", f"没有叫“{item}”的数值" + (f"；是不是 {'、'.join(near)}" if near else ""), f'there is no figure "{item}"' + (f"; did you mean {', '.join(near)}?" if near else ""))
            return None
        if known is None:
            known = self.parameters.plain(f"{entry.id}.{address}", item, entry.file, mark, entry.id)
            if known is None:
                return None
            entry.figures[address] = known
            self._set_what_waited(f"{entry.id}.{address}", known)
        return self._limit_of(entry, known, each, address, str(item), mark)

    def _limit_of(self, entry: Entry, known: Parameter, each: str | None, address: str, written: str, mark: Mark) -> Limit | None:
        per = self.pack.vocabulary.entities[entry.per or "place"]
        top = [word for word, power in known.unit if power == 1]
        bottom = [word for word, power in known.unit if power < 0 and word in _WINDOWS]
        measure = {"元": "money", "次": "count", "日": "quantity", "小时": "quantity", "个": "quantity", "月": "months"}.get(top[0] if top else "")
        if measure is None or len(bottom) > 1:
            self.fault(entry.file, mark, "LIMIT", f"限额“{written}”须如 20000 元/次、100000 元/年、60 日/年、1 次/36月、36 月", f'the limit "{written}" must be like 20000 元/次, 100000 元/年, 60 日/年, 1 次/36月, 36 月')
            return None
        if measure == "months" and entry.quantity is not None and power_of(entry.quantity.unit, "月") == 1:
            measure = "quantity"  # what is paid for several months at once uses up several months
        window = _WINDOWS[bottom[0]] if bottom else "life"
        if window == "claim" and not per.claim:
            window = "life" if entry.every == "once" else "claim"
        node = parameter_node(known) if not known.keyed_by else self.expression(written, entry.file, mark, self.scope(entry))
        return None if node is None else Limit(node, measure, window, 0, each, address, written)

    def _lasts(self, entry: Entry, scope: Scope) -> None:
        if "lasts" not in entry.raw:
            return
        mark = entry.raw.at("lasts")
        found = _SINCE.match(str(entry.raw["lasts"]))
        assert found is not None
        raw = Map(entry.file, mark)
        raw["lasts"], raw.marks["lasts"] = found["length"].strip(), mark
        length = self.value_of(raw, "lasts", entry, scope, f"{entry.id}.lasts")
        since = self.expression(found["date"], entry.file, mark, scope) if found["date"] else None
        if length is None:
            return
        if length.kind != "number" or [w for w, p in length.unit if p == 1] not in (["月"], ["日"], ["年"], ["学年"], ["保单年"]):
            self.fault(entry.file, mark, "LASTS", f"lasts“{entry.raw['lasts']}”须如 12 月 since 日期事实", f'lasts "{entry.raw["lasts"]}" must be like 12 月 since <date>')
            return
        entry.lasts = (length, since)

    def _benefit_units(self, entry: Entry) -> None:
        if not entry.has_money:
            return
        wanted = benefit_unit(entry, self.pack.vocabulary)
        entry.unit = wanted
        parts = [self._product(entry, t.amount, t.quantity or entry.quantity, t.rate or entry.rate, t.share or entry.share) for t in entry.tiers]
        parts.append(self._product(entry, entry.amount, entry.quantity, entry.rate, entry.share))
        for unit in parts:
            if unit is None or entry.every == "missing" and self._same_but_period(entry, unit, wanted):
                continue
            if not self._same(entry, unit, wanted):
                mark = entry.raw.at("amount") if "amount" in entry.raw else entry.raw.at("id")
                self.fault(entry.file, mark, "EXPR-UNIT", f"“{entry.id}”的金额应为 {unit_text(wanted)}（每{self.pack.vocabulary.entities[entry.per or 'place'].label.zh}、按 every），现为 {unit_text(unit) or '纯数'}", f'the amount of "{entry.id}" must be in {unit_text(wanted)} (per {entry.per} and every), it is in {unit_text(unit) or "a pure number"}')

    def _same_but_period(self, entry: Entry, unit: Unit, wanted: Unit) -> bool:
        periods = frozenset(p for p in PERIODS.values() if p)
        return self._same(entry, without(unit, periods), wanted)

    def _product(self, entry: Entry, amount: Node | None, quantity: Node | None, rate: Node | None, share: Node | None) -> Unit | None:
        from bangfu.rules.units import times

        if amount is not None:
            return None if amount.op == "param" and not amount.data.unit_given else amount.unit
        if quantity is not None and rate is not None:
            return times(quantity.unit, rate.unit)
        if share is not None and entry.base is not None:
            return times(share.unit, entry.base.unit)
        return None

    def _target(self, entry: Entry) -> None:
        scope = self.scope(entry, zero_divisor=True)
        if entry.raw.get("measure") not in (None, "entered"):
            entry.measure = self.value_of(entry.raw, "measure", entry, scope, f"{entry.id}.measure")
            if entry.measure is not None and power_of(entry.measure.unit, "元") == 1:
                # A budget less a budget is held in fen; whoever reads the answer is told yuan.
                entry.unit, entry.gives_money = entry.measure.unit, True
        for key in ("at_least", "at_most", "exactly", "between"):
            if key in entry.raw:
                if key == "between":
                    try:
                        entry.between = parse_quantity(str(entry.raw[key]))
                    except QuantityError as error:
                        self.at(entry.raw, key, "QUANTITY", error.zh, error.en)
                    continue
                node = self.value_of(entry.raw, key, entry, scope, f"{entry.id}.{key}")
                if node is not None:
                    entry.target[key] = node

    def stacking(self, entry: Entry) -> Stacking | None:
        """Return a stacking entry's group, its expression typed in the scope of its members."""
        raw = entry.raw
        self.known_keys(raw, keys.KEYS["stacking"], "叠加", "stacking")
        mode = self.word(raw, "mode", STACK_MODES, required=True)
        names = self.words(raw, "entries")
        for name in names:
            if name not in self.pack.entries:
                near = near_names(name, self.pack.entries)
                self.at(raw, "entries", "EXPR-NAME", f"没有条目“{name}”" + (f"；是不是 {'、'.join(near)}" if near else ""), f'there is no entry "{name}"' + (f"; did you mean {', '.join(near)}?" if near else ""))
        members = [self.pack.entries[name] for name in names if name in self.pack.entries]
        if mode is None or not members:
            return None
        entry.per = members[0].per
        at_most = self.value_of(raw, "at_most", entry, self.scope(entry), f"{entry.id}.at_most")
        if at_most is not None or mode in ("highest", "first"):
            if len({m.per for m in members}) > 1:
                self.at(raw, "entries", "STACK-PER", f"{mode} 只能用于同一 per 的条目；不同对象请写 unless: receives(…)", f"{mode} joins entries of one per; across them write unless: receives(…)")
                return None
        return Stacking(entry.id, mode, tuple(m.id for m in members), at_most, entry)


def parameter_node(parameter: Parameter) -> Node:
    """Return the node that reads a parameter without keys."""
    low, high = parameter_bounds(parameter)
    return Node("param", (), parameter, "number", parameter.unit, low=low, high=high)


def _has_sum(raw: Map) -> bool:
    tiers = raw.get("tiers")
    rows = tiers if isinstance(tiers, List) else []
    return any(k in raw for k in ("amount", "rate", "base")) or any(
        isinstance(r, Map) and any(k in r for k in ("amount", "rate")) for r in rows
    )


def reserved_name(name: str) -> bool:
    """Tell whether a name belongs to the language itself."""
    return name in RESERVED


__all__ = ["BENEFIT_KINDS", "EntryReader", "dt", "parameter_node", "reserved_name"]
