"""Let the rows of households that are there tell what their members say."""

from typing import Any

from django.db import migrations

FILL = """
UPDATE registry_household SET
  size = (SELECT count(*) FROM registry_membership m WHERE m.household_id = registry_household.id AND m.until IS NULL),
  eldest_born = (SELECT min(p.birth_date) FROM registry_membership m JOIN registry_person p ON p.id = m.person_id WHERE m.household_id = registry_household.id AND m.until IS NULL),
  youngest_born = (SELECT max(p.birth_date) FROM registry_membership m JOIN registry_person p ON p.id = m.person_id WHERE m.household_id = registry_household.id AND m.until IS NULL)
"""


def fill(apps: Any, schema_editor: Any) -> None:
    """Sum up every household, as the installation's own act."""
    from bangfu.server.audit.acting import acting_as, system_actor

    if apps.get_model("registry", "Household").objects.exists():
        with acting_as(system_actor("安装")):
            schema_editor.execute(FILL)


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0001_initial'),
        ('registry', '0004_lists_and_pairs'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
