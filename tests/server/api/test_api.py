"""Programs call through a token: what it may, where it may, until when; everything else is one clear refusal."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.test import Client

from bangfu.server.accounts.models import Assignment, User
from bangfu.server.accounts.selectors import scope_for
from bangfu.server.api import guards
from bangfu.server.api.models import ApiToken
from bangfu.server.api.tokens import ACTIONS, TokenRefusedError, make_token, revoke
from bangfu.server.assessment.models import StoredAssessment
from bangfu.server.audit.acting import acting_as, actor_of, system_actor
from bangfu.server.audit.models import Entry, Reading
from bangfu.server.calendar.published import set_business_date
from bangfu.server.jobs.models import Job
from tests.server.assessment.conftest import Family, make_family
from tests.server.conftest import World

DAY = dt.date(2023, 9, 15)
GIVEN = {"household": {"residence": "urban"}, "members": [{"id": "A", "relation": "self", "birth_date": "1930-03-01"}], "record": []}


def token_for(world: World, user: User, actions: Any = None, until: dt.date = DAY, area: str = "武昌区") -> str:
    """Make a token as the security administrator."""
    admin = world.users["security_admin"]
    with acting_as(actor_of(admin)):
        allowed = [a for a in ACTIONS if scope_for(user, a, DAY).ranges]
        return make_token(scope_for(admin, "api.tokens", DAY), "示例系统", user, world.areas[area], actions or allowed, until)[1]


class Caller:
    """A program with a token."""

    def __init__(self, text: str) -> None:
        self.client, self.headers = Client(), {"Authorization": f"Bearer {text}"}

    def get(self, path: str, **query: Any) -> tuple[int, Any]:
        """Call with GET."""
        response = self.client.get(f"/api/v1/{path}", query, headers=self.headers)
        return response.status_code, response.json()

    def post(self, path: str, body: Any, raw: bytes | None = None) -> tuple[int, Any]:
        """Call with POST."""
        response = self.client.post(f"/api/v1/{path}", raw if raw is not None else json.dumps(body), content_type="application/json", headers=self.headers)
        return response.status_code, response.json()


@pytest.fixture
def family(world: World) -> Family:
    """Return a family of 柴东社区 on a day of 2023."""
    with acting_as(system_actor("演示")):
        set_business_date(DAY)
    return make_family(world)


@pytest.fixture
def caller(world: World, family: Family) -> Caller:
    """Return a program of the district officer."""
    return Caller(token_for(world, world.users["district_officer"]))


def test_policies_and_rules(caller: Caller) -> None:
    """The district's policy, its rules, one rule in words."""
    status, found = caller.get("policies")
    assert (status, [p["place"] for p in found]) == (200, ["wuchang"])
    status, rules = caller.get("policies/420106/entries")
    assert status == 200
    assert next(r for r in rules if r["id"] == "dibao_payment")["unit"] == "元/户·月"
    status, rule = caller.get("policies/420106/entries/dibao_payment")
    assert status == 200
    assert rule["sums"]
    assert caller.get("policies/420106/entries/nothing")[0] == 404
    assert caller.get("policies/520302/entries")[0] == 404


def test_facts_are_answered_and_not_stored(caller: Caller) -> None:
    """The same answers as the rules; faults are named; nothing is written but the read log."""
    status, found = caller.post("assess", {"district": "420106", "on": "2023-09-15", "given": GIVEN, "reasons": True})
    assert (status, found["place"], found["on"]) == (200, "wuchang", "2023-09-15")
    assert any(a["reasons"] for a in found["answers"])
    status, problem = caller.post("assess", {"district": "420106", "on": "2023-09-15", "given": {"members": [{"id": "A", "shoe_size": 43}]}})
    assert (status, problem["code"]) == (422, "facts")
    assert any("shoe_size" in fault["zh"] for fault in problem["faults"])
    assert StoredAssessment.objects.count() == 0
    assert Reading.objects.filter(page="api.assess").count() == 2


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"{", 400, "json"), (b'{"district": NaN}', 400, "json"), (b"[" * 100_000, 400, "json"), (b'{"a": 1e999999999}', 400, "json"), (b"\xff\xfe", 400, "json"),
        (b'{"a": 1, "a": 2}', 400, "json"), (b"9" * 5000, 400, "json"), (b"x" * 300_000, 413, "size"), (b"[]", 422, "shape"), (b"{}", 422, "shape"),
        (b'{"district": "420106", "on": "2023-09-15", "given": {}, "more": 1}', 422, "shape"),
        (b'{"district": "420106\\n", "on": "2023-09-15", "given": {}}', 422, "shape"),
        (b'{"district": "420106", "on": "0001-01-01", "given": {}}', 422, "day"),
        (b'{"district": "420106", "on": "2023-09-15", "given": {"members": "\xf0\x9f\x98\x80"}}', 422, "facts"),
    ],
)  # fmt: skip
def test_bad_bodies_are_refused_in_words(caller: Caller, raw: bytes, status: int, code: str) -> None:
    """Never a 500, never a traceback, always both languages."""
    found, problem = caller.post("assess", None, raw)
    assert (found, problem["code"]) == (status, code)
    assert problem["zh"]
    assert problem["en"]


def test_households_of_ones_areas(world: World, caller: Caller, family: Family) -> None:
    """Listed a page at a time; one with members and what is stated; no ID numbers; answered, and stored with a reason."""
    second = make_family(world)
    status, page = caller.get("households", limit=1)
    assert (status, page["items"][0]["number"], page["next"]) == (200, family.household.number, family.household.number)
    assert [h["number"] for h in caller.get("households", after=page["next"])[1]["items"]] == [second.household.number]
    path = f"households/{family.household.number}"
    status, found = caller.get(path)
    assert (status, found["members"][0]["name"]) == (200, "示例1")
    assert not {"id_number", "id_last4", "id_cipher"} & set(json.dumps(found))
    status, answered = caller.get(f"{path}/assessment", on="2023-09-15")
    assert (status, answered["on"]) == (200, "2023-09-15")
    status, stored = caller.post(f"{path}/assessments", {"on": "2023-09-15", "reason": "核对"})
    assert status == 201
    assert StoredAssessment.objects.get().result_hash == stored["result_hash"]
    assert Entry.objects.get(action="assessment.stored").actor_name == world.users["district_officer"].name
    assert caller.post(f"{path}/assessments", {"on": "2023-09-15", "reason": ""})[0] == 422


def test_another_place_is_not_there(world: World, caller: Caller) -> None:
    """The same 404 for a household of 红花岗区 and for one that does not exist, in every address."""
    foreign = make_family(world, "杨柳社区", by="foreign")
    with acting_as(system_actor("任务")):
        job = Job.objects.create(kind="x", key="x", asked_by=1, asked_at=dt.datetime(2023, 9, 15, tzinfo=dt.UTC), area_code=520302001001)
    for number in (foreign.household.number, "520302-2023-999999"):
        assert caller.get(f"households/{number}") == caller.get("households/420106-2023-999999")
        assert caller.get(f"households/{number}/assessment")[0] == 404
        assert caller.post(f"households/{number}/assessments", {"on": "2023-09-15", "reason": "x"})[0] == 404
    assert foreign.household.number not in json.dumps(caller.get("households")[1])
    assert caller.get(f"jobs/{job.pk}")[0] == 404
    assert caller.get("jobs")[1] == []
    assert caller.post("assess", {"district": "520302", "on": "2023-09-15", "given": {}})[0] == 404
    assert caller.post("nights", {"district": "520302"})[0] == 404
    assert StoredAssessment.objects.count() == 0


def test_a_night_is_asked_for_and_followed(caller: Caller) -> None:
    """202 with the job; again gives the same one; findings say that there was no night yet."""
    status, job = caller.post("nights", {"district": "420106"})
    assert (status, job["status"]) == (202, "waiting")
    assert caller.post("nights", {"district": "420106"})[1]["id"] == job["id"]
    assert caller.get(f"jobs/{job['id']}")[1] == job
    assert caller.get("findings") == (200, {"on": None, "items": [], "next": None})


def test_a_token_does_what_it_was_given_and_no_more(world: World, family: Family) -> None:
    """An action left out is 403; an area cuts; what the account may not do cannot be given."""
    officer = world.users["district_officer"]
    only = Caller(token_for(world, officer, ["policy.view"]))
    assert only.get("policies")[0] == 200
    assert only.get("households") == (403, {"code": "action", "zh": "这个令牌不能做 registry.view", "en": "this token may not do registry.view", "faults": []})
    elsewhere = Caller(token_for(world, officer, ["registry.view"], area="徐家棚街道"))
    assert elsewhere.get("households")[1]["items"] == []
    with pytest.raises(TokenRefusedError, match=r"may not do there: registry\.view"):
        token_for(world, world.users["policy_officer"], ["registry.view"])


@pytest.mark.parametrize("how", ["none", "wrong", "over", "revoked", "switched off", "cookie"])
def test_a_token_that_does_not_count_is_401(world: World, family: Family, how: str) -> None:
    """Missing, wrong, over, revoked, of an account switched off; a session is no token."""
    officer = world.users["district_officer"]
    caller = Caller("bf_wrong" if how in ("wrong", "none", "cookie") else token_for(world, officer))
    if how in ("none", "cookie"):
        caller.headers = {}
    if how == "cookie":
        caller.client = world.client("district_officer")
    with acting_as(system_actor("安装")):
        if how == "over":
            set_business_date(DAY + dt.timedelta(days=1))
        if how == "revoked":
            revoke(ApiToken.objects.get(), "泄露")
        if how == "switched off":
            User.objects.filter(pk=officer.pk).update(is_active=False)
    response = caller.client.get("/api/v1/policies", headers=caller.headers)
    assert (response.status_code, response.json()["code"], response.headers["WWW-Authenticate"]) == (401, "token", "Bearer")


def test_an_ended_role_ends_its_token(world: World, caller: Caller) -> None:
    """The token says nothing more than the account may, today."""
    with acting_as(system_actor("安装")):
        Assignment.objects.filter(user=world.users["district_officer"]).update(until=DAY - dt.timedelta(days=1))
    assert caller.get("households")[0] == 403


def test_too_many_calls_are_told_to_wait(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted over all processes, by account."""
    monkeypatch.setattr(guards, "CALLS_A_MINUTE", 3)
    assert [caller.get("policies")[0] for _ in range(4)] == [200, 200, 200, 429]
    response = caller.client.get("/api/v1/jobs", headers=caller.headers)
    assert (response.status_code, response.headers["Retry-After"]) == (429, "60")


def test_tokens_are_made_on_the_desk(world: World, family: Family) -> None:
    """Shown once, kept as a digest, ended with a reason; others have no such page."""
    client = world.client("security_admin")
    said = {"name": "示例系统", "user": world.users["district_officer"].pk, "area": world.areas["武昌区"].pk, "actions": ["policy.view", "registry.view"], "expires_on": "2023-12-31"}
    shown = client.post("/desk/admin/tokens/", said).content.decode()
    text = shown.split("<code>")[1].split("</code>")[0]
    assert Caller(text).get("policies")[0] == 200
    assert text not in client.get("/desk/admin/tokens/").content.decode()
    assert not ApiToken.objects.filter(digest__contains=text).exists()
    for wrong in ({"expires_on": "2025-01-01"}, {"user": world.users["foreign"].pk}, {"actions": ["registry.reveal"]}, {"area": world.areas["红花岗区"].pk}):
        assert client.post("/desk/admin/tokens/", {**said, **wrong}).status_code == 422
    where = f"/desk/admin/tokens/{ApiToken.objects.get().pk}/revoke/"
    client.post(where, {"reason": ""})
    assert Caller(text).get("policies")[0] == 200
    client.post(where, {"reason": "换系统"})
    assert Caller(text).get("policies")[0] == 401
    assert world.client("system_admin").get("/desk/admin/tokens/").status_code == 403


def test_the_document_is_openapi_3_1_with_examples(db: Any) -> None:
    """Anybody may read it; each address names its refusals; bodies have examples."""
    document = Client().get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            assert {"401", "403", "429"} <= set(said["responses"]), (path, method)
            assert said["security"], path
    assert document["components"]["schemas"]["AssessIn"]["examples"]
