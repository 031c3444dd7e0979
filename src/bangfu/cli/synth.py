"""``synth``: a made-up district to test and show with."""

from __future__ import annotations

from pathlib import Path

import click

from bangfu.cli.assessing import ON, PLACE, WITH
from bangfu.cli.context import Context
from bangfu.cli.printing import console


@click.command()
@PLACE
@click.option("--people", type=int, default=20_000, show_default=True, help="至少多少人 | At least so many people.")
@click.option("--seed", type=int, default=1, show_default=True, help="种子：同一种子，同样的行 | The same seed gives the same rows.")
@click.option("--out", required=True, type=click.Path(), help="写到哪个新文件夹 | The new folder to write.")
@ON
@WITH
@click.option("--rarity", type=click.Choice(["plausible", "testing"]), default="plausible", show_default=True, help="testing：罕见的事变得常见，供测试 | testing: rare things become common, for tests.")
@click.option("--format", "form", type=click.Choice(["parquet", "csv"]), default="parquet", show_default=True, help="文件格式 | The form of the files.")
@click.option("--memory", default="1GB", show_default=True, help="数据库内存上限 | Memory limit of the database.")
@click.option("--threads", type=int, default=2, show_default=True, help="线程 | Threads.")
@click.pass_obj
def synth(  # noqa: PLR0913 - click hands over one argument per option
    ctx: Context, place: str | None, people: int, seed: int, out: str, on: str | None, overlays: tuple[str, ...],
    rarity: str, form: str, memory: str, threads: int,
) -> int:
    """造一个虚构的区县台账 | Make up a district: the ledger that `bangfu run` reads. Nobody in it is real.

    \b
    bangfu synth --place 武昌 --people 20000 --seed 1 --on 2024-06-30 --out 虚构武昌
    """
    from bangfu.rules.synthetic.write import Order, district_of, write_district

    engine = ctx.engine(ctx.place(place), overlays)
    district = district_of(engine, seed, ctx.day(on), testing=rarity == "testing")
    order = Order(people, form, memory=memory, threads=threads)
    shown = console()
    if shown.is_terminal:
        from rich.progress import Progress

        with Progress(console=shown, transient=True) as progress:
            task = progress.add_task(ctx.say("造人", "making people"), total=people)
            said = write_district(engine, district, order, Path(out), lambda count: progress.advance(task, count))
    else:
        said = write_district(engine, district, order, Path(out))
    rows = sum(said["rows"].values())
    click.echo(ctx.say(
        f"已写入 {out}：{said['households']:,} 户，{said['people']:,} 人，共 {rows:,} 行（种子 {seed}，{said['day']}）。全部虚构。",
        f"written to {out}: {said['households']:,} households, {said['people']:,} people, {rows:,} rows in all (seed {seed}, {said['day']}). All made up.",
    ))  # fmt: skip
    return 0


