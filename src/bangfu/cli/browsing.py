"""``rules``: search the rules and show one: article, formula in plain words, readings, worked cases."""

from __future__ import annotations

import json

import click
from rich.markup import escape

from bangfu.cli.assessing import JSON, PLACE
from bangfu.cli.context import Context
from bangfu.cli.printing import console
from bangfu.cli.rule_page import show_rule
from bangfu.rules.pack.load import load_pack
from bangfu.rules.pack.model import Entry, Pack
from bangfu.rules.phrases import KIND_NAMES
from bangfu.rules.search import search


@click.command()
@click.argument("words", nargs=-1)
@PLACE
@JSON
@click.pass_obj
def rules(ctx: Context, words: tuple[str, ...], place: str | None, as_json: bool) -> int:
    """查政策 | Search the rules by words (轮椅, 孩子上大学, loan); one hit or an exact id is shown whole.

    \b
    bangfu rules 轮椅
    bangfu rules dibao_payment --place 红花岗     整页：条件、金额、用到的值写在哪里 | the whole page
    """
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
