"""Two results of one ledger held against each other, partition by partition: what changed for whom, and the sums of it.

``line``: one row for each entitlement that changed. ``home``: one row for each household with a line; ``regular`` is what
it has more a year from all that is paid by the month, quarter or year, ``event`` what it has more from what is paid once
or for each claim; sums of different kinds are never added. Fen throughout.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bangfu.rules.population.database import listed, literal

YEARLY = {"month": 12, "quarter": 4, "half_year": 2, "year": 1, "school_year": 1, "policy_year": 1}
"""How often a year each cadence that repeats over the whole year is paid; all else is paid by the event."""
CLASSES = ("gain", "lose", "mixed", "kind_gain", "kind_lose", "kind_mixed", "open", "none")
"""More money, less, more of one and less of another; only benefits in kind more, less, both; only open answers; none."""
SIDES = ("base", "variant")
COLUMNS = "household, street, community, entity, row, owner, entry, kind, status, low_fen, high_fen, share_low, unit, every"


def compare_results(connection: Any, out: Path, parts: list[str]) -> None:
    """Make ``line``, ``home``, ``grp_all`` and ``grp_home`` of two results under ``out``; ``parts`` are their partitions."""
    connection.execute(
        "CREATE TEMP TABLE line (household VARCHAR, street VARCHAR, community VARCHAR, entity VARCHAR, row VARCHAR, owner VARCHAR, entry VARCHAR, kind VARCHAR, "
        "status_before VARCHAR, status_after VARCHAR, low_before BIGINT, high_before BIGINT, low_after BIGINT, high_after BIGINT, every_before VARCHAR, every_after VARCHAR, money BOOLEAN)"
    )
    connection.execute("CREATE TEMP TABLE grp_all (grp VARCHAR, households BIGINT)")
    connection.execute("CREATE TEMP TABLE grp_home (grp VARCHAR, household VARCHAR)")
    for part in parts:
        _part(connection, out, part)
    connection.execute(f"CREATE TEMP TABLE home AS {_homes()}")


def _part(connection: Any, out: Path, part: str) -> None:
    for side in SIDES:
        file = out / side / "entitlements" / f"{part}.parquet"
        source = f"read_parquet({literal(str(file))})" if file.exists() else f"(SELECT * FROM read_parquet({literal(str(_other(out, side) / file.name))}) WHERE false)"
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {side} AS SELECT {COLUMNS} FROM {source}")
    both = ", ".join(f"coalesce(b.{c}, v.{c})" for c in ("household", "street", "community", "entity", "row", "owner", "entry", "kind"))
    same = " OR ".join(f"b.{c} IS DISTINCT FROM v.{c}" for c in ("status", "low_fen", "high_fen", "share_low", "every"))
    connection.execute(
        f"INSERT INTO line SELECT {both}, coalesce(b.status, 'no'), coalesce(v.status, 'no'), b.low_fen, b.high_fen, v.low_fen, v.high_fen, b.every, v.every, "
        f"coalesce(v.unit, b.unit) <> '' FROM base AS b FULL JOIN variant AS v ON b.entity = v.entity AND b.row = v.row AND b.entry = v.entry WHERE {same}"
    )
    held = " UNION ".join(f"SELECT household, entry FROM {side} WHERE kind = 'recognition' AND status = 'yes' AND entity IN ('household', 'person')" for side in SIDES)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE held AS {held}")
    connection.execute("INSERT INTO grp_all SELECT entry, count(*) FROM held GROUP BY entry UNION ALL SELECT '', -count(DISTINCT household) FROM held")
    changed = "(SELECT household FROM line)"
    connection.execute(f"INSERT INTO grp_home SELECT entry, household FROM held WHERE household IN {changed}")
    for side in (*SIDES, "held"):
        connection.execute(f"DROP TABLE {side}")


def _other(out: Path, side: str) -> Path:
    return out / ("variant" if side == "base" else "base") / "entitlements"


# -- households --------------------------------------------------------------------------------------------------
def times_a_year(column: str) -> str:
    """Return the SQL of how often a year a cadence is paid, NULL where it is paid by the event."""
    return f"CASE {column} " + " ".join(f"WHEN {literal(name)} THEN {times}" for name, times in YEARLY.items()) + " END"


def _worth(side: str, end: str, *, regular: bool) -> str:
    """Return the SQL of what a side of a line is worth, 0 where it is not granted or its sum is not known."""
    times = times_a_year(f"every_{side}")
    value = f"coalesce({end}_{side}, low_{side}, 0)"
    test = f"status_{side} = 'yes' AND money AND {times} IS {'NOT ' if regular else ''}NULL"
    return f"CASE WHEN {test} THEN {value}{f' * {times}' if regular else ''} ELSE 0 END"


def _delta(end: str, *, regular: bool) -> str:
    return f"sum({_worth('after', end, regular=regular)} - {_worth('before', end, regular=regular)})::BIGINT"


def _homes() -> str:
    gives = "kind <> 'recognition'"
    more = f"count(*) FILTER ({gives} AND NOT money AND status_after = 'yes' AND status_before <> 'yes')"
    less = f"count(*) FILTER ({gives} AND NOT money AND status_before = 'yes' AND status_after <> 'yes')"
    unsure = f"count(*) FILTER ({gives} AND (status_before = 'undecided' OR status_after = 'undecided' OR (money AND ((status_after = 'yes' AND low_after IS NULL) OR (status_before = 'yes' AND low_before IS NULL)))))"
    sums = (
        f"SELECT household, any_value(street) AS street, any_value(community) AS community, {_delta('low', regular=True)} AS regular, {_delta('high', regular=True)} AS regular_high, "
        f"{_delta('low', regular=False)} AS event, {_delta('high', regular=False)} AS event_high, {more} AS kind_more, {less} AS kind_less, {unsure} AS unsure "
        "FROM line WHERE household IS NOT NULL GROUP BY household"
    )
    up, down = "greatest(regular, regular_high, event, event_high) > 0", "least(regular, regular_high, event, event_high) < 0"
    cases = {f"{up} AND {down}": "mixed", up: "gain", down: "lose", "kind_more > 0 AND kind_less > 0": "kind_mixed", "kind_more > 0": "kind_gain", "kind_less > 0": "kind_lose", "unsure > 0": "open"}
    return f"SELECT *, CASE {' '.join(f'WHEN {test} THEN {literal(name)}' for test, name in cases.items())} ELSE 'none' END AS class FROM ({sums})"


# -- sums --------------------------------------------------------------------------------------------------------
EDGES = (0, 100, 500, 1_000, 2_000, 5_000, 10_000)
"""Bounds of the classes of ``spread``, in 元 a year."""
COUNTED = ", ".join(f"count(*) FILTER (h.class = '{name}') AS {name}" for name in CLASSES[:-1])
MOVED = "coalesce(sum(h.regular), 0)::BIGINT AS regular, coalesce(sum(h.event), 0)::BIGINT AS event"


def rows_of(connection: Any, query: str) -> list[dict[str, Any]]:
    """Return the rows of a query by column name."""
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def classes(connection: Any, households: int) -> dict[str, int]:
    """Return class → households, those without a line among ``none``."""
    found = dict(connection.execute("SELECT class, count(*) FROM home GROUP BY class").fetchall())
    counted = {name: found.get(name, 0) for name in CLASSES}
    counted["none"] = households - sum(counted[name] for name in CLASSES[:-1])
    return counted


def unsure(connection: Any) -> int:
    """Return how many households with more or less money also have answers that are open before or after."""
    return int(connection.execute(f"SELECT count(*) FROM home WHERE unsure > 0 AND class IN ({listed(CLASSES[:3])})").fetchone()[0])


def spread(connection: Any) -> list[dict[str, int | None]]:
    """Return how many households have how much more or less a year: rows (above, to) in 元, None for no bound."""
    fen = [edge * 100 for edge in EDGES]
    size = "CASE " + " ".join(f"WHEN abs(regular) <= {top} THEN {place}" for place, top in enumerate(fen[1:])) + f" ELSE {len(EDGES) - 1} END"
    found = {(sign, place): count for sign, place, count in connection.execute(f"SELECT sign(regular)::INTEGER, {size}, count(*) FROM home WHERE regular <> 0 GROUP BY ALL").fetchall()}
    bounds: list[int | None] = [*EDGES[1:], None]
    pairs = list(zip(EDGES, bounds, strict=True))
    less = [{"above": None if top is None else -top, "to": -low, "households": found.get((-1, place), 0)} for place, (low, top) in enumerate(pairs)]
    more = [{"above": low, "to": top, "households": found.get((1, place), 0)} for place, (low, top) in enumerate(pairs)]
    return [*reversed(less), *more]


def by_area(connection: Any, *, finer: bool) -> list[dict[str, Any]]:
    """Return one row for each street (``finer``: community): households, how many of each class, what they have more."""
    there = {name for (name,) in connection.execute("SELECT column_name FROM duckdb_columns() WHERE database_name = 'stage' AND table_name = 'rows_household'").fetchall()}
    keys = ["street", "community"] if finer else ["street"]
    select = ", ".join(name if name in there else f"NULL::VARCHAR AS {name}" for name in keys)
    named = ", ".join(f"a.{name}" for name in keys)
    joined = " AND ".join(f"a.{name} IS NOT DISTINCT FROM h.{name}" for name in keys)
    areas = f"SELECT {select}, count(*) AS households FROM stage.rows_household WHERE line NOT IN (SELECT hh FROM stage.rejected) GROUP BY ALL"
    return rows_of(connection, f"SELECT {named}, any_value(a.households) AS households, {COUNTED}, {MOVED} FROM ({areas}) AS a LEFT JOIN home AS h ON {joined} GROUP BY {named} ORDER BY {named}")


def by_group(connection: Any, households: int) -> list[dict[str, Any]]:
    """Return one row for each recognition that holds before or after for the household or a member; groups overlap."""
    none = f"SELECT '' AS grp, {households} + coalesce(sum(households), 0) AS households FROM grp_all WHERE grp = ''"
    whole = f"SELECT grp, sum(households) AS households FROM grp_all WHERE grp <> '' GROUP BY grp UNION ALL {none}"
    member = "SELECT grp, household FROM grp_home UNION ALL SELECT '', household FROM home WHERE household NOT IN (SELECT household FROM grp_home)"
    return rows_of(
        connection,
        f"SELECT g.grp AS \"group\", any_value(g.households)::BIGINT AS households, {COUNTED}, {MOVED} FROM ({whole}) AS g "
        f"LEFT JOIN ({member}) AS m ON m.grp = g.grp LEFT JOIN home AS h ON h.household = m.household GROUP BY g.grp ORDER BY abs({MOVED.split(' AS ')[0]}) DESC, g.grp",
    )


def by_entry(connection: Any, out: Path) -> list[dict[str, Any]]:
    """Return one row for each entry and cadence: answers, households and sums before and after."""
    one = "SELECT entry, every, kind, unit, sum(households) FILTER (status = 'yes') AS households, sum(answers) FILTER (status = 'yes') AS answers, sum(answers) FILTER (status <> 'yes') AS undecided, sum(low_fen) FILTER (status = 'yes') AS low, sum(high_fen) FILTER (status = 'yes') AS high, sum(without_sum) FILTER (status = 'yes') AS without_sum, sum(open_above) FILTER (status = 'yes') AS open_above FROM read_parquet({}) GROUP BY ALL"
    sides = [one.format(literal(str(out / side / "totals_by_rule.parquet"))) for side in SIDES]
    numbers = ("households", "answers", "undecided", "low", "high", "without_sum", "open_above")
    pairs = ", ".join(f"coalesce({short}.{name}, 0)::BIGINT AS {name}_{word}" for name in numbers for short, word in (("b", "before"), ("v", "after")))
    key = "b.entry = v.entry AND b.every IS NOT DISTINCT FROM v.every"
    return rows_of(connection, f"SELECT coalesce(b.entry, v.entry) AS entry, coalesce(v.every, b.every) AS every, coalesce(v.kind, b.kind) AS kind, coalesce(v.unit, b.unit) <> '' AS money, {pairs} FROM ({sides[0]}) AS b FULL JOIN ({sides[1]}) AS v ON {key} ORDER BY entry, every")


def most_changed(connection: Any, most: int) -> list[dict[str, Any]]:
    """Return the households whose money changes most, each with its lines."""
    homes = rows_of(connection, f"SELECT household, street, community, regular, event, class FROM home WHERE class IN ({listed(CLASSES[:3])}) ORDER BY greatest(abs(regular), abs(event)) DESC, household LIMIT {int(most)}")
    for home in homes:
        home["lines"] = rows_of(connection, f"SELECT entity, row, owner, entry, kind, status_before, status_after, low_before, high_before, low_after, high_after, every_before, every_after, money FROM line WHERE household = {literal(home['household'])} ORDER BY kind = 'recognition', entry, row")
    return homes


__all__ = ["CLASSES", "YEARLY", "by_area", "by_entry", "by_group", "classes", "compare_results", "most_changed", "rows_of", "spread", "unsure"]
