"""Documents and photos of a household: list, add, open, withdraw. Every byte goes through the scope door."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, gettext as _
from django.views.decorators.http import require_POST, require_safe

from bangfu.server.accounts.guards import staff
from bangfu.server.audit.actions import record_reading
from bangfu.server.audit.selectors import actor_names
from bangfu.server.desk.admin_forms import ReasonForm
from bangfu.server.desk.register_forms import DocumentForm
from bangfu.server.desk.words import said_by
from bangfu.server.files import actions
from bangfu.server.files.kinds import PHOTOS, FileRefusedError
from bangfu.server.files.models import StoredFile
from bangfu.server.files.selectors import files_of, files_within, kind_label, openable, opened
from bangfu.server.registry.models import Household
from bangfu.server.registry.packs import pack_at, papers_of
from bangfu.server.registry.selectors import households_within, members_of


@staff("registry.view")
@require_safe
def documents(request: HttpRequest, pk: int) -> HttpResponse:
    """List the files of a household."""
    household = _household(request, pk)
    record_reading(request.user, "documents", household_id=household.pk, area_code=household.area_code)
    return _page(request, household)


@staff("registry.edit")
@require_POST
def document_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep one more file."""
    household = _household(request, pk)
    form = _form(household, request.POST, request.FILES)
    if form.is_valid():
        said = form.cleaned_data
        owner = actions.Owner(household.pk, household.area_code, int(said["person"]) if said["person"] else None)
        fault = _store(owner, said["file"], said["word"])
        if not fault:
            messages.success(request, _("文件已保存。"))
            return redirect("desk:documents", pk=pk)
        form.add_error("file", fault)
    return _page(request, household, 422, form)


@staff("registry.view")
@require_safe
def document(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the bytes of a file; who looked is written down."""
    file: StoredFile = get_object_or_404(openable(request.scope), pk=pk)  # type: ignore[attr-defined]
    record_reading(request.user, "document", household_id=file.household_id, area_code=file.area_code)
    return private_bytes(file.path, file.kind, file.name, inline=file.kind in PHOTOS)


@staff("registry.view")
@require_safe
def document_small(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the small picture of a photo."""
    file: StoredFile = get_object_or_404(openable(request.scope).exclude(thumbnail=""), pk=pk)  # type: ignore[attr-defined]
    return private_bytes(file.thumbnail, "image/jpeg", "small.jpg", inline=True)


@staff("registry.edit")
@require_POST
def document_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a file back, with a reason."""
    file: StoredFile = get_object_or_404(files_within(request.scope), pk=pk)  # type: ignore[attr-defined]
    if file.withdrawn:  # a second click
        return redirect("desk:documents", pk=file.household_id)
    form = ReasonForm(request.POST)
    if form.is_valid():
        actions.withdraw(file, form.cleaned_data["reason"])
        messages.success(request, _("文件已撤回。"))
        return redirect("desk:documents", pk=file.household_id)
    return render(request, "desk/register/document_withdraw.html", {"file": file, "form": form}, status=422)


def _store(owner: actions.Owner, files: list[Any], word: str) -> str:
    """Keep all of some files or none; return what is wrong with the first one that is not taken."""
    try:
        with transaction.atomic():
            for file in files:
                actions.store(owner, file.name, actions.read_upload(file), word)
    except FileRefusedError as error:
        return f"{file.name[:60]}：{said_by(error)}" if len(files) > 1 else said_by(error)
    return ""


def private_bytes(path: str, kind: str, name: str, *, inline: bool) -> HttpResponse:
    """Give bytes of the private folder that the caller found through the scope door; nothing in them can act."""
    try:
        with opened(path) as file:
            response = HttpResponse(file.read(), content_type=kind)
    except FileNotFoundError:
        raise Http404 from None
    response["Content-Disposition"] = f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{quote(name)}"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _household(request: HttpRequest, pk: int) -> Household:
    found: Household = get_object_or_404(households_within(request.scope, closed=True), pk=pk)  # type: ignore[attr-defined]
    return found


def _form(household: Household, *args: Any) -> DocumentForm:
    lang = "en" if get_language() == "en" else "zh"
    words = [(word, label.text(lang)) for word, label in papers_of(pack_at(household.area_code)).items()]
    people = [(str(m.person.pk), m.person.name) for m in members_of(household)]
    return DocumentForm(words, people, *args)


def _page(request: HttpRequest, household: Household, status: int = 200, form: DocumentForm | None = None) -> HttpResponse:
    form = form or _form(household)
    files = list(files_of(request.scope, household.pk))  # type: ignore[attr-defined]
    words: dict[Any, Any] = dict(form.fields["word"].choices)  # type: ignore[attr-defined]
    people: dict[Any, Any] = dict(form.fields["person"].choices)  # type: ignore[attr-defined]
    names = actor_names({f.added_by for f in files})
    rows = [
        {"file": f, "kind": kind_label(f), "word": words.get(f.word, ""), "person": people.get(str(f.person_id), "") if f.person_id else "", "by": names.get(f.added_by, "")} for f in files
    ]  # fmt: skip
    return render(request, "desk/register/documents.html", {"household": household, "form": form, "rows": rows, "reason": ReasonForm()}, status=status)
