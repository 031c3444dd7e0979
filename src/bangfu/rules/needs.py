"""What a missing name is called when a person reads it."""

from __future__ import annotations

from bangfu.rules.pack.model import Pack


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
        return f"“{label}”的标准（{rest}）" if zh else f'the figure {rest} of "{label}"'
    return name
