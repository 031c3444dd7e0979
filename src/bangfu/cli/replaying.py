"""``replay``: work stored assessments out again from what was stored with them."""

from __future__ import annotations

import click

from bangfu.cli.context import Context
from bangfu.cli.setting_up import set_up, setup_faults

SHOWN = 50


@click.command()
@click.argument("numbers", nargs=-1, type=click.IntRange(1))
@click.option("--last", type=click.IntRange(1), help="只核最近多少份 | Only the newest so many.")
@click.pass_obj
def replay(ctx: Context, numbers: tuple[int, ...], last: int | None) -> int:
    """重算存档的测算，有不符则退出码 1 | Work stored assessments out again; exit code 1 if any comes out otherwise.

    \b
    bangfu replay              全部 | all of them
    bangfu replay --last 500   最近五百份 | the newest five hundred
    bangfu replay 12 13        按编号 | by number
    """
    set_up()
    from bangfu.server.assessment.replaying import replay_stored

    looked = same = faulty = 0
    with setup_faults():
        for found in replay_stored(numbers, last):
            looked, same = looked + 1, same + found.same_text
            if not found.proved:
                faulty += 1
                if faulty <= SHOWN:
                    click.echo(ctx.say(f"第 {found.pk} 份：{'；'.join(found.faults)}", f"number {found.pk}: {'; '.join(found.faults)}"))
    gone = len(set(numbers)) - looked if numbers else 0
    if gone:
        click.echo(ctx.say(f"有 {gone} 个编号没有存档。", f"{gone} numbers are not stored."))
    click.echo(ctx.say(f"核了 {looked} 份：不符 {faulty} 份，{same} 份连文字都相同。", f"{looked} assessments: {faulty} come out otherwise, {same} are the same word for word."))
    return 1 if faulty or gone else 0
