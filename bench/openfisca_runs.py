"""OpenFisca-Core carrying the compared rules out: for one household, and for a whole population in arrays.

Import it only where OpenFisca is installed (``peer.THERE``).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy
from openfisca_core.simulation_builder import SimulationBuilder

sys.path.insert(0, str(Path(__file__).resolve().parent))
from openfisca_wuchang import Wuchang  # noqa: E402
from wuchang_rules import COMPARED, IN_FEN, MONEY, TEXTS  # noqa: E402

PERIOD = "2023-06"


def one_household(system: Wuchang, plain: dict[str, Any]) -> dict[str, list[float]]:
    """Build a simulation and return every compared rule, row by row."""
    builder = SimulationBuilder()
    builder.set_default_period(PERIOD)
    persons = {}
    for number, person in enumerate(plain["members"]):
        persons[f"P{number}"] = {k: {PERIOD: v} for k, v in person.items() if k != "resident_years"} | {"resident_years": {PERIOD: person["resident_years"] if person["resident_here"] else 0}}
    homes = {"H": {"members": list(persons)} | {k: {PERIOD: v} for k, v in plain["household"].items()}}
    simulation = builder.build_from_entities(system, {"persons": persons, "households": homes})
    return {name: [float(v) for v in simulation.calculate(name, PERIOD)] for name in COMPARED}


def arrays(people: dict[str, list[Any]], own: dict[str, list[Any]], copies: int) -> dict[str, Any]:
    """Return the inputs of a population, copied: money in 元, links of people to households."""
    columns = {name: values for name, values in {**own, **people}.items() if name not in ("id", "hid")}
    found = {name: numpy.tile(numpy.array(values, dtype=object if name in TEXTS else None), copies) for name, values in columns.items()}
    found |= {name: found[name] / 100 for name in IN_FEN}
    found |= {name: found[name].astype(str) for name in TEXTS}
    found["hid"] = numpy.concatenate([numpy.array(people["hid"]) + k * len(own["id"]) for k in range(copies)])
    return found


def population(system: Wuchang, inputs: dict[str, Any]) -> dict[str, Any]:
    """Build the population and return every rule's array."""
    builder = SimulationBuilder()
    builder.create_entities(system)
    count, homes = len(inputs["hid"]), len(inputs["own_work_years"])
    builder.declare_person_entity("person", numpy.arange(count))
    household = builder.declare_entity("household", numpy.arange(homes))
    builder.join_with_persons(household, inputs["hid"], roles=numpy.repeat("member", count))
    simulation = builder.build(system)
    for name, values in inputs.items():
        if name != "hid":
            simulation.set_input(name, PERIOD, values)
    return {name: simulation.calculate(name, PERIOD) for name in COMPARED}


def total(values: Any) -> float:
    """Return the sum of a rule's array, added up in doubles."""
    return float(values.astype(numpy.float64).sum())


def wrong_fen(exact: dict[str, list[int]], theirs: dict[str, Any]) -> tuple[int, int]:
    """Return how many sums of money are not the exact fen once rounded half up, and how many sums there are."""
    wrong = count = 0
    for name in MONEY:
        fen, found = numpy.array(exact[name]), theirs[name].astype(numpy.float64)
        rounded = numpy.floor(found * 100 + 0.5).astype(numpy.int64)
        wrong, count = wrong + int((rounded != fen).sum()), count + int((fen > 0).sum())
    return wrong, count
