"""Mutation of the rules: print the survivors; ``--check`` fails if one is not in ``mutants.txt`` (which may only shrink).

``mutants_equivalent.txt`` names the mutants that no household can tell from the rule, each with its reason.

    python scripts/mutants.py                 every place: how many mutants, how many survive, which
    python scripts/mutants.py county          one place
    python scripts/mutants.py --check         against scripts/mutants.txt
    python scripts/mutants.py --write         shrink scripts/mutants.txt to what still survives
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from bangfu.rules.casebook import read_cases
from bangfu.rules.engine import Engine
from bangfu.rules.errors import Fault
from bangfu.rules.mutation import survivors
from bangfu.rules.pack.load import load_pack, places

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "scripts" / "mutants.txt"
EQUIVALENT = ROOT / "scripts" / "mutants_equivalent.txt"


def equivalents(places_run: list[str]) -> set[str]:
    """Return the lines of the mutants that are no change at all, of the places asked for; each has a reason after ``|``."""
    rows = [row.partition(" | ") for row in EQUIVALENT.read_text(encoding="utf-8").splitlines() if row and not row.startswith("#")]
    bare = [line for line, _, reason in rows if not reason.strip()]
    if bare:
        raise SystemExit(f"{EQUIVALENT.name}: no reason after | for: {'; '.join(bare)}")
    return {line for line, _, _ in rows if line.split(" ")[0] in places_run}


def of_place(place: str) -> tuple[str, int, list[str]]:
    """Return place, number of mutants, survivors."""
    folder = ROOT / "policies"
    engine = Engine(load_pack(folder, place))
    faults: list[Fault] = []
    made, found = survivors(engine, read_cases(folder, place, faults), place)
    return place, made, found


def main(arguments: list[str]) -> int:
    """Run and report."""
    named = [a for a in arguments if not a.startswith("--")]
    chosen = named or ["cn", *places(ROOT / "policies")]
    known = set(LIST.read_text(encoding="utf-8").splitlines()) if LIST.is_file() else set()
    living: list[str] = []
    started = time.monotonic()
    with ProcessPoolExecutor(2) as pool:
        for place, made, found in pool.map(of_place, chosen):
            print(f"{place}: {made} mutants, {len(found)} survive")
            living += [f"{place} {line}" for line in found]
            if made == 0:
                print(f"{place}: nothing was mutated, so nothing was proved")
                return 1
    same = equivalents(chosen)
    told = sorted(same - set(living))
    for line in told:
        print(f"told after all, take it out of {EQUIVALENT.name}: {line}")
    living = [line for line in living if line not in same]
    print(f"{len(same)} mutants are equivalent, with their reasons in {EQUIVALENT.name}; {len(living)} survive; {time.monotonic() - started:.0f} s")
    fresh = sorted(set(living) - known)
    gone = sorted(k for k in known - set(living) if not named or k.split(" ")[0] in named)
    if "--write" in arguments and not named:
        grown = fresh if known else []
        LIST.write_text("".join(f"{line}\n" for line in sorted(set(living))), encoding="utf-8")
        print(f"{LIST.name}: {len(living)} survivors written" + (f", {len(grown)} of them new" if grown else ""))
        return 0
    for line in fresh if "--check" in arguments else sorted(living):
        print(f"survives: {line}")
    if gone and "--check" in arguments:
        print(f"{len(gone)} listed mutants are noticed now: run scripts/mutants.py --write to shorten the list")
    return 1 if "--check" in arguments and (fresh or told) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
