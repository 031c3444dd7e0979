"""The record and the feeds of a made-up district: what was held and paid, what other departments send, where they differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bangfu.rules.pack.model import Entry
from bangfu.rules.synthetic.columns import District, value
from bangfu.rules.synthetic.draw import Dice, text
from bangfu.rules.synthetic.load import line_of
from bangfu.rules.synthetic.tables import Tables

COLUMNS = ("entry", "of", "claim", "from", "until", "paid_on", "amount", "quantity")


def record(tables: Tables) -> str:
    """Return the rows of the record for the truth at hand."""
    rules = tables.found.files["record"]
    parts = [part for rule in rules["held"] for part in _held(tables, rule)]
    parts += [part for rule in rules["paid"] for part in _paid(tables, rule)]
    return " UNION ALL ".join(parts) + ' ORDER BY "of", entry, "from", paid_on, claim'


def _held(tables: Tables, rule: dict[str, Any]) -> Iterator[str]:
    named = {name for other in tables.found.files["record"]["held"] for name in other.get("entries", [])}
    entries = [tables.pack.entries[name] for name in rule.get("entries", []) if name in tables.pack.entries]
    if rule.get("recognitions"):
        entries = [e for e in tables.pack.entries.values() if e.kind == "recognition" and e.per in ("household", "person") and e.id not in named]
    for entry in entries:
        dice = Dice(tables.district.seed, f"held {rule.get('as', entry.id)}")
        amount = f"{dice.even('amount', *rule['amount'])}" if "amount" in rule else "NULL"
        since = f"DATE '{tables.district.day}' - {dice.even('from', 20, 900)}::INTEGER"
        until = f"CASE WHEN {dice.chance('ends', 12)} THEN DATE '{tables.district.day}' + {dice.even('until', -15, 300)}::INTEGER END"
        yield _row(tables.district, entry, rule, dice, {"of": "id", "from": since, "until": until, "amount": amount})


def _paid(tables: Tables, rule: dict[str, Any]) -> Iterator[str]:
    vocabulary = tables.vocabulary
    for entry in tables.pack.entries.values():
        if not entry.has_money or entry.per not in rule["benefits"] or entry.per not in vocabulary.entities:
            continue
        dice = Dice(tables.district.seed, f"paid {entry.id}")
        claim = vocabulary.entities[entry.per].claim
        paid = f"DATE '{tables.district.day}' - {dice.even('paid_on', *rule['days_ago'])}::INTEGER"
        yield _row(tables.district, entry, rule, dice, {"of": '"of"' if claim else "id", "claim": "id" if claim else "NULL", "paid_on": paid, "amount": dice.even("amount", *rule["amount"])})


def _row(district: District, entry: Entry, rule: dict[str, Any], dice: Dice, columns: dict[str, str]) -> str:
    share = value(line_of("share", {**rule["share"], "assumed": rule["assumed"]}), district, dice)
    kinds = {"from": "DATE", "until": "DATE", "paid_on": "DATE", "amount": "DECIMAL(18,2)", "quantity": "DECIMAL(18,4)"}
    said = {"entry": text(entry.id), **columns}
    shown = ", ".join(f'CAST({said.get(name, "NULL")} AS {kinds.get(name, "VARCHAR")}) AS "{name}"' for name in COLUMNS)
    return f"SELECT {shown} FROM (SELECT * FROM truth_{entry.per} WHERE {share})"


def feed(tables: Tables, name: str) -> str:
    """Return what a department sends, with columns that say where it differs (``differs``: NULL, missing, differs, extra)."""
    rule = tables.found.files["feeds"]["feeds"][name]
    dice = Dice(tables.district.seed, f"feed {name}")
    fields = rule["fields"]
    tests = [f"WHEN NOT coalesce({rule['only']}, false) THEN {_extra(rule, dice)}", f"WHEN {dice.chance('missing', rule['missing'])} THEN 'missing'"]
    if "differs" in rule:
        tests.append(f"WHEN {dice.chance('differs', rule['differs']['percent'])} THEN 'differs'")
    shown = [f'{_said(rule, field, tables.district, dice)} AS "{field}", "{field}" AS "ledger {field}"' for field in fields]
    return (
        f"SELECT id, {', '.join(shown)}, differs FROM (SELECT *, CASE {' '.join(tests)} ELSE 'same' END AS differs FROM truth_{rule['per']}) "
        "WHERE differs IS NOT NULL ORDER BY key"
    )


def _extra(rule: dict[str, Any], dice: Dice) -> str:
    return f"CASE WHEN {dice.chance('extra', rule['extra']['percent'])} THEN 'extra' END" if "extra" in rule else "NULL"


def _said(rule: dict[str, Any], field: str, district: District, dice: Dice) -> str:
    rows = []
    for kind in ("differs", "extra"):
        if kind in rule and rule[kind]["field"] == field:
            rows.append(f"WHEN differs = {text(kind)} THEN {district.filled(rule[kind]['value'], dice, field)}")
    return f'CASE {" ".join(rows)} ELSE "{field}" END' if rows else f'"{field}"'
