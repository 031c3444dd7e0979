"""Administration: three administrators apart, nobody for themselves, a reason for each reset, areas from a list."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from bangfu.server.accounts.models import Assignment, NearRelative, User
from bangfu.server.accounts.selectors import is_near_relative
from bangfu.server.areas.models import Area
from bangfu.server.audit.models import Entry
from bangfu.server.registry.identity import id_index
from tests.server.conftest import World

NUMBER = "11010519491231002X"
TODAY = "2026-01-05"


def act(world: World, who: str, page: str, said: dict[str, Any], whom: str = "worker") -> Any:
    """Post a form of somebody's page."""
    return world.client(who).post(f"/desk/admin/users/{world.users[whom].pk}/{page}/", said)


def last() -> Entry:
    """Return the newest act but logins."""
    return Entry.objects.exclude(action__startswith="log").order_by("-pk")[0]


def test_an_account_is_made_by_one_and_given_a_role_by_another(world: World) -> None:
    """The first password is shown once and works once; neither administrator can do the other's part."""
    new = {"username": "nalan", "name": "纳兰新月", "home": world.areas["武昌区"].pk}
    assert world.client("security_admin").post("/desk/admin/users/new/", new).status_code == 403
    shown = world.client("system_admin").post("/desk/admin/users/new/", new)
    password = re.search(r'<code class="bf-sum">([^<]+)</code>', shown.content.decode())
    assert password
    made = User.objects.get(username="nalan")
    assert (made.must_change_password, made.check_password(password[1])) == (True, True)
    assert (last().action, last().area_code, password[1] in str(last().details)) == ("account.made", 420106000000, False)
    role = {"role": "street_officer", "area": world.areas["杨园街道"].pk, "since": TODAY}
    assert world.client("system_admin").post(f"/desk/admin/users/{made.pk}/assign/", role).status_code == 403
    assert world.client("security_admin").post(f"/desk/admin/users/{made.pk}/assign/", role).status_code == 302
    assert Assignment.objects.get(user=made).area.name == "杨园街道"
    again = world.client("system_admin").post("/desk/admin/users/new/", new)
    assert again.status_code == 422
    assert "纳兰新月" in again.content.decode()


def test_roles_that_check_each_other_stay_apart(world: World) -> None:
    """An approver does not become finance, not even from next year on; what was typed is still in the form."""
    role = {"role": "finance", "area": world.areas["武昌区"].pk, "since": "2027-01-01"}
    refused = act(world, "security_admin", "assign", role, "approver")
    assert refused.status_code == 422
    assert "不能同时任财务" in refused.content.decode()
    assert "2027-01-01" in refused.content.decode()
    foreign = {**role, "role": "community_worker", "area": world.areas["杨柳社区"].pk}
    assert act(world, "security_admin", "assign", foreign, "worker").status_code == 422
    assert Assignment.objects.filter(user=world.users["worker"]).count() == 1


@pytest.mark.parametrize(("who", "page", "said"), [("system_admin", "switch", {"reason": "x"}), ("security_admin", "secure", {"what": "password", "reason": "x"}), ("security_admin", "secure", {"what": "factor", "reason": "x"})])
def test_nobody_does_it_to_themselves(who: str, page: str, said: dict[str, str], world: World) -> None:
    """The refusal is a sentence, the account stays as it is."""
    refused = act(world, who, page, said, who)
    assert refused.status_code == 422
    assert "请另一位管理员办理" in refused.content.decode()
    user = User.objects.get(pk=world.users[who].pk)
    assert user.is_active
    assert not user.must_change_password
    assert Authenticator.objects.filter(user=user).count() == 2


def test_a_lost_phone_is_mended_with_a_reason(world: World) -> None:
    """Without a reason nothing happens; with one the factor is gone, the person signed out, and the reason is on record."""
    person = world.client("worker")
    assert person.get("/desk/").status_code == 200
    assert act(world, "security_admin", "secure", {"what": "factor", "reason": ""}).status_code == 422
    assert person.get("/desk/").status_code == 200
    assert act(world, "security_admin", "secure", {"what": "factor", "reason": "手机丢失，已当面核对工作证"}).status_code == 302
    assert Authenticator.objects.filter(user=world.users["worker"]).count() == 0
    assert person.get("/desk/").headers["Location"].startswith("/accounts/login/")
    assert (last().action, last().reason, last().actor_name) == ("factor.reset", "手机丢失，已当面核对工作证", "安全管理员")


def test_a_reset_password_is_a_first_password(world: World) -> None:
    """The old one is void, the new one must be changed."""
    shown = act(world, "security_admin", "secure", {"what": "password", "reason": "忘记"})
    new = re.search(r'<code class="bf-sum">([^<]+)</code>', shown.content.decode())
    assert new
    user = User.objects.get(pk=world.users["worker"].pk)
    assert (user.check_password(new[1]), user.check_password("wangfang-pass-2026"), user.must_change_password) == (True, False, True)


def test_a_lock_is_lifted(world: World) -> None:
    """After five wrong passwords the security administrator lets the person try again."""
    for _ in range(5):
        response = Client().post("/accounts/login/", {"login": "wangfang", "password": "guess"})
    assert response.status_code == 429
    assert act(world, "security_admin", "secure", {"what": "unlock", "reason": "本人来电"}).status_code == 302
    assert Client().post("/accounts/login/", {"login": "wangfang", "password": "wangfang-pass-2026"}).headers["Location"] == "/accounts/2fa/authenticate/"


def test_switching_off_works_at_once(world: World) -> None:
    """The next click leads to the login; the account is kept, since the audit names it."""
    person = world.client("worker")
    person.get("/desk/")
    assert act(world, "system_admin", "switch", {"reason": "离职"}).status_code == 302
    assert person.get("/desk/").headers["Location"].startswith("/accounts/login/")
    assert Client().post("/accounts/login/", {"login": "wangfang", "password": "wangfang-pass-2026"}).headers.get("Location") != "/desk/"
    assert act(world, "system_admin", "switch", {"reason": "复职"}).status_code == 302
    assert User.objects.get(username="wangfang").is_active


def test_a_role_ends_with_a_day(world: World) -> None:
    """Not before it began; somebody else's role cannot be ended from this page."""
    mine = Assignment.objects.get(user=world.users["worker"])
    said = {"assignment": mine.pk, "until": "2019-01-01", "reason": "调岗"}
    assert act(world, "security_admin", "end-role", said).status_code == 422
    assert act(world, "security_admin", "end-role", {**said, "assignment": Assignment.objects.get(user=world.users["foreign"]).pk, "until": "2026-01-01"}).status_code == 404
    assert act(world, "security_admin", "end-role", {**said, "until": "2026-01-01"}).status_code == 302
    mine.refresh_from_db()
    assert mine.until == dt.date(2026, 1, 1)


def test_a_shared_account_is_not_switched_off_by_one_district(world: World) -> None:
    """Who works in two districts is seen in both and decided about by neither alone."""
    from bangfu.server.audit.acting import acting_as, system_actor

    with acting_as(system_actor("安装")):
        Assignment.objects.create(user=world.users["foreign"], role="district_officer", area=world.areas["武昌区"], since=dt.date(2020, 1, 1))
    page = world.client("system_admin").get(f"/desk/admin/users/{world.users['foreign'].pk}/")
    assert page.status_code == 200
    assert "红花岗" not in page.content.decode()
    assert act(world, "system_admin", "switch", {"reason": "x"}, "foreign").status_code == 403


def test_near_relatives_are_kept_by_index(world: World) -> None:
    """The number is checked and not stored; a second entry of the same person is refused."""
    said = {"name": "王大力", "relation": "父亲", "number": "110105194912310021"}
    assert act(world, "security_admin", "relatives", said).status_code == 422
    assert act(world, "security_admin", "relatives", {**said, "number": NUMBER}).status_code == 302
    assert is_near_relative(world.users["worker"], [id_index(NUMBER)])
    assert "已经备案" in act(world, "security_admin", "relatives", {**said, "number": NUMBER}).content.decode()
    assert NearRelative.objects.count() == 1
    assert not any(NUMBER in str(e.details) + e.reason for e in Entry.objects.all())


def csv_file(*lines: str, encoding: str = "utf-8-sig") -> io.BytesIO:
    """Return a file as Excel saves it."""
    file = io.BytesIO("\r\n".join(lines).encode(encoding))
    file.name = "areas.csv"
    return file


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_areas_come_from_a_list(encoding: str, world: World) -> None:
    """In any order, in either encoding; the same list again changes nothing."""
    client = world.client("system_admin")
    lines = ("代码,名称", "420106009002,新华社区", "420106009,中南路街道", "420106009001,百瑞景社区")
    for expected in (12, 12):
        assert client.post("/desk/admin/areas/import/", {"file": csv_file(*lines, encoding=encoding)}).status_code == 302
        assert Area.objects.count() == expected
    assert Area.objects.get(code="420106009002").parent == Area.objects.get(code="420106009")
    assert Entry.objects.filter(action="area.made").count() == 3


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (("代码,名称", "420106009,好街道", "520302009,外区街道"), "第 3 行"),
        (("代码,名称", "420106009,好街道", "42010600,短"), "第 3 行"),
        (("代码,名称", "420106009,好街道", "4.20106E+11,科学计数"), "设为文本"),
        (("代码,名称", "420106009,好街道", "420106008001,无上级"), "420106008"),
        (("代码,名称", "420106009,好街道", "420106001,改名"), "杨园街道"),
        (("代码,名称", "420106009,好街道", "420106010,"), "名称不能空"),
        (("甲,乙", "1,2"), "第 1 行"),
        (("\0\0", "x"), "CSV"),
    ],
)
def test_a_list_with_a_fault_changes_nothing(lines: tuple[str, ...], says: str, world: World) -> None:
    """Every fault is named by its line, and the good lines are not taken in either."""
    response = world.client("system_admin").post("/desk/admin/areas/import/", {"file": csv_file(*lines)})
    assert response.status_code == 422
    assert says in response.content.decode()
    assert Area.objects.count() == 9


def test_the_audit_is_searched(world: World) -> None:
    """By who, what, when; the auditor reads, the audit administrator exports the head, others see nothing."""
    act(world, "system_admin", "switch", {"reason": "离职"})
    page = world.client("auditor").get("/desk/admin/audit/", {"who": "系统管理", "what": "account.switched"}).content.decode()
    assert "离职" in page
    assert "<td>账号 " in page
    assert "accounts.user" not in page
    assert "没有符合条件的记录" in world.client("auditor").get("/desk/admin/audit/", {"until": "2020-01-01"}).content.decode()
    assert world.client("auditor").get("/desk/admin/audit/", {"since": "not a day"}).status_code == 422
    assert world.client("system_admin").get("/desk/admin/audit/").status_code == 403
    assert world.client("auditor").post("/desk/admin/audit/head/").status_code == 403
    head = world.client("audit_admin").post("/desk/admin/audit/head/")
    assert set(head.json()) == {"read_at", "number", "sm3"}
