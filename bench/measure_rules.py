"""The same rules over a city: bangfu's SQL beside exact SQL written by hand and beside OpenFisca-Core's float32.

A thousand made-up households are answered by all three and held against each other row by row; then copies of them make
up BANGFU_BENCH_PEOPLE people (default 1,000,000), and each works out the totals of every rule. Building its input is
left out for all three; OpenFisca's population is built with it, as there is no other way in. Where OpenFisca is not
installed, the two of SQL are compared. BANGFU_BENCH_HOUSEHOLDS (default 1,000) chooses how many are made up.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parent))
import peer  # noqa: E402
from measure_household import ON, for_bangfu, made_up  # noqa: E402
from report import ROOT, Row, keep, verdict  # noqa: E402
from wuchang_rules import COMPARED, FLAGS_HOUSEHOLD, FLAGS_PERSON, HOURS, IN_FEN, MONEY, MONEY_PERSON, OWN, TEXTS  # noqa: E402

from bangfu.rules.engine import Engine  # noqa: E402
from bangfu.rules.household import read_given, to_marked  # noqa: E402
from bangfu.rules.pack.load import load_pack  # noqa: E402
from bangfu.rules.population.held import Held, Task  # noqa: E402
from bangfu.rules.runners.sql.back_ends import load  # noqa: E402
from bangfu.rules.runners.sql.dialects import DUCKDB_CONFIG  # noqa: E402
from bangfu.rules.runners.sql.measure import measure  # noqa: E402
from bangfu.rules.runners.sql.program import SqlProgram  # noqa: E402

PEOPLE = int(os.environ.get("BANGFU_BENCH_PEOPLE", "1000000"))
HOUSEHOLDS = int(os.environ.get("BANGFU_BENCH_HOUSEHOLDS", "1000"))
ROUNDS, STEP = 3, 10**7
PERSON_NUMBERS = ("disability_level", "tuition_charged", "self_paid_medical_year", "age", "resident_years")


def households() -> list[dict[str, Any]]:
    """Return made-up households whose sums have fen, as bills do."""
    found = []
    for seed in range(HOUSEHOLDS):
        plain, dice = made_up(seed), random.Random(-seed)
        for person in plain["members"]:
            for name in IN_FEN:
                if person[name]:
                    person[name] = Fraction(person[name] * 100 + dice.randrange(-99_999, 100_000), 100)
            if not person["resident_here"]:
                person["resident_years"] = 0
        found.append(plain)
    return found


def plain_columns(homes: list[dict[str, Any]]) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """Return (person, household) columns as OpenFisca and the SQL by hand read them; money in fen."""
    people: dict[str, list[Any]] = {name: [] for name in ("id", "hid", *PERSON_NUMBERS, *TEXTS, *FLAGS_PERSON)}
    own: dict[str, list[Any]] = {name: [] for name in ("id", "own_work_years", *FLAGS_HOUSEHOLD)}
    for place, plain in enumerate(homes):
        for name in own:
            own[name].append(place if name == "id" else plain["household"][name])
        for person in plain["members"]:
            for name in people:
                value = len(people["id"]) if name == "id" else place if name == "hid" else person[name]
                people[name].append(int(value * 100) if name in IN_FEN else value)
    return people, own


# -- by hand -----------------------------------------------------------------------------------------------------
def connect() -> Any:
    """Return a DuckDB with two threads, set up as bangfu's own."""
    return duckdb.connect(":memory:", config={**DUCKDB_CONFIG, "threads": 2})


def by_hand(people: dict[str, list[Any]], own: dict[str, list[Any]], copies: int) -> Any:
    """Return a connection that holds the plain tables, copied."""
    import pyarrow as pa

    connection = connect()
    for name, columns, links in (("person", people, ("id", "hid")), ("household", own, ("id",))):
        connection.register("loading", pa.table(columns))
        moved = ", ".join(f"{link} + k * {STEP} AS {link}" for link in links)
        connection.execute(f"CREATE TABLE {name} AS SELECT * REPLACE ({moved}) FROM loading, range({copies}) AS r(k)")
        connection.unregister("loading")
    return connection


def hand_totals(connection: Any) -> dict[str, int]:
    """Work every rule out by hand and return count or sum of each."""
    connection.execute((ROOT / "bench" / "hand_wuchang.sql").read_text(encoding="utf-8"))
    found: dict[str, int] = {}
    for table in ("p2", "h1"):
        columns = {name: kind for name, kind, *_ in connection.execute(f"DESCRIBE {table}").fetchall()}
        names = [name for name in COMPARED if OWN[name] in columns]
        sums = ", ".join(f"count(*) FILTER ({OWN[n]})" if columns[OWN[n]] == "BOOLEAN" else f"sum({OWN[n]})" for n in names)
        found |= dict(zip(names, map(int, connection.execute(f"SELECT {sums} FROM {table}").fetchone()), strict=True))
    return found


# -- bangfu ------------------------------------------------------------------------------------------------------
def ours(engine: Engine, homes: list[dict[str, Any]], copies: int) -> tuple[Any, SqlProgram]:
    """Return a connection that holds bangfu's input tables, copied, and the program compiled for them."""
    names = frozenset(OWN.values())
    program = SqlProgram(engine, ON, "met", only=names)
    givens = [read_given(engine.pack, to_marked(for_bangfu(plain), "bench")) for plain in homes]
    connection = connect()
    for table in program.tables(givens):
        name, columns = table
        load(connection, table, program.stages.columns.kinds[name])
        moved = ", ".join(f'"{link}" + k * {STEP} AS "{link}"' for link in ("id", "up", "at", "owner") if link in columns and name != "runs")
        if moved:
            connection.execute(f'CREATE OR REPLACE TABLE "{name}" AS SELECT * EXCLUDE (k) REPLACE ({moved}) FROM "{name}", range({copies}) AS r(k)')
    known = measure(connection, program.inputs, engine.pack.vocabulary)
    return connection, SqlProgram(engine, ON, "met", only=names, known=known)


def our_totals(connection: Any, program: SqlProgram) -> dict[str, int]:
    """Carry the program out and return count or sum of each rule."""
    tasks = [Task(name, select, program.reads[name]) for name, select in program.statements()]
    found: dict[str, int] = {}
    by_table: dict[str, list[str]] = {}
    for name in COMPARED:
        by_table.setdefault(program.results[OWN[name]].table, []).append(name)
    for table, names in by_table.items():
        sums = ", ".join(f"{our_sum(program, name)} AS {name}" for name in names)
        tasks.append(Task(f"sums of {table}", f'SELECT {sums} FROM "{table}"', frozenset([table])))
    held = Held(connection, program.scanned, 2)
    held.make(tasks)
    for table, names in by_table.items():
        found |= dict(zip(names, map(int, connection.execute(f'SELECT * FROM "sums of {table}"').fetchone()), strict=True))
    held.drop()
    return found


def our_sum(program: SqlProgram, name: str) -> str:
    """Return the SQL of the count or sum of one rule."""
    result = program.results[OWN[name]]
    if result.fixed == "not_met":
        return "0"
    amount = result.amount
    if result.entry.kind == "definition":
        assert amount is not None
        return f'count(*) FILTER ("{amount.low}")'
    if amount is None or not result.entry.has_money or name in HOURS:
        return f'count(*) FILTER ("{result.status}")'
    return f'coalesce(sum("{amount.low}") FILTER ("{result.status}"), 0) // {amount.den if isinstance(amount.den, int) else 1}'


# -- the comparison ----------------------------------------------------------------------------------------------
def exact_rows(connection: Any) -> dict[str, list[int]]:
    """Return each rule's fen, row by row, as the SQL by hand has them."""
    found = {}
    for name in MONEY:
        table = "p2" if name in MONEY_PERSON else "h1"
        found[name] = [value for (value,) in connection.execute(f"SELECT {OWN[name]} FROM {table} ORDER BY id").fetchall()]
    return found


def check(hand: dict[str, int], own: dict[str, int]) -> None:
    """Stop unless the SQL by hand and bangfu agree, to the fen."""
    for name in COMPARED:
        if hand[name] != own[name]:
            raise SystemExit(f"{name}: by hand {hand[name]}, bangfu {own[name]}")


def spent(work: Callable[[], Any]) -> tuple[float, float]:
    """Return the medians of wall and CPU seconds of some calls."""
    found = []
    for _ in range(ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        found.append((time.perf_counter() - wall, time.process_time() - cpu))
    return statistics.median(f[0] for f in found), statistics.median(f[1] for f in found)


def figure(found: tuple[float, float]) -> str:
    """Return wall and CPU seconds."""
    return f"{found[0]:.2f} s ({found[1]:.2f} s CPU)"


class Beside:
    """OpenFisca over the same population: held against the exact fen first, then measured."""

    def __init__(self, people: dict[str, list[Any]], own: dict[str, list[Any]]) -> None:
        import openfisca_runs

        self.runs, self.system, self.people, self.own = openfisca_runs, openfisca_runs.Wuchang(), people, own

    def check(self, hand: dict[str, int], copies: int) -> Callable[[], dict[str, Any]]:
        """Return its work over some copies; stop unless it agrees but for float32's own error."""
        inputs = self.runs.arrays(self.people, self.own, copies)
        theirs = self.runs.population(self.system, inputs)
        for name in COMPARED:
            total = Decimal(self.runs.total(theirs[name])) / HOURS.get(name, 1) * (100 if name in MONEY else 1)
            if abs(total - hand[name]) > max(1, Decimal(hand[name]) / 100_000):
                raise SystemExit(f"{name}: by hand {hand[name]}, OpenFisca {total}")
        return lambda: self.runs.population(self.system, inputs)

    def rows(self, rules: str, small: Any, large: dict[str, int], copies: int, mine: tuple[float, float]) -> list[Row]:
        """Return what was measured; ``small`` is the connection of the SQL by hand over one copy."""
        theirs = self.check(hand_totals(small), 1)()
        wrong, sums = self.runs.wrong_fen(exact_rows(small), theirs)
        other = spent(self.check(large, copies))
        return [
            Row(f"{rules}: OpenFisca-Core float32, population built", figure(other)),
            Row("OpenFisca to bangfu", f"{other[0] / mine[0]:.1f} × ({other[1] / mine[1]:.1f} × CPU)", "ahead", "met" if other[1] >= mine[1] else "missed"),
            Row("sums of money that float32 gets wrong by a fen or more", f"{wrong} of {sums}", note="bangfu 0, checked against the SQL by hand"),
        ]


def main() -> None:
    """Compare, then measure."""
    homes = households()
    people, own = plain_columns(homes)
    engine = Engine(load_pack(ROOT / "policies", "wuchang"))
    small, small_hand = ours(engine, homes, 1), by_hand(people, own, 1)
    check(hand_totals(small_hand), our_totals(*small))

    copies = max(1, round(PEOPLE / len(people["id"])))
    hand, (connection, program) = by_hand(people, own, copies), ours(engine, homes, copies)
    totals = hand_totals(hand)
    check(totals, our_totals(connection, program))
    by, mine = spent(lambda: hand_totals(hand)), spent(lambda: our_totals(connection, program))

    rules = f"{len(COMPARED)} rules, {copies * len(people['id']):,} people"
    agree, within = ("all three agree", ", OpenFisca within float32") if peer.THERE else ("bangfu and the SQL by hand agree", "")
    rows = [
        Row(f"{rules}: same answers first", agree, note=f"counts and hours exactly, by hand and bangfu to the fen{within}"),
        Row(f"{rules}: exact SQL by hand", figure(by), note="ages and years worked out beforehand, no unknown"),
        Row(f"{rules}: bangfu", figure(mine), note="ages from dates; works out dibao, tekun and the other groups too, which the SQL by hand and OpenFisca are given"),
        Row("bangfu to SQL by hand", f"{mine[0] / by[0]:.1f} × ({mine[1] / by[1]:.1f} × CPU)", "2 ×", verdict(mine[1] / by[1], 2)),
    ]
    rows += Beside(people, own).rows(rules, small_hand, totals, copies, mine) if peer.THERE else [Row("OpenFisca to bangfu", "not measured", note=peer.LACKING)]
    keep("rules", f"BANGFU_BENCH_PEOPLE={PEOPLE} bench/run.sh rules", rows)


if __name__ == "__main__":
    main()
