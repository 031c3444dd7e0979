"""Writes: keep answers under a new code, open or delete them, count guesses, forget what has expired."""

from __future__ import annotations

import datetime as dt
import hmac

from bangfu.rules.pack.model import Pack
from bangfu.server.audit.actions import record
from bangfu.server.calendar import clock
from bangfu.server.registry.identity import key_ring
from bangfu.server.selfcheck.codes import code_digest, new_code, whole_digest
from bangfu.server.selfcheck.models import Attempts, Kept
from bangfu.server.selfcheck.sealed import packed, unpacked
from bangfu.server.selfcheck.sitting import Sitting, as_data, from_data

KEPT_PURPOSE = "selfcheck.kept"
ATTEMPT_PURPOSE = "selfcheck.attempt"
KEPT_DAYS = 90
MOST_BY_CODE, MOST_BY_ADDRESS, MOST_KEPT = 5, 20, 10
"""Failed tries within an hour for one code and for one address; how often one address may keep within an hour."""


class TooManyTriesError(Exception):
    """Somebody tried too often within the hour."""


def keep(sitting: Sitting, last_four: str, address: str) -> tuple[str, dt.date]:
    """Keep a sitting; return the code, which is known to nobody else and to us never again, and until when.

    Raises:
        TooManyTriesError: This address kept too often within the hour.
    """
    _count(f"keep:{address}", MOST_KEPT)
    forget_expired()
    code, today = new_code(), clock.today()
    until = today + dt.timedelta(days=KEPT_DAYS)
    kept = Kept.objects.create(
        code_digest=code_digest(code), whole_digest=whole_digest(code, last_four), place=sitting.place,
        sealed=key_ring().seal(packed(as_data(sitting)), KEPT_PURPOSE), made_at=clock.now(), expires_on=until,
    )  # fmt: skip
    record("selfcheck.keep", of=kept, details={"place": sitting.place, "until": until.isoformat()})
    return code, until


def take_out(code: str | None, last_four: str | None, place: str, address: str) -> Kept | None:
    """Return what is kept under a code, or None: a wrong code, wrong last four and what has expired look alike.

    ``code`` and ``last_four`` are None where what was typed can be none; that too counts as a try.

    Raises:
        TooManyTriesError: The code, or the address, was tried too often within the hour.
    """
    keys = [(f"code:{code or ''}", MOST_BY_CODE), (f"address:{address}", MOST_BY_ADDRESS)]
    if any(_tries(key) >= most for key, most in keys):
        raise TooManyTriesError
    kept = Kept.objects.filter(code_digest=code_digest(code or ""), place=place, expires_on__gte=clock.today()).first()
    proof = whole_digest(code or "", last_four or "")
    # compared in any case, so that the time taken tells nothing
    fits = hmac.compare_digest(proof, kept.whole_digest if kept is not None else "0" * len(proof))
    if kept is None or not fits or code is None or last_four is None:
        for key, most in keys:
            _count(key, most + 1)
        return None
    record("selfcheck.open", of=kept, details={"place": place})
    return kept


def sitting_of(kept: Kept, pack: Pack) -> Sitting:
    """Return the sitting that was kept.

    Raises:
        KeyProblemError: The key is missing, or the row was changed.
    """
    return from_data(unpacked(key_ring().unseal(bytes(kept.sealed), KEPT_PURPOSE)), pack)


def delete(kept: Kept) -> None:
    """Delete what is kept, at the visitor's wish."""
    record("selfcheck.delete", of=kept, details={"place": kept.place})
    kept.delete()


def forget_expired() -> int:
    """Delete what has expired and the counts of yesterday; return how many were forgotten."""
    Attempts.objects.filter(hour__lt=clock.now() - dt.timedelta(days=1)).delete()
    return Kept.objects.filter(expires_on__lt=clock.today()).delete()[0]


def _row(key: str) -> Attempts:
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    made, _ = Attempts.objects.get_or_create(key=key_ring().blind_index(key, ATTEMPT_PURPOSE), hour=hour)
    return Attempts.objects.select_for_update().get(pk=made.pk)


def _tries(key: str) -> int:
    return _row(key).count


def _count(key: str, most: int) -> None:
    row = _row(key)
    if row.count >= most:
        raise TooManyTriesError
    row.count += 1
    row.save(update_fields=["count"])
