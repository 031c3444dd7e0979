"""The specification suite: tables of expressions and worked cases, held against every runner.

A table says what one operation gives for some inputs, as the format says and by arithmetic, never by running the
program. Each table becomes one definition in a temporary copy of the example folder, so that all tables and examples
are one engine, and all rows of a day and a basis are one run. What a runner is known not to carry out is declared in
the table or case under the runner's name, and then exactly that refusal must come.

Cells: ``missing`` is not stated (in) or unknown (out), ``closed`` behind a gate answered no, ``10..20`` a range. A
column is a fact, ``on`` (the day asked), or ``bills.cost``: one fact of each row of a collection, the cell a list
(``[]`` none, ``missing`` the collection is not stated).
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, Protocol

from bangfu.rules.casebook import Case, CaseRunner, expected_range, read_cases
from bangfu.rules.engine import Engine
from bangfu.rules.errors import Fault
from bangfu.rules.household import Given, read_given
from bangfu.rules.pack.load import load_pack
from bangfu.rules.pack.model import Entry
from bangfu.rules.runners.sql.program import SqlProgram
from bangfu.rules.runners.sql.support import NotSupportedInSql
from bangfu.rules.units import power_of
from bangfu.rules.vocabulary import Vocabulary
from bangfu.rules.yaml_source import List, Map, read_yaml_file
from tests.rules.runners_agree import Form, of_python, of_sql
from tests.rules.spark import OnSmallSpark

HERE = Path(__file__).resolve().parent
POLICIES = HERE / "policies"
TABLES = HERE / "tables"
OVERLAY = HERE / "overlay.yaml"
PLACE = "spec"
ON = dt.date(2024, 6, 15)
MISSING, CLOSED = "missing", "closed"
TABLE_KEYS = ("id", "label", "value", "says", "columns", "rows", "on", "per", "unit", "bounds", "figures", "refused")
ENTRY_KEYS = ("value", "unit", "bounds", "figures")

Answers = dict[tuple[int, str, str], Form]
"""(place in the list of givens, entry, row id) → what a runner answers."""


# -- runners -----------------------------------------------------------------------------------------------------
class Runner(Protocol):
    """A runner under test; ``gaps``: under which name tables and cases declare what it does not carry out."""

    name: ClassVar[str]
    gaps: ClassVar[str]

    def answers(self, engine: Engine, day: dt.date, basis: str, names: frozenset[str], givens: list[Given]) -> Answers:
        """Return the answers of the named entries for all rows of all givens."""
        ...

    def refused(self, error: Exception) -> str | None:
        """Return the key of the feature that an error refuses, None if it is another error."""
        ...


class PythonRunner:
    """The reference."""

    name = gaps = "python"

    def answers(self, engine: Engine, day: dt.date, basis: str, names: frozenset[str], givens: list[Given]) -> Answers:
        """Run each given by itself."""
        found: Answers = {}
        for number, given in enumerate(givens):
            run = engine.run(given, day, basis, only=names)
            for name in names:
                entry = engine.pack.entries[name]
                for row in run.rows[entry.per or ""]:
                    found[number, name, row.id] = of_python(entry, engine.result(row, entry))
        return found

    def refused(self, error: Exception) -> str | None:
        """Refuse nothing."""
        return None


class DuckDbRunner:
    """SQL on DuckDB: all givens in one run."""

    name = "duckdb"
    gaps = "sql"

    def answers(self, engine: Engine, day: dt.date, basis: str, names: frozenset[str], givens: list[Given]) -> Answers:
        """Run all givens at once."""
        answered = SqlProgram(engine, day, basis, only=names).run(givens)
        return {(number, name, row): of_sql(engine.pack.entries[name], answer) for (number, name, _, row), answer in answered.items()}

    def refused(self, error: Exception) -> str | None:
        """Return the key in the list of gaps."""
        return error.feature if isinstance(error, NotSupportedInSql) else None


class SparkRunner(DuckDbRunner):
    """SQL on Spark: the same tree, printed for Spark."""

    name = "spark"

    def answers(self, engine: Engine, day: dt.date, basis: str, names: frozenset[str], givens: list[Given]) -> Answers:
        """Run all givens at once."""
        answered = SqlProgram(engine, day, basis, only=names, dialect="spark").run(givens, OnSmallSpark())
        return {(number, name, row): of_sql(engine.pack.entries[name], answer) for (number, name, _, row), answer in answered.items()}


RUNNERS: list[Runner] = [PythonRunner(), DuckDbRunner(), SparkRunner()]


# -- tables ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Table:
    """One operation: its expression and what comes out for some inputs."""

    id: str
    label: str
    says: str
    value: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    chapter: str
    file: str
    on: dt.date
    per: str
    raw: dict[str, Any]
    refused: dict[str, str]

    def entry(self) -> dict[str, Any]:
        """Return the definition that carries the table's expression."""
        own = {key: self.raw[key] for key in ENTRY_KEYS if key in self.raw}
        return {"id": self.id, "kind": "definition", "label": self.label, "per": self.per, **own}

    def day(self, row: tuple[Any, ...]) -> dt.date:
        """Return the day asked in a row."""
        day = row[self.columns.index("on")] if "on" in self.columns else self.on
        assert isinstance(day, dt.date)
        return day


def read_tables(folder: Path = TABLES) -> list[Table]:
    """Return all tables in the order of files and lines; a fault of form fails at once with its place."""
    found: list[Table] = []
    for path in sorted(folder.glob("*.yaml")):
        faults: list[Fault] = []
        content = read_yaml_file(path, path.name, faults)
        assert not faults, faults
        assert isinstance(content, Map), path.name
        assert set(content) == {"chapter", "tables"}, path.name
        found += [_table(raw, content["chapter"], path.name) for raw in content["tables"]]
    names = [table.id for table in found]
    assert len(set(names)) == len(names), "two tables have one id"
    return found


def _table(raw: Map, chapter: str, file: str) -> Table:
    where = f"{file}:{raw.mark[0]}"
    strange = [key for key in raw if key not in TABLE_KEYS]
    assert not strange, f"{where}: no such key: {strange}"
    for key in ("label", "says"):
        assert str(raw[key]).count(" | ") == 1, f"{where}: {key} is written 中文 | English"
    columns = tuple(raw["columns"])
    wrong = [row for row in raw["rows"] if len(row) != len(columns) + 1]
    assert not wrong, f"{where}: a row has one cell for each column and one for the answer: {wrong}"
    return Table(
        id=raw["id"], label=raw["label"], says=raw["says"], value=str(raw["value"]), columns=columns,
        rows=tuple(tuple(row) for row in raw["rows"]), chapter=chapter, file=where, on=raw.get("on", ON),
        per=raw.get("per", "household"), raw=dict(raw), refused=dict(raw.get("refused", {})),
    )  # fmt: skip


def given_of(table: Table, row: tuple[Any, ...], vocabulary: Vocabulary) -> dict[str, Any]:
    """Return the household of one row of a table, in the shape of ``given``."""
    rows: dict[str, dict[str, Any]] = {"household": {}}
    chain = list(vocabulary.owners(table.per))
    for entity in reversed(chain):
        if entity not in ("place", "household"):
            rows[entity] = {"id": entity}
    lists: dict[str, list[dict[str, Any]] | None] = {}
    for column, cell in zip(table.columns, row, strict=False):
        collection, _, fact = column.partition(".")
        if fact:
            _gather(lists, collection, fact, cell, vocabulary)
        elif column != "on":
            _state(rows.setdefault(vocabulary.facts[column].entity, {}), column, cell, vocabulary)
    given: dict[str, Any] = {name: facts for name, facts in rows.items() if name in ("place", "household")}
    for entity, facts in rows.items():
        collection = vocabulary.entities[entity].collection
        if entity not in ("place", "household") and collection:
            given[collection] = [facts]
    given |= {name: stated for name, stated in lists.items() if stated is not None}
    if lists and "members" not in lists:
        given.setdefault("members", [{"id": "person"}])
    return given


def _gather(lists: dict[str, Any], collection: str, fact: str, cell: Any, vocabulary: Vocabulary) -> None:
    if cell == MISSING:
        lists[collection] = None
        return
    if collection in lists and lists[collection] is None:
        return
    stated = lists.setdefault(collection, [{"id": f"{collection}_{number}"} for number in range(1, len(cell) + 1)])
    assert len(stated) == len(cell), f"the lists of {collection} differ in length"
    for facts, value in zip(stated, cell, strict=True):
        if fact in ("id", "of", "at"):
            facts |= {} if value == MISSING else {fact: value}
        else:
            _state(facts, fact, value, vocabulary)


def _state(facts: dict[str, Any], name: str, cell: Any, vocabulary: Vocabulary) -> None:
    gate = vocabulary.facts[name].gate
    if cell == CLOSED:
        assert gate, f"{name} stands behind no gate"
        facts[gate] = False
    elif cell != MISSING:
        facts[name] = cell
        if gate:
            facts.setdefault(gate, True)


# -- what is expected --------------------------------------------------------------------------------------------
def table_form(entry: Entry, cell: Any) -> Form:
    """Return the answer that a table's last cell stands for."""
    if cell in (MISSING, CLOSED) and isinstance(cell, str):
        return ("unknown",) if cell == MISSING else ("closed",)
    if entry.value_kind != "number":
        return ("met", cell)
    scale = 100 if power_of(entry.unit, "元") > 0 else 1
    low, high = expected_range(cell)
    return ("met", low * scale, None if high is None else high * scale)


def same(expected: Form, found: Form, entry: Entry) -> bool:
    """Tell whether an answer is the expected one; what stands behind a closed gate is 0 as a number and no as a yes/no."""
    if found == ("closed",) and expected != found:
        found = ("met", 0, 0) if entry.value_kind == "number" else ("met", False)
    return expected == found


def case_faults(entry: Entry, expect: Map, found: Form) -> Iterator[str]:
    """Yield what differs between an expectation of a case and a runner's answer.

    Reasons, names of what is needed, tiers and quantities are the reference's own and are held by the casebook.
    """
    status = expect.get("status")
    compared = "amount" in expect or "range" in expect or "value" in expect
    if entry.kind == "definition":
        if status == "unknown" and found != ("unknown",):
            yield f"{found}, expected unknown"
        if "value" in expect and not same(table_form(entry, expect["value"]), found, entry):
            yield f"{found}, expected {expect['value']}"
    else:
        if status not in (None, "lapsed") and found[0] != status:
            yield f"status is {found[0]}, expected {status}"
        wanted = expect.get("amount", expect.get("range"))
        if wanted is not None and _ends(found) != _scaled(entry, wanted):
            yield f"amount is {_ends(found)}, expected {wanted}"
        if status == "met" and "needs" in expect and wanted is None and len(found) == 3 and None not in found and found[1] == found[2]:
            yield f"the sum is known ({found}), expected one that needs {expect['needs']}"
    if not compared and status in (None, "lapsed"):
        yield "the expectation holds nothing that every runner answers: write status, amount, range or value"


def _ends(found: Form) -> tuple[Any, Any]:
    return (Fraction(0), Fraction(0)) if len(found) == 1 else (found[1], found[2])


def _scaled(entry: Entry, wanted: Any) -> tuple[Fraction, Fraction | None]:
    scale = 100 if entry.has_money else 1
    low, high = expected_range(wanted)
    return low * scale, None if high is None else high * scale


# -- the suite ---------------------------------------------------------------------------------------------------
class Suite:
    """The example folder with one definition for each table, loaded once."""

    def __init__(self, tables: list[Table] | None = None) -> None:
        self.tables = read_tables() if tables is None else tables
        with TemporaryDirectory() as folder:
            home = Path(folder) / "policies"
            shutil.copytree(POLICIES, home)
            chapter = {"chapter": "表 | Tables", "entries": [table.entry() for table in self.tables]}
            (home / PLACE / "99-tables.yaml").write_text(_yaml(chapter), encoding="utf-8")
            self.engine = Engine(load_pack(home, PLACE, [(OVERLAY.name, OVERLAY.read_text(encoding="utf-8"))]))

    @cached_property
    def cases(self) -> list[Case]:
        """Return the worked cases of the example folder."""
        faults: list[Fault] = []
        found = read_cases(POLICIES, PLACE, faults)
        assert not faults, faults
        return found

    # -- tables --------------------------------------------------------------------------------------------------
    def table_faults(self, runner: Runner, tables: list[Table] | None = None) -> list[str]:
        """Return every row whose answer is another than the table's, and every declared refusal that does not come."""
        chosen = self.tables if tables is None else tables
        said = [line for table in chosen if runner.gaps in table.refused for line in self._not_refused(runner, table)]
        days: dict[dt.date, list[tuple[Table, tuple[Any, ...]]]] = defaultdict(list)
        for table in chosen:
            for row in table.rows if runner.gaps not in table.refused else ():
                days[table.day(row)].append((table, row))
        for day, rows in days.items():
            said += self._rows_faults(runner, day, rows)
        return said

    def _rows_faults(self, runner: Runner, day: dt.date, rows: list[tuple[Table, tuple[Any, ...]]]) -> Iterator[str]:
        pack = self.engine.pack
        givens = [self._given(table, row) for table, row in rows]
        answers = runner.answers(self.engine, day, "met", frozenset(table.id for table, _ in rows), givens)
        for number, (table, row) in enumerate(rows):
            entry = pack.entries[table.id]
            expected = table_form(entry, row[-1])
            found = answers[number, table.id, table.per]
            if not same(expected, found, entry):
                yield f"{table.file} {table.id} {runner.name}: {list(row[:-1])} gives {shown(found)}, expected {row[-1]}"

    def _not_refused(self, runner: Runner, table: Table) -> Iterator[str]:
        given = self._given(table, table.rows[0])
        feature = self._refusal(runner, table.day(table.rows[0]), "met", frozenset({table.id}), [given])
        if feature != table.refused[runner.gaps]:
            yield f"{table.file} {table.id} {runner.name}: refuses {feature}, declared {table.refused[runner.gaps]}"

    def _refusal(self, runner: Runner, day: dt.date, basis: str, names: frozenset[str], givens: list[Given]) -> str | None:
        try:
            runner.answers(self.engine, day, basis, names, givens)
        except Exception as error:
            feature = runner.refused(error)
            if feature is None:
                raise
            return feature
        return None

    def _given(self, table: Table, row: tuple[Any, ...]) -> Given:
        return read_given(self.engine.pack, given_of(table, row, self.engine.pack.vocabulary), table.file)

    # -- cases ---------------------------------------------------------------------------------------------------
    def case_faults(self, runner: Runner, cases: Iterable[Case] | None = None) -> list[str]:
        """Return every expectation of a case that a runner does not meet, and every declared refusal that does not come."""
        groups: dict[tuple[dt.date, str, str], list[tuple[Case, Given]]] = defaultdict(list)
        for case in self.cases if cases is None else cases:
            given = read_given(self.engine.pack, case.raw["given"], case.file)
            basis = case.raw.get("basis") or ("recorded" if given.record else "met")
            refused = refusals(case).get(runner.gaps, "")
            alone = f"{case.file}:{case.line}" if refused or case.raw.get("with") or case.raw.get("readings") else ""
            groups[case.raw["on"], basis, alone].append((case, given))
        return [line for (day, basis, _), members in groups.items() for line in self._group_faults(runner, day, basis, members)]

    def _group_faults(self, runner: Runner, day: dt.date, basis: str, members: list[tuple[Case, Given]]) -> Iterator[str]:
        names = frozenset(str(row["entry"]) for case, _ in members for row in case.expect)
        givens = [given for _, given in members]
        first = members[0][0]
        with CaseRunner(self.engine).settings(first) as changed:
            kept, self.engine.programs = self.engine.programs, {} if changed else self.engine.programs
            try:
                wanted = refusals(first).get(runner.gaps)
                if wanted is not None:
                    feature = self._refusal(runner, day, basis, names, givens)
                    if feature != wanted:
                        yield f"{first.file}:{first.line} {runner.name}: refuses {feature}, declared {wanted}"
                    return
                answers = runner.answers(self.engine, day, basis, names, givens)
            finally:
                self.engine.programs = kept
        for number, (case, given) in enumerate(members):
            for expect in case.expect:
                entry = self.engine.pack.entries[str(expect["entry"])]
                row = the_row(entry, expect, given)
                for text in case_faults(entry, expect, answers[number, entry.id, row]):
                    yield f"{case.file}:{expect.mark[0]} {entry.id} [{row}] {runner.name}: {text}"

    def words_faults(self) -> list[str]:
        """Return what the casebook itself finds: also reasons, needs, tiers, quantities and lapsed."""
        runner = CaseRunner(self.engine)
        return [f"{case.file}:{case.line} {line}" for case in self.cases for line in runner.run(case)]


def refusals(case: Case) -> dict[str, str]:
    """Return runner → feature that a case declares as not carried out, written ``refused sql: <feature>`` in its note."""
    note = str(case.raw.get("note", ""))
    return {note.split(":")[0].split()[1]: note.split(":", 1)[1].strip()} if note.startswith("refused ") else {}


def the_row(entry: Entry, expect: Map, given: Given) -> str:
    """Return the id of the one row that an expectation means."""
    rows = [row for row in given.rows if row.entity == entry.per]
    owners = {row.id: row.of for row in given.rows}
    if "row" in expect:
        rows = [row for row in rows if row.id == str(expect["row"])]
    if "of" in expect:
        rows = [row for row in rows if str(expect["of"]) in (row.id, row.of, owners.get(row.of or ""))]
    assert len(rows) == 1, f"{entry.id}: {len(rows)} rows fit; name row or of"
    return rows[0].id


def shown(found: Form) -> str:
    """Return an answer for a message."""
    return " ".join(str(part) for part in found)


def turned(table: Table) -> Table:
    """Return a table whose first answer is wrong, to show that the suite notices it."""
    first = table.rows[0]
    return replace(table, rows=((*first[:-1], MISSING if first[-1] != MISSING else CLOSED), *table.rows[1:]))


def _yaml(content: Any) -> str:
    """Return JSON, which is YAML; exact decimals and dates as they are written."""
    return json.dumps(_plain(content), ensure_ascii=False, indent=1)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(child) for key, child in value.items()}
    if isinstance(value, List | list | tuple):
        return [_plain(child) for child in value]
    return value if isinstance(value, bool | int | str) else str(value)
