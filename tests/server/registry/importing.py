"""An installation that imports a ledger, and a worker that a test kills: started as ``python -m tests.server.registry.importing``.

``IMPORT_KILL`` names the point as ``place:batch``: *before* a batch is taken in, *inside* (all its rows are written, nothing
is committed), *after* its commit, *end* (the last step is committed, the job is not marked done).
"""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from tests.server.ops.counting import prepare, reap, work

HERE = "420106001001"
HOUSEHOLDS, A_BATCH = 24, 4


def maybe_die(place: str, batch: int = 0) -> None:
    """Be killed, as by the power cut, if this is the point."""
    if os.environ.get("IMPORT_KILL") == f"{place}:{batch}":
        os.kill(os.getpid(), signal.SIGKILL)


def wrap() -> None:
    """Let the import run in small batches and die at its point."""
    from bangfu.server.jobs import kinds
    from bangfu.server.registry import import_actions, tasks

    tasks.BATCH = A_BATCH
    whole = import_actions.import_batch
    seen = [-1]

    def batch(run: Any, register: Any, households: Any) -> dict[str, Any]:
        number = int(households[0].key[1:]) // A_BATCH
        if seen[0] >= 0:
            maybe_die("after", seen[0])
        maybe_die("before", number)
        told = whole(run, register, households)
        maybe_die("inside", number)
        seen[0] = number
        return told

    import_actions.import_batch = batch
    kind = kinds.KINDS["registry.import"]

    def to_the_end(run: Any) -> Any:
        told = kind.work(run)
        maybe_die("end")
        return told

    kinds.KINDS["registry.import"] = kinds.Kind(kind.name, kind.label, to_the_end)


def start() -> None:
    """Make a district with an officer, upload the ledger, check and confirm it."""
    from bangfu.server.accounts.models import User
    from bangfu.server.audit.acting import acting_as, actor_of, system_actor
    from bangfu.server.demonstration.staff import make_areas, make_staff
    from bangfu.server.jobs import running
    from bangfu.server.registry import import_actions
    from bangfu.server.registry.enums import Source
    from bangfu.server.registry.import_models import ImportRun
    from tests.server.registry.ledgers import id_number, ledger

    with acting_as(system_actor("演示")):
        areas = make_areas()
        make_staff(areas)
    homes = [{"id": f"H{n}", "area_code": HERE, "address": f"铁机路{n}号", "residence": "城市"} for n in range(HOUSEHOLDS)]
    people = [{"of": f"H{n}", "id": f"P{n}", "name": "王伟", "id_card": id_number(n), "relation": "本人", "works": "否"} for n in range(HOUSEHOLDS)]
    content = ledger(Path(os.environ["BANGFU_HOME"]), homes, people, [{"collection": "医疗费用", "id": f"B{n}", "of": f"P{n}", "fact": "billed_on", "value": "2023-08-01"} for n in range(3)])
    officer = actor_of(User.objects.get(username="district"))
    with acting_as(officer):
        run = import_actions.upload(import_actions.Upload(areas["武昌区"], "a.xlsx", content, dt.date(2023, 9, 1), Source.DECLARED))
    running.run(run.check_job or 0)
    with acting_as(officer):
        import_actions.confirm(ImportRun.objects.get())


def tell() -> None:
    """Print every row of the register, without what depends on when it was written, as one line of JSON."""
    from bangfu.server.audit.models import Entry
    from bangfu.server.jobs.models import Job
    from bangfu.server.registry.import_models import ImportRun, LedgerKey
    from bangfu.server.registry.models import CurrentFacts, Event, Household, Item, Membership, Observation, Person

    rows: dict[str, Any] = {
        "households": list(Household.objects.order_by("number").values_list("number", "address", "version")),
        "people": list(Person.objects.order_by("id_index").values_list("name", "id_index")),
        "memberships": Membership.objects.count(), "events": Event.objects.count(), "items": Item.objects.count(), "keys": LedgerKey.objects.count(),
        "said": sorted(map(str, Observation.objects.values_list("household__number", "fact", "value"))),
        "facts": sorted(map(str, CurrentFacts.objects.values_list("household__number", "facts"))),
        "audit": sorted(map(str, Entry.objects.filter(action__startswith="household").values_list("action", "actor_name"))),
        "outcome": ImportRun.objects.get().outcome, "job": list(Job.objects.filter(kind="registry.import").values_list("status", "done", "total")),
    }  # fmt: skip
    print(json.dumps(rows, ensure_ascii=False))


def main() -> None:
    """Do what the words say, one after another."""
    import django

    django.setup()
    wrap()
    for word in sys.argv[1:]:
        {"prepare": prepare, "start": start, "work": work, "reap": reap, "tell": tell}[word]()


if __name__ == "__main__":
    main()
