"""A CSV file as a table of texts: UTF-8 or what Excel writes on a Chinese computer; what it cannot be read as is said plainly."""

from __future__ import annotations

import csv as plain
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bangfu.rules.errors import UsageError, os_reason
from bangfu.rules.population.ledger_table import LedgerTable, once

SEPARATORS = {";": ("分号", "semicolons"), "\t": ("制表符", "tabs"), "|": ("竖线", "bars"), "，": ("全角逗号", "full-width commas")}
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
START = 1 << 20


def csv_table(file: Path) -> LedgerTable:
    """Return a CSV file as a table of texts; its first line is line 1, a row with too many or too few fields is skipped.

    Raises:
        UsageError: It is empty, in another encoding, or its columns are not separated by commas.
    """
    import pyarrow as pa
    from pyarrow import csv

    encoding = _encoding(file)
    skipped: list[tuple[int, str]] = []

    def opened(columns: list[str] | None) -> Any:
        def wrong(row: Any) -> str:
            if columns is not None:
                skipped.append((row.number or 0, row.text))
            return "skip"

        convert = csv.ConvertOptions(
            include_columns=columns, column_types=dict.fromkeys(columns or [], pa.string()),
            strings_can_be_null=True, null_values=[""], quoted_strings_can_be_null=True,
        )  # fmt: skip
        parse = csv.ParseOptions(newlines_in_values=True, invalid_row_handler=wrong)
        return csv.open_csv(file, csv.ReadOptions(encoding=encoding, use_threads=False), parse, convert)

    def batches(columns: list[str]) -> Iterator[Any]:
        skipped.clear()
        try:
            with opened(columns) as reader:
                yield from reader
        except (pa.ArrowException, UnicodeDecodeError) as error:
            raise _unreadable(file, error) from None

    try:
        with opened(None) as reader:
            names = reader.schema.names
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise _unreadable(file, error) from None
    except OSError as error:
        raise UsageError(f"读不到 {file.name}：{os_reason(error)}", f"cannot read {file.name}: {error.strerror}") from None
    once(names, file.name)
    return LedgerTable(file.stem, file.name, {name: pa.string() for name in names}, batches, None, 2, skipped)


def _encoding(file: Path) -> str:
    """Return UTF-8, or GB 18030 where the file is no UTF-8; refuse what is no table of commas at its very start."""
    with file.open("rb") as opened:
        start = opened.read(START)
    if not start.strip(b"\xef\xbb\xbf \r\n\t"):
        raise UsageError(f"{file.name} 是空的：没有这类资料就删去这个文件（表示不知道），一行也没有就只留表头", f"{file.name} is empty: delete it where nothing is known of it, or leave its heading where there are no rows")
    found = next((encoding for encoding in ("utf-8", "gb18030") if _reads(start, encoding)), None)
    if found is None or start.startswith(UTF_16):
        raise _encoded(file)
    _comma_separated(file, start.decode(found, "replace"))
    return found


def _reads(start: bytes, encoding: str) -> bool:
    """Tell whether the first bytes of a file, which may end within a character where there are more, are text of an encoding."""
    for cut in range(4 if len(start) == START else 1):
        try:
            start[: len(start) - cut].decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False


def _comma_separated(file: Path, text: str) -> None:
    """Refuse a heading whose columns are kept apart by something else: it would be one column with a long name."""
    first = text.removeprefix("\ufeff").lstrip().partition("\n")[0].strip()
    if len(next(plain.reader([first]), [])) > 1:
        return
    for sign, (zh, en) in SEPARATORS.items():
        if sign in first:
            raise UsageError(
                f"{file.name} 的列之间用的是{zh}：请在 Excel 里另存为“CSV UTF-8（逗号分隔）”",
                f"the columns of {file.name} are separated by {en}: save it as CSV UTF-8 (comma delimited)",
            )


def _encoded(file: Path) -> UsageError:
    return UsageError(
        f"{file.name} 的编码既不是 UTF-8 也不是 GB 18030：请在 Excel 里另存为“CSV UTF-8（逗号分隔）”",
        f"{file.name} is neither UTF-8 nor GB 18030: save it as CSV UTF-8 (comma delimited)",
    )


def _unreadable(file: Path, error: Exception) -> UsageError:
    if isinstance(error, UnicodeDecodeError) or "invalid UTF8" in str(error) or "decode" in str(error):
        return _encoded(file)
    return UsageError(f"{file.name} 不是可读的 CSV 文件：{error}", f"{file.name} is no readable CSV file: {error}")


__all__ = ["csv_table"]
