"""The ``bangfu`` command: thin, over the rules. Exit codes: 0 done, 1 faults found, 2 the call was off.

``run`` adds 3 (rows were left out) and 4 (stopped on the way).
"""

from __future__ import annotations

import sys

import click

from bangfu import __version__
from bangfu.cli.context import Context, detect_lang
from bangfu.cli.help import SpokenContext, language_of, spoken
from bangfu.rules.errors import BangfuError, FaultsError, UsageError

COMMANDS = {
    "assess": "assessing", "why": "assessing", "compare": "assessing", "demo": "assessing", "ask": "asking",
    "check": "policies", "coverage": "policies", "missing": "policies", "readings": "policies", "rules": "browsing",
    "run": "population", "whatif": "whatif", "curve": "curve", "synth": "synth",
    "template": "making", "new": "making", "cases": "policies",
    "serve": "serving", "upgrade": "installing", "accounts": "installing", "doctor": "installing", "audit": "auditing", "replay": "replaying", "keys": "keys", "backup": "keeping", "restore": "keeping",
}  # fmt: skip


LANGUAGES = ("zh", "en")


class LazyGroup(click.Group):
    """Loads a command's module when the command is asked for, so that ``--help`` and short calls start fast."""

    context_class = SpokenContext

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of a working day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Return one command."""
        if name not in COMMANDS:
            return None
        module = __import__(f"bangfu.cli.{COMMANDS[name]}", fromlist=[name])
        command: click.Command = getattr(module, name)
        if not any(option.name == "lang" for option in command.params):
            command.params.append(click.Option(["--lang"], type=click.Choice(LANGUAGES), expose_value=False, help="界面语言 | Language."))
        return spoken(command, language_of(ctx))

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help of ``bangfu`` itself in the language of the call."""
        click.Group.format_help(spoken(self, language_of(ctx)), ctx, formatter)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Say which command may have been meant when there is none of that name."""
        from bangfu.rules.errors import near_names

        name = args[0] if args else ""
        if name and name not in COMMANDS and not name.startswith("-"):
            near = near_names(name, COMMANDS)
            zh = f"没有命令“{name}”。" + (f"您是不是要用：{'、'.join(near)}？" if near else f"可用：{' '.join(COMMANDS)}")
            en = f'There is no command "{name}".' + (f" Did you mean {', '.join(near)}?" if near else f" Known: {' '.join(COMMANDS)}")
            raise UsageError(zh, en)
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--lang", type=click.Choice(LANGUAGES), default=None, is_eager=True, help="界面语言（默认按系统语言，否则中文）| Language (default: by locale, else Chinese).")
@click.option("--policies", type=click.Path(), default=None, help="政策文件夹（默认用自带的）| The policies folder (default: the checkout's or the installed one).")
@click.version_option(__version__, prog_name="bangfu")
@click.pass_context
def cli(ctx: click.Context, lang: str | None, policies: str | None) -> None:
    """bangfu 帮扶：一户人家可得哪些帮扶、多少、依据哪条、找哪个单位、为什么。

    What help a household is entitled to, how much, under which article, from which office, and why.

    \b
    bangfu demo                               五地示例 | the example households
    bangfu assess examples/wuchang.yaml       算一户 | assess one household
    bangfu why FILE RULE                      为什么 | the reasons for one rule
    bangfu ask                                一问一答 | be asked, one question at a time
    bangfu rules 助餐                          查政策 | search the rules
    """
    ctx.obj = Context(lang or detect_lang(), policies)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; faults are printed as sentences, never as a traceback."""
    words, stated = _language_first(sys.argv[1:] if arguments is None else arguments)
    lang = stated or detect_lang()
    try:
        code = cli.main(args=words, prog_name="bangfu", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.Abort:
        click.echo("已停止。" if lang == "zh" else "Stopped.", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except FaultsError as error:
        click.echo(error.text(lang), err=True)
        sys.exit(1)
    except BangfuError as error:
        click.echo(error.text(lang), err=True)
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


def _language_first(words: list[str]) -> tuple[list[str], str | None]:
    """Return the words with ``--lang`` moved to the front, where the group reads it, and the language stated."""
    for place, word in enumerate(words):
        name, _, value = word.partition("=")
        if word == "--":
            break
        if name != "--lang":
            continue
        said = value or (words[place + 1] if place + 1 < len(words) else "")
        if said in LANGUAGES:
            rest = words[place + 1 :] if value else words[place + 2 :]
            return ["--lang", said, *words[:place], *rest], said
    return words, None


__all__ = ["main"]
