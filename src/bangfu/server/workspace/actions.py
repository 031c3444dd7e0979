"""Writes of one person's workspace: keep and drop drafts and views, take a form once, forget what is old."""

from __future__ import annotations

import datetime as dt
import json
import zlib
from collections.abc import Iterable, Mapping

from django.db import IntegrityError, transaction

from bangfu.server.accounts.models import User
from bangfu.server.calendar import clock
from bangfu.server.workspace.models import Draft, SavedView, SentForm
from bangfu.server.workspace.sealing import DRAFT_PURPOSE, key_ring

DRAFT_DAYS, SENT_DAYS = 30, 7
DRAFTS_MOST, VIEWS_MOST = 50, 30
BYTES_MOST = 400_000
UNKEPT = ("csrfmiddlewaretoken",)
Typed = Mapping[str, Iterable[str]]


class WorkspaceFullError(Exception):
    """No more is kept for one person; ``zh`` and ``en`` say what to do."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def keep_draft(user: User, key: str, typed: Typed, household_id: int | None = None) -> Draft:
    """Keep what somebody typed into a form, in place of what was kept of it before.

    Raises:
        WorkspaceFullError: It is larger than any form.
    """
    content = json.dumps({name: list(values) for name, values in typed.items() if name not in UNKEPT}, ensure_ascii=False).encode()
    if len(content) > BYTES_MOST:
        raise WorkspaceFullError("填写的内容太多，存不下草稿", "too much was typed to be kept as a draft")
    sealed = key_ring().seal(zlib.compress(content), DRAFT_PURPOSE)
    said = {"sealed": sealed, "household_id": household_id, "changed_at": clock.now()}
    draft, made = Draft.objects.update_or_create(user=user, key=key, defaults=said)
    if made:
        old = Draft.objects.filter(user=user).values_list("pk", flat=True)[DRAFTS_MOST:]
        Draft.objects.filter(pk__in=list(old)).delete()
    return draft


def drop_draft(user: User, key: str) -> None:
    """Forget a draft, if there is one."""
    Draft.objects.filter(user=user, key=key).delete()


def save_view(user: User, page: str, name: str, query: str) -> SavedView:
    """Keep the filters of a list under a name; the same name takes the new ones.

    Raises:
        WorkspaceFullError: There are as many as a person may keep.
    """
    if SavedView.objects.filter(user=user, page=page).exclude(name=name).count() >= VIEWS_MOST:
        raise WorkspaceFullError(f"最多保存 {VIEWS_MOST} 个常用筛选，请先删掉不用的", f"at most {VIEWS_MOST} views are kept: delete one first")
    return SavedView.objects.update_or_create(user=user, page=page, name=name, defaults={"query": query})[0]


def delete_view(user: User, pk: int) -> None:
    """Delete one of a person's own views."""
    SavedView.objects.filter(user=user, pk=pk).delete()


def take_once(user: User, mark: str) -> SentForm | None:
    """Note that a form is being taken; None if it was taken before. The second press waits for the first to end."""
    try:
        with transaction.atomic():
            return SentForm.objects.create(user=user, mark=mark, at=clock.now())
    except IntegrityError:
        return None


def taken(form: SentForm, target: str) -> None:
    """Note where the result of a taken form stands."""
    form.target = target
    form.save(update_fields=["target"])


def forget_old() -> int:
    """Forget drafts and marks that are past their time; return how many."""
    now = clock.now()
    drafts, _ = Draft.objects.filter(changed_at__lt=now - dt.timedelta(days=DRAFT_DAYS)).delete()
    marks, _ = SentForm.objects.filter(at__lt=now - dt.timedelta(days=SENT_DAYS)).delete()
    return drafts + marks
