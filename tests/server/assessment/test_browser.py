"""An officer changes a standard in a real browser, on a phone and on a desk; every page of the policy room is clean for axe."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from bangfu.server.accounts.models import User
from bangfu.server.assessment.models import WhatIfRun
from bangfu.server.assessment.nightly import ask_nightly
from bangfu.server.audit.acting import acting_as, system_actor
from bangfu.server.jobs.running import run as run_job
from tests.server.assessment.test_pages import CODE, browser as signed_in
from tests.server.assessment.test_scans import photo
from tests.server.assessment.test_values import Office, office
from tests.server.chromium import started

__all__ = ["office"]
WIDTHS = (390, 1280)
pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.one_database]


@pytest.fixture
def chromium() -> Iterator[Browser]:
    """Return the browser of this machine."""
    with started() as browser:
        yield browser


def page_of(chromium: Browser, server: Any, user: User, width: int) -> Page:
    """Return a fresh page of somebody who is signed in."""
    context = chromium.new_context(viewport={"width": width, "height": 844}, locale="zh-CN", base_url=server.url)
    cookies = [{"name": morsel.key, "value": morsel.value, "url": server.url} for morsel in signed_in(user).cookies.values()]
    context.add_cookies(cookies)  # type: ignore[arg-type]
    return context.new_page()


def is_clean(page: Page, name: str = "") -> None:
    """Hold a page against axe, and against being wider than the screen; keep a picture of a named one where one was asked for."""
    folder, size = os.environ.get("SCREENSHOTS"), page.viewport_size
    if folder and name and size:
        page.screenshot(path=Path(folder) / f"{name}-{size['width']}.png", full_page=True)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), page.url


@pytest.mark.parametrize("width", WIDTHS)
def test_an_officer_changes_a_standard(width: int, chromium: Browser, live_server: Any, office: Office) -> None:
    """From the list of values that are not set to the signature of the second person; a wrong entry on the way."""
    officer, approver = (page_of(chromium, live_server, user, width) for user in (office.officer, office.approver))
    officer.goto("/desk/")
    officer.get_by_role("link", name="政策", exact=True).click()
    is_clean(officer)
    for tab in ("读法", "还没定的值", "试算", "取值和签署"):
        officer.get_by_role("link", name=tab, exact=True).click()
        is_clean(officer)
    officer.get_by_role("link", name="录入取值").click()
    officer.get_by_label("所设项目").fill("dibao_standart")
    officer.get_by_label("取值").fill("{urban: 850, rural: 600}")
    officer.get_by_label("从哪天起").fill("2024-07-01")
    officer.get_by_label("文号").fill("示例文〔2024〕1号")
    officer.get_by_label("来源").fill("虚构")
    officer.get_by_role("button", name="录入").click()
    assert "是不是 dibao_standard" in officer.inner_text("main")
    is_clean(officer, "value-mistake")
    officer.get_by_label("所设项目").fill("dibao_standard")
    officer.get_by_role("button", name="录入").click()
    assert "请附上文件的扫描件" in officer.inner_text("main")
    officer.get_by_label("文件扫描件").set_input_files({"name": "关于调整城乡低保标准的通知（盖章件）.png", "mimeType": "", "buffer": photo()})
    officer.get_by_role("button", name="录入").click()
    officer.get_by_role("button", name="试算").click()
    is_clean(officer)
    run_job(WhatIfRun.objects.get().job_id or 0)
    approver.goto(officer.url)
    assert "增加 1" in approver.inner_text("main")
    is_clean(approver, "value-to-sign")
    approver.get_by_label("决定").select_option("sign")
    approver.get_by_role("button", name="提交").click()
    assert "请先打开扫描件" in approver.inner_text("main")
    is_clean(approver, "value-unread")
    with approver.expect_popup() as opened:
        approver.get_by_role("link", name="扫描件：").click()
    assert opened.value.url.endswith("/scan/")
    approver.get_by_label("我看过扫描件").check()
    approver.get_by_role("button", name="提交").click()
    assert "已签署，到日生效" in approver.inner_text("main")
    assert office.amount(dt.date(2024, 7, 1)) == "700"
    officer.goto(f"/desk/policy/d/{CODE}/values/")
    is_clean(officer, "values")
    officer.goto(f"/desk/policy/whatif/{WhatIfRun.objects.get().pk}/")
    is_clean(officer)
    officer.goto(f"/desk/policy/d/{CODE}/rules/dibao_payment/")
    officer.locator("summary", has_text="城市两口人").first.click()
    is_clean(officer)


@pytest.mark.parametrize("width", WIDTHS)
def test_findings_and_tokens_are_clean(width: int, chromium: Browser, live_server: Any, office: Office) -> None:
    """The findings with a row, and empty; the tokens of the security administrator with the form open; a role that may not."""
    with acting_as(system_actor("夜间测算")):
        asked = ask_nightly(office.district, dt.date(2024, 6, 30))
    run_job(asked.pk)
    page = page_of(chromium, live_server, office.world.users["foreign"], width)
    page.goto("/desk/nightly/")
    assert office.family.household.number in page.inner_text("main")
    page.locator("summary", has_text="导出 Excel").click()
    is_clean(page, "findings")
    with page.expect_download() as got:
        page.get_by_label("理由").fill("入户核对")
        page.get_by_role("button", name="导出", exact=True).click()
    assert got.value.suggested_filename.startswith("政策找人-")
    page.goto("/desk/nightly/?finding=ended")
    assert "没有符合筛选的线索" in page.inner_text("main")
    is_clean(page)
    admin = page_of(chromium, live_server, office.world.users["security_admin"], width)
    admin.goto("/desk/admin/tokens/")
    admin.locator("summary").first.click()
    is_clean(admin)
    admin.goto("/desk/nightly/")
    is_clean(admin)
