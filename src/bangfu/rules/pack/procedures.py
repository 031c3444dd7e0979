"""Procedures as graphs: every step is reached, every path ends, every outcome leads somewhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from bangfu.rules.errors import Fault, near_names
from bangfu.rules.pack.model import Entry, Pack
from bangfu.rules.yaml_source import List, Map

ENDS = ("granted", "refused", "withdrawn", "ended")
STEP_KEYS = (
    "id", "label", "who", "people", "start_within", "finish_within", "runs", "skip_when", "sample", "all_agree", "forms",
    "shows", "reasons", "outcomes", "note", "covers", "within", "does",
)  # fmt: skip


def procedure_faults(pack: Pack, place: str, today: dt.date) -> Iterable[Fault]:
    """Yield the faults of a place's procedures."""
    for entry in pack.entries.values():
        if entry.kind == "procedure" and entry.place == place:
            yield from _graph(pack, entry)


def _graph(pack: Pack, entry: Entry) -> Iterable[Fault]:
    rows = entry.raw.get("steps")
    steps = [row for row in rows if isinstance(row, Map)] if isinstance(rows, List) else []
    if not steps:
        yield _fault(entry, entry.raw.at("steps"), f"程序“{entry.id}”没有步骤", f'the procedure "{entry.id}" has no steps')
        return
    ids = [str(step.get("id")) for step in steps]
    edges: dict[str, list[str]] = {}
    for step in steps:
        yield from _step(pack, entry, step, ids)
        outcomes = step.get("outcomes")
        edges[str(step.get("id"))] = [str(v) for v in outcomes.values()] if isinstance(outcomes, Map) else []
    yield from _paths(entry, ids, edges)


def _step(pack: Pack, entry: Entry, step: Map, ids: list[str]) -> Iterable[Fault]:
    for key in step:
        if key not in STEP_KEYS:
            yield _fault(entry, step.key_marks[key], f"步骤没有“{key}”这个键", f'a step has no key "{key}"')
    who: Any = step.get("who")
    offices = {name for document in pack.documents.values() for name in document.offices}
    if not isinstance(who, str) or (who not in pack.vocabulary.words and who not in offices):
        near = near_names(str(who), [*pack.vocabulary.words, *offices])
        yield _fault(entry, step.mark, f"步骤“{step.get('id')}”的 who“{who}”不是角色" + (f"；是不是 {'、'.join(near)}" if near else ""), f'"who: {who}" of step "{step.get("id")}" is no role' + (f"; did you mean {', '.join(near)}?" if near else ""))
    outcomes = step.get("outcomes")
    if not isinstance(outcomes, Map) or not outcomes:
        yield _fault(entry, step.mark, f"步骤“{step.get('id')}”没有 outcomes", f'the step "{step.get("id")}" has no outcomes')
        return
    for word, target in outcomes.items():
        if target not in ids and target not in ENDS:
            yield _fault(entry, outcomes.at(word), f"“{target}”既不是步骤也不是结局（{'、'.join(ENDS)}）", f'"{target}" is neither a step nor an end ({", ".join(ENDS)})')


def _paths(entry: Entry, ids: list[str], edges: dict[str, list[str]]) -> Iterable[Fault]:
    reached = {ids[0]}
    queue = [ids[0]]
    while queue:
        for target in edges[queue.pop()]:
            if target in edges and target not in reached:
                reached.add(target)
                queue.append(target)
    for name in ids:
        if name not in reached:
            yield _fault(entry, entry.raw.mark, f"步骤“{name}”到不了", f'the step "{name}" is never reached')
    ending = {name for name in ids if any(target in ENDS for target in edges[name])}
    grown = True
    while grown:
        more = {name for name in ids if name not in ending and any(target in ending for target in edges[name])}
        ending |= more
        grown = bool(more)
    for name in ids:
        if name not in ending:
            yield _fault(entry, entry.raw.mark, f"步骤“{name}”走不到结局", f'no path from the step "{name}" ends')


def _fault(entry: Entry, mark: tuple[int, int], zh: str, en: str) -> Fault:
    return Fault(entry.file, mark[0], mark[1], "PROCEDURE", zh, en)
