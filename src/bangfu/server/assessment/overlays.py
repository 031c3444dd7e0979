"""What a district has signed, as the text of an overlay: the same file that an officer exports and ``--with`` reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import yaml

from bangfu.rules.errors import Fault
from bangfu.rules.values import decimal_text
from bangfu.rules.yaml_source import read_yaml
from bangfu.server.areas.models import Area
from bangfu.server.assessment.models import PolicyValue, ValueKind
from bangfu.server.assessment.standing import standing_values


def overlay_of(district: Area, day: dt.date) -> str:
    """Return the overlay of all that stands signed in a district as of a day; "" where nothing does.

    Values and conditions carry their own first day, so a later one is there from the day of its signature and takes
    effect by itself. A reading has no day in an overlay: it enters on its day.
    """
    return overlay_text(standing_values(district), day)


def overlay_text(values: Iterable[PolicyValue], day: dt.date) -> str:
    """Return some values as an overlay, in the order they were entered."""
    rows = sorted(values, key=lambda v: (v.since, v.pk or 0))
    content: dict[str, Any] = {}
    for kind, key in ((ValueKind.VALUE, "values"), (ValueKind.CONDITION, "conditions")):
        found = [_row(value) for value in rows if value.kind == kind]
        if found:
            content[key] = found
    readings = {value.address: value.value for value in rows if value.kind == ValueKind.READING and value.since <= day}
    if readings:
        content["readings"] = readings
    if not content:
        return ""
    text: str = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120)
    return text


def _row(value: PolicyValue) -> dict[str, Any]:
    source = "，".join(part for part in (value.instrument, value.source) if part)
    named = {"set": value.address} if value.kind == ValueKind.VALUE else {"entry": value.address}
    said = {"value": written(value.value)} if value.kind == ValueKind.VALUE else {"when": value.value}
    return {**named, **said, "from": value.since, "source": source, "said_by": f"取值 {value.pk or '待录'}"}


def written(text: str) -> Any:
    """Return a value as typed, in the shape the pack's files have: ``1010 元/人·月``, a list or a table of codes."""
    stripped = text.strip()
    if not stripped.startswith(("{", "[")):
        return stripped
    faults: list[Fault] = []
    found = read_yaml(f"value: {stripped}\n", "value", faults)
    return stripped if faults or not isinstance(found, dict) else _plain(found["value"])


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return decimal_text(value) if isinstance(value, Fraction) else value
