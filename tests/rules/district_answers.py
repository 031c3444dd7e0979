"""A made-up district answered by a SQL program on DuckDB: how many households each rule pays and refuses."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, NamedTuple

from bangfu.rules.engine import Engine
from bangfu.rules.population.answers import read_facts, split_entries
from bangfu.rules.population.columns import plan_columns
from bangfu.rules.population.database import Means, connect
from bangfu.rules.population.held import Held, Task
from bangfu.rules.population.inputs import Inputs, Some
from bangfu.rules.population.known import known_of
from bangfu.rules.population.ledger import open_ledger
from bangfu.rules.population.links import link
from bangfu.rules.population.stage import stage_table
from bangfu.rules.runners.sql.program import SqlProgram


class Counted(NamedTuple):
    """Households (organisations where no household owns the row) with a sum above 0 (or a yes), and with a no."""

    given: int
    refused: int


def answers(engine: Engine, ledger: Path, day: dt.date, work: Path) -> dict[str, Counted]:
    """Return what each benefit and recognition of a pack answers over a ledger, worked out from conditions."""
    split = split_entries(engine)
    plan = plan_columns(open_ledger(str(ledger), engine.pack), engine, read_facts(engine, split))
    work.mkdir()
    connection = connect(work, Means("2GB", 2), work)
    try:
        for name, table in plan.tables.items():
            stage_table(connection, name, table, lambda _: None)
        link(connection, engine.pack, plan)
        assert connection.execute("SELECT * FROM stage.faults LIMIT 3").fetchall() == []
        program = SqlProgram(engine, day, "met", only=split.homes | split.organisations, known=known_of(connection, engine.pack, plan))
        held = Held(connection, frozenset())
        held.make([*Inputs(program, plan).tasks(Some("true")), *(Task(name, select, program.reads[name]) for name, select in program.statements())])
        return {name: _counted(connection, program, name) for name in program.results}
    finally:
        connection.close()


def _counted(connection: Any, program: SqlProgram, name: str) -> Counted:
    result = program.results[name]
    entry, entities = result.entry, program.pack.vocabulary.entities
    chain = [entry.per or ""]
    while chain[-1] not in ("household", "organisation"):
        chain.append(entities[chain[-1]].belongs_to or "")
    # a status that is the same for every row is no column
    status = f's."{result.status}"' if result.status else {"met": "TRUE", "not_met": "FALSE"}.get(result.fixed, "NULL::BOOLEAN")
    some = f'{status} AND s."{result.amount.low}" > 0' if entry.has_money and result.amount is not None else status
    ups = "".join(f' JOIN stage."rows_{owner}" AS r{n} ON r{n}.line = r{n - 1}.up' for n, owner in enumerate(chain[1:], 1))
    home = f"r{len(chain) - 1}.line"
    first = f'JOIN stage."rows_{chain[0]}" AS r0 ON r0.line = s.id % 1000000000000'
    query = f'SELECT count(DISTINCT {home}) FILTER ({some}), count(DISTINCT {home}) FILTER (NOT {status}) FROM "{result.table}" AS s {first}{ups}'
    return Counted(*connection.execute(query).fetchone())
