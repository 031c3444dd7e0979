"""Answers in the terminal: who, what, how much, which article, which office, and why."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bangfu.cli.context import Context
from bangfu.rules.assess import Answer, Assessment
from bangfu.rules.explain import Reason
from bangfu.rules.household import Given
from bangfu.rules.ledger.write import EVERY, STATUS
from bangfu.rules.needs import need_label, settled_texts
from bangfu.rules.pack.model import Entry, Pack
from bangfu.rules.phrases import first_refusal, in_kind, money_text, sum_text, who_text

MARKS = {"yes": "[green]✓[/]", "no": "[red]✗[/]", "unknown": "[yellow]?[/]", "info": "[dim]·[/]"}
GIVES = ("cash", "service", "goods", "waiver", "insurance", "loan")


def console() -> Console:
    """Return a console: colour only on a terminal, never wider than 130."""
    made = Console(highlight=False, emoji=False)  # a line number such as :100: is no picture
    if made.width > 130:
        made.width = 130
    if not made.is_terminal:
        made.width = 110
    return made


def banner(ctx: Context, pack: Pack, assessment: Assessment, out: Console) -> None:
    """Print place, document, day, basis; a lapsed document says so first."""
    title = pack.document.title.text(ctx.lang)
    out.print(f"[bold]{escape(title)}[/]  [dim]{assessment.place}[/]")
    basis = {"met": ctx.say("按条件推算", "worked out from the facts"), "recorded": ctx.say("以在册为准", "by the record")}[assessment.basis]
    out.print(ctx.say(f"计算日期 {assessment.on}，{basis}", f"as of {assessment.on}, {basis}"))
    if assessment.lapsed_since:
        out.print(f"[bold red]{ctx.say(f'该文件已于 {assessment.lapsed_since} 失效：以下按失效前最后标准推算，不再新批。', f'This document lapsed on {assessment.lapsed_since}: what follows uses its last values; nothing new is granted.')}[/]")
    if assessment.not_before:
        out.print(f"[bold red]{ctx.say(f'该文件自 {assessment.not_before} 起施行，计算日期尚未到。', f'This document is in force only from {assessment.not_before}.')}[/]")
    if pack.document.since is None:
        out.print(f"[yellow]{ctx.say('该文件未载明施行日期，按现行处理。', 'The document gives no date; it is treated as in force.')}[/]")


def print_assessment(ctx: Context, pack: Pack, assessment: Assessment, given: Given | None, out: Console, *, everything: bool = False, most: int | None = None, asking: bool = False) -> None:  # noqa: PLR0913 - what to print, of whom, where
    """Print what is met, then what is undecided with what is missing, then (if asked) what is refused; in an interview only how many."""
    banner(ctx, pack, assessment, out)
    gives = [a for a in assessment.answers if a.kind in GIVES]
    met = [a for a in gives if a.computed == "met"]
    unknown = [a for a in gives if a.computed == "unknown"]
    if met:
        out.print()
        out.print(met_table(ctx, pack, met, given))
    else:
        out.print(ctx.say("按已知情况，没有可以确定的待遇。", "From what is known nothing is certain yet."))
    if unknown:
        print_unknown(ctx, pack, unknown, out, most)
    refused = [a for a in gives if a.computed == "not_met"]
    if everything and refused:
        out.print()
        out.print(refused_table(ctx, pack, refused, given))
    elif refused and asking:
        out.print(f"[dim]{ctx.say(f'另有 {len(refused)} 项不符合；存下答案后用 bangfu assess 文件 --all 查看。', f'{len(refused)} more are not met; keep the answers and bangfu assess FILE --all lists them.')}[/]")
    elif refused:
        out.print(f"[dim]{ctx.say(f'另有 {len(refused)} 项不符合；加 --all 查看，用 bangfu why 文件 条目 看理由。', f'{len(refused)} more are not met; --all lists them, bangfu why FILE RULE explains one.')}[/]")


def met_table(ctx: Context, pack: Pack, answers: list[Answer], given: Given | None) -> Table:
    """Return the table of what is met, grouped by whom."""
    table = Table(show_edge=False, pad_edge=False, header_style="bold", expand=True)
    heads = (("谁", "who", 3), ("可得", "entitled to", 7), ("金额", "amount", 6), ("周期", "how often", 2), ("依据", "article", 4), ("找谁", "office", 4))
    for zh, en, ratio in heads:
        table.add_column(ctx.say(zh, en), overflow="fold", ratio=ratio)
    last = None
    for answer in sorted(answers, key=lambda a: (a.entity != "household", a.owner, a.entity)):
        entry = pack.entries[answer.entry]
        who = who_text(given, answer, pack, ctx.lang)
        table.add_row(
            "" if who == last else who, _what(ctx, pack, entry, answer), _amount(ctx, pack, answer),
            EVERY[answer.every].text(ctx.lang) if answer.every else "", "、".join(answer.articles) or entry.place,
            _offices(ctx, pack, answer),
        )  # fmt: skip
        last = who
    return table


def _offices(ctx: Context, pack: Pack, answer: Answer) -> Text:
    """Return who leads and, dimmed, who joins (two names, then how many)."""
    said = Text(pack.office_text(answer.office, ctx.lang))
    joins = [pack.office_text(office, ctx.lang) for office in answer.joins]
    if joins:
        rest = ctx.say(f" 等 {len(joins)} 家", f" and {len(joins) - 2} more") if len(joins) > 2 else ""
        said.append("\n" + ctx.say("会同 ", "with ") + "、".join(joins[:2]) + rest, style="dim")
    return said


def papers_text(pack: Pack, answer: Answer, lang: str) -> str:
    """Return what to bring, in words; empty where the document names nothing."""
    return "、".join(pack.vocabulary.words[paper].text(lang) for paper in answer.papers if paper in pack.vocabulary.words)


def _what(ctx: Context, pack: Pack, entry: Entry, answer: Answer) -> Text:
    lang = ctx.lang
    said = Text(entry.label.text(lang))
    tier = entry.tiers[answer.tier] if answer.tier is not None and entry.tiers else None
    if tier is not None and tier.label is not None:
        said.append(f"（{tier.label.text(lang)}）" if lang == "zh" else f" ({tier.label.text(lang)})", style="dim")
    papers = papers_text(pack, answer, lang)
    if papers:
        said.append("\n" + ctx.say("带上：", "bring: ") + papers, style="dim")
    said.append(f"\n{entry.id}", style="dim cyan")
    return said


def _amount(ctx: Context, pack: Pack, answer: Answer) -> str:
    if answer.amount is not None:
        said = [sum_text(answer, ctx.lang)]
        if not answer.amount.exact and answer.needs:
            said += settled_texts(pack, pack.entries[answer.entry], answer.needs, ctx.lang)
        return "\n".join(said)
    if answer.needs:
        return ctx.say("待定：", "needs: ") + "、".join(list(dict.fromkeys(need_label(pack, n, ctx.lang) for n in answer.needs))[:3])
    return money_text(answer.quantity, ctx.lang) or in_kind(pack.entries[answer.entry], answer, ctx.lang)


def print_unknown(ctx: Context, pack: Pack, answers: list[Answer], out: Console, most: int | None) -> None:
    """Print what is undecided, gathered by entry, with what would settle it."""
    out.print()
    entries: dict[str, set[str]] = {}
    for answer in answers:
        entries.setdefault(answer.entry, set()).update(answer.needs)
    shown = list(entries.items())[: most or len(entries)]
    out.print(f"[bold yellow]{ctx.say(f'还不能确定 {len(entries)} 项，缺：', f'{len(entries)} are not yet decided for lack of:')}[/]")
    table = Table(show_header=False, show_edge=False, box=None, padding=(0, 1, 0, 0), expand=True)
    for ratio in (2, 5):
        table.add_column(overflow="fold", ratio=ratio)
    for name, needs in shown:
        listed = list(dict.fromkeys(need_label(pack, n, ctx.lang) for n in sorted(needs)))
        text = "、".join(listed[:6]) + (ctx.say(f" 等 {len(listed)} 项", f" and {len(listed) - 6} more") if len(listed) > 6 else "")
        table.add_row(f"[yellow]?[/] {escape(pack.entries[name].label.text(ctx.lang))}\n  [dim cyan]{name}[/]", escape(text))
    out.print(table)
    if len(entries) > len(shown):
        out.print(f"  [dim]… {ctx.say(f'另 {len(entries) - len(shown)} 项', f'{len(entries) - len(shown)} more')}[/]")


def refused_table(ctx: Context, pack: Pack, answers: list[Answer], given: Given | None) -> Table:
    """Return the table of what is refused with the first refusing line."""
    table = Table(show_edge=False, pad_edge=False, header_style="bold", title=ctx.say("不符合", "not met"), title_justify="left")
    for head in (ctx.say("谁", "who"), ctx.say("待遇", "benefit"), ctx.say("原因", "because")):
        table.add_column(head, overflow="fold")
    for answer in answers:
        table.add_row(who_text(given, answer, pack, ctx.lang), pack.entries[answer.entry].label.text(ctx.lang), first_refusal(answer, ctx.lang))
    return table


def print_reasons(ctx: Context, pack: Pack, answer: Answer, given: Given | None, out: Console) -> None:
    """Print one answer with its whole argument."""
    entry = pack.entries[answer.entry]
    status = STATUS[answer.computed].text(ctx.lang)
    colour = {"met": "green", "not_met": "red", "unknown": "yellow"}[answer.computed]
    out.print(f"\n[bold]{escape(entry.label.text(ctx.lang))}[/] · {escape(who_text(given, answer, pack, ctx.lang))}  [{colour}]{status}[/]  {escape(sum_text(answer, ctx.lang))}")
    if answer.status == "lapsed":
        out.print(f"  [red]{ctx.say('文件已失效，以上为推算', 'the document has lapsed; computed only')}[/]")
    place = "、".join(answer.articles)
    office = pack.office_text(answer.office, ctx.lang)
    joins = "、".join(pack.office_text(name, ctx.lang) for name in answer.joins)
    beside = ctx.say(f"（会同 {joins}）", f" (with {joins})") if joins else ""
    out.print(f"  [dim]{ctx.say('依据', 'article')} {escape(place)}  {ctx.say('单位', 'office')} {escape(office + beside)}  {entry.id}[/]")
    for reason in answer.reasons:
        for depth, line in reason.lines():
            out.print(Padding(f"{MARKS[line.verdict]} {escape(line.text(ctx.lang))}", (0, 0, 0, 2 + 2 * depth)))
    papers = papers_text(pack, answer, ctx.lang)
    if papers:
        out.print(f"  {ctx.say('带上', 'bring')}: {escape(papers)}")


__all__ = ["Reason", "banner", "console", "money_text", "print_assessment", "print_reasons"]
