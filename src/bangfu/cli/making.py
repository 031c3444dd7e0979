"""``template`` and ``new``: an empty ledger, and the folder of a new place."""

from __future__ import annotations

from pathlib import Path

import click

from bangfu.cli.assessing import PLACE
from bangfu.cli.context import Context
from bangfu.rules.errors import UsageError, os_reason
from bangfu.rules.new_place import new_place


@click.command()
@PLACE
@click.option("--out", type=click.Path(), default="台账.xlsx", show_default=True, help="写到哪里 | Where to write.")
@click.pass_obj
def template(ctx: Context, place: str | None, out: str) -> int:
    """Excel 台账模板 | The Excel ledger: core facts as main sheets, the rest as one long sheet, with drop-downs."""
    from bangfu.rules.ledger.write import write_template

    path = Path(out)
    if path.suffix.lower() != ".xlsx":
        raise UsageError("模板请写 .xlsx 文件", "the template is written as .xlsx")
    if path.exists():
        raise UsageError(f"“{out}”已存在，不覆盖；请换名或先移走", f'"{out}" exists and is not overwritten; choose another name')
    engine = ctx.engine(ctx.place(place or ctx.places()[0]) if place or ctx.places() else "cn")
    part = path.with_name(f".{path.name}.part.xlsx")
    try:
        write_template(engine.pack, part, ctx.lang)
        part.replace(path)
    except OSError as error:
        raise UsageError(f"写不了 {out}：{os_reason(error)}", f"cannot write {out}: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
    click.echo(ctx.say(f"已写入 {out}：从第 3 行起填写，不知道就留空。", f"written to {out}: fill in from row 3, leave blank what is not known."))
    return 0


@click.command()
@click.argument("place")
@click.option("--title", default=None, help="文件标题，中文 | English | The document's title in both languages.")
@click.option("--area", default=None, help="区划代码（6 位）| Area code.")
@click.pass_obj
def new(ctx: Context, place: str, title: str | None, area: str | None) -> int:
    """新建一个地方的政策包 | Start a new place: a folder without errors in ``check`` that says what to fill in.

    写法见 docs/policy/new-place.md 和 docs/policy/patterns.md。| How to write it: docs/policy/new-place.md and
    docs/policy/patterns.md.

    \b
    bangfu new jiangan --title "江岸区帮扶办法 | Jiang'an" --area 420102
    """
    written = new_place(ctx.folder, place, title, area)
    for path in written:
        click.echo(f"  {path}")
    click.echo(ctx.say(
        f"已建好 {place}。先填 document.yaml 的标题、日期、单位；再按条款写 outline.yaml；然后逐条写条目和案例。\n随时运行：bangfu check --place {place}，bangfu missing --place {place}。",
        f"{place} is made. First title, dates and offices in document.yaml; then the clauses in outline.yaml; then entries and cases.\nAt any time: bangfu check --place {place}, bangfu missing --place {place}.",
    ))  # fmt: skip
    return 0
