"""What the web does beside its start."""

from __future__ import annotations

import gc

from bangfu.server.assessment import engines
from bangfu.server.starting import begin


def test_what_was_loaded_is_out_of_the_collectors_sight() -> None:
    """A full collection in the middle of a page does not walk through the packs."""
    engines._engine.cache_clear()
    try:
        begin().join()
        assert gc.get_freeze_count() > 100_000
        engine = engines.engine_of("wuchang")
        assert not any(engine is seen for seen in gc.get_objects())
    finally:
        gc.unfreeze()
