"""Triggers that refuse a write without an actor, and any change of what is append-only: one declaration for all tables.

Every table of a domain app is guarded; a model says ``append_only = True`` if its rows never change. Django's SQLite
table rebuild drops triggers in silence, so they are made anew after each migrate.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, models

PREFIX = "bangfu_guard"
NO_ACTOR = "bangfu: a write needs an actor"
APPEND_ONLY = "bangfu: this table is append-only"
OPERATIONS = ("INSERT", "UPDATE", "DELETE")


def guarded_models() -> list[type[models.Model]]:
    """Return the models of all domain apps, with the tables of their many-to-many relations."""
    found: list[type[models.Model]] = []
    for config in apps.get_app_configs():
        if config.name in settings.DOMAIN_APPS:
            found += config.get_models(include_auto_created=True)
    return found


def install(**_: Any) -> None:
    """Make every trigger anew."""
    with connection.cursor() as cursor:
        for statement in statements():
            cursor.execute(statement)


def statements() -> Iterator[str]:
    """Yield the SQL that makes the triggers on this kind of database."""
    present = set(connection.introspection.table_names())
    if connection.vendor == "postgresql":
        yield _function("bangfu_require_actor", NO_ACTOR, "coalesce(current_setting('bangfu.actor', true), '') = ''")
        yield _function("bangfu_refuse_change", APPEND_ONLY, "true")
    for model in guarded_models():
        table = model._meta.db_table
        if table not in present:
            continue
        refused = {"UPDATE", "DELETE"} if getattr(model, "append_only", False) else set()
        make = _postgresql if connection.vendor == "postgresql" else _sqlite
        for operation in OPERATIONS:
            yield from make(table, operation, operation in refused)


def _function(name: str, message: str, condition: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {condition} THEN RAISE EXCEPTION '{message}'; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
    )


def _postgresql(table: str, operation: str, refuse: bool) -> Iterator[str]:
    name = f"{PREFIX}_{operation.lower()}"
    function = "bangfu_refuse_change" if refuse else "bangfu_require_actor"
    yield f'DROP TRIGGER IF EXISTS {name} ON "{table}"'
    yield f'CREATE TRIGGER {name} BEFORE {operation} ON "{table}" FOR EACH ROW EXECUTE FUNCTION {function}()'


def _sqlite(table: str, operation: str, refuse: bool) -> Iterator[str]:
    name = f"{PREFIX}_{operation.lower()}_{table}"
    yield f'DROP TRIGGER IF EXISTS "{name}"'
    body = f"SELECT RAISE(ABORT, '{APPEND_ONLY}')" if refuse else f"SELECT RAISE(ABORT, '{NO_ACTOR}') WHERE bangfu_actor() IS NULL"
    yield f'CREATE TRIGGER "{name}" BEFORE {operation} ON "{table}" BEGIN {body}; END'


def lacking() -> list[str]:
    """Return the tables that lack a trigger, for ``bangfu doctor`` and the tests."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
                " WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'"
            )
            made = {(table, name) for table, name in cursor.fetchall()}
            wanted = {(m._meta.db_table, f"{PREFIX}_{o.lower()}") for m in guarded_models() for o in OPERATIONS}
        else:
            cursor.execute("SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'")
            made = {(table, name) for table, name in cursor.fetchall()}
            wanted = {(m._meta.db_table, f"{PREFIX}_{o.lower()}_{m._meta.db_table}") for m in guarded_models() for o in OPERATIONS}
    return sorted({table for table, _ in wanted - made})
