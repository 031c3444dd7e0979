"""Store one assessment with everything that it rests on: ``python scripts/write_replay.py NAME HOUSEHOLD_FILE``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bangfu.rules.assess import assess
from bangfu.rules.engine import Engine
from bangfu.rules.household import read_given, read_household_content
from bangfu.rules.pack.load import load_pack

ROOT = Path(__file__).resolve().parents[1]


def main(name: str, file: str) -> int:
    """Write ``tests/replays/NAME``; an existing replay is never written over."""
    home = ROOT / "tests" / "replays" / name
    if home.exists():
        print(f"{home.name} exists; replays are never edited")
        return 1
    content = read_household_content(Path(file))
    engine = Engine(load_pack(ROOT / "policies", content["place"]))
    given = read_given(engine.pack, content)
    found = assess(engine, given, content["on"])
    for path, body in engine.pack.files.items():
        target = home / "policies" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
    plain = json.loads(json.dumps(content, default=str))
    plain["place"] = content["place"]
    (home / "given.json").write_text(json.dumps({"given": plain}, ensure_ascii=False, indent=1), encoding="utf-8")
    (home / "assessment.json").write_text(json.dumps(found.as_data(reasons=False), ensure_ascii=False, sort_keys=True, indent=1), encoding="utf-8")
    print(f"{home.name}: {len(found.answers)} answers stored")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
