"""Writes of policy values: one person enters, the other signs or refuses after seeing what it does; nothing is ever changed."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from bangfu.rules.errors import BangfuError, PackError, near_names
from bangfu.rules.pack.model import Pack
from bangfu.rules.pack.open_settings import open_settings
from bangfu.server.areas.models import Area
from bangfu.server.areas.scope import Scope
from bangfu.server.assessment.engines import OVERLAY, engine_in, engine_of
from bangfu.server.assessment.models import PolicyValue, Signature, ValueKind, WhatIfRun
from bangfu.server.assessment.overlays import overlay_text
from bangfu.server.assessment.scans import Scan, keep_scan
from bangfu.server.assessment.standing import standing_values
from bangfu.server.audit.acting import current_actor
from bangfu.server.audit.actions import record
from bangfu.server.calendar import clock

YEARS_AHEAD, FIRST_YEAR = 5, 1990


class ValueRefusedError(Exception):
    """A value cannot be entered or signed; ``faults`` says why in Chinese, one sentence each."""

    def __init__(self, *faults: str) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class NewValue:
    """A value as somebody enters it: what it sets, to what, from which day, by which document."""

    kind: str
    address: str
    value: str
    since: dt.date
    instrument: str
    source: str
    published: str = ""


# -- enter -----------------------------------------------------------------------------------------------------------
@transaction.atomic
def propose(scope: Scope, district: Area, new: NewValue, scan: Scan | None = None) -> PolicyValue:
    """Enter a value in the caller's act. The same again, while it waits, gives the one that is there.

    Raises:
        ValueRefusedError: Outside the scope, no such address, the pack does not take the value, or its document is not shown.
        FileRefusedError: The scan is no document.
    """
    if not scope.covers(district):
        raise ValueRefusedError("这个区县不在您管的辖区内")
    actor = current_actor()
    made = PolicyValue(
        district=district, kind=new.kind, address=new.address.strip(), value=new.value.strip(), since=new.since,
        instrument=new.instrument.strip(), source=new.source.strip(), published=new.published.strip(), entered_by=actor.pk,
        entered_at=clock.now(),
    )  # fmt: skip
    faults = [*unshown(made.published, scan), *faults_of(made)]
    if faults:
        raise ValueRefusedError(*faults)
    said = {"kind": made.kind, "address": made.address, "value": made.value, "since": made.since, "published": made.published}
    same = waiting(district).filter(**said, withdraws=None, **_same_scan(scan)).first()
    if same is not None:
        return same
    _save(made, scan)
    record("value.entered", of=made, area_code=district.low, details={"set": made.address, "value": made.value, "since": made.since.isoformat(), "document": made.instrument, **_shown(made)})
    return made


def unshown(published: str, scan: Scan | None) -> list[str]:
    """Return in Chinese what is missing of the document: its scan or where it is published; a demonstration asks for neither."""
    if scan is not None or published.strip() or settings.DEMO:
        return []
    return ["请附上文件的扫描件；文件已在网上公开的，也可以填网址"]


def _same_scan(scan: Scan | None) -> dict[str, Any]:
    return {"scan": None} if scan is None else {"scan__digest": scan.digest}


def _save(made: PolicyValue, scan: Scan | None) -> None:
    if scan is not None:
        made.scan = keep_scan(scan)
    made.save()


def _shown(made: PolicyValue) -> dict[str, Any]:
    """Return what the audit says of the document."""
    scan = {} if made.scan is None else {"scan": made.scan.digest, "scan_name": made.scan.name}
    return {**scan, **({"published": made.published} if made.published else {})}


@transaction.atomic
def withdraw(scope: Scope, value: PolicyValue, instrument: str, source: str, *, published: str = "", scan: Scan | None = None) -> PolicyValue:
    """Enter that a signed value no longer stands; it needs a second person as every value does.

    Raises:
        ValueRefusedError: It does not stand, or the document is not shown.
        FileRefusedError: The scan is no document.
    """
    if not scope.covers(value.district):
        raise ValueRefusedError("这个区县不在您管的辖区内")
    if not standing_values(value.district).filter(pk=value.pk).exists():
        raise ValueRefusedError("这个取值没有生效，不用撤回")
    faults = unshown(published, scan)
    if faults:
        raise ValueRefusedError(*faults)
    same = waiting(value.district).filter(withdraws=value).first()
    if same is not None:
        return same
    made = PolicyValue(
        district=value.district, kind=value.kind, address=value.address, value=value.value, since=value.since, instrument=instrument.strip(),
        source=source.strip(), published=published.strip(), entered_by=current_actor().pk, entered_at=clock.now(), withdraws=value,
    )  # fmt: skip
    _save(made, scan)
    record("value.withdrawal_entered", of=made, area_code=value.district.low, details={"withdraws": value.pk, "set": value.address, **_shown(made)})
    return made


def waiting(district: Area) -> QuerySet[PolicyValue]:
    """Return the values of a district that nobody has signed or refused."""
    return PolicyValue.objects.filter(district=district, signature=None)


def faults_of(made: PolicyValue) -> list[str]:
    """Return in Chinese why a value cannot be taken; the pack itself reads it together with all that stands."""
    today = clock.today()
    if not FIRST_YEAR <= made.since.year <= today.year + YEARS_AHEAD:
        return [f"起始日期应在 {FIRST_YEAR} 年到 {today.year + YEARS_AHEAD} 年之间"]
    pack = engine_in(made.district, today).pack
    known = addresses(pack, made.kind)
    if made.address not in known:
        near = near_names(made.address, list(known))
        return [f"没有可设置的“{made.address}”" + (f"；是不是 {'、'.join(near)}" if near else "")]
    try:
        engine_of(made.district.place, variant_text(made, max(made.since, today)))
    except PackError as error:
        own = [fault.zh for fault in error.faults if fault.file == OVERLAY] or [fault.zh for fault in error.faults]
        return list(dict.fromkeys(own))[:5]
    except BangfuError as error:
        return [error.text("zh")]
    return []


def addresses(pack: Pack, kind: str, lang: str = "zh") -> dict[str, str]:
    """Return address → label of all that may be set of a kind."""
    colon = "：" if lang == "zh" else ": "
    if kind == ValueKind.READING:
        return {name: " / ".join(f"{code}（{label.text(lang)}）" for code, label in reading.options.items()) for name, reading in pack.readings.items()}
    if kind == ValueKind.CONDITION:
        return {e.id: e.label.text(lang) for e in pack.entries.values() if e.open_condition is not None}
    found = {parameter.id: (parameter.label.text(lang) if parameter.label else parameter.id) for parameter in pack.parameters.values()}
    for entry in pack.entries.values():
        for name, figure in entry.figures.items():
            found[f"{entry.id}.{name}"] = f"{entry.label.text(lang)}{colon}{figure.label.text(lang) if figure.label else name}"
        for name in open_settings(entry):
            found[f"{entry.id}.{name}"] = f"{entry.label.text(lang)}{colon}{name}"
    return found


def base_text(value: PolicyValue, day: dt.date) -> str:
    """Return the overlay without a value: what stands now."""
    return overlay_text((v for v in standing_values(value.district) if v.pk != value.pk), day)


def variant_text(value: PolicyValue, day: dt.date) -> str:
    """Return the overlay with a value, or without what it withdraws."""
    standing = [v for v in standing_values(value.district) if v.pk not in (value.pk, value.withdraws_id)]
    return overlay_text(standing if value.withdraws_id else [*standing, value], day)


# -- sign --------------------------------------------------------------------------------------------------------------
def seen_of(value: PolicyValue) -> WhatIfRun | None:
    """Return the newest finished what-if of a value."""
    return WhatIfRun.objects.filter(value=value, finished_at__isnull=False).order_by("-pk").first()


def digest_of(value: PolicyValue, seen: WhatIfRun) -> str:
    """Return the SHA-256 of a value as entered, its document included, and of the what-if that was seen."""
    said = [
        value.pk, value.district.code, value.kind, value.address, value.value, value.since.isoformat(), value.instrument, value.source, value.entered_by,
        value.withdraws_id, value.scan and value.scan.digest, value.published, seen.pk, json.dumps(seen.data, sort_keys=True, ensure_ascii=False),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def sign(scope: Scope, value: PolicyValue, *, agreed: bool, reason: str, digest: str, read_scan: bool = False) -> Signature:
    """Sign or refuse a value in the caller's act, over the digest of what the page showed.

    Raises:
        ValueRefusedError: Outside the scope, one's own, decided already, not tried yet, the scan not read, or something changed meanwhile.
    """
    fault = cannot_sign(scope, value, current_actor().pk)
    if fault:
        raise ValueRefusedError(fault)
    seen = seen_of(value)
    if seen is None or digest_of(value, seen) != digest:
        raise ValueRefusedError("试算结果在您查看之后变了，请看过新的结果再签")
    if agreed and value.scan is not None and not read_scan:
        raise ValueRefusedError("请先打开扫描件，核对与取值一致，再勾选签署")
    if agreed and not value.withdraws_id:
        faults = faults_of(value)
        if faults:
            raise ValueRefusedError(*faults)
    if not agreed and not reason.strip():
        raise ValueRefusedError("不同意请写明理由")
    made = Signature.objects.create(value=value, signed=agreed, reason=reason.strip(), digest=digest, actor_id=current_actor().pk, at=clock.now())
    record(
        "value.signed" if agreed else "value.refused", of=value, area_code=value.district.low, reason=made.reason,
        details={"set": value.address, "value": value.value, "since": value.since.isoformat(), "digest": digest, "withdraws": value.withdraws_id},
    )  # fmt: skip
    return made


def cannot_sign(scope: Scope, value: PolicyValue, actor: int) -> str:
    """Return why somebody cannot decide about a value, or ""."""
    if not scope.covers(value.district):
        return "这个区县不在您管的辖区内"
    if value.entered_by == actor:
        return "自己录入的取值要由另一个人签署"
    if Signature.objects.filter(value=value).exists():
        return "这个取值已经有人签署或退回"
    if seen_of(value) is None:
        return "先做一次试算，看过影响再签署"
    return ""
