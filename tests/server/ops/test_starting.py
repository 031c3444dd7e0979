"""What the web does beside its start."""

from __future__ import annotations

import datetime as dt
import gc
from pathlib import Path

import pytest

from bangfu.server.assessment import engines
from bangfu.server.starting import begin
from tests.server.ops.surroundings import fresh, python

LATE = ("sqlglot", "duckdb", "pyarrow", "pypinyin", "xlsxwriter", "typst", "rich")
"""What only some work needs; each takes a tenth of a second and more to import."""


def test_what_was_loaded_is_out_of_the_collectors_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full collection in the middle of a page does not walk through the packs."""
    # the thread would read the business date and what is signed over a connection of its own, which sees no test's rows
    monkeypatch.setattr(engines, "engine_at_place", lambda place, day: engines.engine_of(place))
    monkeypatch.setattr(engines.clock, "today", lambda: dt.date(2023, 9, 15))
    engines._engine.cache_clear()
    try:
        begin().join()
        assert gc.get_freeze_count() > 100_000
        engine = engines.engine_of("wuchang")
        assert not any(engine is seen for seen in gc.get_objects())
    finally:
        gc.unfreeze()


def test_no_process_imports_what_only_some_work_needs(tmp_path: Path) -> None:
    """Every process of the server and every command waits for what is imported at its start."""
    with fresh(tmp_path / "home", "bangfu_late", bare=True, BANGFU_DEMO="1") as env:
        said = python(env, "-c", f"import django, sys; django.setup(); print(*[name for name in {LATE} if name in sys.modules], len(sys.modules) > 500)").stdout
    assert said.split() == ["True"]
