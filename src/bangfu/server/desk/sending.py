"""A form that is not taken comes back on a page of its own: POST → 303 → GET, so that Back and Reload send nothing anew.

What was typed waits sealed among the person's drafts; the page that shows it checks it once more and writes nothing. A
form that is taken is taken once, by the mark it was shown with.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict

from bangfu.server.desk.drafts import keep_posted, posted_in
from bangfu.server.registry.actions import RefusedError
from bangfu.server.workspace.actions import WorkspaceFullError, take_once, taken
from bangfu.server.workspace.selectors import sent_form

AGAIN, SAID = "again", "said_of_it"
MARK_MOST = 40


class SeeOther(HttpResponseRedirect):
    """The answer to a POST stands at another address, read by GET."""

    status_code = 303


def address(request: HttpRequest, **changed: str) -> str:
    """Return the address of a request with other words in its query; an empty one takes a word out."""
    words: dict[str, list[Any]] = {name: values for name, values in request.GET.lists() if name not in (AGAIN, *changed)}
    words |= {name: [value] for name, value in changed.items() if value}
    return request.path + (f"?{urlencode(words, doseq=True)}" if words else "")


def send_back(request: HttpRequest, key: str, said: Sequence[str] = (), *, household_id: int | None = None, typed: QueryDict | None = None, to: str = "") -> HttpResponse | None:
    """Keep a form that is not taken, with what is to be said of it beside its own faults, and lead to where it is shown.

    None where it is too large to be kept: then it is shown at once.
    """
    kept = (request.POST if typed is None else typed).copy()
    kept.setlist(SAID, list(said))
    try:
        keep_posted(request.user, key, kept, household_id)
    except WorkspaceFullError:
        return None
    return SeeOther(to or address(request, again="1"))


def sent_back(request: HttpRequest, key: str) -> tuple[QueryDict, list[str]] | None:
    """Return what was typed into a form that came back, and what was said of it; None where no form did."""
    if request.method == "POST" or AGAIN not in request.GET:
        return None
    draft, typed = posted_in(request.user, key)
    said = typed.pop(SAID, [])
    return None if draft is None else (typed, said)


def new_mark() -> str:
    """Return the mark of a form that is shown."""
    return secrets.token_urlsafe(20)


def once(request: HttpRequest, act: Callable[[], str], other: str) -> HttpResponse:
    """Do what a form asks for, and lead to the address that ``act`` returns; pressed twice it was done by the first press.

    ``other`` is where to go if the first press left no address.

    Raises:
        RefusedError: What it asks for cannot be; the form may be sent anew.
    """
    user: Any = request.user
    mark = request.POST.get("mark", "")[:MARK_MOST] or new_mark()
    form = take_once(user, mark)
    if form is None:
        before = sent_form(user, mark)
        return HttpResponseRedirect(before.target if before and before.target else other)
    try:
        target = act()
    except RefusedError:
        form.delete()
        raise
    taken(form, target)
    return HttpResponseRedirect(target)
