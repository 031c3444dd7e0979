"""The named actors that every installation has; staff get theirs with the account."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connection

SYSTEM_ACTORS = ("安装", "任务", "夜间测算", "审计封存", "演示")
ANONYMOUS = "网上来访"


def ensure_actors(**_: Any) -> None:
    """Make the named actors that are not there yet; runs after migrate, before the triggers are made anew.

    The table guards itself, so the first row is made while its trigger is away.
    """
    from bangfu.server.audit.models import Actor, ActorKind

    if Actor._meta.db_table not in connection.introspection.table_names():
        return
    wanted = [(ActorKind.ANONYMOUS, ANONYMOUS), *((ActorKind.SYSTEM, name) for name in SYSTEM_ACTORS)]
    held = set(Actor.objects.exclude(kind=ActorKind.PERSON).values_list("kind", "name"))
    lacking = [Actor(kind=kind, name=name) for kind, name in wanted if (kind, name) not in held]
    if lacking:
        _without_guard(Actor._meta.db_table)
        Actor.objects.bulk_create(lacking)


def _without_guard(table: str) -> None:
    from bangfu.server.audit.triggers import PREFIX

    name = f"{PREFIX}_insert" if connection.vendor == "postgresql" else f"{PREFIX}_insert_{table}"
    suffix = f' ON "{table}"' if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"{suffix}')


def is_last(sender: Any) -> bool:
    """Tell whether an app is the last one that migrate reports (those with models), so that the work is done once."""
    return bool(sender.name == [c.name for c in apps.get_app_configs() if c.models_module is not None][-1])
