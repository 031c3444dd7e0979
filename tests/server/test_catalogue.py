"""Every Chinese sentence of templates and code that goes through gettext has its English in a catalogue of the server."""

from __future__ import annotations

import re
from pathlib import Path

import polib
from django.template.base import Lexer, TokenType

from tests.conftest import ROOT

SERVER = ROOT / "src" / "bangfu" / "server"
TRANSLATE = re.compile(r"""\b(?:translate|trans)\s+(?:"([^"]*)"|'([^']*)')|\b_\(\s*(?:"([^"]*)"|'([^']*)')\s*\)""")
CALL = re.compile(r"""\b(?:_|gettext|gettext_lazy)\(\s*"((?:[^"\\]|\\.)*)"\s*\)|\bngettext\(\s*"((?:[^"\\]|\\.)*)\"""")


def of_template(text: str) -> set[str]:
    """Return the sentences of a template: those of ``translate`` and the bodies of ``blocktranslate``."""
    found: set[str] = set()
    body: list[str] | None = None
    for token in Lexer(text).tokenize():
        word = token.contents.split()[0] if token.token_type == TokenType.BLOCK and token.contents.split() else ""
        if word in ("blocktranslate", "blocktrans"):
            body = []
        elif word in ("endblocktranslate", "endblocktrans", "plural") and body is not None:
            found.add("".join(body))
            body = None
        elif body is not None:
            body.append(f"%({token.contents})s" if token.token_type == TokenType.VAR else token.contents.replace("%", "%%"))
        elif token.token_type in (TokenType.BLOCK, TokenType.VAR):
            found |= {next(filter(None, match.groups()), "") for match in TRANSLATE.finditer(token.contents)}
    return found


def sentences() -> dict[str, Path]:
    """Return each sentence with a file that says it."""
    found: dict[str, Path] = {}
    for path in sorted(SERVER.rglob("*.html")):
        found |= dict.fromkeys(of_template(path.read_text(encoding="utf-8")), path)
    for path in sorted(SERVER.rglob("*.py")):
        for match in CALL.finditer(path.read_text(encoding="utf-8")):
            found[next(filter(None, match.groups()))] = path
    return {said: path for said, path in found.items() if re.search(r"[一-鿿]", said)}


def english() -> dict[str, str]:
    """Return what the catalogues say."""
    return {entry.msgid: entry.msgstr or entry.msgstr_plural.get(0, "") for path in SERVER.glob("*/locale/en/LC_MESSAGES/*.po") for entry in polib.pofile(str(path))}


def test_every_sentence_has_its_english() -> None:
    """A sentence without English fails here, with the file that says it."""
    known = english()
    assert len(sentences()) > 150
    assert [f"{path.relative_to(SERVER)}: {said}" for said, path in sentences().items() if not known.get(said)] == []


def test_a_sentence_is_found_in_a_template() -> None:
    """The reader of templates sees both tags, and placeholders as the catalogue writes them."""
    text = '{% translate "甲" %}{% blocktranslate with n=x %}共 {{ n }} 户{% endblocktranslate %}{% include "a.html" with t=_("乙") %}'
    assert of_template(text) == {"甲", "共 %(n)s 户", "乙"}


def test_no_page_says_a_refusal_in_one_language_alone() -> None:
    """``said_by`` chooses by the page; ``error.zh`` on its own would be Chinese for everybody."""
    alone = re.compile(r"error\.zh(?! if )")
    assert [path.name for path in sorted((SERVER / "desk").glob("*.py")) if alone.search(path.read_text(encoding="utf-8"))] == []
