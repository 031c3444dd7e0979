"""Reads of what people have to do."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from bangfu.server.areas.scope import Scope
from bangfu.server.todo.models import Todo


def open_todos(scope: Scope, roles: Iterable[str], user_id: int) -> QuerySet[Todo]:
    """Return what is not done inside a scope for some roles and nobody else has taken on, the first deadline first."""
    found: QuerySet[Todo] = Todo.objects.within(scope).filter(Q(taken_by=None) | Q(taken_by=user_id), role__in=list(roles), done_at=None)
    return found
