"""Writes of documents and photos. The bytes lie under a random name in the private folder; the row says whose they are."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import transaction

from bangfu.server.audit.acting import current_actor
from bangfu.server.audit.actions import record
from bangfu.server.calendar import clock
from bangfu.server.files.kinds import SIZE_MOST, FileRefusedError, sniff
from bangfu.server.files.models import StoredFile

FOLDER = "documents"
NAME_MOST = 120
STRAY_AFTER = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose file it is: the household by number, the community's code, perhaps one person."""

    household_id: int
    area_code: int
    person_id: int | None = None


@transaction.atomic
def store(owner: Owner, name: str, content: bytes, word: str = "") -> StoredFile:
    """Keep a document or photo. The same content of the same household again gives the file that is there.

    Raises:
        FileRefusedError: It is too large, or not what may be stored (by its content).
    """
    found = sniff(content)
    digest = hashlib.sha256(content).hexdigest()
    there: StoredFile | None = StoredFile.objects.filter(household_id=owner.household_id, digest=digest, word=word, withdrawn=False).first()
    if there is not None:
        return there
    path = write_private(FOLDER, content)
    small = write_private(FOLDER, found.thumbnail) if found.thumbnail else ""
    made = StoredFile.objects.create(
        household_id=owner.household_id, area_code=owner.area_code, person_id=owner.person_id, name=plain_name(name, found.ending), word=word,
        kind=found.kind, size=len(content), digest=digest, path=path, thumbnail=small, added_at=clock.now(), added_by=current_actor().pk,
    )  # fmt: skip
    record("file.added", of=made, household_id=owner.household_id, area_code=owner.area_code, details={"kind": found.kind, "word": word, "size": len(content)})
    return made


def read_upload(upload: Any) -> bytes:
    """Return the bytes of an uploaded file, never more than may be stored.

    Raises:
        FileRefusedError: It is too large.
    """
    if upload.size > SIZE_MOST:
        raise FileRefusedError(f"文件超过 {SIZE_MOST // 1024 // 1024} MB，请压缩或分成几个后再传", f"the file is larger than {SIZE_MOST // 1024 // 1024} MB: compress or split it")
    content: bytes = upload.read()
    return content


def plain_name(name: str, ending: str) -> str:
    """Return a name to show and to save under: without folders and control characters, with the ending that fits."""
    stem = PurePosixPath(re.sub(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", "", name.replace("\\", "/"))).name
    stem = stem.rsplit(".", 1)[0].strip(" .") or "文件"
    return stem[: NAME_MOST - len(ending)] + ending


@transaction.atomic
def withdraw(file: StoredFile, reason: str) -> None:
    """Take a file back: it is listed as withdrawn and no longer opened. The bytes go when its period of keeping ends."""
    if StoredFile.objects.filter(pk=file.pk, withdrawn=False).update(withdrawn=True):
        record("file.withdrawn", of=file, household_id=file.household_id, area_code=file.area_code, reason=reason)


def carry_files(household_id: int, area_code: int) -> None:
    """Let the files of a household lie where it lies now, so that they are served through its scope."""
    StoredFile.objects.filter(household_id=household_id).update(area_code=area_code)


def write_private(folder: str, content: bytes, ending: str = "") -> str:
    """Write bytes under a random name in the private folder; return the name. Undone transactions leave strays behind."""
    name = secrets.token_hex(20) + ending
    return default_storage.save(f"{folder}/{name[:2]}/{name}", ContentFile(content))


def keep_private(folder: str, made: Path, ending: str) -> str:
    """Keep a file that was made elsewhere under a random name in the private folder, a piece at a time; return the name."""
    name = secrets.token_hex(20) + ending
    with made.open("rb") as opened:
        return default_storage.save(f"{folder}/{name[:2]}/{name}", File(opened))


def forget(path: str) -> None:
    """Delete the bytes of a name once the transaction is committed."""
    if path:
        transaction.on_commit(lambda: default_storage.delete(path))


def delete_strays(folder: str, known: set[str], now: dt.datetime) -> int:
    """Delete what lies in a folder for a day and no row knows of: left by undone transactions. Return how many."""
    gone = 0
    for path in _paths(folder):
        if path not in known and default_storage.get_modified_time(path) < now - STRAY_AFTER:
            default_storage.delete(path)
            gone += 1
    return gone


def delete_stray_documents() -> int:
    """Delete the strays among documents and photos."""
    known = {path for pair in StoredFile.objects.values_list("path", "thumbnail") for path in pair}
    return delete_strays(FOLDER, known, clock.moment())


def _paths(folder: str) -> Iterator[str]:
    if not default_storage.exists(folder):
        return
    inside, _ = default_storage.listdir(folder)
    for name in inside:
        yield from (f"{folder}/{name}/{file}" for file in default_storage.listdir(f"{folder}/{name}")[1])
