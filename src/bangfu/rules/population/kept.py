"""Single households out of the stage that a finished run kept, each as it would be stated alone."""

from __future__ import annotations

from typing import Any

from bangfu.rules.engine import Engine
from bangfu.rules.household import Given
from bangfu.rules.population.answers import split_entries
from bangfu.rules.population.columns import plan_columns
from bangfu.rules.population.database import connect
from bangfu.rules.population.folder import OutFolder
from bangfu.rules.population.ledger import open_ledger
from bangfu.rules.population.reference import Reference
from bangfu.rules.population.run import Order, wanted_facts


def kept_households(engine: Engine, order: Order, basis: str, names: list[str]) -> dict[str, Given]:
    """Return household id → what the ledger states of it; ``order`` ran with ``keep_stage``."""
    folder = OutFolder(order.out)
    plan = plan_columns(open_ledger(order.ledger, engine.pack), engine, wanted_facts(engine, split_entries(engine)))
    connection: Any = connect(folder.work, order.means, folder.path)
    try:
        found = connection.execute("SELECT line, name FROM stage.rows_household WHERE name IN (SELECT unnest(?::VARCHAR[]))", [names]).fetchall()
        lines = dict(found)
        reference = Reference(engine, order.on, plan, [], basis)
        return {lines[hh]: given for hh, given in reference.givens(connection, sorted(lines))}
    finally:
        connection.close()


__all__ = ["kept_households"]
