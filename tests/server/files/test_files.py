"""Documents: typed by content, bounded, stripped, kept under random names, undone without a row."""

from __future__ import annotations

import datetime as dt
import io
import os
import zipfile

import pytest
from django.core.files.storage import default_storage
from openpyxl import Workbook
from PIL import Image

from bangfu.server.audit.acting import acting_as, actor_of
from bangfu.server.audit.models import Entry
from bangfu.server.files import actions
from bangfu.server.files.kinds import EXCEL, PDF, SIZE_MOST, FileRefusedError, sniff
from bangfu.server.files.models import StoredFile
from tests.server.conftest import World

OWNER = actions.Owner(1, 420106001001)


def picture(form: str = "JPEG", size: tuple[int, int] = (900, 600), exif: bytes = b"") -> bytes:
    """Return a picture, perhaps with camera data."""
    made = io.BytesIO()
    Image.new("RGB", size, "#c03").save(made, form, **({"exif": exif} if exif else {}))
    return made.getvalue()


def located() -> bytes:
    """Return camera data that tells a maker and a place."""
    data = Image.Exif()
    data[0x010F] = "SecretMaker"
    data.get_ifd(0x8825)[1] = "N"
    return data.tobytes()


def packed(members: dict[str, bytes]) -> bytes:
    """Return an archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def workbook() -> bytes:
    """Return an Excel file."""
    made = io.BytesIO()
    Workbook().save(made)
    return made.getvalue()


@pytest.mark.parametrize(("content", "kind"), [(picture(), "image/jpeg"), (picture("PNG"), "image/png"), (picture("WEBP"), "image/webp"), (b"%PDF-1.7 x", PDF), (workbook(), EXCEL)])
def test_what_a_file_is(content: bytes, kind: str) -> None:
    """Told from the content alone; pictures get a small one."""
    found = sniff(content)
    assert found.kind == kind
    assert bool(found.thumbnail) == kind.startswith("image/")


REFUSED = {
    "empty": (b"", "空的"),
    "exe named jpg": (b"MZ\x90\0\3" + b"\0" * 500, "内容不是可以上传的类型"),
    "html": (b"<html><script>alert(1)</script></html>", "内容不是"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', "内容不是"),
    "text": (b"hello", "内容不是"),
    "gif": (picture("GIF"), "内容不是"),
    "cut short": (picture()[:400], "损坏"),
    "only the head of a picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 99, "损坏"),
    "zip": (packed({"a.txt": b"x"}), "压缩包"),
    "zip bomb": (packed({f"xl/{n}": b"\0" * 9_000_000 for n in range(24)} | {"xl/workbook.xml": b"x"}), "展开后过大"),
    "macro": (packed({"word/document.xml": b"x", "word/vbaProject.bin": b"x"}), "宏"),
    "broken zip": (b"PK\x03\x04" + b"\0" * 99, "损坏"),
    "too large": (b"%PDF-" + b"\0" * SIZE_MOST, "超过 20 MB"),
    "picture bomb": (picture("PNG", (9000, 9000)), "像素"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    """With the reason, and what may be sent instead."""
    content, why = REFUSED[name]
    with pytest.raises(FileRefusedError) as error:
        sniff(content)
    assert why in error.value.zh


def test_the_small_picture_tells_no_place() -> None:
    """Camera data of the photo stays out of what lists show."""
    whole = picture(exif=located())
    assert b"SecretMaker" in whole
    small = Image.open(io.BytesIO(sniff(whole).thumbnail))
    assert (small.size, dict(small.getexif())) == ((320, 213), {})
    assert b"SecretMaker" not in sniff(whole).thumbnail


def test_a_stored_file(world: World) -> None:
    """A random name, the ending of its content, one entry; the same again is one file; withdrawing leaves the bytes."""
    with acting_as(actor_of(world.users["worker"])):
        first = actions.store(OWNER, "../../病历\u202egpj.exe", picture(), "diagnosis")
        again = actions.store(OWNER, "b.jpg", picture(), "diagnosis")
        actions.withdraw(first, "传错了")
        actions.withdraw(first, "传错了")
    assert (again.pk, first.name) == (first.pk, "病历gpj.jpg")
    with default_storage.open(first.path) as kept:
        assert kept.read() == picture()
    assert "病历" not in first.path
    assert list(Entry.objects.order_by("pk").filter(action__startswith="file").values_list("action", "reason")) == [("file.added", ""), ("file.withdrawn", "传错了")]


@pytest.mark.parametrize(("given", "shown"), [("a.jpg", "a.pdf"), ("C:\\x\\证.exe", "证.pdf"), ("..", "文件.pdf"), ("", "文件.pdf"), ("x" * 300, "x" * 116 + ".pdf"), ("a\r\nb.pdf", "ab.pdf")])
def test_names_are_harmless(given: str, shown: str) -> None:
    """No folder, no control character, the ending of the content."""
    assert actions.plain_name(given, ".pdf") == shown


def test_strays_are_deleted_after_a_day(world: World) -> None:
    """Bytes of an undone transaction have no row; those of rows stay."""

    def undone() -> None:
        with acting_as(actor_of(world.users["worker"])):
            actions.store(OWNER, "a.pdf", b"%PDF-1 undone")
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        undone()
    with acting_as(actor_of(world.users["worker"])):
        kept = actions.store(OWNER, "b.jpg", picture())
    assert actions.delete_stray_documents() == 0
    old = dt.datetime(2020, 1, 1, tzinfo=dt.UTC).timestamp()
    paths = list(actions._paths(actions.FOLDER))
    for path in paths:
        os.utime(default_storage.path(path), (old, old))
    assert actions.delete_stray_documents() == len(paths) - 2
    assert set(actions._paths(actions.FOLDER)) == {kept.path, kept.thumbnail}
    assert StoredFile.objects.count() == 1
