"""A whole what-if over a ledger of the ten profiles without income: every figure can be worked out by hand."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from bangfu.rules.errors import BangfuError
from bangfu.rules.household import Given, GivenRow
from bangfu.rules.population.run import Progress
from bangfu.rules.values import Unknown
from bangfu.rules.whatif.excel import write_book
from bangfu.rules.whatif.page import page
from bangfu.rules.whatif.pair import Pair, make_pair
from bangfu.rules.whatif.profiles import profile_files, read_profile
from bangfu.rules.whatif.run import WhatIf, WhatIfOrder, what_if
from tests.rules.engines import POLICIES, engine
from tests.rules.population.ledgers import tables_of, write_parquet

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("whatif")]
ARGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
DAY = dt.date(2024, 6, 1)
MEMBERS = [1, 1, 2, 3, 3, 3, 3, 3, 5, 2]


def quiet() -> Progress:
    """Return a progress that says nothing."""
    return Progress(lambda stage, total: None, lambda steps: None)


def renamed(given: Given, number: int) -> Given:
    """Return a profile whose ids are its own in a ledger of many."""
    def name(text: str | None) -> str | None:
        return text if text in (None, "place") else f"{text}{number}"

    rows = [GivenRow(r.entity, str(name(r.id)), name(r.of), name(r.at), r.facts, r.stated) for r in given.rows if r.entity != "place" or number == 1]
    return dataclasses.replace(given, rows=rows)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a ledger of the ten profiles."""
    pack = engine("honghuagang").pack
    givens = [renamed(read_profile(pack, file), number) for number, file in enumerate(profile_files(), start=1)]
    return write_parquet(pack, tables_of(pack, givens), tmp_path_factory.mktemp("ledger") / "台账")


@pytest.fixture(scope="module")
def pair() -> Pair:
    """Return Honghuagang with 30 元 more of dibao."""
    return make_pair(POLICIES, "honghuagang", DAY, ["dibao_standard=+30"])


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the result."""
    return tmp_path_factory.mktemp("whatif") / "测算"


@pytest.fixture(scope="module")
def found(ledger: Path, pair: Pair, out: Path) -> WhatIf:
    """Return the answer, over partitions of four households."""
    return what_if(pair, WhatIfOrder(str(ledger), out, part_size=4), quiet())


def test_every_profile_gains_what_the_standard_says(found: WhatIf, out: Path) -> None:
    """Without income each member of a dibao household brings 30 元 a month: 26 members, 26 × 30 = 780 元, 9,360 元 a year."""
    dibao = next(row for row in found.entries if row["entry"] == "dibao_payment")

    assert found.households == 10
    assert found.classes == {name: 10 if name == "gain" else 0 for name in found.classes}
    assert dibao["low_after"] - dibao["low_before"] == sum(MEMBERS) * 30_00
    homes = {row["household"]: row["regular"] for row in pq.read_table(out / "changed_households.parquet").to_pylist()}
    assert homes["household1"] == 30_00 * 12
    # Two old people: 2 × 30, and a tenth of the standard more for each of the two: 2 × 3.
    assert homes["household3"] == (60_00 + 6_00) * 12
    assert sum(homes.values()) == found.regular["after"] - found.regular["before"] == sum(row["regular"] for row in found.streets)


def test_the_answer_is_that_of_the_reference_one_by_one(found: WhatIf, out: Path, pair: Pair) -> None:
    """Each profile's payments under both packs, household by household."""
    homes = {row["household"]: row["regular"] for row in pq.read_table(out / "changed_households.parquet").to_pylist()}

    for number, file in enumerate(profile_files(), start=1):
        sums = []
        for rules in (pair.base, pair.variant):
            given = renamed(read_profile(rules.pack, file), number)
            run = rules.run(given, DAY, "met")
            entries = [e for e in rules.pack.entries.values() if e.is_benefit and e.has_money and e.every in ("month", "year", "school_year") and e.per in ("person", "household")]
            paid = [(rules.result(row, e), e.every) for e in entries for row in run.rows[e.per or ""]]
            # Of a range the lower end counts.
            known = [(getattr(result.amount, "low", result.amount), every) for result, every in paid if result.status is True and result.amount.__class__ is not Unknown]
            sums.append(sum(int(low) * (12 if every == "month" else 1) for low, every in known))
        assert homes[f"household{number}"] == sums[1] - sums[0]


def test_the_most_changed_are_explained_under_both_packs(found: WhatIf) -> None:
    """The family of five moves most; its payment is argued before and after with the standard of each."""
    first = found.movers[0]
    moved = next(m for m in first.moved if m.entry == "dibao_payment")

    assert (first.household, first.members, len(found.movers)) == ("household9", 5, 10)
    assert moved.low_before is not None
    assert moved.low_after == moved.low_before + 5 * 30_00
    assert any("571" in line.zh for line in moved.why_before)
    assert any("601" in line.zh for line in moved.why_after)


def test_cliffs_move_with_the_standard(found: WhatIf) -> None:
    """Living alone, dibao ends one fen below the standard: 807.99 before, 837.99 after."""
    fate, before, after = found.profiles[0].cliffs[0]

    assert before is not None
    assert after is not None
    assert (fate, before.x, after.x) == ("moved", 80_799, 83_799)


def test_the_folder_is_a_result_and_is_not_overwritten(found: WhatIf, out: Path, ledger: Path, pair: Pair) -> None:
    """``whatif.json`` says it all; the stages are gone; a second what-if wants another folder."""
    assert json.loads((out / "whatif.json").read_text(encoding="utf-8")) == found.as_data()
    assert not list(out.rglob(".work"))
    with pytest.raises(BangfuError, match="is a finished what-if"):
        what_if(pair, WhatIfOrder(str(ledger), out), quiet())


def test_a_stopped_what_if_goes_on_to_the_same_answer(found: WhatIf, ledger: Path, pair: Pair, tmp_path: Path) -> None:
    """Stopped between the two sides: no result; resumed with other options it is refused, with the same it ends alike."""
    order = WhatIfOrder(str(ledger), tmp_path / "out", part_size=4, profiles=False)

    def stop(stage: str, total: int | None) -> None:
        if stage == "variant answer":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        what_if(pair, order, Progress(stop, lambda steps: None))
    assert (tmp_path / "out" / "base" / "manifest.json").is_file()
    assert not (tmp_path / "out" / "whatif.json").exists()
    with pytest.raises(BangfuError, match="go on with --resume"):
        what_if(pair, order, quiet())
    with pytest.raises(BangfuError, match="basis differ"):
        what_if(pair, dataclasses.replace(order, resume=True, basis="recorded"), quiet())
    again = what_if(pair, dataclasses.replace(order, resume=True), quiet())
    assert dataclasses.replace(again, profiles=found.profiles) == found


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_stands_alone(found: WhatIf, lang: str) -> None:
    """No address is loaded; only its own scripts may run; each section is there, and no text breaks out of its place."""
    hostile = dataclasses.replace(found, title_zh="<script>alert(1)</script>", title_en="</script><b>")
    text = page(hostile, lang)

    markup = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert not re.findall(r'(?:src|href)\s*=\s*"', markup)
    assert "default-src 'none'" in text
    assert text.count("'sha256-") == text.count("<script>") == 2
    assert "<b>" not in markup.split("<ul class=tiles>")[0]
    assert markup.count("<h2>") == 8
    assert markup.count("class=profile>") == markup.count("class=mover>") == 10


def test_the_page_without_the_chart_library_is_tables(found: WhatIf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An installation whose assets were not made still writes the page."""
    monkeypatch.setattr("bangfu.rules.whatif.page.ECHARTS", tmp_path / "none.js")

    text = page(found, "zh")

    assert "script-src 'none'" in text
    assert text.count("<table>") >= 5


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_draws_its_charts_on_phone_desk_and_paper(width: int, found: WhatIf, tmp_path: Path) -> None:
    """Every chart is drawn without a word on the console or a call to the network; nothing is wider than the screen; axe finds nothing."""
    file = tmp_path / "whatif.html"
    file.write_text(page(found, "zh"), encoding="utf-8")
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=ARGS)
        opened = browser.new_page(viewport={"width": width, "height": 844})
        said: list[str] = []
        asked: list[str] = []
        opened.on("console", lambda message: said.append(message.text))
        opened.on("pageerror", lambda error: said.append(str(error)))
        opened.on("request", lambda request: asked.append(request.url))
        opened.goto(file.as_uri())
        charts = opened.locator(".chart")
        assert charts.count() == opened.locator(".chart svg").count() == 4 + 10
        assert opened.evaluate("document.documentElement.scrollWidth") == width
        assert Axe().run(opened).violations_count == 0
        assert 0 < opened.pdf(format="A4").count(b"/Type /Page\n") <= 20
        browser.close()
    assert said == []
    assert asked == [file.as_uri()]


def test_the_excel_file_holds_the_same_figures(found: WhatIf, out: Path, tmp_path: Path) -> None:
    """Read back by another reader: sums in 元 as numbers, one sheet for each way to look."""
    write_book(found, tmp_path / "测算.xlsx", "zh", out / "changed_households.parquet")

    book = openpyxl.load_workbook(tmp_path / "测算.xlsx")
    assert book.sheetnames == ["摘要", "费用", "待遇", "街道", "社区", "人群", "每户差多少", "收入悬崖", "变动最大", "理由", "变动户"]
    summary: dict[Any, Any] = {row[0]: row[1] for row in book["摘要"].iter_rows(values_only=True)}
    assert summary["钱多了（户）"] == 10
    assert summary["按期发放，折每年（元）：增减"] == (found.regular["after"] - found.regular["before"]) / 100
    homes = {row[0]: row[3] for row in book["变动户"].iter_rows(min_row=2, values_only=True)}
    assert homes["household1"] == 360
    with pytest.raises(BangfuError, match="cannot write"):
        write_book(found, tmp_path / "nowhere" / "测算.xlsx", "zh")


def test_a_cut_gives_losers(ledger: Path, tmp_path: Path) -> None:
    """30 元 less: the same households, the other way."""
    pair = make_pair(POLICIES, "honghuagang", DAY, ["dibao_standard=-30"])

    found = what_if(pair, WhatIfOrder(str(ledger), tmp_path / "out", profiles=False, most=1), quiet())

    assert found.classes["lose"] == 10
    assert [mover.household for mover in found.movers] == ["household9"]
