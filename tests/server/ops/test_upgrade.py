"""A filled database of an earlier state is brought up to date by the next start: every row stays, every guard is back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.server.ops.surroundings import QUICK_PASSWORDS, fresh, python

FILL = f"""
import datetime as dt, django; django.setup()
{QUICK_PASSWORDS}
from bangfu.server.installation import bring_up_to_date, make_demonstration
from bangfu.server.audit.acting import acting_as, system_actor
from bangfu.server.audit.seal import seal
from bangfu.server.jobs.models import Job
bring_up_to_date(demo=True)
make_demonstration(dt.date(2023, 9, 15))
with acting_as(system_actor("任务")):
    for n in range(3):
        Job.objects.create(kind="x", key=f"k{{n}}", asked_by=1, asked_at=dt.datetime(2023, 9, 15, tzinfo=dt.UTC), area_code=n)
seal()
"""
BACK = """
import django; django.setup()
from django.conf import settings
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader
from django.db import connection
graph = MigrationLoader(connection).graph
for label in sorted({app for app, _ in graph.leaf_nodes()}):
    first = [n for n in graph.root_nodes(label)]
    if f"bangfu.server.{label}" in settings.DOMAIN_APPS and len(graph.leaf_nodes(label)) and graph.leaf_nodes(label) != first:
        call_command("migrate", label, first[0][1], verbosity=0)
        print(label)
"""
TELL = """
import django, json; django.setup()
from django.apps import apps
from django.conf import settings
from bangfu.server.audit.seal import verify
from bangfu.server.audit.triggers import lacking
from bangfu.server.installation import bring_up_to_date
bring_up_to_date(demo=True)
rows = {m._meta.label: sorted(map(str, m.objects.values_list("pk", flat=True))) for c in apps.get_app_configs() if c.name in settings.DOMAIN_APPS for m in c.get_models()}
print(json.dumps({"rows": rows, "lacking": lacking(), "faults": verify().faults}))
"""


@pytest.mark.slow
def test_a_database_of_the_first_state_is_brought_up_to_date(tmp_path: Path) -> None:
    """Filled, taken back to each app's first migration, then opened by today's version."""
    with fresh(tmp_path / "home", "bangfu_upgrade", BANGFU_DEMO="1") as env:
        python(env, "-c", FILL)
        before = json.loads(python(env, "-c", TELL).stdout)
        taken_back = python(env, "-c", BACK).stdout.split()
        after = json.loads(python(env, "-c", TELL).stdout)
    assert "jobs" in taken_back
    assert len(before["rows"]["accounts.User"]) == 11
    assert len(before["rows"]["jobs.Job"]) == 3
    assert after == before
    assert (after["lacking"], after["faults"]) == ([], [])
