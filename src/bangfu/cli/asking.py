"""``ask``: the interview in the terminal, one question at a time; back, change, stop and go on later."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from bangfu.cli.assessing import ON, PLACE, WITH
from bangfu.cli.context import Context
from bangfu.cli.printing import console, print_assessment
from bangfu.rules.assess import assess
from bangfu.rules.engine import Engine
from bangfu.rules.errors import UnknownNameError
from bangfu.rules.household import read_fact
from bangfu.rules.household_out import household_text
from bangfu.rules.interview import Interview, Question, blank
from bangfu.rules.ledger.read import _as_date, _as_number, _yes_no
from bangfu.rules.units import QuantityError, unit_text

HELP = ("b 上一题 · c 改答 · s 看目前结果 · q 停下并保存 · 回车 不知道", "b back · c change · s results so far · q stop and save · Enter don't know")


@click.command()
@click.argument("file", required=False, type=click.Path())
@PLACE
@ON
@WITH
@click.option("--until", type=click.FloatRange(0.1, 1.0), default=1.0, help="定下多少比例就停（默认问到不再有变化）| Stop at this settled share.")
@click.pass_obj
def ask(ctx: Context, file: str | None, place: str | None, on: str | None, overlays: tuple[str, ...], until: float) -> int:
    """一问一答，随时可停 | Be asked one question after another, topic by topic; FILE keeps the answers and can be gone on with.

    \b
    bangfu ask 我家.yaml --place 武昌
    """
    path = Path(file) if file else None
    interview = _begin(ctx, path, place, on, overlays)
    out = console()
    out.print(f"[dim]{ctx.say(*HELP)}[/]")
    number = 0
    while True:
        found = interview.outlook()
        question = interview.next_question(found)
        share = interview.settled(found)
        if question is None or share >= until and until < 1:
            break
        number += 1
        out.print(f"\n[dim]{number}. {ctx.say(f'已定 {share:.0%}', f'{share:.0%} settled')}[/]")
        if not _one(ctx, interview, question, out):
            _save(ctx, interview, path or _file_said(ctx))
            return 0
        _save(ctx, interview, path, quiet=True)
    out.print(ctx.say("\n[bold]问完了：再问也不会改变结果。[/]", "\n[bold]That is all: no further answer would change the result.[/]"))
    _results(ctx, interview, out)
    _save(ctx, interview, path or _file_said(ctx))
    return 0


def _file_said(ctx: Context) -> Path | None:
    """Ask where the answers shall be kept that had no file so far."""
    said = click.prompt(ctx.say("答案存到哪个文件？如 我家.yaml（回车不存）", "Keep the answers in which file, such as home.yaml? (Enter for none)"), default="", show_default=False).strip()
    if not said:
        return None
    path = Path(said if Path(said).suffix else f"{said}.yaml")
    if path.exists():
        click.echo(ctx.say(f"“{path}”已存在，没有覆盖；答案没有存。", f'"{path}" exists and was not overwritten; the answers are not kept.'))
        return None
    return path


def _begin(ctx: Context, path: Path | None, place: str | None, on: str | None, overlays: tuple[str, ...]) -> Interview:
    content = ctx.content(str(path)) if path is not None and path.exists() else None
    name = place or ctx.stated_place(content)
    if name is None:
        titles = ctx.titles()
        for number, (key, title) in enumerate(titles.items(), start=1):
            click.echo(f"  {number} {title}（{key}）")
        name = _place_said(ctx, list(titles))
    engine = ctx.engine(ctx.place(name), overlays)
    if content is not None:
        given = ctx.given(engine, str(path), content)
    else:
        members = _number(ctx, ctx.say("家里共同生活的有几口人（含您自己）？", "How many people live together (you included)?"), 50)
        names = []
        for number in range(members):
            default = ctx.say("本人", "applicant") if number == 0 else f"P{number + 1}"
            names.append(click.prompt(ctx.say(f"第 {number + 1} 位怎么称呼？", f"What shall person {number + 1} be called?"), default=default))
        given = blank(members, names)
    return Interview(engine, ctx.day(on, content), given)


def _number(ctx: Context, asked: str, most: int, *, may_skip: bool = False) -> int:
    """Prompt until a number from 1 to ``most`` is given; 0 where nothing is typed and that may be."""
    while True:
        said = click.prompt(asked, default="", show_default=False).strip()
        if said.isdigit() and 1 <= int(said) <= most:
            return int(said)
        if not said and may_skip:
            return 0
        click.echo(ctx.say(f"请答 1 到 {most} 的数", f"answer with a number from 1 to {most}"))


def _place_said(ctx: Context, known: list[str]) -> str:
    """Prompt until a place is named by its number, its folder, a part of its title or its area code."""
    while True:
        said = click.prompt(ctx.say("哪个地方？（序号或名称）", "Which place? (number or name)")).strip()
        if said.isdigit() and 1 <= int(said) <= len(known):
            return known[int(said) - 1]
        try:
            return ctx.place(said)
        except UnknownNameError as error:
            click.echo(error.text(ctx.lang))


def _one(ctx: Context, interview: Interview, question: Question, out: Any) -> bool:
    """Ask one question until it is answered, declined or left; return False to stop."""
    while True:
        out.print(f"[bold]{escape(_whom(ctx, interview, question))}{escape(question.text(interview.engine, ctx.lang))}[/]")
        try:
            interview.answer(question, _said(ctx, interview, question, out))
            return True
        except _Word as word:
            if word.key == "q":
                return False
            if word.key == "s":
                _results(ctx, interview, out)
                continue
            if word.key == "c":
                _change(ctx, interview, out)
                return True
            if interview.back() is not None:
                return True
            out.print(ctx.say("已是第一题。", "This is the first question."))


class _Word(Exception):  # noqa: N818 - a word of command, not an error
    """The person gave a word of command instead of an answer."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _said(ctx: Context, interview: Interview, question: Question, out: Any) -> Any:
    """Return the answer to a question, read for its type; one after the other where each of several people is asked."""
    if question.kind == "each":
        return {part: _typed(ctx, interview, part, out, place == 0, _whom(ctx, interview, part)) for place, part in enumerate(question.parts)}
    return _typed(ctx, interview, question, out)


def _typed(ctx: Context, interview: Interview, question: Question, out: Any, listed: bool = True, whom: str = "") -> Any:
    """Prompt until something fits; None is "don't know". The choices are listed once."""
    choices = _named(interview, _choices(ctx, interview.engine, question))
    if question.name == "relation" and any(r.facts.get("relation") == "self" for r in interview.given.of_entity("person")):
        choices = [choice for choice in choices if choice[0] != "self"]
    for number, (_, text) in enumerate(choices if listed else (), start=1):
        out.print(f"  {number} {escape(text)}")
    while True:
        said = click.prompt(whom + _hint(ctx, interview.engine, question), default="", show_default=False).strip()
        if said.lower() in ("q", "s", "b", "c"):
            raise _Word(said.lower())
        try:
            return _value(interview.engine, question, said, choices)
        except QuantityError as error:
            out.print(f"[red]{escape(error.zh if ctx.lang == 'zh' else error.en)}[/]")


def _whom(ctx: Context, interview: Interview, question: Question) -> str:
    if question.parts:
        return ""
    if question.entity == "person":
        row = next(r for r in interview.given.rows if r.entity == "person" and r.id == question.row)
        return f"【{row.name or row.id}】" if ctx.lang == "zh" else f"[{row.name or row.id}] "
    if question.entity in ("household", "place") or question.kind == "collection":
        return ""
    return f"【{question.row}】"


def _part_text(ctx: Context, engine: Engine, question: Question, part: Question) -> str:
    pack = engine.pack
    if part.kind == "collection":
        return pack.vocabulary.entities[part.entity].label.text(ctx.lang)
    if part.kind == "recognition":
        label = pack.entries[part.name].label.text(ctx.lang)
        return f"{label}（{part.row}）" if part.entity == "person" else label
    if question.is_mixed:
        label = pack.vocabulary.facts[part.name].label.text(ctx.lang)
        return f"{label}（{part.row}）" if part.entity == "person" else label
    return part.row


def _choices(ctx: Context, engine: Engine, question: Question) -> list[tuple[Any, str]]:
    yes_no: list[tuple[Any, str]] = [(True, ctx.say("是", "yes")), (False, ctx.say("否", "no"))]
    if question.kind == "choose":
        return [(part, _part_text(ctx, engine, question, part)) for part in question.parts]
    if question.kind == "record":
        return [(False, ctx.say("从未领过", "never received any")), (None, ctx.say("领过（请在文件的 record 里补记，先按不清楚处理）", "yes (add it under record in the file; open until then)"))]
    if question.kind in ("recognition", "collection"):
        return yes_no
    fact = engine.pack.vocabulary.facts[question.name]
    if fact.type == "yes_no":
        return yes_no
    if fact.type == "code":
        return [(code, label.text(ctx.lang)) for code, label in engine.pack.vocabulary.codes[fact.codes or ""].codes.items()]
    return []


def _named(interview: Interview, choices: list[tuple[Any, str]]) -> list[tuple[Any, str]]:
    """Put the names of members where their numbers stand."""
    names = {r.id: r.name for r in interview.given.of_entity("person") if r.name}

    def named(text: str) -> str:
        for number, name in names.items():
            if text == number or text.endswith(f"（{number}）"):
                return text.replace(number, name)
        return text

    return [(value, named(text)) for value, text in choices]


def _hint(ctx: Context, engine: Engine, question: Question) -> str:
    if question.kind == "choose":
        return ctx.say("可多选，如 1 3；都没有答 0", "several may be chosen, as 1 3; none is 0")
    fact = engine.pack.vocabulary.facts.get(question.name)
    if fact is None or fact.type in ("yes_no", "code"):
        return ctx.say("请选", "choose")
    if fact.type == "date":
        return ctx.say("日期，如 1950-01-31", "a date such as 1950-01-31")
    if fact.type == "codes":
        codes = engine.pack.vocabulary.codes[fact.codes or ""].codes
        return ctx.say("可多选，用顿号隔开：", "several, separated by 、: ") + "、".join(label.text(ctx.lang) for label in codes.values())
    unit = unit_text(fact.unit)
    return ctx.say(f"数{f'（{unit}）' if unit else ''}", f"a number{f' ({unit})' if unit else ''}")


def _value(engine: Engine, question: Question, said: str, choices: list[tuple[Any, str]]) -> Any:
    """Return the value meant, or None for "don't know"."""
    if not said:
        return None
    if question.kind == "choose":
        return _chosen(said, choices)
    if said.isdigit() and 1 <= int(said) <= len(choices):
        return choices[int(said) - 1][0]
    yes_no = _yes_no(said)
    fact = engine.pack.vocabulary.facts.get(question.name)
    if fact is None or fact.type == "yes_no":
        if isinstance(yes_no, bool):
            return yes_no
        raise QuantityError("请答 1（是）或 2（否），不知道就直接回车", "answer 1 (yes) or 2 (no), or press Enter if not known")
    if fact.type == "codes":
        parts: Any = [part.strip() for part in said.replace("，", "、").replace(",", "、").split("、") if part.strip()]
        return read_fact(fact, parts, engine.pack)
    plain: Any = _as_date(said) if fact.type == "date" else _as_number(said) if fact.kind == "number" else said
    return read_fact(fact, plain, engine.pack)


def _chosen(said: str, choices: list[tuple[Any, str]]) -> set[Any]:
    """Return the parts chosen by number; 0 (or 无) is none."""
    if said in ("0", "无", "没有", "none"):
        return set()
    numbers = said.replace("，", " ").replace("、", " ").replace(",", " ").split()
    if all(n.isdigit() and 1 <= int(n) <= len(choices) for n in numbers):
        return {choices[int(n) - 1][0] for n in numbers}
    raise QuantityError(f"请答序号（1 到 {len(choices)}，可多个），都没有答 0", f"answer with numbers (1 to {len(choices)}), or 0 for none")


def _change(ctx: Context, interview: Interview, out: Any) -> None:
    asked = list(dict.fromkeys(interview.asked))
    for number, question in enumerate(asked, start=1):
        out.print(f"  {number} {escape(_whom(ctx, interview, question))}{escape(question.text(interview.engine, ctx.lang))}")
    if not asked:
        out.print(ctx.say("还没有答过的题。", "Nothing has been answered yet."))
        return
    chosen = _number(ctx, ctx.say("改哪一题？（回车不改）", "Change which? (Enter for none)"), len(asked), may_skip=True)
    if not chosen:
        return
    question = asked[chosen - 1]
    interview.withdraw(question)
    interview.asked = [q for q in interview.asked if q != question]
    _one(ctx, interview, question, out)


def _results(ctx: Context, interview: Interview, out: Any) -> None:
    found = assess(interview.engine, interview.given, interview.on, basis="met" if not interview.given.record else None)
    print_assessment(ctx, interview.engine.pack, found, interview.given, out, most=8, asking=True)


def _save(ctx: Context, interview: Interview, path: Path | None, *, quiet: bool = False) -> None:
    if path is None:
        return
    part = path.with_name(f".{path.name}.part")
    part.write_text(household_text(interview.engine.pack, interview.given, interview.engine.pack.place, interview.on), encoding="utf-8")
    part.replace(path)
    if not quiet:
        click.echo(ctx.say(f"答案已存入 {path}；再运行同一命令可接着问。", f"The answers are in {path}; the same command goes on with them."))
