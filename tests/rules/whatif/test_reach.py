"""What a change can reach: the open answers of all else are not written, and the comparison comes out the same."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from bangfu.rules.errors import UsageError
from bangfu.rules.population.run import named_hash
from bangfu.rules.whatif import run
from bangfu.rules.whatif.pair import Pair, make_pair
from bangfu.rules.whatif.reach import reached_entries
from bangfu.rules.whatif.run import WhatIfOrder, what_if
from tests.rules.engines import POLICIES
from tests.rules.population.ledgers import write_parquet
from tests.rules.population.runs import DAY, SPEC, quiet, spec, spec_tables

BY = "from: 2024-01-01, source: 拟, said_by: 示例"
CHANGES = {
    "a value that many read": "steady_line=+10",
    "a value of one entry": "plain_grant.amount=150",
    "a reading": "readings: {line_reading: up_to}\n",
    "a group that joins": f"widens:\n  - {{entry: joined_grant, when: q, {BY}}}\n",
    "a condition": f"conditions:\n  - {{entry: open_grant, when: q, {BY}}}\n",
}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a ledger of random households, some of which say little."""
    return write_parquet(spec().pack, spec_tables(150), tmp_path_factory.mktemp("ledger"))


def pair_of(change: str, folder: Path) -> Pair:
    """Return the small pack before and after a change, which is written or an overlay."""
    file = folder / "拟.yaml"
    file.write_text(f"place: spec\n{change}", encoding="utf-8")
    return make_pair(SPEC, "spec", DAY, [str(file) if "\n" in change else change])


def outcome(pair: Pair, ledger: Path, out: Path) -> tuple[dict[str, Any], list[Any], list[Any], int]:
    """Return what a what-if shows, its changed entitlements and households, and how many rows its two sides have."""
    found = what_if(pair, WhatIfOrder(str(ledger), out, profiles=False), quiet()).as_data()
    lines, homes = (pq.read_table(out / f"changed_{name}.parquet").to_pylist() for name in ("entitlements", "households"))
    return found, lines, homes, sum(pq.read_table(out / side / "entitlements").num_rows for side in ("base", "variant"))


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_comparison_needs_no_other_open_answers(change: str, ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that is shown is the same as where both sides write every open answer; fewer rows are written."""
    pair = pair_of(change, tmp_path)
    before = reached_entries(pair.base, pair.variant)
    *found, rows = outcome(pair, ledger, tmp_path / "needed")
    assert reached_entries(pair.base, pair.variant) == before, "answering a ledger changes what is reached"
    monkeypatch.setattr(run, "reached_entries", lambda base, _: frozenset(base.pack.entries))
    *whole, all_rows = outcome(pair, ledger, tmp_path / "all")

    assert found == whole
    assert len(found[1]) >= (0 if "readings" in change else 5)  # nobody of these stands exactly on the line that the reading turns
    assert rows < all_rows * 0.9


def test_a_what_if_lacks_the_open_answers_that_are_left_out(ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where too little counts as reached the comparison would differ: the test above can fail."""
    pair = pair_of("steady_line=+10", tmp_path)
    whole = outcome(pair, ledger, tmp_path / "needed")
    monkeypatch.setattr(run, "reached_entries", lambda *_: frozenset())

    assert outcome(pair, ledger, tmp_path / "none")[1] != whole[1]


def test_what_reads_a_changed_value_is_reached() -> None:
    """The entry that pays it, all that read that entry and those that share a ceiling with it; nothing else."""
    pair = make_pair(POLICIES, "wuchang", DAY, ["elder_care_subsidy.old_age=250"])

    reached = reached_entries(pair.base, pair.variant)

    assert "elder_care_subsidy" in reached
    assert len(reached) < 10
    assert "dibao_payment" not in reached
    standard = make_pair(POLICIES, "wuchang", DAY, ["dibao_standard=+30"])
    assert {"dibao_payment", "dibao_household"} < reached_entries(standard.base, standard.variant)


def test_other_ground_reaches_everything(tmp_path: Path) -> None:
    """A changed vocabulary or document: no entry is safe."""
    shutil.copytree(SPEC, tmp_path / "policies")
    words = tmp_path / "policies" / "spec" / "document.yaml"
    words.write_text(words.read_text(encoding="utf-8") + "note: 改 | changed\n", encoding="utf-8")
    chapter = tmp_path / "policies" / "spec" / "01-conditions.yaml"
    chapter.write_text(chapter.read_text(encoding="utf-8").replace("amount: 100 元/户·月", "amount: 110 元/户·月", 1), encoding="utf-8")
    pair = make_pair(SPEC, "spec", DAY, [str(tmp_path / "policies")])

    assert reached_entries(pair.base, pair.variant) == frozenset(pair.base.pack.entries)


def test_a_base_of_another_change_is_not_gone_on_with(ledger: Path, tmp_path: Path) -> None:
    """It holds the open answers of what that change reached."""
    out = tmp_path / "out"
    what_if(pair_of("steady_line=+10", tmp_path), WhatIfOrder(str(ledger), out, profiles=False), quiet())
    (out / "whatif.json").unlink()
    shutil.rmtree(out / "variant")
    other = pair_of("plain_grant.amount=150", tmp_path)

    assert json.loads((out / "base" / "manifest.json").read_text(encoding="utf-8"))["open_entries"] != named_hash(reached_entries(other.base, other.variant))
    with pytest.raises(UsageError, match="open_entries"):
        what_if(other, WhatIfOrder(str(ledger), out, resume=True, profiles=False), quiet())
