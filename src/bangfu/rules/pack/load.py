"""Load a place: vocabulary, the documents it stands under, its own folder, overlays. Every fault is collected."""

from __future__ import annotations

import datetime as dt
import gc
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

from bangfu.rules.errors import Fault, PackError, UnknownNameError, near_names
from bangfu.rules.pack.load_entries import EntryReader, reserved_name
from bangfu.rules.pack.load_parameters import ParameterReader
from bangfu.rules.pack.load_topics import TopicsReader
from bangfu.rules.pack.load_vocabulary import VocabularyReader
from bangfu.rules.pack.model import Clause, Document, Pack, Parameter
from bangfu.rules.pack.overlay import OverlayReader
from bangfu.rules.pack.reader import Reader
from bangfu.rules.units import Quantity, QuantityError, parse_quantity
from bangfu.rules.values import decimal_text
from bangfu.rules.vocabulary import Label, Vocabulary
from bangfu.rules.yaml_source import List, Map, read_shared_yaml, read_yaml

DOCUMENT_KEYS = (
    "id", "title", "issuer", "number", "area", "rank", "under", "from", "until", "issued_on", "published_on",
    "offices", "readings", "covers", "when_higher_level_changes", "note", "source",
)  # fmt: skip
SKIPPED = ("cases", "vocabulary")


def places(folder: Path) -> list[str]:
    """Return the place folders, national ones left out: every folder with a ``document.yaml`` that names an area or
    stands under another."""
    return sorted(p.parent.name for p in folder.glob("*/document.yaml") if p.parent.name != "cn")


class Loader(Reader):
    """Reads one place into a ``Pack``. Use ``load_pack``."""

    def __init__(self, folder: Path, place: str, texts: dict[str, str] | None = None) -> None:
        super().__init__([])
        self.folder = folder
        self.place = place
        self.files: dict[str, bytes] = {}
        self.pack = Pack(place, {}, Vocabulary(), {}, {}, {}, {}, {}, {}, self.files)
        self.changed = texts or {}
        self._yaml = read_shared_yaml

    def load(self, overlays: list[tuple[str, str]]) -> Pack:
        """Return the pack; ``overlays`` are (file name, YAML text), and may change what the files say."""
        self._yaml = read_yaml if overlays else read_shared_yaml
        self._vocabulary(self.folder / "vocabulary", None)
        chain = self._documents()
        for name in chain:
            own = self.folder / name / "vocabulary"
            if own.is_dir():
                self._vocabulary(own, name)
        VocabularyReader(self.faults, self.pack.vocabulary).finish()
        entries = EntryReader(self.faults, self.pack)
        self._definitions(entries)
        for name in chain:
            self._outline(name)
            self._parameters(name)
            self._chapters(name, entries)
        overlay = OverlayReader(self.faults, self.pack, entries)
        read = [(name, self._parse(name, text)) for name, text in overlays]
        for name, content in read:
            overlay.entries(content, name)
        self._names(entries)
        for name, content in read:
            overlay.values_first(content, name)
        for entry in list(self.pack.entries.values()):
            entries.type_entry(entry)
        for entry in list(self.pack.entries.values()):
            if entry.kind == "stacking":
                group = entries.stacking(entry)
                if group is not None:
                    self.pack.stackings[entry.id] = group
        for name, content in read:
            overlay.apply(content, name)
        self._raise_to_higher()
        self.pack.content_hash = content_hash(self.files)
        return self.pack

    # -- files ---------------------------------------------------------------------------------------------------
    def _read(self, path: Path) -> Any:
        file = path.relative_to(self.folder).as_posix()
        if file in self.changed:
            return self._parse(file, self.changed[file])
        try:
            content = path.read_bytes()
            text = content.decode("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            self.fault(file, (0, 0), "FILE-READ", f"读不到文件或不是 UTF-8：{error}", f"cannot be read as UTF-8: {error}")
            return None
        self.files[file] = content
        return self._yaml(text, file, self.faults)

    def _parse(self, file: str, text: str) -> Any:
        self.files[file] = text.encode()
        return self._yaml(text, file, self.faults)

    def _vocabulary(self, folder: Path, place: str | None) -> None:
        reader = VocabularyReader(self.faults, self.pack.vocabulary, place)
        plan = (
            (["entities.yaml"], reader.entities),
            (["codes.yaml"], reader.codes),
            (["facts.yaml", *sorted(f"facts/{p.name}" for p in (folder / "facts").glob("*.yaml"))], reader.facts),
            (["words.yaml"], reader.word_list),
            (["topics.yaml"], TopicsReader(self.faults, self.pack.vocabulary).read),
        )
        for names, read in plan:
            for name in names:
                if (folder / name).is_file():
                    content = self._read(folder / name)
                    if isinstance(content, Map):
                        read(content)

    def _documents(self) -> list[str]:
        """Return the documents from the highest level down to the place itself."""
        order: list[str] = []
        queue = [self.place]
        while queue:
            name = queue.pop()
            if name in order:
                continue
            order.insert(0, name)
            path = self.folder / name / "document.yaml"
            content = self._read(path) if path.is_file() else None
            if not isinstance(content, Map):
                self.fault(f"{name}/document.yaml", (0, 0), "DOCUMENT", f"没有文件 {name}/document.yaml", f"there is no {name}/document.yaml")
                continue
            document = self._document(name, content)
            self.pack.documents[name] = document
            queue.extend(document.under)
        return order

    def _document(self, name: str, raw: Map) -> Document:
        self.known_keys(raw, DOCUMENT_KEYS, "文件", "a document")
        if raw.get("id") not in (name, None):
            self.at(raw, "id", "DOCUMENT", f"id 应与文件夹同名：{name}", f"the id must be the folder's name: {name}")
        offices = raw.get("offices")
        found: dict[str, dict[str, Any]] = {}
        for office, row in offices.items() if isinstance(offices, Map) else ():
            found[office] = dict(row) if isinstance(row, Map) else {"en": str(row)}
        higher = raw.get("when_higher_level_changes")
        return Document(
            id=name, title=self.label(raw, "title", required=True) or Label(name, name),
            area=None if raw.get("area") is None else str(raw["area"]), under=tuple(self.words(raw, "under")),
            since=self.date(raw, "from"), until=self.date(raw, "until"), raise_to_higher=higher == "highest",
            offices=found, covers=tuple(raw["covers"]) if isinstance(raw.get("covers"), Map) else tuple(self.words(raw, "covers")), raw=raw,
        )  # fmt: skip

    def _outline(self, name: str) -> None:
        path = self.folder / name / "outline.yaml"
        content = self._read(path) if path.is_file() else None
        if content is None:
            return
        if not isinstance(content, List):
            self.fault(f"{name}/outline.yaml", (1, 1), "OUTLINE", "提纲应为列表：- {article: …, clauses: {…}}", "the outline is a list: - {article: …, clauses: {…}}")
            return
        for place, raw in enumerate(content):
            row = self.mapping(raw, content.file, content.at(place), "outline")
            if row is None:
                continue
            self.known_keys(row, ("article", "from", "until", "clauses"), "提纲", "the outline")
            clauses = row.get("clauses")
            table = clauses if isinstance(clauses, Map) else Map(content.file, row.mark)
            if not isinstance(clauses, Map) or not str(row.get("article", "")).strip() or isinstance(row["article"], List | Map):
                self.fault(content.file, row.mark, "OUTLINE", "提纲每行须有 article（第几条）和 clauses: {条款: {label: …, figures: […]}}", "a row of the outline has an article and clauses: {clause: {label: …, figures: […]}}")
            for clause_id, body in table.items():
                self._clause(clause_id, body, row, table)

    def _clause(self, name: str, body: Any, article: Map, where: Map) -> None:
        row = self.mapping(body, where.file, where.at(name), name)
        if row is None:
            return
        self.known_keys(row, ("label", "figures"), "条款", "a clause")
        if name in self.pack.clauses:
            self.fault(where.file, where.key_marks[name], "OUTLINE", f"条款“{name}”重复", f'the clause "{name}" is repeated')
        figures: list[Quantity | dt.date] = []
        written: list[str] = []
        items = row.get("figures")
        if items is not None and not isinstance(items, List):
            self.at(row, "figures", "OUTLINE", "figures 应为一列数字，如 [80 岁, 100 元/人·月]", "figures is a list such as [80 岁, 100 元/人·月]")
        for item in items if isinstance(items, List) else ():
            try:
                figures.append(item if isinstance(item, dt.date) else parse_quantity(_written(item)))
                written.append(_written(item))
            except QuantityError as error:
                self.at(row, "figures", "OUTLINE", error.zh, error.en)
        self.pack.clauses[name] = Clause(
            name, str(article.get("article", "")), str(row.get("label", "")), tuple(figures), tuple(written), where.file, where.key_marks[name][0],
            self.date(article, "from"), self.date(article, "until"),
        )  # fmt: skip

    def _parameters(self, name: str) -> None:
        path = self.folder / name / "parameters.yaml"
        content = self._read(path) if path.is_file() else None
        if not isinstance(content, Map):
            return
        reader = ParameterReader(self.faults, self.pack.vocabulary)
        for key, raw in content.items():
            self.identifier(key, content.file, content.key_marks[key])
            row = self.mapping(raw, content.file, content.at(key), key)
            if row is None:
                continue
            base = self.pack.parameters.get(key)
            if base is not None and not base.open_place:
                self.fault(content.file, content.key_marks[key], "NAME-TWICE", f"参数“{key}”上级已定，不可另写", f'the parameter "{key}" is fixed above and cannot be set here')
            found = reader.long(key, row, None, base)
            if found is not None:
                self.pack.parameters[key] = found

    def _definitions(self, entries: EntryReader) -> None:
        for folder in (self.folder / "vocabulary", self.folder / self.place / "vocabulary"):
            path = folder / "definitions.yaml"
            if path.is_file():
                self._add(entries.chapter(self._read(path), path.relative_to(self.folder).as_posix(), "vocabulary"))

    def _chapters(self, name: str, entries: EntryReader) -> None:
        for path in sorted((self.folder / name).glob("*.yaml")):
            if path.name in ("document.yaml", "outline.yaml", "parameters.yaml", "exceptions.yaml"):
                continue
            self._add(entries.chapter(self._read(path), path.relative_to(self.folder).as_posix(), name))

    def _add(self, found: list[Any]) -> None:
        for entry in found:
            known = self.pack.entries.get(entry.id)
            if known is not None and not (entry.raw.get("replaces") and known.place in (entry.raw["replaces"], "vocabulary")):
                self.fault(
                    entry.file, (entry.line, 1), "NAME-TWICE",
                    f"条目“{entry.id}”已在 {known.file}:{known.line}；要取代上级条目请写 replaces: {known.place}",
                    f'the entry "{entry.id}" stands in {known.file}:{known.line}; to take over write replaces: {known.place}',
                )  # fmt: skip
                continue
            self.pack.entries[entry.id] = entry

    def _names(self, entries: EntryReader) -> None:
        """Check that every name has one meaning, and gather the readings."""
        for document in self.pack.documents.values():
            rows = document.raw.get("readings")
            table = rows if isinstance(rows, Map) else Map(document.raw.file, document.raw.mark)
            for name, raw in table.items():
                row = self.mapping(raw, document.raw.file, table.at(name), name)
                reading = entries.reading(name, row, None) if row is not None else None
                if reading is not None:
                    self.pack.readings[name] = reading
        for entry in self.pack.entries.values():
            for name, reading in entry.readings.items():
                known = self.pack.readings.get(name)
                if known is not None:
                    self.fault(*_home(reading.home), "NAME-TWICE", f"读法“{name}”重名（见 {known.home[0]}:{known.home[1]}）", f'the reading "{name}" is declared twice (see {known.home[0]}:{known.home[1]})')
                self.pack.readings[name] = reading
        self._local_names()
        self.pack.reading_choice = {name: reading.takes for name, reading in self.pack.readings.items()}
        self._collisions()

    def _collisions(self) -> None:
        spaces: list[tuple[str, dict[str, Any]]] = [
            ("事实 fact", self.pack.vocabulary.facts), ("参数 parameter", self.pack.parameters),
            ("条目 entry", self.pack.entries), ("读法 reading", self.pack.readings),
        ]  # fmt: skip
        seen: dict[str, str] = {}
        for what, table in spaces:
            for name, item in table.items():
                file, line = getattr(item, "file", ""), getattr(item, "line", 0)
                home = getattr(item, "home", (file, line, 1))
                if name in seen:
                    self.fault(*_home(home), "NAME-TWICE", f"“{name}”既是{seen[name]}又是{what}，一名一义", f'"{name}" is both {seen[name]} and {what}; one name, one meaning')
                if reserved_name(name):
                    self.fault(*_home(home), "NAME-RESERVED", f"“{name}”是语言自身的词", f'"{name}" is a word of the language')
                seen[name] = what
        for entry in self.pack.entries.values():
            for name, figure in entry.figures.items():
                if name in seen and "." not in name:
                    self.fault(*_home(figure.home), "NAME-HIDES", f"数值“{name}”遮住了同名的{seen[name]}，请改名", f'the figure "{name}" hides a {seen[name]}; rename it')

    def _local_names(self) -> None:
        """Check that a local name of a recognition names one of the same rows."""
        for entry in self.pack.entries.values():
            of = self.pack.entries.get(entry.local_name_of or "")
            if entry.local_name_of and (of is None or of is entry or of.kind != "recognition" or of.per != entry.per or of.local_name_of):
                self.at(entry.raw, "local_name_of", "LOCAL-NAME", f"“{entry.local_name_of}”不是同一对象的认定", f'"{entry.local_name_of}" is no recognition of the same rows')

    def _raise_to_higher(self) -> None:
        """就高不就低: an entry of a higher level marked ``same_as`` stands with the local one in a ``highest`` group."""
        from bangfu.rules.pack.model import Stacking

        if not self.pack.document.raise_to_higher:
            return
        for entry in list(self.pack.entries.values()):
            if entry.same_as and entry.same_as in self.pack.entries:
                own = self.pack.entries[entry.same_as]
                name = f"higher_level_{entry.same_as}"
                self.pack.stackings[name] = Stacking(name, "highest", (own.id, entry.id), None, own)


def _written(item: Any) -> str:
    return decimal_text(item) if isinstance(item, int | Fraction) else str(item)


def _home(home: tuple[str, int, int]) -> tuple[str, tuple[int, int]]:
    return home[0], (home[1], home[2])


def content_hash(files: dict[str, bytes]) -> str:
    """Return a SHA-256 over names and contents, independent of the order of reading."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode() + b"\0" + hashlib.sha256(files[name]).digest())
    return digest.hexdigest()


def read_pack(folder: Path, place: str, overlays: list[tuple[str, str]] | None = None) -> tuple[Pack, list[Fault]]:
    """Return a pack and all faults found while reading it (the pack may be incomplete)."""
    known = places(folder)
    if place not in known and place != "cn":
        place = resolve_place(folder, place, known)
    loader = Loader(folder, place)
    with without_collection():
        pack = loader.load(overlays or [])
    return pack, loader.faults


@contextmanager
def without_collection() -> Iterator[None]:
    """Leave the garbage collector out while many small objects are made that all stay: it would look at them in vain."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


def load_pack(folder: Path, place: str, overlays: list[tuple[str, str]] | None = None) -> Pack:
    """Return a pack without faults.

    Raises:
        UnknownNameError: There is no such place.
        PackError: With every fault of the folder and its overlays.
    """
    pack, faults = read_pack(folder, place, overlays)
    errors = [fault for fault in faults if fault.level == "error"]
    if errors:
        raise PackError(sorted(set(errors)))
    return pack


def resolve_place(folder: Path, name: str, known: list[str] | None = None) -> str:
    """Return the folder name of a place given by folder name, area code or a part of its Chinese title."""
    from bangfu.rules.pack.titles import place_titles

    titles = place_titles(folder)
    found = [place for place, (title, area) in titles.items() if name and (name in title or name in (area, place))]
    if len(found) == 1:
        return found[0]
    near = near_names(name, titles)
    raise UnknownNameError("地方", "place", name, near or [f"{p}（{t[0]}）" for p, t in titles.items()])


__all__ = ["Loader", "Parameter", "content_hash", "load_pack", "places", "read_pack", "resolve_place"]
