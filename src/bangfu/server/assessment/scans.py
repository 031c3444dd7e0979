"""The scan of the document that a value comes from: kept with the value, shown to the second person, never changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from bangfu.server.assessment.models import ValueScan
from bangfu.server.audit.acting import current_actor
from bangfu.server.calendar import clock
from bangfu.server.files.actions import delete_strays, plain_name, write_private
from bangfu.server.files.kinds import sniff_scan

FOLDER = "instruments"


@dataclass(frozen=True, slots=True)
class Scan:
    """A file as it was uploaded."""

    name: str
    content: bytes

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the content."""
        return hashlib.sha256(self.content).hexdigest()


def keep_scan(given: Scan) -> ValueScan:
    """Keep a scan in the caller's act.

    Raises:
        FileRefusedError: It is too large, or by its content neither PDF nor JPG nor PNG.
    """
    found = sniff_scan(given.content)
    small = write_private(FOLDER, found.thumbnail) if found.thumbnail else ""
    return ValueScan.objects.create(
        name=plain_name(given.name, found.ending), kind=found.kind, size=len(given.content), digest=given.digest, path=write_private(FOLDER, given.content),
        thumbnail=small, added_by=current_actor().pk, added_at=clock.now(),
    )  # fmt: skip


def delete_stray_scans() -> int:
    """Delete the strays among scans: left by values that were refused in the end."""
    known = {path for pair in ValueScan.objects.values_list("path", "thumbnail") for path in pair}
    return delete_strays(FOLDER, known, clock.moment())
