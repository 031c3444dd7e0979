"""``check``, ``cases``, ``coverage``, ``missing`` and ``readings``: the state of a policies folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from bangfu.cli.assessing import JSON, PLACE, WITH
from bangfu.cli.context import Context
from bangfu.cli.printing import console
from bangfu.rules.casebook import CaseRunner, read_cases
from bangfu.rules.errors import Fault, UsageError, no_folder
from bangfu.rules.missing import missing_rows
from bangfu.rules.pack.checks import check_pack
from bangfu.rules.pack.coverage import coverage as coverage_of, read_exceptions
from bangfu.rules.pack.load import load_pack, places, read_pack
from bangfu.rules.plan import nodes_of
from bangfu.rules.policies_folder import policies_folder

LEVELS = {"error": ("错误", "error", "red"), "warning": ("提醒", "warning", "yellow"), "notice": ("告知", "notice", "blue")}


@click.command()
@click.argument("folder", required=False, type=click.Path())
@PLACE
@WITH
@click.option("--on", help="按哪一天看时效（默认今天）| The day for force and freshness.")
@click.option("--no-cases", is_flag=True, help="不跑案例 | Do not run the worked cases.")
@click.option("--notices", is_flag=True, help="列出告知（缺值、失效等）| List the notices too.")
@JSON
@click.pass_obj
def check(  # noqa: PLR0913 - click hands over one argument per option
    ctx: Context, folder: str | None, place: str | None, overlays: tuple[str, ...], on: str | None, no_cases: bool, notices: bool, as_json: bool,
) -> int:
    """检查政策包：一次列出全部问题 | Check the packs: every fault at once, with file, line, column and what to write.

    错误（退出码 1）· 提醒 · 告知（缺什么、过期）。FOLDER 是政策文件夹（默认内置的）或其中一个地方的文件夹。
    带 --with 时连补充件一起查（案例按不带补充件的政策包跑，故不跑）。

    Errors (exit code 1), warnings, notices. With --with the overlay is checked on top of its place; the worked cases are left out.

    \b
    bangfu check --place 武昌
    bangfu check --place 红花岗 --with 新标准.yaml
    """
    root, chosen = _root(ctx, folder, place)
    if overlays and len(chosen) != 1:
        raise UsageError("带 --with 时请用 --place 指明补充件是给哪个地方的", "with --with, name the place of the overlay with --place")
    extra, no_cases = ctx.overlay_texts(overlays), no_cases or bool(overlays)
    day = ctx.day(on)
    found: list[Fault] = []
    counts: dict[str, int] = {}
    for name in chosen:
        pack, faults = read_pack(root, name, extra)
        own = check_pack(pack, root, day, faults)
        found += own
        if not no_cases and not any(f.level == "error" for f in own):
            counts[name] = _cases(pack, root, name, found)
    found = sorted(set(found), key=lambda f: (list(LEVELS).index(f.level), f.file, f.line, f.column))
    if as_json:
        click.echo(json.dumps([{"file": f.file, "line": f.line, "column": f.column, "level": f.level, "code": f.code, "zh": f.zh, "en": f.en} for f in found], ensure_ascii=False, indent=1))
    else:
        _print_faults(ctx, found, counts, notices)
    return 1 if any(f.level == "error" for f in found) else 0


def _root(ctx: Context, folder: str | None, place: str | None) -> tuple[Path, list[str]]:
    if folder is None:
        root = ctx.folder
    else:
        path = Path(folder)
        if not path.is_dir():
            zh, en = no_folder(path)
            raise UsageError(f"读不到政策文件夹“{folder}”：{zh}", f'cannot read the policies folder "{folder}": {en}')
        if (path / "document.yaml").is_file():
            return policies_folder(path.resolve().parent), [path.resolve().name]
        root = policies_folder(path)
    known = [*(["cn"] if (root / "cn" / "document.yaml").is_file() else []), *places(root)]
    if place is None:
        return root, known
    return root, [place if place in known else ctx.place(place)]


def _cases(pack: Any, root: Path, name: str, found: list[Fault]) -> int:
    from bangfu.rules.engine import Engine

    runner = CaseRunner(Engine(pack))
    cases = read_cases(root, name, found)
    for case in cases:
        for said in runner.run(case):
            found.append(Fault(case.file, case.line, 1, "CASE-DIFFERS", f"案例“{case.name.split('|')[0].strip()}”不符：{said.zh}", f'the case "{case.name.split("|")[-1].strip()}" differs: {said}'))
    return len(cases)


def _print_faults(ctx: Context, found: list[Fault], counts: dict[str, int], notices: bool) -> None:
    out = console()
    for fault in found:
        if fault.level == "notice" and not notices:
            continue
        zh, en, colour = LEVELS[fault.level]
        out.print(f"[{colour}]{ctx.say(zh, en)}[/] {escape(fault.text(ctx.lang))}", soft_wrap=True)
    totals = {level: sum(f.level == level for f in found) for level in LEVELS}
    said = "，".join(f"{ctx.say(zh, en)} {totals[level]}" for level, (zh, en, _) in LEVELS.items())
    out.print(f"{said}" + (ctx.say("（加 --notices 列出告知）", " (--notices lists the notices)") if totals["notice"] and not notices else ""))
    if counts:
        out.print(ctx.say("案例：", "cases: ") + "，".join(f"{name} {count}" for name, count in counts.items()))


@click.command()
@PLACE
@click.argument("words", nargs=-1)
@click.pass_obj
def cases(ctx: Context, place: str | None, words: tuple[str, ...]) -> int:
    """跑案例 | Run the worked cases of a place (or those whose name holds WORDS).

    \b
    bangfu cases --place 武昌 住院        名称里有“住院”的 | those whose name holds the word
    """
    name = ctx.place(place)
    from bangfu.rules.engine import Engine

    runner = CaseRunner(Engine(load_pack(ctx.folder, name)))
    faults: list[Fault] = []
    chosen = [c for c in read_cases(ctx.folder, name, faults) if all(w in c.name for w in words)]
    bad = 0
    for case in chosen:
        said = runner.run(case)
        bad += bool(said)
        for line in said:
            click.echo(f"{case.file}:{case.line} {case.name.split('|')[0 if ctx.lang == 'zh' else -1].strip()}\n    {ctx.say(line.zh, line)}")
    for fault in faults:
        click.echo(fault.text(ctx.lang))
    click.echo(ctx.say(f"{len(chosen)} 例，{bad} 例不符", f"{len(chosen)} cases, {bad} differ"))
    return 1 if bad or faults else 0


@click.command()
@PLACE
@JSON
@click.pass_obj
def coverage(ctx: Context, place: str | None, as_json: bool) -> int:
    """条款覆盖：每条有条目，每个数字找得到 | Every clause has an entry and every figure of it stands there."""
    chosen = [ctx.place(place)] if place else ctx.places()
    results = []
    for name in chosen:
        faults: list[Fault] = []
        results.append(coverage_of(load_pack(ctx.folder, name), name, read_exceptions(ctx.folder, name, faults)))
    if as_json:
        click.echo(json.dumps([{"place": r.place, "clauses": r.clauses, "covered": r.covered, "uncovered": r.uncovered, "figures": r.figures, "lost": r.lost, "excused": r.excused} for r in results], ensure_ascii=False, indent=1))
        return 1 if any(r.uncovered or r.lost for r in results) else 0
    out = console()
    table = Table(show_edge=False, header_style="bold")
    for head in (ctx.say("地方", "place"), ctx.say("条款", "clauses"), ctx.say("有条目", "covered"), ctx.say("数字", "figures"), ctx.say("找到", "found"), ctx.say("说明了原因", "excused")):
        table.add_column(head, justify="right")
    for r in results:
        table.add_row(r.place, str(r.clauses), str(len(r.covered)), str(r.figures), str(r.figures - len(r.lost) - len(r.excused)), str(len(r.excused)))
    out.print(table)
    clauses, covered = sum(r.clauses for r in results), sum(len(r.covered) for r in results)
    out.print(ctx.say(f"合计：{clauses} 条中 {covered} 条有条目", f"in all: {covered} of {clauses} clauses covered"))
    for r in results:
        for clause in r.uncovered:
            out.print(f"[red]{ctx.say('没有条目', 'no entry')}[/] {clause}")
        for clause, figure in r.lost:
            out.print(f"[red]{ctx.say('数字找不到', 'figure not found')}[/] {clause}: {figure} ({', '.join(r.covered[clause])})")
    return 1 if any(r.uncovered or r.lost for r in results) else 0


@click.command()
@PLACE
@WITH
@JSON
@click.pass_obj
def missing(ctx: Context, place: str | None, overlays: tuple[str, ...], as_json: bool) -> int:
    """文件未给、待地方填写的值 | What the document leaves open, with the rules that it holds up.

    只列按所取读法用得到的；用补充件填写，填完再列就少了。| Only what the chosen readings need is listed; an overlay fills it in,
    and then the list is shorter.

    \b
    bangfu missing --place 武昌
    bangfu missing --place 武昌 --with 补充件.yaml
    """
    name = ctx.place(place)
    engine = ctx.engine(name, overlays)
    rows = missing_rows(engine.pack)
    if as_json:
        click.echo(json.dumps([{"name": r.name, "kind": r.kind, "zh": r.label.zh, "en": r.label.en, "holds_up": list(r.holds_up), "unit": r.unit} for r in rows], ensure_ascii=False, indent=1))
        return 0
    out = console()
    table = Table(show_edge=False, header_style="bold")
    for head in (ctx.say("名称（补充件里的 set）", "name (set in an overlay)"), ctx.say("是什么", "what"), ctx.say("单位", "unit"), ctx.say("卡住哪些条目", "holds up")):
        table.add_column(head, overflow="fold")
    for row in rows:
        held = [engine.pack.entries[e].label.text(ctx.lang) for e in row.holds_up]
        table.add_row(row.name, row.label.text(ctx.lang), row.unit, "、".join(held[:5]) + (f" … {len(held)}" if len(held) > 5 else ""))
    out.print(table)
    out.print(ctx.say(f"{name} 共缺 {len(rows)} 项", f"{name} lacks {len(rows)}"))
    return 0


@click.command()
@PLACE
@click.option("--out", type=click.Path(), help="写成 Excel 待签 | Write an Excel table for signature.")
@JSON
@click.pass_obj
def readings(ctx: Context, place: str | None, out: str | None, as_json: bool) -> int:
    """待签的读法 | The readings of unclear passages, for the bureau to sign.

    “可换”的读法用补充件的 readings 一换就改变答案；“备案”的只供签认，换了不影响计算。| A reading that may be changed, in an
    overlay's readings, changes the answers; one on file is for signature alone.

    \b
    bangfu readings --place 武昌 --out 读法.xlsx
    """
    rows = []
    for name in [ctx.place(place)] if place else ctx.places():
        pack = load_pack(ctx.folder, name)
        for reading in pack.readings.values():
            entry = pack.entries.get(reading.entry or "")
            if (entry.place if entry else name) not in (name, "overlay"):
                continue
            rows.append((name, pack, reading, entry))
    switches = {(name, node.data) for name, pack in {n: p for n, p, _, _ in rows}.items() for e in pack.entries.values() for root in nodes_of(e) for node in root.walk() if node.op == "reading"}
    if as_json:
        click.echo(json.dumps([{"place": n, "reading": r.id, "entry": r.entry, "asks": r.asks.zh, "takes": r.takes, "because": r.because.zh if r.because else None, "switch": (n, r.id) in switches, "options": {c: t.zh for c, t in r.options.items()}} for n, _, r, _ in rows], ensure_ascii=False, indent=1))
        return 0
    table_rows = [_reading_row(ctx, name, pack, reading, entry, switch=(name, reading.id) in switches) for name, pack, reading, entry in rows]
    heads = [ctx.say(*pair) for pair in (("地方", "place"), ("条款", "article"), ("条目", "entry"), ("问题", "question"), ("本系统取", "taken"), ("理由", "because"), ("其他可能", "else"), ("换读法", "turns"), ("名称", "name"))]
    if out:
        _readings_book(Path(out), [*heads, ctx.say("同意/改为", "agreed / change to"), ctx.say("签字", "signature"), ctx.say("日期", "date")], table_rows)
        click.echo(ctx.say(f"{len(rows)} 条读法已写入 {out}", f"{len(rows)} readings written to {out}"))
        return 0
    table = Table(show_lines=True, header_style="bold")
    for head in heads[1:]:
        table.add_column(head, overflow="fold")
    for row in table_rows:
        table.add_row(*[escape(cell) for cell in row[1:]])
    console().print(table)
    click.echo(ctx.say(f"共 {len(rows)} 条", f"{len(rows)} readings"))
    return 0


def _reading_row(ctx: Context, name: str, pack: Any, reading: Any, entry: Any, *, switch: bool) -> list[str]:  # noqa: PLR0913 - one cell each
    articles = "、".join(pack.articles(entry)) if entry else ""
    others = "；".join(f"{c}：{t.text(ctx.lang)}" for c, t in reading.options.items() if c != reading.takes)
    return [
        name, articles, entry.label.text(ctx.lang) if entry else "", reading.asks.text(ctx.lang),
        f"{reading.takes}：{reading.options[reading.takes].text(ctx.lang)}", reading.because.text(ctx.lang) if reading.because else "",
        others, ctx.say("可换", "a switch") if switch else ctx.say("备案", "on record"), reading.id,
    ]  # fmt: skip


def _readings_book(path: Path, heads: list[str], rows: list[list[str]]) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False})
    sheet = book.add_worksheet("读法")
    bold, wrap = book.add_format({"bold": True, "border": 1}), book.add_format({"text_wrap": True, "valign": "top", "border": 1})
    sheet.set_column(0, 2, 12)
    sheet.set_column(3, 6, 32)
    for place, head in enumerate(heads):
        sheet.write_string(0, place, head, bold)
    for line, row in enumerate(rows, start=1):
        for place in range(len(heads)):
            sheet.write_string(line, place, row[place] if place < len(row) else "", wrap)
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    book.close()
