"""The document that a value comes from: attached by who enters it, read by who signs it, served through scope, kept for good."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from bangfu.server.assessment import values
from bangfu.server.assessment.models import PolicyValue, ValueScan
from bangfu.server.assessment.scans import delete_stray_scans
from bangfu.server.assessment.values import NewValue, ValueRefusedError
from bangfu.server.audit.acting import acting_as, actor_of
from bangfu.server.audit.models import Entry, Reading
from bangfu.server.calendar import clock
from bangfu.server.files import actions as files
from tests.server.assessment.test_pages import CODE, browser, page
from tests.server.assessment.test_values import JULY, PUBLISHED, Office, office

__all__ = ["office"]
NEW = f"/desk/policy/d/{CODE}/values/new/"
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\n%%EOF\n"


def photo(kind: str = "PNG") -> bytes:
    """Return a made-up scan."""
    made = io.BytesIO()
    Image.new("RGB", (60, 80), "#eee").save(made, kind)
    return made.getvalue()


def sent(office: Office, content: bytes | None = PDF, name: str = "关于调整标准的通知.pdf", **more: Any) -> Any:
    """Enter a value in the browser with a scan."""
    said = {"kind": "value", "address": "dibao_standard", "value": "{urban: 850, rural: 600}", "since": "2024-07-01", "instrument": "示例文〔2024〕1号", "source": "虚构", **more}
    return browser(office.officer).post(NEW, said if content is None else {**said, "scan": SimpleUploadedFile(name, content)})


@pytest.mark.parametrize(("content", "name", "kind"), [(PDF, "通知.pdf", "application/pdf"), (photo(), "通知.exe", "image/png"), (photo("JPEG"), "../../通知", "image/jpeg")])
def test_a_scan_is_kept_with_its_value(content: bytes, name: str, kind: str, office: Office) -> None:
    """By its content, under a random name; the audit holds its hash; the list and the page lead to it."""
    assert sent(office, content, name).status_code == 302
    value = PolicyValue.objects.get()
    scan = value.scan
    assert scan is not None
    assert (scan.kind, scan.size, scan.digest) == (kind, len(content), hashlib.sha256(content).hexdigest())
    assert scan.name.startswith("通知.")
    assert "通知" not in scan.path
    told = Entry.objects.get(action="value.entered").details
    assert (told["scan"], told["scan_name"]) == (scan.digest, scan.name)
    link = f"/desk/policy/values/{value.pk}/scan/"
    assert link in page(browser(office.officer), f"/desk/policy/d/{CODE}/values/")
    assert link in page(browser(office.approver), f"/desk/policy/values/{value.pk}/")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"MZ\x90\x00 no document", "不是可以上传的类型"), (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "不是可以上传的类型"), (b"", "空"),
        (photo("WEBP"), "扫描件请用 PDF、JPG 或 PNG"), (photo()[:90], "照片已损坏"), (b"%PDF-" + b"0" * (20 * 1024 * 1024), "超过 20 MB"),
    ],
)  # fmt: skip
def test_what_is_no_scan_is_refused(content: bytes, said: str, office: Office) -> None:
    """With a sentence at the field; what was typed stays; nothing is entered."""
    answer = sent(office, content, "通知.pdf")
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "示例文〔2024〕1号" in answer.content.decode()
    assert not PolicyValue.objects.exists()
    assert not ValueScan.objects.exists()


@pytest.mark.parametrize(("published", "status"), [("", 422), ("示例网", 422), ("javascript:alert(1)", 422), (PUBLISHED, 302)])
def test_a_value_shows_its_document(published: str, status: int, office: Office) -> None:
    """A scan, or the address where it is published; production takes no value that shows neither."""
    answer = sent(office, None, published=published)
    assert answer.status_code == status
    if not published:
        assert "请附上文件的扫描件；文件已在网上公开的，也可以填网址" in answer.content.decode()
    assert PolicyValue.objects.filter(published=published).exists() is (status == 302)


def test_a_demonstration_asks_for_neither(office: Office, settings: Any) -> None:
    """Its values are made up."""
    settings.DEMO = True
    assert sent(office, None).status_code == 302
    assert "没有附扫描件，也没有网址" in page(browser(office.officer), f"/desk/policy/values/{PolicyValue.objects.get().pk}/")


def test_a_withdrawal_shows_its_document_too(office: Office) -> None:
    """It takes back what an office decided, by what an office decided."""
    value = office.enter()
    office.seen(value)
    office.sign(value)
    where = f"/desk/policy/values/{value.pk}/withdraw/"
    said = {"instrument": "示例文〔2024〕2号", "source": "虚构"}
    officer = browser(office.officer)
    assert officer.post(where, said).status_code == 422
    assert "照片已损坏" in officer.post(where, {**said, "scan": SimpleUploadedFile("a.png", photo()[:100])}).content.decode()
    assert officer.post(where, {**said, "scan": SimpleUploadedFile("a.png", photo())}).status_code == 302
    back = PolicyValue.objects.get(withdraws=value)
    assert back.scan is not None
    assert Entry.objects.get(action="value.withdrawal_entered").details["scan"] == back.scan.digest


def test_who_signs_has_read_it(office: Office) -> None:
    """The form asks; without the tick nobody signs; the signature covers the hash of what was read."""
    sent(office, photo(), "通知.png")
    value = PolicyValue.objects.get()
    seen = office.seen(value)
    where = f"/desk/policy/values/{value.pk}/"
    shown = page(browser(office.approver), where)
    assert "我看过扫描件，与取值一致" in shown
    assert f"{where}scan/small/" in shown
    digest = values.digest_of(value, seen)
    said = {"decision": "sign", "digest": digest}
    refused = browser(office.approver).post(f"{where}sign/", said)
    assert refused.status_code == 422
    assert "请先打开扫描件" in refused.content.decode()
    assert browser(office.approver).post(f"{where}sign/", {**said, "read_scan": "on"}).status_code == 302
    assert value.scan is not None
    with acting_as(actor_of(office.officer)):
        value.scan.digest = "0" * 64
    assert values.digest_of(value, seen) != digest


def test_a_refusal_needs_no_tick(office: Office) -> None:
    """Who sends a value back may do so because of its scan."""
    sent(office)
    value = PolicyValue.objects.get()
    seen = office.seen(value)
    said = {"decision": "refuse", "reason": "扫描件不清楚", "digest": values.digest_of(value, seen)}
    assert browser(office.approver).post(f"/desk/policy/values/{value.pk}/sign/", said).status_code == 302


def test_it_is_served_through_scope_and_that_is_written_down(office: Office) -> None:
    """Staff of the district open it; another district finds nothing; nothing in it can act."""
    sent(office, photo(), "通知.png")
    value = PolicyValue.objects.get()
    where = f"/desk/policy/values/{value.pk}/scan/"
    answer = browser(office.approver).get(where)
    assert answer.content == photo()
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert browser(office.approver).get(f"{where}small/")["Content-Type"] == "image/jpeg"
    assert Reading.objects.filter(page="policy.scan", area_code=office.district.low).count() == 1
    for address in (where, f"{where}small/"):
        assert browser(office.world.users["policy_officer"]).get(address).status_code == 404
    assert browser(office.officer).get(f"/desk/policy/values/{office.enter().pk}/scan/").status_code == 404


def test_the_same_entered_twice_is_one_another_scan_is_another_value(office: Office) -> None:
    """A double click keeps one file; a better scan is entered anew, and the second person sees which."""
    sent(office)
    sent(office)
    assert (PolicyValue.objects.count(), ValueScan.objects.count()) == (1, 1)
    sent(office, photo())
    assert (PolicyValue.objects.count(), ValueScan.objects.count()) == (2, 2)


def test_a_scan_of_a_refused_value_is_deleted(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in the folder without a row goes after a day; those of values stay."""
    sent(office)
    kept = ValueScan.objects.get().path
    stray = files.write_private("instruments", b"x")
    moment = clock.moment()
    monkeypatch.setattr(clock, "moment", lambda: moment + 2 * files.STRAY_AFTER)
    assert delete_stray_scans() >= 1
    assert default_storage.exists(kept)
    assert not default_storage.exists(stray)


def test_the_action_itself_refuses(office: Office) -> None:
    """Not only the form: whatever screen asks."""
    new = NewValue("value", "dibao_standard", "{urban: 850, rural: 600}", JULY, "示例文", "虚构")
    with acting_as(actor_of(office.officer)), pytest.raises(ValueRefusedError):
        values.propose(office.scope(office.officer, "policy.propose"), office.district, new)
