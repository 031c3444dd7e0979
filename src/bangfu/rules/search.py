"""Search entries by words: labels, articles, contents, conditions; everyday words are known through the word list."""

from __future__ import annotations

from bangfu.rules.pack.model import Entry, Pack
from bangfu.rules.render import Renderer


def text_of(pack: Pack, entry: Entry, words: Renderer) -> str:
    """Return everything about an entry that a reader might search for."""
    parts = [entry.id.replace("_", " "), entry.label.zh, entry.label.en, entry.kind, entry.office or "", entry.purpose or ""]
    parts += [f"{pack.clauses[c].article} {pack.clauses[c].label}" for c in entry.covers if c in pack.clauses]
    parts += [str(entry.raw[key]) for key in ("content", "does", "says", "note") if key in entry.raw]
    parts += [words.text(node) for node in (*entry.when, *entry.unless)]
    parts += [t.label.zh for t in entry.tiers if t.label]
    parts += [pack.vocabulary.words[w].zh for w in (entry.purpose, entry.payee) if w in pack.vocabulary.words]
    return " ".join(parts).lower()


def search(pack: Pack, words: list[str]) -> list[Entry]:
    """Return the entries that hold all words, the best first: in the id, then in the label, then anywhere."""
    renderer = Renderer(pack, "zh")
    wanted = [word.lower() for word in words]
    scored: list[tuple[int, int, Entry]] = []
    for place, entry in enumerate(pack.entries.values()):
        if wanted == [entry.id]:
            return [entry]
        text = text_of(pack, entry, renderer)
        if all(word in text for word in wanted):
            label = f"{entry.label.zh} {entry.label.en}".lower()
            rank = 0 if all(word in label for word in wanted) else 1 if entry.is_benefit else 2
            scored.append((rank, place, entry))
    return [entry for _, _, entry in sorted(scored, key=lambda s: s[:2])]
