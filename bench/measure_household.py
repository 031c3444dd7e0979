"""One household: bangfu beside OpenFisca-Core with the same rules, the same households, the same answers checked first.

Build is included on both sides. Also: load time, all rules of Wuchang explained and not, a cold ``bangfu assess``, folded
rules, and the number of questions to a 90 % settled answer. BANGFU_BENCH_HOUSEHOLDS (default 200) chooses how many
made-up households are timed, BANGFU_BENCH_INTERVIEWS (default 30) how many are interviewed.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))
import peer  # noqa: E402
from report import ROOT, Row, free, keep, verdict  # noqa: E402
from wuchang_rules import COMPARED, FLAGS_HOUSEHOLD, FLAGS_PERSON, OWN  # noqa: E402

from bangfu.rules.assess import assess  # noqa: E402
from bangfu.rules.engine import Engine  # noqa: E402
from bangfu.rules.household import read_given, to_marked  # noqa: E402
from bangfu.rules.interview import Interview, blank  # noqa: E402
from bangfu.rules.pack.load import load_pack, places  # noqa: E402
from bangfu.rules.yaml_source import forget_shared  # noqa: E402

HOUSEHOLDS = int(os.environ.get("BANGFU_BENCH_HOUSEHOLDS", "200"))
INTERVIEWS = int(os.environ.get("BANGFU_BENCH_INTERVIEWS", "30"))
ROUNDS = int(os.environ.get("BANGFU_BENCH_ROUNDS", "5"))  # of what takes a second
ON = dt.date(2023, 6, 30)
KINDS = ["visual", "hearing", "speech", "physical", "intellectual", "mental"]  # the parts of a multiple disability are facts of their own
STAGES = ["kindergarten", "primary", "junior", "senior", "vocational", "college", "university", "postgraduate"]


def made_up(seed: int) -> dict[str, Any]:
    """Return a plain dict of one made-up household: facts by bangfu's names, ages and years beside the dates."""
    dice = random.Random(seed)
    flag = lambda share=0.5: dice.random() < share  # noqa: E731
    people = []
    for number in range(dice.randint(1, 5)):
        age = dice.choice([4, 10, 14, 17, 19, 30, 45, 59, 60, 75, 91])
        disabled, studying = flag(0.4), age < 24 and flag(0.8)
        person: dict[str, Any] = {name: flag(0.3) for name in FLAGS_PERSON}
        person |= {"age": age, "has_disability": disabled, "in_school": studying, "hukou_here": flag(0.8), "resident_years": dice.choice([0, 1, 3]),
                   "disability_kind": dice.choice(KINDS) if disabled else "", "disability_level": dice.randint(1, 4) if disabled else 0,
                   "self_care": dice.choice(["able", "partial", "unable"]), "school_stage": dice.choice(STAGES) if studying else "",
                   "relation": "self" if number == 0 else dice.choice(["spouse", "child", "grandchild", "parent"]),
                   "tuition_charged": dice.choice([0, 2000, 2500, 3000, 5000]) if studying else 0,
                   "self_paid_medical_year": dice.choice([0, 3000, 3001, 20000, 40000]), "study_year": 1 if studying else 0}  # fmt: skip
        for name in ("full_time_study", "school_honoured", "fresh_student", "fresh_full_time", "school_in_province"):
            person[name] = person[name] and studying
        person["lower_limb_disability"] = person["lower_limb_disability"] and disabled
        people.append(person)
    home = {name: flag(0.4) for name in FLAGS_HOUSEHOLD} | {"own_work_years": dice.choice([0, 1, 2, 3])}
    return {"household": home, "members": people}


def for_bangfu(plain: dict[str, Any]) -> dict[str, Any]:
    """Return the same household as bangfu reads it."""
    members = []
    for number, person in enumerate(plain["members"]):
        facts = {k: v for k, v in person.items() if k not in ("age", "resident_years", "study_year")}
        facts |= {"id": f"P{number}", "birth_date": dt.date(ON.year - person["age"], 1, 1)}
        facts["resident_since"] = dt.date(ON.year - int(person["resident_years"]), 1, 1)
        if not person["resident_here"]:
            facts.pop("resident_since")
        if not person["has_disability"]:
            facts = {k: v for k, v in facts.items() if k not in ("disability_kind", "disability_level", "lower_limb_disability")}
        if not person["in_school"]:
            facts = {k: v for k, v in facts.items() if k not in ("school_stage", "tuition_charged", "full_time_study", "school_honoured", "fresh_student", "fresh_full_time", "school_in_province")}
        members.append(facts)
    home = {k: v for k, v in plain["household"].items() if k != "own_work_years"}
    home |= {"own_work_since": dt.date(ON.year - int(plain["household"]["own_work_years"]), 1, 1), "residence": "urban"}
    people = [{**m, "tekun_person": False, "orphan": False, "unsupported_child": False, "dibao_single": False} for m in members]
    return {"household": home, "members": people, "record": [], "basis": "met", "jobs": []}


def bangfu_answers(engine: Engine, given: Any, only: frozenset[str] | None = None) -> Any:
    """Return a run with every rule worked out."""
    return engine.run(given, ON, "met", only)


def compare(engine: Engine, theirs: dict[str, list[float]], plain: dict[str, Any]) -> int:
    """Hold OpenFisca's answers against ours; return how many were compared."""
    given = read_given(engine.pack, to_marked(for_bangfu(plain), "bench"))
    run = bangfu_answers(engine, given)
    checked = 0
    for name, values in theirs.items():
        entry = engine.pack.entries[OWN[name]]
        rows = sorted(run.rows[entry.per or "person"], key=lambda r: r.id)
        for row, value in zip(rows, values, strict=True):
            result = engine.result(row, entry)
            own = result if entry.kind == "definition" else (result.quantity if entry.id.startswith("home_hours_") and result.status else result.amount if entry.has_money and result.status else result.status)
            mine = float(own) / (100 if entry.has_money and not entry.id.startswith("home_hours_") and not isinstance(own, bool) else 1)
            if abs(mine - value) > 0.01:
                raise SystemExit(f"{name} {row.id}: bangfu {mine}, OpenFisca {value}")
            checked += 1
    return checked


class Span(NamedTuple):
    """The medians of some calls: by the clock, and of the processor's time alone (which does not wait for other programs)."""

    clock: float
    processor: float


def spent(work: Any, inputs: list[Any], scale: float = 1000) -> Span:
    """Return the medians of one call over the inputs, in milliseconds."""
    times = []
    for item in inputs:
        start, busy = time.perf_counter(), _busy()
        work(item)
        times.append(((time.perf_counter() - start) * scale, (_busy() - busy) * scale))
    return Span(statistics.median(clock for clock, _ in times), statistics.median(busy for _, busy in times))


def _busy() -> float:
    """Return the processor's time of this process and of the children it has waited for, in seconds."""
    return time.process_time() + sum(os.times()[2:4])


def answer_of(engine: Engine, truth: dict[str, Any], question: Any) -> Any:
    """Return what the made-up household would say: its facts, no to what it knows nothing of, 0 for such sums."""
    if question.kind == "choose":
        return {part for part in question.parts if answer_of(engine, truth, part) is True}
    if question.kind == "each":
        return {part: answer_of(engine, truth, part) for part in question.parts}
    known = truth.get(question.row, {}).get(question.name)
    fact = engine.pack.vocabulary.facts.get(question.name)
    if known is None:
        if fact is None or fact.type == "yes_no":
            return False
        return 0 if fact.kind == "number" and fact.type != "level" else None
    return int(known * 100) if fact is not None and fact.type == "money" else known


def questions(engine: Engine, seed: int) -> tuple[int, int]:
    """Return how many questions settle 90 % for one made-up household that answers truthfully, and how many single
    answers that takes: what is asked of each person is one question, and an answer for each."""
    plain = for_bangfu(made_up(seed))
    truth = {f"P{n + 1}": m for n, m in enumerate(plain["members"])} | {"household": plain["household"]}
    interview = Interview(engine, ON, blank(len(plain["members"])))
    asked = answers = 0
    while asked < 200:
        found = interview.outlook()
        question = interview.next_question(found)
        if interview.settled(found) >= 0.9 or question is None:
            break
        asked += 1
        answers += len(question.parts) if question.kind == "each" else 1
        interview.answer(question, answer_of(engine, truth, question))
    return asked, answers


def load_all() -> dict[str, Engine]:
    """Load all packs as a process that has loaded none."""
    forget_shared()
    return {place: Engine(load_pack(ROOT / "policies", place)) for place in places(ROOT / "policies")}


def cold_assess() -> None:
    """Run ``bangfu assess`` in a process of its own."""
    command = [sys.executable, "-c", "from bangfu.cli import main; main(['assess', 'examples/wuchang.yaml'])"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def folded_rules(engines: dict[str, Engine]) -> set[str]:
    """Return the benefits whose every condition folded to a constant."""
    return {e.id for g in engines.values() for e in g.pack.entries.values() if e.is_benefit and e.when and all(n.op == "const" for root in e.when for n in root.walk())}


def timed(what: str, span: Span, budget: float, unit: str, note: str = "") -> Row:
    """Return a time beside its budget; on a busy machine the processor's time decides."""
    return Row(what, f"{span.clock:.2f} {unit} ({span.processor:.2f} {unit} CPU)", f"{budget:g} {unit}", verdict(free(span.clock, span.processor, 1), budget), note)


def least(value: float, budget: float) -> str:
    """Return "met", or by how much a figure that should be high misses its budget."""
    return "met" if value >= budget else f"missed by {(1 - value / budget) * 100:.0f} %"


def speed(engines: dict[str, Engine], households: list[dict[str, Any]], marked: list[Any]) -> list[Row]:
    """Measure what a visitor and an officer wait for."""
    engine = engines["wuchang"]
    givens = [read_given(engine.pack, m) for m in marked]
    people = f"households of {statistics.mean(len(p['members']) for p in households):.1f} people"
    return [
        timed("load all five packs", spent(lambda _: load_all(), [0] * ROUNDS, 1), 1, "s"),
        timed("cold `bangfu assess`", spent(lambda _: cold_assess(), [0] * ROUNDS, 1), 1.5, "s"),
        timed(f"all rules of Wuchang ({len(engine.plan.steps)} steps)", spent(lambda g: bangfu_answers(engine, g), givens), 1, "ms", people),
        timed("the same as an assessment, explained", spent(lambda g: assess(engine, g, ON, basis="met"), givens), 10, "ms"),
    ]


def beside(engine: Engine, households: list[dict[str, Any]], marked: list[Any]) -> list[Row]:
    """Measure OpenFisca with the same rules, once both gave the same answers."""
    if not peer.THERE:
        return [Row("OpenFisca to bangfu, the same rules", "not measured", note=peer.LACKING)]
    from openfisca_runs import Wuchang, one_household

    system = Wuchang()
    checked = sum(compare(engine, one_household(system, plain), plain) for plain in households)
    theirs = spent(lambda plain: one_household(system, plain), households)
    same = spent(lambda m: bangfu_answers(engine, read_given(engine.pack, m), frozenset(OWN.values())), marked)
    ratio = theirs.processor / same.processor
    note = f"build included; of CPU bangfu {same.processor:.2f} ms, OpenFisca {theirs.processor:.2f} ms"
    return [
        Row("same answers first", f"{checked} values agree to the fen", note=f"{len(COMPARED)} rules, {len(households)} households"),
        Row(f"OpenFisca to bangfu, the same {len(COMPARED)} rules", f"{ratio:.1f} × CPU", "10 ×", least(ratio, 10), note),
    ]


def asked(engine: Engine) -> list[Row]:
    """Count what an interview asks."""
    pairs = [questions(engine, seed) for seed in range(INTERVIEWS)]
    counts, answers = [n for n, _ in pairs], [n for _, n in pairs]
    middle = statistics.median(counts)
    note = f"{min(counts)}..{max(counts)} questions; single answers: median {statistics.median(answers):g}, {min(answers)}..{max(answers)}"
    return [Row(f"questions to a 90 % settled answer, {INTERVIEWS} households", f"{middle:g}", "25", verdict(middle, 25), note)]


def main() -> None:
    """Measure each figure beside its budget."""
    engines = load_all()
    households = [made_up(seed) for seed in range(HOUSEHOLDS)]
    marked = [to_marked(for_bangfu(plain), "bench") for plain in households]
    folded = len(folded_rules(engines))
    rows = speed(engines, households, marked) + beside(engines["wuchang"], households, marked)
    rows += [Row("rules folded to a constant", str(folded), "0", "met" if not folded else "missed")] + asked(engines["wuchang"])
    keep("household", "bench/run.sh household", rows)


if __name__ == "__main__":
    main()
