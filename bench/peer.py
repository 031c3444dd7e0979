"""Is the peer there? OpenFisca and its numpy live in the environment of ``make bench`` alone; without them a script measures us alone, and says so."""

from __future__ import annotations

from importlib.util import find_spec

THERE = find_spec("openfisca_core") is not None
LACKING = "OpenFisca is not installed here (requirements/bench.txt)"
