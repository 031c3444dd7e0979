"""``--help`` in one language: the texts of commands stand in both, as 中文 | English, and the call's own is shown.

A paragraph with a bar is both; one without is of the language it is written in. Of an example the note after it is
chosen, and the call itself stays whole, whatever bars it has.
"""

from __future__ import annotations

import copy
import inspect
import re
from typing import TypeVar

import click

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_NOTED = re.compile(r"^(\s*\S.*?\s{2,})(\S.*)$")
_BAR = re.compile(r"\s*\|\s+")
CLICK_ZH = (
    (re.compile(r"^Usage: ", re.MULTILINE), "用法："), (re.compile(r"^Options:$", re.MULTILINE), "选项："), (re.compile(r"^Commands:$", re.MULTILINE), "命令："),
    (re.compile(r"Show this message and exit\."), "显示这段说明。"), (re.compile(r"Show the version and exit\."), "显示版本。"),
    (re.compile(r"\[default: "), "[默认："), (re.compile(r"\[required\]"), "[必填]"),
)  # fmt: skip
"""What click itself says."""


class SpokenContext(click.Context):
    """A call whose help is in one language throughout."""

    def get_help(self) -> str:
        """Return the help of the command."""
        said = super().get_help()
        if language_of(self) == "zh":
            for pattern, words in CLICK_ZH:
                said = pattern.sub(words, said)
        return said


def language_of(ctx: click.Context) -> str:
    """Return the language of a call: ``--lang``, else the locale's."""
    from bangfu.cli.context import detect_lang

    root = ctx.find_root()
    return getattr(root.obj, "lang", None) or root.params.get("lang") or detect_lang()


Spoken = TypeVar("Spoken", bound=click.Command)


def spoken(command: Spoken, lang: str) -> Spoken:
    """Return a copy of a command, and of those below it, that speaks one language."""
    made = copy.copy(command)
    made.context_class = SpokenContext
    made.help = one_language(command.help, lang)
    made.params = [_param(param, lang) for param in command.params]
    if isinstance(made, click.Group):
        made.commands = {name: spoken(below, lang) for name, below in made.commands.items()}
    return made


def _param(param: click.Parameter, lang: str) -> click.Parameter:
    if not isinstance(param, click.Option) or not _BAR.search(param.help or ""):
        return param
    made = copy.copy(param)
    made.help = one_language(param.help, lang)
    return made


def one_language(text: str | None, lang: str) -> str | None:
    """Return one language of a text of paragraphs; None for none."""
    if text is None:
        return None
    paragraphs = [_paragraph(part, lang) for part in inspect.cleandoc(text).split("\n\n")]
    return "\n\n".join(part for part in paragraphs if part)


def _paragraph(text: str, lang: str) -> str:
    if text.startswith("\b"):
        return "\n".join(_line(line, lang) for line in text.split("\n"))
    both = _BAR.split(text, maxsplit=1)
    if len(both) == 2:
        return both[0] if lang == "zh" else both[1]
    return text if (_CHINESE.search(text) is not None) is (lang == "zh") else ""


def _line(line: str, lang: str) -> str:
    """Return a line of an example or a table with its note in one language."""
    found = _NOTED.match(line)
    start, note = found.groups() if found else ("", line)
    if not found and line.startswith("bangfu "):
        return line
    both = _BAR.split(note, maxsplit=1)
    return start + (both[0] if lang == "zh" or len(both) < 2 else both[1])
