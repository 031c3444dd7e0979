"""The register's screens in a real browser: on a phone without scripts, on a desk with them; every page is clean for axe."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from bangfu.server.audit.acting import acting_as, actor_of
from bangfu.server.calendar import clock
from bangfu.server.files.actions import Owner, store
from bangfu.server.jobs import running
from bangfu.server.jobs.models import Job
from bangfu.server.registry.actions import NewPerson, Provenance, Statement, add_person, open_household, state_facts
from bangfu.server.registry.change_actions import close
from bangfu.server.registry.duplicate_actions import see_elsewhere
from bangfu.server.registry.enums import KeptKind, Purpose, RequestKind, Source
from bangfu.server.registry.export_actions import KEPT, Wish, ask as ask_export
from bangfu.server.registry.export_models import ExportRun
from bangfu.server.registry.import_models import ImportRun
from bangfu.server.registry.models import Household, Person
from bangfu.server.registry.rights_actions import Asked, ask, give_consent, hold, set_period
from tests.server.conftest import World
from tests.server.files.test_files import picture
from tests.server.portal.test_browser import browser, open_page
from tests.server.registry.conftest import DAY
from tests.server.registry.ledgers import ledger
from tests.server.registry.test_duplicates import search
from tests.server.registry.test_import import HOMES, OTHERS, PEOPLE

__all__ = ["browser"]
WIDTHS = (390, 1280)
pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.one_database]
LONG = "欧阳司徒锦绣"


def signed_in(browser: Browser, server: Any, width: int, world: World, who: str, **more: Any) -> Page:
    """Return a page of somebody who is signed in."""
    page = open_page(browser, server, width, **more)
    cookie = world.client(who).cookies["sessionid"]
    page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": server.url}])
    return page


def look(page: Page, name: str, width: int) -> None:
    """Hold a page against axe and the width of the screen; keep a picture where one was asked for."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} is wider than {width}"


def clean(page: Page) -> None:
    """Fail on anything that axe finds."""
    found = Axe().run(page)
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"


@pytest.mark.parametrize("width", WIDTHS)
def test_a_ledger_with_faults(width: int, browser: Browser, live_server: Any, world: World, tmp_path: Path) -> None:
    """A street officer uploads, reads what is wrong by row and column, imports the rest and sees the result."""
    content = ledger(tmp_path, [*HOMES, {"id": "H3", "area_code": "420106001001", "residence": "火星"}, {"id": "H4", "area_code": "520302001001"}], [*PEOPLE, {"of": "H3", "id": "P4", "name": LONG, "wage_income": "很多"}], OTHERS)
    page = signed_in(browser, live_server, width, world, "street", scripts=width == 1280)
    page.goto("/desk/register/imports/")
    look(page, "imports", width)
    page.get_by_label("Excel 台账").set_input_files({"name": "九月台账.xlsx", "mimeType": "", "buffer": content})
    page.get_by_label("台账日期").fill("2023-09-20")
    page.get_by_role("button", name="上传并核对").click()
    page.get_by_text("正在逐格核对").wait_for()
    look(page, "import-checking", width)
    run = ImportRun.objects.get()
    running.run(run.check_job or 0)
    page.get_by_role("link", name="刷新进度").click()
    look(page, "import-report", width)
    if width == 1280:
        clean(page)
    assert "没有“火星”这一项" in page.inner_text("main")
    page.get_by_role("button", name="导入没有错误的 2 户").click()
    run.refresh_from_db()
    running.run(run.import_job or 0)
    page.get_by_role("link", name="刷新进度").click()
    look(page, "import-result", width)
    if width == 1280:
        clean(page)
    assert "新建 2 户" in page.inner_text("main")
    assert Household.objects.count() == 2


def fill(world: World) -> dict[str, int]:
    """Make one of everything that the pages show; return what they are called."""
    with acting_as(actor_of(world.users["district_officer"])):
        home = open_household(world.areas["柴东社区"], "铁机路1号2栋3单元501室", DAY)
        person = add_person(home, NewPerson(LONG, "self", "11010519491231002X", dt.date(1949, 12, 31), "6222020200112233445"), DAY)
        twin_home = open_household(world.areas["三角路社区"], "三角路8号", DAY)
        twin = add_person(twin_home, NewPerson(LONG, "self", "", dt.date(1949, 12, 31)), DAY)
        state_facts(home, [Statement("pension_income", 1234567, person), Statement("works", False, person), Statement("has_disability", True, person), Statement("residence", "urban")], Provenance(Source.VERIFIED, "入户"))
        state_facts(twin_home, [Statement("works", True, twin)], Provenance(Source.DECLARED))
        store(Owner(home.pk, home.area_code, person.pk), "病历首页.jpg", picture(), "diagnosis")
        store(Owner(home.pk, home.area_code), "申请书.pdf", b"%PDF-1.4 x", "application_form")
        give_consent(person, Purpose.CHECKING, DAY)
        asked = ask(person, Asked(RequestKind.COPY, DAY, LONG, "本人", "当面看身份证", "要一份全部登记信息的复制件"))
        see_elsewhere(person.pk, 420106002001, LONG, "三角路9号", DAY)
        set_period(world.areas["武昌区"], KeptKind.HOUSEHOLD, 1, "示例：档案管理办法（虚构）")
        old = open_household(world.areas["铁机社区"], "和平大道1号", dt.date(2020, 1, 1))
        close(old, dt.date(2020, 2, 1), "迁出")
        hold(twin_home, "行政复议进行中（虚构）")
    search()
    from bangfu.server.registry.duplicate_models import DuplicatePair

    return {"home": home.pk, "person": person.pk, "pair": DuplicatePair.objects.get().pk, "request": asked.pk, "old": old.pk}


PAGES = {
    "duplicates": "duplicates/", "duplicate": "duplicates/{pair}/", "documents": "households/{home}/documents/", "rights": "people/{person}/rights/",
    "requests": "requests/", "request": "requests/{request}/", "retention": "retention/", "hold": "households/{old}/hold/", "export": "export/",
    "changes": "households/{home}/changes/", "split": "households/{home}/changes/split/", "merge": "households/{home}/changes/merge/",
}  # fmt: skip


def look_at_large_exports(page: Page, world: World, width: int) -> None:
    """Look at one that is written, one that is ready, one that failed and one that expired."""
    stages: list[dict[str, Any]] = [
        {}, {"path": "exports/aa/x.xlsx", "name": "武昌区台账-2026-11-30.zip", "size": 48_000_000, "finished_at": clock.now(), "expires_at": clock.now() + KEPT},
        {"job_id": None}, {"expires_at": clock.now(), "finished_at": clock.now()},
    ]  # fmt: skip
    with acting_as(actor_of(world.users["district_officer"])):
        for number, stage in enumerate(stages):
            run = ask_export(Wish(world.areas["武昌区"], "武昌区台账", list(range(120_000)), f"年度核查 {number}", True))
            Job.objects.filter(pk=run.job_id).update(done=41_500)
            ExportRun.objects.filter(pk=run.pk).update(**stage)
    for number, run in enumerate(ExportRun.objects.order_by("pk")):
        answer = page.goto(f"/desk/register/exports/{run.pk}/")
        assert answer is not None
        assert answer.ok
        look(page, f"export-run-{number}", width)
        clean(page)
    page.goto("/desk/register/export/")
    look(page, "export-list", width)
    clean(page)


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_is_clean(width: int, browser: Browser, live_server: Any, world: World) -> None:
    """Filled, in Chinese and in English, with a mistake, in large type; none is wider than the screen."""
    keys = fill(world)
    page = signed_in(browser, live_server, width, world, "district_officer")
    for name, address in PAGES.items():
        page.goto("/desk/register/" + address.format(**keys))
        look(page, name, width)
        clean(page)
    english = signed_in(browser, live_server, width, world, "district_officer", language="en", large=True)
    english.goto("/desk/register/" + PAGES["rights"].format(**keys))
    look(english, "rights-en", width)
    page.goto("/desk/register/" + PAGES["duplicate"].format(**keys))
    page.get_by_role("button", name="合为一人").click()
    look(page, "duplicate-mistake", width)
    clean(page)
    assert Person.objects.filter(merged_into=None).count() == 2
    look_at_large_exports(page, world, width)
    page.goto("/desk/register/export/")
    page.get_by_role("button", name="导出").click()
    look(page, "export-mistake", width)
    clean(page)
