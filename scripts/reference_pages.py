"""The pages of ``docs/generated/`` about the rule language and the vocabulary, as text."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from bangfu.rules.pack.load import load_pack
from bangfu.rules.units import power_of, unit_text
from bangfu.rules.values import decimal_text
from bangfu.rules.vocabulary import AGE, CodeList, Fact, Possible, Vocabulary

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bangfu.rules.runners.sql.support import GAPS  # noqa: E402
from tests.rules.spec.harness import PLACE, POLICIES, RUNNERS, Runner, Suite, Table, read_tables  # noqa: E402
from tests.rules.spec.operations import listed, words_of  # noqa: E402

LANGUAGE_HEAD = """# 规则语言 | The rule language

每种写法的含义和小表。表中每一行都由三个执行器（Python、DuckDB、Spark）各算一遍，由 `tests/rules/test_spec.py` 把关。
What each form means, with a small table. Every row is worked out by three runners (Python, DuckDB, Spark) and held by `tests/rules/test_spec.py`.

`missing` 没有说（输入）或未知（结果） · `closed` 门已关 · `10..20` 区间 | not stated (in) or unknown (out) · behind a closed gate · a range"""
RUNNERS_HEAD = """# 三个执行器 | The three runners

同一份规则由三个执行器计算：`python`（参照，逐户，说明理由）、`duckdb`（一台机器上的整本台账）、`spark`（集群）。每种运算在规则语言的表与例中各出现几次、由谁算，见下表；`tests/rules/test_spec.py` 逐行核对。怎样证明三者一致：`docs/developer/runners.md`。
One set of rules, three runners: `python` (the reference: one household, with reasons), `duckdb` (a whole ledger on one machine), `spark` (a cluster). How often each operation stands in the tables and examples of the language, and who carries it out; held row by row by `tests/rules/test_spec.py`. How the three are proved to agree: `docs/developer/runners.md`."""
GAPS_HEAD = """## SQL 不算的 | What SQL does not carry out

出现在所问条目中时，编译即报错，不会跳过。两种 SQL 的缺口相同：同一棵树，两种写法。
Refused when the program is made, never skipped. Both kinds of SQL have the same gaps: one tree, two dialects."""
VOCABULARY_HEAD = """# 词汇表 | The vocabulary

每项事实只声明一次（`policies/vocabulary/`）。 | Each fact is declared once.

门：它答“否”，后面的事实就不必问。由谁说：person 本人 · officer 经办人查明 · decision 其他机关的决定 · feed 数据 · server 系统。
Gate: where it is no, what stands behind is not asked. Given by: the person, an officer's finding, another body's decision, a data feed, the server."""
PRIVACY = {"plain": "", "sensitive": "敏感 sensitive"}


def language() -> str:
    """Return the reference of the rule language: every table and every example of the specification."""
    parts, chapter = [LANGUAGE_HEAD], ""
    for table in read_tables():
        if table.chapter != chapter:
            chapter = table.chapter
            parts.append(f"## {chapter}")
        parts.append(_table(table))
    parts += _examples()
    return "\n\n".join(parts) + "\n"


def _table(table: Table) -> str:
    figures = "；".join(f"{name} = {_cell(value)}" for name, value in table.raw.get("figures", {}).items())
    lines = [f"### {table.label}", "", *table.says.split(" | "), "", "```text", table.value, "```"]
    if figures:
        lines += ["", f"数值 figures: {figures}"]
    lines += ["", _row([*table.columns, "="]), _row(["---"] * (len(table.columns) + 1))]
    lines += [_row([_cell(cell) for cell in row]) for row in table.rows]
    return "\n".join([*lines, "", " · ".join(_runner(runner, table.refused) for runner in RUNNERS)])


def _runner(runner: Runner, refused: dict[str, str]) -> str:
    return f"{runner.name} ✗ {refused[runner.gaps]}" if runner.gaps in refused else f"{runner.name} ✓"


def runners() -> str:
    """Return which operation is carried out by which runner, and what is not carried out, with the reason."""
    suite = Suite()
    tables = {table.id: table for table in suite.tables}
    uses: dict[str, list[Table | None]] = {word: [] for word in sorted(listed())}
    for entry in suite.engine.pack.entries.values():
        for word in words_of(entry) & uses.keys():
            uses[word].append(tables.get(entry.id))
    head = ["运算 | operation", "表与例 | tables and examples", *(runner.name for runner in RUNNERS)]
    rows = [_row([f"`{word}`", str(len(where)), *(_carried(runner, where) for runner in RUNNERS)]) for word, where in uses.items()]
    gaps = [_row([f"`{feature}`", reason, "✓", *["不指明 not named" if feature == "needs" else "`NotSupportedInSql`"] * 2]) for feature, reason in GAPS.items()]
    table = _row([h.replace(" | ", " ") for h in head]) + "\n" + _row(["---"] * len(head))
    gap_table = _row(["写法 feature", "原因 reason", *(runner.name for runner in RUNNERS)]) + "\n" + _row(["---"] * 5)
    return "\n\n".join([RUNNERS_HEAD, "\n".join([table, *rows]), GAPS_HEAD, "\n".join([gap_table, *gaps])]) + "\n"


def _carried(runner: Runner, where: list[Table | None]) -> str:
    refused = [table for table in where if table is not None and runner.gaps in table.refused]
    return "✓" if not refused else f"✓，{len(refused)} ✗ ({', '.join(sorted({table.refused[runner.gaps] for table in refused}))})"


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "是 yes" if value else "否 no"
    if isinstance(value, list):
        return "[" + ", ".join(_cell(item) for item in value) + "]"
    return str(value)


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _examples() -> Iterator[str]:
    """Yield the example entries as they are written, each with what it shows."""
    pack = load_pack(POLICIES, PLACE)
    for path in sorted((POLICIES / PLACE).glob("[0-9]*.yaml")):
        head, *texts = path.read_text(encoding="utf-8").split("\n  - id: ")
        yield "## " + head.split("chapter: ")[1].split("\n")[0]
        for text in texts:
            entry = pack.entries[text.split("\n")[0].strip()]
            shown = [line for line in text.rstrip().split("\n") if not line.strip().startswith(("note:", "covers:", "label:"))]
            note = str(entry.raw.get("note", "")).split(" | ")
            body = "\n".join(["- id: " + shown[0], *(line[2:] for line in shown[1:])])
            yield "\n".join([f"### {entry.label.zh} | {entry.label.en}", "", *note, "", "```yaml", body, "```"])


def vocabulary() -> str:
    """Return every fact of the shared vocabulary, by entity, and every list of codes."""
    words = load_pack(ROOT / "policies", "cn").vocabulary
    parts = [VOCABULARY_HEAD]
    for entity in words.entities.values():
        facts = [fact for fact in words.facts.values() if fact.entity == entity.id and fact.place is None]
        if facts:
            head = ["事实 | fact", "名称 | label", "问法 | question", "类型 | type", "门 | gate", "由谁说 | given by", "其他 | more"]
            rows = [_row([h.replace(" | ", " ") for h in head]), _row(["---"] * len(head)), *(_fact(words, fact) for fact in facts)]
            parts.append(f"## {entity.label.zh} | {entity.label.en} (`{entity.id}`)\n\n" + "\n".join(rows))
    parts.append("## 问的次序 | The order of the questions\n\n" + "\n".join(_topics(words)))
    parts.append("## 代码表 | Code lists")
    parts += [_codes(name, found) for name, found in words.codes.items()]
    return "\n\n".join(parts) + "\n"


def _topics(words: Vocabulary) -> Iterator[str]:
    """Yield the rows of the table of topics: what is asked first, what later, and of whom a question is unlikely to matter."""
    yield _row(["主题 topic", "先问 first", "后问 later"])
    yield _row(["---"] * 3)
    for topic in words.topics.topics.values():
        yield _row([f"{topic.label.zh}<br>{topic.label.en}", *("<br>".join(f"`{word}`" for word in part) for part in (topic.first, topic.later))])
    yield ""
    yield _row(["问题 question", "什么人才像是 likely of"])
    yield _row(["---"] * 2)
    for word, ways in words.topics.likely.items():
        yield _row([f"`{word}`", "<br>".join("，".join(_possible(one) for one in way) for way in ways) or "—"])


def _possible(one: Possible) -> str:
    if one.fact == AGE:
        return f"{one.low}–{one.high if one.high is not None else ''} 岁"
    return f"`{one.fact}` " + "/".join({True: "是 yes", False: "否 no"}.get(answer, str(answer)) for answer in sorted(one.answers, key=str))


def _fact(words: Vocabulary, fact: Fact) -> str:
    ask = f"{fact.ask.zh}<br>{fact.ask.en}" if fact.ask else ""
    kind = f"{fact.type} `{fact.codes}`" if fact.codes else " ".join([fact.type, _bounds(fact)]).strip()
    more = "；".join(part for part in ("主要 core" if fact.core else "", PRIVACY.get(fact.privacy, fact.privacy)) if part)
    gate = f"`{fact.gate}`" if fact.gate else ""
    return _row([f"`{fact.id}`", f"{fact.label.zh}<br>{fact.label.en}", ask, kind, gate, fact.given_by, more])


def _bounds(fact: Fact) -> str:
    scale = Fraction(100) ** power_of(fact.unit, "元")
    ends = ["" if end is None else decimal_text(Fraction(end) / scale) for end in (fact.low, fact.high)]
    return " ".join(part for part in (unit_text(fact.unit), "..".join(ends) if any(ends) else "") if part)


def _codes(name: str, found: CodeList) -> str:
    checked = "已核对 verified" if found.verified else "未核对 not verified"
    rows = [_row([f"`{code}`", label.zh, label.en]) for code, label in found.codes.items()]
    return "\n".join([f"### `{name}`", "", f"{found.standard} · {checked}", "", _row(["代码 code", "中文", "English"]), _row(["---"] * 3), *rows])
