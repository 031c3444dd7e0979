"""Reads of one person's workspace."""

from __future__ import annotations

import json
import zlib

from django.db.models import QuerySet

from bangfu.server.accounts.models import User
from bangfu.server.keys import KeyProblemError
from bangfu.server.workspace.models import Draft, SavedView, SentForm
from bangfu.server.workspace.sealing import DRAFT_PURPOSE, key_ring


def drafts_of(user: User) -> QuerySet[Draft]:
    """Return the drafts of a person, the newest first."""
    return Draft.objects.filter(user=user)


def draft_of(user: User, key: str) -> Draft | None:
    """Return the draft of a form, or None."""
    return Draft.objects.filter(user=user, key=key).first()


def typed_in(draft: Draft) -> dict[str, list[str]]:
    """Return what was typed; nothing where its key is gone."""
    try:
        found: dict[str, list[str]] = json.loads(zlib.decompress(key_ring().unseal(bytes(draft.sealed), DRAFT_PURPOSE)))
    except KeyProblemError:
        return {}
    return found


def views_of(user: User, page: str) -> QuerySet[SavedView]:
    """Return a person's saved views of a page, by name."""
    return SavedView.objects.filter(user=user, page=page)


def sent_form(user: User, mark: str) -> SentForm | None:
    """Return a form of a person that was taken, by its mark."""
    return SentForm.objects.filter(user=user, mark=mark).first()


def user_by_key(pk: int) -> User | None:
    """Return an account that is in use, by its key."""
    return User.objects.filter(pk=pk, is_active=True).first()
