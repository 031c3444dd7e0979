"""One SQL statement under construction: a table's rows joined to what they belong to, then columns layer upon layer.

Parts are added as outputs under a name. When the statement is written, a part that several others use gets a column of
its own in the first layer where all it reads is there, so nothing is worked out twice; tables and columns that no output
reads are left out.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from bangfu.rules.runners.sql.dialects import Dialect, Tree
from bangfu.rules.runners.sql.printing import Printer, column as column_of, name as name_of
from bangfu.rules.runners.sql.tree import Exp, Part, boolean, coalesce, column, day, int64, is_const
from bangfu.rules.runners.sql.vals import Val

if TYPE_CHECKING:
    from bangfu.rules.runners.sql.columns import Columns

Path = tuple[str, ...]
KEYS = ("id", "id 2")
"""What a statement that groups names its keys."""

LARGE = 60
"""A part of more nodes than this gets a column of its own, so that no back end runs out of stack."""
SMALL = 4
"""Writing a part again costs no more than this many nodes: it is written again, for each layer has its price in planning."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The shape of a stated value: its kind, its denominator, whether it may stand behind a closed gate."""

    kind: str
    den: int = 1
    closed: bool = False


@dataclass(slots=True)
class Join:
    """A joined table: ``on`` are pairs (its column, a part of the rows before); ``there``: the row is never missing."""

    source: str | Frame
    on: list[tuple[str, Part]]
    there: bool
    inner: bool = False


class Frame:
    """A statement over the rows of a table (alias ``root``); ``entity`` are the rows that its paths start from."""

    def __init__(self, columns: Columns, today: dt.date, table: str, source: str, root: str = "r") -> None:
        self.columns = columns
        self.vocabulary = columns.pack.vocabulary
        self.today = today
        self.table = table
        self.root = root
        self.entity = source.removeprefix("rows_")
        self.loop_entity: str | None = None
        self.joins: dict[str, Join] = {root: Join(source, [], there=True)}
        self.outputs: dict[str, Part] = {}
        self.group: list[Part] = []

    # -- columns -------------------------------------------------------------------------------------------------
    def column(self, alias: str, name: str) -> Exp:
        """Return what reads a column of a joined table."""
        join = self.joins[alias]
        if isinstance(join.source, str):
            return self.columns.part(alias, join.source, name, there=join.there)
        part = join.source.outputs[name]
        if join.there and is_const(part):
            return part
        return column(alias, name, part.kind, sure=part.sure and join.there, natural=part.natural)

    def read(self, alias: str, name: str, part: Exp) -> Exp:
        """Return a part of another statement, which gives it a column of that name."""
        source = self.joins[alias].source
        assert isinstance(source, Frame)
        assert source.outputs.setdefault(name, part) is part
        return self.column(alias, name)

    def fact(self, alias: str, name: str, shape: Stored) -> Val:
        """Return a fact of a joined table."""
        closed = coalesce(self.column(alias, f"{name}!"), boolean(False)) if shape.closed else None
        return Val(shape.kind, self.column(alias, name), shape.den, closed=closed)

    def value(self, alias: str, name: str, val: Val) -> Val:
        """Return a value of another statement: ``name``, ``name/`` its denominator, ``name^`` its upper end, ``name#``, ``name!``."""

        def part(sign: str, found: Exp | None) -> Exp | None:
            return None if found is None else self.read(alias, f"{name}{sign}", found)

        def flag(sign: str, found: Exp | None) -> Exp | None:
            read = part(sign, found)
            return None if read is None else coalesce(read, boolean(False))

        den = val.den if isinstance(val.den, int) else self.read(alias, f"{name}/", val.den)
        known = val.known if self.joins[alias].there else None
        value = self.read(alias, name, val.value)
        high = value if val.high is val.value else part("^", val.high)
        return Val(val.kind, value, den, high, flag("#", val.counted), flag("!", val.closed), known)

    # -- joins ---------------------------------------------------------------------------------------------------
    def entity_at(self, path: Path, *, in_loop: bool) -> str:
        """Return the entity that a path leads to."""
        here = self.loop_entity if in_loop else self.entity
        assert here is not None
        for step in path:
            entity = self.vocabulary.entities[here]
            here = (entity.belongs_to if step == "up" else entity.at) or here
        return here

    def key(self, path: Path, *, in_loop: bool) -> Exp:
        """Return the id of the row a path leads to."""
        if not path:
            return self.column("m" if in_loop else "r", "id")
        return self.column(self.row(path[:-1], in_loop=in_loop), path[-1])

    def row(self, path: Path, *, in_loop: bool) -> str:
        """Return the alias of the row a path leads to."""
        start = "m" if in_loop else "r"
        if not path:
            return start
        alias = "_".join((start, *path))
        self.join(alias, f"rows_{self.entity_at(path, in_loop=in_loop)}", "id", self.key(path, in_loop=in_loop))
        return alias

    def stage(self, source: Frame, path: Path, *, in_loop: bool) -> str:
        """Return the alias of another statement's row for the row a path leads to."""
        start = "m" if in_loop else "r"
        alias = source.table if (path, in_loop) == ((), False) else f"{source.table} of {'_'.join((start, *path))}"
        if alias not in self.joins:
            self.join(alias, source, "id", self.key(path, in_loop=in_loop))
        return alias

    def run(self) -> str:
        """Return the alias of the run that the row belongs to."""
        self.join("run", "runs", "id", self.column("r", "run"))
        return "run"

    @property
    def ids(self) -> list[Exp]:
        """Return what names one row of this statement before it groups."""
        return [self.column(alias, "id") for alias in ("r", "m") if alias in self.joins]

    def join_groups(self, source: Frame, keys: list[Exp]) -> str:
        """Join a statement that groups, under its name; keys without a group have NULL."""
        alias = source.table if keys == self.ids else f"{source.table} of {' '.join('.'.join(k.data) for k in keys if k.op == 'column')}"
        if alias not in self.joins:
            self.joins[alias] = Join(source, list(zip(KEYS, keys, strict=False)), there=False)
        return alias

    def join(self, alias: str, source: str | Frame, name: str, key: Exp, *, rows: bool = True) -> None:
        """Join a table under an alias where its column is the key; ``rows``: each key that is not NULL names one of its rows."""
        if alias not in self.joins:
            there = rows and key.sure and (key.op != "column" or self.joins[key.data[0]].there)
            self.joins[alias] = Join(source, [(name, key)], there)

    def date(self) -> Exp:
        """Return the row's own date."""
        return self.column("r", "date")

    def day(self) -> Exp:
        """Return the date asked."""
        return day(self.today)

    # -- the statement -------------------------------------------------------------------------------------------
    def used(self) -> dict[str, Join]:
        """Return the joins that outputs read, and those that these stand on."""
        wanted = {self.root} | {a for a, j in self.joins.items() if j.inner}
        reads = {part.data[0] for part in below(self._roots()) if part.op == "column"} | wanted
        while True:
            more = {p.data[0] for a in reads for _, key in self.joins[a].on for p in below([key]) if p.op == "column"} - reads
            if not more:
                return {alias: join for alias, join in self.joins.items() if alias in reads}
            reads |= more

    @property
    def source(self) -> str:
        """Return the table whose rows the statement goes over."""
        return _named(self.joins[self.root].source)

    def reads(self) -> Iterator[tuple[str, str]]:
        """Yield (table, column) of every input that this statement reads."""
        joins = self.used()
        for alias, name in self._columns(joins):
            source = joins[alias].source
            if isinstance(source, str):
                yield source, name

    def joined(self) -> Iterator[tuple[str, str]]:
        """Yield (table, column) of all that is joined to the rows that the statement goes over."""
        joins = self.used()
        return ((_named(joins[alias].source), name) for alias, name in self._columns(joins) if alias != self.root)

    def _columns(self, joins: dict[str, Join]) -> list[tuple[str, str]]:
        keys = [key for join in joins.values() for _, key in join.on]
        found = [part.data for part in below([*self._roots(), *keys]) if part.op == "column"]
        return found + [(alias, name) for alias, join in joins.items() for name, _ in join.on]

    def _roots(self) -> list[Part]:
        return [*self.outputs.values(), *self.group]

    def statements(self, dialect: Dialect, copies: Mapping[str, str]) -> Iterator[tuple[str, Tree]]:
        """Yield (table, SELECT), this statement last: one row for each row of the root, or for each key of the group.

        A back end that plans many layers slowly gets some of them as tables of their own before it. ``copies``: what a
        table is called where it is joined, if not by its own name.
        """
        base, layers = self._layers()
        held: dict[Part, str] = {part: f"{part.data[0]}.{part.data[1]}" for part in base}
        query = exp.Select().with_("base", as_=self._base(dialect, held, copies), copy=False)
        last = "base"
        for place, row in enumerate(layers, 1):
            printer = Printer(dialect, held)
            found = [(part, f"k{len(held) + n}") for n, part in enumerate(row)]
            made = [_as(printer.made(part), name) for part, name in found]
            if dialect.layers_most is not None and place % dialect.layers_most == 0:
                below_this = f"{self.table}, layer {place - 1}"
                yield below_this, query.select(exp.Star(), copy=False).from_(_table(last), copy=False)
                query, last = exp.Select(), below_this
            layer = exp.Select(expressions=[exp.Star(), *made]).from_(_table(last), copy=False)
            last = f"layer{place}"
            query = query.with_(last, as_=layer, copy=False)
            held = {**held, **dict(found)}
        yield self.table, self._outputs(query.from_(_table(last), copy=False), Printer(dialect, held))

    def _outputs(self, query: Tree, printer: Printer) -> Tree:
        outputs = [*zip(KEYS, self.group, strict=False), *self.outputs.items()]
        query.set("expressions", [_as(printer.tree(int64(part)), name) for name, part in outputs])
        for part in self.group:
            if not part.sure:
                query = query.where(exp.Not(this=exp.Is(this=printer.tree(part), expression=exp.null())), copy=False)
            query = query.group_by(printer.tree(part), copy=False)
        return query

    def _base(self, dialect: Dialect, held: dict[Part, str], copies: Mapping[str, str]) -> Tree:
        joins = self.used()
        plain = Printer(dialect, {})

        def written(part: Part) -> Tree:
            return column_of(part.data[1], part.data[0]) if part.op == "column" else plain.made(part)

        base = exp.Select(expressions=[_as(written(part), name) for part, name in held.items()])
        base = base.from_(_table(self.source, self.root), copy=False)
        found = []
        for alias, join in joins.items():
            if alias == self.root:
                continue
            on = exp.and_(*(exp.EQ(this=column_of(name, alias), expression=written(key)) for name, key in join.on))
            table = _named(join.source)
            found.append(exp.Join(this=_table(copies.get(table, table), alias), side=None if join.inner else "LEFT", on=on))
        base.set("joins", found)
        return base

    def _layers(self) -> tuple[list[Part], list[list[Part]]]:
        """Return the columns read, and the parts that get a column of their own by layer."""
        parts = list(below(self._roots()))
        uses = Counter(arg for part in parts for arg in part.args)
        uses.update(int64(part) for part in self._roots())
        level: dict[Part, int] = {}
        size: dict[Part, int] = {}
        layers: dict[int, list[Part]] = {}
        base: list[Part] = []
        for together in _windows_together(parts):
            above = max((level[a] for part in together for a in part.args), default=0)
            for part in together:
                level[part], size[part] = above, 1 + sum(size[a] for a in part.args)
                if part.op == "column":
                    base.append(part)
                elif part.op == "running" or (_worth(part) and (size[part] > LARGE or size[part] * (uses[part] - 1) > SMALL)):
                    level[part], size[part] = above + 1, 1
                    layers.setdefault(above, []).append(part)
        return base, [layers[place] for place in sorted(layers)]


def _windows_together(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """Yield the parts so that all stand after what they read; windows over the same order of rows come as one list.

    They wait for each other, and a back end then sorts the rows once for all of them. A window that reads another one
    belongs to a later list.
    """
    depth: dict[Part, int] = {}
    rounds: dict[int, tuple[dict[tuple[Part, ...], list[Part]], list[list[Part]]]] = {}
    for part in parts:
        running = part.op == "running"
        depth[part] = max((depth[a] for a in part.args), default=0) + running
        windows, others = rounds.setdefault(depth[part], ({}, []))
        if running:
            windows.setdefault(part.args[1:], []).append(part)
        else:
            others.append([part])
    for place in sorted(rounds):
        windows, others = rounds[place]
        yield from windows.values()
        yield from others


def _worth(part: Part) -> bool:
    """Tell whether a part is dear enough for a column of its own."""
    if part.op in ("const", "aggregate", "wide"):
        return False
    return not (part.op in ("not", "absent") and part.args[0].op == "column")


def below(roots: Iterable[Part]) -> Sequence[Part]:
    """Return every part below some roots once, parts before wholes."""
    seen: dict[Part, None] = {}
    stack: list[tuple[Part, bool]] = [(root, False) for root in reversed(list(roots))]
    while stack:
        part, done = stack.pop()
        if done:
            seen[part] = None
        elif part not in seen:
            stack.append((part, True))
            stack.extend((arg, False) for arg in reversed(part.args))
    return list(seen)


def _named(source: str | Frame) -> str:
    return source if isinstance(source, str) else source.table


def _table(table: str, alias: str | None = None) -> Tree:
    """Return a table by its quoted name."""
    as_ = None if alias is None or alias == table else exp.TableAlias(this=name_of(alias))
    return exp.Table(this=name_of(table), alias=as_)


def _as(part: Tree, name: str) -> Tree:
    return exp.Alias(this=part, alias=name_of(name))


__all__ = ["LARGE", "Frame", "Join", "Path", "Stored", "below"]
