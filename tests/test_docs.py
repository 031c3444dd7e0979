"""The guides work as written: a new place from its page, a standard changed in five steps, the README's household."""

from __future__ import annotations

import datetime as dt
import re
import shlex
import shutil
from pathlib import Path

import pytest

from bangfu.rules.assess import assess
from bangfu.rules.casebook import CaseRunner, read_cases
from bangfu.rules.engine import Engine
from bangfu.rules.errors import Fault
from bangfu.rules.household import read_given, read_household_content
from bangfu.rules.new_place import new_place
from bangfu.rules.pack.checks import check_pack
from bangfu.rules.pack.coverage import coverage
from bangfu.rules.pack.load import load_pack, read_pack

ROOT = Path(__file__).resolve().parents[1]
ON = dt.date(2026, 5, 1)


def blocks(page: str) -> list[str]:
    """Return the YAML blocks of a guide."""
    return re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "policy" / page).read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """Return a copy of the shipped policies."""
    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    return tmp_path / "policies"


def test_a_new_place_written_from_its_page_alone(policies: Path) -> None:
    """No errors, every clause covered, both cases hold."""
    new_place(policies, "jiangan", "江岸区困难群众帮扶办法（演示） | Jiang'an (demonstration)", "420102")
    home = policies / "jiangan"
    outline, entries, cases = blocks("new-place.md")
    (home / "01-example.yaml").unlink()
    (home / "cases" / "01-example.yaml").unlink()
    (home / "outline.yaml").write_text("- article: 施行\n  clauses:\n    jiangan-force: {label: 施行}\n" + outline, encoding="utf-8")
    (home / "01-allowances.yaml").write_text(entries, encoding="utf-8")
    (home / "cases" / "01-allowances.yaml").write_text(cases, encoding="utf-8")

    pack, read_faults = read_pack(policies, "jiangan")
    faults = [f for f in check_pack(pack, policies, ON, read_faults) if f.level != "notice"]
    case_faults: list[Fault] = []
    runner = CaseRunner(Engine(pack))

    assert faults == []
    assert coverage(pack, "jiangan").uncovered == []
    assert [said for case in read_cases(policies, "jiangan", case_faults) for said in runner.run(case)] == []


def test_a_standard_changed_in_five_steps_changes_the_answer_on_its_day(policies: Path) -> None:
    """The value is added as the page says; the answer changes on its day and not before."""
    page = blocks("change-a-standard.md")
    new_row = next(line for line in page[0].splitlines() if "2026-04-01" in line).split("   #")[0]
    path = policies / "honghuagang" / "parameters.yaml"
    text = path.read_text(encoding="utf-8")
    last = next(line for line in text.splitlines() if "from: 2025-04" in line and "urban: 832" in line)
    indent = last[: len(last) - len(last.lstrip())]
    path.write_text(text.replace(last, f"{last}\n{indent}{new_row.strip()}"), encoding="utf-8")

    engine = Engine(load_pack(policies, "honghuagang"))
    content = read_household_content(ROOT / "examples" / "honghuagang.yaml")
    amounts = {}
    for day in (dt.date(2026, 3, 31), dt.date(2026, 4, 1)):
        found = assess(engine, read_given(engine.pack, content), day)
        amounts[day] = next(a.amount.low for a in found.answers if a.entry == "dibao_payment" and a.amount is not None)

    assert amounts == {dt.date(2026, 3, 31): str(832 * 3 - 1500), dt.date(2026, 4, 1): str(860 * 3 - 1500)}


def test_the_case_and_the_overlay_of_the_page_hold(policies: Path) -> None:
    """The case of step five holds under the overlay at the end of the page."""
    page = blocks("change-a-standard.md")
    engine = Engine(load_pack(policies, "honghuagang", [("新标准.yaml", page[2])]))
    (policies / "honghuagang" / "cases").joinpath("99-page.yaml").write_text(page[1], encoding="utf-8")
    faults: list[Fault] = []
    case = next(c for c in read_cases(policies, "honghuagang", faults) if c.file.endswith("99-page.yaml"))

    assert CaseRunner(engine).run(case) == []


@pytest.mark.parametrize(("page", "lang"), [("README.md", "en"), ("README.zh-CN.md", "zh")])
def test_the_readme_shows_what_the_command_prints(page: str, lang: str) -> None:
    """Every line of the worked household stands in the argument of today."""
    from bangfu.rules.pack.model import Entry

    engine = Engine(load_pack(ROOT / "policies", "county"))
    content = read_household_content(ROOT / "examples" / "county.yaml")
    found = assess(engine, read_given(engine.pack, content), content["on"])
    answer = next(a for a in found.answers if a.entry == "major_illness_aid" and a.row == "一月住院")
    entry: Entry = engine.pack.entries["major_illness_aid"]
    said = {line.text(lang) for reason in answer.reasons for _, line in reason.lines()}
    text = (ROOT / page).read_text(encoding="utf-8")
    shown = [line.strip()[2:].strip() for line in text.splitlines() if line.strip()[:1] in ("✓", "·")]

    assert entry.label.text(lang) in text
    assert answer.amount is not None
    assert answer.amount.low == "7140"
    assert len(shown) >= 6
    assert [line for line in shown if line not in said] == []


def test_the_glossary_labels_are_chinese_and_identifiers_english() -> None:
    """Each row has an identifier, a Chinese term and a definition; no identifier stands twice."""
    rows = [line.split("|")[1:4] for line in (ROOT / "GLOSSARY.md").read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    names = [row[0].strip() for row in rows]

    assert len(names) == len(set(names)) > 30
    assert all(re.search("[一-龥]", row[1]) and row[2].strip() for row in rows)


@pytest.mark.slow
def test_the_analysts_guide_works_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command of the guide, in order, on a smaller district; each says the first words that the guide shows."""
    from bangfu.cli import main

    text = (ROOT / "docs" / "analyst" / "README.md").read_text(encoding="utf-8")
    commands = [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines() if line.strip()]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    said = ""
    for command in commands:
        words = shlex.split(command.replace("20000", "600"))
        assert words[0] == "bangfu"
        with pytest.raises(SystemExit) as ended:
            main(["--lang", "zh", *words[1:]])
        printed = capsys.readouterr()
        assert ended.value.code == 0, (command, printed.err)
        said += printed.out + printed.err
    assert len(commands) == 7
    for words_shown in ("全部虚构", "摘要：结果/summary.zh.md", "城市 940、农村 820 元/人·月 → 城市 970、农村 850 元/人·月", "每月发放的 +", "悬崖 收入到 2,820 元：帮扶 833.34 → 0 元/月"):
        assert words_shown in text
        assert words_shown in said
