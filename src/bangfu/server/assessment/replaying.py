"""Work a stored assessment out again from its stored facts and pack files, and hold it against what was stored."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bangfu.rules.assess import assess
from bangfu.rules.engine import SEMANTICS_VERSION, Engine
from bangfu.rules.errors import BangfuError
from bangfu.rules.household import read_given
from bangfu.rules.pack.load import content_hash, load_pack
from bangfu.server.assessment.engines import OVERLAY
from bangfu.server.assessment.models import PackContent, StoredAssessment

WORDED = ("reasons",)
"""What a later version may word otherwise; what it decides may not change."""


@dataclass(frozen=True, slots=True)
class Replay:
    """The outcome: ``faults`` says, in Chinese, all that does not fit; ``same_text`` whether even the wording is the same."""

    pk: int
    faults: tuple[str, ...]
    same_text: bool = False

    @property
    def proved(self) -> bool:
        """Tell whether the stored answer comes out again."""
        return not self.faults


def replay(stored: StoredAssessment) -> Replay:
    """Return whether a stored assessment comes out the same today from what was stored with it."""
    faults = list(_kept_faults(stored))
    if faults:
        return Replay(stored.pk, tuple(faults))
    try:
        engine = engine_of_content(stored.pack_hash)
        given = read_given(engine.pack, stored.given, str(stored.pk))
    except BangfuError as error:
        return Replay(stored.pk, (f"存档读不出来：{error.text('zh').splitlines()[0]}",))
    found = assess(engine, given, stored.on, basis=stored.basis)
    if found.facts_hash != stored.facts_hash:
        faults.append("存下的事实与事实摘要不符")
    if _decided(found.as_data()) != _decided(stored.data):
        faults.append("重算的结论与存下的结论不同")
    return Replay(stored.pk, tuple(faults), found.canonical_json() == stored.text)


def replay_stored(numbers: Sequence[int] = (), last: int | None = None) -> Iterator[Replay]:
    """Yield the outcome of stored assessments: all, those of some numbers, or the newest so many; those of one pack together."""
    rows = StoredAssessment.objects.all()
    if numbers:
        rows = rows.filter(pk__in=numbers)
    if last is not None:
        rows = rows.filter(pk__in=list(rows.order_by("-pk").values_list("pk", flat=True)[:last]))
    for stored in rows.order_by("pack_hash", "pk").iterator(chunk_size=200):
        yield replay(stored)


def _kept_faults(stored: StoredAssessment) -> list[str]:
    """Return what is wrong before anything is worked out: texts that were changed, files that are gone, another semantics."""
    faults = []
    before = stored.result_hash
    text = stored.text
    probe = StoredAssessment()
    probe.keep(text)
    if probe.result_hash != before:
        faults.append("存下的结果与结果摘要不符")
    if stored.semantics_version != SEMANTICS_VERSION:
        faults.append(f"结论是按第 {stored.semantics_version} 版语义得出的，本版为第 {SEMANTICS_VERSION} 版，须用当时的版本重算")
    kept = PackContent.objects.filter(pk=stored.pack_hash).first()
    if kept is None:
        faults.append("没有当时的政策包存档")
    elif content_hash({name: body.encode() for name, body in kept.files.items()}) != stored.pack_hash:
        faults.append("政策包存档与政策包摘要不符")
    return faults


@lru_cache(maxsize=8)
def engine_of_content(pack_hash: str) -> Engine:
    """Return the engine of the pack files stored under a hash.

    Raises:
        PackContent.DoesNotExist: No files are stored under it.
        PackError: This version cannot read them.
    """
    kept = PackContent.objects.get(pk=pack_hash)
    with tempfile.TemporaryDirectory() as home:
        for name, body in kept.files.items():
            target = Path(home) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if name != OVERLAY:
                target.write_text(body, encoding="utf-8", newline="")
        return Engine(load_pack(Path(home), kept.place, [(OVERLAY, kept.files[OVERLAY])] if OVERLAY in kept.files else []))


def _decided(data: dict[str, Any]) -> str:
    """Return what an assessment decided, without wording and version."""
    answers = [{key: value for key, value in answer.items() if key not in WORDED} for answer in data["answers"]]
    return json.dumps({**data, "answers": answers, "engine_version": ""}, sort_keys=True, ensure_ascii=False)
