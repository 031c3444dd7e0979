"""Write many rows of one table at once: COPY on PostgreSQL, one prepared statement on SQLite. Triggers see every row.

For imports alone: Django's own way builds an object and a text a row, which for a ledger's million cells takes most of
the time. Whoever calls this names every column, since the database has no defaults.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models


def insert_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows given as values in the order of ``columns`` (names of fields), ready for the database."""
    fields = [model._meta.get_field(name) for name in columns]
    names = ", ".join(f'"{field.column}"' for field in fields)  # type: ignore[union-attr]
    table = f'"{model._meta.db_table}" ({names})'
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            cursor.executemany(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(columns))})", list(rows))


def ready(model: type[models.Model], name: str, value: Any) -> Any:
    """Return a value as the database takes it; call it once for what is the same in all rows."""
    field: Any = model._meta.get_field(name)
    return as_json(value) if isinstance(field, models.JSONField) else field.get_db_prep_save(value, connection)


def as_json(value: Any) -> str:
    """Return a value as the text of a JSON column."""
    return json.dumps(value)
