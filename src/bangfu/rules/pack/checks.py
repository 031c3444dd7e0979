"""What is checked about a pack as a whole, once every name and expression is read: each check yields faults."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from pathlib import Path

from bangfu.rules.errors import Fault, near_names
from bangfu.rules.missing import lacks
from bangfu.rules.pack.apart import apart
from bangfu.rules.pack.coverage import coverage_faults, read_exceptions
from bangfu.rules.pack.dates import date_faults
from bangfu.rules.pack.model import MISSING, Entry, Pack, Parameter
from bangfu.rules.pack.open_settings import address_exists
from bangfu.rules.pack.overflow import overflow_faults
from bangfu.rules.pack.procedures import procedure_faults
from bangfu.rules.pack.shapes import shape_faults
from bangfu.rules.plan import Plan, nodes_of
from bangfu.rules.units import Quantity, parse_quantity_or_none
from bangfu.rules.yaml_source import List, Map

STALE_MONTHS = 18


def fault(entry: Entry, code: str, zh: str, en: str, level: str = "error", key: str | None = None) -> Fault:
    """Return a fault at an entry, or at one of its keys."""
    line, column = entry.raw.at(key) if key and key in entry.raw else entry.raw.mark
    return Fault(entry.file, line, column, code, zh, en, level)


def own_entries(pack: Pack, place: str) -> Iterator[Entry]:
    """Yield the entries of one document (the vocabulary's definitions count with the nation)."""
    for entry in pack.entries.values():
        if entry.place == place or (place == "cn" and entry.place == "vocabulary"):
            yield entry


def used_parameters(pack: Pack) -> set[str]:
    """Return the ids of parameters and figures that some expression, limit, rounding or key names."""
    found: set[str] = set()
    for entry in pack.entries.values():
        for root in nodes_of(entry):
            for node in root.walk():
                if isinstance(node.data, Parameter):
                    found.add(node.data.id)
        if isinstance(entry.round, Parameter):
            found.add(entry.round.id)
        texts = _plain_texts(entry.raw)
        found |= {t for t in texts if t in pack.parameters}
        found |= {f"{entry.id}.{t}" for t in texts if t in entry.figures}
        found |= {name.id for key, name in entry.figures.items() if "." in key or key in entry.raw}
    for group in pack.stackings.values():
        for node in group.at_most.walk() if group.at_most is not None else ():
            if isinstance(node.data, Parameter):
                found.add(node.data.id)
    return found


def _plain_texts(value: object) -> set[str]:
    """Return the words of an entry outside expressions (figures named by limits, clocks, targets)."""
    if isinstance(value, str):
        return set(value.replace(",", " ").split())
    if isinstance(value, Map):
        return set().union(*(_plain_texts(child) for key, child in value.items() if key != "figures"))
    if isinstance(value, List):
        return set().union(*(_plain_texts(child) for child in value))
    return set()


def unused(pack: Pack, place: str, today: dt.date) -> Iterable[Fault]:
    """A parameter or figure that nobody uses is dead or a slip."""
    used = used_parameters(pack)
    for parameter in pack.parameters.values():
        if parameter.id not in used and parameter.home[0].startswith(f"{place}/") and not parameter.open_place and not parameter.given_by_place:
            yield Fault(*parameter.home, "UNUSED", f"参数“{parameter.id}”没有条目使用", f'no entry uses the parameter "{parameter.id}"', "warning")
    for entry in own_entries(pack, place):
        for name, figure in entry.figures.items():
            if figure.id not in used and "." not in name:
                yield Fault(*figure.home, "UNUSED", f"数值“{name}”在条目“{entry.id}”里没有用到", f'the figure "{name}" of "{entry.id}" is not used', "warning")


def conditions_named(pack: Pack, place: str, today: dt.date) -> Iterable[Fault]:
    """An entry that tests nothing, or covers many clauses, must say why and where."""
    for entry in own_entries(pack, place):
        if entry.kind in ("cash", "service", "goods", "waiver", "insurance", "loan", "signal") and _tests_nothing(entry) and "because" not in entry.raw:
            yield fault(entry, "BECAUSE", f"条目“{entry.id}”没有条件：请写 because 说明为何人人可得", f'the entry "{entry.id}" tests nothing: say why in because')
        own = [c for c in entry.covers if entry.covers[c] is None]
        if len(entry.covers) > 3 and own:
            yield fault(entry, "COVERS-MAP", f"条目“{entry.id}”覆盖 {len(entry.covers)} 条，须逐条写明位置：covers: {{条款: 位置}}", f'the entry "{entry.id}" covers {len(entry.covers)} clauses: write covers as clause: address', key="covers")
        for clause, address in entry.covers.items():
            if address is not None and not address_exists(entry, address):
                yield fault(entry, "COVERS-ADDRESS", f"条目“{entry.id}”里没有位置“{address}”（条款 {clause}）", f'the entry "{entry.id}" has no "{address}" (clause {clause})', key="covers")


def _tests_nothing(entry: Entry) -> bool:
    nodes = [*entry.when, *entry.unless, *(t.when for t in entry.tiers if t.when is not None)]
    tests = any(part.op in ("fact", "result", "record", "receives", "loop") for node in nodes for part in node.walk())
    return not tests and entry.policy is None and entry.open_condition is None


def names_known(pack: Pack, place: str, today: dt.date) -> Iterable[Fault]:
    """Offices, papers, procedures, funds, feeds and entries that are named exist."""
    offices = {name for document in pack.documents.values() for name in document.offices}
    words = pack.vocabulary.words
    for entry in own_entries(pack, place):
        for key in ("office", "joins", "leads", "members", "tell", "applied_by", "from_whom"):
            for name in _names(entry, key):
                if name not in offices and name not in words and " | " not in name:
                    near = near_names(name, [*offices, *words])
                    yield fault(entry, "OFFICE", f"“{key}: {name}”不是本文件的单位，也不是词汇" + (f"；是不是 {'、'.join(near)}" if near else ""), f'"{key}: {name}" is neither an office of the document nor a word' + (f"; did you mean {', '.join(near)}?" if near else ""), key=key)
        for key in ("papers", "payee", "fee", "purpose", "forms"):
            for name in _names(entry, key):
                if name not in words:
                    near = near_names(name, words)
                    yield fault(entry, "WORD", f"词汇表里没有“{name}”（{key}）" + (f"；是不是 {'、'.join(near)}" if near else "") + f"；本地的词写在 {place}/vocabulary/words.yaml", f'the words have no "{name}" ({key})' + (f"; did you mean {', '.join(near)}?" if near else "") + f"; a word of the place goes to {place}/vocabulary/words.yaml", key=key)
        for key, kinds in (("procedure", ("procedure",)), ("paid_from", ("fund",)), ("feed", ("feed",)), ("entries", None), ("policy", None)):
            yield from _entries_known(pack, entry, key, kinds)


def decided_by_an_office(pack: Pack, place: str, today: dt.date) -> Iterable[Fault]:
    """Who decides a recognition is an office of the document or of a higher one, or a role that an office plays."""
    offices = {name for document in pack.documents.values() for name in document.offices}
    roles = {str(row["role"]) for document in pack.documents.values() for row in document.offices.values() if row.get("role")}
    for entry in own_entries(pack, place):
        name = entry.raw.get("decided_by")
        if name is None or name in offices or name in roles:
            continue
        near = near_names(str(name), [*offices, *roles])
        zh = f"；是不是 {'、'.join(near)}" if near else f"；单位：{'、'.join(pack.documents[pack.place].offices)}"
        en = f"; did you mean {', '.join(near)}?" if near else f"; offices: {', '.join(pack.documents[pack.place].offices)}"
        yield fault(entry, "OFFICE", f"“decided_by: {name}”不是本文件的单位，也没有单位担任这个角色{zh}", f'"decided_by: {name}" is no office of the document and no office plays that role{en}', key="decided_by")


def _entries_known(pack: Pack, entry: Entry, key: str, kinds: tuple[str, ...] | None) -> Iterable[Fault]:
    for name in _names(entry, key):
        found = pack.entries.get(name)
        parts = {part for e in pack.entries.values() for part in _part_ids(e)}
        if found is None and not (key == "paid_from" and name in parts):
            near = near_names(name, pack.entries)
            yield fault(entry, "EXPR-NAME", f"“{key}: {name}”没有这个条目" + (f"；是不是 {'、'.join(near)}" if near else ""), f'"{key}: {name}": there is no such entry' + (f"; did you mean {', '.join(near)}?" if near else ""), key=key)
        elif found is not None and kinds is not None and found.kind not in kinds:
            yield fault(entry, "ENTRY-KIND", f"“{key}: {name}”应为 {kinds[0]}，不是 {found.kind}", f'"{key}: {name}" must be a {kinds[0]}, not a {found.kind}', key=key)


def _part_ids(entry: Entry) -> list[str]:
    parts = entry.raw.get("parts")
    return [str(row["id"]) for row in parts if isinstance(row, Map) and "id" in row] if isinstance(parts, List) else []


def _names(entry: Entry, key: str) -> list[str]:
    value = entry.raw.get(key)
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, List) else []


def stacking_declared(pack: Pack, place: str, today: dt.date) -> Iterable[Fault]:
    """Two sums of one purpose for one kind of row must be apart, read one another, or stand in a stacking entry."""
    money = [e for e in pack.entries.values() if e.has_money and e.purpose and e.kind != "loan"]
    declared = {frozenset(pair) for group in pack.stackings.values() for pair in combinations(group.entries, 2)}
    open_beside: dict[str, list[str]] = {}
    for one, two in combinations(money, 2):
        if place not in (one.place, two.place) or one.purpose != two.purpose or one.per != two.per:
            continue
        if frozenset((one.id, two.id)) in declared or _reads(one, two) or _reads(two, one) or apart(one, two):
            continue
        if one.payee != two.payee:
            continue
        later, other = (two, one) if two.place == place else (one, two)
        open_beside.setdefault(later.id, []).append(other.id)
    for name, others in open_beside.items():
        entry = pack.entries[name]
        yield fault(
            entry, "STACKING",
            f"“{name}”与{'、'.join(f'“{other}”' for other in others)}同一用途（{entry.purpose}）、同一对象，请用一条 stacking 写明：together 可同享、highest 就高、first 择先",
            f'"{name}" shares purpose ({entry.purpose}) and per with {", ".join(others)}: say in a stacking entry whether together, highest or first', "warning",
        )  # fmt: skip


def _reads(one: Entry, two: Entry) -> bool:
    return any(
        (node.op in ("result", "receives") and node.data.name == two.id) or (node.op == "record" and node.data.ref.name == two.id)
        for root in nodes_of(one) for node in root.walk()
    )  # fmt: skip


def sequences_read(pack: Pack, place: str, today: dt.date) -> Iterable[Fault]:
    """In ``sequence`` and ``top_up`` every later amount reads the earlier ones."""
    for group in pack.stackings.values():
        if group.mode not in ("sequence", "top_up") or group.entry.place != place:
            continue
        for earlier, later in zip(group.entries, group.entries[1:], strict=False):
            if not _reads_through(pack, pack.entries[later], earlier, set()):
                yield fault(group.entry, "STACK-SEQUENCE", f"依次：“{later}”的金额须读到“{earlier}”", f'in a sequence the amount of "{later}" must read "{earlier}"', key="entries")


def _reads_through(pack: Pack, entry: Entry, wanted: str, seen: set[str]) -> bool:
    if entry.id in seen:
        return False
    seen.add(entry.id)
    names = [n.data.name for root in nodes_of(entry) for n in root.walk() if n.op in ("result", "receives")]
    return wanted in names or any(_reads_through(pack, pack.entries[n], wanted, seen) for n in names if n in pack.entries and pack.entries[n].kind == "definition")


def funds_add_up(pack: Pack, place: str, today: dt.date) -> Iterable[Fault]:
    """A fund's sources and its parts (those not taken out of another part) add up to its amount."""
    for entry in own_entries(pack, place):
        if entry.kind != "fund":
            continue
        total = parse_quantity_or_none(str(entry.raw.get("amount", "")))
        if total is None or total.missing or total.low is None or total.is_range:
            continue
        for key in ("sources", "parts"):
            rows = [r for r in entry.raw.get(key) or [] if isinstance(r, Map) and "out_of" not in r and "amount" in r]
            amounts = [parse_quantity_or_none(str(r["amount"])) for r in rows]
            known = [a.low for a in amounts if a is not None and a.low is not None and not a.is_range and not a.missing]
            if rows and len(known) == len(rows) and sum(known) != total.low:
                yield fault(entry, "FUND-SUM", f"基金“{entry.id}”的 {key} 合计与总额不等", f'the {key} of the fund "{entry.id}" do not add up to its amount', key=key)


def open_terms(pack: Pack, place: str, today: dt.date) -> Iterable[Fault]:
    """National terms without a value that a place has not filled, values past their check, documents past their force: notices."""
    used = used_parameters(pack)
    for parameter in pack.parameters.values():
        if parameter.open_place and not parameter.given_by_place and parameter.id in used and place != "cn" and lacks(parameter):
            yield Fault(*parameter.home, "OPEN-TERM", f"上级留给地方定的“{parameter.id}”，{place} 尚未填写", f'"{parameter.id}" is left to the place and {place} has not filled it', "notice")
        newest = parameter.versions[-1] if parameter.versions else None
        if newest is not None and newest.checked and _months(newest.checked, today) > STALE_MONTHS and parameter.home[0].startswith(f"{place}/"):
            yield Fault(*parameter.home, "STALE", f"“{parameter.id}”最近核对于 {newest.checked}，标准可能已过时", f'"{parameter.id}" was last checked on {newest.checked}; the standard may be out of date', "notice")
    document = pack.documents.get(place)
    if document is not None and document.until is not None and document.until < today:
        yield Fault(f"{place}/document.yaml", *document.raw.at("until"), "LAPSED", f"文件已于 {document.until} 失效", f"the document lapsed on {document.until}", "notice")
    if document is not None and document.since is None and place != "cn":
        yield Fault(f"{place}/document.yaml", 1, 1, "NO-DATE", "文件没有施行日期，按现行处理", "the document has no date; it is treated as in force", "notice")


def _months(a: dt.date, b: dt.date) -> int:
    return (b.year - a.year) * 12 + b.month - a.month - (b.day < a.day)


def missing_listed(pack: Pack, place: str, today: dt.date) -> Iterable[Fault]:
    """What the document leaves open is listed, not blamed."""
    for parameter in [*pack.parameters.values(), *(f for e in pack.entries.values() for f in e.figures.values())]:
        if parameter.home[0].startswith(f"{place}/") and not parameter.open_place and any(v is MISSING or (isinstance(v, Quantity) and v.missing) for v in parameter.values()):
            yield Fault(*parameter.home, "MISSING", f"“{parameter.id}”文件未给，待地方填写", f'"{parameter.id}" is not given by the document', "notice")


def months_are_counted(pack: Pack, place: str, today: dt.date) -> Iterable[Fault]:
    """A limit in months on a claim needs to know how many months a claim stands for."""
    for entry in own_entries(pack, place):
        if entry.per is None or not pack.vocabulary.entities[entry.per].claim:
            continue
        for limit in entry.limits:
            if limit.measure == "months":
                yield fault(entry, "LIMIT-MONTHS", f"“{entry.id}”按月计的限额须有 quantity（本次计几个月）", f'the limit in months of "{entry.id}" needs a quantity: how many months one claim stands for', key="limits")


def plan_circles(pack: Pack, place: str, today: dt.date) -> Iterable[Fault]:
    """Results that depend on each other in a circle."""
    return Plan(pack).faults


Check = Callable[[Pack, str, dt.date], Iterable[Fault]]
OF_AN_ENTRY: tuple[Check, ...] = (
    shape_faults, names_known, decided_by_an_office, conditions_named, stacking_declared, funds_add_up, procedure_faults,
    overflow_faults, months_are_counted, date_faults, open_terms, missing_listed,
)  # fmt: skip
UNREAD = ("YAML-FORM", "YAML-EMPTY", "YAML-SIZE", "YAML-ALIAS", "YAML-ANCHOR", "YAML-TAG", "FILE-READ")
"""With a whole file unread, its names would be blamed wherever they are used."""
OF_THE_WHOLE: tuple[Check, ...] = (unused, sequences_read, plan_circles)
"""These read the whole pack: while an expression cannot be read they would blame what only it uses."""


def check_pack(pack: Pack, folder: Path, today: dt.date, read_faults: list[Fault]) -> list[Fault]:
    """Return every fault of a place's own folder: those of reading and those of the whole.

    Entries that could not be read are left out of the further checks; what only the whole can tell waits for them.
    """
    place = pack.place
    found = list(read_faults)
    errors = [f for f in read_faults if f.level == "error"]
    if place not in pack.documents or any(f.code in UNREAD for f in errors):
        return _ordered(found)
    broken = {id(entry) for f in errors if (entry := _entry_at(pack, f)) is not None}
    for check in OF_AN_ENTRY:
        faulty = any(f.level == "error" for f in found)
        found += [f for f in _tolerant(check, pack, place, today, faulty) if id(_entry_at(pack, f)) not in broken]
    if not any(f.level == "error" for f in found):
        for check in OF_THE_WHOLE:
            found += check(pack, place, today)
        exceptions = read_exceptions(folder, place, found)
        found += coverage_faults(pack, place, exceptions)
    return _ordered(found)


def _tolerant(check: Check, pack: Pack, place: str, today: dt.date, faulty: bool) -> list[Fault]:
    """Return what a check finds; beside faults already found, a check that stumbles over them has nothing to add."""
    try:
        return list(check(pack, place, today))
    except (TypeError, KeyError, AttributeError, AssertionError, ValueError):
        if not faulty:
            raise
        return []


def _entry_at(pack: Pack, found: Fault) -> Entry | None:
    """Return the entry in whose lines a fault stands."""
    above = [e for e in pack.entries.values() if e.file == found.file and e.line <= found.line]
    return max(above, key=lambda e: e.line, default=None)


def _ordered(found: list[Fault]) -> list[Fault]:
    return sorted(set(found), key=lambda f: (f.level != "error", f.level != "warning", f.file, f.line, f.column, f.code))
