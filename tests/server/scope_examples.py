"""What the scope proof (test_scope.py) calls each address with. A new address with arguments needs a line here.

``EXAMPLES`` names, for each address that takes arguments, the arguments that lead to an object of a place. ``QUERIES``
adds query strings worth trying. ``PUBLIC`` are addresses for residents: nothing of the register is behind them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bangfu.server.api.models import ApiToken
from bangfu.server.areas.models import Area
from bangfu.server.areas.selectors import district_of
from bangfu.server.assessment.models import (
    NightlyRow,
    NightlyRun,
    NightlyTotal,
    PolicyValue,
    WhatIfHousehold,
    WhatIfRun,
)
from bangfu.server.audit.acting import acting_as, actor_of, system_actor
from bangfu.server.audit.actions import record
from bangfu.server.calendar import clock
from bangfu.server.files.models import StoredFile
from bangfu.server.jobs.models import Job
from bangfu.server.registry.actions import NewPerson, add_item, add_person, open_household
from bangfu.server.registry.models import Household, Person
from bangfu.server.todo.models import Todo
from tests.server.conftest import World

DAY = dt.date(2023, 9, 15)
MARK = {"杨柳社区": "红花独有", "柴东社区": "武昌自有"}
"""A word in every text of a place's objects, by which they are recognised on a page."""


@dataclass
class Objects:
    """One object of each kind in one community."""

    mark: str
    area: Area
    user: Any
    household: Household
    person: Person
    file: StoredFile
    job: Job
    todo: Todo
    more: dict[str, Any] = field(default_factory=dict)


def objects_in(world: World, community: str) -> Objects:
    """Make one object of each kind in a community."""
    area, mark = world.areas[community], MARK[community]
    user = world.users["foreign" if community == "杨柳社区" else "worker"]
    code, here = int(area.code), str(area.code)
    with acting_as(actor_of(user)):
        household = open_household(area, f"{mark}路1号", DAY)
        person = add_person(household, NewPerson(f"{mark}人", "self", "", dt.date(1950, 1, 1)), DAY)
        person = person if isinstance(person, Person) else Person.objects.latest("pk")
        stored = StoredFile.objects.create(
            household_id=household.pk, area_code=code, name=f"{mark}.pdf", kind="application/pdf", size=9, digest="0" * 64,
            path=f"scope-{here}", added_at=clock.now(), added_by=user.pk,
        )  # fmt: skip
        job = Job.objects.create(kind="scope.test", key=f"scope-{here}", asked_by=user.pk, asked_at=clock.now(), area_code=code, reason=mark)
        todo = Todo.objects.create(kind="scope.test", key=f"scope-{here}", title=f"{mark}待办", role="street_officer", area_code=code, household_id=household.pk, due_on=DAY)
        more = _policy(area, mark, household, user)
        more["item"] = add_item(household, "hardship", "1")
        record("scope.test", of=household, household_id=household.pk, area_code=code, reason=mark)
    with acting_as(system_actor("任务")):
        type(user).objects.filter(pk=user.pk).update(name=f"{mark}员")
    return Objects(mark, area, user, household, person, stored, job, todo, more)


def _policy(area: Area, mark: str, household: Household, user: Any) -> dict[str, Any]:
    """Make a value that waits, its what-if, and a night with a finding."""
    district = district_of(int(area.code))
    value = PolicyValue.objects.create(
        district=district, kind="value", address="dibao_standard", value="{urban: 1, rural: 1}", since=DAY, instrument=mark, source=mark, entered_by=user.pk, entered_at=clock.now(),
    )  # fmt: skip
    run = WhatIfRun.objects.create(district=district, value=value, changes=[mark], day=DAY, asked_by=user.pk, asked_at=clock.now(), data={"classes": {}}, finished_at=clock.now())
    WhatIfHousehold.objects.create(run=run, household=household, area_code=household.area_code, kind="gain")
    night = NightlyRun.objects.create(district=district, on=DAY, left_out=[{"household": household.pk, "reason": mark}], finished_at=clock.now())
    NightlyRow.objects.create(run=night, household=household, area_code=household.area_code, entry="dibao_payment", row="H1", finding="missed")
    NightlyTotal.objects.create(run=night, area_code=household.area_code, entry="dibao_payment", answers=1, households=1)
    token = ApiToken.objects.create(name=mark, user=user, area=area, actions=["policy.view"], digest=f"{household.pk:064d}", start="bf_", expires_on=DAY, made_by=user.pk, made_at=clock.now())
    return {"value": value, "run": run, "district": district, "token": token}


Arguments = Callable[[Objects], dict[str, Any]]
EXAMPLES: dict[str, Arguments] = {
    **{f"desk:admin_{name}": lambda o: {"pk": o.user.pk} for name in ("user", "switch", "assign", "end_role", "secure", "relative")},
    **{f"desk:admin_{name}": lambda o: {"pk": o.job.pk} for name in ("job", "job_retry", "job_cancel")},
    "desk:withdraw_item": lambda o: {"pk": o.household.pk, "item": o.more["item"].pk},
    **{f"desk:{name}": lambda o: {"pk": o.household.pk} for name in ("household", "reveal", "facts", "drop_facts", "new_member", "items", "new_item", "listed", "new_held")},
}
EXAMPLES |= {
    "desk:admin_token_revoke": lambda o: {"pk": o.more["token"].pk},
    **{f"desk:policy_{name}": lambda o: {"code": o.more["district"].code} for name in ("pack", "readings", "missing", "values", "new_value", "overlay", "whatifs")},
    "desk:policy_rule": lambda o: {"code": o.more["district"].code, "name": "dibao_payment"},
    **{f"desk:policy_{name}": lambda o: {"pk": o.more["value"].pk} for name in ("value", "try", "sign", "withdraw")},
    **{f"desk:policy_{name}": lambda o: {"pk": o.more["run"].pk} for name in ("whatif", "whatif_excel", "whatif_households")},
}
QUERIES: dict[str, list[Callable[[Objects], dict[str, Any]]]] = {
    "desk:admin_audit": [lambda o: {"who": o.mark}, lambda o: {"household": o.household.number}, lambda o: {"kind": "readings"}, lambda o: {"what": "scope."}],
    "desk:households": [lambda o: {"status": "all"}, lambda o: {"q": "420106"}, lambda o: {"age": "old"}],
    "desk:admin_jobs": [lambda o: {"status": "waiting"}],
}
_PLACE: dict[str, Any] = {"key": "wuchang"}
PUBLIC: dict[str, dict[str, Any]] = {
    **{f"portal:{name}": _PLACE for name in (
        "place", "helps", "start", "people", "onward", "answers", "result", "refused", "printed", "clear", "cleared", "keep", "open",
    )},
    "portal:measure": {**_PLACE, "name": "wheelchair_fuel"},
    "portal:question": {**_PLACE, "number": 1},
    "portal:ask": {**_PLACE, "kind": "fact", "name": "birth_date", "row": "P1"},
}  # fmt: skip
NOISY: set[str] = {"desk:admin_audit"}
"""Pages that tell of the proof's own calls, such as the read log: they are searched for marks, not compared word by word."""
