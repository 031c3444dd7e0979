"""Tables of a partition: in their order, side by side where they can be, batches where nothing joins them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from bangfu.rules.population.held import Hand, Held, Task


@pytest.fixture
def connection() -> Iterator[Any]:
    """Return a DuckDB in memory."""
    opened = duckdb.connect(":memory:", config={"threads": 2})
    yield opened
    opened.close()


def task(name: str, select: str, *reads: str) -> Task:
    """Return a task."""
    return Task(name, select, frozenset(reads))


def tables(connection: Any) -> set[str]:
    """Return the names of the tables that the database holds."""
    return {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}


@pytest.mark.parametrize("hands", [1, 2])
def test_what_is_read_is_there_first(connection: Any, hands: int) -> None:
    """A chain through a table, its batches, and rows that are added: 1000 numbers, twice, and their double."""
    connection.execute("CREATE TABLE gathered (n BIGINT)")
    held = Held(connection, frozenset({"wide"}), hands)
    held.make([
        task("first", "SELECT range AS n FROM range(1000)"),
        task("wide", "SELECT n, 2 * n AS double FROM first", "first"),
        Task("added once", "SELECT n FROM wide", frozenset({"wide"}), adds="gathered"),
        Task("added twice", "SELECT double FROM wide", frozenset({"wide"}), adds="gathered"),
        task("last", "SELECT count(*) AS rows, sum(n)::BIGINT AS sum FROM gathered", "added once", "added twice"),
    ])  # fmt: skip

    assert connection.execute("SELECT * FROM last").fetchone() == (2000, 3 * 999 * 1000 // 2)
    assert tables(connection) == {"first", "last", "gathered"}
    held.drop()
    assert tables(connection) == {"gathered"}


def test_two_that_do_not_read_each_other_are_carried_out_at_the_same_time(connection: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each begins only when the other does; one after the other, neither would."""
    together, alone = threading.Barrier(2), Hand.carry_out

    def meet(hand: Hand, task: Task) -> None:
        together.wait(timeout=20)
        alone(hand, task)

    monkeypatch.setattr(Hand, "carry_out", meet)
    Held(connection, frozenset(), 2).make([task("one", "SELECT 1 AS n"), task("two", "SELECT 2 AS n")])

    assert connection.execute("SELECT one.n + two.n FROM one, two").fetchone() == (3,)


@pytest.mark.parametrize("hands", [1, *[2] * 8])
def test_an_error_ends_all(connection: Any, hands: int) -> None:
    """The other statement is stopped, which alone would take hours; what was to follow is not made; the database goes on."""
    held = Held(connection, frozenset(), hands)
    with pytest.raises(duckdb.ConversionException):
        held.make([
            task("wrong", "SELECT CAST('x' AS BIGINT) AS n"),
            task("endless", "SELECT count(*) FROM range(10000000) AS a, range(10000000) AS b WHERE a.range % 7 = b.range % 11"),
            task("after", "SELECT * FROM wrong", "wrong"),
        ])  # fmt: skip

    assert tables(connection) == set()
    held.drop()
    assert connection.execute("SELECT 1").fetchone() == (1,)
