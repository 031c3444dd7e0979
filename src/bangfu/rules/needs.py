"""What a missing name is called when a person reads it."""

from __future__ import annotations

from bangfu.rules.pack.model import Pack


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
        tier = _tier_label(pack, entry_id, rest, lang)
        of = f"{label}·{tier}" if tier else label
        return f"“{of}”的标准" if zh else f'the figure of "{of}"'
    return name
