"""``run``: a whole ledger at once. Exit codes: 0 done, 1 ledger or pack has faults, 2 the call was off, 3 rows were left out, 4 stopped on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from bangfu.cli.assessing import JSON, PLACE, WITH
from bangfu.cli.context import Context
from bangfu.cli.stopping import INTERRUPTED, stopped, stops_at_once
from bangfu.rules.errors import UsageError
from bangfu.rules.population.database import Means, RunError
from bangfu.rules.population.partition import Carrier, OnDuckDb
from bangfu.rules.population.run import ASKED, Order, Progress, run_population

REJECTED = 3
STOPPED = 4
STAGES = {
    "read": ("读入台账", "reading the ledger"), "link": ("归户核对", "linking rows"), "answer": ("按户计算", "answering"), "write": ("汇总写出", "summing up"),
}  # fmt: skip


@click.command()
@click.argument("ledger")
@PLACE
@click.option("--on", help="计算日期，如 2024-06-30（默认：今天）| The day asked (default: today).")
@click.option("--out", type=click.Path(), required=True, help="结果文件夹（新建）| The folder for the result, made anew.")
@WITH
@click.option("--undecided", is_flag=True, help="也写出待定的各项和还缺什么（逐户用参照算法，较慢；用 --threads 个进程）| Write undecided answers too, with what each needs (slower; in as many processes as --threads).")
@click.option("--basis", type=click.Choice(["met", "recorded"]), help="met 按条件推算；recorded 以在册为准（默认：台账有领取记录即以在册为准）| How recognitions are answered.")
@click.option("--memory", default="2GB", show_default=True, help="内存上限，超出部分用磁盘 | Memory limit; what exceeds it goes to disk.")
@click.option("--threads", type=click.IntRange(1, 256), default=2, show_default=True, help="线程数；--undecided 时也是复算的进程数，每个约 50 MB | Threads; with --undecided also processes of the reference, 50 MB each.")
@click.option("--part-size", type=click.IntRange(1), help="每批户数，续算的单位（默认：duckdb 按 --memory 定，2GB 为 15.3 万户；spark 500 万户）| Households in a partition, the unit of resuming (default: as many as --memory bears, 153000 in 2GB; on Spark 5000000).")
@click.option("--runner", type=click.Choice(["duckdb", "spark"]), default="duckdb", show_default=True, help="用什么计算，答案相同 | What carries the rules out; the answers are the same.")
@click.option("--master", default="local[2]", show_default=True, help="Spark 集群地址（配合 --runner spark）| Where Spark runs, with --runner spark.")
@click.option("--spark-conf", "spark_conf", multiple=True, metavar="NAME=VALUE", help="Spark 设置，可重复 | A setting of Spark, as often as needed.")
@click.option("--asked", type=click.IntRange(1), default=ASKED, show_default=True, help="抽多少户问“还缺什么”并复算（--undecided 时全部）| Households drawn for the data-collection plan and worked out twice.")
@click.option("--resume", is_flag=True, help="接着未完成的运行 | Go on with the run that the folder holds.")
@JSON
@click.pass_obj
def run(  # noqa: PLR0913 - click hands over one argument per option
    ctx: Context, ledger: str, place: str | None, on: str | None, out: str, overlays: tuple[str, ...], undecided: bool,
    basis: str | None, memory: str, threads: int, part_size: int | None, runner: str, master: str, spark_conf: tuple[str, ...],
    asked: int, resume: bool, as_json: bool,
) -> int:
    """算整本台账 | Answer a whole ledger: who is entitled to what, totals, what to collect first.

    LEDGER 是一个文件夹（每类一个 Parquet 或 CSV 表：household、person、record……，列名见 docs/analyst/tables.md）、Excel 台账，
    或数据库地址（sqlite:///文件、postgresql://用户@主机/库）。| LEDGER is a folder (a Parquet or CSV table of each kind: household,
    person, record …; the columns are in docs/analyst/tables.md), an Excel ledger, or the address of a database
    (sqlite:///file, postgresql://user@host/database).

    \b
    bangfu run 台账文件夹 --place 武昌 --on 2022-06-30 --out 结果
    bangfu run ledger.xlsx --place wuchang --out result --undecided
    bangfu run postgresql://reader@db/registry --place county --out result --memory 4GB
    bangfu run 台账文件夹 --place 武昌 --on 2022-06-30 --out 结果 --resume
    bangfu run 台账文件夹 --place 武昌 --on 2022-06-30 --out 结果 --runner spark --master local[2]

    \b
    结果 | the result
      manifest.json          最后写出；有它才是完整结果 | written last: without it there is no result
      entitlements/          每项一行 | one row for each entitlement
      totals_by_*.csv        按条目、街道、人群 | by rule, street, group
      data_plan.csv          先补哪些资料 | what to collect first
      rejects.csv            退回的行和原因 | rows left out, with reasons
      summary.zh.md          摘要 | a summary to read
    一行有错，全户退回，退出码为 3。| A faulty row leaves its household out; the exit code is 3.
    """
    engine = ctx.engine(ctx.place(place), overlays)
    order = Order(ledger, ctx.day(on), Path(out), basis, undecided, resume, part_size, asked, Means(memory, threads), processes=threads)
    try:
        with _carrier(ctx, runner, master, order.means, spark_conf) as carrier, progress_shown(ctx, STAGES, shown=not as_json) as progress:
            manifest = run_population(engine, order, progress, carrier)
    except KeyboardInterrupt:
        click.echo(stopped(ctx), err=True)
        return INTERRUPTED
    except RunError as error:
        click.echo(error.text(ctx.lang), err=True)
        return STOPPED
    if as_json:
        click.echo(json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True))
    else:
        _told(ctx, manifest, Path(out))
    return REJECTED if manifest["counts"]["rows_rejected"] else 0


@contextmanager
def _carrier(ctx: Context, runner: str, master: str, means: Means, spark_conf: tuple[str, ...]) -> Iterator[Carrier]:
    """Yield what carries the SQL out; a Spark session is closed afterwards."""
    wrong = [text for text in spark_conf if not text.startswith("spark.") or "=" not in text]
    if wrong:
        raise UsageError(f"--spark-conf 请写如 spark.executor.memory=4g，不是“{wrong[0]}”", f'write --spark-conf such as spark.executor.memory=4g, not "{wrong[0]}"')
    if runner == "duckdb":
        yield OnDuckDb()
        return
    from bangfu.rules.population.on_spark import opened

    with opened(master, means, dict(text.split("=", 1) for text in spark_conf)) as carrier, stops_at_once(ctx, carrier):
        yield carrier


@contextmanager
def progress_shown(ctx: Context, stages: dict[str, tuple[str, str]], *, shown: bool) -> Iterator[Progress]:
    """Show a bar for each stage on a terminal; ``stages`` are their names in both languages."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress as Bar, TaskProgressColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Bar(*columns, console=console, disable=not shown or not console.is_terminal) as bar:
        tasks: list[Any] = []

        def begin(stage: str, total: int | None) -> None:
            if tasks:
                bar.update(tasks[-1], total=1, completed=1)
            tasks.append(bar.add_task(ctx.say(*stages[stage]), total=total))

        yield Progress(begin, lambda steps: bar.advance(tasks[-1], steps))


def _told(ctx: Context, manifest: dict[str, Any], out: Path) -> None:
    counts = manifest["counts"]
    if manifest["lapsed_since"]:
        click.echo(ctx.say(f"注意：该文件已于 {manifest['lapsed_since']} 失效，以下为推算，不再新批。", f"Note: the document lapsed on {manifest['lapsed_since']}; computed only, nothing new is granted."))
    click.echo(ctx.say(
        f"{counts['households']:,} 户 {counts['people']:,} 人：符合 {counts['yes']:,} 项，待定 {counts['undecided']:,} 项。",
        f"{counts['households']:,} households, {counts['people']:,} people: {counts['yes']:,} yes, {counts['undecided']:,} undecided.",
    ))  # fmt: skip
    if counts["rows_rejected"]:
        click.echo(ctx.say(
            f"退回 {counts['households_rejected']:,} 户（有错的 {counts['rows_rejected']:,} 行见 {out / 'rejects.csv'}）。",
            f"{counts['households_rejected']:,} households were left out ({counts['rows_rejected']:,} faulty rows: {out / 'rejects.csv'}).",
        ))  # fmt: skip
    if manifest["missing_columns"]:
        names = list(manifest["missing_columns"])
        click.echo(ctx.say(f"台账没有的列 {len(names)} 个：{'、'.join(names[:6])}{'……' if len(names) > 6 else ''}（用途见摘要）", f"{len(names)} columns that rules read are not in the ledger: {', '.join(names[:6])}{' …' if len(names) > 6 else ''} (what for: see the summary)"))
    click.echo(ctx.say(f"摘要：{out / 'summary.zh.md'}", f"summary: {out / 'summary.en.md'}"))
