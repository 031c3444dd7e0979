"""Every sentence of the portal has its English; nothing Chinese stands outside a translation; units too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from django.template import engines
from django.test import Client
from django.utils import translation

from bangfu.rules.units import unit_text
from bangfu.server.portal.places import engine_at, place_keys
from bangfu.server.portal.result import Card, Reasoned, Teller
from bangfu.server.portal.words import each, unit_words, unworked, with_units, yes_no_words
from tests.server.portal.conftest import CATALOGUE, PORTAL

CHINESE = re.compile(r"[\u3001-\u303f\u3400-\u9fff\uff00-\uffef]")
TAG = re.compile(r"""\{% translate (['"])(.*?)\1(?: as \w+)? %\}|\{% blocktranslate[^%]*%\}(.*?)\{% endblocktranslate %\}""", re.DOTALL)
NOT_OURS = {"500.html", "429.html"}
"""The first stands in both languages at once, since it is shown when nothing works; the second is in the accounts' catalogue."""
NAMED_IN_OWN_TONGUE = {"中文"}


def templates() -> Iterator[Path]:
    """Yield the templates whose words belong to the portal."""
    folder = PORTAL / "templates"
    yield from (folder / "portal").rglob("*.html")
    yield from (path for path in folder.glob("*.html") if path.name not in NOT_OURS)
    yield folder / "frame/base.html"


def sentences(text: str) -> Iterator[str]:
    """Yield what a template gives to translation, as the catalogue names it."""
    for found in TAG.finditer(text):
        yield found[2] if found[2] is not None else re.sub(r"\{\{ *(\w+) *\}\}", r"%(\1)s", found[3].replace("%", "%%"))


def catalogue() -> dict[str, str]:
    """Return the English of each sentence."""
    found: dict[str, str] = {}
    for block in CATALOGUE.read_text(encoding="utf-8").split("\n\n"):
        parts = re.search(r'^msgid ((?:".*"\s*)+)msgstr ((?:".*"\s*)+)', block, re.MULTILINE)
        if parts and "#, fuzzy" not in block:
            source, target = ("".join(ast.literal_eval(line) for line in part.strip().splitlines()) for part in (parts[1], parts[2]))
            found[source] = target
    return found


def untranslated(text: str) -> list[str]:
    """Return the Chinese of a template that stands outside a translation."""
    bare = re.sub(r"\{% comment %\}.*?\{% endcomment %\}", "", TAG.sub("", text), flags=re.DOTALL)
    return [line.strip() for line in bare.splitlines() if CHINESE.search(line) and not any(word in line for word in NAMED_IN_OWN_TONGUE)]


def test_every_sentence_of_a_template_has_its_english() -> None:
    """Of the portal's pages, the frame and the pages of errors."""
    english, looked = catalogue(), 0
    for path in templates():
        for sentence in sentences(path.read_text(encoding="utf-8")):
            assert english.get(sentence), (path.name, sentence)
            looked += 1
    assert looked > 150


def test_no_template_says_something_in_chinese_alone() -> None:
    """What is not given to translation would stay Chinese on an English page."""
    for path in templates():
        assert untranslated(path.read_text(encoding="utf-8")) == [], path.name
    assert untranslated('<p>{% translate "好" %} 不好</p>') == ["<p> 不好</p>"]


class Strings(ast.NodeVisitor):
    """Gathers Chinese strings of a module: those given to gettext, and the bare ones; docstrings and tables are neither."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.bare: list[str] = []

    def visit_Expr(self, node: ast.Expr) -> None:  # noqa: N802 - ast's name
        """Leave docstrings out."""
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:  # noqa: N802 - ast's name
        """Take what is given to gettext."""
        if isinstance(node.func, ast.Name) and node.func.id == "_" and isinstance(node.args[0], ast.Constant):
            self.said.append(node.args[0].value)
        else:
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:  # noqa: N802 - ast's name
        """Note a bare string."""
        if isinstance(node.value, str) and CHINESE.search(node.value):
            self.bare.append(node.value)


READ = {
    "、", "：", "；", "元", "年月日号", "[,，\\s]", "（文件未给）", "门户", "人民政府(办公室)?$", "\\s*(（1为.）|\\(1 for yes\\))$",  # read in what was typed or in the packs, or between Chinese words only
}  # fmt: skip


def test_every_sentence_of_the_views_has_its_english() -> None:
    """And none is bare; ``words.py`` is the table of units."""
    english, looked = catalogue(), 0
    for path in PORTAL.glob("*.py"):
        strings = Strings()
        strings.visit(ast.parse(path.read_text(encoding="utf-8")))
        for sentence in strings.said:
            assert english.get(sentence), (path.name, sentence)
            looked += 1
        if path.name != "words.py":
            assert [s for s in strings.bare if s not in READ] == [], path.name
    assert looked > 40


def test_places_and_numbers_in_a_sentence_are_the_same_in_english() -> None:
    """A name in braces that the English lacks would break the page."""
    for source, target in catalogue().items():
        assert set(re.findall(r"%\(\w+\)s", source)) == set(re.findall(r"%\(\w+\)s", target)), source
        assert not CHINESE.search(target) or "没工作" in target, source


def test_every_unit_of_the_packs_has_its_english() -> None:
    """Facts, values and sums of all places."""
    units = set()
    for place in place_keys():
        pack = engine_at(place).pack
        units |= {unit_text(fact.unit) for fact in pack.vocabulary.facts.values()}
        units |= {unit_text(parameter.unit) for parameter in pack.parameters.values()}
        units |= {unit_text(entry.unit) for entry in pack.entries.values()}
    with translation.override("en"):
        assert len(units) > 10
        for unit in units:
            assert not CHINESE.search(unit_words(unit)), unit
        assert unit_words("元/人·月") == "yuan per person and month"
        assert with_units("it is 643 元/人·月, 43 元/人·月 too high") == "it is 643 yuan per person and month, 43 yuan per person and month too high"
    with translation.override("zh-hans"):
        assert unit_words("元/人·月") == "元/人·月"


def test_a_variable_that_a_template_does_not_have_is_noticed() -> None:
    """The walk over all pages would fail on it (the settings of these tests make it raise)."""
    template = engines["django"].from_string("{{ nothing }}")
    with pytest.raises(AssertionError, match="no variable nothing"):
        template.render({})


@pytest.mark.django_db
def test_an_english_page_holds_no_chinese_of_ours(visitor: Client) -> None:
    """Names of places and documents have their English too; numbers of documents and the other language's name stay."""
    visitor.cookies["django_language"] = "en"
    for address in ("/", "/p/wuchang/", "/p/wuchang/check/", "/p/wuchang/check/people/", "/p/wuchang/check/open/", "/p/wuchang/help/"):
        text = re.sub(r"<[^>]+>|中文|没工作|遵红府办发〔2021〕49号", "", visitor.get(address).content.decode())
        assert [line.strip() for line in text.splitlines() if CHINESE.search(line)] == [], address


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("有残疾人证吗？", ("有", "没有")), ("现在有工作吗？（上班、打零工、自己干都算）", ("有", "没有")), ("能自己吃饭吗？", ("能", "不能")), ("是全日制吗？", ("是", "不是")),
        ("户口在本地吗？", ("是", "否")), ("平时没有人照料吗？", ("是", "否")), ("是否有人实名举报？", ("是", "否")), ("家庭人口或经济状况变化有没有漏报的？", ("是", "否")),
    ],
)  # fmt: skip
def test_yes_and_no_are_said_with_the_verb_of_the_question(asked: str, said: tuple[str, str]) -> None:
    """Nobody answers 不是 to whether there is something."""
    with translation.override("zh-hans"):
        assert yes_no_words(asked) == said


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        ("重度残疾（一、二级） = 否 ← 残疾等级 ≤ 2 级", "重度残疾（一、二级）"), ("学段是幼儿园：现为 不适用", "学段是幼儿园"), ("Serious disability = no ← level ≤ 2", "Serious disability"),
        ("周岁 ≥ 80 年：现为 76 年，还差 4 年", "周岁 ≥ 80 年：现为 76 年，还差 4 年"),
    ],
)  # fmt: skip
def test_a_resident_reads_no_formula(refused: str, said: str) -> None:
    """What a word is worked out from stays with the reasons."""
    assert unworked(refused) == said


@pytest.mark.parametrize(("written", "said"), [("260 元/人·年", "每人 260 元"), ("1 次/人·年", "每人 1 次"), ("200 元/户·月", "每户 200 元"), ("最低生活保障标准 × 2", "最低生活保障标准 × 2")])
def test_a_plain_sum_is_said_once(written: str, said: str) -> None:
    """How often stands beside it."""
    with translation.override("zh-hans"):
        assert each(written) == said


def test_what_several_get_alike_is_one_card() -> None:
    """In kind: one card with all names, each with their reasons. A sum of money is each person's own."""
    teller = Teller.__new__(Teller)
    teller.lang = "zh"

    def card(who: str, **said: str) -> Card:
        blank: dict[str, Any] = {field.name: "" for field in fields(Card)}
        return Card(**{**blank, "entry": "insured", "who": who, "needs": (), "reasons": (Reasoned(0, "yes", f"{who}参保"),), **said})

    one, sum_of_a, sum_of_b = teller.together([card("本人"), card("本人", sum="5 元", entry="cash"), card("老伴"), card("老伴", sum="5 元", entry="cash")])
    assert (one.who, [line.text for line in one.reasons]) == ("本人、老伴", ["本人", "本人参保", "老伴", "老伴参保"])
    assert [sum_of_a.who, sum_of_b.who] == ["本人", "老伴"]
