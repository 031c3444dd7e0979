"""One SQL statement under construction: rows joined to what they belong to, then columns layer upon layer.

A frame has a root (the rows of an entity, alias ``r``) and inside a loop also the rows gathered (alias ``m``). A part
that is used twice gets a column of its own in the first layer where all it reads is there, so no text doubles.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from sqlglot import exp

from bangfu.rules.runners.sql.dialects import Dialect
from bangfu.rules.runners.sql.tree import Exp, col, compare, day
from bangfu.rules.runners.sql.vals import Val
from bangfu.rules.vocabulary import Vocabulary

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """A value that a stage holds under a column name; which of its parts there are is known beforehand."""

    kind: str
    den: int | None = 1
    high: bool = False
    counted: bool = False
    closed: bool = False


def stored(val: Val) -> Stored:
    """Return what of a value has to be stored."""
    return Stored(
        val.kind,
        val.den if isinstance(val.den, int) else None,
        val.high is not None,
        val.counted is not None,
        val.closed is not None,
    )


def parts(name: str, val: Val) -> list[tuple[str, Exp]]:
    """Return the columns of a value: ``name``, ``name/`` (denominator), ``name^`` (upper end), ``name#``, ``name!``."""
    found = [(name, val.value)]
    if not isinstance(val.den, int):
        found.append((f"{name}/", val.den))
    for sign, part in (("^", val.high), ("#", val.counted), ("!", val.closed)):
        if part is not None:
            found.append((f"{name}{sign}", part))
    return found


@dataclass(slots=True)
class Layers:
    """Columns by layer: what a layer computes reads the layers before it."""

    level: dict[str, int] = field(default_factory=dict)
    rows: list[list[tuple[str, Exp]]] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)

    def add(self, part: Exp) -> str:
        """Return the name of the column that holds a part."""
        written = part.sql(dialect="duckdb")
        name = self.known.get(written)
        if name is None:
            place = 1 + max((self.level.get(c.name, 0) for c in part.find_all(exp.Column)), default=0)
            name = self.known[written] = f"k{len(self.known) + 1}"
            self.level[name] = place
            while len(self.rows) < place:
                self.rows.append([])
            self.rows[place - 1].append((name, part.copy()))
        return name


class Frame:
    """The statement of one stage over the rows of ``entity`` on ``today``."""

    def __init__(self, vocabulary: Vocabulary, dialect: Dialect, entity: str, today: dt.date) -> None:
        self.vocabulary = vocabulary
        self.dialect = dialect
        self.entity = entity
        self.today = today
        self.loop_entity: str | None = None
        self.layers = Layers()
        self.imports: dict[tuple[str, str], str] = {}
        self.joins: list[Exp] = []
        self.aliases: dict[str, str] = {"r": f"rows_{entity}"}
        self.column("r", "id")

    # -- columns -------------------------------------------------------------------------------------------------
    def keep(self, part: Exp) -> Exp:
        """Return a column that holds a part; columns and constants stay as they are."""
        inner = part.this if isinstance(part, exp.Paren | exp.Cast | exp.Neg) else part
        if isinstance(part, exp.Column | exp.Literal | exp.Boolean | exp.Null) or isinstance(
            inner, exp.Literal | exp.Null
        ):
            return part
        return col(self.layers.add(part))

    def column(self, alias: str, name: str) -> Exp:
        """Return the column of a joined table under its name in this statement."""
        found = self.imports.get((alias, name))
        if found is None:
            found = name if alias == "r" else f"{alias}.{name}"
            self.imports[alias, name] = found
        return col(found)

    def stored(self, alias: str, name: str, shape: Stored) -> Val:
        """Return a stored value of a joined table."""

        def part(sign: str) -> Exp:
            return self.column(alias, f"{name}{sign}")

        return Val(
            shape.kind, self.column(alias, name), part("/") if shape.den is None else shape.den, part("^") if shape.high else None,
            part("#") if shape.counted else None, part("!") if shape.closed else None,
        )  # fmt: skip

    # -- joins ---------------------------------------------------------------------------------------------------
    def entity_at(self, path: Path, *, in_loop: bool) -> str:
        """Return the entity that a path leads to."""
        here = self.loop_entity if in_loop else self.entity
        assert here is not None
        for step in path:
            entity = self.vocabulary.entities[here]
            here = (entity.belongs_to if step == "up" else entity.at) or here
        return here

    def key(self, path: Path, *, in_loop: bool) -> tuple[str, str]:
        """Return (alias, column) that holds the id of the row a path leads to."""
        root = "m" if in_loop else "r"
        if not path:
            return root, "id"
        return self.row(path[:-1], in_loop=in_loop), path[-1]

    def row(self, path: Path, *, in_loop: bool) -> str:
        """Return the alias of the row a path leads to."""
        root = "m" if in_loop else "r"
        if not path:
            return root
        alias = "_".join((root, *path))
        self._join(alias, f"rows_{self.entity_at(path, in_loop=in_loop)}", *self.key(path, in_loop=in_loop))
        return alias

    def stage(self, table: str, path: Path, *, in_loop: bool) -> str:
        """Return the alias of a stage's row for the row a path leads to."""
        key = self.key(path, in_loop=in_loop)
        alias = f"{table} of {key[0]}.{key[1]}" if key != ("r", "id") else table
        self._join(alias, table, *key)
        return alias

    def run(self) -> str:
        """Return the alias of the run that the root's row belongs to."""
        self._join("run", "runs", "r", "run")
        return "run"

    def _join(self, alias: str, table: str, other: str, column: str) -> None:
        if alias in self.aliases:
            return
        self.aliases[alias] = table
        self.join(alias, table, compare("eq", col("id", alias), col(column, other)))

    def join(self, alias: str, table: str, on: Exp) -> None:
        """Join a table under an alias; rows without a partner stay."""
        self.aliases[alias] = table
        self.joins.append(exp.Join(this=named(table, alias), side="LEFT", on=on))

    def date(self) -> Exp:
        """Return the root row's own date."""
        return self.column("r", "date")

    def day(self) -> Exp:
        """Return the date asked."""
        return day(self.today)

    # -- the statement -------------------------------------------------------------------------------------------
    def statement(self, outputs: list[tuple[str, Exp]], *, grouped: bool = False) -> Exp:
        """Return the SELECT of one row for each row of the root (``grouped``: outputs are aggregates but the id)."""
        base = exp.Select(expressions=[_as(col(name, alias), flat) for (alias, name), flat in self.imports.items()])
        base = base.from_(named(self.aliases["r"], "r"), copy=False)
        base.set("joins", list(self.joins))
        last, query = "base", exp.Select().with_("base", as_=base, copy=False)
        for place, row in enumerate(self.layers.rows, 1):
            layer = exp.Select(expressions=[exp.Star(), *(_as(part, name) for name, part in row)])
            layer = layer.from_(named(last), copy=False)
            last = f"layer{place}"
            query = query.with_(last, as_=layer, copy=False)
        query.set("expressions", [_as(part, name) for name, part in outputs])
        query = query.from_(named(last), copy=False)
        return query.group_by(col("id"), copy=False) if grouped else query


def named(table: str, alias: str | None = None) -> Exp:
    """Return a table by its quoted name."""
    as_ = None if alias is None or alias == table else exp.TableAlias(this=exp.to_identifier(alias, quoted=True))
    return exp.Table(this=exp.to_identifier(table, quoted=True), alias=as_)


def _as(part: Exp, name: str) -> Exp:
    return exp.Alias(this=part.copy(), alias=exp.to_identifier(name, quoted=True))
