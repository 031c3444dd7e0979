"""Errors of the rules, all under one base class.

    BangfuError                 anything this package reports to a person
    ├── PackError               a policy folder has faults (all of them at once)
    ├── HouseholdError          a household file, ledger or table has faults (all of them at once)
    ├── UnknownNameError        a place, rule or fact that does not exist (near names are listed)
    └── UsageError              the call itself is off

Every class has a stable ``code`` and a sentence in Chinese and in English. Faults carry the place (file, line,
column or path) and what to write instead.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path


class BangfuError(Exception):
    """Anything that bangfu reports to a person; ``zh`` and ``en`` are full sentences."""

    code = "BANGFU"

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en

    def text(self, lang: str) -> str:
        """Return the sentence in ``lang`` (``zh`` or ``en``)."""
        return self.zh if lang == "zh" else self.en


OS_REASONS = {
    errno.ENOENT: "没有这个文件或文件夹", errno.EACCES: "没有权限", errno.EPERM: "系统不允许", errno.EISDIR: "它是文件夹，不是文件", errno.ENOTDIR: "路径中间有一段不是文件夹",
    errno.EEXIST: "已经有了", errno.ENOSPC: "磁盘已满", errno.EDQUOT: "超出了磁盘配额", errno.EROFS: "这个磁盘只能读", errno.ENAMETOOLONG: "名字太长",
    errno.EMFILE: "打开的文件太多", errno.EIO: "磁盘读写出错", errno.EFBIG: "文件超过了大小限制", errno.EBUSY: "别的程序正用着", errno.ELOOP: "链接绕成了圈",
}  # fmt: skip
"""What the system says in English alone, in Chinese."""


def os_reason(error: OSError) -> str:
    """Return why the system refused, in Chinese where it is one of the common reasons."""
    return OS_REASONS.get(error.errno or 0) or error.strerror or type(error).__name__


def no_file(path: Path) -> tuple[str, str]:
    """Return why a path is no file that can be read, in Chinese and English: it is a folder, or there is nothing."""
    if path.is_dir():
        return "它是文件夹，请写出里面那个文件的名字", "it is a folder: name the file in it"
    return ("它不是普通文件", "it is no ordinary file") if path.exists() else ("没有这个文件", "there is no such file")


def no_folder(path: Path) -> tuple[str, str]:
    """Return why a path is no folder, in Chinese and English: it is a file, or there is nothing."""
    return ("它是文件，不是文件夹", "it is a file, not a folder") if path.exists() else ("没有这个文件夹", "there is no such folder")


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong (or worth knowing) at one place.

    ``level`` is ``error``, ``warning`` or ``notice``. ``line`` and ``column`` start at 1; 0 means the whole file.
    """

    file: str
    line: int
    column: int
    code: str
    zh: str
    en: str
    level: str = "error"

    def place(self) -> str:
        """Return where it is: ``file:line:column``, or ``file[sheet]!C5`` in a ledger."""
        if self.file.endswith("]") and self.line:
            return f"{self.file}!{column_letters(self.column)}{self.line}"
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    def text(self, lang: str) -> str:
        """Return ``file:line:column  sentence [code]``."""
        place = self.place()
        return f"{place} {self.zh if lang == 'zh' else self.en} [{self.code}]"


def column_letters(column: int) -> str:
    """Return an Excel column's letters.

    >>> column_letters(1), column_letters(28)
    ('A', 'AB')
    """
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


class FaultsError(BangfuError):
    """Base of errors that carry many faults; the message lists them all."""

    def __init__(self, faults: Sequence[Fault], zh: str, en: str) -> None:
        self.faults = tuple(faults)
        lines_zh = "\n".join(fault.text("zh") for fault in self.faults)
        lines_en = "\n".join(fault.text("en") for fault in self.faults)
        super().__init__(f"{zh}\n{lines_zh}", f"{en}\n{lines_en}")


class PackError(FaultsError):
    """A policy folder that cannot be used; carries every fault found."""

    code = "PACK"

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(faults, f"政策包有 {len(faults)} 处错误：", f"The policy folder has {len(faults)} faults:")


class HouseholdError(FaultsError):
    """Facts about households that cannot be used; carries every fault found."""

    code = "HOUSEHOLD"

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(faults, f"资料有 {len(faults)} 处错误：", f"The household data has {len(faults)} faults:")


class UnknownNameError(BangfuError):
    """A name that does not exist; the message lists near names."""

    code = "NAME"

    def __init__(self, what_zh: str, what_en: str, name: str, known: Iterable[str]) -> None:
        names = list(known)
        near = near_names(name, names)
        listed = names[:12]
        hint_zh = f"您是不是要写：{'、'.join(near)}？" if near else f"有：{'、'.join(listed)}" if listed else ""
        hint_en = f" Did you mean: {', '.join(near)}?" if near else f" There are: {', '.join(listed)}." if listed else ""
        super().__init__(f"没有这个{what_zh}：“{name}”。{hint_zh}", f'There is no {what_en} "{name}".{hint_en}')


class UsageError(BangfuError):
    """The call itself is off: a wrong option, a missing file, a date that is none."""

    code = "USAGE"


def near_names(name: str, known: Iterable[str], most: int = 3) -> list[str]:
    """Return up to ``most`` known names that look like ``name``, else those that share a word with it."""
    names = list(dict.fromkeys(known))
    near = get_close_matches(name, names, n=most, cutoff=0.6)
    if near:
        return near
    parts = {part for part in name.lower().split("_") if len(part) > 1}
    return sorted((n for n in names if parts & set(n.split("_"))), key=lambda n: -len(parts & set(n.split("_"))))[:most]
