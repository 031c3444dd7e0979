"""Columns and indexes that lists and the search by name are served by."""

from typing import Any

from django.db import migrations, models

PAIRS = """
CREATE OR REPLACE FUNCTION bangfu_pairs(text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT coalesce(array_agg(DISTINCT substr($1, n, 2)), '{}') FROM generate_series(1, char_length($1) - 1) AS n $$
"""
TRAITS = ("has_disability", "is_ill_seriously", "has_illness", "single_parent_family", "unemployment_registered", "in_school", "lives_alone", "low_income_farm_family")
INDEXES = {
    "people_by_pairs": "registry_person USING gin (bangfu_pairs(name))",
    "households_by_pairs": "registry_household USING gin (bangfu_pairs(address))",
    "record_by_entry": "registry_currentfacts ((facts -> 'entry'), household_id) WHERE (facts -> 'entry') IS NOT NULL",
    **{f"with_{trait}": f"registry_currentfacts (household_id, person_id) WHERE item_id IS NULL AND (facts -> '{trait}') = 'true'::jsonb" for trait in TRAITS},
}
"""Django makes none of these on a database of another kind; they are no part of the models' state."""


def make(apps: Any, schema_editor: Any) -> None:
    """Make the indexes of PostgreSQL."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(PAIRS)
        for name, on in INDEXES.items():
            schema_editor.execute(f"CREATE INDEX {name} ON {on}")


def drop(apps: Any, schema_editor: Any) -> None:
    """Drop them."""
    if schema_editor.connection.vendor == "postgresql":
        for name in INDEXES:
            schema_editor.execute(f"DROP INDEX {name}")
        schema_editor.execute("DROP FUNCTION bangfu_pairs(text)")


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0003_imports_duplicates_rights'),
    ]

    operations = [
        migrations.AddField(
            model_name='household',
            name='eldest_born',
            field=models.DateField(editable=False, null=True, verbose_name='最年长者出生日期'),
        ),
        migrations.AddField(
            model_name='household',
            name='size',
            field=models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='人数'),
        ),
        migrations.AddField(
            model_name='household',
            name='youngest_born',
            field=models.DateField(editable=False, null=True, verbose_name='最年幼者出生日期'),
        ),
        migrations.AddIndex(
            model_name='currentfacts',
            index=models.Index(condition=models.Q(('conflicts', []), _negated=True), fields=['household'], name='households_in_conflict'),
        ),
        migrations.AddIndex(
            model_name='item',
            index=models.Index(condition=models.Q(('entity', 'record'), ('withdrawn', False)), fields=['household'], name='households_on_record'),
        ),
        migrations.AddIndex(
            model_name='membership',
            index=models.Index(condition=models.Q(('until', None)), fields=['person', 'household'], name='homes_now'),
        ),
        migrations.AddIndex(
            model_name='statedcollection',
            index=models.Index(condition=models.Q(('collection', 'record')), fields=['household'], name='records_listed'),
        ),
        migrations.RunPython(make, drop),
    ]
