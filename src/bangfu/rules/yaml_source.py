"""Strict YAML with positions.

PyYAML composes the node tree; this module walks it. What YAML would swallow in silence is refused: repeated keys,
anchors and aliases, merge keys, tags, several documents, and plain scalars that another reader would turn into
something else (``011``, ``no``, ``12:30``, ``1e3``, ``~``). Every fault of a file is collected, not only the first.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

import yaml

from bangfu.rules.errors import Fault, os_reason

LIMIT_BYTES = 20_000_000
LIMIT_DEPTH = 40
LIMIT_NODES = 2_000_000
_READER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _LOADER(_READER):  # type: ignore[misc]
    """PyYAML's reader without its guesses at what a plain scalar means: ``_Walk`` decides that itself."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        """Return no tag."""
        return ""

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        """Do nothing: there are no tags by path."""

    def ascend_resolver(self) -> None:
        """Do nothing: there are no tags by path."""


# A number of more than thirty digits stays a text, which no fact and no figure takes.
_INT = re.compile(r"^-?(0|[1-9][0-9]{0,29})$")
_DECIMAL = re.compile(r"^-?(0|[1-9][0-9]{0,29})\.[0-9]{1,30}$")
_DATE = re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
_MONTH = re.compile(r"^[0-9]{4}-[0-9]{2}$")
_REFUSED = re.compile(
    r"^(?:[yY]|[nN]|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF|True|TRUE|False|FALSE|~|null|Null|NULL"
    r"|0[0-9]+|0[xo][0-9a-fA-F]+|[0-9]+:[0-9:]+|[-+]?[0-9.]+[eE][-+]?[0-9]+|\+[0-9].*|-?\.[0-9]+|[0-9][0-9_]*_[0-9_]*"
    r"|-?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}[tT ].*)$"
)
_NUMERIC = frozenset("-0123456789")
_REFUSED_STARTS = _NUMERIC | frozenset("+.~yYnNoOtTfF")
"""How a scalar starts that ``_REFUSED`` may match; most texts are Chinese and need no look."""
Mark = tuple[int, int]


class Map(dict[str, Any]):
    """A mapping that remembers where it stands; ``marks[key]`` is the place of the value."""

    __slots__ = ("faults", "file", "key_marks", "mark", "marks")

    def __init__(self, file: str, mark: Mark) -> None:
        super().__init__()
        self.file = file
        self.mark = mark
        self.faults: list[Fault] = []
        self.marks: dict[str, Mark] = {}
        self.key_marks: dict[str, Mark] = {}

    def filled(self, others: Map, keys: Iterable[str]) -> Map:
        """Return a copy that takes keys it lacks from another mapping, with their places; itself where it lacks none."""
        lacking = [key for key in others if key in keys and key not in self]
        if not lacking:
            return self
        found = Map(self.file, self.mark)
        found.update(self)
        found.marks, found.key_marks = dict(self.marks), self.key_marks
        for key in lacking:
            found[key], found.marks[key] = others[key], others.at(key)
        return found

    def at(self, key: str) -> Mark:
        """Return the place of a key's value, or of the mapping itself."""
        return self.marks.get(key, self.mark)


class FixedMap(Map):
    """A mapping that several packs share: changing it is refused."""

    __slots__ = ()

    def _refuse(self, *_args: Any, **_more: Any) -> NoReturn:
        raise TypeError(f"{self.file} is shared between packs and must not be changed; read it with read_yaml to change it")

    def __reduce__(self) -> tuple[Any, ...]:
        return _fixed, (self.file, self.mark, dict(self), self.faults, self.marks, self.key_marks)

    __setitem__ = __delitem__ = update = pop = popitem = setdefault = clear = __ior__ = _refuse


def _fixed(file: str, mark: Mark, content: dict[str, Any], *more: Any) -> Map:
    """Return a mapping that refuses to be changed, as another process had it."""
    found = Map(file, mark)
    found.update(content)
    found.faults, found.marks, found.key_marks = more
    found.__class__ = FixedMap
    return found


class List(list[Any]):
    """A list that remembers where it and its items stand."""

    __slots__ = ("file", "mark", "marks")

    def __init__(self, file: str, mark: Mark) -> None:
        super().__init__()
        self.file = file
        self.mark = mark
        self.marks: list[Mark] = []

    def at(self, place: int) -> Mark:
        """Return the place of an item."""
        return self.marks[place] if place < len(self.marks) else self.mark


class _Walk:
    def __init__(self, file: str, faults: list[Fault]) -> None:
        self.file = file
        self.faults = faults

    def fault(self, mark: Mark, code: str, zh: str, en: str) -> None:
        self.faults.append(Fault(self.file, mark[0], mark[1], code, zh, en))

    def build(self, node: yaml.Node) -> Any:
        mark = (node.start_mark.line + 1, node.start_mark.column + 1)
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, mark)
        if isinstance(node, yaml.SequenceNode):
            return self.sequence(node, mark)
        return self.mapping(node, mark)

    def sequence(self, node: yaml.Node, mark: Mark) -> List:
        items = List(self.file, mark)
        for child in node.value:
            items.marks.append((child.start_mark.line + 1, child.start_mark.column + 1))
            items.append(self.build(child))
        return items

    def mapping(self, node: yaml.Node, mark: Mark) -> Map:
        result = Map(self.file, mark)
        for key_node, value_node in node.value:
            place = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if not isinstance(key_node, yaml.ScalarNode):
                self.fault(place, "YAML-KEY", "键必须是一个词", "a key must be a single word")
                continue
            key = key_node.value
            if key == "<<" and not key_node.style:
                self.fault(place, "YAML-MERGE", "不可用合并键“<<”，请完整写出", "merge keys are not allowed; write it out")
                continue
            if key in result:
                first = result.key_marks[key]
                self.fault(
                    place,
                    "YAML-REPEATED",
                    f"键“{key}”重复（首次在第 {first[0]} 行），请删去一个或改名",
                    f'the key "{key}" is repeated (first on line {first[0]}); remove or rename one',
                )
                continue
            result.key_marks[key] = place
            result.marks[key] = (value_node.start_mark.line + 1, value_node.start_mark.column + 1)
            result[key] = self.build(value_node)
        return result

    def scalar(self, node: yaml.ScalarNode, mark: Mark) -> Any:
        text = node.value
        if node.style in ("'", "\"", "|", ">"):
            return text
        if text == "true":
            return True
        if text == "false":
            return False
        if text[:1] in _NUMERIC:
            if _INT.match(text):
                return int(text)
            if _DECIMAL.match(text):
                return Fraction(text)
            if _DATE.match(text):
                return self.date(text, mark)
        if text == "" or (text[0] in _REFUSED_STARTS and _REFUSED.match(text)):
            self.fault(
                mark,
                "YAML-PLAIN",
                f"“{text}”有歧义：布尔写 true/false，文字加引号，空值请删去该键" if text else "冒号后面没有值：请写值或删去该键",
                f'"{text}" is ambiguous: write true/false, quote a text, or leave the key out'
                if text
                else "no value after the colon: write one or leave the key out",
            )
            return text
        return text

    def date(self, text: str, mark: Mark) -> Any:
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            self.fault(mark, "YAML-DATE", f"没有这一天：{text}", f"there is no such day: {text}")
            return text


def _events_are_plain(text: str, file: str, faults: list[Fault]) -> bool:
    """Refuse aliases, anchors, tags and several documents before anything is built (a YAML bomb ends here)."""
    depth = documents = 0
    good = True
    events: Any = yaml.parse(text, Loader=_LOADER)
    for count, event in enumerate(events):
        mark = (event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        said = _refused_event(event)
        if said is None and (documents > 1 or depth > LIMIT_DEPTH or count > LIMIT_NODES):
            said = ("YAML-SIZE", "一个文件只能有一份内容，且不可过深或过大", "one document per file, not too deep or large")
        if said is not None:
            faults.append(Fault(file, *mark, *said))
            good = False
            if said[0] == "YAML-SIZE":
                return False
    return good


def _refused_event(event: Any) -> tuple[str, str, str] | None:
    if isinstance(event, yaml.AliasEvent):
        return ("YAML-ALIAS", "不可用别名“*”，请完整写出", "aliases are not allowed; write it out")
    if isinstance(event, yaml.NodeEvent) and event.anchor:
        return ("YAML-ANCHOR", "不可用锚点“&”", "anchors are not allowed")
    tag = getattr(event, "tag", None)
    if tag is not None and not (isinstance(event, yaml.ScalarEvent) and tag == "!"):
        return ("YAML-TAG", f"不可用标签“{tag}”", f'tags such as "{tag}" are not allowed')
    return None


_YAML_SAYS = (
    ("tab character", "这里有制表符（Tab），缩进只用空格"),
    ("cannot start any token", "这里有制表符（Tab）或不能开头的符号；缩进只用空格，以 % @ ` 开头的文字加引号"),
    ("mapping values are not allowed", "这里不该有冒号；文字里有“: ”时请给整段加引号，或检查上一行的缩进"),
    ("did not find expected key", "缩进与上面各行对不齐，或漏了“键: ”"),
    ("did not find expected '-'", "缩进与上面的“- ”对不齐"),
    ("did not find expected ',' or", "括号没有配对：请补上 ] 或 }，各项用半角逗号隔开"),
    ("did not find expected node content", "这里少了内容，或括号没有配对"),
    ("could not find expected ':'", "这一行少了冒号“: ”（冒号用半角，后面空一格）"),
    ("found unexpected end of stream", "文字的引号没有配对"),
    ("control characters are not allowed", "有看不见的控制字符，请删去"),
    ("block sequence entries are not allowed", "“- ”不能写在这里，请另起一行"),
)


def _in_chinese(problem: str) -> str:
    """Return what the YAML parser found, in Chinese where it is one of the usual slips."""
    return next((zh for sign, zh in _YAML_SAYS if sign in problem), problem)


def read_yaml(text: str, file: str, faults: list[Fault]) -> Any:
    """Return the content of a YAML text as ``Map``, ``List`` and scalars, or None; faults are appended.

    Scalars come back as ``bool``, ``int``, ``Fraction`` (a decimal, exact), ``datetime.date`` or ``str``.
    """
    if not text.strip():
        faults.append(Fault(file, 0, 0, "YAML-EMPTY", "文件是空的", "the file is empty"))
        return None
    try:
        # Only a text that has one of these signs can hold an alias, an anchor, a tag or a second document.
        if re.search(r"(^|[\s\[{,:-])[&*!]|^---|^%", text, re.MULTILINE) and not _events_are_plain(text, file, faults):
            return None
        node = yaml.compose(text, Loader=_LOADER)
        if node is None:
            faults.append(Fault(file, 0, 0, "YAML-EMPTY", "文件没有内容", "the file has no content"))
            return None
        return _Walk(file, faults).build(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        said = str(error.problem or error)
        faults.append(Fault(file, line, column, "YAML-FORM", f"YAML 写法有误：{_in_chinese(said)}", f"this is not YAML: {said}"))
    except RecursionError:
        faults.append(Fault(file, 0, 0, "YAML-SIZE", "嵌套过深", "nested too deeply"))
    except yaml.YAMLError as error:
        faults.append(Fault(file, 0, 0, "YAML-FORM", f"YAML 写法有误：{error}", f"this is not YAML: {error}"))
    return None


def read_yaml_file(path: Path, file: str, faults: list[Fault]) -> Any:
    """Read a file as ``read_yaml`` does; too large, unreadable or not UTF-8 is a fault."""
    try:
        if path.stat().st_size > LIMIT_BYTES:
            size = LIMIT_BYTES // 1_000_000
            faults.append(
                Fault(file, 0, 0, "FILE-SIZE", f"文件超过 {size} MB，请分成几个文件", f"the file is over {size} MB; split it")
            )
            return None
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        faults.append(Fault(file, 0, 0, "FILE-READ", f"读不到文件：{os_reason(error)}", f"cannot read: {error.strerror}"))
        return None
    except UnicodeDecodeError as error:
        faults.append(
            Fault(file, 0, 0, "FILE-UTF8", "文件不是 UTF-8 编码，请另存为 UTF-8", f"not UTF-8 text (byte {error.start})")
        )
        return None
    return read_yaml(text, file, faults)


def walk_texts(value: Any) -> Iterator[str]:
    """Yield every text in a read value, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for child in value.values():
            yield from walk_texts(child)
    elif isinstance(value, list):
        for child in value:
            yield from walk_texts(child)


@lru_cache(maxsize=512)
def _parsed(text: str, file: str) -> tuple[Any, tuple[Fault, ...]]:
    faults: list[Fault] = []
    content = read_yaml(text, file, faults)
    _fix(content)
    return content, tuple(faults)


def _fix(value: Any) -> None:
    children = value.values() if isinstance(value, Map) else value if isinstance(value, List) else ()
    for child in children:
        _fix(child)
    if isinstance(value, Map):
        value.__class__ = FixedMap


def read_shared_yaml(text: str, file: str, faults: list[Fault]) -> Any:
    """Read as ``read_yaml`` does, but the same text of the same file once in a process; its mappings refuse to be changed.

    Places share the vocabulary and what they stand under. The text itself is the key, so a changed file is seen.
    """
    content, found = _parsed(text, file)
    faults.extend(found)
    return content


def forget_shared() -> None:
    """Forget what ``read_shared_yaml`` keeps, as in a new process (for measuring)."""
    _parsed.cache_clear()
