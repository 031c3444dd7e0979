"""SQL of the drawn columns of one table: cases, gates, the order in which columns read each other, what stays unknown."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bangfu.rules.synthetic.draw import Dice, text
from bangfu.rules.synthetic.load import Line
from bangfu.rules.vocabulary import Fact, Vocabulary

WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
QUOTED = re.compile(r"'[^']*'")
TYPES = {"money": "DECIMAL(18,2)", "number": "DECIMAL(18,4)", "level": "BIGINT", "yes_no": "BOOLEAN", "date": "DATE", "code": "VARCHAR", "codes": "VARCHAR[]", "text": "VARCHAR"}


@dataclass(frozen=True, slots=True)
class District:
    """What a made-up district is drawn from."""

    seed: int
    day: dt.date
    area: str
    line: int
    testing: bool

    def filled(self, sql: str, dice: Dice, name: str) -> str:
        """Return SQL with the day, the dibao line, the area and chances put in."""
        sql = sql.replace("$day", f"DATE '{self.day}'").replace("$line", str(self.line)).replace("$area", text(self.area))
        return re.sub(r"\$chance\(([0-9.]+)\)", lambda found: dice.chance(f"{name}/chance", found[1]), sql)


def value(line: Line, district: District, dice: Dice) -> str:
    """Return the SQL of a line's value before gates."""
    rows: list[str] = []
    for case in line.cases:
        test = case.get("testing_if", case.get("if")) if district.testing else case.get("if")
        drawn = _form(case, line, district, dice)
        if test is None:
            return f"CASE {' '.join(rows)} ELSE {drawn} END" if rows else drawn
        rows.append(f"WHEN {district.filled(test, dice, line.name)} THEN {drawn}")
    return f"CASE {' '.join(rows)} END"


def _form(case: dict[str, Any], line: Line, district: District, dice: Dice) -> str:
    form = next(key for key in ("yes", "pick", "even", "bands", "days_ago", "among", "is") if key in case)
    said = case[form]
    if district.testing:
        said = case.get("testing", case.get(f"testing_{form}", said))
    name = line.name
    if form == "yes":
        return dice.chance(name, said)
    if form == "pick":
        found = dice.pick(name, {str(key): weight for key, weight in said.items()})
        return f"CAST({found} AS DECIMAL(18,4))" if case.get("number") else found
    if form == "bands":
        return dice.bands(name, said)
    if form == "among":
        codes = ", ".join(f"CASE WHEN {dice.chance(f'{name}/{code}', share)} THEN {text(code)} END" for code, share in said.items())
        return f"list_filter([{codes}], lambda x: x IS NOT NULL)"
    if form == "is":
        return f"({district.filled(str(said), dice, name)})"
    ends = [district.filled(end, dice, name) if isinstance(end, str) else end for end in said[:2]]
    drawn = dice.even(name, ends[0], ends[1], *said[2:])
    return f"({district.filled('$day', dice, name)} - {drawn}::INTEGER)" if form == "days_ago" else drawn


def drawn(source: str, lines: dict[str, Line], district: District, dice: Dice, vocabulary: Vocabulary) -> str:
    """Return a SELECT over ``source`` with every line as a column, in levels so that lines may read each other."""
    made = {name: _gated(line, vocabulary, value(line, district, dice)) for name, line in lines.items()}
    for level in _levels(made):
        columns = ", ".join(f'{made[name]} AS "{name}"' for name in level)
        source = f"(SELECT *, {columns} FROM {source})"
    return f"SELECT * FROM {source}"


def _gated(line: Line, vocabulary: Vocabulary, sql: str) -> str:
    fact = vocabulary.facts.get(line.name)
    return f'CASE WHEN "{fact.gate}" THEN {sql} END' if fact is not None and fact.gate else sql


def _levels(made: dict[str, str]) -> list[list[str]]:
    waits = {name: (set(WORD.findall(QUOTED.sub("", sql))) & set(made)) - {name} for name, sql in made.items()}
    levels: list[list[str]] = []
    done: set[str] = set()
    while len(done) < len(made):
        level = [name for name in made if name not in done and waits[name] <= done]
        if not level:
            raise ValueError(f"lines wait for each other: {sorted(set(made) - done)}")
        levels.append(level)
        done.update(level)
    return levels


def stated(facts: Iterable[Fact], lines: dict[str, Line], district: District, dice: Dice, share: float) -> list[str]:
    """Return the columns of a ledger: each fact in its type, part of them left unknown, all behind an unknown gate too."""
    by_name = {fact.id: fact for fact in facts}
    found = []
    for fact in by_name.values():
        if fact.id not in lines:
            continue
        tests, here = [], fact
        while True:
            percent = lines[here.id].unknown if here.id in lines and lines[here.id].unknown is not None else share
            tests += [dice.chance(f"{here.id}/unknown", percent)] if percent else []
            if not here.gate or here.gate not in by_name:
                break
            here = by_name[here.gate]
        plain = f'CAST("{fact.id}" AS {TYPES["text" if fact.kind == "text" else fact.type]})'
        hidden = " OR ".join(tests)
        shown = f"CASE WHEN NOT ({hidden}) THEN {plain} END" if tests else plain
        found.append(f'{shown} AS "{fact.id}"')
    return found
