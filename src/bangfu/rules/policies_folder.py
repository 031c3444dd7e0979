"""Where the policies folder is: the one named, the checkout's, or the one that came with the installation."""

from __future__ import annotations

import os
from pathlib import Path

from bangfu.rules.errors import UsageError, no_folder


def policies_folder(explicit: Path | None = None) -> Path:
    """Return the policies folder: ``explicit``, else ``BANGFU_POLICIES``, the checkout's, the packaged one.

    Raises:
        UsageError: There is none, or the one named has no vocabulary.
    """
    named = explicit or (Path(os.environ["BANGFU_POLICIES"]) if os.environ.get("BANGFU_POLICIES") else None)
    if named is not None:
        if not (named / "vocabulary").is_dir():
            if not named.is_dir():
                zh, en = no_folder(named)
                raise UsageError(f"读不到政策文件夹“{named}”：{zh}", f'cannot read the policies folder "{named}": {en}')
            raise UsageError(
                f"“{named}”不是政策文件夹：里面应有 vocabulary 和各地文件夹",
                f'"{named}" is no policies folder: it should hold vocabulary and a folder for each place',
            )
        return named
    return shipped("policies")


def shipped(name: str) -> Path:
    """Return a folder that lies beside the sources in a checkout and inside the package when installed."""
    package = Path(__file__).resolve().parents[1]
    # In a checkout the package lies in src/; a folder further up belongs to whoever installed bangfu, not to bangfu.
    beside = package.parents[1] / name
    if package.parent.name == "src" and beside.is_dir():
        return beside
    packaged = package / name
    if packaged.is_dir():
        return packaged
    raise UsageError(
        f"找不到 {name} 文件夹；请用 --policies 指明", f"the {name} folder was not found; name it with --policies"
    )
