"""The register's screens as staff use them: they work, other roles are refused, bad input gets a sentence and 422."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bangfu.server.audit.models import Entry, Reading
from bangfu.server.files.models import StoredFile
from bangfu.server.jobs import running
from bangfu.server.registry.duplicate_models import DuplicatePair
from bangfu.server.registry.import_models import ImportRun
from bangfu.server.registry.models import CurrentFacts, Household, Person
from bangfu.server.registry.rights_models import Consent, Period, PersonRequest
from tests.server.conftest import World
from tests.server.files.test_files import picture
from tests.server.registry.conftest import NUMBER, born, named
from tests.server.registry.ledgers import id_number, ledger
from tests.server.registry.test_duplicates import search, twin
from tests.server.registry.test_import import HOMES, OTHERS, PEOPLE

__all__ = ["twin"]
REGISTER = "/desk/register/"
REFUSED_ROLES = ["approver", "finance", "policy_officer", "system_admin", "security_admin", "audit_admin"]


def said(response: Any) -> str:
    """Return what a page says."""
    text: str = response.content.decode()
    return text


def send_ledger(client: Client, world: World, content: bytes, **more: Any) -> Any:
    """Upload a ledger as a browser does."""
    form = {"area": world.areas["杨园街道"].pk, "taken_on": "2023-09-20", "source": "declared", "file": SimpleUploadedFile("台账.xlsx", content), **more}
    return client.post(f"{REGISTER}imports/", form)


def test_a_ledger_from_upload_to_result(world: World, tmp_path: Path) -> None:
    """Upload, progress, report with the faults, confirm (twice, by a double click), result."""
    client = world.client("street")
    content = ledger(tmp_path, [*HOMES, {"id": "H3", "area_code": "420106001001", "residence": "火星"}], [*PEOPLE, {"of": "H3", "id": "P4", "name": "甲"}], OTHERS)
    sent = send_ledger(client, world, content)
    assert sent.status_code == 302
    assert send_ledger(client, world, content).headers["Location"] == sent.headers["Location"]
    page = client.get(sent.headers["Location"])
    assert (page.headers["Refresh"], "正在逐格核对" in said(page)) == ("3", True)
    run = ImportRun.objects.get()
    running.run(run.check_job or 0)
    page = client.get(sent.headers["Location"])
    assert "Refresh" not in page.headers
    assert "导入没有错误的 2 户" in said(page)
    assert "没有“火星”这一项" in said(page)
    assert "<td>D</td><td>H3</td>" in said(page)
    for _ in range(2):
        assert client.post(f"{sent.headers['Location']}confirm/").status_code == 302
    run.refresh_from_db()
    assert "正在导入" in said(client.get(sent.headers["Location"]))
    running.run(run.import_job or 0)
    page = client.get(sent.headers["Location"])
    assert "新建 2 户，更新 0 户，没有变化 0 户" in said(page)
    assert "没有导入的户" in said(page)
    assert "已导入" in said(client.get(f"{REGISTER}imports/"))
    assert client.post(f"{sent.headers['Location']}drop/", follow=True).status_code == 200
    assert Household.objects.count() == 2


BAD_LEDGERS: dict[str, tuple[dict[str, Any], str]] = {
    "no file": ({"file": ""}, "Excel 台账"),
    "another ending": ({"file": SimpleUploadedFile("a.exe", b"MZ")}, "请选 .xlsx 文件"),
    "an exe named xlsx": ({"file": SimpleUploadedFile("a.xlsx", b"MZ\0\0")}, "请用模板填写"),
    "a day ahead": ({"taken_on": "2999-01-01"}, "不能晚于今天"),
    "no day": ({"taken_on": "昨天"}, "台账日期"),
    "another source": ({"source": "guessed"}, "来源"),
}


@pytest.mark.parametrize("name", BAD_LEDGERS)
def test_bad_uploads_are_told(name: str, world: World) -> None:
    """With a sentence, 422, and nothing kept."""
    given, why = BAD_LEDGERS[name]
    if hasattr(given.get("file"), "seek"):
        given["file"].seek(0)
    response = send_ledger(world.client("street"), world, b"PK", **given)
    assert (response.status_code, why in said(response)) == (422, True)
    assert ImportRun.objects.count() == 0


def test_an_area_outside_is_no_choice(world: World) -> None:
    """Not by a changed form either."""
    assert send_ledger(world.client("worker"), world, b"PK").status_code == 422


def test_other_roles_are_refused(world: World) -> None:
    """By the action, not by the address."""
    for role in REFUSED_ROLES:
        client = world.client(role)
        for page in ("imports/", "export/", "duplicates/", "requests/", "retention/"):
            assert client.get(REGISTER + page).status_code == 403, (role, page)


def test_the_template_opens_and_has_the_registers_columns(world: World) -> None:
    """The empty ledger of the district one works in."""
    response = world.client("worker").get(f"{REGISTER}imports/template/")
    book = openpyxl.load_workbook(io.BytesIO(response.content))
    assert [cell.value for cell in book["户"][2]][:3] == ["id", "area_code", "address"]
    assert [cell.value for cell in book["人员"][2]][:5] == ["of", "id", "name", "id_card", "card_number"]


def test_a_photo_of_a_household(world: World, family: Household) -> None:
    """Added, listed with its small picture, opened with a line in the read log, withdrawn with a reason, then gone."""
    client = world.client("worker")
    home = f"{REGISTER}households/{family.pk}/documents/"
    sent = client.post(f"{home}add/", {"file": SimpleUploadedFile("病历.exe", picture()), "word": "diagnosis", "person": str(named("欧阳明").pk)})
    assert sent.status_code == 302
    file = StoredFile.objects.get()
    page = said(client.get(home))
    assert "病历.jpg" in page
    assert "诊断证明 · 欧阳明" in page
    household = said(client.get(f"/desk/households/{family.pk}/"))
    assert "诊断证明" in household
    assert "diagnosis" not in household
    opened = client.get(f"{REGISTER}documents/{file.pk}/")
    assert (opened.content, opened.headers["Content-Type"], opened.headers["X-Content-Type-Options"]) == (picture(), "image/jpeg", "nosniff")
    assert "sandbox" in opened.headers["Content-Security-Policy"]
    assert client.get(f"{REGISTER}documents/{file.pk}/small/").headers["Content-Type"] == "image/jpeg"
    assert list(Reading.objects.order_by("pk").values_list("page", flat=True)) == ["documents", "household", "document"]
    assert client.post(f"{REGISTER}documents/{file.pk}/withdraw/", {}).status_code == 422
    assert client.post(f"{REGISTER}documents/{file.pk}/withdraw/", {"reason": "传错了"}).status_code == 302
    assert client.post(f"{REGISTER}documents/{file.pk}/withdraw/", {"reason": "传错了"}).status_code == 302
    assert client.get(f"{REGISTER}documents/{file.pk}/").status_code == 404
    assert "已撤回" in said(client.get(home))


@pytest.mark.parametrize(("name", "content", "why"), [("a.jpg", b"MZ\x90" + b"\0" * 99, "内容不是"), ("a.jpg", b"", "空"), ("a.jpg", b"\0" * (21 * 1024 * 1024), "20 MB")])
def test_a_file_that_is_none_is_refused(name: str, content: bytes, why: str, world: World, family: Household) -> None:
    """An .exe named .jpg, an empty file, one that is too large: 422, nothing kept."""
    response = world.client("worker").post(f"{REGISTER}households/{family.pk}/documents/add/", {"file": SimpleUploadedFile(name, content), "word": "", "person": ""})
    assert (response.status_code, why in said(response), StoredFile.objects.count()) == (422, True, 0)


def test_several_photos_at_once_or_none(world: World, family: Household) -> None:
    """All are kept; with one that is none of them is, and it is named."""
    client, home = world.client("worker"), f"{REGISTER}households/{family.pk}/documents/"
    good = [SimpleUploadedFile(f"{n}.jpg", picture(size=(90 + n, 60))) for n in range(3)]
    refused = client.post(f"{home}add/", {"file": [*good, SimpleUploadedFile("坏.jpg", b"MZ" + b"\0" * 99)], "word": "", "person": ""})
    assert (refused.status_code, "坏.jpg：" in said(refused), StoredFile.objects.count()) == (422, True, 0)
    for file in good:
        file.seek(0)
    assert client.post(f"{home}add/", {"file": good, "word": "", "person": ""}).status_code == 302
    assert StoredFile.objects.count() == 3


def test_an_auditor_reads_documents_and_adds_none(world: World, family: Household) -> None:
    """Seeing and writing are two rights."""
    client = world.client("auditor")
    assert client.get(f"{REGISTER}households/{family.pk}/documents/").status_code == 200
    assert client.post(f"{REGISTER}households/{family.pk}/documents/add/", {}).status_code == 403


def test_two_records_side_by_side(world: World, family: Household, twin: Household) -> None:
    """Both are shown; without an answer 422; told apart they are gone from the list."""
    search()
    client = world.client("district_officer")
    pair = DuplicatePair.objects.get()
    assert "三角路社区" in said(client.get(f"{REGISTER}duplicates/"))
    page = said(client.get(f"{REGISTER}duplicates/{pair.pk}/"))
    assert all(word in page for word in ("单小川", "三角路8号", "铁机路1号", "1980-05-01"))
    assert id_number(2, "19800501") not in page
    assert client.post(f"{REGISTER}duplicates/{pair.pk}/unite/", {"kept": "x"}).status_code == 422
    assert client.post(f"{REGISTER}duplicates/{pair.pk}/apart/", {"reason": ""}).status_code == 422
    assert client.post(f"{REGISTER}duplicates/{pair.pk}/apart/", {"reason": "查过"}).status_code == 302
    assert "可能刚刚处理过" in said(client.post(f"{REGISTER}duplicates/{pair.pk}/apart/", {"reason": "查过"}, follow=True))
    assert "没有待核对的" in said(client.get(f"{REGISTER}duplicates/"))


def test_two_records_become_one(world: World, family: Household, twin: Household) -> None:
    """The officer chooses record and household."""
    search()
    pair = DuplicatePair.objects.get()
    form = {"kept": str(pair.first_id), "home": str(family.pk), "reason": "户口簿核对"}
    assert world.client("district_officer").post(f"{REGISTER}duplicates/{pair.pk}/unite/", form).status_code == 302
    assert Person.objects.get(pk=pair.second_id).merged_into_id == pair.first_id


def test_a_street_sees_that_there_is_another_record_and_no_more(world: World, family: Household, twin: Household) -> None:
    """A count, no name, and the pair itself is not found."""
    search()
    client = world.client("street")
    page = said(client.get(f"{REGISTER}duplicates/"))
    assert "另有 1 人" in page
    assert "三角路" not in page
    assert client.get(f"{REGISTER}duplicates/{DuplicatePair.objects.get().pk}/").status_code == 404


def exported(client: Client, world: World, **more: Any) -> Any:
    """Return the workbook of an export."""
    response = client.post(f"{REGISTER}export/", {"area": world.areas["杨园街道"].pk, "reason": "九月核对", **more})
    assert response.status_code == 200, said(response)
    return openpyxl.load_workbook(io.BytesIO(response.content))


def test_an_export_is_marked_masked_and_harmless(world: World, family: Household) -> None:
    """Who, when and the number of the audit in each row and on each page; four digits of the ID; formulas are texts."""
    from bangfu.server.audit.acting import acting_as, actor_of

    with acting_as(actor_of(world.users["worker"])):
        Household.objects.filter(pk=family.pk).update(address='=HYPERLINK("http://x","点我")')
        Person.objects.filter(name="单大川").update(name="@SUM(1)")
    book = exported(world.client("street"), world)
    entry = Entry.objects.get(action="register.exported")
    mark = book["人员"].cell(3, book["人员"].max_column).value
    assert mark.startswith("李强 20")
    assert mark.endswith(f"导出 {entry.pk}")
    assert mark in book["户"].oddFooter.left.text
    cell = book["户"].cell(3, 3)
    assert (cell.value, cell.data_type, cell.quotePrefix) == ('=HYPERLINK("http://x","点我")', "s", True)
    assert book["人员"].cell(3, 4).value == "**************" + NUMBER[-4:]
    assert NUMBER not in str([[c.value for c in row] for row in book["人员"].rows])
    assert (entry.reason, entry.details["whole_numbers"]) == ("九月核对", False)


def test_whole_numbers_are_a_right_of_their_own(world: World, family: Household) -> None:
    """The street officer gets them for a reason; the auditor has no such choice."""
    assert exported(world.client("street"), world, whole="on")["人员"].cell(3, 4).value == NUMBER
    assert Entry.objects.get(action="register.exported").details["whole_numbers"] is True
    auditor = world.client("auditor")
    assert 'name="whole"' not in said(auditor.get(f"{REGISTER}export/"))
    assert exported(auditor, world, whole="on")["人员"].cell(3, 4).value != NUMBER


def test_an_export_without_reason_or_households_is_refused(world: World, family: Household) -> None:
    """422 with the sentence; nothing in the audit."""
    client = world.client("district_officer")
    for area, reason in (("杨园街道", ""), ("徐家棚街道", "看看")):
        assert client.post(f"{REGISTER}export/", {"area": world.areas[area].pk, "reason": reason}).status_code == 422
    assert not Entry.objects.filter(action="register.exported").exists()


def test_what_was_exported_can_be_imported(world: World, tmp_path: Path) -> None:
    """Masked numbers count as blank: the same facts, nobody new."""
    client = world.client("street")
    send_ledger(client, world, ledger(tmp_path, HOMES, PEOPLE, OTHERS))
    first = ImportRun.objects.get()
    running.run(first.check_job or 0)
    client.post(f"{REGISTER}imports/{first.pk}/confirm/")
    running.run(ImportRun.objects.get().import_job or 0)
    facts = list(CurrentFacts.objects.order_by("pk").values_list("facts", flat=True))
    made = io.BytesIO()
    exported(client, world).save(made)
    send_ledger(client, world, made.getvalue())
    second = ImportRun.objects.latest("pk")
    running.run(second.check_job or 0)
    second.refresh_from_db()
    assert (second.faults, second.report["changed"]) == ([], 2)
    client.post(f"{REGISTER}imports/{second.pk}/confirm/")
    running.run(ImportRun.objects.get(pk=second.pk).import_job or 0)
    second.refresh_from_db()
    assert (second.outcome["refused"], second.outcome["notes"]) == ([], [])
    assert list(CurrentFacts.objects.order_by("pk").values_list("facts", flat=True)) == facts
    assert Person.objects.count() == 3


def test_consent_of_a_child_is_the_guardians(world: World, family: Household) -> None:
    """Refused with the reason without one; taken with one; withdrawn with a reason."""
    client, child = world.client("worker"), named("单小川")
    born(world, child, dt.date(2012, 5, 1))
    form = {"purpose": "processing", "given_on": "2023-09-15", "guardian": "", "guardian_relation": ""}
    refused = client.post(f"{REGISTER}people/{child.pk}/consent/", form)
    assert (refused.status_code, "不满十四周岁" in said(refused)) == (422, True)
    assert client.post(f"{REGISTER}people/{child.pk}/consent/", {**form, "guardian": "单大川"}).status_code == 422
    assert client.post(f"{REGISTER}people/{child.pk}/consent/", {**form, "guardian": "单大川", "guardian_relation": "父亲"}).status_code == 302
    assert client.post(f"{REGISTER}people/{named('单大川').pk}/consent/", form).status_code == 302
    consent = Consent.objects.get(person=child)
    client.post(f"{REGISTER}consents/{consent.pk}/withdraw/", {"reason": "不再同意"})
    consent.refresh_from_db()
    assert (consent.until is not None, consent.why_ended) == (True, "不再同意")


def test_a_request_from_entry_to_answer(world: World, family: Household) -> None:
    """Without a period no deadline is made up; with one it counts from the day it was asked."""
    client, person = world.client("worker"), named("欧阳明")
    form = {"kind": "copy", "asked_on": "2023-09-15", "asked_by": "欧阳明", "relation": "本人", "checked_by": "当面看身份证", "details": ""}
    assert client.post(f"{REGISTER}people/{person.pk}/requests/", {**form, "asked_on": ""}).status_code == 422
    sent = client.post(f"{REGISTER}people/{person.pk}/requests/", form)
    assert "还没有登记答复期限" in said(client.get(sent.headers["Location"]))
    officer = world.client("district_officer")
    officer.post(f"{REGISTER}retention/period/", {"district": world.areas["武昌区"].pk, "kind": "answer", "number": 15, "instrument": "示例文件"})
    assert Period.objects.get().instrument == "示例文件"
    assert client.post(f"{REGISTER}people/{person.pk}/requests/", form).headers["Location"] == sent.headers["Location"]
    client.post(f"{REGISTER}people/{person.pk}/requests/", {**form, "kind": "access"})
    assert str(PersonRequest.objects.latest("pk").due_on) == "2023-09-30"
    copy = client.post(f"{REGISTER}people/{person.pk}/copy/", {"reason": "本人要求"})
    book = openpyxl.load_workbook(io.BytesIO(copy.content))
    assert book["基本信息"].cell(2, 1).value == "欧阳明"
    assert NUMBER not in str([[c.value for c in row] for sheet in book for row in sheet.rows])
    assert Entry.objects.get(action="person.copied").reason == "本人要求"
    answer = {"status": "done", "answer": "已给复制件"}
    pk = PersonRequest.objects.latest("pk").pk
    assert client.post(f"{REGISTER}requests/{pk}/answer/", answer).status_code == 302
    assert client.post(f"{REGISTER}requests/{pk}/answer/", answer).status_code == 422
    assert said(client.get(f"{REGISTER}requests/")).count("欧阳明") == 1
    assert said(client.get(f"{REGISTER}requests/?all=1")).count("欧阳明") == 2


def queries_of(client: Client, page: str) -> int:
    """Return how many queries a page asks."""
    with CaptureQueriesContext(connection) as caught:
        assert client.get(REGISTER + page).status_code == 200
    return len(caught)


def test_lists_ask_a_steady_number_of_queries(world: World, family: Household, twin: Household) -> None:
    """However long they are: with one row as with four."""
    from bangfu.server.audit.acting import acting_as, actor_of
    from bangfu.server.registry.actions import NewPerson, add_person, open_household
    from tests.server.registry.conftest import DAY
    from tests.server.registry.test_duplicates import BORN

    client, pages = world.client("district_officer"), ("duplicates/", "imports/", "requests/", "retention/")
    search()
    queries_of(client, "imports/")  # the first call of a session asks one more
    before = {page: queries_of(client, page) for page in pages}
    with acting_as(actor_of(world.users["district_officer"])):
        for name in ("铁机社区", "柴东社区"):
            add_person(open_household(world.areas[name], "", DAY), NewPerson("单小川", "self", "", BORN), DAY)
    search("b")
    assert DuplicatePair.objects.count() == 6
    assert {page: queries_of(client, page) for page in pages} == before
    assert max(before.values()) < 25
