"""What every command needs: language, policies folder, loaded engines, the day asked."""

from __future__ import annotations

import datetime as dt
import os
from functools import cached_property
from pathlib import Path
from typing import Any

from bangfu.rules.engine import Engine
from bangfu.rules.errors import UnknownNameError, UsageError, no_file, os_reason
from bangfu.rules.household import Given, read_given, read_household_content
from bangfu.rules.pack.load import load_pack, places, resolve_place
from bangfu.rules.pack.titles import place_titles
from bangfu.rules.policies_folder import policies_folder
from bangfu.rules.yaml_source import LIMIT_BYTES, Map

EXCEL = (".xlsx", ".xlsm", ".xls", ".ods")


def detect_lang() -> str:
    """Return ``en`` where the locale says English, else ``zh``."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return "en" if value.lower().startswith("en") else "zh"
    return "zh"


class Context:
    """The state of one call."""

    def __init__(self, lang: str, policies: str | None) -> None:
        self.lang = lang
        self._policies = policies

    @cached_property
    def folder(self) -> Path:
        """Return the policies folder."""
        return policies_folder(Path(self._policies) if self._policies else None)

    def say(self, zh: str, en: str) -> str:
        """Return the sentence in the language of the call."""
        return zh if self.lang == "zh" else en

    def places(self) -> list[str]:
        """Return the places there are."""
        return places(self.folder)

    def titles(self) -> dict[str, str]:
        """Return place → title in the language of the call."""
        found = {}
        for place, (title, _) in place_titles(self.folder).items():
            zh, _, en = title.partition("|")
            found[place] = (zh if self.lang == "zh" else en or zh).strip()
        return found

    def place(self, name: str | None) -> str:
        """Return the place meant by a folder name (``cn`` is the nation), a Chinese name or an area code.

        Raises:
            UnknownNameError: None or several fit.
        """
        if name is None:
            known = "、".join(f"{p}（{t}）" for p, t in self.titles().items())
            raise UsageError(f"请用 --place 指明地方：{known}", f"name the place with --place: {', '.join(self.titles())}")
        if name == "cn" and (self.folder / "cn" / "document.yaml").is_file():
            return name
        return name if name in self.places() else resolve_place(self.folder, name, self.places())

    def engine(self, place: str, overlays: tuple[str, ...] = ()) -> Engine:
        """Return the engine of a place with overlays from files."""
        return Engine(load_pack(self.folder, place, self.overlay_texts(overlays)))

    def overlay_texts(self, overlays: tuple[str, ...]) -> list[tuple[str, str]]:
        """Return (name, text) of overlay files.

        Raises:
            UsageError: One cannot be read as UTF-8.
        """
        read = []
        for name in overlays:
            path = Path(name)
            if path.is_dir():
                raise UsageError(f"读不到补充件 {name}：它是文件夹，请写里面的 .yaml 文件", f"cannot read the overlay {name}: it is a folder; name the .yaml file in it")
            if not path.is_file():
                zh, en = no_file(path)
                raise UsageError(f"读不到补充件 {name}：{zh}", f"cannot read the overlay {name}: {en}")
            if path.stat().st_size > LIMIT_BYTES:
                raise UsageError(f"读不到补充件 {name}：超过 {LIMIT_BYTES // 1_000_000} MB", f"cannot read the overlay {name}: it is over {LIMIT_BYTES // 1_000_000} MB")
            try:
                read.append((path.name, path.read_text(encoding="utf-8-sig")))
            except UnicodeDecodeError:
                raise UsageError(f"读不到补充件 {name}：不是 UTF-8 文本，请另存为 UTF-8 的 .yaml", f"cannot read the overlay {name}: no UTF-8 text; save it as a UTF-8 .yaml") from None
            except OSError as error:
                raise UsageError(f"读不到补充件 {name}：{os_reason(error)}", f"cannot read the overlay {name}: {error.strerror}") from None
        return read

    def content(self, file: str) -> Any:
        """Return the content of a household file, or None for an Excel ledger (read with the pack)."""
        path = Path(file)
        if not path.is_file():
            zh, en = no_file(path)
            raise UsageError(f"读不到“{file}”：{zh}", f'cannot read "{file}": {en}')
        return None if path.suffix.lower() in EXCEL else read_household_content(path)

    def given(self, engine: Engine, file: str, content: Any) -> Given:
        """Return what a file states, read with a place's pack."""
        if content is None:
            from bangfu.rules.ledger.read import read_ledger

            return read_ledger(engine.pack, Path(file))
        return read_given(engine.pack, content, Path(file).name)

    def stated_place(self, content: Any) -> str | None:
        """Return the place that a household file names, if it names one."""
        value = content.get("place") if isinstance(content, Map) else None
        return value if isinstance(value, str) else None

    def day(self, text: str | None, content: Any = None) -> dt.date:
        """Return the day asked: the option, the file's ``on``, else today.

        Raises:
            UsageError: The text is no day.
        """
        if text is not None:
            try:
                return dt.date.fromisoformat(text)
            except ValueError:
                raise UsageError(f"“{text}”不是日期；请写如 2022-06-30", f'"{text}" is no day; write one such as 2022-06-30') from None
        stated = content.get("on") if isinstance(content, Map) else None
        return stated if isinstance(stated, dt.date) else dt.date.today()


__all__ = ["Context", "UnknownNameError", "detect_lang"]
