"""What a change does to everybody in a ledger: both packs answer it, the results are held against each other.

The folder of a what-if is a result only once it holds ``whatif.json``, which is written last:

    base/ variant/              two results, as ``bangfu run`` writes them, with the open answers that the change can reach
    changed_entitlements.parquet  one row for each entitlement that changed
    changed_households.parquet    one row for each household with such a row
    whatif.json                 all that summary, Excel file and page show
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bangfu import __version__
from bangfu.rules.engine import Engine
from bangfu.rules.errors import UsageError, os_reason
from bangfu.rules.population.database import Means, check_means, connect, literal, readable
from bangfu.rules.population.folder import MANIFEST, OutFolder, write_whole
from bangfu.rules.population.run import Order, Progress, named_hash, run_population
from bangfu.rules.whatif.compare import (
    CLASSES,
    YEARLY,
    by_area,
    by_entry,
    by_group,
    classes,
    compare_results,
    most_changed,
    spread,
    unsure,
)
from bangfu.rules.whatif.movers import Mover, explain_movers
from bangfu.rules.whatif.pair import Difference, Pair
from bangfu.rules.whatif.profiles import ProfileChange, profile_changes
from bangfu.rules.whatif.reach import reached_entries

RESULT = "whatif.json"
ASKED = 200
MOST = 10


@dataclass(frozen=True, slots=True)
class WhatIfOrder:
    """What is asked for.

    ``ledger``: what ``bangfu run`` reads (a folder of tables, an Excel ledger, a database URL). ``out``: the folder to
    make. ``basis``: ``met`` shows who would newly qualify, ``recorded`` only what changes for those on record.
    """

    ledger: str
    out: Path
    basis: str = "met"
    resume: bool = False
    part_size: int | None = None
    means: Means = field(default_factory=Means)
    most: int = MOST
    profiles: bool = True


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The answer, as plain data; sums are whole fen. ``classes``: see ``compare.CLASSES``.

    ``unsure``: of those with more or less money, how many also have answers that are open before or after; ``spread``:
    households by how much more or less a year. ``costs``: one row for each cadence; ``entries`` for each entry and cadence; ``streets``, ``communities``; ``groups``
    overlap. ``regular`` is what repeats over a year, counted for twelve months; ``event`` what the ledger's claims and
    one-off payments come to; each as {before, after}.
    """

    place: str
    title_zh: str
    title_en: str
    day: str
    basis: str
    base_hash: str
    variant_hash: str
    engine_version: str
    lapsed_since: str | None
    households: int
    people: int
    households_rejected: int
    rows_rejected: int
    differences: list[Difference]
    classes: dict[str, int]
    unsure: int
    spread: list[dict[str, int | None]]
    costs: list[dict[str, Any]]
    regular: dict[str, int]
    event: dict[str, int]
    entries: list[dict[str, Any]]
    streets: list[dict[str, Any]]
    communities: list[dict[str, Any]]
    groups: list[dict[str, Any]]
    profiles: list[ProfileChange]
    movers: list[Mover]

    def as_data(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return json.loads(json.dumps(dataclasses.asdict(self), ensure_ascii=False, default=str))  # type: ignore[no-any-return]


def what_if(pair: Pair, order: WhatIfOrder, progress: Progress, also: Callable[[WhatIf], None] = lambda _: None) -> WhatIf:
    """Answer a ledger under both packs and say what the change does.

    Args:
        pair: Base and variant (``pair.make_pair``).
        order: The ledger, the folder to write, the means.
        progress: Told of each stage: ``base read`` … ``variant write``, ``compare``, ``profiles``, ``movers``.
        also: Writes further files into the folder before ``whatif.json`` makes it a result.

    Raises:
        BangfuError: As ``run_population``; or the folder is a finished what-if, or not empty.
    """
    import duckdb
    import pyarrow as pa

    check_means(order.means)
    _open(order)
    manifests = {side: _side(pair, order, progress, side) for side in ("base", "variant")}
    progress.begin("compare", None)
    connection = connect(OutFolder(order.out / "base").work, order.means, order.out.resolve())
    try:
        found = _compared(connection, pair, order, manifests)
        homes = most_changed(connection, order.most)
    except (duckdb.InterruptException, RuntimeError) as error:
        # Ctrl-C inside a query comes out of DuckDB as a plain RuntimeError.
        if "interrupt" not in str(error).lower():
            raise
        raise KeyboardInterrupt from None
    except (duckdb.Error, pa.ArrowException, OSError, MemoryError) as error:
        raise readable(error, order.means) from error
    finally:
        connection.close()
    profiles = profile_changes(pair, progress) if order.profiles else []
    progress.begin("movers", None)
    movers = explain_movers(pair, {side: _order(pair, order, side) for side in ("base", "variant")}, order.basis, homes)
    result = WhatIf(**found, profiles=profiles, movers=movers)
    try:
        also(result)
    except OSError as error:
        raise readable(error, order.means) from error
    write_whole(order.out / RESULT, json.dumps(result.as_data(), ensure_ascii=False, indent=1, sort_keys=True) + "\n")
    for side in ("base", "variant"):
        OutFolder(order.out / side).clear()
    return result


def _open(order: WhatIfOrder) -> None:
    out, shown = order.out, order.out.name
    if out.exists() and not out.is_dir():
        raise UsageError(f"“{shown}”是文件，不是文件夹", f'"{shown}" is a file, not a folder')
    if (out / RESULT).exists():
        raise UsageError(f"“{shown}”已是完整的测算，不覆盖；请换一个文件夹", f'"{shown}" is a finished what-if and is not overwritten; choose another folder')
    begun = (out / "base").exists()
    if out.exists() and any(out.iterdir()) and not (order.resume and begun):
        raise UsageError(
            f"“{shown}”里有未完成的测算：加 --resume 继续，或删去该文件夹" if begun else f"“{shown}”不是空文件夹；请换一个",
            f'"{shown}" holds an unfinished what-if: go on with --resume, or delete the folder' if begun else f'"{shown}" is not empty; choose another folder',
        )
    if order.resume and not begun:
        raise UsageError(f"“{shown}”里没有可以继续的测算", f'"{shown}" holds no what-if to resume')
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"建不了文件夹 {shown}：{os_reason(error)}", f"cannot make the folder {shown}: {error.strerror}") from None


def _order(pair: Pair, order: WhatIfOrder, side: str) -> Order:
    out, base = order.out / side, order.out / "base" / MANIFEST
    # Both sides are cut alike: they are compared partition by partition.
    size = order.part_size or (json.loads(base.read_text(encoding="utf-8"))["part_size"] if base.exists() else None)
    return Order(order.ledger, pair.day, out, order.basis, False, (out / ".work").exists(), size, ASKED, order.means, open_rows=True, keep_stage=True, open_entries=reached_entries(pair.base, pair.variant))


def _side(pair: Pair, order: WhatIfOrder, progress: Progress, side: str) -> dict[str, Any]:
    """Answer the ledger under one pack, or take the answer that a stopped what-if had finished."""
    engine: Engine = getattr(pair, side)
    done = order.out / side / MANIFEST
    if done.exists():
        kept: dict[str, Any] = json.loads(done.read_text(encoding="utf-8"))
        asked = {"pack_hash": engine.pack.content_hash, "on": pair.day.isoformat(), "ledger": order.ledger, "basis": order.basis, "open_entries": named_hash(reached_entries(pair.base, pair.variant)), **({"part_size": order.part_size} if order.part_size else {})}
        other = sorted(name for name, value in asked.items() if name != "ledger" and kept.get(name) != value)
        if other:
            raise UsageError(f"与未完成的测算不同：{'、'.join(other)}；请用原来的选项继续，或删去该文件夹重新开始", f"this is not the what-if that was begun: {', '.join(other)} differ; go on with the same options, or delete the folder and start over")
        return kept
    told = Progress(lambda stage, total: progress.begin(f"{side} {stage}", total), progress.tick)
    return run_population(engine, _order(pair, order, side), told)


def _compared(connection: Any, pair: Pair, order: WhatIfOrder, manifests: dict[str, dict[str, Any]]) -> dict[str, Any]:
    base, counts = manifests["base"], manifests["base"]["counts"]
    compare_results(connection, order.out, sorted({*base["parts"], *manifests["variant"]["parts"]}))
    for name, table in (("changed_entitlements", "line"), ("changed_households", "home")):
        _write(connection, order.out, name, table)
    entries = [row | _labels(pair, row["entry"]) for row in by_entry(connection, order.out)]
    pack = pair.base.pack
    return {
        "place": pack.place, "title_zh": pack.document.title.zh, "title_en": pack.document.title.en, "day": pair.day.isoformat(), "basis": order.basis,
        "base_hash": pack.content_hash, "variant_hash": pair.variant.pack.content_hash, "engine_version": __version__, "lapsed_since": base["lapsed_since"],
        "households": counts["households"], "people": counts["people"], "households_rejected": counts["households_rejected"], "rows_rejected": counts["rows_rejected"],
        "differences": list(pair.differences), "classes": classes(connection, counts["households"]), "unsure": unsure(connection), "spread": spread(connection),
        "costs": _costs(entries), "regular": _yearly(entries), "event": _once(entries), "entries": entries,
        "streets": by_area(connection, finer=False), "communities": by_area(connection, finer=True),
        "groups": [row | _labels(pair, row["group"]) for row in by_group(connection, counts["households"])],
    }  # fmt: skip


def _write(connection: Any, out: Path, name: str, table: str) -> None:
    beside = out / "base" / ".work" / f"{name}.parquet"
    connection.execute(f"COPY (SELECT * FROM {table} ORDER BY ALL) TO {literal(str(beside.resolve()))} (FORMAT parquet, COMPRESSION zstd)")
    beside.replace(out / f"{name}.parquet")


def _labels(pair: Pair, name: str) -> dict[str, Any]:
    entry = pair.variant.pack.entries.get(name) or pair.base.pack.entries.get(name)
    if entry is None:
        return {"label_zh": "不属任何一类", "label_en": "in no group", "article": ""}
    return {"label_zh": entry.label.zh, "label_en": entry.label.en, "article": "、".join(pair.base.articles.get(name) or pair.variant.articles.get(name) or ())}


# -- sums --------------------------------------------------------------------------------------------------------
ENDS = ("low_before", "high_before", "low_after", "high_after", "without_sum_before", "without_sum_after")


def _costs(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one row for each cadence of money: answers and sums before and after."""
    found: dict[str, dict[str, Any]] = {}
    for row in (row for row in entries if row["money"]):
        kept = found.setdefault(row["every"] or "", dict.fromkeys(("answers_before", "answers_after", *ENDS), 0))
        for name in kept:
            kept[name] += row[name]
    order = [*YEARLY, *(name for name in found if name not in YEARLY)]
    return [{"every": name, "times_a_year": YEARLY.get(name), **found[name]} for name in order if name in found]


def _sums(entries: list[dict[str, Any]], times: Callable[[str | None], int]) -> dict[str, int]:
    money = [row for row in entries if row["money"]]
    return {end: sum(row[f"low_{end}"] * times(row["every"]) for row in money) for end in ("before", "after")}


def _yearly(entries: list[dict[str, Any]]) -> dict[str, int]:
    return _sums(entries, lambda every: YEARLY.get(every or "", 0))


def _once(entries: list[dict[str, Any]]) -> dict[str, int]:
    return _sums(entries, lambda every: 0 if every in YEARLY else 1)


__all__ = ["CLASSES", "WhatIf", "WhatIfOrder", "what_if"]
