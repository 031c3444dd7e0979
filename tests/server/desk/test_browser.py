"""Journeys of staff in a real browser, on a phone and on a desk; every page of the register's desk is clean for axe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as installed
from playwright.sync_api import Browser, Page, expect

from bangfu.server.audit.acting import acting_as, system_actor
from bangfu.server.demonstration.households import make_households
from bangfu.server.registry.models import Household
from tests.server.assessment.conftest import Family
from tests.server.conftest import World
from tests.server.portal.test_browser import WIDTHS, browser, open_page

__all__ = ["browser"]
pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.one_database]
NUMBER = "11010519491231002X"


def signed_in(browser: Browser, server: Any, world: World, who: str, width: int, **settings: Any) -> Page:
    """Return a page of somebody who is signed in."""
    page = open_page(browser, server, width, **settings)
    renew_session(page, server, world, who)
    return page


def renew_session(page: Page, server: Any, world: World, who: str) -> None:
    """Sign somebody in, as the login with its second factor does."""
    key = world.client(who).cookies[installed.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": installed.SESSION_COOKIE_NAME, "value": key, "url": server.url}])


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scripts", [True, False])
def test_a_worker_takes_in_a_household(width: int, scripts: bool, browser: Browser, live_server: Any, world: World, today: Any) -> None:
    """From the first page: who, a fault mended, the facts of the household and of each member, what to ask next, the page of the household."""
    page = signed_in(browser, live_server, world, "worker", width, scripts=scripts)
    page.goto("/desk/")
    page.get_by_role("link", name="登记一户").click()
    page.get_by_label("住址").fill("示例路 7 号")
    page.get_by_label("姓名").fill("欧阳建国")
    page.get_by_label("身份证号").fill("110105194912310021")
    page.get_by_role("button", name="再加一个人").click()
    second = page.get_by_role("group", name="第 2 人")
    second.get_by_label("姓名").fill("阿依古丽·买买提")
    second.get_by_label("与户主关系").select_option("spouse")
    second.get_by_label("出生日期").fill("1952-07-08")
    page.get_by_role("button", name="建档，接着填情况").last.click()
    assert page.get_by_text("校验码不对").first.is_visible()
    page.get_by_role("group", name="第 1 人").get_by_label("身份证号").fill(NUMBER)
    page.get_by_role("button", name="建档，接着填情况").last.click()
    assert page.get_by_role("heading", name="填写情况：全户").is_visible()
    page.get_by_role("group", name=re.compile("^城乡类别")).get_by_label("城市").check()
    page.get_by_role("button", name="保存并继续").click()
    assert page.get_by_role("heading", name="填写情况：欧阳建国").is_visible()
    disability = page.get_by_role("group", name=re.compile("^有残疾人证"))
    level = page.get_by_label(re.compile("^残疾等级"))
    assert not level.is_visible()
    disability.get_by_label("是", exact=True).check()
    assert level.is_visible()
    level.select_option("1")
    page.get_by_role("button", name="保存并继续").click()
    page.get_by_role("button", name="保存并继续").click()
    assert page.get_by_role("heading", name="填写情况：接着问").is_visible()
    page.get_by_role("button", name="保存", exact=True).last.click()
    assert page.get_by_role("heading", name="欧阳建国家").is_visible()
    assert page.get_by_role("heading", name="成员 2 人").is_visible()
    page.locator("summary", has_text="看全号").first.click()
    page.get_by_label("查看理由").first.fill("核对医保")
    page.get_by_role("button", name="查看", exact=True).first.click()
    assert page.get_by_text(NUMBER).is_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_back_and_reload_send_nothing_anew(width: int, browser: Browser, live_server: Any, world: World, today: Any) -> None:
    """After each button the page is one that was asked for, not sent to: what was typed and what is wrong are there again."""
    page = signed_in(browser, live_server, world, "worker", width)
    page.goto("/desk/households/new/")
    page.get_by_label("姓名").fill("欧阳建国")
    page.get_by_role("button", name="再加一个人").click()
    page.get_by_role("button", name="建档，接着填情况").last.click()
    expect(page.get_by_text("第 2 人：请填姓名")).to_be_visible()
    page.reload()
    expect(page.get_by_text("第 2 人：请填姓名")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("group", name="第 2 人")).to_be_visible()
    expect(page.get_by_label("姓名").first).to_have_value("欧阳建国")
    assert page.locator(".bf-errors").count() == 0


@pytest.mark.parametrize("width", WIDTHS)
def test_the_officer_of_another_district_sees_nothing(width: int, browser: Browser, live_server: Any, world: World, family: Family) -> None:
    """No row, no count, no page; by name, by number, by address."""
    known = family.household
    page = signed_in(browser, live_server, world, "foreign", width)
    page.goto("/desk/households/")
    assert page.get_by_text("您的辖区里还没有登记家庭").is_visible()
    page.get_by_label("姓名、拼音、住址或户编号").fill(known.number)
    page.get_by_role("button", name="查找").first.click()
    assert page.get_by_text("没有符合这些条件的家庭").is_visible()
    page.goto(f"/desk/households/{known.pk}/")
    assert page.get_by_role("heading", name="没有这一页").is_visible()
    assert known.number not in page.content()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_long_form_outlives_its_session(width: int, browser: Browser, live_server: Any, world: World, family: Family) -> None:
    """The session ends while somebody types; after the next login what was typed is there, and can be saved."""
    page = signed_in(browser, live_server, world, "worker", width)
    page.goto(f"/desk/households/{family.household.pk}/facts/")
    page.get_by_label(re.compile("^申请日期")).fill("2023-08-08")
    page.context.clear_cookies(name=installed.SESSION_COOKIE_NAME)
    page.get_by_role("button", name="保存", exact=True).last.click()
    assert "/accounts/login/" in page.url
    renew_session(page, live_server, world, "worker")
    page.goto("/desk/")
    page.get_by_role("link", name="填写情况").click()
    assert page.get_by_label(re.compile("^申请日期")).input_value() == "2023-08-08"
    page.get_by_role("button", name="保存", exact=True).last.click()
    assert page.get_by_text("已保存 1 项").is_visible()


def every_page(page: Page, household: int) -> Iterator[str]:
    """Yield the name of each page as it stands open: full, empty, faulty, forbidden, not there."""
    home = f"/desk/households/{household}/"
    for address in ("/desk/", "/desk/households/", "/desk/households/?q=zzz", "/desk/households/?age=ancient", "/desk/households/?age=old&conflict=1", home,
                    f"{home}facts/", f"{home}facts/?of=next", f"{home}items/", f"{home}items/record/", f"{home}members/new/", f"/desk/register/households/{household}/changes/", "/desk/households/new/", "/desk/households/999999/", "/desk/admin/users/"):  # fmt: skip
        page.goto(address)
        for summary in page.locator("main summary:visible").all()[:8]:
            summary.click()
        yield address
    page.goto("/desk/households/new/")
    page.get_by_label("身份证号" if page.locator("html[lang=zh-CN]").count() else "ID number").fill("1")
    page.locator("main form .btn-primary").click()
    yield "new, with faults"
    page.goto(f"{home}facts/")
    page.locator("main input[inputmode=decimal]").first.evaluate("field => field.value = 'x'")
    page.locator("main form .btn-primary").first.click()
    yield "facts, with faults"
    page.goto(f"{home}items/record/")
    page.locator("main form .btn-primary").click()
    yield "record, with faults"


@pytest.mark.parametrize(("width", "language", "large"), [(390, "zh-hans", False), (390, "en", True), (1280, "zh-hans", False)])
def test_every_page_is_clean_for_axe_and_fits_its_width(width: int, language: str, large: bool, browser: Browser, live_server: Any, world: World, today: Any) -> None:
    """WCAG 2.2 AA as far as a machine can tell; nothing to scroll sideways; buttons large enough; no error in the console but of our own answers."""
    page = signed_in(browser, live_server, world, "district_officer", width, language=language, large=large)
    with acting_as(system_actor("演示")):
        make_households(world.areas["武昌区"], 30)
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" and "the server responded with a status of 4" not in message.text else None)
    household = Household.objects.filter(items__entity="record").first() or Household.objects.first()
    assert household is not None
    looked = 0
    for name in every_page(page, household.pk):
        found = Axe().run(page).response["violations"]
        assert found == [], (name, [(v["id"], v["nodes"][0]["html"]) for v in found])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        small = page.evaluate("[...document.querySelectorAll('main button, main .btn')].filter(e => e.offsetParent && !e.matches('.visually-hidden') && e.getBoundingClientRect().height < 47.5).map(e => e.outerHTML)")
        assert small == [], name
        looked += 1
    assert looked >= 18
    assert errors == []
