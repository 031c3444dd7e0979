"""Journeys in a real browser, on a phone and on a desk, with and without scripts; every page is clean for axe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.server.chromium import started

PLACE = "honghuagang"
WIDTHS = (390, 1280)
pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.one_database]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return the browser of this machine."""
    with started() as browser:
        yield browser


def open_page(browser: Browser, server: Any, width: int, *, scripts: bool = True, language: str = "zh-hans", large: bool = False) -> Page:
    """Return a fresh page, as a visitor with these settings sees it."""
    context = browser.new_context(
        viewport={"width": width, "height": 844}, locale="zh-CN", timezone_id="Asia/Shanghai", base_url=server.url, java_script_enabled=scripts
    )  # fmt: skip
    cookies = {"django_language": language, "large": "1" if large else "0"}
    context.add_cookies([{"name": name, "value": value, "url": server.url} for name, value in cookies.items()])
    return context.new_page()


def answer(page: Page) -> None:
    """Answer the question on the page with the first of its choices, or with a woman of 1949."""
    for fieldset in page.locator("main fieldset").all():
        choices, boxes = fieldset.locator("input[type=radio]"), fieldset.locator("input[type=checkbox]")
        if choices.count():
            choices.first.check()
        elif boxes.count():
            boxes.first.check()
        else:
            for field, text in zip(fieldset.locator("input").all(), ("1949", "3", "8"), strict=True):
                field.fill(text)
    for field in page.locator("main .bf-with-unit input").all():
        field.fill("600")
    page.locator("button[name=go]").click()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scripts", [True, False])
def test_a_resident_finds_what_she_can_get_and_prints_it(width: int, scripts: bool, browser: Browser, live_server: Any) -> None:
    """Place, people, eight questions, the result, the PDF; on the way a wrong entry, back, and a changed answer."""
    page = open_page(browser, live_server, width, scripts=scripts)
    page.goto("/")
    page.get_by_role("link", name="红花岗区").click()
    page.get_by_role("link", name="开始自查").click()
    page.get_by_role("link", name="开始", exact=True).click()
    page.get_by_role("button", name="加一个人").click()
    page.get_by_label("第 2 人", exact=True).fill("老伴")
    page.get_by_role("button", name="就这些人，继续").click()
    page.get_by_role("button", name="继续").click()
    assert page.locator(".bf-errors a").first.get_attribute("href") == "#f0-y"
    for _ in range(8):
        answer(page)
    page.get_by_role("link", name="← 上一题").click()
    assert page.locator("main input:checked").count() or page.locator("main input[value]").count()
    page.get_by_role("button", name="不清楚").click()
    page.get_by_role("link", name="看或改我的回答").click()
    page.get_by_role("link", name=re.compile("改 ?出生日期是哪一天")).click()
    page.locator("#f0-y").fill("1950")
    page.get_by_role("button", name="继续").click()
    assert page.get_by_text("本人：1950-03-08").is_visible()
    page.get_by_role("link", name="看现在的结果").click()
    assert page.get_by_role("heading", name="看来可以享受").is_visible()
    assert page.locator("article.bf-card").count() > 0
    printed = page.context.request.get(f"/p/{PLACE}/check/result.pdf")
    assert printed.headers["content-type"] == "application/pdf"
    assert printed.body().startswith(b"%PDF")
    page.get_by_role("button", name="清除我的回答").click()
    assert page.get_by_role("heading", name="已清除").is_visible()


def test_a_family_of_four_is_through_in_three_minutes(browser: Browser, live_server: Any) -> None:
    """From the first page to the printed result on a phone: at five seconds a page, three minutes are 36 pages."""
    page = open_page(browser, live_server, 390)
    shown: list[str] = []
    page.on("load", lambda now: shown.append(now.url))
    page.goto("/")
    page.get_by_role("link", name="红花岗区").click()
    page.get_by_role("link", name="开始自查").click()
    page.get_by_role("link", name="开始", exact=True).click()
    for name in ("老伴", "儿子", "孙女"):
        page.get_by_role("button", name="加一个人").click()
        page.locator("input[name=name]").last.fill(name)
    page.get_by_role("button", name="就这些人，继续").click()
    while "/result/" not in page.url:
        assert len(shown) < 36, shown
        for fieldset, born in zip(page.locator("main fieldset").all(), ("1951", "1952", "1978", "2009"), strict=False):
            choices = fieldset.locator("input[type=radio], input[type=checkbox]")
            if choices.count():
                choices.last.check()
                continue
            for field, text in zip(fieldset.locator("input").all(), (born, "3", "8"), strict=True):
                field.fill(text)
        for field in page.locator("main .bf-with-unit input").all():
            field.fill("0")
        page.locator("button[name=go]").click()
    assert page.get_by_role("heading", name="自查结果").is_visible()
    printed = page.context.request.get(page.get_by_role("link", name="下载或打印（PDF）").get_attribute("href") or "")
    assert printed.body().startswith(b"%PDF")
    assert len(shown) > 15


@pytest.mark.parametrize("width", WIDTHS)
def test_a_resident_searches_in_her_own_words(width: int, browser: Browser, live_server: Any) -> None:
    """轮椅 leads to the page of the measure."""
    page = open_page(browser, live_server, width)
    page.goto("/p/wuchang/")
    page.get_by_label("用自己的话找").fill("轮椅")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="机动轮椅车燃油补贴").click()
    assert page.get_by_role("heading", name="谁能得到").is_visible()
    assert page.get_by_text("这份文件已于 2024-10-07 到期").is_visible()


def test_a_resident_comes_back_with_a_code_from_another_browser(browser: Browser, live_server: Any) -> None:
    """The answers are there again."""
    page = open_page(browser, live_server, 390)
    page.goto(f"/p/{PLACE}/check/people/")
    page.get_by_role("button", name="就这些人，继续").click()
    answer(page)
    page.goto(f"/p/{PLACE}/check/keep/")
    page.get_by_label("您身份证号的最后四位").fill("123X")
    page.get_by_role("button", name="保存并给我回访码").click()
    code = page.locator(".bf-code").inner_text()
    other = open_page(browser, live_server, 390)
    other.goto(f"/p/{PLACE}/check/open/")
    other.get_by_label("回访码").fill(code)
    other.get_by_label("身份证号的最后四位").fill("123x")
    other.get_by_role("button", name="打开", exact=True).click()
    assert other.get_by_role("heading", name="我的回答").is_visible()
    assert other.locator(".bf-answers > div").count() == 2


def test_the_keyboard_is_enough(browser: Browser, live_server: Any) -> None:
    """Skip link, choices by space, Enter goes on."""
    page = open_page(browser, live_server, 390)
    page.goto(f"/p/{PLACE}/check/people/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "bf-skip"
    page.locator("#name-1").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/check/1/")
    page.goto(f"/p/{PLACE}/check/ask/fact/birth_date/P1/")
    page.locator("#f0-y").focus()
    for text in ("1949", "3", "8"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/check/2/")
    page.locator("main input:visible").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**/check/3/")


def every_page(page: Page) -> Iterator[str]:
    """Yield the name of each page of the portal as it stands open."""
    for address in ("/", f"/p/{PLACE}/", "/p/wuchang/", f"/p/{PLACE}/help/", f"/p/{PLACE}/help/?q=zzz", "/p/wuchang/help/?event=disabled", "/p/wuchang/help/wheelchair_fuel/", f"/p/{PLACE}/help/dibao_payment/", "/nothing/",
                    f"/p/{PLACE}/check/", f"/p/{PLACE}/check/result/", f"/p/{PLACE}/check/open/", f"/p/{PLACE}/check/cleared/", f"/p/{PLACE}/check/people/"):  # fmt: skip
        page.goto(address)
        yield address
    page.locator("button[name=add]").click()
    yield "people, one more"
    page.locator("button.btn-primary[name=go]").click()
    page.locator("button[name=go]").click()
    yield "a question with a fault"
    kinds = set()
    for number in range(1, 30):
        kind = page.locator("main form").locator("input:visible, select:visible").first.evaluate("field => field.type")
        if kind not in kinds:
            kinds.add(kind)
            yield f"question {number} ({kind})"
        if len(kinds) > 2 or page.locator("button[name=unsure]").count() == 0:
            break
        answer(page)
    assert {"text", "checkbox", "radio"} <= kinds
    for name in ("answers", "result", "result/not", "keep"):
        page.goto(f"/p/{PLACE}/check/{name}/")
        for summary in page.locator("summary").all()[:3]:
            summary.click()
        yield name
    page.locator("#last_four").fill("1234")
    page.locator("main form button").first.click()
    yield "the code"


@pytest.mark.parametrize(("width", "language", "large"), [(390, "zh-hans", False), (390, "zh-hans", True), (390, "en", True), (1280, "en", False)])
def test_every_page_is_clean_for_axe_and_fits_its_width(width: int, language: str, large: bool, browser: Browser, live_server: Any) -> None:
    """WCAG 2.2 AA as far as a machine can tell; nothing to scroll sideways; no error in the console but of our own answers."""
    page = open_page(browser, live_server, width, language=language, large=large)
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" and "the server responded with a status of 4" not in message.text else None)
    looked = 0
    for name in every_page(page):
        found = Axe().run(page).response["violations"]
        assert found == [], (name, [(v["id"], v["nodes"][0]["html"]) for v in found])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        small = page.evaluate("[...document.querySelectorAll('main button, main .btn, main .bf-choice')].filter(e => e.offsetParent && !e.matches('.visually-hidden') && e.getBoundingClientRect().height < 47.5).map(e => e.outerHTML)")
        assert small == [], name
        looked += 1
    assert looked > 20
    assert errors == []
