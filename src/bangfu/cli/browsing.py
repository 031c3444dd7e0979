"""``rules``: search the rules and show one: article, formula in plain words, readings, worked cases."""

from __future__ import annotations

import json
from typing import Any

import click
from rich.markup import escape
from rich.padding import Padding

from bangfu.cli.assessing import JSON, PLACE
from bangfu.cli.context import Context
from bangfu.cli.printing import console
from bangfu.rules.casebook import read_cases
from bangfu.rules.ledger.write import EVERY
from bangfu.rules.pack.load import load_pack
from bangfu.rules.pack.model import Entry, Pack
from bangfu.rules.phrases import KIND_NAMES
from bangfu.rules.render import Renderer, value_text
from bangfu.rules.search import search


@click.command()
@click.argument("words", nargs=-1)
@PLACE
@JSON
@click.pass_obj
def rules(ctx: Context, words: tuple[str, ...], place: str | None, as_json: bool) -> int:
    """查政策 | Search the rules by words (轮椅, 孩子上大学, loan); one hit or an exact id is shown whole."""
    hits: list[tuple[Pack, Entry]] = []
    for name in [ctx.place(place)] if place else ctx.places():
        pack = load_pack(ctx.folder, name)
        hits += [(pack, entry) for entry in search(pack, list(words)) if place or entry.place == name]
    exact = [(p, e) for p, e in hits if len(words) == 1 and e.id == words[0]]
    if as_json:
        click.echo(json.dumps([{"place": e.place, "entry": e.id, "kind": e.kind, "zh": e.label.zh, "en": e.label.en, "articles": p.articles(e)} for p, e in exact or hits], ensure_ascii=False, indent=1))
        return 0
    if not hits:
        click.echo(ctx.say("没有找到；换个说法，或用 bangfu rules 列出全部。", "Nothing found; try other words, or bangfu rules alone for all."))
        return 1
    out = console()
    for pack, entry in exact or (hits if len(hits) == 1 else []):
        show_rule(ctx, pack, entry, out)
    if not exact and len(hits) > 1:
        for pack, entry in hits[:60]:
            kind = ctx.say(*KIND_NAMES[entry.kind])
            out.print(f"[dim]{entry.place:<12}[/] [cyan]{entry.id}[/] {escape(entry.label.text(ctx.lang))} [dim]{kind} {escape('、'.join(pack.articles(entry)))}[/]")
        if len(hits) > 60:
            out.print(ctx.say(f"… 共 {len(hits)} 条，请加词缩小", f"… {len(hits)} in all; add words"))
    return 0


def show_rule(ctx: Context, pack: Pack, entry: Entry, out: Any) -> None:
    """Print one rule as a page: what, for whom, how much, where, readings, cases."""
    words = Renderer(pack, ctx.lang)
    out.rule(f"[bold]{escape(entry.label.text(ctx.lang))}[/]")
    out.print(f"[cyan]{entry.id}[/]  {ctx.say(*KIND_NAMES[entry.kind])}  {pack.documents[entry.place].title.text(ctx.lang) if entry.place in pack.documents else ''}")
    lines = [(("依据", "article"), "、".join(f"{pack.clauses[c].article} {pack.clauses[c].label}" for c in entry.covers if c in pack.clauses)),
             (("受理单位", "office"), pack.office_text(entry.office, ctx.lang)),
             (("对象", "per"), pack.vocabulary.entities[entry.per].label.text(ctx.lang) if entry.per else ""),
             (("周期", "how often"), EVERY[entry.every].text(ctx.lang) if entry.every else "")]  # fmt: skip
    for pair, text in lines:
        if text:
            out.print(f"[bold]{ctx.say(*pair)}[/] {escape(text)}")
    for node in entry.when:
        out.print(Padding(f"{ctx.say('须', 'must')}: {escape(words.text(node))}", (0, 0, 0, 2)))
    for node in entry.unless:
        out.print(Padding(f"{ctx.say('除非', 'unless')}: {escape(words.text(node))}", (0, 0, 0, 2)))
    if entry.open_condition:
        out.print(Padding(f"{ctx.say('另须（文件未写明）', 'also (not given)')}: {escape(entry.open_condition.text(ctx.lang))}", (0, 0, 0, 2)))
    for part, pair in (("value", ("值", "value")), ("amount", ("金额", "amount")), ("quantity", ("数量", "quantity")), ("rate", ("单价", "rate")), ("share", ("比例", "share")), ("base", ("基数", "base")), ("measure", ("指标", "measure"))):
        node = getattr(entry, part)
        if node is not None:
            out.print(f"[bold]{ctx.say(*pair)}[/] {escape(words.text(node))}")
    _tiers(ctx, entry, words, out)
    if entry.limits:
        out.print(f"[bold]{ctx.say('限额', 'limits')}[/] {escape('、'.join(limit.written for limit in entry.limits))}")
    _texts(ctx, pack, entry, out)
    _figures(ctx, entry, out)
    _readings(ctx, entry, out)
    _cases(ctx, pack, entry, out)


def _tiers(ctx: Context, entry: Entry, words: Renderer, out: Any) -> None:
    for tier in entry.tiers:
        what = next((getattr(tier, k) for k in ("amount", "value", "rate", "share", "quantity") if getattr(tier, k) is not None), None)
        test = words.text(tier.when) if tier.when is not None else ctx.say("其余", "otherwise")
        said = words.text(what) if what is not None else EVERY[tier.every].text(ctx.lang) if tier.every else ""
        label = f"{tier.label.text(ctx.lang)}: " if tier.label else ""
        out.print(Padding(f"· {escape(label)}{escape(test)} → {escape(said)}", (0, 0, 0, 2)))


def _texts(ctx: Context, pack: Pack, entry: Entry, out: Any) -> None:
    for key in ("content", "does", "says", "note", "because"):
        value = entry.raw.get(key)
        if isinstance(value, str) and "|" in value:
            out.print(f"[dim]{escape(value.split('|')[0 if ctx.lang == 'zh' else -1].strip())}[/]")
    steps = entry.raw.get("steps")
    for step in steps if isinstance(steps, list) else ():
        label = str(step.get("label", "")).split("|")[0 if ctx.lang == "zh" else -1].strip()
        clocks = " ".join(f"{k}: {step[k]}" for k in ("start_within", "finish_within", "runs") if k in step)
        ways = "，".join(f"{k}→{v}" for k, v in dict(step.get("outcomes", {})).items())
        out.print(Padding(f"{step.get('id')}: {escape(label)} [dim]{escape(pack.office_text(str(step.get('who')), ctx.lang))} {escape(clocks)}[/] {escape(ways)}", (0, 0, 0, 2)))


def _figures(ctx: Context, entry: Entry, out: Any) -> None:
    for name, figure in entry.figures.items():
        if "." not in name and name not in ("amount", "share", "value") and not figure.bands and not figure.keyed_by and figure.versions:
            newest = figure.versions[-1]
            if not isinstance(newest.value, dict | tuple | frozenset):
                source = f"（{newest.source}）" if newest.source else ""
                out.print(Padding(f"[dim]{name} = {value_text(newest.value, figure.unit, ctx.lang)}{source}[/]", (0, 0, 0, 2)))


def _readings(ctx: Context, entry: Entry, out: Any) -> None:
    for reading in entry.readings.values():
        out.print(f"[bold]{ctx.say('读法', 'reading')}[/] {escape(reading.asks.text(ctx.lang))} → {escape(reading.options[reading.takes].text(ctx.lang))}" + (f"（{escape(reading.because.text(ctx.lang))}）" if reading.because else ""))


def _cases(ctx: Context, pack: Pack, entry: Entry, out: Any) -> None:
    faults: list[Any] = []
    found = [c for c in read_cases(ctx.folder, entry.place, faults) if any(r.get("entry") == entry.id for r in c.expect)] if entry.place in pack.documents else []
    if found:
        out.print(f"[bold]{ctx.say(f'案例 {len(found)} 个', f'{len(found)} worked cases')}[/]")
    for case in found[:8]:
        wanted = next(r for r in case.expect if r.get("entry") == entry.id)
        shown = " ".join(f"{k}: {wanted[k]}" for k in ("status", "amount", "range", "value", "needs") if k in wanted)
        name = case.name.split("|")[0 if ctx.lang == "zh" else -1].strip()
        out.print(Padding(f"[dim]{escape(name)} → {escape(shown)}  {case.file}:{case.line}[/]", (0, 0, 0, 2)))
