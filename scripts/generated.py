"""Write the pages of ``docs/generated/`` that follow from the code; ``--check`` fails when one is stale.

A page is a function without arguments that returns Markdown, registered in ``PAGES``. It carries no date and no
version, so that it changes only when what it describes does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from bangfu.cli import cli

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "generated"
WIDTH = 110  # characters a line in printed help


def commands() -> str:
    """Return the help of every command, in the order of ``bangfu --help``."""
    options = dict.fromkeys(("terminal_width", "max_content_width"), WIDTH)
    context = click.Context(cli, info_name="bangfu", **{**cli.context_settings, **options})
    parts = ["# 命令 | Commands", _help(cli, context)]
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None, name
        inner = click.Context(command, parent=context, info_name=name, **options)
        parts += [f"## bangfu {name}", _help(command, inner)]
        for below in command.list_commands(inner) if isinstance(command, click.Group) else []:
            part = command.get_command(inner, below)
            assert part is not None, below
            parts += [f"### bangfu {name} {below}", _help(part, click.Context(part, parent=inner, info_name=below, **options))]
    return "\n\n".join(parts) + "\n"


def _help(command: click.Command, context: click.Context) -> str:
    lines = [line.rstrip() for line in command.get_help(context).splitlines()]
    return "```text\n" + "\n".join(lines) + "\n```"


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands,
}


def main(arguments: list[str]) -> int:
    """Write every page, or with ``--check`` name those that differ from the code."""
    stale = []
    for name, page in PAGES.items():
        path = FOLDER / name
        text = page()
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    strays = sorted(path.name for path in FOLDER.glob("*") if path.name not in PAGES) if FOLDER.is_dir() else []
    for name in strays:
        print(f"docs/generated/{name}: no page of that name in scripts/generated.py: delete it, or register it")
    if "--check" in arguments:
        for name in stale:
            print(f"docs/generated/{name} is stale: run .venv/bin/python scripts/generated.py")
        return 1 if stale or strays else 0
    print(f"docs/generated: {len(PAGES)} pages, {len(stale)} written")
    return 1 if strays else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
