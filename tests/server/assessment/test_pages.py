"""The policy room and the findings, as each role sees them."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from bangfu.server.accounts.models import User
from bangfu.server.assessment import values
from bangfu.server.assessment.models import PolicyValue, WhatIfRun
from bangfu.server.assessment.nightly import ask_nightly
from bangfu.server.audit.acting import acting_as, actor_of, system_actor
from bangfu.server.audit.models import Entry, Reading
from bangfu.server.jobs.models import Job
from bangfu.server.jobs.running import run as run_job
from bangfu.server.registry.models import Household
from tests.server.assessment.test_values import DAY, JULY, PUBLISHED, Office, office

__all__ = ["office"]
CODE = "520302"


def browser(user: User) -> Client:
    """Return a browser signed in as somebody."""
    client = Client()
    with acting_as(actor_of(user)):
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(client: Client, path: str, status: int = 200, **query: Any) -> str:
    """Return a page's text."""
    response = client.get(path, query)
    assert response.status_code == status, (path, response.status_code)
    return response.content.decode()


@pytest.fixture
def night(office: Office) -> Job:
    """Carry a night of 红花岗区 out."""
    with acting_as(system_actor("夜间测算")):
        asked = ask_nightly(office.district, DAY)
    run_job(asked.pk)
    return Job.objects.get(pk=asked.pk)


def test_the_room_shows_rules_with_whom_they_reach(office: Office, night: Job) -> None:
    """The list finds by word and kind; a rule has article, formula in words, readings, worked cases, numbers."""
    client = browser(office.officer)
    assert client.get("/desk/policy/").headers["Location"] == f"/desk/policy/d/{CODE}/"
    whole = page(client, f"/desk/policy/d/{CODE}/")
    some = page(client, f"/desk/policy/d/{CODE}/", q="低保", kind="cash")
    assert whole.count("/rules/") > some.count("/rules/") > 2
    rule = page(client, f"/desk/policy/d/{CODE}/rules/dibao_payment/")
    for words in ("符合 1 项，涉及 1 户，已享受 0 项", "808", "城市两口人均低于标准，按差额", "808 * 2 - 1000 = 616", "算例"):
        assert words in rule
    page(client, f"/desk/policy/d/{CODE}/rules/no_such_rule/", 404)
    assert "未签署" in page(client, f"/desk/policy/d/{CODE}/readings/")
    assert "录入" in page(client, f"/desk/policy/d/{CODE}/missing/")


def test_a_rule_leads_to_entering_a_new_value(office: Office) -> None:
    """For who may propose one; who comes without a name finds it in a list."""
    way = f"/desk/policy/d/{CODE}/values/new/?address=dibao_standard"
    assert way in page(browser(office.officer), f"/desk/policy/d/{CODE}/rules/dibao_payment/")
    assert way not in page(browser(office.approver), f"/desk/policy/d/{CODE}/rules/dibao_payment/")
    empty = page(browser(office.officer), f"/desk/policy/d/{CODE}/values/new/")
    assert 'href="?address=dibao_standard"' in empty
    assert "先选要改哪个标准" not in page(browser(office.officer), f"/desk/policy/d/{CODE}/values/new/", address="dibao_standard")


def test_every_rule_of_a_pack_has_its_page(office: Office) -> None:
    """No rule that the list links to fails."""
    client = browser(office.officer)
    links = re.findall(rf"/desk/policy/d/{CODE}/rules/(\w+)/", page(client, f"/desk/policy/d/{CODE}/"))
    assert len(links) > 50
    for name in links:
        page(client, f"/desk/policy/d/{CODE}/rules/{name}/")


def test_an_officer_changes_a_standard(office: Office) -> None:
    """Entered in the browser, tried, signed by the approver; the value page says each step."""
    officer, approver = browser(office.officer), browser(office.approver)
    path = f"/desk/policy/d/{CODE}/values/new/"
    assert "现在：" in page(officer, path, address="dibao_standard")
    said = {"kind": "value", "address": "dibao_standard", "value": "{urban: 850, rural: 600}", "since": "2024-07-01", "instrument": "示例文〔2024〕1号", "source": "虚构", "published": PUBLISHED}
    wrong = officer.post(path, {**said, "value": "850 公里", "instrument": ""})
    assert wrong.status_code == 422
    made = officer.post(path, said)
    value = PolicyValue.objects.get()
    where = f"/desk/policy/values/{value.pk}/"
    assert made.headers["Location"] == where
    assert "自己录入的取值要由另一个人签署" in page(officer, where)
    assert "先做一次试算" in page(approver, where)
    assert officer.post(f"{where}try/").status_code == 302
    assert "试算还没做完" in page(officer, where)
    run_job(WhatIfRun.objects.get().job_id or 0)
    shown = page(approver, where)
    assert "增加 1" in shown
    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', shown)
    assert digest
    assert approver.post(f"{where}sign/", {"decision": "sign", "digest": "0" * 64}).status_code == 422
    assert officer.post(f"{where}sign/", {"decision": "sign", "digest": digest[1]}).status_code == 422
    assert approver.post(f"{where}sign/", {"decision": "sign", "digest": digest[1]}).status_code == 302
    assert approver.post(f"{where}sign/", {"decision": "sign", "digest": digest[1]}).status_code == 422
    assert "已签署，到日生效" in page(officer, where)
    assert office.amount(JULY) == "700"
    assert "850" in page(officer, f"/desk/policy/d/{CODE}/overlay.yaml")
    assert "示例文〔2024〕1号" in page(officer, f"/desk/policy/d/{CODE}/values/")


def test_a_what_if_has_charts_and_a_workbook(office: Office) -> None:
    """Bars without scripts, and the same figures in Excel with who took them out; households for those who may see them."""
    officer, district = browser(office.officer), browser(office.world.users["foreign"])
    assert officer.post(f"/desk/policy/d/{CODE}/whatif/", {"changes": "/etc", "day": "2024-06-30"}).status_code == 422
    asked = officer.post(f"/desk/policy/d/{CODE}/whatif/", {"changes": "dibao_standard=+100", "day": "2024-06-30"})
    run = WhatIfRun.objects.get()
    where = f"/desk/policy/whatif/{run.pk}/"
    assert asked.headers["Location"] == where
    assert "试算还没做完" in page(officer, where)
    run_job(run.job_id or 0)
    shown = page(officer, where)
    for words in ("<svg", "+2,400", "老城街道", "下载 Excel"):
        assert words in shown
    assert "涉及的户" not in shown
    book = load_workbook(io.BytesIO(officer.get(f"{where}whatif.xlsx").content))
    assert book.sheetnames == ["概要", "各项", "街道", "社区", "人群"]
    assert "示例政策" in book["概要"]["A1"].value
    assert any(row[5] == 2400 for row in book["街道"].iter_rows(min_row=4, values_only=True))
    page(officer, f"{where}households/", 403)
    assert office.family.household.number in page(district, f"{where}households/")
    assert Reading.objects.filter(page="whatif.households").count() == 1
    assert "dibao_standard=+100" in page(officer, f"/desk/policy/d/{CODE}/whatif/")


def test_findings_are_listed_and_filtered(office: Office, night: Job, django_assert_max_num_queries: Any) -> None:
    """By kind, rule and area; each look is written into the read log; the number of queries does not grow."""
    client = browser(office.world.users["foreign"])
    shown = page(client, "/desk/nightly/")
    assert office.family.household.number in shown
    assert "全户" in page(client, "/desk/nightly/", finding="missed")
    assert "没有符合筛选的线索" in page(client, "/desk/nightly/", finding="ended")
    assert "低保金" in page(client, "/desk/nightly/", entry="dibao_payment", area="520302001001")
    assert Reading.objects.filter(page="nightly.findings").count() >= 3
    page(client, "/desk/nightly/", finding="<script>")
    with django_assert_max_num_queries(60):
        page(client, "/desk/nightly/")
    page(browser(office.officer), "/desk/nightly/", 403)
    page(browser(office.world.users["street"]), "/desk/nightly/")


def test_a_night_can_be_asked_for_again(office: Office, night: Job) -> None:
    """Once while it waits, however often the button is pressed; who manages a part of a district cannot."""
    client = browser(office.world.users["foreign"])
    for _ in range(2):
        assert client.post("/desk/nightly/again/").status_code == 302
    assert Job.objects.filter(kind="assessment.nightly").count() == 2
    assert browser(office.world.users["street"]).post("/desk/nightly/again/").status_code == 403


def test_a_foreign_district_opens_nothing(office: Office) -> None:
    """A policy officer of 武昌区 gets 404 for each address of 红花岗区."""
    value = office.enter()
    office.seen(value)
    client = browser(office.world.users["policy_officer"])
    for path in ("", "rules/dibao_payment/", "readings/", "missing/", "values/", "values/new/", "overlay.yaml", "whatif/"):
        page(client, f"/desk/policy/d/{CODE}/{path}", 404)
    page(client, f"/desk/policy/values/{value.pk}/", 404)
    assert client.post(f"/desk/policy/values/{value.pk}/sign/", {"decision": "sign", "digest": values.digest_of(value, values.seen_of(value))}).status_code == 404  # type: ignore[arg-type]


def exported(user: User, **said: str) -> Any:
    """Ask for the findings as Excel."""
    return browser(user).post("/desk/nightly/findings.xlsx", {"query": "", "reason": "入户核对", **said})


def test_the_findings_go_out_as_excel(office: Office, night: Job) -> None:
    """The same filters and rows as the page, with article and sum; who, when and the entry of the audit in each row; numbers masked."""
    answer = exported(office.world.users["foreign"], query="finding=missed&entry=dibao_payment")
    sheet = load_workbook(io.BytesIO(answer.content))["政策找人"]
    heads, *rows = ([cell.value for cell in row] for row in sheet.iter_rows())
    found = dict(zip(heads, rows[0], strict=True))
    entry = Entry.objects.get(action="findings.exported")
    home = Household.objects.get(area_code=520302001001)

    assert len(rows) == 1
    assert (found["户编号"], found["姓名"], found["社区"], found["哪一项"], found["结论"], found["金额（元）"], found["周期"]) == (home.number, "全户", "杨柳社区", "低保金", "符合而未享受", 616, "每月")
    assert found["依据"]
    assert rows[0][-1].startswith("赵敏 20")
    assert rows[0][-1].endswith(f"导出 {entry.pk}")
    assert (entry.reason, entry.details, entry.area_code) == ("入户核对", {"rows": 1, "filters": "finding=missed&entry=dibao_payment"}, office.district.low)


def test_findings_go_out_through_scope_and_with_a_reason(office: Office, night: Job) -> None:
    """The other district has none; who may not export is refused; without a reason nothing goes out; too many are to be filtered."""
    other = exported(office.world.users["street"])
    assert (other.status_code, other.headers["Location"]) == (302, "/desk/nightly/?")
    assert exported(office.world.users["foreign"], reason="").status_code == 302
    assert exported(office.world.users["foreign"], query="entry=no_such").status_code == 302
    assert exported(office.world.users["worker"]).status_code == 403
    assert not Entry.objects.filter(action="findings.exported").exists()
    assert "导出 Excel" in page(browser(office.world.users["foreign"]), "/desk/nightly/")
