"""``whatif``: what a change does to everybody in a ledger. Exit codes as ``run``."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bangfu.cli.assessing import JSON, PLACE, WITH
from bangfu.cli.context import Context
from bangfu.cli.population import REJECTED, STAGES, STOPPED, progress_shown
from bangfu.cli.printing import console
from bangfu.cli.stopping import INTERRUPTED
from bangfu.rules.population.database import Means, RunError
from bangfu.rules.whatif.compare import YEARLY
from bangfu.rules.whatif.pair import make_pair, read_overlay
from bangfu.rules.whatif.run import WhatIf, WhatIfOrder, what_if
from bangfu.rules.whatif.words import CLASS_WORDS, FATE_WORDS, area_name, changed, every_text, label, yuan

SIDES = {"base": ("现行：", "in force: "), "variant": ("改后：", "changed: ")}
STEPS = {f"{side} {name}": (zh + words[0], en + words[1]) for side, (zh, en) in SIDES.items() for name, words in STAGES.items()} | {
    "compare": ("逐户比较", "comparing"), "profiles": ("十户示例", "ten profiles"), "movers": ("变动最大的户", "households that change most"),
}  # fmt: skip
MOST = 12


@click.command()
@click.argument("ledger")
@PLACE
@click.option("--change", "changes", multiple=True, required=True, help="改动（可多次）：名称=+30、名称=970、名称=-5%、名称[urban]=970、补充件.yaml、改过的政策文件夹 | A change (repeatable).")
@click.option("--from", "since", help="自哪天起（默认：今天）；两边都按这一天计算 | From which day; both sides are worked out for it.")
@click.option("--out", type=click.Path(), required=True, help="结果文件夹（新建）| The folder for the result, made anew.")
@WITH
@click.option("--basis", type=click.Choice(["met", "recorded"]), default="met", show_default=True, help="met 包括会新符合的人；recorded 只看在册的人 | Who would newly qualify, or only those on record.")
@click.option("--memory", default="2GB", show_default=True, help="内存上限 | Memory limit.")
@click.option("--threads", type=click.IntRange(1, 256), default=2, show_default=True, help="线程数 | Threads.")
@click.option("--part-size", type=click.IntRange(1), help="每批户数（默认按 --memory 定）| Households in a partition (default: as many as --memory bears).")
@click.option("--resume", is_flag=True, help="接着未完成的测算 | Go on with what the folder holds.")
@JSON
@click.pass_obj
def whatif(  # noqa: PLR0913 - click hands over one argument per option
    ctx: Context, ledger: str, place: str | None, changes: tuple[str, ...], since: str | None, out: str, overlays: tuple[str, ...],
    basis: str, memory: str, threads: int, part_size: int | None, resume: bool, as_json: bool,
) -> int:
    """先测算再签发：标准一改，谁多谁少、花多少钱 | Who gains, who loses and what it costs, before it is signed.

    LEDGER 与 bangfu run 相同：文件夹、Excel 台账或数据库地址。| LEDGER is as for bangfu run: a folder, an Excel ledger or
    the address of a database.

    \b
    bangfu whatif 台账 --place 武昌 --change "dibao_standard=+30" --from 2023-06-01 --out 测算
    bangfu whatif 台账 --place 武昌 --change "dibao_standard[urban]=970" --from 2023-06-01 --out 测算2
    bangfu whatif 台账 --place 武昌 --change 新标准.yaml --from 2023-06-01 --out 测算3
    bangfu whatif 台账 --place 武昌 --change 改过的政策包/wuchang --from 2023-06-01 --out 测算4

    \b
    结果 | the result
      whatif.html      一页看完，可打印，不联网 | one page with charts, prints, needs no network
      whatif.xlsx      费用、待遇、街道、人群、悬崖、变动户 | the same as sheets
      whatif.json      最后写出；有它才是完整结果 | written last: without it there is no result
      changed_*.parquet  逐户、逐项的变动 | by household and by entitlement
      base/ variant/   两边的完整结果 | both whole results
    """
    day = ctx.day(since)
    pair = make_pair(ctx.folder, ctx.place(place), day, changes, [read_overlay(Path(name)) for name in overlays])
    order = WhatIfOrder(ledger, Path(out), basis, resume, part_size, Means(memory, threads))
    try:
        with progress_shown(ctx, STEPS, shown=not as_json) as progress:
            found = what_if(pair, order, progress, lambda result: _files(result, Path(out), ctx.lang))
    except KeyboardInterrupt:
        click.echo(ctx.say("已停止；加 --resume 可继续。", "Stopped; --resume goes on from here."), err=True)
        return INTERRUPTED
    except RunError as error:
        click.echo(error.text(ctx.lang), err=True)
        return STOPPED
    if as_json:
        click.echo(json.dumps(found.as_data(), ensure_ascii=False, indent=1, sort_keys=True))
    else:
        _told(ctx, found, Path(out), day)
    return REJECTED if found.rows_rejected else 0


def _files(found: WhatIf, out: Path, lang: str) -> None:
    from bangfu.rules.whatif.excel import write_book
    from bangfu.rules.whatif.page import write_page

    write_page(found, out / "whatif.html", lang)
    write_book(found, out / "whatif.xlsx", lang, out / "changed_households.parquet")


def _told(ctx: Context, found: WhatIf, out: Path, day: dt.date) -> None:
    said = console()
    if found.lapsed_since:
        said.print(f"[bold red]{ctx.say(f'该文件已于 {found.lapsed_since} 失效：以下为推算，不再新批。', f'This document lapsed on {found.lapsed_since}: computed only, nothing new is granted.')}[/]")
    for difference in found.differences[:MOST]:
        said.print(f"[bold]{escape(difference.text(ctx.lang))}[/]")
    said.print(ctx.say(f"自 {day} 起；台账 {found.households:,} 户 {found.people:,} 人", f"from {day}; {found.households:,} households, {found.people:,} people"))
    if found.rows_rejected:
        said.print(ctx.say(f"另有 {found.households_rejected:,} 户因资料有错未计入（{found.rows_rejected:,} 行，见 {out / 'base' / 'rejects.csv'}）", f"{found.households_rejected:,} more were left out ({found.rows_rejected:,} faulty rows: {out / 'base' / 'rejects.csv'})"))
    said.print()
    said.print("  ".join(f"{words.text(ctx.lang)} [bold]{found.classes[name]:,}[/]" for name, words in CLASS_WORDS.items() if found.classes[name] or name in ("gain", "lose", "none")) + ctx.say("（户）", " (households)"))
    month = next((row["low_after"] - row["low_before"] for row in found.costs if row["every"] == "month"), 0)
    year, event = (sums["after"] - sums["before"] for sums in (found.regular, found.event))
    said.print(ctx.say(f"每月发放的 {yuan(month, sign=True)} 元/月；按期发放的合计 {yuan(year, sign=True)} 元/年；一次性、按次的 {yuan(event, sign=True)} 元", f"monthly payments {yuan(month, sign=True)} 元 a month; all that repeats {yuan(year, sign=True)} 元 a year; once and by the claim {yuan(event, sign=True)} 元"))
    if found.unsure:
        said.print(f"[dim]{ctx.say(f'其中 {found.unsure:,} 户另有待定的项，待定的钱没有计入', f'{found.unsure:,} of them also have open answers, whose sums are not counted')}[/]")
    for made in (_entries(ctx, found), _areas(ctx, found), _groups(ctx, found)):
        said.print()
        said.print(made)
    _cliffs(ctx, found, said)
    said.print()
    said.print(ctx.say(f"网页：{out / 'whatif.html'}　Excel：{out / 'whatif.xlsx'}", f"page: {out / 'whatif.html'}  Excel: {out / 'whatif.xlsx'}"))


def _table(title: str, heads: list[str]) -> Table:
    table = Table(title=title, title_justify="left", show_edge=False, header_style="bold", pad_edge=False)
    for place, head in enumerate(heads):
        table.add_column(head, justify="right" if place else "left", overflow="fold")
    return table


def _entries(ctx: Context, found: WhatIf) -> Table:
    moved = [row for row in found.entries if row["money"] and changed(row) and row["low_before"] != row["low_after"]]
    moved.sort(key=lambda row: -abs(row["low_after"] - row["low_before"]) * YEARLY.get(row["every"], 1))
    table = _table(ctx.say("哪些待遇变了（金额）", "which benefits change (sums)"), [ctx.say("待遇", "benefit"), ctx.say("周期", "how often"), ctx.say("户", "households"), ctx.say("现行（元）", "in force (元)"), ctx.say("改后（元）", "changed (元)"), ctx.say("增减（元）", "difference (元)")])
    for row in moved[:MOST]:
        homes = f"{row['households_before']:,} → {row['households_after']:,}"
        table.add_row(label(row, ctx.lang), every_text(row["every"], ctx.lang), homes, yuan(row["low_before"]), yuan(row["low_after"]), yuan(row["low_after"] - row["low_before"], sign=True))
    return table


def _areas(ctx: Context, found: WhatIf) -> Table:
    table = _table(ctx.say("各街道", "by street"), [ctx.say("街道", "street"), ctx.say("户", "households"), ctx.say("多", "more"), ctx.say("少", "less"), ctx.say("元/年", "元 a year")])
    for row in found.streets[:MOST]:
        table.add_row(area_name(row, ctx.lang), f"{row['households']:,}", f"{row['gain']:,}", f"{row['lose']:,}", yuan(row["regular"], sign=True))
    return table


def _groups(ctx: Context, found: WhatIf) -> Table:
    table = _table(ctx.say("哪类家庭（一户可属几类）", "by group (a household may be in several)"), [ctx.say("人群", "group"), ctx.say("户", "households"), ctx.say("多", "more"), ctx.say("少", "less"), ctx.say("元/年", "元 a year")])
    for row in found.groups[:MOST]:
        if row["gain"] or row["lose"] or row["mixed"]:
            table.add_row(label(row, ctx.lang), f"{row['households']:,}", f"{row['gain']:,}", f"{row['lose']:,}", yuan(row["regular"], sign=True))
    return table


def _cliffs(ctx: Context, found: WhatIf, said: Console) -> None:
    counts = {fate: sum(profile.count(fate) for profile in found.profiles) for fate in FATE_WORDS}
    said.print()
    said.print(ctx.say("十户固定示例的收入悬崖：", "cliffs of the ten fixed profiles: ") + "  ".join(f"{FATE_WORDS[fate].text(ctx.lang)} {count}" for fate, count in counts.items()))


__all__ = ["whatif"]
