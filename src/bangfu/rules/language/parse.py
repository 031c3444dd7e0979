"""From an expression's text to a typed tree. Python's own parser reads it; only a closed list of forms is accepted.

Nothing is evaluated as Python. Every fault carries what is wrong and what to write instead; a fault ends the
expression it stands in, not the others.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from bangfu.rules.errors import near_names
from bangfu.rules.language import interval
from bangfu.rules.language.bounds import parameter_bounds
from bangfu.rules.language.habits import habit_in, kind_words
from bangfu.rules.language.nodes import LoopSpec, Node, RecordRead, Ref, const
from bangfu.rules.pack.model import PERIODS, Entry, Parameter, Reading, Rounding
from bangfu.rules.units import NO_UNIT, Quantity, Unit, make_unit, power_of, times, unit_text, without
from bangfu.rules.vocabulary import Fact, Vocabulary

MONEY: Unit = (("元", 1),)
RECORD_CALLS = ("held", "held_since", "held_amount", "paid_this_year", "times_this_year")
LOOP_CALLS = ("any", "all", "count", "sum", "min", "max")
WINDOWS = ("this_year", "last_12_months")
RESERVED = frozenset(
    {"today", "and", "or", "not", "in", "if", "else", "for", "any", "all", "count", "sum", "min", "max", "band",
     "marginal", "monthly", "yearly", "flat", "rounded", "add_days", "add_months", "year_of", "months_between",
     "years_between", "last_year", "at", "receives", "record", *RECORD_CALLS, *WINDOWS}
)  # fmt: skip


class ExpressionError(Exception):
    """An expression that cannot be read; ``offset`` is the column inside it (0-based)."""

    def __init__(self, offset: int, zh: str, en: str, code: str = "EXPR") -> None:
        super().__init__(en)
        self.offset = offset
        self.zh = zh
        self.en = en
        self.code = code


@dataclass(slots=True)
class Scope:
    """What names mean where an expression stands.

    ``entity`` is the entry's ``per``; ``figures`` are local to the entry; ``entries`` and ``parameters`` are those of
    the place and all above it. ``entry_kinds`` of entries not yet typed come from their raw keys through ``entries``.
    """

    entity: str
    vocabulary: Vocabulary
    entries: Mapping[str, Entry]
    parameters: Mapping[str, Parameter]
    readings: Mapping[str, Reading]
    figures: Mapping[str, Parameter] = field(default_factory=dict)
    loop_variable: str | None = None
    loop_entity: str | None = None
    allow_zero_divisor: bool = False
    ensure: Callable[[Entry], None] = lambda entry: None

    def cancelling(self) -> frozenset[str]:
        """Return the counting words that one row cancels here."""
        words = self.vocabulary.unit_words(self.entity)
        if self.loop_entity:
            words |= self.vocabulary.unit_words(self.loop_entity)
        return words


def parse_expression(text: str, scope: Scope) -> Node:
    """Return the typed tree of an expression.

    Raises:
        ExpressionError: With the column, what is wrong and what to write.
    """
    habit = habit_in(text.strip())
    if habit is not None:
        raise ExpressionError(*habit)
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError) as error:
        offset = (getattr(error, "offset", None) or 1) - 1
        raise ExpressionError(offset, f"表达式写法有误：{text.strip()}", f"cannot read the expression: {text.strip()}") from None
    except (RecursionError, MemoryError):
        raise ExpressionError(0, "表达式过长", "the expression is too long") from None
    return _Typer(scope).node(tree.body)


def same_unit(a: Node, b: Node, scope: Scope) -> bool:
    """Tell whether two numbers may be compared or added here."""
    words = scope.cancelling()
    return without(a.unit, words) == without(b.unit, words)


def _fault(tree: ast.AST, zh: str, en: str, code: str = "EXPR") -> ExpressionError:
    return ExpressionError(getattr(tree, "col_offset", 0), zh, en, code)


def _zero(node: Node) -> bool:
    return node.op == "const" and node.literal and node.data == 0


class _Typer:
    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    # -- forms ---------------------------------------------------------------------------------------------------
    def node(self, tree: ast.expr) -> Node:
        method: Callable[[Any], Node] | None = getattr(self, f"_{type(tree).__name__.lower()}", None)
        if method is None:
            raise _fault(
                tree,
                f"不认识这种写法：{ast.unparse(tree)}",
                f"this form is not part of the language: {ast.unparse(tree)}",
            )
        return method(tree)

    def _constant(self, tree: ast.Constant) -> Node:
        value = tree.value
        if isinstance(value, bool):
            return const(value, "yes_no")
        if isinstance(value, int):
            return const(value, "number", low=value, high=value, literal=True)
        if isinstance(value, str):
            return const(value, "code", literal=True)
        raise _fault(
            tree,
            f"表达式里只能写整数和代码；{ast.unparse(tree)} 请放进 figures 并取名",
            f"only whole numbers and codes may stand in an expression; name {ast.unparse(tree)} in figures",
        )

    def _boolop(self, tree: ast.BoolOp) -> Node:
        args = tuple(self.yes_no(value) for value in tree.values)
        return Node("and" if isinstance(tree.op, ast.And) else "or", args, None, "yes_no")

    def _unaryop(self, tree: ast.UnaryOp) -> Node:
        if isinstance(tree.op, ast.Not):
            return Node("not", (self.yes_no(tree.operand),), None, "yes_no")
        if isinstance(tree.op, ast.USub):
            inner = self.number(tree.operand)
            low, high = interval.negate((inner.low, inner.high))
            if inner.op == "const":
                return const(-inner.data, "number", low=low, high=high, literal=inner.literal)
            return Node("neg", (inner,), None, "number", inner.unit, low=low, high=high)
        raise _fault(tree, "只可用 not 和负号", "only not and minus are allowed here")

    def _ifexp(self, tree: ast.IfExp) -> Node:
        test = self.yes_no(tree.test)
        a, b = self.node(tree.body), self.node(tree.orelse)
        a, b = self.match(tree, a, b)
        low, high = interval.hull((a.low, a.high), (b.low, b.high))
        unit = a.unit if not a.literal else b.unit
        return Node("if", (test, a, b), None, a.kind, unit, a.codes or b.codes, low, high)

    def _compare(self, tree: ast.Compare) -> Node:
        parts: list[Node] = []
        left = tree.left
        for op, right in zip(tree.ops, tree.comparators, strict=True):
            parts.append(self.pair(tree, op, left, right))
            left = right
        return parts[0] if len(parts) == 1 else Node("and", tuple(parts), None, "yes_no")

    def pair(self, tree: ast.AST, op: ast.cmpop, left: ast.expr, right: ast.expr) -> Node:
        if isinstance(op, ast.In | ast.NotIn):
            inside = self.membership(tree, left, right)
            return Node("not", (inside,), None, "yes_no") if isinstance(op, ast.NotIn) else inside
        names = {ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge"}
        name = names.get(type(op))
        if name is None:
            raise _fault(tree, "只可用 == != < <= > >= in", "only == != < <= > >= in are allowed")
        a, b = self.node(left), self.node(right)
        if a.op == "reading" or b.op == "reading":
            return self.reading_pair(tree, name, a, b)
        a, b = self.match(tree, a, b)
        if a.kind in ("code", "codes", "yes_no") and name not in ("eq", "ne"):
            raise _fault(tree, "代码和是否只能用 == 或 !=", "codes and yes/no compare with == and != only")
        if a.kind == "codes":
            raise _fault(tree, "多选代码请写 '代码' in 名称", "write 'code' in name for a list of codes")
        return Node(name, (a, b), None, "yes_no")

    def reading_pair(self, tree: ast.AST, name: str, a: Node, b: Node) -> Node:
        reading, code = (a, b) if a.op == "reading" else (b, a)
        known = self.scope.readings[reading.data].options
        if name not in ("eq", "ne") or code.op != "const" or code.data not in known:
            raise _fault(
                tree,
                f"读法“{reading.data}”只能与其代码比较：{'、'.join(known)}",
                f'the reading "{reading.data}" compares with its codes only: {", ".join(known)}',
            )
        return Node(name, (reading, code), None, "yes_no")

    def membership(self, tree: ast.AST, left: ast.expr, right: ast.expr) -> Node:
        if isinstance(right, ast.Set | ast.Tuple | ast.List):
            return self.in_set(tree, self.node(left), right)
        target = self.node(right)
        if target.kind == "codes":
            item = self.node(left)
            if item.op != "const" or not isinstance(item.data, str):
                raise _fault(tree, "写法：'代码' in 多选事实", "write: 'code' in a fact of type codes")
            self.known_code(tree, item.data, target.codes)
            return Node("has", (target,), item.data, "yes_no")
        if target.kind == "list":
            item = self.node(left)
            if item.kind != "code" or (target.codes and item.codes and item.codes != target.codes):
                raise _fault(tree, "清单里的代码与左边不是同一代码表", "the list holds codes of another code list")
            return Node("in_list", (item,), target.data, "yes_no")
        raise _fault(tree, "in 的右边须为 {…}、清单参数或多选事实", "after in: {…}, a list parameter or a fact of type codes")

    def in_set(self, tree: ast.AST, item: Node, right: ast.Set | ast.Tuple | ast.List) -> Node:
        members = [self.node(child) for child in right.elts]
        for member in members:
            if member.op != "const":
                raise _fault(tree, "{…} 里只能写代码或整数", "inside {…} only codes and whole numbers")
            if item.kind == "code":
                self.known_code(tree, member.data, item.codes)
        if item.kind == "codes":
            raise _fault(tree, "多选代码请写 '代码' in 名称", "write 'code' in name for a list of codes")
        numbers = all(isinstance(m.data, int) for m in members)
        texts = all(isinstance(m.data, str) for m in members)
        if not (item.kind == "number" and numbers or item.kind == "code" and texts):
            raise _fault(tree, "in 两边的类型不同", "the two sides of in differ in type", "EXPR-TYPE")
        if item.kind == "number" and power_of(item.unit, "元"):
            raise _fault(tree, "金额不能与裸数字比较，请用 figures", "money cannot be held against a bare number; use figures")
        return Node("in", (item,), frozenset(m.data for m in members), "yes_no")

    def _binop(self, tree: ast.BinOp) -> Node:
        a, b = self.node(tree.left), self.node(tree.right)
        if a.kind == "date" or b.kind == "date":
            return self.date_difference(tree, a, b)
        for side in (a, b):
            if side.kind != "number":
                found = kind_words(side.kind)
                raise _fault(tree, f"这里要数，不是{found.zh}", f"a number is needed here, not {found.en}", "EXPR-TYPE")
        if isinstance(tree.op, ast.Add | ast.Sub):
            return self.sum_of(tree, a, b, "add" if isinstance(tree.op, ast.Add) else "sub")
        if isinstance(tree.op, ast.Mult):
            low, high = interval.multiply((a.low, a.high), (b.low, b.high))
            return Node(
                "mul", (a, b), None, "number", times(a.unit, b.unit), low=low, high=high, literal=a.literal and b.literal
            )
        if isinstance(tree.op, ast.Div):
            return self.quotient(tree, a, b)
        raise _fault(tree, "只可用 + - * /", "only + - * / are allowed")

    def sum_of(self, tree: ast.AST, a: Node, b: Node, op: str) -> Node:
        a, b = self.match(tree, a, b)
        other = (b.low, b.high) if op == "add" else interval.negate((b.low, b.high))
        low, high = interval.add((a.low, a.high), other)
        unit = b.unit if a.literal else a.unit
        return Node(op, (a, b), None, "number", unit, low=low, high=high, literal=a.literal and b.literal)

    def quotient(self, tree: ast.AST, a: Node, b: Node) -> Node:
        if not self.scope.allow_zero_divisor and (b.low is None or b.low <= 0):
            raise _fault(
                tree,
                f"除数可能为 0：{ast.unparse(tree)}；请给它大于 0 的 bounds，或先用 if 排除",
                f"the divisor may be 0: {ast.unparse(tree)}; give it bounds above 0, or guard it with if",
                "EXPR-DIVISOR",
            )
        if b.op == "param" and any(isinstance(v, Quantity) and v.is_range for v in b.data.values()):
            raise _fault(tree, "不能除以区间值", "a range cannot be a divisor")
        low, high = interval.divide((a.low, a.high), (b.low, b.high))
        return Node("div", (a, b), None, "number", times(a.unit, b.unit, -1), low=low, high=high)

    def date_difference(self, tree: ast.BinOp, a: Node, b: Node) -> Node:
        if a.kind == b.kind == "date" and isinstance(tree.op, ast.Sub):
            return Node("days_between", (a, b), None, "number", (("日", 1),), low=-60000, high=60000)
        raise _fault(
            tree,
            "日期只能相减；加减请用 add_days、add_months",
            "dates may only be subtracted; use add_days and add_months",
            "EXPR-TYPE",
        )

    # -- names ---------------------------------------------------------------------------------------------------
    def _name(self, tree: ast.Name) -> Node:
        return self.name(tree, tree.id, self.scope.entity, in_loop=False)

    def _attribute(self, tree: ast.Attribute) -> Node:
        if not isinstance(tree.value, ast.Name) or tree.value.id != self.scope.loop_variable:
            raise _fault(
                tree,
                f"“{ast.unparse(tree)}”：点号前只能是循环变量",
                f'"{ast.unparse(tree)}": only the loop variable may stand before the dot',
            )
        assert self.scope.loop_entity is not None
        return self.name(tree, tree.attr, self.scope.loop_entity, in_loop=True)

    def name(self, tree: ast.AST, name: str, entity: str, *, in_loop: bool) -> Node:
        scope = self.scope
        if name == "today":
            return Node("today", (), None, "date")
        if not in_loop and name in scope.figures:
            return self.parameter(tree, scope.figures[name], in_loop=in_loop)
        if name in scope.vocabulary.facts:
            return self.fact(tree, scope.vocabulary.facts[name], entity, in_loop=in_loop)
        if name in scope.entries:
            return self.result(tree, scope.entries[name], entity, in_loop=in_loop)
        if name in scope.parameters:
            return self.parameter(tree, scope.parameters[name], in_loop=in_loop)
        if name in scope.readings:
            return Node("reading", (), name, "code")
        known = [*scope.figures, *scope.vocabulary.facts, *scope.entries, *scope.parameters, *scope.readings]
        near = near_names(name, known)
        hint = f"；是不是 {'、'.join(near)}；都不是，就先写进本地的 vocabulary/facts.yaml、参数或条目" if near else "；请先写进本地的 vocabulary/facts.yaml、参数或条目"
        raise _fault(
            tree,
            f"没有“{name}”这个名称{hint}",
            f'there is no name "{name}"' + (f"; did you mean {', '.join(near)}?" if near else "; declare it first as a fact, a parameter or an entry"),
            "EXPR-NAME",
        )

    def ref(self, tree: ast.AST, name: str, goal: str, entity: str, *, in_loop: bool) -> Ref:
        path = self.scope.vocabulary.path(entity, goal)
        if path is None:
            labels = self.scope.vocabulary.entities
            raise _fault(
                tree,
                f"“{name}”属于{labels[goal].label.zh}，从{labels[entity].label.zh}看不到；向下请用循环",
                f'"{name}" belongs to {goal}; it cannot be reached from {entity}: use a loop to look down',
                "EXPR-REACH",
            )
        return Ref(name, goal, path, in_loop)

    def fact(self, tree: ast.AST, fact: Fact, entity: str, *, in_loop: bool) -> Node:
        if fact.kind == "text":
            raise _fault(tree, f"文字“{fact.id}”不能用于表达式", f'the text "{fact.id}" cannot be used in an expression')
        ref = self.ref(tree, fact.id, fact.entity, entity, in_loop=in_loop)
        low, high = (fact.low, fact.high) if fact.kind == "number" else (None, None)
        if fact.gate and low is not None and low > 0 and fact.type != "level":
            low = 0
        return Node("fact", (), ref, fact.kind, fact.unit, fact.codes, low, high)

    def result(self, tree: ast.AST, entry: Entry, entity: str, *, in_loop: bool) -> Node:
        if entry.per is None or entry.kind in ("target",):
            raise _fault(
                tree, f"条目“{entry.id}”没有可读的结果", f'the entry "{entry.id}" has no result to read', "EXPR-NAME"
            )
        ref = self.ref(tree, entry.id, entry.per, entity, in_loop=in_loop)
        if entry.kind == "definition":
            self.scope.ensure(entry)
            return Node(
                "result", (), ref, entry.value_kind, entry.unit, entry.codes, entry.low, entry.high
            )
        if entry.is_benefit:
            return Node("result", (), ref, "number", benefit_unit(entry, self.scope.vocabulary), low=0, high=None)
        return Node("result", (), ref, "yes_no")

    def parameter(self, tree: ast.AST, parameter: Parameter, *, in_loop: bool, keys: tuple[Node, ...] = ()) -> Node:
        if parameter.kind == "list":
            return Node("param", (), parameter, "list", codes=parameter.codes)
        if parameter.kind == "rounding":
            return Node("param", (), parameter, "rounding")
        if parameter.bands:
            return Node("param", (), parameter, "bands", parameter.unit)
        if parameter.keyed_by and not keys:
            keys = tuple(self.key(tree, parameter, key, in_loop=in_loop) for key in parameter.keyed_by)
        low, high = parameter_bounds(parameter)
        return Node("param", keys, parameter, "number", parameter.unit, low=low, high=high)

    def key(self, tree: ast.AST, parameter: Parameter, key: str, *, in_loop: bool) -> Node:
        where = self.scope.loop_entity if in_loop and self.scope.loop_entity else self.scope.entity
        try:
            return self.name(tree, key, where, in_loop=in_loop)
        except ExpressionError:
            if self.scope.loop_entity and not in_loop:
                return self.name(tree, key, self.scope.loop_entity, in_loop=True)
            raise

    def _subscript(self, tree: ast.Subscript) -> Node:
        table = self.table(tree.value)
        index = tree.slice
        keys = tuple(self.node(part) for part in (index.elts if isinstance(index, ast.Tuple) else [index]))
        if len(keys) != len(table.keyed_by) or not table.keyed_by:
            raise _fault(tree, f"“{table.id}”不是按代码分列的值", f'"{table.id}" is not keyed by codes')
        for key, fact_name in zip(keys, table.keyed_by, strict=True):
            codes = self.key_codes(fact_name)
            if key.op == "const" and isinstance(key.data, str):
                self.known_code(tree, key.data, codes)
        return self.parameter(tree, table, in_loop=False, keys=keys)

    def key_codes(self, fact_name: str) -> str | None:
        fact = self.scope.vocabulary.facts.get(fact_name)
        if fact is not None:
            return fact.codes
        entry = self.scope.entries.get(fact_name)
        if entry is None:
            return None
        self.scope.ensure(entry)
        return entry.codes

    def table(self, tree: ast.expr) -> Parameter:
        name = tree.id if isinstance(tree, ast.Name) else ""
        found = self.scope.figures.get(name) or self.scope.parameters.get(name)
        if found is None:
            raise _fault(
                tree,
                f"“{ast.unparse(tree)}”须为参数或数值的名称",
                f'"{ast.unparse(tree)}" must be the name of a parameter or figure',
                "EXPR-NAME",
            )
        return found

    # -- calls ---------------------------------------------------------------------------------------------------
    def _call(self, tree: ast.Call) -> Node:
        name = tree.func.id if isinstance(tree.func, ast.Name) else ""
        if tree.keywords or any(isinstance(a, ast.Starred) for a in tree.args):
            raise _fault(tree, "函数不接受这种参数写法", "calls take plain arguments only")
        if name in LOOP_CALLS and len(tree.args) == 1 and isinstance(tree.args[0], ast.GeneratorExp):
            return self.loop(name, tree.args[0])
        if name in RECORD_CALLS:
            return self.record(tree, name)
        method: Callable[[ast.Call], Node] | None = getattr(self, f"call_{name}", None)
        if method is None:
            known = [m[5:] for m in dir(self) if m.startswith("call_")] + [*LOOP_CALLS, *RECORD_CALLS, *WINDOWS]
            near = near_names(name, known)
            raise _fault(
                tree,
                f"没有函数“{ast.unparse(tree.func)}”" + (f"；是不是 {'、'.join(near)}" if near else ""),
                f'there is no function "{ast.unparse(tree.func)}"' + (f"; did you mean {', '.join(near)}?" if near else ""),
                "EXPR-NAME",
            )
        return method(tree)

    def arguments(self, tree: ast.Call, count: int) -> list[ast.expr]:
        if len(tree.args) != count:
            raise _fault(
                tree, f"{ast.unparse(tree.func)} 要 {count} 个参数", f"{ast.unparse(tree.func)} takes {count} arguments"
            )
        return tree.args

    def call_min(self, tree: ast.Call) -> Node:
        return self.extreme(tree, "min")

    def call_max(self, tree: ast.Call) -> Node:
        return self.extreme(tree, "max")

    def extreme(self, tree: ast.Call, op: str) -> Node:
        if len(tree.args) < 2:
            raise _fault(tree, f"{op} 要两个以上的数，或一个循环", f"{op} takes two or more numbers, or a loop")
        args = [self.number(arg) for arg in tree.args]
        first = next((a for a in args if not a.literal), args[0])
        for arg in args:
            self.match(tree, first, arg)
        bounds = [(a.low, a.high) for a in args]
        low, high = interval.least(*bounds) if op == "min" else interval.greatest(*bounds)
        return Node(op, tuple(args), None, "number", first.unit, low=low, high=high)

    def call_band(self, tree: ast.Call) -> Node:
        return self.banded(tree, "band")

    def call_marginal(self, tree: ast.Call) -> Node:
        return self.banded(tree, "marginal")

    def banded(self, tree: ast.Call, op: str) -> Node:
        value, table_tree = self.arguments(tree, 2)
        x, table = self.number(value), self.table(table_tree)
        if not table.bands:
            raise _fault(tree, f"“{table.id}”不是分档表", f'"{table.id}" is not a table of bands')
        words = self.scope.cancelling()
        if table.band_unit != NO_UNIT and without(x.unit, words) != without(table.band_unit, words):
            raise self.unit_fault(tree, x.unit, table.band_unit)
        low, high = parameter_bounds(table)
        unit = table.unit
        if op == "marginal":
            low, high = interval.multiply((x.low, x.high), (low, high))
            unit = times(x.unit, table.unit)
        return Node(op, (x,), table, "number", unit, low=low, high=high)

    def call_monthly(self, tree: ast.Call) -> Node:
        return self.scaled(tree, "年", "月", Fraction(1, 12))

    def call_yearly(self, tree: ast.Call) -> Node:
        return self.scaled(tree, "月", "年", Fraction(12))

    def scaled(self, tree: ast.Call, old: str, new: str, factor: Fraction) -> Node:
        x = self.number(self.arguments(tree, 1)[0])
        if power_of(x.unit, old) != -1:
            raise _fault(
                tree,
                f"这里要 /{old} 的数，现为 {unit_text(x.unit) or '纯数'}",
                f"a number per {old} is needed here, not {unit_text(x.unit) or 'a pure number'}",
                "EXPR-UNIT",
            )
        exponents = dict(x.unit)
        exponents.pop(old)
        exponents[new] = exponents.get(new, 0) - 1
        low, high = interval.multiply((x.low, x.high), (factor, factor))
        return Node("scale", (x,), factor, "number", make_unit(exponents), low=low, high=high)

    def call_flat(self, tree: ast.Call) -> Node:
        x = self.number(self.arguments(tree, 1)[0])
        return Node("flat", (x,), None, "number", (("flat", 1),), low=x.low, high=x.high)

    def call_rounded(self, tree: ast.Call) -> Node:
        value, table = self.arguments(tree, 2)
        x, rounding = self.number(value), self.table(table)
        if rounding.kind != "rounding":
            raise _fault(tree, f"“{rounding.id}”不是取整方式", f'"{rounding.id}" is not of type rounding')
        step: Any = 0
        for value_ in rounding.values():
            step = max(step, value_.step) if isinstance(value_, Rounding) else step
        low, high = interval.add((x.low, x.high), (-step, step))
        return Node("rounded", (x,), rounding, "number", x.unit, low=max(low, 0) if low is not None and (x.low or -1) >= 0 else low, high=high)

    def call_add_days(self, tree: ast.Call) -> Node:
        return self.moved(tree, "add_days", "日")

    def call_add_months(self, tree: ast.Call) -> Node:
        return self.moved(tree, "add_months", "月")

    def moved(self, tree: ast.Call, op: str, unit: str) -> Node:
        date, count = self.arguments(tree, 2)
        d, n = self.date(date), self.number(count)
        if not n.literal and n.unit != ((unit, 1),):
            raise _fault(tree, f"{op} 要以{unit}计的数", f"{op} takes a number of {unit}", "EXPR-UNIT")
        return Node(op, (d, n), None, "date")

    def call_year_of(self, tree: ast.Call) -> Node:
        d = self.date(self.arguments(tree, 1)[0])
        return Node("year_of", (d,), None, "number", (("年", 1),), low=1900, high=2200)

    def call_months_between(self, tree: ast.Call) -> Node:
        return self.between(tree, "months_between", "月", 2400)

    def call_years_between(self, tree: ast.Call) -> Node:
        return self.between(tree, "years_between", "年", 200)

    def between(self, tree: ast.Call, op: str, unit: str, most: int) -> Node:
        a, b = (self.date(arg) for arg in self.arguments(tree, 2))
        return Node(op, (a, b), None, "number", ((unit, 1),), low=-most, high=most)

    def call_last_year(self, tree: ast.Call) -> Node:
        found = self.parameter(tree, self.table(self.arguments(tree, 1)[0]), in_loop=False)
        return Node("last_year", found.args, found.data, found.kind, found.unit, low=found.low, high=found.high)

    def call_at(self, tree: ast.Call) -> Node:
        name, date = self.arguments(tree, 2)
        found = self.parameter(tree, self.table(name), in_loop=False)
        when = self.date(date)
        return Node("at", (*found.args, when), found.data, found.kind, found.unit, low=found.low, high=found.high)

    def call_receives(self, tree: ast.Call) -> Node:
        ref = self.entry_ref(tree, self.arguments(tree, 1)[0])
        if not self.scope.entries[ref.name].is_benefit:
            raise _fault(
                tree, f"receives 用于待遇；“{ref.name}”直接写名称", f'receives is for benefits; write "{ref.name}" by itself'
            )
        return Node("receives", (), ref, "yes_no")

    def record(self, tree: ast.Call, call: str) -> Node:
        ref = self.entry_ref(tree, self.arguments(tree, 1)[0])
        entry = self.scope.entries[ref.name]
        read = RecordRead(call, ref)
        if call == "held":
            return Node("record", (), read, "yes_no")
        if call == "held_since":
            return Node("record", (), read, "date")
        if call == "times_this_year":
            return Node("record", (), read, "number", (("次", 1), ("年", -1)), low=0, high=10000)
        unit = benefit_unit(entry, self.scope.vocabulary) if entry.is_benefit else NO_UNIT
        if call == "paid_this_year":
            owner = self.scope.vocabulary.entities[ref.entity].unit
            unit = make_unit({"元": 1, "年": -1, **({owner: -1} if owner else {})})
        return Node("record", (), read, "number", unit, low=0, high=10**12)

    def entry_ref(self, tree: ast.AST, arg: ast.expr) -> Ref:
        if isinstance(arg, ast.Attribute):
            variable = arg.value.id if isinstance(arg.value, ast.Name) else ""
            if variable != self.scope.loop_variable or self.scope.loop_entity is None:
                raise _fault(tree, "点号前只能是循环变量", "only the loop variable may stand before the dot")
            name, entity, in_loop = arg.attr, self.scope.loop_entity, True
        elif isinstance(arg, ast.Name):
            name, entity, in_loop = arg.id, self.scope.entity, False
        else:
            raise _fault(tree, "这里要写条目的名称", "the name of an entry is needed here")
        entry = self.scope.entries.get(name)
        if entry is None:
            near = near_names(name, self.scope.entries)
            raise _fault(
                tree,
                f"没有条目“{name}”" + (f"；是不是 {'、'.join(near)}" if near else ""),
                f'there is no entry "{name}"' + (f"; did you mean {', '.join(near)}?" if near else ""),
                "EXPR-NAME",
            )
        if entry.per is None:
            raise _fault(tree, f"条目“{name}”没有 per", f'the entry "{name}" has no per')
        return self.ref(tree, name, entry.per, entity, in_loop=in_loop)

    # -- loops ---------------------------------------------------------------------------------------------------
    def loop(self, call: str, tree: ast.GeneratorExp) -> Node:
        if len(tree.generators) != 1 or len(tree.generators[0].ifs) > 1 or self.scope.loop_variable:
            raise _fault(
                tree,
                "循环只能有一个 for 和至多一个 if，且不可嵌套；请把里层写成有名称的定义",
                "a loop has one for and at most one if and is not nested; give the inner one a name",
            )
        part = tree.generators[0]
        if not isinstance(part.target, ast.Name):
            raise _fault(tree, "循环变量须为一个名称", "the loop variable must be one name")
        collection, window = self.collection(part.iter)
        return self.loop_node(call, tree, part, collection, window)

    def collection(self, tree: ast.expr) -> tuple[str, str | None]:
        window = None
        if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id in WINDOWS and len(tree.args) == 1:
            window, tree = tree.func.id, tree.args[0]
        name = tree.id if isinstance(tree, ast.Name) else ast.unparse(tree)
        if self.scope.vocabulary.collection_entity(name) is None:
            known = [e.collection for e in self.scope.vocabulary.entities.values() if e.collection]
            near = near_names(name, known) or known
            raise _fault(
                tree, f"没有集合“{name}”；可用：{'、'.join(near)}", f'there is no collection "{name}"; known: {", ".join(near)}'
            )
        return name, window

    def loop_node(
        self, call: str, tree: ast.GeneratorExp, part: ast.comprehension, collection: str, window: str | None
    ) -> Node:
        scope = self.scope
        entity = scope.vocabulary.collection_entity(collection)
        owner = scope.vocabulary.collection_owner(scope.entity, collection)
        if entity is None or owner is None:
            raise _fault(
                tree, f"从{scope.vocabulary.entities[scope.entity].label.zh}看不到集合“{collection}”", f'"{collection}" cannot be reached from {scope.entity}'
            )
        if window and not entity.date:
            raise _fault(tree, f"“{collection}”没有日期，不能用 {window}", f'"{collection}" has no date for {window}')
        assert isinstance(part.target, ast.Name)
        path = scope.vocabulary.path(scope.entity, owner) or ()
        spec = LoopSpec(call, entity.id, collection, owner, path, part.target.id, window)
        inner = _Typer(
            Scope(
                scope.entity, scope.vocabulary, scope.entries, scope.parameters, scope.readings, scope.figures,
                part.target.id, entity.id, scope.allow_zero_divisor, scope.ensure,
            )
        )  # fmt: skip
        test = inner.yes_no(part.ifs[0]) if part.ifs else const(True, "yes_no")
        per_row = self.loop_unit(entity.id, owner, window)
        if call == "count":
            return Node("loop", (const(True, "yes_no"), test), spec, "number", per_row, low=0, high=2000)
        if call in ("any", "all"):
            return Node("loop", (inner.yes_no(tree.elt), test), spec, "yes_no")
        body = inner.number(tree.elt) if call == "sum" else inner.node(tree.elt)
        if call == "sum":
            low, high = interval.hull((0, 0), interval.multiply((body.low, body.high), (0, 2000)))
            return Node("loop", (body, test), spec, "number", times(body.unit, per_row), low=low, high=high)
        if body.kind not in ("number", "date"):
            raise _fault(tree, f"{call} 的循环要数或日期", f"a loop of {call} takes numbers or dates", "EXPR-TYPE")
        return Node("loop", (body, test), spec, body.kind, body.unit, low=body.low, high=body.high)

    def loop_unit(self, entity: str, owner: str, window: str | None) -> Unit:
        entities = self.scope.vocabulary.entities
        exponents: dict[str, int] = {}
        for word, power in ((entities[entity].unit, 1), (entities[owner].unit, -1), ("年" if window else None, -1)):
            if word:
                exponents[word] = exponents.get(word, 0) + power
        return make_unit(exponents)

    # -- helpers -------------------------------------------------------------------------------------------------
    def yes_no(self, tree: ast.expr) -> Node:
        node = self.node(tree)
        if node.kind != "yes_no":
            raise _fault(
                tree,
                f"这里要是或否的条件，“{ast.unparse(tree)}”不是",
                f'a yes/no condition is needed here; "{ast.unparse(tree)}" is none',
                "EXPR-TYPE",
            )
        return node

    def number(self, tree: ast.expr) -> Node:
        node = self.node(tree)
        if node.kind != "number":
            raise _fault(
                tree, f"这里要数，“{ast.unparse(tree)}”不是", f'a number is needed; "{ast.unparse(tree)}" is none', "EXPR-TYPE"
            )
        return node

    def date(self, tree: ast.expr) -> Node:
        node = self.node(tree)
        if node.kind != "date":
            raise _fault(
                tree, f"这里要日期，“{ast.unparse(tree)}”不是", f'a date is needed; "{ast.unparse(tree)}" is none', "EXPR-TYPE"
            )
        return node

    def match(self, tree: ast.AST, a: Node, b: Node) -> tuple[Node, Node]:
        if a.kind != b.kind:
            written = next((n.data for n in (a, b) if n.op == "const" and n.kind == "code"), "")
            habit = habit_in(str(written)) if "date" in (a.kind, b.kind) else None
            if habit is not None:
                raise _fault(tree, habit[1], habit[2])
            one, two = kind_words(a.kind), kind_words(b.kind)
            raise _fault(tree, f"两边类型不同：{one.zh}与{two.zh}", f"the sides differ in type: {one.en} and {two.en}", "EXPR-TYPE")
        if a.kind == "code":
            if a.literal and not b.literal:
                self.known_code(tree, a.data, b.codes)
            elif b.literal and not a.literal:
                self.known_code(tree, b.data, a.codes)
        if a.kind == "number":
            self.match_units(tree, a, b)
        return a, b

    def match_units(self, tree: ast.AST, a: Node, b: Node) -> None:
        if a.literal and b.literal:
            return
        if a.literal or b.literal:
            bare, other = (a, b) if a.literal else (b, a)
            if power_of(other.unit, "元") and not _zero(bare):
                raise _fault(
                    tree,
                    "金额不能与裸数字相比或相加；请在 figures 里写成有单位的数值",
                    "money cannot meet a bare number; write it in figures with its unit",
                    "EXPR-UNIT",
                )
            return
        if ("flat", 1) in a.unit or ("flat", 1) in b.unit:
            return
        if not same_unit(a, b, self.scope):
            raise self.unit_fault(tree, a.unit, b.unit)

    def unit_fault(self, tree: ast.AST, a: Unit, b: Unit) -> ExpressionError:
        one, two = unit_text(a) or "纯数", unit_text(b) or "纯数"
        en_one, en_two = unit_text(a) or "a pure number", unit_text(b) or "a pure number"
        return _fault(
            tree,
            f"单位不同：{one} 与 {two}；期间用 monthly/yearly 换算，人与户须明写乘除",
            f"the units differ: {en_one} and {en_two}; convert periods with monthly/yearly, write 人/户 out",
            "EXPR-UNIT",
        )

    def known_code(self, tree: ast.AST, code: Any, codes: str | None) -> None:
        found = self.scope.vocabulary.codes.get(codes or "")
        if found is None or code in found.codes:
            return
        near = near_names(str(code), found.codes) or list(found.codes)[:8]
        raise _fault(
            tree,
            f"代码表“{found.id}”里没有“{code}”；可用：{'、'.join(near)}",
            f'the code list "{found.id}" has no "{code}"; known: {", ".join(near)}',
            "EXPR-CODE",
        )


def benefit_unit(entry: Entry, vocabulary: Vocabulary) -> Unit:
    """Return the unit in which a benefit's amount comes out: 元 per row and per ``every``."""
    if not entry.has_money:
        return entry.unit
    assert entry.per is not None
    exponents = {"元": 1}
    entity = vocabulary.entities[entry.per]
    if entity.unit:
        exponents[entity.unit] = exponents.get(entity.unit, 0) - 1
    period = PERIODS.get(entry.every or "")
    if period and not entity.claim:
        exponents[period] = exponents.get(period, 0) - 1
    return make_unit(exponents)
