"""``whatif`` and ``curve``: what they print and write, and how they refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bangfu.cli import main

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Said:
    """What a call printed and how it ended."""

    returncode: int
    stdout: str
    stderr: str


Call = Callable[..., Said]


@pytest.fixture
def bangfu(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Return a call of the command in this process, in Chinese: no interpreter has to start."""
    monkeypatch.chdir(ROOT)

    def call(*words: str) -> Said:
        with pytest.raises(SystemExit) as ended:
            main(list(words) if "--lang" in words else ["--lang", "zh", *words])
        printed = capsys.readouterr()
        return Said(int(ended.value.code or 0), printed.out, printed.err)

    return call


@pytest.fixture
def ledger(tmp_path: Path, bangfu: Call) -> Path:
    """Return a made-up district of a thousand people."""
    folder = tmp_path / "虚构红花岗"
    made = bangfu("synth", "--place", "honghuagang", "--people", "1000", "--on", "2024-06-01", "--out", str(folder))
    assert made.returncode == 0, made.stderr
    return folder


@pytest.mark.slow
def test_whatif_tells_who_gains_and_writes_a_page_and_a_book(ledger: Path, tmp_path: Path, bangfu: Call) -> None:
    """The summary names the change, the classes, the cost; the folder is a result; JSON is the same data."""
    found = bangfu("whatif", str(ledger), "--place", "红花岗", "--change", "dibao_standard=+30", "--from", "2024-06-01", "--out", str(tmp_path / "测算"))

    assert found.returncode == 0, found.stderr
    assert "城市 808、农村 571 元/人·月 → 城市 838、农村 601 元/人·月" in found.stdout
    for words in ("钱多了", "元/年", "低保金", "哪类家庭", "收入悬崖"):
        assert words in found.stdout
    assert {"whatif.html", "whatif.xlsx", "whatif.json", "changed_households.parquet"} <= {path.name for path in (tmp_path / "测算").iterdir()}
    data = json.loads((tmp_path / "测算" / "whatif.json").read_text(encoding="utf-8"))
    assert data["classes"]["gain"] > 10
    assert data["classes"]["lose"] == 0
    again = bangfu("whatif", str(ledger), "--place", "红花岗", "--change", "dibao_standard=+30", "--from", "2024-06-01", "--out", str(tmp_path / "测算"))
    assert (again.returncode, "已是完整的测算，不覆盖" in again.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--change", "dibao_standard=+30", "--from", "2010-01-01"], 2, "在 2010-01-01 还没有标准"),
        (["--change", "dibao=+30", "--from", "2024-06-01"], 2, "没有这个参数或数值"),
        (["--change", "+30", "--from", "2024-06-01"], 2, "看不懂改动“+30”"),
        (["--change", "dibao_standard=+30", "--from", "六月"], 2, "不是日期"),
        (["--change", "none.yaml", "--from", "2024-06-01"], 2, "没有这个文件"),
        (["--change", "dibao_standard=+30", "--from", "2024-06-01", "--memory", "much"], 2, "--memory 请写如 2GB"),
    ],
)
def test_whatif_refuses_in_words_and_writes_nothing(words: list[str], code: int, said: str, tmp_path: Path, bangfu: Call) -> None:
    """What, where, why, what to do; no folder is left that could be taken for a result."""
    found = bangfu("whatif", str(tmp_path / "台账"), "--place", "honghuagang", *words, "--out", str(tmp_path / "out"))

    assert found.returncode == code
    assert said in found.stderr
    assert "Traceback" not in found.stderr
    assert not (tmp_path / "out").exists()


def test_whatif_names_a_ledger_that_is_not_there(tmp_path: Path, bangfu: Call) -> None:
    """Nothing is made that looks like a result."""
    found = bangfu("whatif", str(tmp_path / "台账"), "--place", "honghuagang", "--change", "dibao_standard=+30", "--from", "2024-06-01", "--out", str(tmp_path / "out"))

    assert found.returncode == 2
    assert "台账" in found.stderr
    assert not (tmp_path / "out" / "whatif.json").exists()


def test_curve_draws_all_places_and_marks_cliffs(bangfu: Call) -> None:
    """Five places, one after the other; in its own the family of three falls off at 3,636."""
    found = bangfu("curve", "examples/honghuagang.yaml", "--vary", "income=0..8000")

    assert found.returncode == 0, found.stderr
    assert found.stdout.count("每月帮扶（元）") == 5
    assert "█" in found.stdout
    assert "每多挣 1 元少拿 1 元" in found.stdout
    assert "悬崖 收入到 3,636 元：帮扶 888.80 → 0 元/月" in found.stdout
    assert "4,524.79 元才补回来" in found.stdout.replace("\n", "")


def test_curve_writes_data_page_and_book(tmp_path: Path, bangfu: Call) -> None:
    """JSON in fen; a page that loads nothing; an Excel file with a chart."""
    words = ["curve", "examples/honghuagang.yaml", "--vary", "income=0..8000", "--place", "红花岗"]
    page, book = tmp_path / "曲线.html", tmp_path / "曲线.xlsx"

    data = json.loads(bangfu(*words, "--json", "--out", str(page)).stdout)["honghuagang"]
    assert bangfu("--lang", "en", *words, "--out", str(book)).returncode == 0

    assert [jump["x"] for jump in data["jumps"]] == [242_399, 363_599]
    assert data["segments"][0]["lost_of_each_yuan"] == "1"
    assert "default-src 'none'" in page.read_text(encoding="utf-8")
    assert book.stat().st_size > 5_000
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--vary", "income"], "看不懂“income”"), (["--vary", "income=0..8000", "--place", "巴黎"], "没有这个地方"), (["--vary", "incom=0..8000", "--place", "county"], "没有这个事实"),
        (["--vary", "income=0..8000", "--out", "曲线.pdf"], "--out 请写 .html 或 .xlsx"), (["--vary", "income=0..8000", "--with", "a.yaml"], "补充件只属一地"),
    ],
)  # fmt: skip
def test_curve_refuses_in_words(words: list[str], said: str, bangfu: Call) -> None:
    """A range that is none, a place and a fact that are none, a file of another kind."""
    found = bangfu("curve", "examples/honghuagang.yaml", *words)

    assert found.returncode == 2
    assert said in found.stderr
    assert "Traceback" not in found.stderr


def test_curve_takes_the_rest_as_absent_when_told_to(bangfu: Call) -> None:
    """A profile states little: without the word all is open, with it the slope is there."""
    words = ["curve", "examples/profiles/01-single-jobless.yaml", "--vary", "income=0..2000", "--place", "honghuagang", "--on", "2024-06-01"]

    assert "每多挣" not in bangfu(*words).stdout
    assert "收入 0–807.99 元：帮扶 808 → 0.01 元/月，每多挣 1 元少拿 1 元" in bangfu(*words, "--rest-absent").stdout
