"""The same rules over a city: bangfu's SQL beside exact SQL written by hand and beside OpenFisca-Core's float32.

A thousand made-up households are answered by all three and held against each other row by row; then copies of them make
up BANGFU_BENCH_PEOPLE people (default 1,000,000), and each works out the totals of every rule. Building its input is
left out for all three; OpenFisca's population is built with it, as there is no other way in.
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
import numpy
from openfisca_core.simulation_builder import SimulationBuilder

sys.path.insert(0, str(Path(__file__).resolve().parent))
from measure_household import ON, for_bangfu, made_up  # noqa: E402
from openfisca_wuchang import COMPARED, FLAGS_HOUSEHOLD, FLAGS_PERSON, RULES, TEXTS, Person, Wuchang  # noqa: E402
from report import ROOT, Row, keep, verdict  # noqa: E402

from bangfu.rules.engine import Engine  # noqa: E402
from bangfu.rules.household import read_given, to_marked  # noqa: E402
from bangfu.rules.pack.load import load_pack  # noqa: E402
from bangfu.rules.runners.sql.back_ends import load  # noqa: E402
from bangfu.rules.runners.sql.dialects import DUCKDB_CONFIG  # noqa: E402
from bangfu.rules.runners.sql.measure import measure  # noqa: E402
from bangfu.rules.runners.sql.program import SqlProgram  # noqa: E402

PEOPLE = int(os.environ.get("BANGFU_BENCH_PEOPLE", "1000000"))
HOUSEHOLDS, ROUNDS, STEP, PERIOD = 1000, 3, 10**7, "2023-06"
HOURS = {"home_hours_household": 470, "home_hours_person": 365}
PERSON_NUMBERS = ("disability_level", "tuition_charged", "self_paid_medical_year", "age", "resident_years")
IN_FEN = ("tuition_charged", "self_paid_medical_year")
OWN = {name: "fixed_relief" if name == "fixed_relief_due" else name for name in COMPARED}


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
    for name, select in program.statements():
        connection.execute(f'CREATE OR REPLACE TABLE "{name}" AS {select}')
    found: dict[str, int] = {}
    by_table: dict[str, list[str]] = {}
    for name in COMPARED:
        by_table.setdefault(program.results[OWN[name]].table, []).append(name)
    for table, names in by_table.items():
        sums = ", ".join(our_sum(program, name) for name in names)
        found |= dict(zip(names, map(int, connection.execute(f'SELECT {sums} FROM "{table}"').fetchone()), strict=True))
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


# -- OpenFisca ---------------------------------------------------------------------------------------------------
def arrays(people: dict[str, list[Any]], own: dict[str, list[Any]], copies: int) -> dict[str, Any]:
    """Return OpenFisca's inputs, copied: money in 元, links of people to households."""
    found = {name: numpy.tile(numpy.array(values, dtype=object if name in TEXTS else None), copies) for name, values in {**own, **people}.items() if name not in ("id", "hid")}
    found |= {name: found[name] / 100 for name in IN_FEN}
    found |= {name: found[name].astype(str) for name in TEXTS}
    found["hid"] = numpy.concatenate([numpy.array(people["hid"]) + k * HOUSEHOLDS for k in range(copies)])
    return found


def openfisca(system: Wuchang, inputs: dict[str, Any]) -> dict[str, Any]:
    """Build the population and return every rule's array."""
    builder = SimulationBuilder()
    builder.create_entities(system)
    count, homes = len(inputs["hid"]), len(inputs["own_work_years"])
    builder.declare_person_entity("person", numpy.arange(count))
    household = builder.declare_entity("household", numpy.arange(homes))
    builder.join_with_persons(household, inputs["hid"], roles=numpy.repeat("member", count))
    simulation = builder.build(system)
    for name, values in inputs.items():
        if name != "hid":
            simulation.set_input(name, PERIOD, values)
    return {name: simulation.calculate(name, PERIOD) for name in COMPARED}


# -- the comparison ----------------------------------------------------------------------------------------------
def money(name: str) -> bool:
    """Tell whether a rule is a sum of money."""
    return RULES[name][1] is float and name not in HOURS


def exact_rows(connection: Any, name: str) -> Any:
    """Return a rule's fen, row by row, as the SQL by hand has them."""
    table = "p2" if RULES[name][0] is Person else "h1"
    return numpy.array([value for (value,) in connection.execute(f"SELECT {OWN[name]} FROM {table} ORDER BY id").fetchall()])


def wrong_fen(connection: Any, theirs: dict[str, Any]) -> tuple[int, int]:
    """Return how many of OpenFisca's sums of money are not the exact fen once rounded half up, and how many there are."""
    wrong = count = 0
    for name in filter(money, COMPARED):
        exact, found = exact_rows(connection, name), theirs[name].astype(numpy.float64)
        rounded = numpy.floor(found * 100 + 0.5).astype(numpy.int64)
        wrong, count = wrong + int((rounded != exact).sum()), count + int((exact > 0).sum())
    return wrong, count


def check(hand: dict[str, int], own: dict[str, int], theirs: dict[str, Any]) -> None:
    """Stop unless all three agree: counts and hours exactly, OpenFisca's sums but for float32's own error."""
    for name in COMPARED:
        if hand[name] != own[name]:
            raise SystemExit(f"{name}: by hand {hand[name]}, bangfu {own[name]}")
        total = Decimal(float(theirs[name].astype(numpy.float64).sum())) / HOURS.get(name, 1) * (100 if money(name) else 1)
        if abs(total - hand[name]) > max(1, Decimal(hand[name]) / 100_000):
            raise SystemExit(f"{name}: by hand {hand[name]}, OpenFisca {total}")


def spent(work: Callable[[], Any]) -> tuple[float, float]:
    """Return the medians of wall and CPU seconds of some calls."""
    found = []
    for _ in range(ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        found.append((time.perf_counter() - wall, time.process_time() - cpu))
    return statistics.median(f[0] for f in found), statistics.median(f[1] for f in found)


def main() -> None:
    """Compare, then measure."""
    homes = households()
    people, own = plain_columns(homes)
    engine, system = Engine(load_pack(ROOT / "policies", "wuchang")), Wuchang()
    small, small_hand = ours(engine, homes, 1), by_hand(people, own, 1)
    theirs = openfisca(system, arrays(people, own, 1))
    check(hand_totals(small_hand), our_totals(*small), theirs)
    wrong, sums = wrong_fen(small_hand, theirs)

    copies = max(1, round(PEOPLE / len(people["id"])))
    count = copies * len(people["id"])
    hand, (connection, program), inputs = by_hand(people, own, copies), ours(engine, homes, copies), arrays(people, own, copies)
    check(hand_totals(hand), our_totals(connection, program), openfisca(system, inputs))
    by, mine, other = spent(lambda: hand_totals(hand)), spent(lambda: our_totals(connection, program)), spent(lambda: openfisca(system, inputs))

    def figure(found: tuple[float, float]) -> str:
        return f"{found[0]:.2f} s ({found[1]:.2f} s CPU)"

    rules = f"{len(COMPARED)} rules, {count:,} people"
    keep("rules", f"BANGFU_BENCH_PEOPLE={PEOPLE} bench/run.sh rules", [
        Row(f"{rules}: same answers first", "all three agree", note="counts and hours exactly, by hand and bangfu to the fen, OpenFisca within float32"),
        Row(f"{rules}: exact SQL by hand", figure(by), note="ages and years worked out beforehand, no unknown"),
        Row(f"{rules}: bangfu", figure(mine), note="ages from dates; works out dibao, tekun and the other groups too, which the SQL by hand and OpenFisca are given"),
        Row("bangfu to SQL by hand", f"{mine[0] / by[0]:.1f} × ({mine[1] / by[1]:.1f} × CPU)", "2 ×", verdict(mine[1] / by[1], 2)),
        Row(f"{rules}: OpenFisca-Core float32, population built", figure(other)),
        Row("OpenFisca to bangfu", f"{other[0] / mine[0]:.1f} × ({other[1] / mine[1]:.1f} × CPU)", "ahead", "met" if other[1] >= mine[1] else "missed"),
        Row("sums of money that float32 gets wrong by a fen or more", f"{wrong} of {sums}", note="bangfu 0, checked against the SQL by hand"),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
