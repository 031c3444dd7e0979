"""The files of a result: totals, the data-collection plan, rejected rows, a summary to read."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from typing import Any

from bangfu.rules.engine import Engine
from bangfu.rules.needs import need_label
from bangfu.rules.pack.model import Pack
from bangfu.rules.population.columns import LedgerPlan
from bangfu.rules.population.database import literal
from bangfu.rules.population.folder import OutFolder, write_whole
from bangfu.rules.population.ledger import RECORD
from bangfu.rules.population.partition import MILLION, SUMMED, TOTALS, entry_facts
from bangfu.rules.population.reasons import REASONS, hints
from bangfu.rules.population.summary import write_summaries


def write_results(engine: Engine, connection: Any, folder: OutFolder, plan: LedgerPlan, share: int, *, totals: bool = True) -> dict[str, Any]:
    """Write every file but the manifest and return what the manifest says of them; without ``totals`` none of them and no summary."""
    _labels(engine, connection)
    for name in ("rule", *TOTALS) if totals else ():
        _table(connection, folder, f"totals_by_{name}", _totals(name))
    _table(connection, folder, "data_plan", _plan(engine, connection, plan, share))
    _table(connection, folder, "rejects", _rejects(connection, plan, engine.pack))
    said = _said(engine, connection, plan)
    if totals:
        said["counts"] |= _decided(connection)
        write_summaries(engine, connection, folder, said, share)
    return said


def _table(connection: Any, folder: OutFolder, name: str, query: str) -> None:
    """Write one table as Parquet, for programs, and as CSV that Excel opens with its Chinese whole."""
    beside = folder.work / f"{name}.parquet"
    connection.execute(f"COPY ({query}) TO {literal(str(beside))} (FORMAT parquet, COMPRESSION zstd)")
    beside.replace(folder.path / f"{name}.parquet")
    cursor = connection.execute(query)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column[0] for column in cursor.description])
    while rows := cursor.fetchmany(10_000):
        writer.writerows([_cell(value) for value in row] for row in rows)
    write_whole(folder.path / f"{name}.csv", text.getvalue(), "utf-8-sig")


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    # A text that a spreadsheet would take for a formula is shown as the text it is.
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value


def _labels(engine: Engine, connection: Any) -> None:
    connection.execute("CREATE OR REPLACE TEMP TABLE labels (entry VARCHAR, kind VARCHAR, label_zh VARCHAR, label_en VARCHAR, unit VARCHAR, every VARCHAR, place INTEGER)")
    there = {name for (name,) in connection.execute("SELECT DISTINCT entry FROM stage.totals_rule UNION SELECT DISTINCT entry FROM stage.open UNION SELECT DISTINCT grp FROM stage.totals_group").fetchall()}
    listed = [
        (e.id, e.kind, e.label.zh, e.label.en, *entry_facts(engine, e)[:2], place)
        for place, e in enumerate(engine.pack.entries.values()) if e.id in there
    ]  # fmt: skip
    if listed:
        connection.executemany("INSERT INTO labels VALUES (?, ?, ?, ?, ?, ?, ?)", listed)


def _totals(name: str) -> str:
    keys = {"rule": "", "street": "t.street, ", "group": "t.grp AS \"group\", any_value(gl.label_zh) AS group_zh, any_value(gl.label_en) AS group_en, "}[name]
    group = {"rule": "", "street": "t.street, ", "group": "t.grp, "}[name]
    join = " LEFT JOIN labels AS gl ON gl.entry = t.grp" if name == "group" else ""
    sums = ", ".join(f"sum(t.{column})::BIGINT AS {column}" for column in SUMMED if name != "group" or column != "households")
    return (
        f"SELECT {keys}t.entry, l.kind, l.label_zh, l.label_en, CASE WHEN t.status THEN 'yes' ELSE 'undecided' END AS status, t.in_force, "
        f"{sums}, l.unit, l.every FROM stage.totals_{name} AS t JOIN labels AS l ON l.entry = t.entry{join} "
        f"GROUP BY {group}t.entry, l.kind, l.label_zh, l.label_en, t.status, t.in_force, l.unit, l.every, l.place "
        f"ORDER BY {group}l.place, t.status DESC NULLS LAST, t.in_force DESC"
    )


# -- the plan ----------------------------------------------------------------------------------------------------
def _plan(engine: Engine, connection: Any, plan: LedgerPlan, share: int) -> str:
    """Return the query of the data-collection plan: what is missing, the most held-up answers first."""
    connection.execute("CREATE OR REPLACE TEMP TABLE wanted (need VARCHAR, what VARCHAR, label_zh VARCHAR, label_en VARCHAR, given_by VARCHAR, table_name VARCHAR, no_column BOOLEAN)")
    needs = [need for (need,) in connection.execute("SELECT DISTINCT need FROM stage.open ORDER BY need").fetchall()]
    rows = [(n, *need_kind(engine.pack, n), n in plan.missing) for n in needs]
    if rows:
        connection.executemany("INSERT INTO wanted VALUES (?, ?, ?, ?, ?, ?, ?)", [(n, kind, need_label(engine.pack, n, "zh"), need_label(engine.pack, n, "en"), by, of, no) for n, kind, by, of, no in rows])
    estimate = f"({{}} * {MILLION} + {share // 2}) // {share}"
    return (
        "SELECT o.need, w.what, w.label_zh, w.label_en, w.given_by, w.table_name AS \"table\", w.no_column, l.every, "
        "count(DISTINCT o.entry) AS entries, count(DISTINCT o.hh) AS households, sum(o.answers)::BIGINT AS answers, "
        "coalesce(sum(o.answers) FILTER (o.undecided), 0)::BIGINT AS undecided, sum(o.low)::BIGINT AS low_fen, sum(o.high)::BIGINT AS high_fen, "
        "coalesce(sum(o.answers) FILTER (o.high IS NULL), 0)::BIGINT AS without_sum, "
        f"{estimate.format('count(DISTINCT o.hh)')}::BIGINT AS households_estimated, {estimate.format('sum(o.answers)')}::BIGINT AS answers_estimated "
        "FROM stage.open AS o JOIN wanted AS w ON w.need = o.need JOIN labels AS l ON l.entry = o.entry "
        "GROUP BY o.need, w.what, w.label_zh, w.label_en, w.given_by, w.table_name, w.no_column, l.every ORDER BY answers DESC, o.need, l.every"
    )


def need_kind(pack: Pack, name: str) -> tuple[str, str | None, str | None]:
    """Return what a missing name is (fact, recognition, collection, record, parameter, condition, figure), who gives it, its table."""
    vocabulary = pack.vocabulary
    entity = vocabulary.collection_entity(name)
    if name == RECORD:
        return "record", "server", RECORD
    if entity is not None:
        return "collection", None, entity.id
    if name in vocabulary.facts:
        return "fact", vocabulary.facts[name].given_by, vocabulary.facts[name].entity
    if name in pack.entries:
        return "recognition", "officer", pack.entries[name].per
    if name in pack.parameters:
        return "parameter", "place", None
    return ("condition" if name.endswith("open_condition") else "figure"), "place", None


# -- rejects -----------------------------------------------------------------------------------------------------
def _rejects(connection: Any, plan: LedgerPlan, pack: Pack) -> str:
    """Return the query of what is wrong, one row for each thing, with the household that is left out for it."""
    connection.execute("CREATE OR REPLACE TEMP TABLE reasons (code VARCHAR, zh VARCHAR, en VARCHAR)")
    connection.executemany("INSERT INTO reasons VALUES (?, ?, ?)", [(code, both.zh, both.en) for code, both in REASONS.items()])
    connection.execute("CREATE OR REPLACE TEMP TABLE hints (entity VARCHAR, col VARCHAR, code VARCHAR, zh VARCHAR, en VARCHAR)")
    connection.executemany("INSERT INTO hints VALUES (?, ?, ?, ?, ?)", hints(pack))
    connection.execute("CREATE OR REPLACE TEMP TABLE sources (entity VARCHAR, source VARCHAR)")
    connection.executemany("INSERT INTO sources VALUES (?, ?)", [(name, table.table.source) for name, table in plan.tables.items()])
    return (
        "SELECT f.entity AS \"table\", s.source, f.line, nullif(f.col, '~columns') AS \"column\", f.value, f.code, r.zh || coalesce(i.zh, '') AS reason_zh, r.en || coalesce(i.en, '') AS reason_en, h.name AS household "
        "FROM stage.faults AS f JOIN reasons AS r ON r.code = f.code LEFT JOIN sources AS s ON s.entity = f.entity LEFT JOIN hints AS i ON i.entity = f.entity AND i.col = f.col AND i.code = f.code "
        "LEFT JOIN stage.rows_household AS h ON h.line = f.hh ORDER BY f.entity, f.line, f.col, f.code"
    )


# -- what the manifest says --------------------------------------------------------------------------------------
def _said(engine: Engine, connection: Any, plan: LedgerPlan) -> dict[str, Any]:
    meta = json.loads(connection.execute("SELECT text FROM stage.meta").fetchone()[0])
    infos = [json.loads(text) for (text,) in connection.execute("SELECT info FROM stage.parts ORDER BY name").fetchall()]
    rows, low, high = (sum(int(n) for n in column) for column in zip(*((i["rows"], *i["hash"]) for i in infos), strict=True))
    document = engine.pack.document
    on = meta["on"]
    return {
        "ledger_fingerprint": meta["fingerprint"], "ledger_rows": meta["rows"],
        "counts": {
            "households": sum(i["households"] for i in infos), "people": sum(i["people"] for i in infos), "rows_written": rows,
            "households_asked": sum(i["asked"] for i in infos), **_rejected(connection),
        },
        "content_hash": hashlib.sha256(f"{rows} {low} {high}".encode()).hexdigest(),
        "parts": [name for (name,) in connection.execute("SELECT name FROM stage.parts ORDER BY name").fetchall()],
        "missing_columns": dict(sorted(plan.missing.items())),
        "unread_columns": {name: columns for name, columns in sorted(plan.unread.items()) if columns},
        "lapsed_since": document.until.isoformat() if document.until and document.until.isoformat() < on else None,
        "not_before": document.since.isoformat() if document.since and document.since.isoformat() > on else None,
    }  # fmt: skip


def _rejected(connection: Any) -> dict[str, int]:
    rows, homes, alone = connection.execute(
        "SELECT (SELECT count(*) FROM (SELECT DISTINCT entity, line FROM stage.faults)), (SELECT count(*) FROM stage.rejected), "
        "(SELECT count(*) FROM (SELECT DISTINCT entity, line FROM stage.faults WHERE hh IS NULL))"
    ).fetchone()
    return {"rows_rejected": rows, "households_rejected": homes, "rows_without_household": alone}


def _decided(connection: Any) -> dict[str, int]:
    yes, undecided = connection.execute("SELECT coalesce(sum(answers) FILTER (status), 0)::BIGINT, coalesce(sum(answers) FILTER (status IS NULL), 0)::BIGINT FROM stage.totals_rule").fetchone()
    return {"yes": yes, "undecided": undecided}
