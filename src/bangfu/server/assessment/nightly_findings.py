"""What a night finds: the answers of the whole register held against who receives what.

``received.parquet``: who is on record as receiving what. An answer that is open matters for these alone: it is no end of
what is held. ``findings.parquet``: who qualifies and does not
receive, who receives and no longer qualifies. ``totals.parquet``: how many each rule reaches, by community.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

from bangfu.rules.assess import Answer, assess
from bangfu.rules.engine import Engine
from bangfu.rules.errors import HouseholdError
from bangfu.rules.pack.model import Entry
from bangfu.rules.population.answers import GIVEN
from bangfu.rules.population.database import literal
from bangfu.rules.runners.sql.dialects import DUCKDB_CONFIG
from bangfu.server.assessment.models import Finding
from bangfu.server.assessment.reading import given_of
from bangfu.server.registry.models import Household

RECEIVED = "received.parquet"
PERSONAL = ("recognition", "cash", "waiver", "insurance")
"""What is granted to somebody by name, so that the record tells who receives it; services and goods are only counted."""
FRESH_DAYS = {"month": 62, "quarter": 186, "half_year": 372, "year": 366, "policy_year": 366, "school_year": 366, "term": 186}
"""How long a payment shows that a help of a cadence is received; of anything else one payment ever does."""
MOST_BY_HAND = 2_000
"""Households that the tables cannot carry are answered one by one, up to so many."""
_ANSWERS = "household VARCHAR, entity VARCHAR, row VARCHAR, owner VARCHAR, entry VARCHAR, met BOOLEAN, in_force BOOLEAN, low BIGINT, high BIGINT"


def find(engine: Engine, day: dt.date, ledger: Path, result: Path, out: Path) -> list[dict[str, Any]]:
    """Write findings and totals of a finished run over a register's tables; return the households that nobody could answer for."""
    with _opened(engine) as connection:
        connection.execute(f"CREATE TABLE answered ({_ANSWERS})")
        connection.execute(
            "INSERT INTO answered SELECT household, entity, row, owner, entry, status = 'yes', in_force, low_fen, high_fen "
            f"FROM read_parquet({literal(str(result / 'entitlements' / '*.parquet'))}) WHERE household IS NOT NULL"
        )
        left_out = _by_hand(connection, engine, day, result)
        connection.execute(f"CREATE VIEW received AS SELECT * FROM read_parquet({literal(str(out / RECEIVED))})")
        for name, query in (("findings", _findings(ledger)), ("totals", _totals(ledger))):
            connection.execute(f"COPY ({query}) TO {literal(str(out / f'{name}.parquet'))} (FORMAT parquet)")
    return left_out


def write_received(engine: Engine, day: dt.date, ledger: Path, out: Path) -> None:
    """Write who receives what on a day, as a register's tables tell: row, entry, ``held`` (for the time being; else a payment shows it)."""
    with _opened(engine) as connection:
        connection.execute(f"COPY ({_received(connection, engine, day, ledger)}) TO {literal(str(out))} (FORMAT parquet)")


@contextmanager
def _opened(engine: Engine) -> Iterator[Any]:
    """Yield a connection to DuckDB with ``entries``: what may be received by somebody, and for how long a payment shows it."""
    import duckdb

    loose = {name: value for name, value in DUCKDB_CONFIG.items() if name != "enable_external_access"}
    listed = [
        (e.id, e.per, e.kind in PERSONAL, FRESH_DAYS.get(e.every or "")) for e in engine.pack.entries.values()
        if e.kind in GIVEN and e.per not in (None, "place", "organisation")
    ]  # fmt: skip
    with duckdb.connect(config={**loose, "memory_limit": "1GB", "threads": 2}) as connection:
        connection.execute("CREATE TABLE entries (entry VARCHAR, per VARCHAR, personal BOOLEAN, fresh INTEGER)")
        connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?)", listed)
        yield connection


# -- households that the tables cannot carry ------------------------------------------------------------------------
def _by_hand(connection: Any, engine: Engine, day: dt.date, result: Path) -> list[dict[str, Any]]:
    """Answer what the ledger's reader refused by the reference, which reads a household as its page does; return what neither can."""
    rejects = literal(str(result / "rejects.parquet"))
    said = connection.execute(f"SELECT household, min(reason_zh) FROM read_parquet({rejects}) WHERE household IS NOT NULL GROUP BY household ORDER BY household").fetchall()
    reasons = {int(name[1:]): reason for name, reason in said}
    left_out: list[dict[str, Any]] = [{"household": pk, "reason": reason} for pk, reason in list(reasons.items())[MOST_BY_HAND:]]
    for household in Household.objects.filter(pk__in=list(reasons)[:MOST_BY_HAND]).order_by("pk"):
        try:
            given = given_of(household, engine)
        except HouseholdError as error:
            left_out.append({"household": household.pk, "reason": error.text("zh").splitlines()[-1]})
            continue
        rows = list(_rows(engine, household.pk, assess(engine, given, day, basis="met", reasons=False).answers))
        if rows:
            connection.executemany("INSERT INTO answered VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    connection.execute("CREATE TABLE unanswered (household VARCHAR)")
    if left_out:
        connection.executemany("INSERT INTO unanswered VALUES (?)", [[f"H{each['household']}"] for each in left_out])
    return left_out


def _rows(engine: Engine, pk: int, answers: Iterable[Answer]) -> Iterator[tuple[Any, ...]]:
    for answer in answers:
        entry = engine.pack.entries[answer.entry]
        if answer.computed == "not_met" or answer.kind not in GIVEN or entry.per in ("place", "organisation"):
            continue
        low, high = _fen(answer, entry)
        yield f"H{pk}", answer.entity, answer.row, answer.owner, answer.entry, answer.computed == "met", answer.status != "lapsed", low, high


def _fen(answer: Answer, entry: Entry) -> tuple[int | None, int | None]:
    if answer.amount is None or not entry.has_money:
        return None, None
    low, high = answer.amount.low, answer.amount.high
    return int(Fraction(low) * 100), None if high is None else int(Fraction(high) * 100)


# -- who receives --------------------------------------------------------------------------------------------------
def _received(connection: Any, engine: Engine, day: dt.date, ledger: Path) -> str:
    """Return the query of what is received."""
    on = f"DATE '{day}'"
    target = "CASE WHEN e.per = 'person' THEN r.of WHEN e.per = 'household' THEN coalesce(p.of, r.of) ELSE r.claim END"
    dates = {name: f'TRY_CAST(r."{name}" AS DATE)' for name in ("from", "until", "paid_on")}
    held = f"{dates['from']} <= {on} AND ({dates['until']} IS NULL OR {dates['until']} >= {on})"
    paid = f"{dates['paid_on']} <= {on} AND (e.fresh IS NULL OR {dates['paid_on']} >= {on} - e.fresh)"
    record = (
        f"SELECT {target} AS row, r.entry, coalesce({held}, false) AS held FROM read_parquet({literal(str(ledger / 'record.parquet'))}) AS r "
        f"JOIN entries AS e ON e.entry = r.entry LEFT JOIN {_table(ledger, 'person')} AS p ON p.id = r.of WHERE ({held}) OR ({paid})"
    )
    stated = [part for entity in ("household", "person") for part in _stated(connection, engine, ledger, entity)]
    everything = " UNION ALL ".join([record, *stated])
    return f"SELECT row, entry, bool_or(held) AS held FROM ({everything}) WHERE row IS NOT NULL GROUP BY row, entry"


def _stated(connection: Any, engine: Engine, ledger: Path, entity: str) -> Iterator[str]:
    """Yield what is stated as decided: a recognition that somebody entered as yes."""
    there = [column for (column, *_) in connection.execute(f"DESCRIBE SELECT * FROM {_table(ledger, entity)}").fetchall()]
    for name in there:
        entry = engine.pack.entries.get(name)
        if entry is not None and entry.kind == "recognition":
            yield f"SELECT id AS row, {literal(name)} AS entry, true AS held FROM {_table(ledger, entity)} WHERE \"{name}\" = 'true'"


def _table(ledger: Path, name: str) -> str:
    return f"read_parquet({literal(str(ledger / f'{name}.parquet'))})"


# -- findings and totals ---------------------------------------------------------------------------------------------
def _findings(ledger: Path) -> str:
    homes = f"(SELECT id, community::BIGINT AS area FROM {_table(ledger, 'household')} WHERE id NOT IN (SELECT household FROM unanswered))"
    owners = f"(SELECT id, of AS household FROM {_table(ledger, 'person')} UNION ALL SELECT id, id FROM {_table(ledger, 'household')})"
    person = "CASE WHEN {0} LIKE 'P%' THEN {0}[2:]::BIGINT END"
    missed = (
        f"SELECT a.household, {person.format('a.owner')} AS person, h.area, a.entry, a.row, {literal(Finding.MISSED)} AS finding, a.low, a.high "
        f"FROM answered AS a JOIN {homes} AS h ON h.id = a.household JOIN entries AS e ON e.entry = a.entry AND e.personal "
        "ANTI JOIN received AS r ON r.row = a.row AND r.entry = a.entry WHERE a.met AND a.in_force"
    )
    ended = (
        f"SELECT o.household, {person.format('r.row')} AS person, h.area, r.entry, r.row, {literal(Finding.ENDED)} AS finding, NULL::BIGINT AS low, NULL::BIGINT AS high "
        f"FROM received AS r JOIN entries AS e ON e.entry = r.entry AND e.personal JOIN {owners} AS o ON o.id = r.row JOIN {homes} AS h ON h.id = o.household "
        "ANTI JOIN answered AS a ON a.row = r.row AND a.entry = r.entry WHERE r.held"
    )
    return f"SELECT household[2:]::BIGINT AS household, * EXCLUDE (household) FROM ({missed} UNION ALL {ended}) ORDER BY household, entry, row, finding"


def _totals(ledger: Path) -> str:
    sums = "sum(a.low)::BIGINT AS low, CASE WHEN bool_and(a.low IS NULL OR a.high IS NOT NULL) THEN sum(a.high)::BIGINT END AS high"
    return (
        f"SELECT h.community::BIGINT AS area, a.entry, count(*) AS answers, count(DISTINCT a.household) AS households, count(r.row) AS received, {sums} "
        f"FROM answered AS a JOIN {_table(ledger, 'household')} AS h ON h.id = a.household LEFT JOIN received AS r ON r.row = a.row AND r.entry = a.entry "
        "WHERE a.met GROUP BY ALL ORDER BY area, entry"
    )
