"""Link the rows of a staged ledger to their households; reject each household that has a bad row.

``stage.rows_<entity>``: line, name, ``up`` and ``at_line`` (lines of other rows), ``hh`` (line of the household), facts.
``stage.faults``: one row for each thing that is wrong. ``stage.rejected``: the households that are left out.
"""

from __future__ import annotations

from typing import Any

from bangfu.rules.errors import Fault, HouseholdError
from bangfu.rules.household import MOST_MEMBERS
from bangfu.rules.pack.model import Pack
from bangfu.rules.population.columns import STATED, LedgerPlan
from bangfu.rules.population.database import literal, quoted
from bangfu.rules.population.ledger import RECORD
from bangfu.rules.population.reasons import reason
from bangfu.rules.population.record import link_record

STEP = 10**12
"""Row numbers of each kind start at a multiple of this, so that no two rows share one."""


def offset(pack: Pack, entity: str) -> int:
    """Return what is added to a line to make the number of a row."""
    return list(pack.vocabulary.entities).index(entity) * STEP


def rows(entity: str) -> str:
    """Return the table of an entity's linked rows."""
    return f"stage.{quoted('rows_' + entity)}"


def _raw(entity: str) -> str:
    return f"stage.{quoted('raw_' + entity)}"


def link(connection: Any, pack: Pack, plan: LedgerPlan) -> None:
    """Make the linked tables, the faults and the rejected households.

    Raises:
        HouseholdError: The row of the place is wrong: it holds for everybody.
    """
    connection.execute("CREATE OR REPLACE TABLE stage.faults (entity VARCHAR, line BIGINT, hh BIGINT, col VARCHAR, code VARCHAR, value VARCHAR)")
    _place(connection, plan)
    for entity in _outward(pack):
        if entity in plan.tables:
            _entity(connection, pack, plan, entity)
    if "person" in plan.tables:
        _sizes(connection, plan)
    if RECORD in plan.tables:
        link_record(connection, pack, plan)
    if plan.by_household:
        _signatures(connection, pack, plan)
    connection.execute("CREATE OR REPLACE TABLE stage.rejected AS SELECT DISTINCT hh FROM stage.faults WHERE hh IS NOT NULL")


def _outward(pack: Pack) -> list[str]:
    """Return the entities but the place, owners first; organisations before what is at them."""
    depth = {name: len(list(pack.vocabulary.owners(name))) for name in pack.vocabulary.entities}
    return [name for name in sorted(depth, key=lambda n: (depth[n], list(depth).index(n))) if name != "place"]


def _place(connection: Any, plan: LedgerPlan) -> None:
    """Make the one row of the place; what is wrong with it is wrong for everybody, so nothing is run."""
    links = "1::BIGINT AS line, 'place' AS name, NULL::BIGINT AS hh, NULL::BIGINT AS up, NULL::BIGINT AS at_line"
    if "place" not in plan.tables:
        connection.execute(f"CREATE OR REPLACE TABLE {rows('place')} AS SELECT {links}")
        return
    drop = ", ".join(quoted(name) for name in ("line", *plan.tables["place"].links))
    connection.execute(f"CREATE OR REPLACE TABLE {rows('place')} AS SELECT {links}, * EXCLUDE ({drop}) FROM {_raw('place')}")
    source = plan.tables["place"].table.source
    count = connection.execute(f"SELECT count(*) FROM {rows('place')}").fetchone()[0]
    if count != 1:
        raise HouseholdError([Fault(source, 0, 0, "LEDGER-PLACE", f"地方表应只有一行，现有 {count} 行", f"the place has one row, not {count}")])
    found = connection.execute(f"SELECT x.col, x.code FROM (SELECT unnest(bad) AS x FROM {rows('place')})").fetchall()
    if found:
        raise HouseholdError([Fault(source, 1, 0, "LEDGER-PLACE", f"{col}：{reason(code).zh}", f"{col}: {reason(code).en}") for col, code in found])


def _entity(connection: Any, pack: Pack, plan: LedgerPlan, entity: str) -> None:
    shape = pack.vocabulary.entities[entity]
    owner, at = shape.belongs_to, shape.at
    links = plan.tables[entity].links
    drop = ", ".join(quoted(name) for name in ("line", *links))
    joins, up, hh, at_line = "", "NULL::BIGINT", "NULL::BIGINT", "NULL::BIGINT"
    if entity == "household":
        hh = "r.line"
    elif owner not in (None, "place") and owner in plan.tables:
        joins += f" LEFT JOIN {_unique(connection, str(owner))} AS o ON o.name = r.of"
        up, hh = "o.line", "o.hh"
    if at is not None and "at" in links and at in plan.tables:
        joins += f" LEFT JOIN {_unique(connection, at)} AS a ON a.name = r.at"
        at_line = "a.line"
    of = "r.of" if "of" in links else "NULL::VARCHAR"
    connection.execute(
        f"CREATE OR REPLACE TABLE {rows(entity)} AS SELECT r.line, r.id AS name, {of} AS said_of, {'r.at' if 'at' in links else 'NULL::VARCHAR'} AS said_at, "
        f"{up} AS up, {at_line} AS at_line, {hh} AS hh, r.* EXCLUDE ({drop}) FROM {_raw(entity)} AS r{joins} ORDER BY hh, line"
    )
    connection.execute(f"DROP TABLE {_raw(entity)}")
    _faults(connection, entity, "true", "x.col", "x.code", "x.value", source=f"(SELECT line, hh, unnest(bad) AS x FROM {rows(entity)} WHERE bad IS NOT NULL)")
    _faults(connection, entity, "bad IS NULL AND name IS NULL", "'id'", "'id'", "NULL")
    _twice(connection, entity)
    if owner not in (None, "place"):
        _faults(connection, entity, "up IS NULL", "'of'", "'of'", "said_of")
        _faults(connection, entity, "up IS NOT NULL AND hh IS NULL", "'of'", "'owner'", "said_of")
    if at is not None:
        _faults(connection, entity, "said_at IS NOT NULL AND at_line IS NULL", "'at'", "'at'", "said_at")
        if at in plan.tables:
            _faults(connection, entity, f"at_line IN (SELECT line FROM stage.faults WHERE entity = {literal(at)})", "'at'", "'at_rejected'", "said_at")


def _faults(connection: Any, entity: str, where: str, col: str, code: str, value: str, source: str | None = None) -> None:
    connection.execute(
        f"INSERT INTO stage.faults SELECT {literal(entity)}, line, hh, {col}, {code}, {value} FROM {source or rows(entity)} WHERE {where}"
    )


def _twice(connection: Any, entity: str) -> None:
    """Note every row whose id another row has; all their households are rejected, nobody can tell which is meant."""
    twice = f"SELECT name FROM {rows(entity)} WHERE name IS NOT NULL GROUP BY name HAVING count(*) > 1"
    _faults(connection, entity, f"name IN ({twice})", "'id'", "'id_twice'", "name")


def _unique(connection: Any, entity: str) -> str:
    """Return the rows of an entity with each id once (the first line stands for the others; all of them are rejected)."""
    some = connection.execute(f"SELECT 1 FROM stage.faults WHERE entity = {literal(entity)} AND code = 'id_twice' LIMIT 1").fetchone()
    if some is None:
        return rows(entity)
    return f"(SELECT name, min(line) AS line, arg_min(hh, line) AS hh FROM {rows(entity)} WHERE name IS NOT NULL GROUP BY name)"


def _signatures(connection: Any, pack: Pack, plan: LedgerPlan) -> None:
    """Make ``stage.signatures`` (run, what is stated; run 0: what is stated of all) and ``stage.home_run`` (hh, run).

    Who has a row on record has a record that is known.
    """
    known = [*(e.collection for e in pack.vocabulary.entities.values() if e.collection), RECORD]
    has_record = "line IN (SELECT hh FROM stage.rows_record WHERE hh IS NOT NULL)" if RECORD in plan.tables else "false"
    listed = f"list_filter(string_split_regex(coalesce({STATED}, ''), '[;；、\\s]+'), lambda x: x <> '')"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE said AS SELECT line, hh, list_sort(list_distinct(CASE WHEN {has_record} THEN list_append(names, {literal(RECORD)}) ELSE names END)) AS names "
        f"FROM (SELECT line, hh, {listed} AS names FROM {rows('household')})"
    )
    unknown = f"list_filter(names, lambda x: x NOT IN ({', '.join(literal(name) for name in known)}))"
    _faults(connection, "household", f"len({unknown}) > 0", literal(STATED), "'code'", f"{unknown}[1]", source="said")
    connection.execute(
        "CREATE OR REPLACE TABLE stage.signatures AS SELECT row_number() OVER (ORDER BY names) AS run, names FROM (SELECT DISTINCT names FROM said)"
    )
    connection.execute("CREATE OR REPLACE TABLE stage.home_run AS SELECT t.hh, s.run FROM said AS t JOIN stage.signatures AS s ON s.names = t.names")
    shared = ", ".join(f"CASE WHEN bool_and(list_contains(names, {literal(n)})) THEN {literal(n)} END" for n in known)
    connection.execute(f"INSERT INTO stage.signatures SELECT 0, list_filter([{shared}], lambda x: x IS NOT NULL) FROM stage.signatures")
    connection.execute("DROP TABLE said")


def _sizes(connection: Any, plan: LedgerPlan) -> None:
    heads = "count(*) FILTER (relation = 'self')" if "relation" in {c.name for c in plan.tables["person"].cells} else "0"
    connection.execute(f"""
        INSERT INTO stage.faults
        SELECT 'household', hh, hh, 'id', CASE WHEN members > {MOST_MEMBERS} THEN 'size' ELSE 'heads' END, CAST(CASE WHEN members > {MOST_MEMBERS} THEN members ELSE heads END AS VARCHAR)
        FROM (SELECT hh, count(*) AS members, {heads} AS heads FROM {rows('person')} WHERE hh IS NOT NULL GROUP BY hh)
        WHERE members > {MOST_MEMBERS} OR heads > 1""")
