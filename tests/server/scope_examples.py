"""What the scope proof (test_scope.py) calls each address with. A new address with arguments needs a line here.

``EXAMPLES`` names, for each address that takes arguments, the arguments that lead to an object of a place. ``QUERIES``
adds query strings worth trying. ``PUBLIC`` are addresses for residents: nothing of the register is behind them.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

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
from bangfu.server.assessment.scans import Scan, keep_scan
from bangfu.server.audit.acting import acting_as, actor_of, system_actor
from bangfu.server.audit.actions import record
from bangfu.server.calendar import clock
from bangfu.server.files.actions import Owner, store, write_private
from bangfu.server.files.models import StoredFile
from bangfu.server.jobs.models import Job
from bangfu.server.registry.actions import NewPerson, add_item, add_person, open_household
from bangfu.server.registry.duplicate_models import DuplicatePair, Sighting
from bangfu.server.registry.enums import KeptKind, Purpose, RequestKind
from bangfu.server.registry.export_models import ExportRun
from bangfu.server.registry.import_models import ImportRun
from bangfu.server.registry.models import Household, Person
from bangfu.server.registry.rights_actions import Asked, ask, give_consent, hold, set_period
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
        stored = store(Owner(household.pk, code), f"{mark}.png", _picture(mark))
        job = Job.objects.create(kind="scope.test", key=f"scope-{here}", asked_by=user.pk, asked_at=clock.now(), area_code=code, reason=mark)
        todo = Todo.objects.create(kind="scope.test", key=f"scope-{here}", title=f"{mark}待办", role="street_officer", area_code=code, household_id=household.pk, due_on=DAY)
        more = _policy(area, mark, household, user)
        more["item"] = add_item(household, "hardship", "1")
        record("scope.test", of=household, household_id=household.pk, area_code=code, reason=mark)
        more |= _of_the_register(world, area, mark, household, person)
    with acting_as(system_actor("任务")):
        type(user).objects.filter(pk=user.pk).update(name=f"{mark}员")
    return Objects(mark, area, user, household, person, stored, job, todo, more)


def _policy(area: Area, mark: str, household: Household, user: Any) -> dict[str, Any]:
    """Make a value that waits, its what-if, and a night with a finding."""
    district = district_of(int(area.code))
    scan = keep_scan(Scan(f"{mark}.png", _picture(mark)))
    value = PolicyValue.objects.create(
        scan=scan, district=district, kind="value", address="dibao_standard", value="{urban: 1, rural: 1}", since=DAY, instrument=mark, source=mark, entered_by=user.pk, entered_at=clock.now(),
    )  # fmt: skip
    run = WhatIfRun.objects.create(district=district, value=value, changes=[mark], day=DAY, asked_by=user.pk, asked_at=clock.now(), data={"classes": {}}, finished_at=clock.now())
    WhatIfHousehold.objects.create(run=run, household=household, area_code=household.area_code, kind="gain")
    night = NightlyRun.objects.create(district=district, on=DAY, left_out=[{"household": household.pk, "reason": mark}], finished_at=clock.now())
    NightlyRow.objects.create(run=night, household=household, area_code=household.area_code, entry="dibao_payment", row="H1", finding="missed")
    NightlyTotal.objects.create(run=night, area_code=household.area_code, entry="dibao_payment", answers=1, households=1)
    token = ApiToken.objects.create(name=mark, user=user, area=area, actions=["policy.view"], digest=f"{household.pk:064d}", start="bf_", expires_on=DAY, made_by=user.pk, made_at=clock.now())
    return {"value": value, "whatif": run, "district": district, "token": token}


def _picture(mark: str) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (9, 9), "#c03" if mark == "红花独有" else "#03c").save(made, "PNG")
    return made.getvalue()


def _of_the_register(world: World, area: Area, mark: str, household: Household, person: Person) -> dict[str, Any]:
    """Make what the register's own screens show: a ledger, a pair that looks alike, a sighting, consent, request, period, a hold."""
    second = add_person(household, NewPerson(f"{mark}人", "child", "", dt.date(1950, 1, 1)), DAY)
    pair = DuplicatePair.objects.create(first=person, second=second, likeness="name_birth", found_at=clock.now())
    sighting = Sighting.objects.create(person=person, area_code=area.low, name=f"{mark}人", address=f"{mark}路", seen_on=DAY, actor_id=1)
    report = {"households": 1, "people": 1, "new": 1, "changed": 0, "same": 0, "faulty": 0, "faults": 0, "notices": [], "ready": 1}
    run = ImportRun.objects.create(
        area=area, area_code=area.low, file_name=f"{mark}.xlsx", path="", digest="", size=1, source="declared", taken_on=DAY, uploaded_by=1, uploaded_at=clock.now(),
        status="checked", report=report, faults=[["户", 3, "A", f"{mark}有误", f"{mark} is wrong", f"{mark}户"]],
    )  # fmt: skip
    export = ExportRun.objects.create(
        area=area, area_code=area.low, title=f"{mark}台账", reason=mark, number=1, asked_by=actor_of(world.users["foreign" if area.name == "杨柳社区" else "street"]).pk, asked_at=clock.now(), digest="", households=1,
        path=write_private("exports", mark.encode(), ".xlsx"), name=f"{mark}.xlsx", size=9, finished_at=clock.now(), expires_at=clock.now() + dt.timedelta(days=1),
    )  # fmt: skip
    consent = give_consent(person, Purpose.CHECKING, DAY)
    asked = ask(person, Asked(RequestKind.ACCESS, DAY, f"{mark}人", "本人", "身份证", f"{mark}内容"))
    period = set_period(Area.objects.get(code=area.district_code), KeptKind.ANSWER, 9, f"{mark}文")
    hold(household, f"{mark}复议")
    return {"pair": pair, "sighting": sighting, "run": run, "export": export, "consent": consent, "request": asked, "period": period}


Arguments = Callable[[Objects], dict[str, Any]]
EXAMPLES: dict[str, Arguments] = {
    **{f"desk:admin_{name}": lambda o: {"pk": o.user.pk} for name in ("user", "switch", "assign", "end_role", "secure", "relative")},
    **{f"desk:admin_{name}": lambda o: {"pk": o.job.pk} for name in ("job", "job_retry", "job_cancel")},
    "desk:withdraw_item": lambda o: {"pk": o.household.pk, "item": o.more["item"].pk},
    **{f"desk:{name}": lambda o: {"pk": o.household.pk} for name in ("household", "reveal", "facts", "drop_facts", "new_member", "items", "new_item", "listed", "new_held")},
    "desk:admin_token_revoke": lambda o: {"pk": o.more["token"].pk},
    **{f"desk:policy_{name}": lambda o: {"code": o.more["district"].code} for name in ("pack", "readings", "missing", "values", "new_value", "overlay", "whatifs")},
    "desk:policy_rule": lambda o: {"code": o.more["district"].code, "name": "dibao_payment"},
    **{f"desk:policy_{name}": lambda o: {"pk": o.more["value"].pk} for name in ("value", "scan", "scan_small", "try", "sign", "withdraw")},
    **{f"desk:policy_{name}": lambda o: {"pk": o.more["whatif"].pk} for name in ("whatif", "whatif_excel", "whatif_households")},
    **{f"desk:{name}": lambda o: {"pk": o.household.pk} for name in ("documents", "document_add", "household_hold", "household_erase", "changes")},
    "desk:change": lambda o: {"pk": o.household.pk, "kind": "split"},
    **{f"desk:{name}": lambda o: {"pk": o.file.pk} for name in ("document", "document_small", "document_withdraw")},
    **{f"desk:{name}": lambda o: {"pk": o.person.pk} for name in ("person_rights", "consent_add", "request_add", "person_copy")},
    **{f"desk:{name}": lambda o: {"pk": o.more["run"].pk} for name in ("import_run", "import_confirm", "import_drop")},
    **{f"desk:{name}": lambda o: {"pk": o.more["export"].pk} for name in ("export_run", "export_file", "export_drop")},
    **{f"desk:{name}": lambda o: {"pk": o.more["pair"].pk} for name in ("duplicate", "duplicate_apart", "duplicate_unite")},
    **{f"desk:{name}": lambda o: {"pk": o.more["request"].pk} for name in ("person_request", "request_answer")},
    "desk:sighting_decide": lambda o: {"pk": o.more["sighting"].pk},
    "desk:consent_withdraw": lambda o: {"pk": o.more["consent"].pk},
}
QUERIES: dict[str, list[Callable[[Objects], dict[str, Any]]]] = {
    "desk:admin_audit": [lambda o: {"who": o.mark}, lambda o: {"household": o.household.number}, lambda o: {"kind": "readings"}, lambda o: {"what": "scope."}],
    "desk:households": [lambda o: {"status": "all"}, lambda o: {"q": "420106"}, lambda o: {"age": "old"}],
    "desk:admin_jobs": [lambda o: {"status": "waiting"}],
    "desk:person_requests": [lambda o: {"all": "1"}],
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
