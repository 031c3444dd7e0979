"""Coverage proves itself, and agrees with the inventory where that file is beside the checkout."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from bangfu.rules.errors import Fault
from bangfu.rules.pack.coverage import coverage, covering, read_exceptions
from bangfu.rules.pack.model import Entry, Pack
from bangfu.rules.plan import nodes_of
from bangfu.rules.yaml_source import Map
from tests.rules.engines import PLACES, POLICIES, ROOT, engine

INVENTORY = ROOT.parent / "shared" / "inventory.csv"
NOT_COMPUTED = ("fund", "stacking", "procedure", "target", "feed", "responsibility", "principle")


@pytest.mark.parametrize("place", PLACES)
def test_every_clause_and_figure_is_covered(place: str) -> None:
    """Each clause has an entry, and each figure of it stands in what covers it."""
    faults: list[Fault] = []

    found = coverage(engine(place).pack, place, read_exceptions(POLICIES, place, faults))

    assert not faults
    assert found.uncovered == []
    assert found.lost == []
    assert found.clauses > 50


def test_a_figure_taken_out_is_noticed() -> None:
    """Coverage looks at values: a figure that no entry carries is listed."""
    pack = engine("county").pack
    entry = pack.entries["flexible_pension_subsidy"]
    left = {name: figure for name, figure in entry.figures.items() if name != "share_paid_back"}
    raw = Map(entry.file, entry.raw.mark)
    raw.update(entry.raw | {"figures": {name: said for name, said in entry.raw["figures"].items() if name in left}})
    without = replace(entry, figures=left, raw=raw, rate=None)
    assert ("county-05a", "2/3") not in coverage(pack, "county").lost
    assert ("county-05a", "2/3") in coverage(replace(pack, entries=pack.entries | {entry.id: without}), "county").lost


def rows() -> list[dict[str, str]]:
    """Return the inventory's rows; a machine without the file says so."""
    if not INVENTORY.is_file():
        pytest.skip("the inventory lies beside the checkout on the maintainers' machines only")
    with INVENTORY.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_outlines_and_inventory_name_the_same_clauses() -> None:
    """The outlines have exactly the inventory's 574 rows."""
    wanted = {row["id"] for row in rows()}
    found = {c.id for place in PLACES for c in engine(place).pack.clauses.values() if c.file.startswith(f"{place}/")}

    assert len(wanted) == 574
    assert found == wanted


def facts_tested(pack: Pack, entry: Entry, seen: set[str]) -> set[str]:
    """Return the names an entry tests, through definitions and recognitions too."""
    if entry.id in seen:
        return set()
    seen.add(entry.id)
    found: set[str] = {"policy"} if entry.policy else set()
    found |= {"open_condition"} if entry.open_condition else set()
    found |= {"record"} if entry.limits else set()
    found |= {"since"} if entry.lasts or entry.since or entry.until else set()
    date = pack.vocabulary.entities[entry.per].date if entry.per else None
    found |= {date} if date else set()
    for root in nodes_of(entry):
        for node in root.walk():
            if node.op == "fact":
                found.add(node.data.name)
            elif node.op in ("result", "receives"):
                found |= {node.data.name} | facts_tested(pack, pack.entries[node.data.name], seen)
            elif node.op == "record":
                found.add(f"record of {node.data.ref.name}")
            elif node.op == "loop":
                found.add(node.data.collection)
    return found


def test_an_entry_that_tests_less_than_its_row_needs_says_why() -> None:
    """Computable rows are carried by entries that test as many facts, or give their reason in ``because``."""
    silent = []
    looked = 0
    for row in rows():
        if row["computable"] == "no":
            continue
        pack = engine(row["pack"]).pack
        entries = [pack.entries[name] for name in covering(pack).get(row["id"], []) if name in pack.entries]
        if not entries:
            continue
        looked += 1
        needed = len([f for f in row["facts_needed"].split(";") if f.strip()])
        said = any("because" in e.raw or e.kind in NOT_COMPUTED for e in entries)
        if not said and max(len(facts_tested(pack, e, set())) for e in entries) < needed:
            silent.append(row["id"])

    assert looked > 340
    assert silent == []


def test_no_sentence_of_the_documents_is_pasted() -> None:
    """Entries cite and paraphrase: no text of a pack repeats 25 characters of its document in a row."""
    sources = ROOT.parent / "shared" / "sources"
    if not sources.is_dir():
        pytest.skip("the documents lie beside the checkout on the maintainers' machines only")
    pasted = []
    for place in PLACES:
        text = (sources / f"{place}.md").read_text(encoding="utf-8")
        for path in sorted(Path(POLICIES / place).glob("*.yaml")):
            for line in path.read_text(encoding="utf-8").splitlines():
                for part in line.replace("|", "：").split("："):
                    words = part.strip()
                    if len(words) >= 25 and not words.isascii() and any(words[i : i + 25] in text for i in range(len(words) - 24)):
                        pasted.append(f"{path.name}: {words[:40]}")

    assert pasted == []
