"""The database refuses that somebody signs a value of their own: a trigger on both databases, made anew after each migrate."""

from __future__ import annotations

from typing import Any

from django.db import connection

NAME = "bangfu_four_eyes"
REFUSED = "bangfu: nobody signs a value of their own"
_OWN = "EXISTS (SELECT 1 FROM assessment_policyvalue WHERE id = NEW.value_id AND entered_by = NEW.actor_id)"


def install(**_: Any) -> None:
    """Make the trigger anew, if the table is there."""
    if "assessment_signature" not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        for statement in _statements():
            cursor.execute(statement)


def _statements() -> list[str]:
    if connection.vendor == "postgresql":
        return [
            f"CREATE OR REPLACE FUNCTION {NAME}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {_OWN} THEN RAISE EXCEPTION '{REFUSED}'; END IF; RETURN NEW; END $$",
            f"DROP TRIGGER IF EXISTS {NAME} ON assessment_signature",
            f"CREATE TRIGGER {NAME} BEFORE INSERT ON assessment_signature FOR EACH ROW EXECUTE FUNCTION {NAME}()",
        ]
    return [
        f"DROP TRIGGER IF EXISTS {NAME}",
        f"CREATE TRIGGER {NAME} BEFORE INSERT ON assessment_signature BEGIN SELECT RAISE(ABORT, '{REFUSED}') WHERE {_OWN}; END",
    ]
