"""What a file really is, told from its content: photos, PDF, Word, Excel. Its name and what the browser says do not count."""

from __future__ import annotations

import io
import warnings
import zipfile
from dataclasses import dataclass

import puremagic
from PIL import Image, ImageOps, UnidentifiedImageError

SIZE_MOST = 20 * 1024 * 1024
PIXELS_MOST = 60_000_000
UNPACKED_MOST = 200 * 1024 * 1024
MEMBERS_MOST = 5000
THUMBNAIL = (320, 320)
PDF = "application/pdf"
PHOTOS = {"image/jpeg": ("JPEG", ".jpg"), "image/png": ("PNG", ".png"), "image/webp": ("WEBP", ".webp")}
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OFFICE = {"word/document.xml": (WORD, ".docx"), "xl/workbook.xml": (EXCEL, ".xlsx")}
LABELS = {"image/jpeg": "照片", "image/png": "图片", "image/webp": "图片", PDF: "PDF", WORD: "Word", EXCEL: "Excel"}
SCANS = (PDF, "image/jpeg", "image/png")
ENDINGS = {PDF: ".pdf", **{kind: ending for kind, (_, ending) in PHOTOS.items()}, **dict(OFFICE.values())}
ACCEPTED_ZH = "可以上传照片（JPG、PNG、WebP）、PDF、Word（.docx）和 Excel（.xlsx）"
ACCEPTED_EN = "Photos (JPG, PNG, WebP), PDF, Word (.docx) and Excel (.xlsx) can be"


class FileRefusedError(Exception):
    """A file is not taken; ``zh`` and ``en`` say why and what to do."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What a file is: its media type, the ending that fits it, and a small picture without camera data (empty: none)."""

    kind: str
    ending: str
    thumbnail: bytes = b""


def sniff(content: bytes) -> Sniffed:
    """Return what a file is.

    Raises:
        FileRefusedError: It is empty, too large, of another kind, or packed to burst.
    """
    if not content:
        raise FileRefusedError("文件是空的，请重新选择", "the file is empty: choose another one")
    if len(content) > SIZE_MOST:
        raise FileRefusedError(f"文件超过 {SIZE_MOST // 1024 // 1024} MB，请压缩或分成几个后再传", f"the file is larger than {SIZE_MOST // 1024 // 1024} MB: compress or split it")
    kind = _media_type(content)
    if kind in PHOTOS:
        return _photo(content, kind)
    if kind == PDF:
        return Sniffed(PDF, ".pdf")
    if content[:4] == b"PK\x03\x04":
        return _office(content)
    raise FileRefusedError(f"这个文件的内容不是可以上传的类型（与扩展名无关）。{ACCEPTED_ZH}", f"what is in the file is of no kind that can be uploaded, whatever its name ends in. {ACCEPTED_EN}")


def sniff_scan(content: bytes) -> Sniffed:
    """Return what the scan of a document is.

    Raises:
        FileRefusedError: It is no PDF, JPG or PNG, or cannot be stored at all.
    """
    found = sniff(content)
    if found.kind not in SCANS:
        raise FileRefusedError("扫描件请用 PDF、JPG 或 PNG", "a scan is a PDF, JPG or PNG")
    return found


def _media_type(content: bytes) -> str:
    try:
        return str(puremagic.from_string(content, mime=True))
    except (puremagic.PureError, ValueError):
        return ""


def _photo(content: bytes, kind: str) -> Sniffed:
    """Decode the whole picture, so that one that only begins like a picture is refused, and make the small one anew."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=[PHOTOS[kind][0]])
            if picture.width * picture.height > PIXELS_MOST:
                raise FileRefusedError("照片的像素太多，请先缩小再传", "the photo has too many pixels: scale it down first")
            small = ImageOps.exif_transpose(picture)
            small.thumbnail(THUMBNAIL)
            made = io.BytesIO()
            small.convert("RGB").save(made, "JPEG", quality=80)  # pixels alone: no place, no camera, no day
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise FileRefusedError("照片已损坏，打不开，请重新拍摄或另存后再传", "the photo is damaged and cannot be opened: take it again, or save it anew") from None
    return Sniffed(kind, PHOTOS[kind][1], made.getvalue())


def _office(content: bytes) -> Sniffed:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            members = packed.infolist()
            if len(members) > MEMBERS_MOST or sum(m.file_size for m in members) > UNPACKED_MOST:
                raise FileRefusedError("文件展开后过大，已拒绝", "the file is too large once unpacked, and is refused")
            names = {m.filename for m in members}
    except (zipfile.BadZipFile, ValueError, OSError):
        raise FileRefusedError("文件已损坏，打不开", "the file is damaged and cannot be opened") from None
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise FileRefusedError("文件里有宏，请另存为不带宏的 .docx 或 .xlsx 再传", "the file holds macros: save it as .docx or .xlsx without them")
    for inside, (kind, ending) in OFFICE.items():
        if inside in names:
            return Sniffed(kind, ending)
    raise FileRefusedError(f"压缩包不能上传。{ACCEPTED_ZH}", f"archives cannot be uploaded. {ACCEPTED_EN}")
