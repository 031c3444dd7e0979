"""Write the pages of ``docs/generated/`` that follow from the code; ``--check`` fails when one is stale.

A page is a function without arguments that returns Markdown, registered in ``PAGES``. It carries no date and no
version, so that it changes only when what it describes does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from bangfu.cli import LANGUAGES, cli
from bangfu.cli.context import Context
from bangfu.cli.help import SpokenContext
from bangfu.rules.synthetic.load import distributions

sys.path.insert(0, str(Path(__file__).resolve().parent))
from reference_pages import language, runners, vocabulary  # noqa: E402

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "generated"
WIDTH = 110  # characters a line in printed help


def commands() -> str:
    """Return the help of every command in both languages, in the order of ``bangfu --help``."""
    both = [_commands(lang) for lang in LANGUAGES]
    parts = ["# 命令 | Commands"]
    for name in both[0]:
        parts += [*([f"{'##' if ' ' not in name else '###'} bangfu {name}"] if name else []), *(said[name] for said in both)]
    return "\n\n".join(parts) + "\n"


def _commands(lang: str) -> dict[str, str]:
    """Return command → its help in one language; the empty name is ``bangfu`` itself."""
    options = dict.fromkeys(("terminal_width", "max_content_width"), WIDTH)
    context = SpokenContext(cli, info_name="bangfu", obj=Context(lang, None), **{**cli.context_settings, **options})
    found = {"": _help(cli, context)}
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None, name
        inner = SpokenContext(command, parent=context, info_name=name, **options)
        found[name] = _help(command, inner)
        for below in command.list_commands(inner) if isinstance(command, click.Group) else []:
            part = command.get_command(inner, below)
            assert part is not None, below
            found[f"{name} {below}"] = _help(part, SpokenContext(part, parent=inner, info_name=below, **options))
    return found


def _help(command: click.Command, context: click.Context) -> str:
    lines = [line.rstrip() for line in context.get_help().splitlines()]
    return "```text\n" + "\n".join(lines) + "\n```"


def synthetic() -> str:
    """Return what each line of the made-up district rests on."""
    found = distributions()
    parts = ["# 虚构区县的分布 | The distributions of a made-up district", SYNTHETIC, "## 来源 | Sources"]
    parts.append("\n".join(f"- `{key}` {said['title']}，{said['by']}，{said['date']}：{said['says']}" for key, said in found.files["sources"]["sources"].items()))
    for table, lines in found.lines.items():
        rows = [f"| `{line.name}` | {line.ground} | {line.words} |" for line in lines.values()]
        if table in found.counts:
            rows.insert(0, f"| rows | {found.counts[table].ground} | {found.counts[table].words} |")
        parts.append(f"## {table}\n\n| line | rests on | |\n|---|---|---|\n" + "\n".join(rows))
    for name, key in (("record", "held"), ("record", "paid")):
        parts.append(f"## {name}: {key}\n\n" + "\n".join(f"- {rule['assumed']}" for rule in found.files[name][key]))
    feeds = found.files["feeds"]["feeds"]
    parts.append("## feeds\n\n" + "\n".join(f"- `{name}` ({rule['office']}, per {rule['per']}): {rule['assumed']}" for name, rule in feeds.items()))
    return "\n\n".join(parts) + "\n"


SYNTHETIC = (
    "Figures stand in `src/bangfu/rules/synthetic/distributions/`; each has a source, is `assumed`, or is `derived` from other lines. "
    "`testing` figures there are for `--rarity testing` only: they make rare things common and are plausible nowhere. "
    "Nobody in a made-up district is real and no total of it is an estimate ([why and how](../adr/0021-a-made-up-district.md))."
)
PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands,
    "language.md": language,
    "runners.md": runners,
    "vocabulary.md": vocabulary,
    "synthetic.md": synthetic,
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
