"""``curve``: aid against income for one household, in one place or in all."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from bangfu.cli.assessing import JSON, ON, WITH
from bangfu.cli.context import Context
from bangfu.cli.printing import console
from bangfu.rules.engine import Engine
from bangfu.rules.errors import BangfuError, UsageError
from bangfu.rules.whatif import profiles
from bangfu.rules.whatif.curve import Curve, draw_curve, read_vary
from bangfu.rules.whatif.curve_files import check_name, write_curves
from bangfu.rules.whatif.curve_text import chart_lines, curve_data, jump_text, slope_text


@click.command()
@click.argument("file", type=click.Path())
@click.option("--vary", required=True, help="变什么，从多少到多少（元）：income=0..8000、wage_income=0..8000、B.wage_income=0..8000 | What is varied.")
@click.option("--step", help="先每隔多少看一次（默认：分 160 步）；跳变总是找到分 | The first grid; jumps are found to the fen.")
@click.option("--place", "-p", "places", multiple=True, help="只看这些地方（默认：五地）| Only these places (default: all).")
@click.option("--rest-absent", is_flag=True, help="没写明的都当作没有（否、0、没领过），看收入本身的作用 | Take what is not stated as not there.")
@ON
@WITH
@click.option("--out", type=click.Path(), help="写入 .html（图）或 .xlsx | Write a page with charts or an Excel file.")
@JSON
@click.pass_obj
def curve(  # noqa: PLR0913 - click hands over one argument per option
    ctx: Context, file: str, vary: str, step: str | None, places: tuple[str, ...], rest_absent: bool, on: str | None, overlays: tuple[str, ...],
    out: str | None, as_json: bool,
) -> int:
    """收入一变，帮扶变多少：斜率和悬崖 | Aid against income: slopes and cliffs.

    \b
    bangfu curve examples/honghuagang.yaml --vary income=0..8000 --place 红花岗
    bangfu curve 我家.yaml --vary income=0..8000 --out 曲线.html
    bangfu curve examples/profiles/05-single-parent.yaml --vary A.wage_income=0..5000 --step 10 --rest-absent --on 2024-06-01 --place 武昌

    按条件推算（不看在册），只计确定可得、按期发放的钱，折成每月；待定的项列名不计。
    """
    if out:
        check_name(Path(out))
    content = ctx.content(file)
    day = ctx.day(on, content)
    chosen = [ctx.place(name) for name in places] or ctx.places()
    if overlays and len(chosen) > 1:
        raise UsageError("补充件只属一地：请同时用 --place", "an overlay belongs to one place: name it with --place")
    drawn: list[tuple[Engine, Curve]] = []
    faults: dict[str, BangfuError] = {}
    for place in chosen:
        try:
            engine = ctx.engine(place, overlays)
            given = ctx.given(engine, file, content)
            if len(given.of_entity("household")) != 1:
                raise UsageError("曲线只画一户；文件里应正好有一户", "a curve is of one household; the file must hold exactly one")
            given = profiles.rest_absent(engine.pack, given) if rest_absent else given
            drawn.append((engine, draw_curve(engine, given, read_vary(engine.pack, given, vary, step), day)))
        except BangfuError as error:
            if len(chosen) == 1:
                raise
            faults[place] = error
    if not drawn:
        raise next(iter(faults.values()))
    title = content.get("title") if isinstance(content, dict) else None
    zh, _, en = str(title or Path(file).name).partition(" | ")
    _shown(ctx, drawn, faults, out, ctx.say(zh, en or zh), as_json=as_json)
    return 0


def _shown(ctx: Context, drawn: list[tuple[Engine, Curve]], faults: dict[str, BangfuError], out: str | None, name: str, *, as_json: bool) -> None:
    if out:
        write_curves([(engine.pack, found) for engine, found in drawn], ctx.say(f"收入与帮扶：{name}", f"Aid against income: {name}"), Path(out), ctx.lang)
        click.echo(ctx.say(f"已写入 {out}", f"written to {out}"), err=True)
    if as_json:
        data = {engine.pack.place: curve_data(engine.pack, found) for engine, found in drawn}
        click.echo(json.dumps(data | {place: {"error": error.text(ctx.lang)} for place, error in faults.items()}, ensure_ascii=False, indent=1, sort_keys=True))
        return
    said = console()
    for engine, found in drawn:
        _one(ctx, engine, found, said)
    for place, error in faults.items():
        said.print(f"\n[bold]{place}[/]  [red]{escape(error.text(ctx.lang).splitlines()[0])}[/]")


def _one(ctx: Context, engine: Engine, found: Curve, said: Console) -> None:
    pack = engine.pack
    fact = pack.vocabulary.facts[found.vary.fact].label.text(ctx.lang)
    said.print(f"\n[bold]{escape(pack.document.title.text(ctx.lang))}[/]  [dim]{pack.place}[/]")
    said.print(f"[dim]{escape(fact)}（{escape(found.vary.row)}）· {ctx.say('每月帮扶（元）', 'aid a month (元)')}[/]")
    if any(point.aid for point in found.points):
        for line in chart_lines(found):
            said.print(line, highlight=False)
    for segment in found.segments:
        said.print(f"  {slope_text(segment, found.vary.months, ctx.lang)}")
    for jump in found.jumps:
        mark = f"[bold red]{ctx.say('悬崖', 'cliff')}[/]" if jump.is_cliff else f"[green]{ctx.say('变化', 'change')}[/]"
        said.print(f"  {mark} {escape(jump_text(pack, jump, ctx.lang))}")
    if found.unsure:
        said.print(f"  [dim]{ctx.say(f'另有 {len(found.unsure)} 项待定，没有计入；用 bangfu assess 看缺什么。', f'{len(found.unsure)} more are undecided and not counted; bangfu assess says what is missing.')}[/]")


__all__ = ["curve"]
