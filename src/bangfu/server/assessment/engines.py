"""The engines of the places, each with what the district has signed; the only door to the rules."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from functools import lru_cache

from django.db import DatabaseError, connection

from bangfu.rules.engine import Engine
from bangfu.rules.errors import BangfuError
from bangfu.rules.pack.load import load_pack
from bangfu.rules.pack.titles import place_titles
from bangfu.rules.policies_folder import policies_folder
from bangfu.server.areas.models import Area
from bangfu.server.areas.selectors import district_of, districts
from bangfu.server.assessment.overlays import overlay_of
from bangfu.server.calendar import clock

log = logging.getLogger("bangfu.assessment")
_lock = threading.Lock()
KEPT = 32
OVERLAY = "overlay.yaml"


def engine_of(place: str, overlay: str = "") -> Engine:
    """Return the engine of a place with an overlay's text; kept, so that a page waits for it once.

    Raises:
        PackError: The overlay does not fit the pack.
    """
    with _lock:
        return _engine(place, overlay)


@lru_cache(maxsize=KEPT)
def _engine(place: str, overlay: str) -> Engine:
    return Engine(load_pack(policies_folder(), place, [(OVERLAY, overlay)] if overlay else []))


def engine_in(district: Area, day: dt.date) -> Engine:
    """Return the engine of a district with all that is signed there, as of a day."""
    return engine_of(district.place, overlay_of(district, day))


def engine_for(area_code: int, day: dt.date) -> Engine:
    """Return the engine that answers for the households of a community."""
    return engine_in(district_of(area_code), day)


def engine_at_place(place: str, day: dt.date) -> Engine:
    """Return the engine of a place for visitors: with what its district signed, if one of the installation's has this pack."""
    district = districts().filter(place=place).order_by("low").first()
    return engine_of(place) if district is None else engine_in(district, day)


def warm() -> threading.Thread:
    """Load every place's engine beside the start of the web, so that nobody waits for a pack; return the thread that does."""
    thread = threading.Thread(target=_warm, name="warm", daemon=True)
    thread.start()
    return thread


def _warm() -> None:
    try:
        for place in place_titles(policies_folder()):
            try:
                engine_at_place(place, clock.today())
            except BangfuError as error:
                log.error("the engine of %s cannot be made: %s", place, error.text("en").splitlines()[0])
    except DatabaseError as error:
        log.error("no engine was warmed: %s", error)
    finally:
        connection.close()
