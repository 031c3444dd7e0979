"""Writes of documents and photos."""

from __future__ import annotations

from bangfu.server.files.models import StoredFile


def carry_files(household_id: int, area_code: int) -> None:
    """Let the files of a household lie where it lies now, so that they are served through its scope."""
    StoredFile.objects.filter(household_id=household_id).update(area_code=area_code)
