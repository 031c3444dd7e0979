"""Add one dated value to a parameter, as overlays do."""

from __future__ import annotations

import datetime as dt

from bangfu.rules.pack.load_parameters import ParameterReader
from bangfu.rules.pack.model import MISSING, Parameter, Version
from bangfu.rules.yaml_source import List, Map


def set_value(reader: ParameterReader, parameter: Parameter, row: Map, since: dt.date | None) -> None:
    """Add one dated value to a parameter; the same date replaces, a missing value without date gives way."""
    raw = row["value"]
    if isinstance(raw, List) and parameter.kind == "number":
        parameter.bands = True
    value = reader.value(raw, row.file, row.at("value"), parameter)
    source = row.get("source")
    version = Version(since, value, None if source is None else str(source), reader.date(row, "checked"), row.get("said_by"))
    kept = [v for v in parameter.versions if v.since != since and not (v.value is MISSING and v.since is None)]
    parameter.versions = tuple(sorted([*kept, version], key=lambda v: v.since or dt.date.min))
