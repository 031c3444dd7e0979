"""A whole ledger answered: stage it once, answer it partition by partition, sum up, write the manifest last."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bangfu import __version__
from bangfu.rules.engine import SEMANTICS_VERSION, Engine
from bangfu.rules.errors import UsageError
from bangfu.rules.population.answers import Split, compiled, read_facts, split_entries
from bangfu.rules.population.columns import LedgerPlan, plan_columns
from bangfu.rules.population.database import Means, check_means, connect, readable
from bangfu.rules.population.folder import OutFolder
from bangfu.rules.population.inputs import Inputs, Some
from bangfu.rules.population.known import known_of
from bangfu.rules.population.ledger import RECORD, Ledger, has_rows, open_ledger
from bangfu.rules.population.links import link
from bangfu.rules.population.partition import (
    MILLION,
    Carrier,
    OnDuckDb,
    Part,
    Work,
    carry_out,
    make_tables,
)
from bangfu.rules.population.reference import Reference
from bangfu.rules.population.results import write_results
from bangfu.rules.population.stage import stage_table

ASKED = 2_000
HANDS = 2
"""How many statements a run carries out at a time if it has threads for them: what one leaves idle, another uses."""
IN_PROCESSES = 3_000
"""From so many households on, asking in several processes is worth their start."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for. ``asked``: about how many households the reference is asked what open answers need.

    ``open_rows``: undecided answers are written too, without what they need (``undecided`` asks the reference for it).
    ``open_of``: a Parquet file of (row, entry); of the undecided answers those alone are written (on DuckDB).
    ``totals``: whether answers are added up by rule, street and group.
    ``open_entries``: with ``open_rows``, the undecided answers of these entries alone (None: of all).
    ``processes``: in how many the reference answers (1: in this one); where few are asked, one is faster.
    ``keep_stage``: the staged ledger stays beside the result, for who reads single households afterwards (``kept``).
    """

    ledger: str
    on: dt.date
    out: Path
    basis: str | None = None
    undecided: bool = False
    resume: bool = False
    part_size: int | None = None
    asked: int = ASKED
    means: Means = field(default_factory=Means)
    open_rows: bool = False
    keep_stage: bool = False
    open_of: Path | None = None
    totals: bool = True
    processes: int = 1
    open_entries: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """What is told on the way: a stage begins with so many steps (None: not known), and so many of them are done."""

    begin: Callable[[str, int | None], None]
    tick: Callable[[int], None]


def run_population(engine: Engine, order: Order, progress: Progress, carrier: Carrier | None = None) -> dict[str, Any]:
    """Answer every household of a ledger and return the manifest; ``carrier``: what carries the SQL out (DuckDB).

    Raises:
        BangfuError: The order is off, the ledger cannot be used, or the run stopped on the way (``RunError``).
    """
    import duckdb
    import pyarrow as pa

    check_means(order.means)
    ledger = open_ledger(order.ledger, engine.pack)
    split = split_entries(engine)
    plan = plan_columns(ledger, engine, wanted_facts(engine, split))
    folder = OutFolder(order.out)
    folder.open(resume=order.resume)
    run = _Run(engine, order, ledger, plan, split, folder, progress, carrier or OnDuckDb())
    try:
        return run.carry_out()
    except (duckdb.InterruptException, RuntimeError) as error:
        # Ctrl-C inside a query comes out of DuckDB as a plain RuntimeError.
        if "interrupt" not in str(error).lower():
            raise
        raise KeyboardInterrupt from None
    except (duckdb.Error, pa.ArrowException, OSError, MemoryError) as error:
        raise readable(error, order.means) from error
    finally:
        run.end()


def named_hash(names: Iterable[str]) -> str:
    """Return a short hash of some names, whatever their order."""
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()[:16]


def wanted_facts(engine: Engine, split: Split) -> dict[str, set[str]]:
    """Return entity → facts that a run reads of a ledger."""
    found = read_facts(engine, split)
    # Two heads of one household are a fault of the row, whether or not a rule reads the relation.
    if "relation" in engine.pack.vocabulary.facts:
        found["person"].add("relation")
    return found


class _Run:
    """One run on its way."""

    def __init__(self, engine: Engine, order: Order, ledger: Ledger, plan: LedgerPlan, split: Split, folder: OutFolder, progress: Progress, carrier: Carrier) -> None:  # noqa: PLR0913, E501
        self.engine, self.order, self.ledger, self.plan, self.split = engine, order, ledger, plan, split
        self.folder, self.progress, self.carrier = folder, progress, carrier
        self.part_size = order.part_size or carrier.part_size(order.means)
        self.basis = order.basis or ("recorded" if RECORD in plan.tables and has_rows(plan.tables[RECORD].table) else "met")
        self.connection: Any = None
        self.reference: Reference | None = None

    def carry_out(self) -> dict[str, Any]:
        """Stage, answer, sum up, close."""
        self._stage()
        share = self._share()
        work = self._work(share)
        parts = self._parts(work)
        done = {name for (name,) in self.connection.execute("SELECT name FROM stage.parts").fetchall()}
        self.progress.begin("answer", len(parts))
        for part in parts:
            if part.name not in done:
                carry_out(work, part, lambda _: None)
            self.progress.tick(1)
        self.progress.begin("write", None)
        manifest = {**self._order(), "asked_share": share}
        manifest |= write_results(self.engine, self.connection, self.folder, self.plan, share, totals=self.order.totals)
        self.close()
        self.folder.close(manifest, keep_work=self.order.keep_stage)
        return manifest

    def _share(self) -> int:
        """Return how many of a million households the reference is asked about."""
        households = max(1, self._count("stage.rows_household"))
        return MILLION if self.order.undecided else min(MILLION, -(-MILLION * self.order.asked // households))

    def _work(self, share: int) -> Work:
        """Compile for what the stage is known to hold."""
        known = known_of(self.connection, self.engine.pack, self.plan)
        dated = {name for name, e in self.engine.pack.vocabulary.entities.items() if name in self.plan.tables and e.date in self.plan.tables[name].names}
        programs = [
            compiled(self.engine, self.order.on, names, self.basis, known, dated, dialect=self.carrier.dialect) if names else None
            for names in (self.split.homes, self.split.organisations)
        ]
        inputs = {id(each): Inputs(each.program, self.plan) for each in programs if each is not None}
        order = self.order
        processes = order.processes if share * self._count("stage.rows_household") >= IN_PROCESSES * MILLION else 1
        self.reference = reference = Reference(self.engine, order.on, self.plan, programs[0].entries if programs[0] else [], self.basis, processes)
        return Work(self.engine, self.connection, self.folder, programs[0], programs[1], inputs, reference, order.undecided, share, self.carrier, order.open_rows, order.open_of, order.totals, order.open_entries, min(HANDS, order.means.threads))

    def end(self) -> None:
        """End the processes of the reference and close the connection."""
        if self.reference is not None:
            self.reference.close()
        self.close()

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    # -- the stage -----------------------------------------------------------------------------------------------
    def _stage(self) -> None:
        self.connection = connect(self.folder.work, self.order.means, self.folder.path)
        kept = self._kept()
        if kept is not None:
            self._same(kept)
            return
        self.close()
        self.folder.drop_stage()
        self.connection = connect(self.folder.work, self.order.means, self.folder.path)
        rows = [plan.table.rows for plan in self.plan.tables.values()]
        self.progress.begin("read", None if None in rows else sum(row or 0 for row in rows))
        for name, plan in self.plan.tables.items():
            stage_table(self.connection, name, plan, self.progress.tick)
        self.progress.begin("link", None)
        fingerprint = self.ledger.fingerprint or self._fingerprint()
        counted = {name: self._count(f'stage."raw_{name}"') for name in self.plan.tables}
        link(self.connection, self.engine.pack, self.plan)
        make_tables(self.connection)
        if self.order.part_size is None:
            # As many partitions as before, all of one size: a small last one would keep one thread busy alone.
            last = max(1, self._last())
            self.part_size = -(-last // -(-last // self.part_size))
        self.connection.execute("CREATE TABLE stage.meta (text VARCHAR)")
        self.connection.execute("INSERT INTO stage.meta VALUES (?)", [json.dumps({**self._order(), "fingerprint": fingerprint, "rows": counted})])
        self.connection.execute("CHECKPOINT stage")

    def _kept(self) -> dict[str, Any] | None:
        """Return the order of the run that is gone on with, or None where its stage was not finished."""
        there = self.connection.execute("SELECT 1 FROM duckdb_tables() WHERE database_name = 'stage' AND table_name = 'meta'").fetchone()
        row = self.connection.execute("SELECT text FROM stage.meta").fetchone() if there else None
        return None if row is None else json.loads(row[0])

    def _same(self, kept: dict[str, Any]) -> None:
        """Go on only with what was begun.

        Raises:
            UsageError: Day, pack, ledger or another part of the order differs.
        """
        if self.order.part_size is None:
            self.part_size = kept.get("part_size", self.part_size)  # more memory on the second try does not cut the ledger anew
        now = {**self._order(), "fingerprint": self.ledger.fingerprint or kept["fingerprint"], "rows": kept["rows"]}
        other = sorted(name for name in now if now[name] != kept.get(name))
        if other:
            raise UsageError(f"与未完成的运行不同：{'、'.join(other)}；请用原来的选项继续，或删去该文件夹重新开始", f"this is not the run that was begun: {', '.join(other)} differ; go on with the same options, or delete the folder and start over")

    def _order(self) -> dict[str, Any]:
        """Return all that an answer of this run depends on, the ledger apart."""
        order = self.order
        return {
            "place": self.engine.pack.place, "on": order.on.isoformat(), "pack_hash": self.engine.pack.content_hash,
            "engine_version": __version__, "semantics_version": SEMANTICS_VERSION, "ledger": self.ledger.source,
            "undecided": order.undecided, "basis": self.basis, "part_size": self.part_size, "runner": self.carrier.dialect, "asked": order.asked,
            **({"open_rows": True} if order.open_rows else {}), **({"open_of": order.open_of.name} if order.open_of else {}), **({} if order.totals else {"totals": False}),
            **({} if order.open_entries is None else {"open_entries": named_hash(order.open_entries)}),
        }  # fmt: skip

    def _fingerprint(self) -> str:
        """Return a hash over what was read, whatever the order of rows: a database has no bytes to hash."""
        digest = hashlib.sha256()
        for name in sorted(self.plan.tables):
            query = f'SELECT count(*), coalesce(sum(md5_number_lower(CAST(r AS VARCHAR))), 0)::VARCHAR FROM (SELECT * EXCLUDE (line) FROM stage."raw_{name}") AS r'
            digest.update(f"{name} {self.connection.execute(query).fetchone()}\n".encode())
        return digest.hexdigest()

    def _last(self) -> int:
        return int(self.connection.execute("SELECT coalesce(max(line), 0) FROM stage.rows_household").fetchone()[0])

    def _count(self, table: str) -> int:
        return int(self.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    # -- partitions ----------------------------------------------------------------------------------------------
    def _parts(self, work: Work) -> list[Part]:
        size = self.part_size
        found = []
        if work.homes is not None:
            last = self._last()
            found = [
                Part(f"part-{place:05}", Some(f"hh BETWEEN {place * size + 1} AND {(place + 1) * size}"), work.homes)
                for place in range(-(-last // size))
            ]
        if work.organisations is not None and "organisation" in self.plan.tables:
            at = [name for name, shape in self.engine.pack.vocabulary.entities.items() if shape.at == "organisation" and name in self.plan.tables]
            homes = " OR ".join(f'hh IN (SELECT hh FROM stage."rows_{name}" WHERE at_line IS NOT NULL)' for name in at)
            found.append(Part("organisations", Some(homes or "false"), work.organisations))
        return found


__all__ = ["Order", "Progress", "named_hash", "run_population", "wanted_facts"]
