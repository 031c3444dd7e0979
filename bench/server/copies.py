"""Copies of the drawn households, written by the database: new keys, numbers and names, the same facts."""

from __future__ import annotations

from typing import Any

POINTERS = {"household", "person", "item", "at", "of", "other", "merged_into"}
"""Columns that point at rows which are copied too."""
NAMES = ("name", "pinyin", "initials")
STEP = 7_919
"""A prime: copy after copy, each person bears another one's name."""


class Copies:
    """Writes one copy of everything after another; the rows that were there first are the pattern."""

    def __init__(self) -> None:
        from django.db import connection

        from bangfu.server.audit.models import Entry, Reading
        from bangfu.server.registry import models as registry

        self.connection = connection
        self.registry = [registry.Household, registry.Person, registry.Membership, registry.Item, registry.StatedCollection, registry.Event, registry.Observation, registry.CurrentFacts]
        self.audit = [Entry, Reading]
        self.last = {model: self._one(f"SELECT coalesce(max(id), 0) FROM {model._meta.db_table}") for model in self.registry}
        self.first_number = self._one("SELECT max(right(number, 6)::int) FROM registry_household")

    def write(self, copy: int) -> None:
        """Write the copy with a number from 1 on."""
        from bangfu.server.audit.acting import acting_as, system_actor

        with acting_as(system_actor("演示")), self.connection.cursor() as cursor:
            for model in (*self.registry, *self.audit):
                cursor.execute(self._statement(model, copy))
            for model in self.registry:
                cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [model._meta.db_table, (copy + 1) * self.last[model]])

    def _statement(self, model: Any, copy: int) -> str:
        table = model._meta.db_table
        if model in self.audit:  # their keys come from the sequence: somebody may look at a page meanwhile
            fields, limit = [f for f in model._meta.concrete_fields if not f.primary_key], f"r.household_id <= {self.last[self.registry[0]]}"
        else:
            fields, limit = model._meta.concrete_fields, f"r.id <= {self.last[model]}"
        columns = ", ".join(f'"{f.column}"' for f in fields)
        values = ", ".join(self._value(model, f, copy) for f in fields)
        names = f" JOIN registry_person n ON n.id = (r.id * {STEP} + {copy} * 31) % {self.last[model]} + 1" if table == "registry_person" else ""
        return f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table} r{names} WHERE {limit}"

    def _value(self, model: Any, field: Any, copy: int) -> str:
        table, column = model._meta.db_table, field.column
        if field.primary_key:
            return f"r.id + {copy * self.last[model]}"
        if field.name in POINTERS and field.is_relation:
            return f"r.{column} + {copy * self.last[field.related_model]}"
        if column == "household_id":  # the audit points without foreign keys
            return f"r.household_id + {copy * self.last[self.registry[0]]}"
        if column == "object_id":
            return f"(r.object_id::bigint + {copy * self.last[self.registry[0]]})::text"
        if (table, column) == ("registry_household", "number"):
            return f"left(r.number, length(r.number) - 6) || lpad((right(r.number, 6)::int + {copy * self.first_number})::text, 6, '0')"
        if table == "registry_person" and column in NAMES:
            return f"n.{column}"
        if column == "id_index":  # no search finds a copy by its number, and no import takes it for somebody
            return f"md5(r.id_index || '{copy}') || md5('{copy}' || r.id_index)"
        return f'r."{column}"'

    def _one(self, query: str) -> int:
        with self.connection.cursor() as cursor:
            cursor.execute(query)
            found: int = cursor.fetchone()[0]
        return found
