"""Drafts of the desk's long forms: kept when asked, and when a session ended before the form was sent."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, QueryDict

from bangfu.server.accounts.models import User
from bangfu.server.workspace.actions import WorkspaceFullError, drop_draft, keep_draft
from bangfu.server.workspace.models import Draft
from bangfu.server.workspace.sealing import slip, slip_holder
from bangfu.server.workspace.selectors import draft_of, typed_in, user_by_key


def slip_for(user: Any, key: str) -> str:
    """Return the slip that a form carries, by which it is kept for this person if the session ends meanwhile."""
    return slip(user.pk, key)


def keep_posted(user: Any, key: str, posted: QueryDict, household_id: int | None = None) -> None:
    """Keep a posted form as the person's draft.

    Raises:
        WorkspaceFullError: It is too large.
    """
    keep_draft(user, key, {name: values for name, values in posted.lists() if name not in ("draft", "slip")}, household_id)


def keep_for_holder(request: HttpRequest, key: str, household_id: int | None = None) -> None:
    """Keep a form that was sent without a session for the person whose slip it carries; a form without one is dropped."""
    holder = slip_holder(request.POST.get("slip", ""), key)
    user: User | None = None if holder is None else user_by_key(holder)
    if user is None:
        return
    try:
        keep_posted(user, key, request.POST, household_id)
    except WorkspaceFullError:
        return


def drop_kept(user: Any, *keys: str) -> None:
    """Forget what was kept of some forms."""
    for key in keys:
        drop_draft(user, key)


def posted_in(user: Any, key: str) -> tuple[Draft | None, QueryDict]:
    """Return the draft of a form and what was typed in it."""
    draft = draft_of(user, key)
    typed = QueryDict(mutable=True)
    for name, values in ({} if draft is None else typed_in(draft)).items():
        typed.setlist(name, values)
    return draft, typed
