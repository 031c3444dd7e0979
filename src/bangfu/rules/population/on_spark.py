"""A partition carried out on Spark: tables go there as Parquet, rows come back as Parquet, the driver sees totals alone.

The stage and the reference stay where the run was started. Between the two lies one folder (``.work/spark``) that the
driver and every worker can read and write: on a cluster the result's folder lies on a shared file system. Each stage of
the program is written there before the next one reads it, so that no plan grows and a lost worker costs one stage.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlglot

from bangfu.rules.population.answers import NOTHING
from bangfu.rules.population.database import Means, RunError, check_means, literal, quoted
from bangfu.rules.runners.sql.on_spark import check_spark, open_session

if TYPE_CHECKING:
    from bangfu.rules.population.partition import Part, Work

PART_SIZE = 5_000_000
"""Households in a partition: Spark cuts its work itself, a partition is what a stopped run goes on from."""
HALVES = ("low", "high")


def spark_sql(query: str) -> str:
    """Return one of our own statements over a result, in Spark's words; tests hold what both give side by side."""
    written: str = sqlglot.transpile(query, read="duckdb", write="spark")[0]
    return written.replace("ERROR(", "RAISE_ERROR(")


@contextmanager
def said_plainly() -> Iterator[None]:
    """Turn what Spark raises into a sentence with the next step."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JError, PySparkException) as error:
        first = next((line for line in str(error).splitlines() if "cancel" in line.lower()), str(error).splitlines()[0] if str(error) else type(error).__name__)
        raise RunError(
            f"Spark 作业被取消或失败：{first[:300]}。没有写出结果；已完成的部分已保留，加 --resume 可继续。",
            f"the Spark job was cancelled or failed: {first[:300]}. There is no result; what is finished is kept, --resume goes on from here.",
        ) from error


class OnSpark:
    """Carries partitions out on one session, opened when the first partition is: a ledger with faults never needs it."""

    dialect = "spark"

    def __init__(self, start: Callable[[], Any]) -> None:
        self.start = start
        self.views: list[str] = []

    @cached_property
    def session(self) -> Any:
        """Return the session."""
        return self.start()

    def part_size(self, means: Means) -> int:  # noqa: ARG002 - Spark has its memory from its own settings
        """Return ``PART_SIZE``."""
        return PART_SIZE

    # -- a partition ---------------------------------------------------------------------------------------------
    @said_plainly()
    def answer(self, work: Work, part: Part, asked: list[int]) -> list[str]:
        """Make ``found`` and ``who`` on Spark; the work database gets the rows of the households that are asked about."""
        folder = self._folder(work, part)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, query in {**work.inputs[id(part.answers)].queries(part.some), **part.answers.tables(work.connection, part.some)}.items():
            self._send(work.connection, name, query, folder)
        for name in ("entries", "grps"):
            self._send(work.connection, name, f"SELECT * FROM {name}", folder)
        for name, select in part.answers.statements:
            self._keep(name, select, folder)
        self._keep("found", spark_sql(" UNION ALL ".join([NOTHING, *part.answers.found().values()])), folder)
        self._keep("who", spark_sql(part.answers.who()), folder)
        self._fetch(work.connection, asked)
        return ["found", "people"]

    @said_plainly()
    def write(self, work: Work, part: Part, query: str, text: str) -> dict[str, Any]:
        """Write the rows of a partition as its files; return their number and the two halves of their hash."""
        folder = self._folder(work, part)
        self._send(work.connection, "needs", "SELECT * FROM needs", folder)
        rows = folder / "result"
        self.session.sql(spark_sql(query)).write.option("compression", "zstd").parquet(rows.as_uri())
        self._view("result", rows)
        halves = ", ".join(f"CAST(coalesce(sum({_half('t', half)}), 0) AS STRING)" for half in HALVES)
        [(count, low, high)] = self.session.sql(f"SELECT count(*), {halves} FROM (SELECT {spark_sql(f'SELECT {text}')[7:]} AS t FROM result)").collect()
        for stale in work.folder.parts.glob(f"{part.name}*.parquet"):
            stale.unlink()
        for number, file in enumerate(sorted(rows.glob("part-*.parquet"))):
            file.replace(work.folder.parts / f"{part.name}.{number:05}.parquet")
        return {"rows": count, "hash": [low, high]}

    @said_plainly()
    def total(self, connection: Any, name: str, query: str) -> None:
        """Add the rows of a total."""
        found = [tuple(row) for row in self.session.sql(spark_sql(query)).collect()]
        if found:
            connection.executemany(f"INSERT INTO stage.{name} VALUES ({', '.join('?' * len(found[0]))})", found)

    def done(self, work: Work, part: Part) -> None:
        """Forget a partition."""
        for name in self.views:
            self.session.catalog.dropTempView(name)
        self.views = []
        shutil.rmtree(self._folder(work, part), ignore_errors=True)

    # -- tables --------------------------------------------------------------------------------------------------
    def _folder(self, work: Work, part: Part) -> Path:
        return work.folder.work / "spark" / part.name

    def _send(self, connection: Any, name: str, query: str, folder: Path) -> None:
        """Write a table of the work database where Spark reads it; several files, so that several workers read."""
        path = folder / f"{len(self.views)}"
        connection.execute(f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet, FILE_SIZE_BYTES '64MB')")
        self._view(name, path)

    def _keep(self, name: str, select: str, folder: Path) -> None:
        """Carry a statement out."""
        path = folder / f"{len(self.views)}"
        frame = self.session.sql(select)
        frame.write.parquet(path.as_uri())
        self._view(name, path, frame.schema)

    def _view(self, name: str, path: Path, schema: Any = None) -> None:
        """Read a table from its files; without a schema Spark opens them to find it."""
        reader = self.session.read if schema is None else self.session.read.schema(schema)
        reader.parquet(path.as_uri()).createOrReplaceTempView(f"`{name}`")
        self.views.append(name)

    def _fetch(self, connection: Any, asked: list[int]) -> None:
        """Bring what was found of some households into the work database."""
        self._view_of("asked", asked)
        for name, where in (("people", "hh IN (SELECT hh FROM asked)"), ("found", "id IN (SELECT id FROM who WHERE hh IN (SELECT hh FROM asked))")):
            rows = self.session.sql(f"SELECT * FROM {name} WHERE {where}").toArrow()
            connection.register("fetched", rows)
            connection.execute(f"CREATE OR REPLACE TABLE {quoted(name)} AS SELECT * FROM fetched")
            connection.unregister("fetched")

    def _view_of(self, name: str, numbers: list[int]) -> None:
        rows = self.session.createDataFrame([(number,) for number in numbers], "hh bigint")
        rows.createOrReplaceTempView(name)
        self.views.append(name)


def _half(text: str, half: str) -> str:
    """Return one half of a text's MD5 as a number, the least byte first, as DuckDB's ``md5_number_lower`` and ``_upper``."""
    first = 17 if half == "low" else 1
    pairs = (f"substring(md5({text}), {first + place}, 2)" for place in range(14, -1, -2))
    return f"CAST(conv(concat({', '.join(pairs)}), 16, 10) AS DECIMAL(20, 0))"


@contextmanager
def opened(master: str, means: Means, settings: Mapping[str, str]) -> Iterator[OnSpark]:
    """Hold what carries one run out and close its session; ``settings`` as Spark names them.

    Raises:
        UsageError: PySpark or Java is not there, or the memory or the master is written wrongly.
    """
    check_means(means)
    check_spark(master)
    carrier = OnSpark(lambda: open_session(master, {"spark.driver.memory": _megabytes(means.memory), **settings}))
    try:
        yield carrier
    finally:
        if "session" in vars(carrier):
            carrier.session.stop()


def _megabytes(memory: str) -> str:
    """Return a memory limit as Spark writes it."""
    found = re.fullmatch(r"([0-9.]+) ?([KMGT])i?B", memory, re.IGNORECASE)
    assert found is not None
    return f"{max(1, int(float(found[1]) * 1024 ** ('KMGT'.index(found[2].upper()) - 1)))}m"
