"""Reads of ledger imports, inside a scope."""

from __future__ import annotations

from django.db.models import QuerySet

from bangfu.server.areas.scope import Scope
from bangfu.server.registry.import_models import ImportRun


def runs_within(scope: Scope) -> QuerySet[ImportRun]:
    """Return the uploaded ledgers of areas inside a scope, newest first."""
    found: QuerySet[ImportRun] = ImportRun.objects.within(scope).select_related("area")
    return found
