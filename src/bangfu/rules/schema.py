"""The JSON schema of an assessment (draft 2020-12), written once so that other programs can rely on its shape."""

from __future__ import annotations

from typing import Any

_TEXT: dict[str, Any] = {"type": "string"}
_TEXT_OR_NONE: dict[str, Any] = {"type": ["string", "null"]}
_NAMES: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
_MONEY: dict[str, Any] = {
    "type": ["object", "null"],
    "description": "exact decimals (or a fraction) in the unit; high is null where there is no upper end",
    "properties": {"low": _TEXT, "high": _TEXT_OR_NONE, "unit": _TEXT},
    "required": ["low", "high", "unit"],
    "additionalProperties": False,
}
REASON: dict[str, Any] = {
    "type": "object",
    "properties": {
        "code": _TEXT, "zh": _TEXT, "en": _TEXT,
        "verdict": {"enum": ["yes", "no", "unknown", "info"]},
        "because": {"type": "array", "items": {"$ref": "#/$defs/reason"}},
    },
    "required": ["code", "zh", "en", "verdict", "because"],
    "additionalProperties": False,
}  # fmt: skip
ANSWER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "entry": _TEXT, "kind": _TEXT, "entity": _TEXT, "row": _TEXT, "owner": _TEXT,
        "status": {"enum": ["met", "not_met", "unknown", "lapsed"]},
        "would_be": {"enum": ["met", "not_met", "unknown", None]},
        "amount": _MONEY, "quantity": _MONEY, "every": _TEXT_OR_NONE, "tier": {"type": ["integer", "null"]},
        "needs": _NAMES, "held": {"type": ["boolean", "null"]}, "office": _TEXT_OR_NONE, "joins": _NAMES, "papers": _NAMES,
        "articles": _NAMES, "clauses": _NAMES, "reasons": {"type": "array", "items": {"$ref": "#/$defs/reason"}},
    },
    "required": [
        "entry", "kind", "entity", "row", "owner", "status", "would_be", "amount", "quantity", "every", "tier", "needs",
        "held", "office", "joins", "papers", "articles", "clauses",
    ],
    "additionalProperties": False,
}  # fmt: skip
ASSESSMENT: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "bangfu assessment",
    "type": "object",
    "properties": {
        "place": _TEXT, "on": {"type": "string", "format": "date"}, "basis": {"enum": ["met", "recorded"]},
        "pack_hash": {"type": "string", "pattern": "^[0-9a-f]{64}$"}, "facts_hash": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "engine_version": _TEXT, "semantics_version": {"type": "integer"},
        "lapsed_since": _TEXT_OR_NONE, "not_before": _TEXT_OR_NONE,
        "answers": {"type": "array", "items": ANSWER},
    },
    "required": ["place", "on", "basis", "pack_hash", "facts_hash", "engine_version", "semantics_version", "lapsed_since", "not_before", "answers"],
    "additionalProperties": False,
    "$defs": {"reason": REASON},
}  # fmt: skip
