"""The folder of one run: empty, unfinished (holds ``.work``) or a result (holds ``manifest.json``, written last)."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from bangfu.rules.errors import UsageError, os_reason

MANIFEST = "manifest.json"
WORK = ".work"
PARTS = "entitlements"


class OutFolder:
    """Where a run writes. Only a folder with a manifest is a result."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.work = self.path / WORK
        self.parts = self.path / PARTS
        self.manifest = self.path / MANIFEST

    def open(self, *, resume: bool) -> None:
        """Make the folder, or go on in it.

        Raises:
            UsageError: It is a result already, holds an unfinished run or other files, or there is nothing to resume.
        """
        shown = self.path.name
        if self.path.exists() and not self.path.is_dir():
            raise UsageError(f"“{shown}”是文件，不是文件夹", f'"{shown}" is a file, not a folder')
        if self.manifest.exists():
            raise UsageError(f"“{shown}”已是完整的结果，不覆盖；请换一个文件夹", f'"{shown}" is a finished result and is not overwritten; choose another folder')
        if self.work.exists():
            if not resume:
                raise UsageError(f"“{shown}”里有未完成的运行：加 --resume 继续，或删去该文件夹", f'"{shown}" holds an unfinished run: go on with --resume, or delete the folder')
        elif resume:
            raise UsageError(f"“{shown}”里没有可以继续的运行", f'"{shown}" holds no run to resume')
        elif self.path.exists() and any(self.path.iterdir()):
            raise UsageError(f"“{shown}”不是空文件夹；请换一个", f'"{shown}" is not empty; choose another folder')
        try:
            self.parts.mkdir(parents=True, exist_ok=True)
            self.work.mkdir(exist_ok=True)
        except OSError as error:
            raise UsageError(f"建不了文件夹 {shown}：{os_reason(error)}", f"cannot make the folder {shown}: {error.strerror}") from None

    def drop_stage(self) -> None:
        """Forget a stage that was not finished."""
        for file in self.work.glob("stage.duckdb*"):
            file.unlink()

    def close(self, manifest: dict[str, Any], *, keep_work: bool = False) -> None:
        """Write the manifest, which makes the folder a result; then clear the work away, unless it is kept for ``clear``."""
        write_whole(self.manifest, json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
        if not keep_work:
            self.clear()

    def clear(self) -> None:
        """Clear the work away."""
        shutil.rmtree(self.work, ignore_errors=True)


def write_whole(path: Path, text: str, encoding: str = "utf-8") -> None:
    """Write a file beside, then move it into place: it is whole or absent."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("w", encoding=encoding, newline="") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
