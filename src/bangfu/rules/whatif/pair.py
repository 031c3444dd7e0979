"""Two packs side by side: the one in force and the one with the change, and in what they differ on the day asked."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bangfu.rules.engine import Engine
from bangfu.rules.errors import UsageError, no_file, os_reason
from bangfu.rules.pack.load import load_pack
from bangfu.rules.pack.model import MISSING, Entry, Pack, Parameter
from bangfu.rules.whatif.changes import ValueChange, known_on, overlay_of, read_change
from bangfu.rules.whatif.written import parameter_label, shown

Overlay = tuple[str, str]
"""(file name, YAML text)."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs: its address, what it is called, before and after in both languages."""

    name: str
    zh: str
    en: str
    before_zh: str
    before_en: str
    after_zh: str
    after_en: str
    until: dt.date | None = None
    """The day from which the pack itself has a later value, which ends the change."""

    def text(self, lang: str) -> str:
        """Return it as a sentence."""
        if lang == "zh":
            tail = f"（{self.until} 起政策包另有新值）" if self.until else ""
            return f"{self.zh}：{self.before_zh} → {self.after_zh}{tail}"
        tail = f" (from {self.until} the pack has a later value)" if self.until else ""
        return f"{self.en}: {self.before_en} → {self.after_en}{tail}"


@dataclass(frozen=True, slots=True)
class Pair:
    """Base and variant, ready to answer, with what differs on ``day``."""

    base: Engine
    variant: Engine
    day: dt.date
    differences: tuple[Difference, ...]


def make_pair(folder: Path, place: str, day: dt.date, changes: Sequence[str], overlays: Sequence[Overlay] = ()) -> Pair:
    """Load a place twice, with and without the changes.

    Args:
        folder: The policies folder.
        place: The folder name of the place.
        day: The day from which written changes hold, and for which both packs are compared.
        changes: ``NAME=VALUE``, ``NAME=+30``, the path of an overlay (``.yaml``), or of a changed policies or place folder.
        overlays: What both stand on (the place's own overlay files), as (file name, YAML text).

    Raises:
        BangfuError: A change cannot be read, a pack has faults, or nothing differs on that day.
    """
    if not changes:
        raise UsageError("没有写改动：请用 --change，如 --change dibao_standard=+30", "no change was given: use --change, as in --change dibao_standard=+30")
    with _folders(folder, place, changes) as (changed_folder, files, written):
        base = load_pack(folder, place, list(overlays))
        added = [*overlays, *(read_overlay(path) for path in files)]
        variant = base if changed_folder == folder and not files else load_pack(changed_folder, place, added)
        if written:
            variant = load_pack(changed_folder, place, [*added, ("测算改动.yaml", overlay_of(variant, written, day))])
    return _paired(base, variant, day)


def make_pair_of(folder: Path, place: str, day: dt.date, base: Sequence[Overlay], variant: Sequence[Overlay]) -> Pair:
    """Load a place under two lists of overlays, such as the signed values and the proposed ones.

    Raises:
        BangfuError: As ``make_pair``.
    """
    return _paired(load_pack(folder, place, list(base)), load_pack(folder, place, list(variant)), day)


def _paired(base: Pack, variant: Pack, day: dt.date) -> Pair:
    found = tuple(differences(base, variant, day))
    if not found:
        raise UsageError(_nothing(base, variant, day, "zh"), _nothing(base, variant, day, "en"))
    _standard_there(base, found, day)
    return Pair(Engine(base), Engine(variant), day, found)


def read_overlay(path: Path) -> Overlay:
    """Return an overlay file by name and text.

    Raises:
        UsageError: It cannot be read.
    """
    try:
        return path.name, path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"读不到补充件 {path}：不是 UTF-8 文本，请另存为 UTF-8 的 .yaml", f"cannot read the overlay {path}: no UTF-8 text; save it as a UTF-8 .yaml") from None
    except OSError as error:
        raise UsageError(f"读不到补充件 {path}：{os_reason(error)}", f"cannot read the overlay {path}: {error.strerror}") from None


@contextmanager
def _folders(folder: Path, place: str, changes: Sequence[str]) -> Iterator[tuple[Path, list[Path], list[ValueChange]]]:
    """Yield (policies folder of the variant, overlay files, written changes)."""
    files, written, packs = [], [], []
    for text in changes:
        path = Path(text)
        if path.is_dir():
            packs.append(path)
        elif path.suffix.lower() in (".yaml", ".yml") and "=" not in path.name:
            if not path.is_file():
                zh, en = no_file(path)
                raise UsageError(f"读不到补充件“{text}”：{zh}", f'cannot read the overlay "{text}": {en}')
            files.append(path)
        else:
            written.append(read_change(text))
    if len(packs) > 1:
        raise UsageError("改过的政策文件夹只能给一个", "only one changed policies folder may be given")
    if not packs or (packs[0] / "vocabulary").is_dir() and not (packs[0] / "document.yaml").is_file():
        yield (packs[0] if packs else folder), files, written
        return
    if not (packs[0] / "document.yaml").is_file():
        raise UsageError(f"“{packs[0]}”不是政策文件夹：里面应有 document.yaml（一地）或 vocabulary（全部）", f'"{packs[0]}" is no policies folder: it should hold document.yaml (one place) or vocabulary (all of them)')
    with tempfile.TemporaryDirectory() as made:
        for part in folder.iterdir():
            (Path(made) / part.name).symlink_to((packs[0] if part.name == place else part).resolve())
        yield Path(made), files, written


# -- what differs ------------------------------------------------------------------------------------------------
def differences(base: Pack, variant: Pack, day: dt.date) -> Iterator[Difference]:
    """Yield values in force on the day, readings, conditions and whole entries that are not the same in both packs."""
    before, after = _parameters(base), _parameters(variant)
    for name in dict.fromkeys([*before, *after]):
        if name in before and name in after:
            yield from _values(base, variant, before[name], after[name], day)
    for name, taken in variant.reading_choice.items():
        if name in base.reading_choice and base.reading_choice[name] != taken:
            options = variant.readings[name].options
            old = base.readings[name].options[base.reading_choice[name]]
            yield Difference(name, f"读法 {name}", f"reading {name}", old.zh, old.en, options[taken].zh, options[taken].en)
    for name in dict.fromkeys([*base.entries, *variant.entries]):
        yield from _entry(base.entries.get(name), variant.entries.get(name), day)


def _parameters(pack: Pack) -> dict[str, Parameter]:
    found = dict(pack.parameters)
    for entry in pack.entries.values():
        found |= {f"{entry.id}.{name}": figure for name, figure in entry.figures.items()}
    return found


def _values(base: Pack, variant: Pack, before: Parameter, after: Parameter, day: dt.date) -> Iterator[Difference]:
    old, new = (MISSING if version is None else version.value for version in (before.version_on(day), after.version_on(day)))
    if old == new:
        return
    later = next((v.since for v in after.versions if v.since is not None and v.since > day), None)
    name = after.id if after.entry is None or "." in after.id else f"{after.entry}.{after.id}"
    yield Difference(
        name, parameter_label(variant, after, "zh"), parameter_label(variant, after, "en"),
        shown(base, before, old, "zh"), shown(base, before, old, "en"), shown(variant, after, new, "zh"), shown(variant, after, new, "en"), later,
    )  # fmt: skip


def _entry(before: Entry | None, after: Entry | None, day: dt.date) -> Iterator[Difference]:
    there, gone = ("有", "there"), ("没有", "not there")
    if before is None or after is None:
        entry = before or after
        assert entry is not None
        first, last = (gone, there) if before is None else (there, gone)
        yield Difference(entry.id, entry.label.zh, entry.label.en, *first, *last)
    elif _said(before, day) != _said(after, day):
        yield Difference(after.id, after.label.zh, after.label.en, "原条文", "the old entry", "改后的条文", "the changed entry")


def _said(entry: Entry, day: dt.date) -> tuple[Any, ...]:
    """Return what an entry says but its figures, which are compared by value, with what overlays add to it."""
    written = {key: value for key, value in entry.raw.items() if key != "figures"}
    return written, str([widening.tests for widening in entry.widened_on(day)]), str([node for node, since in entry.conditions_added if since is None or since <= day])


def _nothing(base: Pack, variant: Pack, day: dt.date, lang: str) -> str:
    """Say that nothing differs on the day, and from which day something would."""
    old, new = _parameters(base), _parameters(variant)
    begins = [v.since for name in new.keys() & old.keys() for v in new[name].versions if v not in old[name].versions]
    begins += [since for entry in variant.entries.values() for since in _days_added(base.entries.get(entry.id), entry)]
    days = sorted(since for since in begins if since is not None and since > day)
    if days:
        return f"这些改动在 {day} 还不起作用：最早自 {days[0]} 起；请用 --from {days[0]}" if lang == "zh" else f"the changes do not act on {day} yet: the first is from {days[0]}; use --from {days[0]}"
    hidden = [(name, v.since, old[name].version_on(day)) for name in sorted(new.keys() & old.keys()) for v in new[name].versions if v not in old[name].versions]
    for name, since, kept in hidden:
        if kept is not None and kept.since is not None and (since or dt.date.min) < kept.since:
            return f"{name} 自 {since} 起的值早于现行的值（自 {kept.since} 起），在 {day} 不起作用；请把起始日改为 {kept.since} 以后" if lang == "zh" else f"the value of {name} from {since} is older than the one in force (from {kept.since}) and does not act on {day}; let it begin after {kept.since}"
    return f"改动与现行标准相同：{day} 没有任何值、读法或条文不同" if lang == "zh" else f"nothing changes: on {day} no value, reading or entry differs"


def _days_added(before: Entry | None, after: Entry) -> Iterator[dt.date | None]:
    """Yield the first days of the groups and conditions that an overlay adds to an entry."""
    known = set() if before is None else {str(added) for added in (*before.widened, *before.conditions_added)}
    yield from (widening.since for widening in after.widened if str(widening) not in known)
    yield from (since for node, since in after.conditions_added if str((node, since)) not in known)


def _standard_there(base: Pack, found: tuple[Difference, ...], day: dt.date) -> None:
    """Refuse a day before a standard exists: there would be nothing to compare with."""
    known = _parameters(base)
    for name in (d.name for d in found):
        if name in known:
            known_on(known[name], day)


__all__ = ["Difference", "Pair", "differences", "make_pair", "make_pair_of", "read_overlay"]
