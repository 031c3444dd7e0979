"""The DuckDB of one run: in memory with a limit, spilling beside the result, closed to files before data comes in."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bangfu.rules.errors import BangfuError, UsageError
from bangfu.rules.runners.sql.dialects import DUCKDB_CONFIG


class RunError(BangfuError):
    """A run that stopped on the way; what is finished is kept, ``--resume`` goes on from there."""

    code = "RUN"


@dataclass(frozen=True, slots=True)
class Means:
    """What a run may use: memory as DuckDB writes it (``2GB``), threads."""

    memory: str = "2GB"
    threads: int = 2


UNITS = {"K": 1, "M": 2, "G": 3, "T": 4}
FOR_A_HOUSEHOLD = 13_000
"""Bytes that a household takes while its partition is answered, spilling aside: measured on the widest pack."""


def households_within(means: Means) -> int:
    """Return how many households a partition may have: few enough for the memory, enough to keep every thread busy."""
    number, letter, binary = re.findall(r"([0-9.]+) ?([KMGT])(i?)B", means.memory, re.IGNORECASE)[0]
    whole = int(float(number) * (1024 if binary else 1000) ** UNITS[letter.upper()])
    return max(1_000, min(200_000, whole // FOR_A_HOUSEHOLD // 1_000 * 1_000))


def check_means(means: Means) -> None:
    """Refuse a memory limit that is none.

    Raises:
        UsageError: It is written wrongly.
    """
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)? ?([KMGT]i?B)", means.memory, re.IGNORECASE):
        raise UsageError(f"--memory 请写如 2GB，不是“{means.memory}”", f'write --memory such as 2GB, not "{means.memory}"')


def connect(work: Path, means: Means, out: Path) -> Any:
    """Return a connection with the stage attached as ``stage``; only ``out`` can be written, no setting changed.

    Raises:
        UsageError: Another run holds the stage.
    """
    import duckdb

    loose = {name: value for name, value in DUCKDB_CONFIG.items() if name != "enable_external_access"}
    connection = duckdb.connect(":memory:", config={**loose, "memory_limit": means.memory, "threads": means.threads})
    connection.execute(f"SET temp_directory = {literal(str(work / 'spill'))}")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("SET enable_progress_bar = false")
    try:
        connection.execute(f"ATTACH {literal(str(work / 'stage.duckdb'))} AS stage")
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise UsageError(f"另一个进程正在写 {out}", f"another run is writing {out}") from None
        raise
    connection.execute(f"SET allowed_directories = [{literal(str(out))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def literal(text: str) -> str:
    """Return an SQL text literal."""
    return "'" + text.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """Return an SQL name."""
    return '"' + name.replace('"', '""') + '"'


def listed(texts: Iterable[str]) -> str:
    """Return SQL text literals with commas."""
    return ", ".join(literal(text) for text in texts)


def readable(error: Exception, means: Means) -> BangfuError:
    """Return what stopped a run as a sentence with the next step."""
    text = str(error)
    first = text.splitlines()[0] if text else type(error).__name__
    if "out of memory" in text.lower() or "could not allocate" in text.lower() or isinstance(error, MemoryError):
        return RunError(
            f"内存上限 {means.memory} 不够。已完成的部分已保留：请加 --resume 和更大的 --memory 再运行；或删去该文件夹，用较小的 --part-size 重新开始。（{first}）",
            f"the memory limit {means.memory} is too small. What is finished is kept: run again with --resume and more --memory; or delete the folder and start over with a smaller --part-size. ({first})",
        )
    if "No space left" in text or "File too large" in text or getattr(error, "errno", None) in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
        return RunError(
            "磁盘已满（或超出文件大小限制）。已完成的部分已保留：腾出空间后加 --resume 再运行。",
            "the disk is full (or a limit on file size was met). What is finished is kept: make room and run again with --resume.",
        )
    return RunError(f"运行中断：{first}。加 --resume 可继续。", f"the run stopped: {first}. --resume goes on from here.")
