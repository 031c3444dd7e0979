"""``assess``, ``why``, ``compare`` and ``demo``: answers about households."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from bangfu.cli.context import Context
from bangfu.cli.printing import GIVES, banner, console, print_assessment, print_reasons
from bangfu.rules.assess import Assessment, assess as run_assessment
from bangfu.rules.engine import Engine
from bangfu.rules.errors import FaultsError, UnknownNameError, UsageError, os_reason
from bangfu.rules.household import Given
from bangfu.rules.phrases import sum_text
from bangfu.rules.policies_folder import shipped

PLACE = click.option("--place", "-p", help="地方：文件夹名、中文名或区划代码 | The place.")
ON = click.option("--on", help="计算日期，如 2022-06-30（默认：文件里的 on，否则今天）| The day asked.")
WITH = click.option("--with", "overlays", multiple=True, type=click.Path(), help="补充件（可多次）| An overlay file (repeatable).")
JSON = click.option("--json", "as_json", is_flag=True, help="输出 JSON | Print JSON.")


def prepared(ctx: Context, file: str, place: str | None, on: str | None, overlays: tuple[str, ...]) -> tuple[Engine, Given, Any]:
    """Return engine, stated facts and day for one file."""
    content = ctx.content(file)
    engine = ctx.engine(ctx.place(place or ctx.stated_place(content)), overlays)
    given = ctx.given(engine, file, content)
    return engine, given, ctx.day(on, content)


@click.command()
@click.argument("file", type=click.Path())
@PLACE
@ON
@WITH
@click.option("--basis", type=click.Choice(["met", "recorded"]), help="met 按条件推算；recorded 以在册为准 | How recognitions are answered.")
@click.option("--all", "everything", is_flag=True, help="也列出不符合的和原因 | List refusals too.")
@click.option("--out", type=click.Path(), help="写入 .xlsx（结果与理由）或 .json | Write results to .xlsx or .json.")
@JSON
@click.pass_obj
def assess(  # noqa: PLR0913 - click hands over one argument per option
    ctx: Context, file: str, place: str | None, on: str | None, overlays: tuple[str, ...], basis: str | None,
    everything: bool, out: str | None, as_json: bool,
) -> int:
    """算一户或一本台账 | Assess one household (YAML, JSON) or an Excel ledger of many.

    \b
    bangfu assess examples/wuchang.yaml
    bangfu assess 台账.xlsx --place 武昌 --on 2022-06-30 --out 结果.xlsx
    bangfu assess examples/county.yaml --json | less
    """
    engine, given, day = prepared(ctx, file, place, on, overlays)
    with _progress(ctx, given):
        found = run_assessment(engine, given, day, basis=basis)
    if out:
        _write(ctx, engine, found, Path(out))
    if as_json:
        click.echo(json.dumps(found.as_data(), ensure_ascii=False, indent=1, sort_keys=True))
    elif len(given.of_entity("household")) > 1:
        _summary(ctx, engine, found, given)
    else:
        print_assessment(ctx, engine.pack, found, given, console(), everything=everything)
    return 0


def _progress(ctx: Context, given: Given) -> Any:
    out = console()
    count = len(given.of_entity("household"))
    if count < 20 or not out.is_terminal:
        from contextlib import nullcontext

        return nullcontext()
    return out.status(ctx.say(f"正在计算 {count} 户……", f"assessing {count} households …"))


def _write(ctx: Context, engine: Engine, found: Assessment, path: Path) -> None:
    """Write results beside, then move into place: a file is whole or absent."""
    from bangfu.rules.ledger.write import write_results

    part = path.with_name(f".{path.name}.part{path.suffix}")
    try:
        if path.suffix.lower() == ".json":
            part.write_text(json.dumps(found.as_data(), ensure_ascii=False, indent=1, sort_keys=True), encoding="utf-8")
        elif path.suffix.lower() == ".xlsx":
            write_results(engine.pack, found, part, ctx.lang)
        else:
            raise UsageError(f"--out 请写 .xlsx 或 .json，不是“{path.name}”", f'--out takes .xlsx or .json, not "{path.name}"')
        part.replace(path)
    except OSError as error:
        raise UsageError(f"写不了 {path}：{os_reason(error)}", f"cannot write {path}: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
    click.echo(ctx.say(f"已写入 {path}", f"written to {path}"), err=True)


def _summary(ctx: Context, engine: Engine, found: Assessment, given: Given) -> None:
    out = console()
    banner(ctx, engine.pack, found, out)
    homes = {(r.entity, r.id): r.of for r in given.rows}
    table = Table(show_edge=False, header_style="bold")
    for head in (ctx.say("户", "household"), ctx.say("符合", "met"), ctx.say("待定", "undecided"), ctx.say("最该先问", "ask first")):
        table.add_column(head, overflow="fold")
    rows: dict[str, list[Any]] = {r.id: [0, 0, {}] for r in given.of_entity("household")}
    for answer in found.answers:
        home = answer.owner if answer.owner in rows else homes.get(("person", answer.owner)) or ""
        if answer.kind not in GIVES or home not in rows:
            continue
        rows[home][0] += answer.computed == "met"
        rows[home][1] += answer.computed == "unknown"
        for need in answer.needs if answer.computed == "unknown" else ():
            rows[home][2][need] = rows[home][2].get(need, 0) + 1
    from bangfu.rules.needs import need_label

    for name, (met, unknown, needs) in rows.items():
        first = sorted(needs, key=lambda n: -needs[n])[:3]
        table.add_row(name, str(met), str(unknown), "、".join(need_label(engine.pack, n, ctx.lang) for n in first))
    out.print(table)
    out.print(ctx.say("用 --out 结果.xlsx 得到每户每项的结果和理由。", "Use --out results.xlsx for every answer with its reasons."))


@click.command()
@click.argument("file", type=click.Path())
@click.argument("rule")
@PLACE
@ON
@WITH
@JSON
@click.pass_obj
def why(ctx: Context, file: str, rule: str, place: str | None, on: str | None, overlays: tuple[str, ...], as_json: bool) -> int:
    """为什么给、为什么不给 | The reasons for one rule, for every member it may concern.

    RULE 是条目名（如 elder_care_subsidy）或中文名的一部分。

    \b
    bangfu why examples/wuchang.yaml 养老服务补贴
    bangfu why examples/county.yaml major_illness_aid --on 2024-06-30
    """
    engine, given, day = prepared(ctx, file, place, on, overlays)
    names = _rules_named(engine, rule)
    found = run_assessment(engine, given, day)
    answers = [a for a in found.answers if a.entry in names]
    if not answers:
        click.echo(ctx.say("这户没有这一条涉及的人或事项。", "Nobody and nothing in this household is concerned by this rule."))
        return 0
    if as_json:
        data = found.as_data()
        data["answers"] = [a for a in data["answers"] if a["entry"] in names]
        click.echo(json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True))
        return 0
    out = console()
    banner(ctx, engine.pack, found, out)
    for answer in answers:
        print_reasons(ctx, engine.pack, answer, given, out)
    return 0


def _rules_named(engine: Engine, rule: str) -> set[str]:
    entries = engine.pack.entries
    if rule in entries:
        return {rule}
    found = {e.id for e in entries.values() if rule in e.label.zh or rule.lower() in e.label.en.lower()}
    if not found:
        raise UnknownNameError("条目", "rule", rule, [*entries, *(e.label.zh for e in entries.values())])
    return found


@click.command()
@click.argument("file", type=click.Path())
@ON
@JSON
@click.pass_obj
def compare(ctx: Context, file: str, on: str | None, as_json: bool) -> int:
    """同一户在各地可得什么 | The same household in all places, side by side.

    \b
    bangfu compare examples/honghuagang.yaml --on 2024-06-30
    """
    content = ctx.content(file)
    day = ctx.day(on, content)
    columns: dict[str, Assessment | str] = {}
    engines: dict[str, Engine] = {}
    for place in ctx.places():
        engine = engines[place] = ctx.engine(place)
        try:
            columns[place] = run_assessment(engine, ctx.given(engine, file, content), day, reasons=False)
        except FaultsError as error:
            columns[place] = error.faults[0].text(ctx.lang)
    if as_json:
        data = {p: (c if isinstance(c, str) else c.as_data(reasons=False)) for p, c in columns.items()}
        click.echo(json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True))
        return 0
    _side_by_side(ctx, engines, columns, day)
    return 0


def _side_by_side(ctx: Context, engines: dict[str, Engine], columns: dict[str, Assessment | str], day: Any) -> None:
    from bangfu.rules.ledger.write import EVERY

    out = console()
    titles = ctx.titles()
    out.print(ctx.say(f"计算日期 {day}；失效文件按失效前最后标准推算", f"as of {day}; lapsed documents by their last values"))
    table = Table(header_style="bold", show_lines=True)
    for place in columns:
        table.add_column(f"{titles[place][:18]}\n[dim]{place}[/]", overflow="fold", ratio=1)
    cells = []
    for place, found in columns.items():
        if isinstance(found, str):
            cells.append(f"[red]{found}[/]")
            continue
        pack = engines[place].pack
        own = [a for a in found.answers if a.kind in GIVES and a.computed == "met"]
        lines = [ctx.say("[red]（文件已失效）[/]", "[red](lapsed)[/]")] if found.lapsed_since else []
        for answer in own:
            every = EVERY[answer.every].text(ctx.lang) if answer.every else ""
            lines.append(f"[green]✓[/] {pack.entries[answer.entry].label.text(ctx.lang)} {sum_text(answer, ctx.lang)} [dim]{every} {answer.row}[/]")
        unknown = {a.entry for a in found.answers if a.kind in GIVES and a.computed == "unknown"}
        lines.append(f"[yellow]{ctx.say(f'待定 {len(unknown)} 项', f'{len(unknown)} undecided')}[/]")
        cells.append("\n".join(lines))
    table.add_row(*cells)
    out.print(table)


@click.group(invoke_without_command=True)
@click.option("--place", "-p", help="只看一地 | One place only.")
@click.pass_context
def demo(call: click.Context, place: str | None) -> int:
    """五地示例户；demo advance 推进演示服务的日期，demo code 给动态口令 | Assess the example households of all places (made-up people)."""
    if call.invoked_subcommand is not None:
        return 0
    ctx: Context = call.obj
    out = console()
    folder = shipped("examples")
    out.print(ctx.say("[bold]示例户均为虚构。[/] 每户后面附一条待遇的理由。", "[bold]The example households are made up.[/] One benefit of each is explained."))
    for path in sorted(folder.glob("*.yaml")):
        content = ctx.content(str(path))
        name = ctx.stated_place(content)
        if place is not None and ctx.place(place) != name:
            continue
        engine = ctx.engine(ctx.place(name))
        given = ctx.given(engine, str(path), content)
        found = run_assessment(engine, given, ctx.day(None, content))
        out.rule()
        out.print(f"[dim]{path.name}：{content.get('title', '')}[/]")
        print_assessment(ctx, engine.pack, found, given, out, most=6)
        explained = next((a for a in found.answers if a.kind == "cash" and a.computed == "met" and a.amount), None)
        if explained is not None:
            print_reasons(ctx, engine.pack, explained, given, out)
    out.rule()
    out.print(ctx.say("接下来：bangfu ask 一问一答；bangfu rules 轮椅 查政策；bangfu --help 看全部命令。", "Next: bangfu ask to be asked; bangfu rules WORDS to search; bangfu --help for all commands."))
    return 0


@demo.command()
@click.argument("days", type=click.IntRange(1, 3660))
@click.option("--home", type=click.Path(), default=None, help="演示的数据文件夹（BANGFU_HOME，默认 var/demo）| The demonstration's folder.")
@click.pass_obj
def advance(ctx: Context, days: int, home: str | None) -> int:
    """把演示服务的业务日期往后推几天 | Move the demonstration server's business date on by days."""
    from bangfu.cli.setting_up import set_up, setup_faults

    os.environ["BANGFU_HOME"] = home or os.environ.get("BANGFU_HOME") or "var/demo"
    set_up(demo=True)
    from bangfu.server.assessment.nightly import ask_tonight
    from bangfu.server.installation import advance_business_date

    with setup_faults():
        day = advance_business_date(days)
        ask_tonight(at_once=True)  # a demonstration does not wait for one o'clock
    click.echo(ctx.say(f"业务日期现在是 {day}。每晚测算已排队，一两分钟后看“政策找人”。", f"The business date is now {day}. The night is in the queue: see what it finds in a minute or two."))
    return 0


@demo.command()
@click.argument("username")
@click.pass_obj
def code(ctx: Context, username: str) -> int:
    """演示账号现在的动态口令，没有验证器应用时用 | The six digits that a demonstration account signs in with now."""
    from bangfu.cli.setting_up import set_up

    os.environ["BANGFU_HOME"] = os.environ.get("BANGFU_HOME") or "var/demo"
    set_up(demo=True)
    from bangfu.server.demonstration.staff import code_for, logins

    names = [login.username for login in logins()]
    if username not in names:
        raise UnknownNameError("演示账号", "demonstration account", username, names)
    click.echo(code_for(username))
    return 0
