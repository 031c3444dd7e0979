"""What a missing name is called when a person reads it."""

from __future__ import annotations

from collections.abc import Iterable

from bangfu.rules.pack.model import Entry, Pack
from bangfu.rules.units import Quantity
from bangfu.rules.vocabulary import Label


def _tier_label(pack: Pack, entry_id: str, rest: str, lang: str) -> str:
    key, _, place = rest.partition(".")
    tiers = pack.entries[entry_id].tiers
    number = place.split(".")[0]
    if key != "tiers" or not number.isdigit() or int(number) >= len(tiers):
        return ""
    label = tiers[int(number)].label
    return label.text(lang) if label else ""


def need_label(pack: Pack, name: str, lang: str) -> str:
    """Return the label of a fact, recognition, parameter, collection or open figure that is missing."""
    zh = lang == "zh"
    if name == "record":
        return "领取记录" if zh else "the record of what was received"
    vocabulary = pack.vocabulary
    entity = vocabulary.collection_entity(name)
    if entity is not None:
        return entity.label.text(lang)
    if name in vocabulary.facts:
        return vocabulary.facts[name].label.text(lang)
    if name in pack.entries:
        return pack.entries[name].label.text(lang)
    parameter = pack.parameters.get(name)
    if parameter is not None:
        return parameter.label.text(lang) if parameter.label else name
    entry_id, _, rest = name.partition(".")
    if entry_id in pack.entries:
        label = pack.entries[entry_id].label.text(lang)
        if rest == "open_condition":
            return f"“{label}”的具体条件" if zh else f'the conditions of "{label}"'
        own = pack.entries[entry_id].figures.get(rest)
        if own is not None and own.label is not None:
            return own.label.text(lang)
        tier = _tier_label(pack, entry_id, rest, lang)
        of = f"{label}·{tier}" if tier else label
        return _figure_text(of, rest.rpartition(".")[2] if tier else rest.partition(".")[0], lang)
    return name


def settled_by(pack: Pack, name: str) -> str | None:
    """Return who settles a figure of which the document gives only bounds: ``case``, ``place``, or None for any other name."""
    entry_id, _, rest = name.partition(".")
    entry = pack.entries.get(entry_id)
    parameter = pack.parameters.get(name) or (entry.figures.get(rest) if entry is not None else None)
    found = [value.settled_by for value in parameter.values() if isinstance(value, Quantity) and value.settled_by] if parameter is not None else []
    return found[0] if found else None


def settled_texts(pack: Pack, entry: Entry, names: Iterable[str], lang: str) -> list[str]:
    """Return who settles a sum of which bounds are known, and by what: the office case by case, the place, a fact."""
    zh = lang == "zh"
    groups: dict[str, list[str]] = {"case": [], "place": [], "": []}
    for name in names:
        groups[settled_by(pack, name) or ""].append(need_label(pack, name, lang))
    office = pack.office_text(entry.office, lang) or ("经办单位" if zh else "the office in charge")
    said = [f"由{office}逐案确定" if zh else f"settled case by case by {office}"] if groups["case"] else []
    for key, start in (("place", "由当地规定：" if zh else "set by the place: "), ("", "定于：" if zh else "settled by: ")):
        labels = list(dict.fromkeys(groups[key]))[:2]
        said += [start + ("、" if zh else ", ").join(labels)] if labels else []
    return said


_KEYS = {
    "amount": Label("标准", "the figure"), "share": Label("比例", "the share"), "quantity": Label("数量", "the quantity"),
    "rate": Label("单价", "the rate"), "lasts": Label("期限", "the length"), "limits": Label("限额", "the limit"),
}  # fmt: skip


def _figure_text(of: str, key: str, lang: str) -> str:
    """Return what a plain figure of an entry is called: by its key, else by its own name."""
    said = _KEYS.get(key)
    if said is None:
        return f"“{of}”的数值 {key}" if lang == "zh" else f'the figure {key} of "{of}"'
    return f"“{of}”的{said.zh}" if lang == "zh" else f'{said.en} of "{of}"'
