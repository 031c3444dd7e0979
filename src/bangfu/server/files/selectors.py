"""Reads of documents and photos, inside a scope."""

from __future__ import annotations

from typing import Any

from django.core.files.storage import default_storage
from django.db.models import QuerySet

from bangfu.server.areas.scope import Scope
from bangfu.server.files.kinds import LABELS
from bangfu.server.files.models import StoredFile


def files_of(scope: Scope, household_id: int) -> QuerySet[StoredFile]:
    """Return the files of a household inside a scope, newest first, withdrawn ones too."""
    found: QuerySet[StoredFile] = StoredFile.objects.within(scope).filter(household_id=household_id)
    return found


def files_within(scope: Scope) -> QuerySet[StoredFile]:
    """Return the files inside a scope, withdrawn ones too."""
    found: QuerySet[StoredFile] = StoredFile.objects.within(scope)
    return found


def openable(scope: Scope) -> QuerySet[StoredFile]:
    """Return the files inside a scope that may be opened."""
    found: QuerySet[StoredFile] = StoredFile.objects.within(scope).filter(withdrawn=False)
    return found


def opened(path: str) -> Any:
    """Return the bytes of a name as an open file.

    Raises:
        FileNotFoundError: They are gone.
    """
    return default_storage.open(path)


def kind_label(file: StoredFile) -> str:
    """Return what an officer calls the kind of a file."""
    return LABELS.get(file.kind, file.kind)
