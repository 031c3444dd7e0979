"""One household: bangfu beside OpenFisca-Core with the same rules, the same households, the same answers checked first.

Prints one table, each figure beside its budget; build included on both sides. Also: load time, all rules of Wuchang explained and not,
a cold ``bangfu assess``, folded rules, and the number of questions to a 90 % settled answer over 30 made-up households.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from openfisca_core.simulation_builder import SimulationBuilder

sys.path.insert(0, str(Path(__file__).resolve().parent))
from openfisca_wuchang import COMPARED, FLAGS_HOUSEHOLD, FLAGS_PERSON, Wuchang  # noqa: E402

from bangfu.rules.assess import assess  # noqa: E402
from bangfu.rules.engine import Engine  # noqa: E402
from bangfu.rules.household import read_given, to_marked  # noqa: E402
from bangfu.rules.interview import Interview, blank  # noqa: E402
from bangfu.rules.pack.load import load_pack, places  # noqa: E402
from bangfu.rules.yaml_source import forget_shared  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
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


def openfisca_answers(system: Wuchang, plain: dict[str, Any]) -> dict[str, list[float]]:
    """Build a simulation and return every compared rule, row by row."""
    period = "2023-06"
    builder = SimulationBuilder()
    builder.set_default_period(period)
    persons = {}
    for number, person in enumerate(plain["members"]):
        persons[f"P{number}"] = {k: {period: v} for k, v in person.items() if k != "resident_years"} | {"resident_years": {period: person["resident_years"] if person["resident_here"] else 0}}
    homes = {"H": {"members": list(persons)} | {k: {period: v} for k, v in plain["household"].items()}}
    simulation = builder.build_from_entities(system, {"persons": persons, "households": homes})
    return {name: [float(v) for v in simulation.calculate(name, period)] for name in COMPARED}


def bangfu_answers(engine: Engine, given: Any, only: frozenset[str] | None = None) -> Any:
    """Return a run with every rule worked out."""
    return engine.run(given, ON, "met", only)


def compare(engine: Engine, system: Wuchang, plain: dict[str, Any]) -> int:
    """Hold both answers against each other; return how many were compared."""
    theirs = openfisca_answers(system, plain)
    given = read_given(engine.pack, to_marked(for_bangfu(plain), "bench"))
    run = bangfu_answers(engine, given)
    checked = 0
    for name, values in theirs.items():
        entry = engine.pack.entries["fixed_relief" if name == "fixed_relief_due" else name]
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


class Table:
    """The figures, each beside its budget."""

    def __init__(self) -> None:
        self.over: list[str] = []
        print(f"{'':58} {'by the clock':>13} {'processor':>11} {'budget':>9}")

    def time(self, what: str, span: Span, budget: float, unit: str) -> None:
        """Print a time. On a busy machine the clock runs while other programs do: then the processor's time decides."""
        said = "" if span.clock <= budget else "waited for other programs" if span.processor <= budget and busy() else "OVER BUDGET"
        self._row(what, f"{span.clock:.2f} {unit}", f"{span.processor:.2f} {unit}", f"≤ {budget:g} {unit}", said)

    def figure(self, what: str, measured: float, budget: float, *, least: bool = False) -> None:
        """Print a number; ``least`` where the budget is the least that is wanted."""
        kept = measured >= budget if least else measured <= budget
        self._row(what, f"{measured:.4g}", "", f"{'≥' if least else '≤'} {budget:g}", "" if kept else "OVER BUDGET")

    def _row(self, what: str, measured: str, processor: str, budget: str, said: str) -> None:
        print(f"{what:58} {measured:>13} {processor:>11} {budget:>9}  {said}".rstrip())
        if said == "OVER BUDGET":
            self.over.append(what)

    def note(self, what: str, said: str) -> None:
        """Print what has no budget of its own."""
        print(f"  {what:56} {said}")


def busy() -> bool:
    """Tell whether other programs keep the machine's cores busy."""
    return os.getloadavg()[0] > (os.cpu_count() or 1)


def main() -> None:
    """Measure and print one table: each figure beside its budget."""
    print(f"{platform.machine()}, Python {platform.python_version()}, one process, medians; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    loading = spent(lambda _: load_all(), [0, 1, 2], 1)
    engines = load_all()
    engine, system = engines["wuchang"], Wuchang()
    households = [made_up(seed) for seed in range(200)]
    checked = sum(compare(engine, system, plain) for plain in households)
    print(f"same answers first: {len(COMPARED)} rules, {len(households)} households, {checked} values agree to the fen\n")

    marked = [to_marked(for_bangfu(plain), "bench") for plain in households]
    givens = [read_given(engine.pack, m) for m in marked]
    own_names = frozenset("fixed_relief" if n == "fixed_relief_due" else n for n in COMPARED)
    theirs = spent(lambda plain: openfisca_answers(system, plain), households)
    same = spent(lambda m: bangfu_answers(engine, read_given(engine.pack, m), own_names), marked)
    table = Table()
    table.time("load all five packs", loading, 1, "s")
    table.time("cold bangfu assess", spent(lambda _: cold_assess(), [0] * 5, 1), 1.5, "s")
    table.time(f"all rules of Wuchang ({len(engine.plan.steps)} steps)", spent(lambda g: bangfu_answers(engine, g), givens), 1, "ms")
    table.time("the same as an assessment, explained", spent(lambda g: assess(engine, g, ON, basis="met"), givens), 10, "ms")
    table.note("household of", f"{statistics.mean(len(p['members']) for p in households):.1f} people")
    table.figure(f"OpenFisca / bangfu, the same {len(COMPARED)} rules, build included", theirs.processor / same.processor, 10, least=True)
    table.note("of which, processor", f"bangfu {same.processor:.2f} ms, OpenFisca {theirs.processor:.2f} ms")
    table.figure("rules folded to a constant", len(folded_rules(engines)), 0)
    pairs = [questions(engine, seed) for seed in range(30)]
    counts, answers = [n for n, _ in pairs], [n for _, n in pairs]
    table.figure("questions to a 90 % settled answer, 30 households", statistics.median(counts), 25)
    table.note("of which", f"{min(counts)}..{max(counts)} questions; single answers: median {statistics.median(answers)}, {min(answers)}..{max(answers)}")
    print(f"\n{'all within budget' if not table.over else 'over budget: ' + '; '.join(table.over)}")


if __name__ == "__main__":
    main()
