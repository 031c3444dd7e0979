"""A Spark for tests: one small session for all of them, started when the first test asks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from bangfu.rules.runners.sql.back_ends import Kinds, arrow
from bangfu.rules.runners.sql.on_spark import open_session
from bangfu.rules.runners.sql.tables import Table

SMALL = {
    "spark.driver.defaultJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.driver.memory": "1g",
    "spark.sql.shuffle.partitions": "2",
    # Tables of a few rows: working out a better plan, or Java code for it, takes longer than the plan.
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


@cache
def session() -> Any:
    """Return the session of this process."""
    return open_session("local[2]", SMALL)


class OnSmallSpark:
    """Tables of a few rows as temporary views; each statement is carried out as it is made, so that no plan grows."""

    def __init__(self) -> None:
        self.session = session()
        self.names: list[str] = []

    def load(self, table: Table, kinds: Kinds) -> None:
        """Take a table of columns in."""
        self._keep(table[0], arrow(table, kinds))

    def empty(self, name: str, schema: Any) -> None:
        """Take a table without rows in."""
        self.session.createDataFrame([], schema).createOrReplaceTempView(f"`{name}`")
        self.names.append(name)

    def make(self, name: str, select: str) -> None:
        """Make a table of a statement."""
        self._keep(name, self.session.sql(select).toArrow())

    def rows(self, select: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of a query."""
        yield from self.session.sql(select).toArrow().to_pylist()

    def close(self) -> None:
        """Forget the views."""
        for name in self.names:
            self.session.catalog.dropTempView(name)

    def _keep(self, name: str, table: Any) -> None:
        self.session.createDataFrame(table).createOrReplaceTempView(f"`{name}`")
        self.names.append(name)
