"""Overlays: what one place adds to a pack: values, conditions, wider groups, readings, upper-level entries.

Every row names its source and who says so. An overlay never edits a file of the pack.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from bangfu.rules.errors import Fault, near_names
from bangfu.rules.language.nodes import Node
from bangfu.rules.pack.load_entries import EntryReader
from bangfu.rules.pack.load_parameters import ParameterReader
from bangfu.rules.pack.model import PERIODS, Entry, Pack, Parameter, Widening
from bangfu.rules.pack.open_settings import address_exists, open_settings
from bangfu.rules.pack.overlay_dates import day_warnings
from bangfu.rules.pack.reader import Reader
from bangfu.rules.pack.values_set import set_value
from bangfu.rules.plan import nodes_of
from bangfu.rules.units import QuantityError
from bangfu.rules.yaml_source import List, Map

KEYS = ("place", "values", "conditions", "widens", "readings", "entries", "note")
ROW_KEYS = ("set", "entry", "when", "value", "from", "source", "said_by", "checked", "note")


class OverlayReader(Reader):
    """Applies overlays to a pack that is being loaded."""

    def __init__(self, faults: list[Fault], pack: Pack, entries: EntryReader) -> None:
        super().__init__(faults)
        self.pack = pack
        self.reader = entries
        self.values = ParameterReader(faults, pack.vocabulary)

    def entries(self, content: Any, file: str) -> None:
        """Add whole entries of a higher level before names are resolved."""
        if not isinstance(content, Map):
            if content is not None:
                self.fault(file, (1, 1), "SHAPE", f"补充件应为键值对，可用的键：{' '.join(KEYS)}", f"an overlay is a mapping; its keys: {' '.join(KEYS)}")
            return
        self.known_keys(content, KEYS, "补充件", "an overlay")
        self._same_place(content)
        rows = content.get("entries")
        if not isinstance(rows, List):
            if rows is not None:
                self.at(content, "entries", "SHAPE", "entries 应为列表", "entries must be a list")
            return
        shell = Map(file, rows.mark)
        shell["entries"] = rows
        for entry in self.reader.chapter(shell, file, "overlay"):
            if entry.id in self.pack.entries:
                self.fault(file, (entry.line, 1), "NAME-TWICE", f"条目“{entry.id}”已存在", f'the entry "{entry.id}" exists already')
            else:
                self.pack.entries[entry.id] = entry

    def _same_place(self, content: Map) -> None:
        """An overlay that names a place serves that place (or one that stands under it) alone."""
        place = content.get("place")
        if place is not None and place not in self.pack.documents:
            self.at(content, "place", "OVERLAY-PLACE", f"这份补充件是给 {place} 的，不能用于 {self.pack.place}；请换 --place 或换一份", f"this overlay is for {place} and cannot serve {self.pack.place}: name the other place or take another file")

    def values_first(self, content: Any, file: str) -> None:
        """Set values of parameters and figures; plain quantities of entries wait until they are typed."""
        if not isinstance(content, Map):
            return
        for row in self._rows(content, "values", file):
            address = self.word(row, "set", required=True)
            if address is None:
                continue
            if "value" not in row:
                self.fault(file, row.mark, "KEY-NEEDED", "缺少 value", "value is missing")
                continue
            parameter = self.find(address)
            if parameter is not None:
                since = self.date(row, "from")
                self._dated(row, address, since, parameter)
                set_value(self.values, parameter, row, since)
            else:
                self.reader.pending.setdefault(address, []).append(row)

    def find(self, address: str) -> Parameter | None:
        """Return the parameter or figure that an address names."""
        if address in self.pack.parameters:
            return self.pack.parameters[address]
        entry_id, _, rest = address.partition(".")
        entry = self.pack.entries.get(entry_id)
        return entry.figures.get(rest) if entry is not None and rest else None

    def _dated(self, row: Map, name: str, since: dt.date | None, changed: Parameter | Entry) -> None:
        self.faults += day_warnings(self.pack, row, name, since, changed)

    def apply(self, content: Any, file: str) -> None:
        """Add conditions, widened groups and readings once everything is typed."""
        if not isinstance(content, Map):
            return
        for row in self._rows(content, "conditions", file):
            self._condition(row, file, widen=False)
        for row in self._rows(content, "widens", file):
            self._condition(row, file, widen=True)
        readings = content.get("readings")
        if readings is not None and not isinstance(readings, Map):
            self.at(content, "readings", "SHAPE", "readings 应为 {读法: 代码}", "readings is written {reading: code}")
        chosen = readings if isinstance(readings, Map) else Map(file, content.mark)
        for name, code in chosen.items():
            self._reading(name, code, chosen)
        for address, rows in list(self.reader.pending.items()):
            if self._setting(address, rows):
                del self.reader.pending[address]
            elif rows[0].file == file:
                self.at(rows[0], "set", "OVERLAY-SET", *self._not_set(address))

    def _setting(self, address: str, rows: list[Map]) -> bool:
        """Set a cadence or a clock that the document left open."""
        entry_id, _, rest = address.partition(".")
        entry = self.pack.entries.get(entry_id)
        if entry is None or not rest:
            return False
        setting = open_settings(entry).get(rest)
        if setting is None:
            return False
        value = rows[-1]["value"]
        try:
            setting.set(value)
        except QuantityError as error:
            self.at(rows[-1], "value", "OVERLAY-SET", error.zh, error.en)
        if rest == "every" and value in PERIODS:
            entry.every = str(value)
        return True

    def addresses(self) -> list[str]:
        """Return every address that an overlay may set."""
        found = list(self.pack.parameters)
        for entry in self.pack.entries.values():
            found += [f"{entry.id}.{name}" for name in (*entry.figures, *open_settings(entry))]
        return found

    def _not_set(self, address: str) -> tuple[str, str]:
        """Return (中文, English): why an address cannot be set: no such entry, no such step or key, or fixed by the document."""
        entry_id, _, rest = address.partition(".")
        entry = self.pack.entries.get(entry_id)
        if entry is None or not rest:
            near = near_names(address, [*self.addresses(), *self.pack.entries])
            zh, en = (f"；是不是 {'、'.join(near)}", f"; did you mean {', '.join(near)}?") if near else ("；可设置的见 bangfu missing", "; bangfu missing lists what can be set")
            return f"没有可设置的“{address}”{zh}", f'nothing called "{address}" can be set{en}'
        open_here = [f"{entry_id}.{name}" for name in (*entry.figures, *open_settings(entry))]
        zh, en = ("；这里可设置：" + "、".join(open_here), "; here may be set: " + ", ".join(open_here)) if open_here else ("；这一条没有可设置的值", "; nothing of this entry can be set")
        step = rest.split(".")[1] if rest.startswith("steps.") and rest.count(".") else None
        steps = [str(row.get("id")) for row in entry.raw.get("steps") or [] if isinstance(row, Map)]
        if step is not None and step not in steps:
            return f"程序“{entry_id}”没有步骤“{step}”；步骤：{'、'.join(steps)}{zh}", f'the procedure "{entry_id}" has no step "{step}"; steps: {", ".join(steps)}{en}'
        if address_exists(entry, rest):
            return f"“{address}”文件已定（{entry.file}:{entry.line}），补充件不能改{zh}", f'"{address}" is fixed by the document ({entry.file}:{entry.line}) and no overlay changes it{en}'
        return f"条目“{entry_id}”里没有“{rest}”{zh}", f'the entry "{entry_id}" has no "{rest}"{en}'

    def _condition(self, row: Map, file: str, *, widen: bool) -> None:
        name = self.word(row, "entry", required=True)
        if name is None:
            return
        entry = self.pack.entries.get(name)
        if entry is None:
            near = near_names(name, self.pack.entries)
            zh, en = (f"；是不是 {'、'.join(near)}", f"; did you mean {', '.join(near)}?") if near else ("；条目名见 bangfu missing 或 bangfu rules", "; bangfu missing and bangfu rules list the names")
            self.at(row, "entry", "EXPR-NAME", f"没有条目“{name}”{zh}", f'there is no entry "{name}"{en}')
            return
        nodes: tuple[Node, ...] = self.reader.conditions(row, "when", self.reader.scope(entry))
        if not nodes:
            if "when" not in row:
                self.fault(file, row.mark, "KEY-NEEDED", "缺少 when", "when is missing")
            return
        since = self.date(row, "from")
        self._dated(row, name, since, entry)
        if widen:
            if entry.open_list is None:
                self.at(row, "entry", "OVERLAY-WIDEN", f"“{name}”没有 open_list（文件没有写“等”），不能扩大", f'"{name}" has no open_list and cannot be widened')
            entry.widened = (*entry.widened, Widening(nodes, since))
            return
        if entry.open_condition is None:
            self.at(row, "entry", "OVERLAY-CONDITION", f"“{name}”没有 open_condition：文件已写全条件，补充件不能再加", f'"{name}" has no open_condition: the document gives its conditions and no overlay adds one')
        entry.conditions_added = (*entry.conditions_added, *((node, since) for node in nodes))

    def _reading(self, name: str, code: Any, where: Map) -> None:
        reading = self.pack.readings.get(name)
        if reading is None:
            near = near_names(name, self.pack.readings)
            self.at(where, name, "READING", f"没有读法“{name}”" + (f"；是不是 {'、'.join(near)}" if near else ""), f'there is no reading "{name}"' + (f"; did you mean {', '.join(near)}?" if near else ""))
        elif code not in reading.options:
            self.at(where, name, "READING", f"读法“{name}”可取：{'、'.join(reading.options)}", f'the reading "{name}" takes: {", ".join(reading.options)}')
        else:
            self.pack.reading_choice[name] = str(code)
            if code != reading.takes and not self._is_switch(name):
                self.fault(where.file, where.at(name), "READING-RECORD", f"读法“{name}”只备案，没有条目按它换算：这一行不改变答案", f'the reading "{name}" is on record only and no entry turns on it: this row changes no answer', "warning")

    def _is_switch(self, name: str) -> bool:
        """Tell whether some expression tests a reading."""
        return any(node.op == "reading" and node.data == name for entry in self.pack.entries.values() for root in nodes_of(entry) for node in root.walk())

    def _rows(self, content: Map, key: str, file: str) -> list[Map]:
        rows = content.get(key)
        if rows is None:
            return []
        if not isinstance(rows, List):
            self.at(content, key, "SHAPE", f"{key} 应为列表", f"{key} must be a list")
            return []
        found = []
        for place, raw in enumerate(rows):
            row = self.mapping(raw, file, rows.at(place), key)
            if row is not None:
                self.known_keys(row, ROW_KEYS, "补充件的行", "a row of an overlay")
                self._sourced(row)
                found.append(row)
        return found

    def _sourced(self, row: Map) -> None:
        for key in ("source", "said_by"):
            if key not in row:
                self.fault(row.file, row.mark, "OVERLAY-SOURCE", f"缺少 {key}：每个数要有出处和经手人", f"{key} is missing: every value has a source and a name")
