"""What the web does beside its start, so that no visitor waits for it."""

from __future__ import annotations

import gc
import threading

from django.urls import get_resolver

from bangfu.server.assessment.engines import warm


def begin() -> threading.Thread:
    """Load the packs, then take what was loaded out of the collector's sight; return the thread that does.

    Five packs are millions of objects that live as long as the process. Each full collection would look through all of
    them, for a tenth of a second, in the middle of somebody's page.
    """
    thread = threading.Thread(target=_settle, name="begin", daemon=True)
    thread.start()
    return thread


def _settle() -> None:
    warm().join()
    _ = get_resolver().url_patterns  # imports the pages, unless a visitor was first
    gc.collect()
    gc.freeze()
