"""A whole ledger answered: stage it once, answer it partition by partition, sum up, write the manifest last."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bangfu import __version__
from bangfu.rules.engine import SEMANTICS_VERSION, Engine
from bangfu.rules.errors import UsageError
from bangfu.rules.population.answers import Answers, split_entries
from bangfu.rules.population.columns import LedgerPlan, plan_columns
from bangfu.rules.population.database import Means, connect, readable
from bangfu.rules.population.folder import OutFolder
from bangfu.rules.population.inputs import Inputs, Some, read_columns
from bangfu.rules.population.ledger import RECORD, Ledger, open_ledger
from bangfu.rules.population.links import link
from bangfu.rules.population.partition import MILLION, Part, Work, carry_out, make_tables
from bangfu.rules.population.reference import Reference
from bangfu.rules.population.results import write_results
from bangfu.rules.population.stage import stage_table

PART_SIZE = 50_000
ASKED = 2_000


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for. ``asked``: about how many households the reference is asked what open answers need."""

    ledger: str
    on: dt.date
    out: Path
    basis: str | None = None
    undecided: bool = False
    resume: bool = False
    part_size: int = PART_SIZE
    asked: int = ASKED
    means: Means = field(default_factory=Means)


@dataclass(frozen=True, slots=True)
class Progress:
    """What is told on the way: a stage begins with so many steps (None: not known), and so many of them are done."""

    begin: Callable[[str, int | None], None]
    tick: Callable[[int], None]


def run_population(engine: Engine, order: Order, progress: Progress) -> dict[str, Any]:
    """Answer every household of a ledger and return the manifest.

    Raises:
        BangfuError: The order is off, the ledger cannot be used, or the run stopped on the way (``RunError``).
    """
    import duckdb
    import pyarrow as pa

    ledger = open_ledger(order.ledger, engine.pack)
    split = split_entries(engine)
    answers = [Answers(engine, order.on, names) for names in (split.homes, split.organisations) if names]
    plan = plan_columns(ledger, engine, _wanted(engine, answers))
    folder = OutFolder(order.out)
    folder.open(resume=order.resume)
    run = _Run(engine, order, ledger, plan, answers, folder, progress)
    try:
        return run.carry_out()
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except (duckdb.Error, pa.ArrowException, OSError, MemoryError) as error:
        raise readable(error, order.means) from error
    finally:
        run.close()


def _wanted(engine: Engine, answers: list[Answers]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for each in answers:
        for entity, names in read_columns(each.program, engine.pack).items():
            found.setdefault(entity, set()).update(names)
    # Two heads of one household are a fault of the row, whether or not a rule reads the relation.
    if "relation" in engine.pack.vocabulary.facts:
        found["person"].add("relation")
    return found


class _Run:
    """One run on its way."""

    def __init__(self, engine: Engine, order: Order, ledger: Ledger, plan: LedgerPlan, answers: list[Answers], folder: OutFolder, progress: Progress) -> None:
        self.engine, self.order, self.ledger, self.plan = engine, order, ledger, plan
        self.answers, self.folder, self.progress = answers, folder, progress
        self.connection: Any = None

    def carry_out(self) -> dict[str, Any]:
        """Stage, answer, sum up, close."""
        self._stage()
        recorded = self._recorded()
        parts = self._parts()
        done = {name for (name,) in self.connection.execute("SELECT name FROM stage.parts").fetchall()}
        households = self._count("stage.rows_household")
        share = MILLION if self.order.undecided else min(MILLION, -(-MILLION * self.order.asked // max(1, households)))
        reference = Reference(self.engine, self.order.on, self.plan, self.answers[0].entries, recorded=recorded)
        inputs = {id(each): Inputs(each.program, self.plan, recorded=recorded) for each in self.answers}
        work = Work(self.engine, self.connection, self.folder, inputs, reference, self.order.undecided, share)
        self.progress.begin("answer", len(parts))
        for part in parts:
            if part.name not in done:
                carry_out(work, part, lambda _: None)
            self.progress.tick(1)
        self.progress.begin("write", None)
        manifest = {**self._order(), "basis": "recorded" if recorded else "met", "asked_share": share}
        manifest |= write_results(self.engine, self.connection, self.folder, self.plan, share, self.ledger)
        self.close()
        self.folder.close(manifest)
        return manifest

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
            "undecided": order.undecided, "basis_asked": order.basis, "part_size": order.part_size, "asked": order.asked,
        }  # fmt: skip

    def _fingerprint(self) -> str:
        """Return a hash over what was read, whatever the order of rows: a database has no bytes to hash."""
        import hashlib

        digest = hashlib.sha256()
        for name in sorted(self.plan.tables):
            query = f'SELECT count(*), coalesce(sum(md5_number_lower(CAST(r AS VARCHAR))), 0)::VARCHAR FROM (SELECT * EXCLUDE (line) FROM stage."raw_{name}") AS r'
            digest.update(f"{name} {self.connection.execute(query).fetchone()}\n".encode())
        return digest.hexdigest()

    def _count(self, table: str) -> int:
        return int(self.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    # -- partitions ----------------------------------------------------------------------------------------------
    def _recorded(self) -> bool:
        """Tell whether recognitions are answered by the record: as asked, else where the ledger has one."""
        if self.order.basis is not None:
            return self.order.basis == "recorded"
        return RECORD in self.plan.tables and self._count("stage.rows_record") > 0

    def _parts(self) -> list[Part]:
        size = self.order.part_size
        last = self.connection.execute("SELECT coalesce(max(line), 0) FROM stage.rows_household").fetchone()[0]
        found = [
            Part(f"part-{place:05}", Some(f"hh BETWEEN {place * size} AND {(place + 1) * size - 1}"), self.answers[0])
            for place in range(last // size + 1)
        ]
        if len(self.answers) > 1 and "organisation" in self.plan.tables:
            at = [name for name, shape in self.engine.pack.vocabulary.entities.items() if shape.at == "organisation" and name in self.plan.tables]
            homes = " OR ".join(f'hh IN (SELECT hh FROM stage."rows_{name}" WHERE at_line IS NOT NULL)' for name in at)
            found.append(Part("organisations", Some(homes or "false"), self.answers[1]))
        return found


__all__ = ["Order", "Progress", "run_population"]
